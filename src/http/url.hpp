// Urls of outgoing requests, and the guard for hosts that come from outside.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::http {

struct url {
  bool tls{true};   // https
  std::string host; // lower case; an IPv6 address without brackets
  std::uint16_t port{443};
  std::string target; // path and query as written, begins with '/'; the fragment is dropped
  // For the Host header: brackets where they belong, the port unless it is the scheme's own.
  std::string authority() const;
};

// http and https only, no user or password. bad_input; the text never quotes the url, which may hold a secret.
result<url> parse_url(std::string_view text);

// A portal's host as a webhook or an installation names it: "name.example" or a whole https url. https only, no user,
// no port, a name and not an address (nor one in disguise), no name of a local network. Gives the host in lower case.
result<std::string> check_portal_host(std::string_view url_or_host);

// False for private, local, link-local, shared, documentation, multicast and reserved addresses and for what is none.
bool is_public_address(std::string_view address);

// The addresses of a name, all of them public; forbidden otherwise, unavailable when it does not resolve. To connect to
// exactly what was checked use a client with client_options::public_addresses_only, which applies the same rule.
awaitable<result<std::vector<std::string>>> resolve_public(std::string host,
                                                           std::chrono::milliseconds limit = std::chrono::seconds(5));

} // namespace waybill::http
