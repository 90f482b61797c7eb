// Addresses that peers name: what passes for a portal is a public name over https, and Redis urls come apart without
// harm.
#include "fuzz.hpp"

#include <bitrix24/address_guard.hpp>
#include <redis/connection.hpp>

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  const auto text = fuzz::text_of(data, size);
  if (const auto where = bitrix24::parse_address(text)) {
    fuzz::must(where->scheme == "http" || where->scheme == "https");
    fuzz::must(!where->host.empty() && where->host.find_first_of("@/?# \\") == std::string::npos);
    fuzz::must(where->path.starts_with('/'));
    fuzz::must(bitrix24::parse_address(where->origin() + where->path).has_value());
    if (bitrix24::may_be_portal(*where, false)) {
      fuzz::must(where->scheme == "https" && (where->port.empty() || where->port == "443"));
      fuzz::must(where->host.find('.') != std::string::npos &&
                 where->host.find_first_not_of("0123456789.") != std::string::npos);
    }
  }
  if (const auto where = redis::parse_endpoint(text)) fuzz::must(!where->unix_socket.empty() || !where->host.empty());
  return 0;
}
