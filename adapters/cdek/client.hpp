// One call to CDEK: token, one renewal of it on 401, and every answer that is no success turned into a fault.
#pragma once
#include "errors.hpp"
#include "settings.hpp"
#include "token.hpp"

#include <waybill/async.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace waybill::cdek {

struct call {
  std::string operation; // names the metric: "create_order" -> "cdek.create_order"
  std::string method{"GET"};
  std::string path; // below base_url
  form_fields query;
  json::value body; // null: none
  call_kind kind{call_kind::read};
  bool idempotent{true};
  std::chrono::milliseconds timeout{15'000};
  std::size_t max_bytes{4 * 1024 * 1024};
  std::string accept{"application/json"};
};

class client {
 public:
  client(settings how, std::shared_ptr<http_client> http, std::shared_ptr<carrier_cache> cache, clock_fn clock);

  // A success (2xx) with JSON. A change whose answer is lost or unreadable is outcome_unknown, a read unavailable.
  awaitable<result<json::value>> ask(call c);
  // A success with whatever bytes it has.
  awaitable<result<http_response>> load(call c);
  // Only the token, for `probe`.
  awaitable<result<std::string>> token() { return token_.get(); }

 private:
  awaitable<result<http_response>> once(call c, std::string token);

  settings how_;
  std::shared_ptr<http_client> http_;
  token_source token_;
};

} // namespace waybill::cdek
