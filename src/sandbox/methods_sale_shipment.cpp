// sale.shipment.* and sale.shipmentitem.*. An update is a full form: what is left out is emptied.
#include <sandbox/handler.hpp>
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

store_shipment* shipment_by(portal& p, std::int64_t id) {
  const auto it = p.shop.shipments.find(id);
  return it == p.shop.shipments.end() ? nullptr : &it->second;
}

outcome no_shipment() { return refused_by_number(201140400001, "shipment is not exists"); }

outcome shipment_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* s = shipment_by(c.at, c.integer("id").value_or(0));
  return s == nullptr ? no_shipment() : ok(json::object{{"shipment", shown_shipment(c.at, *s, true)}});
}

outcome shipment_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& [id, s] : c.at.shop.shipments) rows.push_back(shown_shipment(c.at, s, false));
  return listed(c, std::move(rows), "shipments");
}

// A change of what is in a request is a warning for the manager.
void saved(const call& c, store_shipment& s) {
  if (in_request(c.at, s.id)) {
    s.marked = true;
    s.reason_marked = "DELIVERY_REQUEST_NOT_UPDATED";
  }
  tell_saved(c.at, "ONSHIPMENTENTITYSAVED", s.id, c.who.user);
}

std::optional<outcome> bad_fields(const call& c, const json::object& sent) {
  const auto service = json::integer_or(sent, "deliveryId");
  if (std::ranges::find(c.at.services, service, &delivery_service::id) == c.at.services.end())
    return refused("SALE_SHIPMENT_WRONG_DELIVERY_SERVICE", "Delivery service not found");
  const auto status = text_of(sent, "statusId");
  const auto known = std::ranges::find(c.at.shop.statuses, status, &sale_status::id);
  if (!status.empty() && (known == c.at.shop.statuses.end() || known->type != "D"))
    return refused("BX_INVALID_VALUE", "The status does not exist");
  return {};
}

void write_fields(const call& c, store_shipment& s, const json::object& sent) {
  s.allow_delivery = flag_of(sent, "allowDelivery");
  const bool deducted = flag_of(sent, "deducted");
  if (deducted != s.deducted)
    s.date_deducted = deducted ? json::value(portal_time(c.at.clock())) : json::value(nullptr);
  s.deducted = deducted;
  s.service = json::integer_or(sent, "deliveryId");
  const auto base = json::minor(sent, "basePriceDelivery");
  const auto price = json::minor(sent, "priceDelivery");
  s.base_price_minor = s.price_minor = base ? *base : price.value_or(0); // with a base price the other is ignored
  const auto status = text_of(sent, "statusId");
  s.status = status.empty() ? "DN" : status;
  s.tracking_number = text_of(sent, "trackingNumber");
  s.doc_number = text_of(sent, "deliveryDocNum");
  s.comments = text_of(sent, "comments");
  if (const auto user = json::integer(sent, "responsibleId")) s.responsible = *user;
  else if (const auto o = c.at.shop.orders.find(s.order); o != c.at.shop.orders.end())
    s.responsible = o->second.responsible;
  if (const auto company = json::integer(sent, "companyId")) s.company = *company;
  if (sent.contains("xmlId")) s.xml_id = text_of(sent, "xmlId");
  if (const auto* at = sent.if_contains("deliveryDocDate")) {
    const auto when = read_portal_time(php::scalar(*at).value_or(""));
    s.doc_date = when ? json::value(portal_time(*when)) : json::value(nullptr);
  }
}

outcome shipment_update(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id", "fields"})) return *wrong;
  auto* s = shipment_by(c.at, c.integer("id").value_or(0));
  if (s == nullptr) return no_shipment();
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"allowDelivery", "deducted", "deliveryId"})) return *wrong;
  if (auto wrong = bad_fields(c, sent)) return *wrong;
  write_fields(c, *s, sent);
  saved(c, *s);
  return ok(json::object{{"shipment", shown_shipment(c.at, *s, true)}});
}

// All goods that are in no shipment yet go into it; without a price the handler is asked while the call runs.
awaitable<outcome> shipment_add(rest_context ctx, caller who, json::object params) {
  const call c{*ctx.at, who, params, ctx.base_url};
  if (auto wrong = no_right_to_write(c)) co_return *wrong;
  if (auto wrong = lacks(c, {"fields"})) co_return *wrong;
  const json::object sent = *c.object("fields");
  if (auto wrong = required(sent, {"orderId", "allowDelivery", "deducted", "deliveryId"})) co_return *wrong;
  const auto order = c.at.shop.orders.find(json::integer_or(sent, "orderId"));
  if (order == c.at.shop.orders.end()) co_return error_zero("Unable to load order");
  if (auto wrong = bad_fields(c, sent)) co_return *wrong;
  auto& fresh = make_shipment(c.at, order->second, json::integer_or(sent, "deliveryId"));
  const auto id = fresh.id;
  for (const auto& b : order->second.basket)
    if (const auto left = unshipped(c.at, b); left > 0) fresh.items.push_back({c.at.next_id(), b.id, left, {}});
  const auto xml_id = fresh.xml_id;
  write_fields(c, fresh, sent);
  if (fresh.xml_id.empty()) fresh.xml_id = xml_id;
  fresh.status = "DN"; // whatever was asked for
  if (!sent.contains("basePriceDelivery") && !handler_setting(c.at, fresh.service, "CALCULATE_URL").empty()) {
    const auto priced = co_await calculate(ctx, order->second, fresh, true);
    auto* s = shipment_by(*ctx.at, id); // somebody may have deleted it meanwhile
    if (s == nullptr) co_return no_shipment();
    if (priced.success) s->base_price_minor = s->price_minor = priced.price_minor;
  }
  auto* s = shipment_by(*ctx.at, id);
  saved(c, *s);
  co_return ok(json::object{{"shipment", shown_shipment(c.at, *s, true)}});
}

outcome shipment_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* s = shipment_by(c.at, c.integer("id").value_or(0));
  if (s == nullptr) return no_shipment();
  if (s->deducted) return refused("SALE_SHIPMENT_EXIST_SHIPPED", "The shipment is shipped");
  const auto id = s->id;
  for (auto& [pay_id, pay] : c.at.shop.payments)
    if (!pay.paid && std::erase_if(pay.items, [id](const payable_item& i) { return i.delivery && i.of == id; }) != 0)
      recount(c.at, pay);
  c.at.shop.shipments.erase(id);
  tell_saved(c.at, "ONSHIPMENTDELETED", id, c.who.user);
  return ok(true);
}

outcome shipment_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"shipment", described({"orderId", "allowDelivery", "deducted", "deliveryId"},
                                                {"id", "statusId", "deliveryDocDate", "deliveryDocNum",
                                                 "trackingNumber", "basePriceDelivery", "priceDelivery", "comments",
                                                 "companyId", "responsibleId", "xmlId"})}});
}

// ---- items ----

struct item_place {
  store_shipment* shipment;
  std::size_t index;
};

std::optional<item_place> item_by(portal& p, std::int64_t id) {
  for (auto& [shipment, s] : p.shop.shipments)
    for (std::size_t i = 0; i < s.items.size(); ++i)
      if (s.items[i].id == id) return item_place{&s, i};
  return {};
}

json::object shown_item(const portal& p, const item_place& at) {
  return shown_shipment(p, *at.shipment, true).at("shipmentItems").as_array()[at.index].as_object();
}

outcome no_item() { return refused_by_number(201240400001, "shipment item is not exists"); }

outcome item_add(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"orderDeliveryId", "basketId", "quantity"})) return *wrong;
  auto* s = shipment_by(c.at, json::integer_or(sent, "orderDeliveryId"));
  if (s == nullptr) return refused_by_number(201240400002, "shipment is not exists");
  const auto& basket = c.at.shop.orders.at(s->order).basket;
  const auto b = std::ranges::find(basket, json::integer_or(sent, "basketId"), &basket_item::id);
  if (b == basket.end()) return refused_by_number(201240400003, "basket item is not exists");
  if (std::ranges::find(s->items, b->id, &shipment_item::basket) != s->items.end())
    return refused("201250000001", "Duplicate entry for key [basketId, orderDeliveryId]");
  const auto quantity = read_quantity(sent.at("quantity"));
  if (!quantity || *quantity <= 0 || *quantity > unshipped(c.at, *b)) return error_zero("Wrong quantity");
  s->items.push_back({c.at.next_id(), b->id, *quantity, text_of(sent, "xmlId")});
  saved(c, *s);
  return ok(json::object{{"shipmentItem", shown_item(c.at, {s, s->items.size() - 1})}});
}

outcome item_update(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id", "fields"})) return *wrong;
  const auto at = item_by(c.at, c.integer("id").value_or(0));
  if (!at) return no_item();
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"quantity"})) return *wrong;
  auto& i = at->shipment->items[at->index];
  const auto quantity = read_quantity(sent.at("quantity"));
  const auto& basket = c.at.shop.orders.at(at->shipment->order).basket;
  const auto b = std::ranges::find(basket, i.basket, &basket_item::id);
  if (!quantity || *quantity <= 0 || b == basket.end() || *quantity > unshipped(c.at, *b) + i.quantity)
    return error_zero("Wrong quantity");
  i.quantity = *quantity;
  if (sent.contains("xmlId")) i.xml_id = text_of(sent, "xmlId");
  saved(c, *at->shipment);
  return ok(json::object{{"shipmentItem", shown_item(c.at, *at)}});
}

outcome item_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto at = item_by(c.at, c.integer("id").value_or(0));
  return at ? ok(json::object{{"shipmentItem", shown_item(c.at, *at)}}) : no_item();
}

outcome item_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& [id, s] : c.at.shop.shipments) {
    const auto shown = shown_shipment(c.at, s, true);
    for (const auto& row : shown.at("shipmentItems").as_array()) rows.push_back(row);
  }
  return listed(c, std::move(rows), "shipmentItems");
}

outcome item_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto at = item_by(c.at, c.integer("id").value_or(0));
  if (!at) return no_item();
  at->shipment->items.erase(at->shipment->items.begin() + static_cast<std::ptrdiff_t>(at->index));
  saved(c, *at->shipment);
  return ok(true);
}

outcome item_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"shipmentItem", described({"orderDeliveryId", "basketId", "quantity"},
                                                    {"id", "reservedQuantity", "dateInsert", "xmlId"})}});
}

constexpr auto table = std::to_array<method>({
    {"sale.shipment.get", "sale", effort::read, false, shipment_get},
    {"sale.shipment.list", "sale", effort::read, false, shipment_list},
    {"sale.shipment.update", "sale", effort::write, false, shipment_update},
    {"sale.shipment.add", "sale", effort::write, false, nullptr, shipment_add},
    {"sale.shipment.delete", "sale", effort::write, false, shipment_delete},
    {"sale.shipment.getfields", "sale", effort::read, false, shipment_fields},
    {"sale.shipmentitem.add", "sale", effort::write, false, item_add},
    {"sale.shipmentitem.update", "sale", effort::write, false, item_update},
    {"sale.shipmentitem.get", "sale", effort::read, false, item_get},
    {"sale.shipmentitem.list", "sale", effort::read, false, item_list},
    {"sale.shipmentitem.delete", "sale", effort::write, false, item_delete},
    {"sale.shipmentitem.getfields", "sale", effort::read, false, item_fields},
});

} // namespace

std::span<const method> shipment_methods() { return table; }

} // namespace waybill::sandbox
