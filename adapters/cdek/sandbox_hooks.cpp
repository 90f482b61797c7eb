// Things that happen later: verdicts, and notices to those who subscribed.
#include "sandbox_places.hpp"
#include "sandbox_world.hpp"
#include "statuses.hpp"

#include <waybill/async.hpp>

#include <fmt/format.h>

namespace waybill::cdek::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr int most_attempts = 12;

awaitable<void> wait_and_act(std::weak_ptr<world> weak, std::chrono::milliseconds delay,
                             std::function<void(world&)> act) {
  co_await sleep_for(delay);
  if (const auto w = weak.lock()) act(*w);
}

// Repeated until it is answered 200: soon at first, then minutes apart.
awaitable<void> deliver(std::weak_ptr<world> weak, std::string url, std::string body) {
  std::chrono::milliseconds pause = 2s;
  for (int n = 0; n < most_attempts; ++n) {
    std::shared_ptr<http_client> http;
    std::chrono::milliseconds scaled{0};
    {
      const auto w = weak.lock();
      if (w == nullptr || w->context.http == nullptr) co_return;
      http = w->context.http;
      scaled = w->scaled(pause);
    }
    http_request rq;
    rq.method = "POST";
    rq.url = url;
    rq.headers.emplace_back("Content-Type", "application/json");
    rq.body = body;
    rq.timeout = 15s;
    rq.label = "sandbox.cdek_webhook";
    const auto answer = co_await http->send(std::move(rq));
    const bool done = answer && answer->status == 200;
    if (const auto w = weak.lock()) ++w->hooks_sent[done ? "delivered" : "failed"];
    if (done) co_return;
    co_await sleep_for(scaled);
    pause = std::min<std::chrono::milliseconds>(pause * 2, 8min);
  }
}

} // namespace

void world::later(std::chrono::milliseconds delay, std::function<void(world&)> act) {
  spawn(context.ex, "cdek stand-in", wait_and_act(weak_from_this(), scaled(delay), std::move(act)));
}

void world::post_hook(const std::string& type, std::string uuid, json::object attributes) {
  const json::object notice{
      {"type", type}, {"date_time", stamp(now())}, {"uuid", std::move(uuid)}, {"attributes", std::move(attributes)}};
  const std::string body = json::serialize(notice);
  for (const subscription& s : subscriptions)
    if (s.type == type) spawn(context.ex, "cdek stand-in webhook", deliver(weak_from_this(), s.url, body));
}

void world::hook_status(const order& o, const step& s) {
  json::object a{{"is_return", o.is_return},         {"is_reverse", false}, {"is_client_return", o.is_client_return},
                 {"cdek_number", o.cdek_number},     {"number", o.number},  {"code", s.code},
                 {"status_date_time", stamp(s.when)}};
  const status_row* row = find_status(s.code);
  a["status_code"] = std::to_string(row == nullptr ? 1000 : row->legacy);
  if (!s.reason.empty()) a["status_reason_code"] = s.reason;
  if (s.code != "CREATED") { // the first one has no place
    a["city_name"] = s.city;
    if (const city* c = find_city(s.city)) a["city_code"] = std::to_string(c->code);
  }
  if (o.is_return || o.is_client_return)
    for (const order& direct : orders)
      if (direct.uuid == o.direct_uuid)
        a["related_entities"] = json::array{json::object{{"type", o.is_return ? "direct_order" : "client_direct_order"},
                                                         {"cdek_number", direct.cdek_number},
                                                         {"uuid", direct.uuid}}};
  post_hook("ORDER_STATUS", o.uuid, std::move(a));
}

} // namespace waybill::cdek::sandbox
