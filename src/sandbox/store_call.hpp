// What the methods of the store share: rights, required fields, lists.
#pragma once
#include <sandbox/methods.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace waybill::sandbox {

// "" when absent or not a scalar.
std::string text_of(const json::object& o, std::string_view key);
// A text as JSON had it: neither a number nor a decimal.
bool is_json_text(const json::value* v);
// Read strictly: everything but "Y" is no.
bool flag_of(const json::object& o, std::string_view key);
std::string upper_case(std::string_view text);

// Methods in UPPER_SNAKE spelling: 403 ACCESS_DENIED.
std::optional<outcome> needs_admin(const call& c);
// Methods in camelCase: 200040300010 (read) and 200040300020 (write).
std::optional<outcome> no_right_to_read(const call& c);
std::optional<outcome> no_right_to_write(const call& c);

// A parameter is missing: code 100. `fields` besides must be an array.
std::optional<outcome> lacks(const call& c, std::initializer_list<std::string_view> names);
// "Required fields: a, b", code 0.
std::optional<outcome> required(const json::object& fields, std::initializer_list<std::string_view> names);
// A numeric code.
outcome refused_by_number(std::int64_t code, std::string text);
outcome error_zero(std::string text);
outcome check_failure(std::string text); // ERROR_CHECK_FAILURE

// A page of rows under `key`, filtered, ordered, cut to `select`.
outcome listed(const call& c, json::array rows, std::string_view key);
// All rows that pass, no page.
json::array unpaged(const json::array& rows, const json::value* filter, const json::value* order,
                    const json::value* select);
// What getFields answers: every name with its type and whether it may be written.
json::object described(std::initializer_list<std::string_view> required_names,
                       std::initializer_list<std::string_view> other_names);

} // namespace waybill::sandbox
