// crm.item.payment.product.* and .delivery.*: what a payment covers.
#include <sale/answers.hpp>
#include <sale/payments.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

bj::object of_payment(std::int64_t payment) {
  bj::object params{{"paymentId", payment}};
  return params;
}

awaitable<result<void>> gone_is_done(portal_client portal, std::string method, std::int64_t id) {
  bj::object params{{"id", id}};
  auto done = co_await tell_only(std::move(portal), std::move(method), std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

} // namespace

awaitable<result<std::vector<paid_row>>> paid_rows(portal_client portal, std::int64_t payment) {
  auto all = co_await list_plain(std::move(portal), "crm.item.payment.product.list", of_payment(payment));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<paid_row> out;
  for (const auto& o : *all) {
    paid_row r;
    r.id = json::integer_or(o, "id");
    r.row = json::integer_or(o, "rowId");
    r.quantity = json::text_or(o, "quantity", "0");
    out.push_back(std::move(r));
  }
  co_return out;
}

awaitable<result<void>> set_paid_quantity(portal_client portal, std::int64_t paid_row, std::string quantity) {
  bj::object params{{"id", paid_row}};
  params["quantity"] = json::decimal(quantity);
  co_return co_await tell_only(std::move(portal), "crm.item.payment.product.setQuantity", std::move(params));
}

awaitable<result<std::int64_t>> put_paid_row(portal_client portal, std::int64_t payment, std::int64_t row,
                                             std::string quantity) {
  auto there = co_await paid_rows(portal, payment);
  if (!there) co_return fail(std::move(there.error()));
  if (const auto it = std::ranges::find(*there, row, &paid_row::row); it != there->end()) {
    const auto id = it->id;
    if (it->quantity == quantity) co_return id;
    auto done = co_await set_paid_quantity(std::move(portal), id, std::move(quantity));
    if (!done) co_return fail(std::move(done.error()));
    co_return id;
  }
  bj::object params{{"paymentId", payment}, {"rowId", row}};
  params["quantity"] = json::decimal(quantity);
  auto got = co_await tell(std::move(portal), "crm.item.payment.product.add", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  co_return new_id(*got, "crm.item.payment.product.add");
}

awaitable<result<void>> remove_paid_row(portal_client portal, std::int64_t paid_row) {
  co_return co_await gone_is_done(std::move(portal), "crm.item.payment.product.delete", paid_row);
}

awaitable<result<std::vector<paid_delivery>>> paid_deliveries(portal_client portal, std::int64_t payment) {
  auto all = co_await list_plain(std::move(portal), "crm.item.payment.delivery.list", of_payment(payment));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<paid_delivery> out;
  for (const auto& o : *all) {
    paid_delivery d;
    d.id = json::integer_or(o, "id");
    d.shipment = json::integer_or(o, "deliveryId");
    out.push_back(d);
  }
  co_return out;
}

awaitable<result<std::int64_t>> put_paid_delivery(portal_client portal, std::int64_t payment, std::int64_t shipment) {
  auto there = co_await paid_deliveries(portal, payment);
  if (!there) co_return fail(std::move(there.error()));
  for (const auto& d : *there)
    if (d.shipment == shipment) co_return d.id;
  bj::object params{{"paymentId", payment}, {"deliveryId", shipment}};
  auto got = co_await tell(std::move(portal), "crm.item.payment.delivery.add", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  co_return new_id(*got, "crm.item.payment.delivery.add");
}

awaitable<result<void>> move_paid_delivery(portal_client portal, std::int64_t paid_delivery, std::int64_t shipment) {
  bj::object params{{"id", paid_delivery}, {"deliveryId", shipment}};
  co_return co_await tell_only(std::move(portal), "crm.item.payment.delivery.setDelivery", std::move(params));
}

awaitable<result<void>> remove_paid_delivery(portal_client portal, std::int64_t paid_delivery) {
  co_return co_await gone_is_done(std::move(portal), "crm.item.payment.delivery.delete", paid_delivery);
}

} // namespace waybill::sale
