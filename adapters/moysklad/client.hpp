// One call to MoySklad: credentials, the account's allowance, and every answer that is no success turned into a fault.
#pragma once
#include "budget.hpp"
#include "errors.hpp"
#include "settings.hpp"

#include <waybill/async.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace waybill::moysklad {

struct call {
  std::string operation; // names the metric: "create_order" -> "moysklad.create_order"
  std::string method{"GET"};
  std::string path;  // below base_url: "/entity/customerorder"
  std::string query; // encoded, without '?'
  json::value body;  // null: none
  call_kind kind{call_kind::read};
  bool repeatable{true}; // sent again by the pool on a stale connection
  std::chrono::milliseconds timeout{20'000};
  std::size_t max_bytes{8 * 1024 * 1024};
};

// How the client waits; tests use shorter times.
struct pacing {
  std::chrono::milliseconds window{3'000};
  std::chrono::milliseconds longest_wait{60'000}; // for a place among the requests
};

class client {
 public:
  client(settings how, std::shared_ptr<http_client> http, executor ex, pacing pace = {});

  // A success (2xx) with JSON; null for an empty body. A change whose answer is lost or unreadable is
  // outcome_unknown, a read unavailable.
  awaitable<result<json::value>> ask(call c);

 private:
  class turn; // a place among the requests, given back at its end
  awaitable<result<void>> wait_for_turn();
  http_request request_of(const call& c) const;
  // Where a redirect leads below base_url; empty: nowhere that we follow.
  std::string followed(const http_response& answer) const;

  settings how_;
  std::shared_ptr<http_client> http_;
  pacing pace_;
  std::string authorization_;
  allowance allowance_;
  breaker breaker_;
  signal freed_;
};

} // namespace waybill::moysklad
