// sale.payment.*, sale.paymentItemShipment.list, sale.paysystem.list, salescenter.payment.getPublicUrl.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

store_payment* payment_by(portal& p, std::int64_t id) {
  const auto it = p.shop.payments.find(id);
  return it == p.shop.payments.end() ? nullptr : &it->second;
}

outcome no_payment() { return refused_by_number(200640400001, "payment is not exists"); }

outcome payment_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* pay = payment_by(c.at, c.integer("id").value_or(0));
  return pay == nullptr ? no_payment() : ok(json::object{{"payment", shown_payment(c.at, *pay)}});
}

outcome payment_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& [id, pay] : c.at.shop.payments) rows.push_back(shown_payment(c.at, pay));
  return listed(c, std::move(rows), "payments");
}

// The fields that add and update share. Nothing is changed when one is refused.
std::optional<outcome> apply(const call& c, const json::object& sent, store_payment& pay) {
  const auto system = json::integer_or(sent, "paySystemId");
  if (std::ranges::find(c.at.shop.pay_systems, system, &pay_system::id) == c.at.shop.pay_systems.end())
    return error_zero("Payment system has not been found");
  pay.system = system;
  if (sent.contains("paid")) {
    const bool paid = flag_of(sent, "paid");
    if (paid != pay.paid) {
      pay.date_paid = paid ? json::value(portal_time(c.at.clock())) : json::value(nullptr);
      pay.paid_by = paid ? json::value(c.who.user) : json::value(nullptr);
    }
    pay.paid = paid;
  }
  if (const auto sum = json::minor(sent, "sum")) pay.sum_minor = *sum;
  for (const auto* name : {"payVoucherNum", "payVoucherDate", "comments", "xmlId", "isReturn", "payReturnNum",
                           "payReturnDate", "payReturnComment"})
    if (const auto* v = sent.if_contains(name)) pay.more[name] = *v;
  return std::nullopt;
}

outcome payment_add(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"orderId", "paySystemId"})) return *wrong;
  const auto order = c.at.shop.orders.find(json::integer_or(sent, "orderId"));
  if (order == c.at.shop.orders.end()) return error_zero("Unable to load order");
  store_payment& pay = make_payment(c.at, order->second, 0);
  if (auto wrong = apply(c, sent, pay)) {
    c.at.shop.payments.erase(pay.id);
    return *wrong;
  }
  tell_saved(c.at, "ONPAYMENTENTITYSAVED", pay.id, c.who.user);
  return ok(json::object{{"payment", shown_payment(c.at, pay)}});
}

outcome payment_update(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id", "fields"})) return *wrong;
  auto* pay = payment_by(c.at, c.integer("id").value_or(0));
  if (pay == nullptr) return no_payment();
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"paySystemId"})) return *wrong;
  if (auto wrong = apply(c, sent, *pay)) return *wrong;
  tell_saved(c.at, "ONPAYMENTENTITYSAVED", pay->id, c.who.user);
  return ok(json::object{{"payment", shown_payment(c.at, *pay)}});
}

// A paid one stays, as with crm.item.payment.delete.
outcome payment_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto id = c.integer("id").value_or(0);
  const auto* pay = payment_by(c.at, id);
  if (pay == nullptr) return no_payment();
  if (pay->paid) return error_zero("A paid payment cannot be deleted");
  c.at.shop.payments.erase(id);
  tell_saved(c.at, "ONPAYMENTDELETED", id, c.who.user);
  return ok(true);
}

outcome payment_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{
      {"payment", described({"orderId", "paySystemId"}, {"id", "paid", "datePaid", "sum", "currency", "payVoucherNum",
                                                         "payVoucherDate", "comments", "xmlId"})}});
}

outcome shipments_of_payments(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& [id, pay] : c.at.shop.payments)
    for (const auto& i : pay.items)
      if (i.delivery) rows.push_back(json::object{{"id", i.id}, {"paymentId", id}, {"shipmentId", i.of}});
  return listed(c, std::move(rows), "paymentItemsShipment");
}

outcome system_list(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  json::array rows;
  for (const auto& s : c.at.shop.pay_systems)
    rows.push_back(json::object{{"ID", s.id},
                                {"NAME", s.name},
                                {"ACTIVE", "Y"},
                                {"IS_CASH", s.cash},
                                {"XML_ID", s.xml_id},
                                {"PERSON_TYPE_ID", s.person_type},
                                {"ENTITY_REGISTRY_TYPE", "ORDER"}});
  return ok(unpaged(rows, c.param("FILTER"), c.param("ORDER"), c.param("SELECT")));
}

outcome public_url(const call& c) {
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* pay = payment_by(c.at, c.integer("id").value_or(0));
  if (pay == nullptr) return no_payment();
  // Portals give these by https only, whatever address they were asked at.
  const std::string site = "https://" + c.base_url.substr(c.base_url.find("://") + 3);
  return ok(json::object{{"payment", json::object{{"url", fmt::format("{}/pub/site/10/order/?orderId={}&paymentId={}",
                                                                      site, pay->order, pay->id)},
                                                  {"shortUrl", fmt::format("{}/~p{}", site, pay->id)},
                                                  {"qr", "iVBORw0KGgo="}}}});
}

constexpr auto table = std::to_array<method>({
    {"sale.payment.add", "sale", effort::write, false, payment_add},
    {"sale.payment.get", "sale", effort::read, false, payment_get},
    {"sale.payment.list", "sale", effort::read, false, payment_list},
    {"sale.payment.update", "sale", effort::write, false, payment_update},
    {"sale.payment.delete", "sale", effort::write, false, payment_delete},
    {"sale.payment.getfields", "sale", effort::read, false, payment_fields},
    {"sale.paymentitemshipment.list", "sale", effort::read, false, shipments_of_payments},
    {"sale.paysystem.list", "pay_system", effort::read, false, system_list},
    {"salescenter.payment.getpublicurl", "salescenter", effort::read, false, public_url},
});

} // namespace

std::span<const method> payment_methods() { return table; }

} // namespace waybill::sandbox
