// What PHP makes of a query string: parse_str, as far as the portal's commands need it.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

namespace waybill::test {

// All leaves are strings. Maps whose keys are 0..n-1 in this order become arrays, as json_encode would print them.
boost::json::object php_parse_str(std::string_view query);
// "method?query" -> both parts, as parse_url cuts them.
std::pair<std::string, boost::json::object> php_command(std::string_view command);

} // namespace waybill::test
