// What happens without us: people move orders on, and notices go out.
#include "ids.hpp"
#include "sandbox_world.hpp"

#include <waybill/async.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::moysklad::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr int most_attempts = 4;

// At once and again at once; after the fourth time it is lost for good.
awaitable<void> deliver(std::weak_ptr<world> weak, std::string url, std::string body) {
  std::string request_id;
  for (int n = 0; n < most_attempts; ++n) {
    std::shared_ptr<http_client> http;
    {
      const auto w = weak.lock();
      if (w == nullptr || w->context.http == nullptr) co_return;
      http = w->context.http;
      if (request_id.empty()) request_id = w->new_uuid();
    }
    http_request rq;
    rq.method = "POST";
    rq.url = url + (url.find('?') == std::string::npos ? "?" : "&") + "requestId=" + request_id;
    rq.headers.emplace_back("Content-Type", "application/json");
    rq.headers.emplace_back("User-Agent", "MoySklad webhook touch agent 2.0 (/https://www.moysklad.ru)");
    rq.body = body;
    rq.timeout = 1500ms;
    rq.label = "sandbox.moysklad_webhook";
    const auto answer = co_await http->send(std::move(rq));
    const bool done = answer && (answer->status == 200 || answer->status == 204);
    if (const auto w = weak.lock()) ++w->hooks_sent[done ? "delivered" : n + 1 < most_attempts ? "failed" : "lost"];
    if (done) co_return;
  }
}

constexpr std::array<std::string_view, 5> road{"Новый", "Подтвержден", "Собран", "Отгружен", "Доставлен"};

std::string state_name(const world& w, const thing& t) {
  const json::object* s = w.state_of(t);
  return s == nullptr ? std::string() : json::text_or(*s, "name");
}

json::object link(const thing& t) { return json::object{{"meta", meta_of(t.type + "/" + t.id, t.type)}}; }

} // namespace

void world::post_hooks(const thing& t, std::string_view action, std::vector<std::string> fields) {
  for (const hook& h : hooks) {
    if (!h.enabled || h.type != t.type || h.action != action) continue;
    const bool mute = std::ranges::any_of(muted, [&](const std::string& prefix) {
      return prefix == "*" || (!prefix.empty() && h.url.starts_with(prefix));
    });
    if (mute) {
      ++hooks_sent["muted"];
      continue;
    }
    json::object event{{"meta", meta_of(t.type + "/" + t.id, t.type)}, {"action", action}, {"accountId", account_id}};
    if (h.diff == "FIELDS") {
      json::array names;
      for (const std::string& f : fields) names.emplace_back(f);
      event["updatedFields"] = std::move(names);
    }
    const json::object body{
        {"auditContext",
         json::object{{"meta", json::object{{"type", "audit"},
                                            {"href", "https://api.moysklad.ru/api/remap/1.2/audit/" + new_uuid()}}},
                      {"moment", moscow(now())},
                      {"uid", "kladovshik@company"}}},
        {"events", json::array{std::move(event)}}};
    spawn(context.ex, "moysklad stand-in webhook", deliver(weak_from_this(), h.url, json::serialize(body)));
  }
}

result<void> world::advance(const std::string& reference, std::string code, const std::string& reason) {
  muted.clear();
  thing* o = nullptr;
  for (thing& t : tables["customerorder"])
    if (!t.deleted && (t.id == reference || json::text_or(t.body, "externalCode") == reference ||
                       json::text_or(t.body, "name") == reference))
      o = &t;
  if (o == nullptr) return fail(errc::not_found, "the stand-in has no order '" + reference + "'");
  const auto made = [&](const http_response& answer) -> result<void> {
    if (answer.status == 200) return {};
    return fail(errc::conflict, "the stand-in refused: " + answer.body);
  };
  const auto ship = [&]() -> result<void> {
    json::object body{{"organization", o->body.at("organization")}, {"agent", o->body.at("agent")}};
    body["store"] = o->body.contains("store") ? o->body.at("store") : json::value(link(tables["store"].front()));
    body["customerOrder"] = link(*o);
    json::array lines;
    for (const json::object& p : o->positions)
      if (const auto left = units(p, "quantity") - units(p, "shipped"); left > 0)
        lines.push_back(json::object{{"assortment", p.at("assortment")},
                                     {"quantity", decimal_of(left, 3)},
                                     {"price", p.at("price")},
                                     {"vat", p.at("vat")},
                                     {"vatEnabled", p.at("vatEnabled")}});
    if (lines.empty()) return {};
    body["positions"] = std::move(lines);
    if (!reason.empty()) body["shippingDocumentNumber"] = reason;
    return made(create("demand", body));
  };
  if (code == "DEMAND") return ship();
  if (code == "DELETE") return made(erase("customerorder", o->id));
  if (code == "RETURN") {
    for (thing& d : tables["demand"])
      if (!d.deleted && d.made_from == o->id) {
        json::object body{{"organization", d.body.at("organization")},
                          {"agent", d.body.at("agent")},
                          {"store", d.body.at("store")},
                          {"demand", link(d)}};
        json::array lines;
        for (const json::object& p : d.positions)
          lines.push_back(json::object{
              {"assortment", p.at("assortment")}, {"quantity", p.at("quantity")}, {"price", p.at("price")}});
        body["positions"] = std::move(lines);
        return made(create("salesreturn", body));
      }
    return fail(errc::conflict, "nothing of this order has been shipped");
  }
  const std::string at = state_name(*this, *o);
  if (code.empty()) {
    const auto here = std::ranges::find(road, at);
    if (here == road.end() || here + 1 == road.end())
      return fail(errc::conflict, "the order has come to its end (" + at + ")");
    code = *(here + 1);
  }
  const json::object* wanted = state_named("customerorder", code);
  if (wanted == nullptr) return fail(errc::bad_input, "orders have no state '" + code + "'");
  if (code == "Отгружен")
    if (auto shipped = ship(); !shipped) return shipped;
  json::object change;
  change["state"] = json::object{{"meta", wanted->at("meta")}};
  return made(update("customerorder", o->id, change));
}

boost::json::value world::state() const {
  json::array orders, demands, returns, subscriptions;
  json::object created_by, live_by, requests, sent;
  const auto all = [this](const char* type) -> const std::deque<thing>& {
    static const std::deque<thing> none;
    const auto it = tables.find(type);
    return it == tables.end() ? none : it->second;
  };
  const auto of = [&](const char* type, const std::string& from) {
    return std::ranges::count_if(all(type), [&](const thing& t) { return !t.deleted && t.made_from == from; });
  };
  const auto fields = [](const thing& t) {
    json::object out;
    if (const auto* list = json::list(t.body, "attributes"))
      for (const auto& a : *list) out[json::text_or(a.get_object(), "name")] = a.get_object().at("value");
    return out;
  };
  for (const thing& t : all("customerorder")) {
    const std::string number = json::text_or(t.body, "externalCode"), name = state_name(*this, t);
    const bool live = !t.deleted && name != "Отменен";
    const json::object shown = view(t);
    json::array lines;
    for (const json::object& p : t.positions)
      lines.push_back({{"id", p.at("id")},
                       {"good", linked_id(p, "assortment")},
                       {"quantity", units(p, "quantity") / 1000},
                       {"reserve", units(p, "reserve") / 1000},
                       {"price", kopecks(p, "price").value_or(0)},
                       {"discount", decimal_of(units(p, "discount"), 3)},
                       {"vat", p.at("vat")},
                       {"vat_enabled", p.at("vatEnabled")}});
    orders.push_back({{"number", number},
                      {"name", json::text_or(t.body, "name")},
                      {"id", t.id},
                      {"ui_id", t.ui_id},
                      {"status", name},
                      {"live", live},
                      {"sum", kopecks(shown, "sum").value_or(0)},
                      {"reserved", kopecks(shown, "reservedSum").value_or(0)},
                      {"customer", linked_id(t.body, "agent")},
                      {"positions", std::move(lines)},
                      {"fields", fields(t)},
                      {"demands", of("demand", t.id)}});
    created_by[number] = json::integer_or(created_by, number) + 1;
    live_by[number] = json::integer_or(live_by, number) + (live ? 1 : 0);
  }
  for (const thing& t : all("demand"))
    demands.push_back({{"id", t.id},
                       {"order", t.made_from},
                       {"status", state_name(*this, t)},
                       {"tracking", json::text_or(t.body, "shippingDocumentNumber")},
                       {"fields", fields(t)},
                       {"positions", static_cast<std::int64_t>(t.positions.size())},
                       {"returns", of("salesreturn", t.id)}});
  for (const thing& t : all("salesreturn"))
    returns.push_back({{"id", t.id}, {"demand", t.made_from}, {"status", state_name(*this, t)}});
  for (const hook& h : hooks)
    subscriptions.push_back(
        {{"id", h.id}, {"type", h.type}, {"action", h.action}, {"url", h.url}, {"enabled", h.enabled}});
  for (const auto& [name, n] : counts) requests[name] = n;
  for (const auto& [name, n] : hooks_sent) sent[name] = n;
  return json::object{{"account_id", account_id},
                      {"orders", std::move(orders)},
                      {"created_by_number", std::move(created_by)},
                      {"live_by_number", std::move(live_by)},
                      {"demands", std::move(demands)},
                      {"returns", std::move(returns)},
                      {"customers", static_cast<std::int64_t>(all("counterparty").size())},
                      {"products", static_cast<std::int64_t>(all("product").size())},
                      {"requests", std::move(requests)},
                      {"webhooks", std::move(subscriptions)},
                      {"hooks", std::move(sent)}};
}

} // namespace waybill::moysklad::sandbox
