// Values of fields: as sent, as kept, as shown.
#include <sandbox/fields.hpp>
#include <sandbox/php.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::unexpected<value_error> not_valid(std::string_view field) {
  return std::unexpected(
      value_error{"CRM_FIELD_ERROR_VALUE_NOT_VALID", "Неверное значение поля \"" + std::string(field) + "\""});
}

std::optional<double> number(const std::string& text) {
  if (text.empty() || text.size() > 40) return {};
  char* end = nullptr;
  const double d = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() && std::isfinite(d) ? std::optional(d) : std::nullopt;
}

std::optional<std::int64_t> whole(const std::string& text) { return json::as_integer(json::value(text)); }

// The size of what a base64 text holds; nothing when it is none ("data:" prefixes, blanks).
std::optional<std::int64_t> base64_size(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  const auto body = text.substr(0, text.size() - padding);
  const bool clean = std::ranges::all_of(body, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
  if (!clean) return {};
  return static_cast<std::int64_t>(text.size() / 4 * 3 - padding);
}

std::expected<json::value, value_error> kept_file(const user_field& field, const json::value& sent, bool classic,
                                                  std::int64_t& ids) {
  const auto text = php::scalar(sent);
  if (text && text->empty()) return json::value(nullptr);
  const json::value* pair = &sent;
  if (classic) {
    const auto* o = sent.if_object();
    pair = o == nullptr ? nullptr : o->if_contains("fileData");
  }
  const auto* list = pair == nullptr ? nullptr : pair->if_array();
  if (list == nullptr || list->size() != 2 || !(*list)[0].is_string() || !(*list)[1].is_string())
    return not_valid(field.label);
  const auto& name = (*list)[0].get_string();
  const auto& bytes = (*list)[1].get_string();
  const auto size = base64_size({bytes.data(), bytes.size()});
  if (name.empty() || !size) return not_valid(field.label);
  return json::value(json::object{{"id", ++ids}, {"name", name}, {"size", *size}});
}

std::expected<json::value, value_error> kept_single(const user_field& field, const json::value& sent, bool classic,
                                                    std::int64_t& ids) {
  if (field.type == "file") return kept_file(field, sent, classic, ids);
  const auto text = php::scalar(sent);
  if (!text) return not_valid(field.label);
  if (field.type == "string" || field.type == "url" || field.type == "address") return json::value(*text);
  if (field.type == "boolean") {
    if (text->empty()) return json::value(nullptr);
    if (*text == "Y" || *text == "1") return json::value(1);
    if (*text == "N" || *text == "0") return json::value(0);
    return not_valid(field.label);
  }
  if (text->empty()) return json::value(nullptr);
  if (field.type == "integer") {
    const auto n = whole(*text);
    return n ? std::expected<json::value, value_error>(*n) : not_valid(field.label);
  }
  if (field.type == "double") {
    if (!number(*text)) return not_valid(field.label);
    if (const auto n = whole(*text)) return json::value(*n);
    return json::decimal(*text);
  }
  if (field.type == "money") {
    const auto bar = text->find('|');
    const auto minor = parse_minor(text->substr(0, bar));
    if (!minor) return not_valid(field.label);
    return json::value(to_decimal(*minor) + '|' + (bar == std::string::npos ? "RUB" : text->substr(bar + 1)));
  }
  if (field.type == "enumeration") {
    const auto id = whole(*text);
    if (id && *id == 0) return json::value(nullptr);
    const bool known = id && std::ranges::any_of(field.list, [&](const enum_item& i) { return i.id == *id; });
    return known ? std::expected<json::value, value_error>(*id) : not_valid(field.label);
  }
  const auto when = read_portal_time(*text);
  if (!when) return not_valid(field.label);
  return json::value(field.type == "date" ? portal_date(*when) : portal_time(*when));
}

json::value file_shown(const json::value& value, bool classic) {
  if (!value.is_object()) return classic ? json::value("") : json::value(nullptr);
  const auto id = json::integer_or(value.get_object(), "id");
  if (classic)
    return json::object{
        {"id", id},
        {"showUrl", fmt::format("/bitrix/components/bitrix/crm.deal.show/show_file.php?fileId={}", id)},
        {"downloadUrl", fmt::format("/bitrix/components/bitrix/crm.deal.show/show_file.php?auth=&fileId={}", id)}};
  return json::object{
      {"id", id},
      {"url", fmt::format("/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&fileId={}", id)},
      {"urlMachine", fmt::format("/rest/crm.controller.item.getFile/?fileId={}", id)}};
}

} // namespace

std::expected<json::value, value_error> kept(const field_spec& spec, const json::value& sent) {
  if (spec.type == kind::id_list) {
    json::array ids;
    if (const auto* list = sent.if_array()) {
      for (const auto& member : *list)
        if (const auto id = json::as_integer(member); id && *id > 0) ids.emplace_back(*id);
      return json::value(std::move(ids));
    }
    const auto text = php::scalar(sent);
    if (text && text->empty()) return json::value(std::move(ids));
    return std::unexpected(value_error{"100", "Expected iterable value for multiple field, but got `string` instead"});
  }
  const auto text = php::scalar(sent);
  if (!text) return not_valid(spec.universal);
  switch (spec.type) {
  case kind::text: return json::value(*text);
  case kind::integer:
    if (text->empty()) return json::value(0);
    if (const auto n = whole(*text)) return json::value(*n);
    return not_valid(spec.universal);
  case kind::amount: {
    const auto minor = parse_minor(text->empty() ? "0" : *text);
    if (!minor) return not_valid(spec.universal);
    return json::decimal(money{*minor});
  }
  case kind::flag:
    if (*text == "Y" || *text == "1") return json::value("Y");
    return json::value("N");
  case kind::date:
  case kind::datetime: {
    if (text->empty()) return json::value(nullptr);
    const auto when = read_portal_time(*text);
    if (!when) return not_valid(spec.universal);
    return json::value(spec.type == kind::date ? portal_date(*when) : portal_time(*when));
  }
  case kind::id_list: break;
  }
  return not_valid(spec.universal);
}

std::expected<json::value, value_error> kept(const user_field& field, const json::value& sent, bool classic,
                                             std::int64_t& ids) {
  if (!field.multiple) return kept_single(field, sent, classic, ids);
  const auto* list = sent.if_array();
  if (list == nullptr) {
    const auto text = php::scalar(sent);
    if (text && text->empty()) return json::value(json::array{});
    return std::unexpected(value_error{"100", "Expected iterable value for multiple field, but got `string` instead"});
  }
  json::array values;
  for (const auto& member : *list) {
    auto one = kept_single(field, member, classic, ids);
    if (!one) return one;
    if (!one->is_null()) values.push_back(std::move(*one));
  }
  return json::value(std::move(values));
}

json::value shown_universal(const field_spec& spec, const json::value& value) {
  if (!value.is_null()) return value;
  switch (spec.type) {
  case kind::id_list: return json::array{};
  case kind::integer:
  case kind::amount: return spec.writable ? json::value(0) : json::value(nullptr);
  case kind::text:
  case kind::datetime:
  case kind::date:
  case kind::flag: break;
  }
  return nullptr;
}

json::value shown_classic(const field_spec& spec, const json::value& value) {
  if (spec.type == kind::amount) return json::value(to_decimal(json::as_minor(value).value_or(0)));
  if (spec.type == kind::date || spec.type == kind::datetime) return value.is_null() ? json::value("") : value;
  if (spec.type == kind::integer) {
    const auto n = json::as_integer(value).value_or(0);
    // The portal is not of one mind about "none": a missing contact is null, a missing company "0".
    const bool zero_is_null = spec.classic != "COMPANY_ID" && spec.classic != "CATEGORY_ID";
    return n == 0 && zero_is_null ? json::value(nullptr) : json::value(std::to_string(n));
  }
  return value;
}

json::value shown_universal(const user_field& field, const json::value& value) {
  if (field.multiple) {
    json::array list;
    if (const auto* a = value.if_array())
      for (const auto& v : *a) list.push_back(field.type == "file" ? file_shown(v, false) : v);
    return list;
  }
  if (field.type == "file") return file_shown(value, false);
  if (field.type == "boolean" && value.is_int64()) return json::value(value.get_int64() == 1 ? "Y" : "N");
  return value;
}

json::value shown_classic(const user_field& field, const json::value& value) {
  const auto one = [&](const json::value& v) {
    if (field.type == "file") return file_shown(v, true);
    return json::value(php::scalar(v).value_or(""));
  };
  if (!field.multiple) return one(value);
  const auto* a = value.if_array();
  if (a == nullptr || a->empty()) return false; // an empty multiple field of the classic methods
  json::array list;
  for (const auto& v : *a) list.push_back(one(v));
  return list;
}

} // namespace waybill::sandbox
