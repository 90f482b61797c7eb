// One POST to a delivery handler, the way the portal's PHP client does it: HTTP/1.0 by default, no authentication,
// redirects followed.
#pragma once
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <memory>
#include <string>

namespace waybill::sandbox {

struct handler_reply {
  bool reached{false}; // false: no connection, no answer in time, a broken answer
  int status{0};
  std::string body{};
};

struct handler_transport {
  std::shared_ptr<http_client> http{}; // for HTTP/1.1 and for https
  bool http_1_0{true};
  std::chrono::milliseconds limit{60'000};
};

awaitable<handler_reply> post_to_handler(handler_transport how, std::string url, std::string body);

} // namespace waybill::sandbox
