// The inbox of events, the history of one order, and the parcel on its way.
#include "sandbox_world.hpp"
#include "statuses.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

namespace waybill::dpd::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t usual_rows = 100;

std::string next_of(const order& o) {
  const std::string at = o.last();
  const bool to_point = !o.point.empty();
  if (at == "1001" || at == "1401" || at == "1501") return "1601";
  if (at == "1601") return "2101";
  if (at == "2101") return to_point ? "2201" : "2202";
  if (at == "2202") return "2301";
  if (at == "2201") return "3305";
  if (at == "2301") return "3304";
  if (at == "2404" || at == "2405" || at == "2406" || at == "2416") return "2102";
  if (at == "2102") return "2203";
  if (at == "2203" || at == "2204" || at == "2309") return "3306";
  return to_point ? "3305" : "3304";
}

bool ended(const order& o) {
  constexpr std::array<std::string_view, 7> ends{"1301", "2501", "2901", "3301", "3303", "3304", "3305"};
  return o.last() == "3306" || std::ranges::find(ends, o.last()) != ends.end();
}

// What the history calls an event; empty: nothing of it is told there.
std::string_view state_of(std::string_view number) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> table{{{"1401", "NewOrderByClient"},
                                                                                 {"1601", "OnTerminalPickup"},
                                                                                 {"2101", "OnRoad"},
                                                                                 {"2202", "OnTerminal"},
                                                                                 {"2201", "OnTerminalDelivery"},
                                                                                 {"2301", "Delivering"},
                                                                                 {"3304", "Delivered"},
                                                                                 {"3305", "Delivered"},
                                                                                 {"3303", "Lost"},
                                                                                 {"2404", "Problem"}}};
  const auto it = std::ranges::find(table, number, &std::pair<std::string_view, std::string_view>::first);
  return it == table.end() ? std::string_view{} : it->second;
}

void write_event(soap::writer& w, const order& o, const event& e) {
  const event_row* row = find_event(e.number);
  w.open("event").put("clientOrderNr", o.number).put("dpdOrderNr", o.dpd).put("eventNumber", e.number);
  w.put("eventCode", "Order" + e.number)
      .put("eventName", row == nullptr ? "Событие " + e.number : std::string(row->name));
  w.put("reasonName", e.partial ? "" : e.reason).put("eventDate", moscow_moment(e.when) + "+03:00");
  if (!e.order_number.empty())
    w.open("parameter").put("paramName", "ORDER_NUMBER").put("valueString", e.order_number).close();
  if (e.partial) {
    w.open("parameter").put("paramName", "UNIT_LOADS");
    for (std::size_t n = 0; n < o.goods.size(); ++n) {
      const auto& g = o.goods[n].as_object();
      w.open("value").put("article", json::text_or(g, "article")).put("descript", json::text_or(g, "descript"));
      w.put("count", json::text_or(g, "count")).put("state_name", n == 0 ? "Отказ получателя" : "Выдано").close();
    }
    w.close();
  }
  w.close();
}

} // namespace

std::string moscow_day(instant when) { return to_date(when + 3h); }

std::string moscow_moment(instant when) {
  std::string text = to_iso(when + 3h);
  text.pop_back();
  return text;
}

void world::put_event(order& o, std::string number, std::string reason) {
  event e;
  e.number = std::move(number);
  e.partial = reason == "partial";
  e.reason = std::move(reason);
  // Moments are told in seconds; two of them never meet.
  e.when = std::chrono::floor<std::chrono::seconds>(now());
  if (!o.events.empty() && e.when <= o.events.back().when) e.when = o.events.back().when + 1s;
  o.events.push_back(std::move(e));
}

answer_parts world::events(const soap::node& request, const std::string& client) {
  const auto most = soap::integer(request.child("request"), "maxRowCount").value_or(usual_rows);
  struct ref {
    order* o;
    const event* e;
  };
  std::vector<ref> all;
  for (order& o : orders)
    for (const event& e : o.events)
      if (o.client == client && !e.confirmed) all.push_back({&o, &e});
  std::ranges::sort(all, {}, [](const ref& r) { return std::tie(r.e->when, r.o->number, r.e->number); });
  const bool complete = std::ssize(all) <= most;
  if (!complete) all.resize(static_cast<std::size_t>(most));
  const std::int64_t id = all.empty() ? 0 : next_package_++;
  soap::writer w;
  w.open("return").put_integer("docId", id).put("docDate", moscow_moment(now())).put("clientNumber", client);
  w.put_boolean("resultComplete", complete);
  for (const ref& r : all) {
    write_event(w, *r.o, *r.e);
    packages[id].emplace_back(r.o->number + "|" + r.o->date, r.e->when);
  }
  return {w.take(), {}};
}

answer_parts world::confirm(const soap::node& request) {
  const auto id = soap::integer(request.child("request"), "docId").value_or(0);
  const auto it = packages.find(id);
  if (it == packages.end()) return refused("event-tracking", "no-document", "Документ не найден");
  for (const auto& [key, when] : it->second)
    for (order& o : orders)
      for (event& e : o.events)
        if (o.number + "|" + o.date == key && e.when == when) e.confirmed = true;
  return {};
}

answer_parts world::states(const soap::node& request) {
  const soap::node in = request.child("request");
  const std::string client = soap::text_or(in.child("auth"), "clientNumber");
  const order* o = find(client, soap::text_or(in, "clientOrderNr"), soap::date(in, "pickupDate").value_or(""));
  soap::writer w;
  w.open("return")
      .put_integer("docId", next_package_++)
      .put("docDate", moscow_moment(now()))
      .put("clientNumber", client);
  w.put_boolean("resultComplete", true);
  for (std::size_t n = 0; o != nullptr && n < o->events.size(); ++n) {
    const event& e = o->events[n];
    const auto state = state_of(e.number);
    if (state.empty() || o->dpd.empty()) continue;
    for (std::size_t p = 0; p < o->parcels.size(); ++p) {
      w.open("states").put("clientOrderNr", o->number).put("clientParcelNr", o->parcels[p].first);
      w.put("dpdOrderNr", o->dpd)
          .put("dpdParcelNr", o->dpd.substr(2) + std::to_string(p + 1))
          .put("pickupDate", o->date);
      w.put_boolean("isReturn", false).put("planDeliveryDate", moscow_day(o->events.front().when + 72h));
      w.put("newState", state).put("transitionTime", moscow_moment(e.when)).put("terminalCode", "L07");
      w.put("terminalCity", o->city).close();
    }
  }
  return {w.take(), {}};
}

result<void> world::advance(const std::string& reference, std::string code, std::string reason) {
  ripen();
  order* o = nullptr;
  for (order& each : orders)
    if ((each.number == reference || (!each.dpd.empty() && each.dpd == reference)) && each.live()) o = &each;
  if (o == nullptr) return fail(errc::not_found, "the stand-in has no live order '" + clean_code(reference) + "'");
  if (o->status == "OrderPending") {
    number_now(*o);
    if (code.empty() || o->status != "OK") return {};
  }
  if (ended(*o)) return fail(errc::conflict, "the order has come to its end (" + o->last() + ")");
  if (code.empty()) code = next_of(*o);
  if (code.size() > 8 || code.find_first_not_of("0123456789") != std::string::npos)
    return fail(errc::bad_input, "an event's code has digits only");
  if (code == "2901" || code == "1301") o->status = "OrderCancelled";
  put_event(*o, std::move(code), std::move(reason));
  return {};
}

} // namespace waybill::dpd::sandbox
