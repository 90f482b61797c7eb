#include <bitrix24/compare.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>
#include <waybill/money.hpp>
#include <waybill/time.hpp>

#include <algorithm>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

std::string text_of(const bj::value& v) {
  if (v.is_bool()) return v.get_bool() ? "Y" : "N";
  return json::as_text(v).value_or("");
}

// Spaces at the ends, line ends and the portal's escaping of markup say nothing.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') continue;
    bool replaced = false;
    if (text[i] == '&')
      for (const auto& [entity, c] : {std::pair{"&amp;", '&'}, std::pair{"&quot;", '"'}, std::pair{"&lt;", '<'},
                                      std::pair{"&gt;", '>'}, std::pair{"&#039;", '\''}})
        if (text.substr(i).starts_with(entity)) {
          out += c;
          i += std::string_view(entity).size() - 1;
          replaced = true;
          break;
        }
    if (!replaced) out += text[i];
  }
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  while (!out.empty() && is_space(out.back())) out.pop_back();
  out.erase(out.begin(), std::ranges::find_if_not(out, is_space));
  return out;
}

// "text|55.7;37.5|571": what people read stands before the last two bars.
std::string_view address_text(std::string_view text) {
  const auto last = text.rfind('|');
  if (last == std::string_view::npos || last == 0) return text;
  const auto before = text.rfind('|', last - 1);
  return before == std::string_view::npos ? text : text.substr(0, before);
}

// "1500|RUB" against "1500.00|RUB".
bool same_amount(std::string_view a, std::string_view b) {
  const auto bar_a = a.find('|'), bar_b = b.find('|');
  if (bar_a == std::string_view::npos || bar_b == std::string_view::npos || a.substr(bar_a) != b.substr(bar_b))
    return false;
  const auto left = parse_minor(a.substr(0, bar_a)), right = parse_minor(b.substr(0, bar_b));
  return left && right && *left == *right;
}

bool same_number(std::string_view a, std::string_view b) {
  const auto left = parse_minor(a), right = parse_minor(b);
  return left && right && *left == *right;
}

bool same_moment(std::string_view a, std::string_view b) {
  const auto left = parse_instant(a), right = parse_instant(b);
  if (!left || !right) return false;
  if (a.size() == 10 || b.size() == 10) return a.substr(0, 10) == b.substr(0, 10); // a day, in the portal's own zone
  const auto apart = *left > *right ? *left - *right : *right - *left;
  return apart < std::chrono::seconds(1);
}

bool same_flag(std::string_view a, std::string_view b) {
  const auto flag = [](std::string_view t) { return t == "Y" || t == "1" ? 1 : t == "N" || t == "0" ? 0 : -1; };
  return flag(a) >= 0 && flag(a) == flag(b);
}

} // namespace

bool same_value(const bj::value& sent, const bj::value& got) {
  if (is_blank(&sent)) return is_blank(&got) || text_of(got) == "N" || text_of(got) == "0";
  if (const auto* list = sent.if_array()) {
    if (got.is_object()) return !got.get_object().empty(); // a file: its name and content against its record
    const auto* others = got.if_array();
    if (others == nullptr) return list->size() == 1 && same_value(list->front(), got);
    return std::ranges::all_of(*list, [&](const auto& one) {
      return std::ranges::any_of(*others,
                                 [&](const auto& other) { return other.is_object() || same_value(one, other); });
    });
  }
  if (sent.is_object()) return !is_blank(&got);
  if (const auto* others = got.if_array()) return others->size() == 1 && same_value(sent, others->front());
  const auto a = plain(text_of(sent)), b = plain(text_of(got));
  if (a == b || same_flag(a, b) || same_number(a, b) || same_amount(a, b) || same_moment(a, b)) return true;
  if (b.empty()) return a.empty();
  if (b.contains('|') && plain(address_text(b)) == plain(address_text(a))) return true;
  return b.size() >= 200 && a.starts_with(b); // cut to the column's size
}

std::vector<std::string> not_kept(const bj::object& sent, const bj::object& after) {
  std::vector<std::string> names;
  for (const auto& [name, value] : sent) {
    const auto* got = after.if_contains(name);
    if (got == nullptr || !same_value(value, *got)) names.emplace_back(name.data(), name.size());
  }
  return names;
}

} // namespace waybill::bitrix24
