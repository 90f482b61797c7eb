// Routing, authorisation, injected faults and the view from outside.
#include "sandbox.hpp"

#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::cdek {
namespace {

using namespace sandbox;

// `parts` is the path below /v2: {"orders", "<uuid>", "refusal"}.
struct route {
  std::string operation; // empty: no such method
  std::vector<std::string> parts;
};

route route_of(const http_request& rq) {
  route r{{}, path_segments(rq.path)};
  if (r.parts.empty() || r.parts.front() != "v2") return r;
  r.parts.erase(r.parts.begin());
  const auto& p = r.parts;
  const std::string& m = rq.method;
  const auto is = [&p](std::size_t n, std::string_view first) { return p.size() == n && p[0] == first; };
  if (is(2, "oauth") && p[1] == "token" && m == "POST") r.operation = "token";
  else if (is(1, "orders") && m == "POST") r.operation = "create_order";
  else if (is(1, "orders") && m == "GET") r.operation = "find_order";
  else if (is(1, "orders") && m == "PATCH") r.operation = "update_order";
  else if (is(2, "orders") && m == "GET") r.operation = "order";
  else if ((is(2, "orders") && m == "DELETE") || (is(3, "orders") && m == "POST" && p[2] == "refusal"))
    r.operation = "cancel";
  else if (is(3, "orders") && m == "POST" && p[2] == "clientReturn") r.operation = "create_return";
  else if (is(2, "calculator") && p[1] == "alltariffs" && m == "GET") r.operation = "probe";
  else if (is(2, "calculator") && m == "POST" &&
           (p[1] == "tariff" || p[1] == "tarifflist" || p[1] == "tariffAndService"))
    r.operation = "quote_for";
  else if (p.size() >= 2 && p.size() <= 3 && p[0] == "print" && (p[1] == "orders" || p[1] == "barcodes") &&
           (p.size() == 2 ? m == "POST" : m == "GET"))
    r.operation = "make_label";
  else if (is(1, "deliverypoints") && m == "GET") r.operation = "pickup_points";
  else if (is(2, "location") && p[1] == "cities" && m == "GET") r.operation = "cities";
  else if ((is(1, "intakes") && m == "POST") || (is(2, "intakes") && m == "GET")) r.operation = "request_courier";
  else if ((is(1, "webhooks") && (m == "GET" || m == "POST")) || (is(2, "webhooks") && (m == "GET" || m == "DELETE")))
    r.operation = "keep_webhooks";
  return r;
}

http_response throttled() {
  http_response r = reply(429, json::object{{"errors", json::array{}}});
  r.headers.emplace_back("Retry-After", "1");
  return r;
}

class cdek_stand_in final : public stand_in {
 public:
  explicit cdek_stand_in(stand_in_context c) : world_(std::make_shared<world>(std::move(c))) {}

  awaitable<http_response> handle(http_request rq) override { return serve(world_, std::move(rq)); }

  void inject(stand_in_fault f) override {
    if (f.kind == "expire_tokens") { // at once: every token is refused from now on
      world_->tokens.clear();
      return;
    }
    world_->faults->inject(std::move(f));
  }

  result<void> advance(std::string reference, std::string code, std::string reason) override {
    return world_->advance(reference, std::move(code), std::move(reason));
  }

  boost::json::value state() const override {
    json::array orders;
    json::object live_by, created_by, requests, hooks;
    for (const order& o : world_->orders) {
      json::array services;
      if (const auto* list = json::list(o.body, "services"))
        for (const auto& one : *list) services.emplace_back(json::text_or(one.as_object(), "code"));
      orders.push_back({{"number", o.number},
                        {"cdek_number", o.cdek_number},
                        {"uuid", o.uuid},
                        {"status", o.last()},
                        {"request_state", o.request_state()},
                        {"live", o.live()},
                        {"services", std::move(services)},
                        {"is_return", o.is_return || o.is_client_return}});
      // The way back carries the same number and is no second order of ours.
      if (o.is_return || o.is_client_return || o.number.empty()) continue;
      const auto add = [&](json::object& counts, bool counted) {
        const auto had = json::integer_or(counts, o.number);
        counts[o.number] = had + (counted ? 1 : 0);
      };
      add(live_by, o.live());
      add(created_by, !o.invalid());
    }
    for (const auto& [name, n] : world_->counts) requests[name] = n;
    for (const auto& [name, n] : world_->hooks_sent) hooks[name] = n;
    json::array subscriptions;
    for (const auto& s : world_->subscriptions)
      subscriptions.push_back({{"uuid", s.uuid}, {"type", s.type}, {"url", s.url}});
    return json::object{{"orders", std::move(orders)},
                        {"live_by_number", std::move(live_by)},
                        {"created_by_number", std::move(created_by)},
                        {"requests", std::move(requests)},
                        {"webhooks", std::move(subscriptions)},
                        {"hooks", std::move(hooks)}};
  }

 private:
  static awaitable<http_response> serve(std::shared_ptr<world> w, http_request rq) {
    route r = route_of(rq);
    ++w->counts[r.operation.empty() ? "unknown" : r.operation];
    const std::string operation = r.operation;
    std::function<http_response(const std::string*)> job = [w, rq = std::move(rq),
                                                            r = std::move(r)](const std::string* refusal) {
      problems refuse_with;
      if (refusal != nullptr) {
        const auto bar = refusal->find('|');
        refuse_with.emplace_back(refusal->empty() ? "v2_internal_error" : refusal->substr(0, bar),
                                 bar == std::string::npos ? "Refused by the stand-in" : refusal->substr(bar + 1));
      }
      return work(*w, rq, r, std::move(refuse_with));
    };
    fault_shapes shapes;
    shapes.throttled = throttled;
    shapes.garbage = "{\"entity\":{\"uu";
    co_return co_await with_faults(w->faults, operation, w->context.speed, std::move(shapes), std::move(job));
  }

  static bool authorised(world& w, const http_request& rq) {
    const std::string* header = find_header(rq.headers, "Authorization");
    if (header == nullptr || !header->starts_with("Bearer ")) return false;
    const auto it = w.tokens.find(header->substr(7));
    return it != w.tokens.end() && std::chrono::steady_clock::now() < it->second;
  }

  static http_response work(world& w, const http_request& rq, const route& r, problems refuse_with) {
    if (r.operation == "token") return w.token(rq);
    if (!authorised(w, rq)) {
      http_response denied =
          refuse("AUTH", {{"unauthorized", "Full authentication is required to access this resource"}});
      denied.status = 401;
      return denied;
    }
    if (r.operation.empty())
      return reply(
          404, json::object{{"alerts", json::array{json::object{
                                           {"type", "danger"}, {"msg", "Not found"}, {"errorCode", "not_found"}}}}});
    const auto query = parse_form(rq.query);
    if (!query) return refuse_plain({{"v2_bad_request", "Broken query"}});
    json::value body;
    if (rq.method == "POST" || rq.method == "PATCH") {
      const bool bodyless = r.operation == "cancel";
      if (!bodyless || !rq.body.empty()) {
        auto parsed = json::parse(rq.body, 8 * 1024 * 1024);
        if (!parsed || !parsed->is_object()) return refuse_plain({{"v2_bad_request", "Malformed JSON"}});
        const std::string* kind = find_header(rq.headers, "Content-Type");
        if (kind == nullptr || !kind->starts_with("application/json")) {
          http_response unsupported = refuse_plain({{"v2_bad_request", "Unsupported media type"}});
          unsupported.status = 415;
          return unsupported;
        }
        body = std::move(*parsed);
      }
    }
    return dispatch(w, r, rq.method, *query, body, std::move(refuse_with));
  }

  static http_response dispatch(world& w, const route& r, const std::string& method, const form_fields& query,
                                const json::value& body, problems refuse_with) {
    const auto& p = r.parts;
    if (r.operation == "create_order") return w.create(body, std::move(refuse_with));
    if (r.operation == "find_order") return w.read(query, {});
    if (r.operation == "order") return w.read({}, p[1]);
    if (r.operation == "update_order") return w.patch(body);
    if (r.operation == "cancel") return method == "DELETE" ? w.remove(p[1]) : w.refusal(p[1]);
    if (r.operation == "create_return") return w.client_return(p[1], body);
    if (r.operation == "probe") return w.all_tariffs();
    if (r.operation == "quote_for") return w.calculate(p[1], body);
    if (r.operation == "make_label") {
      if (p.size() == 2) return w.print(p[1], body);
      return p[2].ends_with(".pdf") ? w.form_file(p[1], p[2].substr(0, p[2].size() - 4)) : w.form_state(p[1], p[2]);
    }
    if (r.operation == "pickup_points") return w.list_points(query);
    if (r.operation == "cities") return w.list_cities(query);
    if (r.operation == "request_courier") return method == "POST" ? w.make_intake(body) : w.intake_state(p[1]);
    if (method == "POST") return w.subscribe(body);
    if (method == "DELETE") return w.unsubscribe(p[1]);
    return w.list_subscriptions(p.size() > 1 ? std::string_view(p[1]) : std::string_view{});
  }

  std::shared_ptr<world> world_;
};

} // namespace

std::unique_ptr<stand_in> make_stand_in(stand_in_context context) {
  return std::make_unique<cdek_stand_in>(std::move(context));
}

} // namespace waybill::cdek
