#include <ingress/forms.hpp>

#include <algorithm>

namespace waybill::ingress {

bool is_form(const http_request& request) {
  const std::string* type = find_header(request.headers, "content-type");
  constexpr std::string_view form = "application/x-www-form-urlencoded";
  if (type == nullptr || type->size() < form.size()) return false;
  const bool same = std::ranges::equal(type->substr(0, form.size()), form, {},
                                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return same && (type->size() == form.size() || (*type)[form.size()] == ';' || (*type)[form.size()] == ' ');
}

std::string field_or_none(const form_fields& form, std::string_view name) {
  const std::string* value = find_field(form, name);
  return value == nullptr ? std::string{} : *value;
}

} // namespace waybill::ingress
