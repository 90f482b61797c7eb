// The pool of outgoing connections behind waybill::http_client.
#pragma once
#include <memory>
#include <string>

#include <waybill/async.hpp>
#include <waybill/http.hpp>

namespace waybill::http {

struct client_options {
  std::size_t connections_per_host{16};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_most{30'000};      // idler connections are dropped at checkout
  std::chrono::milliseconds age_most{5 * 60'000};
  std::string user_agent{"waybill/" WAYBILL_VERSION};
  std::string ca_file;                               // besides the system's; for tests and private authorities
  bool proxy_from_environment{true};                 // HTTPS_PROXY, HTTP_PROXY, NO_PROXY
};

std::shared_ptr<http_client> make_client(executor ex, client_options how = {});

} // namespace waybill::http
