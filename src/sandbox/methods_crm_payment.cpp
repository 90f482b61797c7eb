// crm.item.payment.* and crm.item.delivery.*: payments and shipments as the deal shows them. Every error is code 0.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::int64_t deal_type = 2, invoice_type = 31;

json::object cut(const json::object& row, std::initializer_list<std::string_view> names) {
  json::object out;
  for (const auto name : names) out[name] = row.at(name);
  return out;
}

json::object shown_short(const portal& p, const store_payment& pay) {
  return cut(shown_payment(p, pay), {"id", "accountNumber", "paid", "datePaid", "empPaidId", "paySystemId", "sum",
                                     "currency", "paySystemName"});
}

json::object shown_short(const portal& p, const store_shipment& s) {
  return cut(shown_shipment(p, s, false), {"id", "accountNumber", "deducted", "dateDeducted", "deliveryId",
                                           "priceDelivery", "currency", "deliveryName"});
}

std::expected<store_payment*, outcome> payment_of(const call& c) {
  if (auto wrong = lacks(c, {"id"})) return std::unexpected(*wrong);
  const auto it = c.at.shop.payments.find(c.integer("id").value_or(0));
  if (it == c.at.shop.payments.end()) return std::unexpected(error_zero("Payment has not been found"));
  return &it->second;
}

const pay_system* system_by(const portal& p, std::int64_t id) {
  const auto it = std::ranges::find(p.shop.pay_systems, id, &pay_system::id);
  return it == p.shop.pay_systems.end() ? nullptr : &*it;
}

// The order comes into being with the first payment.
outcome payment_add(const call& c) {
  if (auto wrong = lacks(c, {"entityId", "entityTypeId"})) return *wrong;
  const auto type = c.integer("entityTypeId").value_or(0), owner = c.integer("entityId").value_or(0);
  if (type != deal_type && type != invoice_type) return error_zero("Entity type is not supported");
  if (type == invoice_type || c.at.find(entity::deal, owner) == nullptr)
    return error_zero(fmt::format("Entity with identifier №{} does not exist", owner));
  auto system = c.at.shop.pay_systems.front().id;
  if (const auto* fields = c.object("fields"))
    if (const auto wanted = json::integer(*fields, "paySystemId")) system = *wanted;
  if (system_by(c.at, system) == nullptr) return error_zero("Payment system has not been found");
  const auto orders = orders_of(c.at, type, owner);
  auto& o = orders.empty() ? make_order(c.at, owner) : c.at.shop.orders.at(orders.front());
  if (orders.empty()) tell_saved(c.at, "ONSALEORDERSAVED", o.id, c.who.user);
  const auto& pay = make_payment(c.at, o, system);
  tell_saved(c.at, "ONPAYMENTENTITYSAVED", pay.id, c.who.user);
  return ok(pay.id);
}

outcome set_paid(const call& c, store_payment& pay, bool paid) {
  if (pay.paid == paid) return error_zero(paid ? "Payment is already paid" : "Payment is not paid");
  const auto* system = system_by(c.at, pay.system);
  if (paid && system != nullptr && !system->funded) return error_zero("Insufficient funds");
  pay.paid = paid;
  pay.date_paid = paid ? json::value(portal_time(c.at.clock())) : json::value(nullptr);
  pay.paid_by = paid ? json::value(c.who.user) : json::value(nullptr);
  tell_saved(c.at, "ONPAYMENTENTITYSAVED", pay.id, c.who.user);
  return ok(true);
}

outcome payment_pay(const call& c) {
  const auto pay = payment_of(c);
  return pay ? set_paid(c, **pay, true) : pay.error();
}

outcome payment_unpay(const call& c) {
  const auto pay = payment_of(c);
  return pay ? set_paid(c, **pay, false) : pay.error();
}

outcome payment_update(const call& c) {
  const auto found = payment_of(c);
  if (!found) return found.error();
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (!sent.contains("paid") && !sent.contains("paySystemId")) return error_zero("Empty fields");
  auto& pay = **found;
  if (sent.contains("paySystemId")) {
    const auto system = json::integer_or(sent, "paySystemId");
    if (system_by(c.at, system) == nullptr) return error_zero("Payment system has not been found");
    pay.system = system;
  }
  if (const auto paid = flag_of(sent, "paid"); sent.contains("paid") && paid != pay.paid) return set_paid(c, pay, paid);
  tell_saved(c.at, "ONPAYMENTENTITYSAVED", pay.id, c.who.user);
  return ok(true);
}

outcome payment_get(const call& c) {
  const auto pay = payment_of(c);
  return pay ? ok(shown_short(c.at, **pay)) : pay.error();
}

outcome payment_delete(const call& c) {
  const auto pay = payment_of(c);
  if (!pay) return pay.error();
  if ((*pay)->paid) return error_zero("A paid payment cannot be deleted");
  const auto id = (*pay)->id;
  c.at.shop.payments.erase(id);
  tell_saved(c.at, "ONPAYMENTDELETED", id, c.who.user);
  return ok(true);
}

// The orders of the object that the call names; of foreign types there are none.
std::expected<std::vector<std::int64_t>, outcome> orders_named(const call& c) {
  if (auto wrong = lacks(c, {"entityId", "entityTypeId"})) return std::unexpected(*wrong);
  return orders_of(c.at, c.integer("entityTypeId").value_or(0), c.integer("entityId").value_or(0));
}

outcome payment_list(const call& c) {
  const auto orders = orders_named(c);
  if (!orders) return orders.error();
  // Filters know the fields of sale.payment.list.
  json::array rows;
  for (const auto& [id, pay] : c.at.shop.payments)
    if (std::ranges::find(*orders, pay.order) != orders->end()) rows.push_back(shown_payment(c.at, pay));
  json::array out;
  for (const auto& row : unpaged(rows, c.param("filter"), c.param("order"), nullptr))
    out.push_back(shown_short(c.at, c.at.shop.payments.at(json::integer_or(row.as_object(), "id"))));
  return ok(std::move(out));
}

outcome delivery_list(const call& c) {
  const auto orders = orders_named(c);
  if (!orders) return orders.error();
  json::array rows;
  for (const auto& [id, s] : c.at.shop.shipments)
    if (std::ranges::find(*orders, s.order) != orders->end()) rows.push_back(shown_short(c.at, s));
  return ok(unpaged(rows, c.param("filter"), c.param("order"), nullptr));
}

outcome delivery_get(const call& c) {
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto it = c.at.shop.shipments.find(c.integer("id").value_or(0));
  if (it == c.at.shop.shipments.end()) return error_zero("Delivery has not been found");
  return ok(shown_short(c.at, it->second));
}

constexpr auto table = std::to_array<method>({
    {"crm.item.payment.add", "crm", effort::write, false, payment_add},
    {"crm.item.payment.update", "crm", effort::write, false, payment_update},
    {"crm.item.payment.get", "crm", effort::read, false, payment_get},
    {"crm.item.payment.list", "crm", effort::read, false, payment_list},
    {"crm.item.payment.delete", "crm", effort::write, false, payment_delete},
    {"crm.item.payment.pay", "crm", effort::write, false, payment_pay},
    {"crm.item.payment.unpay", "crm", effort::write, false, payment_unpay},
    {"crm.item.delivery.get", "crm", effort::read, false, delivery_get},
    {"crm.item.delivery.list", "crm", effort::read, false, delivery_list},
});

} // namespace

std::span<const method> crm_payment_methods() { return table; }

} // namespace waybill::sandbox
