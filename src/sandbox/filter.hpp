// Filters, orders and pages of list methods.
#pragma once
#include <waybill/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::sandbox {

// ">=createdTime" taken apart.
struct filter_key {
  std::string op; // "", "=", "!=", "!", ">", ">=", "<", "<=", "@", "!@", "%", "!%", "=%", "%=", "!=%", "!%="
  std::string name;
};
filter_key parse_filter_key(std::string_view text);

// One condition on a kept value. "" matches what is empty; lists of wanted values mean "one of".
bool matches(const json::value& value, const filter_key& key, const json::value& wanted);

// A whole filter, with `logic: "OR"` and nested groups. `value_of` gives the value under a name; nullptr: the name is
// unknown, and the condition is left out (methods that refuse unknown names check them before).
using value_lookup = std::function<const json::value*(std::string_view)>;
bool passes(const json::value& filter, const value_lookup& value_of);
// Calls `see` with every name of a filter.
void each_filter_name(const json::value& filter, const std::function<void(const filter_key&)>& see);

// Less, equal, greater: numbers as numbers, times as instants, else as text. Nothing comes first.
int compare_values(const json::value& a, const json::value& b);

// `start` of a list call. -1 switches counting off.
struct page {
  std::int64_t start{0};
  bool counted{true};
};
constexpr std::int64_t page_size = 50;
page parse_page(const json::value* start);

// The pairs of `order`: name and descending.
std::vector<std::pair<std::string, bool>> parse_order(const json::value* order);

} // namespace waybill::sandbox
