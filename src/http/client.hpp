// The pool of outgoing connections behind waybill::http_client.
#pragma once
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <memory>
#include <string>

namespace waybill::http {

struct client_options {
  std::size_t connections_per_host{16};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_most{30'000}; // idler connections are dropped at checkout
  std::chrono::milliseconds age_most{5 * 60'000};
  std::string user_agent{"waybill/" WAYBILL_VERSION};
  std::string ca_file;               // besides the system's; for tests and private authorities
  bool proxy_from_environment{true}; // HTTPS_PROXY, HTTP_PROXY, NO_PROXY
  // Connects to no private or local address, whatever a name resolves to: for hosts that come from outside. What a
  // proxy connects to is the proxy's business. Faults: forbidden.
  bool public_addresses_only{false};
};

// An unreadable ca_file or a proxy variable that is no url is logged here and fails each request that needs it.
std::shared_ptr<http_client> make_client(executor ex, client_options how = {});

} // namespace waybill::http
