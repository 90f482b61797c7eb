#include <sandbox/control_draft.hpp>
#include <sandbox/store_call.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

using wrong = std::optional<std::string>;

const delivery_service* profile_of(const portal& p, const json::object& body) {
  const auto id = json::integer_or(body, "delivery");
  const auto code = text_of(body, "profile");
  // The newest service of a profile's name, when only that is said: a portal's first ones belong to nobody.
  const delivery_service* found = nullptr;
  for (const auto& s : p.services) {
    if (s.parent == 0) continue;
    if (id != 0 ? s.id == id : (!code.empty() && s.profile == code && s.rest_code != "sandbox")) found = &s;
  }
  return found;
}

// By id, by code, or "to" and "from" for the addresses.
std::int64_t property_of(const portal& p, std::int64_t person_type, std::string_view key) {
  for (const auto& v : p.shop.properties) {
    const auto& o = v.as_object();
    const bool mine = json::integer(o, "personTypeId") == person_type;
    if (text_of(o, "id") == key || (mine && text_of(o, "code") == key) ||
        (mine && key == "to" && flag_of(o, "isAddressTo")) || (mine && key == "from" && flag_of(o, "isAddressFrom")))
      return json::integer_or(o, "id");
  }
  return 0;
}

bool is_address(const portal& p, std::int64_t property) {
  return std::ranges::any_of(p.shop.properties, [property](const json::value& v) {
    return json::integer(v.as_object(), "id") == property && text_of(v.as_object(), "type") == "ADDRESS";
  });
}

wrong read_properties(const portal& p, draft& d, const json::object& sent) {
  for (const auto& [key, value] : sent) {
    const auto id = property_of(p, d.order.person_type, key);
    if (id == 0) return fmt::format("no shipment property {}", std::string_view(key));
    json::value kept = value;
    // A line of text is an address with only that line.
    if (is_address(p, id) && value.is_string())
      kept = json::object{{"LATITUDE", nullptr},
                          {"LONGITUDE", nullptr},
                          {"FIELDS", json::object{{"ADDRESS_LINE_1", value.get_string()}}}};
    d.shipment.properties[id].value = std::move(kept);
  }
  return {};
}

wrong read_extras(const portal& p, draft& d, const json::object& sent) {
  for (const auto& [key, value] : sent) {
    const auto e = std::ranges::find_if(p.shop.extras, [&](const extra_service& one) {
      return one.service == d.shipment.service && one.active && (one.code == key || std::to_string(one.id) == key);
    });
    if (e == p.shop.extras.end()) return fmt::format("no extra service {} of this delivery", std::string_view(key));
    d.shipment.extras[e->id] = value;
  }
  return {};
}

// Goods: of an order that exists what is in no shipment yet, else the deal's rows, all or those that are named.
wrong read_goods(portal& p, draft& d, const json::object& body) {
  const auto* named = json::list(body, "rows");
  const auto deal = p.rows.find(d.order.owner);
  std::vector<std::pair<std::int64_t, std::optional<std::int64_t>>> wanted; // row, quantity
  if (named != nullptr) {
    for (const auto& v : *named) {
      const auto* o = v.if_object();
      if (o == nullptr) return "rows is a list of {row, quantity}";
      const auto* q = o->if_contains("quantity");
      wanted.emplace_back(json::integer_or(*o, "row"), q == nullptr ? std::nullopt : read_quantity(*q));
    }
  } else if (deal != p.rows.end()) {
    for (const auto& v : deal->second) wanted.emplace_back(json::integer_or(v.as_object(), "id"), std::nullopt);
  }
  for (const auto& [row, quantity] : wanted) {
    const auto* b = basket_of_row(p, d.order, row);
    if (b == nullptr) return fmt::format("the deal has no row {}", row);
    const auto left = unshipped(p, *b);
    const auto take = quantity.value_or(left);
    if (take > left || take < 0) return fmt::format("of row {} so much is not left", row);
    if (take > 0) d.shipment.items.push_back({0, b->id, take, {}});
  }
  return {};
}

std::expected<std::int64_t, std::string> system_of(const portal& p, const json::value& asked) {
  const auto* o = asked.if_object();
  const auto text = php::scalar(o == nullptr ? asked : json::value(text_of(*o, "system"))).value_or("");
  for (const auto& s : p.shop.pay_systems)
    if (std::to_string(s.id) == text || (text == "cash" && s.cash == "Y") || (text == "prepaid" && s.cash == "N"))
      return s.id;
  return std::unexpected("payment is cash, prepaid, or the id of a pay system");
}

} // namespace

std::expected<draft, std::string> read_draft(portal& p, const json::object& body) {
  draft d;
  if (const auto known = json::integer(body, "order")) {
    const auto o = p.shop.orders.find(*known);
    if (o == p.shop.orders.end()) return std::unexpected("no such order");
    d.order = o->second;
  } else {
    const auto deal = json::integer_or(body, "deal");
    if (p.find(entity::deal, deal) == nullptr) return std::unexpected("no such deal");
    auto& fresh = make_order(p, deal);
    d.order = fresh;
    p.shop.orders.erase(fresh.id); // it is not saved yet
    d.order.id = 0;
    d.order.comment = text_of(body, "comment");
  }
  const auto* service = profile_of(p, body);
  if (service == nullptr) return std::unexpected("delivery (the id of a profile) or profile (its code) is missing");
  d.shipment.service = service->id;
  d.shipment.responsible = d.order.responsible;
  if (const auto* sent = json::child(body, "properties"))
    if (auto bad = read_properties(p, d, *sent)) return std::unexpected(*bad);
  if (const auto* sent = json::child(body, "extras"))
    if (auto bad = read_extras(p, d, *sent)) return std::unexpected(*bad);
  if (auto bad = read_goods(p, d, body)) return std::unexpected(*bad);
  return d;
}

std::expected<saved_draft, std::string> save_draft(portal& p, const draft& d, const json::object& body,
                                                   std::int64_t user) {
  std::int64_t system = 0;
  const auto* payment = body.if_contains("payment");
  if (payment != nullptr && !payment->is_null()) {
    const auto found = system_of(p, *payment);
    if (!found) return std::unexpected(found.error());
    system = *found;
  }
  store_order* o = nullptr;
  if (d.order.id != 0) {
    const auto it = p.shop.orders.find(d.order.id);
    if (it == p.shop.orders.end()) return std::unexpected("no such order");
    it->second.basket = d.order.basket;
    o = &it->second;
  } else {
    o = &make_order(p, d.order.owner);
    o->basket = d.order.basket;
    o->comment = d.order.comment;
  }
  mark_rows(p, *o);
  auto& s = make_shipment(p, *o, d.shipment.service);
  s.items = d.shipment.items;
  for (auto& i : s.items) i.id = p.next_id();
  s.properties = d.shipment.properties;
  for (auto& [id, v] : s.properties) v.id = p.next_id();
  s.extras = d.shipment.extras;
  s.base_price_minor = d.shipment.base_price_minor;
  s.price_minor = d.shipment.price_minor;
  saved_draft out{o->id, s.id, 0};
  tell_saved(p, "ONSALEORDERSAVED", o->id, user);
  tell_saved(p, "ONSHIPMENTENTITYSAVED", s.id, user);
  if (system == 0) return out;
  auto& pay = make_payment(p, *o, system);
  for (const auto& i : s.items) pay.items.push_back({p.next_id(), false, i.basket, i.quantity});
  pay.items.push_back({p.next_id(), true, s.id, 1000});
  recount(p, pay);
  if (const auto* how = payment->if_object(); how != nullptr && json::boolean(*how, "paid").value_or(false)) {
    pay.paid = true;
    pay.date_paid = portal_time(p.clock());
    pay.paid_by = user;
  }
  tell_saved(p, "ONPAYMENTENTITYSAVED", pay.id, user);
  out.payment = pay.id;
  return out;
}

} // namespace waybill::sandbox
