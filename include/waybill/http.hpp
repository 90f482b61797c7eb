// HTTP as the product sees it: plain values and two interfaces. Beast and OpenSSL stay behind src/http.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill {

using http_headers = std::vector<std::pair<std::string, std::string>>;

// Case-insensitive; the first match, or nullptr.
const std::string* find_header(const http_headers& headers, std::string_view name);

// A request that we send (url) or received (path, query, peer).
struct http_request {
  std::string method{"GET"};
  std::string url;   // outgoing: http(s)://host[:port]/path?query
  std::string path;  // inbound: the raw path, percent-encoding kept, always begins with '/'
  std::string query; // inbound: without '?'
  http_headers headers;
  std::string body;
  // Outgoing only.
  std::chrono::milliseconds timeout{30'000}; // the whole exchange
  std::size_t max_response_bytes{8 * 1024 * 1024};
  bool idempotent{false}; // may be repeated by the pool on a stale connection even if not a GET
  std::string label;      // for metrics and logs: "cdek.create_order"; never from outside
  // Inbound only.
  std::string peer; // address of the caller
  bool http_1_0{false};
};

struct http_response {
  int status{200};
  http_headers headers;
  std::string body;
};

// Sends over pooled keep-alive connections. Faults: unavailable (nothing was sent), outcome_unknown (bytes may have
// left and no answer came), timeout (of an idempotent request), protocol (the answer is broken or too large). Any HTTP
// status is a value. Redirects are not followed. A gzip answer to a request whose Accept-Encoding admits gzip arrives
// unpacked; max_response_bytes bounds both its forms.
struct http_client {
  virtual ~http_client() = default;
  virtual awaitable<result<http_response>> send(http_request request) = 0;
};

// What answers requests: the daemon's router and the stand-ins of outside systems.
using http_handler = std::function<awaitable<http_response>(http_request)>;

http_response json_response(int status, std::string body);
// {"error": code, "message": text}
http_response error_response(int status, std::string_view code, std::string_view message);

// application/x-www-form-urlencoded and query strings. At most `max_fields`; broken percent-encoding and invalid
// UTF-8 are bad_input. Order is kept. '+' is a space.
using form_fields = std::vector<std::pair<std::string, std::string>>;
result<form_fields> parse_form(std::string_view body, std::size_t max_fields = 1000);
// nullptr when absent; the last one wins, as in PHP.
const std::string* find_field(const form_fields& fields, std::string_view name);
std::string encode_form(const form_fields& fields);
// RFC 3986 percent-encoding of all but unreserved characters.
std::string percent_encode(std::string_view text);
// "/orders/17/" -> {"orders", "17"}; nothing is decoded.
std::vector<std::string> path_segments(std::string_view path);
result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
bool is_valid_utf8(std::string_view text);

} // namespace waybill
