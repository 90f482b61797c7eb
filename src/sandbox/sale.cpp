#include <sandbox/portal.hpp>
#include <sandbox/sale.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

const json::object* row_of(const portal& p, std::int64_t deal, std::int64_t row) {
  const auto found = p.rows.find(deal);
  if (found == p.rows.end()) return nullptr;
  for (const auto& v : found->second)
    if (json::integer(v.as_object(), "id") == row) return &v.as_object();
  return nullptr;
}

std::int64_t next_number(const portal& p, std::int64_t order) {
  return 1 + std::ranges::count_if(p.shop.payments, [order](const auto& one) { return one.second.order == order; }) +
         std::ranges::count_if(p.shop.shipments, [order](const auto& one) { return one.second.order == order; });
}

} // namespace

json::value shown_quantity(std::int64_t thousandths) {
  if (thousandths % 1000 == 0) return thousandths / 1000;
  auto text = fmt::format("{}.{:03}", thousandths / 1000, thousandths % 1000);
  while (text.back() == '0') text.pop_back();
  return json::decimal(text);
}

std::optional<std::int64_t> read_quantity(const json::value& sent) {
  const json::object holder{{"q", sent}};
  const auto q = json::real(holder, "q");
  if (!q || *q < -1e9 || *q > 1e9) return {};
  return static_cast<std::int64_t>(*q * 1000 + (*q < 0 ? -0.5 : 0.5));
}

store_order& make_order(portal& p, std::int64_t deal) {
  store_order o;
  o.id = p.next_id();
  o.owner = deal;
  o.inserted = portal_time(p.clock());
  if (const auto* it = p.find(entity::deal, deal)) {
    o.contact = json::integer_or(it->values, "contactId");
    o.company = json::integer_or(it->values, "companyId");
    o.responsible = json::integer_or(it->values, "assignedById", 1);
    o.person_type = o.company != 0 ? 4 : 3;
  }
  return p.shop.orders[o.id] = std::move(o);
}

basket_item* basket_of_row(portal& p, store_order& o, std::int64_t row) {
  for (auto& b : o.basket)
    if (b.row == row) return &b;
  const auto* r = row_of(p, o.owner, row);
  if (r == nullptr) return nullptr;
  basket_item b;
  b.id = p.next_id();
  b.row = row;
  b.product = json::integer_or(*r, "productId");
  b.name = json::text_or(*r, "productName");
  b.price_minor = json::minor(*r, "price").value_or(0);
  if (const auto* q = r->if_contains("quantity")) b.quantity = read_quantity(*q).value_or(1000);
  b.vat_rate = json::integer(*r, "taxRate");
  b.measure = json::integer_or(*r, "measureCode", 796);
  if (const auto* known = p.find_product(b.product)) {
    b.sku = known->xml_id;
    b.weight_g = known->weight_g;
    b.width_mm = known->width_mm;
    b.height_mm = known->height_mm;
    b.length_mm = known->length_mm;
  }
  o.basket.push_back(std::move(b));
  return &o.basket.back();
}

void mark_rows(portal& p, const store_order& o) {
  const auto rows = p.rows.find(o.owner);
  if (rows == p.rows.end()) return;
  for (auto& v : rows->second)
    for (const auto& b : o.basket)
      if (b.row != 0 && json::integer(v.as_object(), "id") == b.row)
        v.as_object()["xmlId"] = fmt::format("sale_basket_{}", b.id);
}

store_shipment& make_shipment(portal& p, const store_order& o, std::int64_t service) {
  store_shipment s;
  s.id = p.next_id();
  s.order = o.id;
  s.number = fmt::format("{}/{}", o.id, next_number(p, o.id));
  s.service = service;
  s.responsible = o.responsible;
  s.inserted = portal_time(p.clock());
  s.xml_id = fmt::format("bx_s{}", s.id);
  return p.shop.shipments[s.id] = std::move(s);
}

store_payment& make_payment(portal& p, const store_order& o, std::int64_t system) {
  store_payment pay;
  pay.id = p.next_id();
  pay.order = o.id;
  pay.number = fmt::format("{}/{}", o.id, next_number(p, o.id));
  pay.system = system;
  pay.inserted = portal_time(p.clock());
  return p.shop.payments[pay.id] = std::move(pay);
}

void recount(const portal& p, store_payment& pay) {
  pay.sum_minor = 0;
  const auto order = p.shop.orders.find(pay.order);
  for (const auto& i : pay.items) {
    if (i.delivery) {
      const auto s = p.shop.shipments.find(i.of);
      if (s != p.shop.shipments.end()) pay.sum_minor += s->second.price_minor;
    } else if (order != p.shop.orders.end()) {
      for (const auto& b : order->second.basket)
        if (b.id == i.of) pay.sum_minor += proportion(b.price_minor, i.quantity, 1000);
    }
  }
}

std::vector<std::int64_t> orders_of(const portal& p, std::int64_t owner_type, std::int64_t owner) {
  std::vector<std::int64_t> out;
  for (const auto& [id, o] : p.shop.orders)
    if (owner != 0 && o.owner_type == owner_type && o.owner == owner) out.push_back(id);
  return out;
}

bool in_request(const portal& p, std::int64_t shipment) {
  return std::ranges::any_of(p.requests, [shipment](const delivery_request& r) {
    return !r.deleted && std::ranges::find(r.shipments, shipment) != r.shipments.end();
  });
}

std::int64_t unshipped(const portal& p, const basket_item& b) {
  auto left = b.quantity;
  for (const auto& [id, s] : p.shop.shipments)
    for (const auto& i : s.items)
      if (i.basket == b.id) left -= i.quantity;
  return left;
}

void tell_saved(portal& p, std::string name, std::int64_t id, std::int64_t user) {
  outgoing o;
  o.name = std::move(name);
  o.deal = id;
  o.user = user;
  p.emit(std::move(o));
}

void seed_store(portal& p) {
  auto& shop = p.shop;
  shop.pay_systems = {{6, "Наличные курьеру", "Y", "cash", 3, true},
                      {7, "Онлайн-оплата", "N", "online", 3, true},
                      {8, "Эквайринг", "A", "acquiring", 3, true},
                      {9, "Внутренний счёт", "N", "inner", 3, false}};
  shop.statuses = {{"N", "O", "#00A9F4", "", true, 100, true},  {"P", "O", "#00A9F4", "", true, 150, false},
                   {"S", "O", "#00A9F4", "", true, 160, false}, {"D", "O", "#00A9F4", "", true, 170, false},
                   {"F", "O", "#00A9F4", "", true, 200, true},  {"DN", "D", "#00A9F4", "", true, 300, true},
                   {"DF", "D", "#00A9F4", "", true, 400, true}, {"DD", "D", "#00A9F4", "", true, 500, false}};
  shop.names = {{"N", "ru", "Принят", ""},
                {"F", "ru", "Выполнен", ""},
                {"DN", "ru", "Ожидает обработки", ""},
                {"DF", "ru", "Отгружен", ""},
                {"DD", "ru", "Отменен", ""}};
}

} // namespace waybill::sandbox
