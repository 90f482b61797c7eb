// Orders, shipments and payments in the shape of the answers of sale.*.
#include <sandbox/portal.hpp>
#include <sandbox/sale.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

const char* flag(bool b) { return b ? "Y" : "N"; }

// PHP's serialize() of the three sizes.
std::string serialized(const basket_item& b) {
  const auto one = [](std::string_view name, const std::optional<std::int64_t>& v) {
    return fmt::format("s:{}:\"{}\";{}", name.size(), name, v ? fmt::format("i:{};", *v) : std::string("N;"));
  };
  return "a:3:{" + one("WIDTH", b.width_mm) + one("HEIGHT", b.height_mm) + one("LENGTH", b.length_mm) + "}";
}

// Ids of articles come as text beside numbers elsewhere: that is how the product answers them.
json::object shown_basket(const store_order& o, const basket_item& b) {
  return {{"id", std::to_string(b.id)},
          {"orderId", std::to_string(o.id)},
          {"productId", b.product},
          {"name", b.name},
          {"price", json::decimal(money{b.price_minor})},
          {"basePrice", json::decimal(money{b.price_minor})},
          {"quantity", shown_quantity(b.quantity)},
          {"currency", "RUB"},
          {"weight", b.weight_g.value_or(0)},
          {"measureCode", std::to_string(b.measure)},
          {"measureName", b.measure == 796 ? "шт" : ""},
          {"xmlId", fmt::format("bx_b{}", b.id)},
          {"productXmlId", b.sku},
          {"catalogXmlId", ""},
          {"vatRate", b.vat_rate ? json::decimal(fmt::format("{}.{:02}", *b.vat_rate / 100, *b.vat_rate % 100))
                                 : json::value(nullptr)},
          {"vatIncluded", "Y"},
          {"dimensions", serialized(b)}};
}

std::string service_name(const portal& p, std::int64_t id) {
  const auto it = std::ranges::find(p.services, id, &delivery_service::id);
  if (it == p.services.end()) return {};
  const auto parent = std::ranges::find(p.services, it->parent, &delivery_service::id);
  return parent == p.services.end() ? it->name : fmt::format("{} ({})", parent->name, it->name);
}

} // namespace

json::object shown_shipment(const portal& p, const store_shipment& s, bool whole) {
  json::object out{{"id", s.id},
                   {"orderId", s.order},
                   {"accountNumber", s.number},
                   {"allowDelivery", flag(s.allow_delivery)},
                   {"deducted", flag(s.deducted)},
                   {"deliveryId", s.service},
                   {"deliveryName", service_name(p, s.service)},
                   {"deliveryXmlId", ""},
                   {"statusId", s.status},
                   {"statusXmlId", ""},
                   {"system", "N"},
                   {"canceled", "N"},
                   {"marked", flag(s.marked)},
                   {"reasonMarked", s.reason_marked},
                   {"dateMarked", nullptr},
                   {"deliveryDocDate", s.doc_date},
                   {"deliveryDocNum", s.doc_number},
                   {"trackingNumber", s.tracking_number},
                   {"trackingDescription", ""},
                   {"trackingLastCheck", ""},
                   {"trackingStatus", ""},
                   {"currency", "RUB"},
                   {"customPriceDelivery", "N"},
                   {"basePriceDelivery", json::decimal(money{s.base_price_minor})},
                   {"priceDelivery", json::decimal(money{s.price_minor})},
                   {"discountPrice", json::decimal(money{s.base_price_minor - s.price_minor})},
                   {"comments", s.comments},
                   {"companyId", s.company},
                   {"responsibleId", s.responsible},
                   {"empResponsibleId", s.responsible},
                   {"dateResponsibleId", s.inserted},
                   {"dateInsert", s.inserted},
                   {"dateAllowDelivery", nullptr},
                   {"empAllowDeliveryId", nullptr},
                   {"dateDeducted", s.date_deducted},
                   {"empDeductedId", nullptr},
                   {"xmlId", s.xml_id},
                   {"externalDelivery", "N"},
                   {"id1c", ""},
                   {"updated1c", "N"},
                   {"version1c", ""}};
  if (!whole) return out;
  json::array items;
  for (const auto& i : s.items)
    items.push_back(json::object{{"id", i.id},
                                 {"orderDeliveryId", s.id},
                                 {"basketId", i.basket},
                                 {"quantity", shown_quantity(i.quantity)},
                                 {"reservedQuantity", shown_quantity(i.quantity)},
                                 {"dateInsert", s.inserted},
                                 {"xmlId", i.xml_id}});
  out["shipmentItems"] = std::move(items);
  return out;
}

json::object shown_payment(const portal& p, const store_payment& pay) {
  const auto system = std::ranges::find(p.shop.pay_systems, pay.system, &pay_system::id);
  const bool known = system != p.shop.pay_systems.end();
  json::object out{{"id", pay.id},
                   {"orderId", pay.order},
                   {"accountNumber", pay.number},
                   {"paid", flag(pay.paid)},
                   {"datePaid", pay.date_paid},
                   {"empPaidId", pay.paid_by},
                   {"paySystemId", pay.system},
                   {"paySystemName", known ? system->name : std::string()},
                   {"paySystemIsCash", known ? system->cash : std::string("N")},
                   {"paySystemXmlId", known ? system->xml_id : std::string()},
                   {"sum", json::decimal(money{pay.sum_minor})},
                   {"currency", "RUB"},
                   {"isReturn", "N"},
                   {"comments", ""},
                   {"payVoucherNum", ""},
                   {"payVoucherDate", nullptr},
                   {"payReturnNum", ""},
                   {"payReturnDate", nullptr},
                   {"payReturnComment", ""},
                   {"priceCod", "0"},
                   {"marked", "N"},
                   {"reasonMarked", ""},
                   {"xmlId", fmt::format("bx_p{}", pay.id)},
                   {"responsibleId", 1},
                   {"dateBill", pay.inserted}};
  for (const auto& [name, value] : pay.more) out[name] = value;
  return out;
}

json::object shown_order(const portal& p, const store_order& o, bool whole) {
  std::int64_t price = 0;
  bool paid = false, unpaid = false, marked = false, deducted = false;
  for (const auto& b : o.basket) price += proportion(b.price_minor, b.quantity, 1000);
  json::array payments, shipments;
  for (const auto& [id, pay] : p.shop.payments) {
    if (pay.order != o.id) continue;
    (pay.paid ? paid : unpaid) = true;
    payments.push_back(shown_payment(p, pay));
  }
  for (const auto& [id, s] : p.shop.shipments) {
    if (s.order != o.id) continue;
    price += s.price_minor;
    marked = marked || s.marked;
    deducted = deducted || s.deducted;
    shipments.push_back(shown_shipment(p, s, true));
  }
  json::object out{{"id", o.id},
                   {"accountNumber", std::to_string(o.id)},
                   {"lid", "s1"},
                   {"personTypeId", o.person_type},
                   {"price", json::decimal(money{price})},
                   {"currency", "RUB"},
                   {"payed", flag(paid && !unpaid)},
                   {"canceled", flag(o.canceled)},
                   {"deducted", flag(deducted)},
                   {"marked", flag(marked)},
                   {"statusId", o.status},
                   {"statusXmlId", ""},
                   {"responsibleId", o.responsible},
                   {"userId", 2},
                   {"userDescription", o.comment},
                   {"comments", ""},
                   {"xmlId", fmt::format("bx_o{}", o.id)},
                   {"dateInsert", o.inserted},
                   {"dateUpdate", o.inserted},
                   {"taxValue", 0}};
  if (!whole) return out;
  json::array basket, clients;
  for (const auto& b : o.basket) basket.push_back(shown_basket(o, b));
  for (const auto& [type, id] : {std::pair(3, o.contact), std::pair(4, o.company)})
    if (id != 0)
      clients.push_back(json::object{{"id", o.id * 10 + type},
                                     {"orderId", o.id},
                                     {"entityTypeId", type},
                                     {"entityId", id},
                                     {"isPrimary", "Y"},
                                     {"roleId", 0},
                                     {"sort", 0}});
  out["basketItems"] = std::move(basket);
  out["clients"] = std::move(clients);
  out["payments"] = std::move(payments);
  out["shipments"] = std::move(shipments);
  out["propertyValues"] = json::array{};
  out["tradeBindings"] = json::array{};
  out["requisiteLink"] =
      json::object{{"bankDetailId", 0}, {"mcBankDetailId", 0}, {"mcRequisiteId", 0}, {"requisiteId", 0}};
  return out;
}

} // namespace waybill::sandbox
