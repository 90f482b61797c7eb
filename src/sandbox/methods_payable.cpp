// crm.item.payment.product.* and crm.item.payment.delivery.*: what a payment pays for. `deliveryId` is a shipment here.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

namespace waybill::sandbox {
namespace {

std::expected<store_payment*, outcome> open_payment(const call& c, std::int64_t id) {
  const auto it = c.at.shop.payments.find(id);
  if (it == c.at.shop.payments.end()) return std::unexpected(error_zero("Payment has not been found"));
  if (it->second.paid) return std::unexpected(error_zero("Access denied")); // a paid one is closed
  return &it->second;
}

struct payable_place {
  store_payment* pay;
  payable_item* item;
};

std::expected<payable_place, outcome> payable_of(const call& c, bool delivery) {
  if (auto wrong = lacks(c, {"id"})) return std::unexpected(*wrong);
  const auto id = c.integer("id").value_or(0);
  for (auto& [pay_id, pay] : c.at.shop.payments)
    for (auto& i : pay.items)
      if (i.id == id && i.delivery == delivery) {
        if (pay.paid) return std::unexpected(error_zero("Access denied"));
        return payable_place{&pay, &i};
      }
  return std::unexpected(error_zero("Payable item has not been found"));
}

void saved(const call& c, store_payment& pay) {
  recount(c.at, pay);
  tell_saved(c.at, "ONPAYMENTENTITYSAVED", pay.id, c.who.user);
}

// How much of an article is not yet billed; `except` is left out of the count.
std::int64_t unbilled(const portal& p, const basket_item& b, std::int64_t except) {
  auto left = b.quantity;
  for (const auto& [id, pay] : p.shop.payments)
    for (const auto& i : pay.items)
      if (!i.delivery && i.of == b.id && i.id != except) left -= i.quantity;
  return left;
}

std::optional<outcome> bad_quantity(std::optional<std::int64_t> quantity, std::int64_t left) {
  if (!quantity || *quantity <= 0) return error_zero("Quantity must be greater than 0");
  if (*quantity > left) return error_zero("Not enough quantity");
  return {};
}

outcome product_add(const call& c) {
  if (auto wrong = lacks(c, {"paymentId", "rowId", "quantity"})) return *wrong;
  const auto pay = open_payment(c, c.integer("paymentId").value_or(0));
  if (!pay) return pay.error();
  auto& order = c.at.shop.orders.at((*pay)->order);
  auto* b = basket_of_row(c.at, order, c.integer("rowId").value_or(0));
  if (b == nullptr) return error_zero("Product row has not been found");
  const auto quantity = read_quantity(*c.param("quantity"));
  if (auto wrong = bad_quantity(quantity, unbilled(c.at, *b, 0))) return *wrong;
  (*pay)->items.push_back({c.at.next_id(), false, b->id, *quantity});
  mark_rows(c.at, order);
  saved(c, **pay);
  return ok((*pay)->items.back().id);
}

outcome list_of(const call& c, bool delivery) {
  if (auto wrong = lacks(c, {"paymentId"})) return *wrong;
  const auto it = c.at.shop.payments.find(c.integer("paymentId").value_or(0));
  if (it == c.at.shop.payments.end()) return error_zero("Payment has not been found");
  json::array rows;
  for (const auto& i : it->second.items) {
    if (i.delivery != delivery) continue;
    json::object row{{"id", i.id}, {"paymentId", it->first}, {"quantity", shown_quantity(i.quantity)}};
    if (delivery) row["deliveryId"] = i.of;
    else
      for (const auto& b : c.at.shop.orders.at(it->second.order).basket)
        if (b.id == i.of) row["rowId"] = b.row;
    rows.push_back(std::move(row));
  }
  return ok(unpaged(rows, c.param("filter"), c.param("order"), nullptr));
}

outcome product_list(const call& c) { return list_of(c, false); }
outcome delivery_list(const call& c) { return list_of(c, true); }

outcome product_set(const call& c) {
  if (auto wrong = lacks(c, {"id", "quantity"})) return *wrong;
  const auto at = payable_of(c, false);
  if (!at) return at.error();
  const auto quantity = read_quantity(*c.param("quantity"));
  for (const auto& b : c.at.shop.orders.at(at->pay->order).basket)
    if (b.id == at->item->of)
      if (auto wrong = bad_quantity(quantity, unbilled(c.at, b, at->item->id))) return *wrong;
  if (!quantity) return error_zero("Quantity must be greater than 0");
  at->item->quantity = *quantity;
  saved(c, *at->pay);
  return ok(true);
}

outcome remove(const call& c, bool delivery) {
  const auto at = payable_of(c, delivery);
  if (!at) return at.error();
  const auto id = at->item->id;
  std::erase_if(at->pay->items, [id](const payable_item& i) { return i.id == id; });
  saved(c, *at->pay);
  return ok(true);
}

outcome product_delete(const call& c) { return remove(c, false); }
outcome delivery_delete(const call& c) { return remove(c, true); }

// A shipment of the payment's own order.
std::optional<outcome> bad_shipment(const call& c, const store_payment& pay) {
  const auto s = c.at.shop.shipments.find(c.integer("deliveryId").value_or(0));
  if (s == c.at.shop.shipments.end() || s->second.order != pay.order) return error_zero("Delivery has not been found");
  return {};
}

outcome delivery_add(const call& c) {
  if (auto wrong = lacks(c, {"paymentId", "deliveryId"})) return *wrong;
  const auto pay = open_payment(c, c.integer("paymentId").value_or(0));
  if (!pay) return pay.error();
  if (auto wrong = bad_shipment(c, **pay)) return *wrong;
  (*pay)->items.push_back({c.at.next_id(), true, c.integer("deliveryId").value_or(0), 1000});
  saved(c, **pay);
  return ok((*pay)->items.back().id);
}

outcome delivery_set(const call& c) {
  if (auto wrong = lacks(c, {"id", "deliveryId"})) return *wrong;
  const auto at = payable_of(c, true);
  if (!at) return at.error();
  if (auto wrong = bad_shipment(c, *at->pay)) return *wrong;
  at->item->of = c.integer("deliveryId").value_or(0);
  saved(c, *at->pay);
  return ok(true);
}

constexpr auto table = std::to_array<method>({
    {"crm.item.payment.product.add", "crm", effort::write, false, product_add},
    {"crm.item.payment.product.list", "crm", effort::read, false, product_list},
    {"crm.item.payment.product.setquantity", "crm", effort::write, false, product_set},
    {"crm.item.payment.product.delete", "crm", effort::write, false, product_delete},
    {"crm.item.payment.delivery.add", "crm", effort::write, false, delivery_add},
    {"crm.item.payment.delivery.list", "crm", effort::read, false, delivery_list},
    {"crm.item.payment.delivery.setdelivery", "crm", effort::write, false, delivery_set},
    {"crm.item.payment.delivery.delete", "crm", effort::write, false, delivery_delete},
});

} // namespace

std::span<const method> payable_methods() { return table; }

} // namespace waybill::sandbox
