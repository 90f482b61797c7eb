#include <sandbox/fields.hpp>
#include <sandbox/filter.hpp>
#include <sandbox/php.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace waybill::sandbox {
namespace {

std::optional<double> number(const std::string& text) {
  if (text.empty() || text.size() > 40) return {};
  char* end = nullptr;
  const double d = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() && std::isfinite(d) ? std::optional(d) : std::nullopt;
}

int order_of(const std::string& a, const std::string& b) {
  const auto na = number(a), nb = number(b);
  if (na && nb) return *na < *nb ? -1 : *na > *nb ? 1 : 0;
  if (a.size() >= 10 && b.size() >= 10) {
    const auto ta = read_portal_time(a), tb = read_portal_time(b);
    if (ta && tb) return *ta < *tb ? -1 : *ta > *tb ? 1 : 0;
  }
  return a.compare(b) < 0 ? -1 : a == b ? 0 : 1;
}

bool blank(const json::value& v) {
  if (const auto* a = v.if_array()) return a->empty();
  if (const auto* o = v.if_object()) return o->empty();
  return php::scalar(v).value_or("").empty();
}

bool equals(const json::value& value, const std::string& wanted) {
  if (wanted.empty()) return blank(value);
  if (const auto* many = value.if_array())
    return std::ranges::any_of(*many, [&](const json::value& v) { return equals(v, wanted); });
  const auto text = php::scalar(value);
  return text && !text->empty() && order_of(*text, wanted) == 0;
}

std::string folded(std::string s) {
  std::ranges::transform(s, s.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return s;
}

// A LIKE pattern whose only joker is '%'.
bool like(const std::string& text, std::string_view pattern) {
  const auto percent = pattern.find('%');
  if (percent == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, percent))) return false;
  const auto rest = pattern.substr(percent + 1);
  for (std::size_t from = percent; from <= text.size(); ++from)
    if (like(text.substr(from), rest)) return true;
  return false;
}

bool one_matches(const json::value& value, std::string_view op, const std::string& wanted) {
  const auto text = php::scalar(value).value_or("");
  if (op.empty() || op == "=" || op == "@") return equals(value, wanted);
  if (op == "%") return folded(text).contains(folded(wanted));
  if (op == "=%" || op == "%=") return like(folded(text), folded(wanted));
  if (text.empty()) return false;
  const int c = order_of(text, wanted);
  return op == ">" ? c > 0 : op == ">=" ? c >= 0 : op == "<" ? c < 0 : c <= 0;
}

bool is_index(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

filter_key parse_filter_key(std::string_view text) {
  static constexpr auto prefixes = std::to_array<std::string_view>(
      {"!=%", "!%=", ">=", "<=", "!@", "!%", "!=", "%=", "=%", ">", "<", "@", "=", "%", "!"});
  for (const auto prefix : prefixes)
    if (text.starts_with(prefix)) return {std::string(prefix), std::string(text.substr(prefix.size()))};
  return {"", std::string(text)};
}

bool matches(const json::value& value, const filter_key& key, const json::value& wanted) {
  const bool negated = key.op.starts_with('!');
  const std::string_view op = negated ? std::string_view(key.op).substr(1) : std::string_view(key.op);
  bool hit = false;
  if (const auto* list = wanted.if_array())
    hit = std::ranges::any_of(
        *list, [&](const json::value& w) { return one_matches(value, op, php::scalar(w).value_or("")); });
  else hit = one_matches(value, op, php::scalar(wanted).value_or(""));
  return hit != negated;
}

bool passes(const json::value& filter, const value_lookup& value_of) {
  const auto group = [&](const json::value& inner) { return passes(inner, value_of); };
  if (const auto* list = filter.if_array()) return std::ranges::all_of(*list, group);
  const auto* o = filter.if_object();
  if (o == nullptr) return true;
  const auto* logic = o->if_contains("logic");
  const bool any = logic != nullptr && folded(php::scalar(*logic).value_or("")) == "or";
  bool seen = false;
  for (const auto& [name, wanted] : *o) {
    if (name == "logic" || name == "LOGIC") continue;
    bool hit = true;
    if (is_index(name)) {
      hit = group(wanted);
    } else {
      const auto key = parse_filter_key(name);
      const auto* value = value_of(key.name);
      if (value == nullptr) continue;
      hit = matches(*value, key, wanted);
    }
    seen = true;
    if (hit == any) return any;
  }
  return !any || !seen;
}

void each_filter_name(const json::value& filter, const std::function<void(const filter_key&)>& see) {
  if (const auto* list = filter.if_array()) {
    for (const auto& inner : *list) each_filter_name(inner, see);
    return;
  }
  const auto* o = filter.if_object();
  if (o == nullptr) return;
  for (const auto& [name, wanted] : *o) {
    if (name == "logic" || name == "LOGIC") continue;
    if (is_index(name)) each_filter_name(wanted, see);
    else see(parse_filter_key(name));
  }
}

int compare_values(const json::value& a, const json::value& b) {
  return order_of(php::scalar(a).value_or(""), php::scalar(b).value_or(""));
}

page parse_page(const json::value* start) {
  const auto n = start == nullptr ? std::optional<std::int64_t>(0) : json::as_integer(*start);
  if (n && *n == -1) return {0, false};
  return {n && *n > 0 ? *n : 0, true};
}

std::vector<std::pair<std::string, bool>> parse_order(const json::value* order) {
  std::vector<std::pair<std::string, bool>> out;
  const auto* o = order == nullptr ? nullptr : order->if_object();
  if (o == nullptr) return out;
  for (const auto& [name, way] : *o) out.emplace_back(name, folded(php::scalar(way).value_or("")) == "desc");
  return out;
}

} // namespace waybill::sandbox
