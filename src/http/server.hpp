// The front door: HTTP/1.x on Beast with limits on everything, optional TLS, graceful drain. Beast and OpenSSL stay in
// the .cpp files of this room.
#pragma once
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace waybill::http {

struct server_options {
  std::string listen{"127.0.0.1:8080"}; // host:port, [v6]:port; port 0 for tests
  std::string tls_certificate;          // PEM chain; both or none
  std::string tls_private_key;
  std::size_t max_header_bytes{16 * 1024};
  std::size_t max_body_bytes{256 * 1024};            // a handler may allow more for its path, see router
  std::chrono::milliseconds request_timeout{15'000}; // from the first byte to the last of a request
  std::chrono::milliseconds idle_timeout{60'000};
  std::size_t max_requests_per_connection{1000};
  std::size_t max_connections{4096};             // above it nothing is accepted until one ends
  std::size_t max_connections_per_address{1024}; // above it the newest is closed
  // More (or less) than max_body_bytes for one path, 0 for the default; see router::body_limit.
  std::function<std::size_t(std::string_view method, std::string_view path)> body_limit_of;
};

// A handler's answer with status 0 closes the connection without a word (stand-ins of broken peers do that). An
// exception becomes a 500; `Content-Length`, `Date` and `Connection` are the server's own and ignored in answers.
class server {
 public:
  server(executor ex, server_options how, http_handler handler);
  ~server();
  // Binds and accepts. Faults: bad_input (address, certificate), unavailable (taken).
  awaitable<result<void>> start();
  std::uint16_t port() const;
  std::size_t connections() const;
  // Reads the certificate again; new connections use it.
  result<void> reload_certificate();
  // Stops accepting, closes idle connections, lets busy ones finish with `Connection: close`, up to the limit.
  awaitable<void> drain(std::chrono::milliseconds limit);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::http
