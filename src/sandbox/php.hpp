// What PHP makes of query strings, forms and batch commands. The portal runs on PHP, and most surprises of its REST API
// come from these rules, so the stand-in follows them to the letter.
#pragma once
#include <waybill/json.hpp>

#include <string>
#include <string_view>

namespace waybill::sandbox::php {

// urldecode(): '+' is a space, broken percent-encoding stays as it is.
std::string url_decode(std::string_view text);

// parse_str(): "a[b][]=1&c=2" to nested values. The pair is split at the first raw '=', before anything is decoded; an
// unclosed bracket becomes '_'; blanks and dots in the first part of a name become '_'. All leaves are strings.
json::object parse_str(std::string_view text);

// PHP has one array type: a map whose keys are 0..n-1 in order is a JSON array, any other one an object.
json::value as_array(json::object map);
// The same for what came as JSON: {"0":"a"} and ["a"] are one thing to PHP.
json::value normalised(json::value v);

// A command of `batch` as parse_url() takes it apart: '#' cuts the rest, control characters become '_'.
struct command {
  std::string method;
  std::string query;
};
command parse_command(std::string_view text);

// Replaces $result[..], $error[..], $total[..], $next[..] and $time[..] in all values by what earlier commands left in
// `data` (its keys: result, error, total, next, time). A path that leads nowhere inserts the last level that was found.
json::value substituted(json::value v, const json::object& data);

// empty(): "", "0", 0, false, null, [] and {}.
bool is_empty(const json::value* v);

// (bool): of text, only "" and "0" are false.
bool is_true(const json::value* v);

// The text of a scalar as PHP casts it; nothing for arrays.
std::optional<std::string> scalar(const json::value& v);

} // namespace waybill::sandbox::php
