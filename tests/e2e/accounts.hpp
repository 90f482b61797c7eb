// An account at each system's stand-in, as it stands in the configuration.
#pragma once
#include <string>
#include <string_view>

namespace waybill::test {

struct account_lines {
  std::string more;          // lines of [[carriers]] before its tables
  std::string poll_interval; // "15m"
  std::string settle_time;
};

// A [[carriers]] table with the id "<type>-main". "@sandbox@" becomes the sandbox's host and port.
std::string account_of(std::string_view type, const account_lines& lines);

} // namespace waybill::test
