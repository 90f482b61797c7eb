// Where a portal may be: addresses that peers name are checked before anything secret is sent there.
#pragma once
#include <waybill/error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace waybill::bitrix24 {

struct web_address {
  std::string scheme; // lower case
  std::string host;   // lower case
  std::string port;   // empty: the scheme's own
  std::string path;   // begins with '/', without query
  std::string origin() const { return scheme + "://" + host + (port.empty() ? "" : ":" + port); }
};
// nothing: no http(s) address, or one with user data or control characters.
std::optional<web_address> parse_address(std::string_view url);

// https, no port but its own, a public-looking name and not an address. `trial` (our own configured url is plain http:
// tests and stand-ins) lets http and the loopback pass instead.
bool may_be_portal(const web_address& where, bool trial);

} // namespace waybill::bitrix24
