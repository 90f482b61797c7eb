#include <mapping/fields.hpp>
#include <mapping/text.hpp>
#include <waybill/json.hpp>

namespace waybill::mapping {
namespace {

void collect(const boost::json::value& v, std::vector<std::string>& out) {
  if (const auto* list = v.if_array()) {
    for (const auto& element : *list)
      if (!element.is_array()) collect(element, out);
  } else if (auto text = json::as_text(v)) {
    if (const auto plain = trim(*text); !plain.empty()) out.emplace_back(plain);
  } else if (v.is_bool()) {
    out.emplace_back(v.get_bool() ? "Y" : "N");
  }
}

} // namespace

std::vector<std::string> field_texts(const boost::json::object& fields, const std::string& name) {
  std::vector<std::string> all;
  if (name.empty()) return all;
  if (const auto* v = json::find(fields, name)) collect(*v, all);
  return all;
}

std::string field_text(const boost::json::object& fields, const std::string& name) {
  auto all = field_texts(fields, name);
  return all.empty() ? std::string{} : std::move(all.front());
}

std::optional<money> field_money(const boost::json::object& fields, const std::string& name,
                                 const std::string& currency) {
  const auto text = field_text(fields, name);
  if (text.empty()) return {};
  const auto bar = text.find('|');
  // A string field filled by hand: "1 500,00".
  std::string amount;
  for (const char c : simplified(std::string_view(text).substr(0, bar)))
    if (c != ' ') amount += c == ',' ? '.' : c;
  const auto minor = parse_minor(amount);
  if (!minor) return {};
  const auto code = bar == std::string::npos ? std::string_view{} : trim(std::string_view(text).substr(bar + 1));
  return money{*minor, code.size() == 3 ? std::string(code) : currency};
}

std::optional<bool> field_flag(const boost::json::object& fields, const std::string& name) {
  const auto text = lower(field_text(fields, name));
  if (text == "y" || text == "1" || text == "true" || text == "да") return true;
  if (text == "n" || text == "0" || text == "false" || text == "нет") return false;
  return {};
}

} // namespace waybill::mapping
