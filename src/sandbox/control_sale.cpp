// A manager's work with deliveries: an order with its shipment, the price, "order delivery", cancelling, paying.
#include <sandbox/control.hpp>
#include <sandbox/control_draft.hpp>
#include <sandbox/handler.hpp>

#include <algorithm>

namespace waybill::sandbox {
namespace {

constexpr std::int64_t manager = 7;

std::int64_t number_of(const std::string& segment) { return json::as_integer(json::value(segment)).value_or(0); }

json::object shown_draft(const portal& p, const store_order& o, const store_shipment& s) {
  json::object extras;
  for (const auto& [id, v] : s.extras) extras[std::to_string(id)] = v;
  auto out = shown_shipment(p, s, true);
  json::object properties;
  for (const auto& [id, v] : s.properties) properties[std::to_string(id)] = v.value;
  out["properties"] = std::move(properties);
  out["extras"] = std::move(extras);
  out["in_request"] = in_request(p, s.id);
  out["deal"] = o.owner;
  return out;
}

// The form before it is saved: SHIPMENT without an id.
awaitable<http_response> try_out(control_call c, std::shared_ptr<portal> p) {
  auto made = read_draft(*p, c.body);
  if (!made) co_return control_bad(made.error());
  const auto ctx = c.in.context(p, p->id);
  const auto priced = co_await calculate(ctx, made->order, made->shipment, true);
  co_return control_ok(shown_calculation(priced));
}

// Saving: the price is asked for as the form does, unless it is given. A refusal leaves the order unsaved.
awaitable<http_response> make(control_call c, std::shared_ptr<portal> p) {
  auto made = read_draft(*p, c.body);
  if (!made) co_return control_bad(made.error());
  const auto ctx = c.in.context(p, p->id);
  json::value shown = nullptr;
  if (const auto price = json::minor(c.body, "price")) {
    made->shipment.base_price_minor = made->shipment.price_minor = *price;
  } else if (!handler_setting(*p, made->shipment.service, "CALCULATE_URL").empty()) {
    const auto priced = co_await calculate(ctx, made->order, made->shipment, true);
    shown = shown_calculation(priced);
    if (!priced.success)
      co_return json_response(409, json::serialize(json::object{{"error", "calculation"}, {"calculation", shown}}));
    made->shipment.base_price_minor = made->shipment.price_minor = priced.price_minor;
  }
  const auto saved = save_draft(*p, *made, c.body, json::integer_or(c.body, "user", manager));
  if (!saved) co_return control_bad(saved.error());
  co_return control_ok(
      json::object{{"order", saved->order},
                   {"shipment", saved->shipment},
                   {"payment", saved->payment == 0 ? json::value(nullptr) : json::value(saved->payment)},
                   {"calculation", std::move(shown)}});
}

awaitable<http_response> recalculate(control_call c, std::shared_ptr<portal> p, std::int64_t id) {
  const auto s = p->shop.shipments.find(id);
  if (s == p->shop.shipments.end()) co_return control_unknown("no such shipment");
  const auto o = p->shop.orders.find(s->second.order);
  if (o == p->shop.orders.end()) co_return control_unknown("no such order");
  const auto ctx = c.in.context(p, p->id);
  const auto priced = co_await calculate(ctx, o->second, s->second, false);
  const auto now_there = p->shop.shipments.find(id);
  if (priced.success && now_there != p->shop.shipments.end())
    now_there->second.base_price_minor = now_there->second.price_minor = priced.price_minor;
  co_return control_ok(shown_calculation(priced));
}

awaitable<http_response> order_delivery(control_call c, std::shared_ptr<portal> p) {
  const auto* list = json::list(c.body, "shipments");
  if (list == nullptr || list->empty()) co_return control_bad("shipments is missing");
  std::vector<std::int64_t> ids;
  for (const auto& v : *list) ids.push_back(json::as_integer(v).value_or(0));
  const auto ctx = c.in.context(p, p->id);
  const auto done = co_await create_request(ctx, ids, json::integer_or(c.body, "user", manager));
  co_return control_ok(shown_handled(done));
}

// delivery-requests/{request}/cancel and /delete; `delivery_id` where two services have one id.
awaitable<http_response> end_request(control_call c, std::shared_ptr<portal> p) {
  const auto id = c.path[1];
  const auto wanted = json::integer_or(c.body, "delivery_id");
  const auto r = std::ranges::find_if(p->requests, [&](const delivery_request& one) {
    return !one.deleted && one.request_id == id && (wanted == 0 || one.delivery_id == wanted);
  });
  if (r == p->requests.end()) co_return control_unknown("no such request");
  const auto service = r->delivery_id;
  const auto ctx = c.in.context(p, p->id);
  handled done;
  if (c.path[2] == "cancel") done = co_await cancel_request(ctx, service, id);
  else done = co_await delete_request(ctx, service, id);
  co_return control_ok(shown_handled(done));
}

http_response payments(const control_call& c, portal& p) {
  if (c.is("GET", 1)) {
    json::array out;
    for (const auto& [id, pay] : p.shop.payments) out.push_back(shown_payment(p, pay));
    return control_ok(std::move(out));
  }
  if (c.method != "POST" || c.path.size() != 3) return control_unknown("GET payments, POST payments/{id}/pay or unpay");
  const auto it = p.shop.payments.find(number_of(c.path[1]));
  if (it == p.shop.payments.end()) return control_unknown("no such payment");
  if (c.path[2] != "pay" && c.path[2] != "unpay") return control_unknown("pay or unpay");
  const bool paid = c.path[2] == "pay";
  auto& pay = it->second;
  const auto user = json::integer_or(c.body, "user", manager);
  pay.paid = paid;
  pay.date_paid = paid ? json::value(portal_time(p.clock())) : json::value(nullptr);
  pay.paid_by = paid ? json::value(user) : json::value(nullptr);
  tell_saved(p, "ONPAYMENTENTITYSAVED", pay.id, user);
  return control_ok();
}

http_response shipments(const control_call& c, portal& p) {
  json::array out;
  for (const auto& [id, s] : p.shop.shipments) {
    auto shown = shown_draft(p, p.shop.orders.at(s.order), s);
    if (c.is("GET", 2) && id == number_of(c.path[1])) return control_ok(std::move(shown));
    out.push_back(std::move(shown));
  }
  return c.is("GET", 1) ? control_ok(std::move(out)) : control_unknown("no such shipment");
}

http_response orders(const control_call& c, portal& p) {
  json::array out;
  for (const auto& [id, o] : p.shop.orders) {
    auto shown = shown_order(p, o, true);
    shown["deal"] = o.owner;
    if (c.is("GET", 2) && id == number_of(c.path[1])) return control_ok(std::move(shown));
    out.push_back(std::move(shown));
  }
  return c.is("GET", 1) ? control_ok(std::move(out)) : control_unknown("no such order");
}

http_response timeline(portal& p) {
  json::array out;
  for (const auto& [kind, all] :
       {std::pair("comment", &p.comments), std::pair("log_message", &p.log_messages), std::pair("todo", &p.todos)})
    for (const auto& [deal, entries] : *all)
      for (const auto& e : entries) out.push_back(json::object{{"deal", deal}, {"kind", kind}, {"entry", e}});
  return control_ok(std::move(out));
}

} // namespace

awaitable<std::optional<http_response>> control_sale(control_call c, std::shared_ptr<portal> p) {
  std::optional<http_response> out;
  if (c.path.empty()) co_return out;
  const auto what = c.path.front();
  if (what == "orders" && c.is("POST", 2) && c.path[1] == "calculate") out = co_await try_out(c, p);
  else if (what == "orders" && c.is("POST", 1)) out = co_await make(c, p);
  else if (what == "orders") out = orders(c, *p);
  else if (what == "shipments" && c.is("POST", 3) && c.path[2] == "calculate")
    out = co_await recalculate(c, p, number_of(c.path[1]));
  else if (what == "shipments") out = shipments(c, *p);
  else if (what == "order-delivery" && c.is("POST", 1)) out = co_await order_delivery(c, p);
  else if (what == "delivery-requests" && c.is("POST", 3) && (c.path[2] == "cancel" || c.path[2] == "delete"))
    out = co_await end_request(c, p);
  else if (what == "payments") out = payments(c, *p);
  else if (what == "timeline" && c.is("GET", 1)) out = timeline(*p);
  else if (what == "notifications" && c.is("GET", 1)) out = control_ok(p->notifications);
  else if (what == "handler-calls" && c.is("GET", 1)) out = control_ok(p->shop.calls);
  else if (what == "handler-calls" && c.is("DELETE", 1)) {
    p->shop.calls.clear();
    out = control_ok();
  }
  co_return out;
}

} // namespace waybill::sandbox
