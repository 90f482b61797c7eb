#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <sale/reading.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

constexpr int contact_type = 3, company_type = 4;
constexpr std::int64_t largest_side_mm = 100'000;

std::int64_t side(std::optional<std::int64_t> hundredths) {
  const auto mm = (hundredths.value_or(0) + 50) / 100;
  return mm > 0 && mm <= largest_side_mm ? mm : 0;
}

// The value after `"NAME";` in PHP's serialized form: i:220; d:220.5; s:3:"220"; N;
std::int64_t serialized_side(std::string_view text, std::string_view name) {
  const auto mark = "\"" + std::string(name) + "\";";
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return 0;
  auto rest = text.substr(at + mark.size());
  rest = rest.substr(0, std::min<std::size_t>(rest.find(';'), 40));
  if (rest.starts_with("i:") || rest.starts_with("d:")) {
    rest.remove_prefix(2);
  } else if (rest.starts_with("s:")) {
    const auto open = rest.find('"');
    if (open == std::string_view::npos) return 0;
    rest = rest.substr(open + 1);
    rest = rest.substr(0, std::min(rest.find('"'), rest.size()));
  } else {
    return 0;
  }
  const auto got = parse_minor(rest);
  return got ? side(*got) : 0;
}

std::int64_t client_of(const bj::object& order, int type) {
  std::int64_t first = 0;
  const auto* clients = json::find(order, "clients");
  if (clients == nullptr) return 0;
  for (const auto* o : bitrix24::records(*clients)) {
    if (json::integer_or(*o, "entityTypeId") != type) continue;
    const auto id = json::integer_or(*o, "entityId");
    if (yes(*o, "isPrimary")) return id;
    if (first == 0) first = id;
  }
  return first;
}

template <class F> void each(const bj::object& o, std::string_view key, F f) {
  if (const auto* list = json::find(o, key))
    for (const auto* record : bitrix24::records(*list)) f(*record);
}

} // namespace

std::array<std::int64_t, 3> read_dimensions(const bj::value& v) {
  if (const auto* o = v.if_object())
    return {side(json::minor(*o, "WIDTH")), side(json::minor(*o, "HEIGHT")), side(json::minor(*o, "LENGTH"))};
  const auto text = json::as_text(v);
  if (!text) return {};
  return {serialized_side(*text, "WIDTH"), serialized_side(*text, "HEIGHT"), serialized_side(*text, "LENGTH")};
}

std::optional<int> read_vat(const bj::object& o, std::string_view key) {
  const auto hundredths = json::minor(o, key);
  if (!hundredths || *hundredths < 0 || *hundredths > 10'000) return {};
  // 0.2 arrives as 20 hundredths, 20 as 2000.
  const auto percent = *hundredths <= 100 ? *hundredths : (*hundredths + 50) / 100;
  return static_cast<int>(percent);
}

shipment read_shipment(const bj::object& o) {
  shipment s;
  s.id = json::integer_or(o, "id");
  s.order = json::integer_or(o, "orderId");
  s.service = json::integer_or(o, "deliveryId");
  s.tracking_number = json::text_or(o, "trackingNumber");
  s.status_id = json::text_or(o, "statusId");
  s.deducted = yes(o, "deducted");
  s.price = amount(o, "priceDelivery", json::text_or(o, "currency"));
  each(o, "shipmentItems", [&](const bj::object& item) {
    shipment::line l;
    l.id = json::integer_or(item, "id");
    l.basket = json::integer_or(item, "basketId");
    l.quantity = json::text_or(item, "quantity", "0");
    s.lines.push_back(std::move(l));
  });
  s.raw = o;
  return s;
}

payment read_payment(const bj::object& o) {
  payment p;
  p.id = json::integer_or(o, "id");
  p.order = json::integer_or(o, "orderId");
  p.paid = yes(o, "paid");
  p.cash = json::text_or(o, "paySystemIsCash") == "Y"; // "A": acquiring
  p.sum = amount(o, "sum", json::text_or(o, "currency"));
  p.pay_system = json::integer_or(o, "paySystemId");
  return p;
}

basket_line read_basket(const bj::object& o, const std::string& currency) {
  basket_line b;
  b.id = json::integer_or(o, "id");
  b.product = json::integer_or(o, "productId");
  b.name = json::text_or(o, "name");
  b.sku = json::text_or(o, "productXmlId");
  b.price = amount(o, "price", json::text_or(o, "currency", currency));
  b.quantity = json::text_or(o, "quantity", "0");
  b.weight_g = whole(o, "weight");
  if (const auto* d = json::find(o, "dimensions")) {
    const auto [width, height, length] = read_dimensions(*d);
    b.width_mm = width;
    b.height_mm = height;
    b.length_mm = length;
  }
  b.vat_percent = read_vat(o, "vatRate");
  return b;
}

order read_order_record(const bj::object& o) {
  order r;
  r.id = json::integer_or(o, "id");
  r.number = json::text_or(o, "accountNumber");
  const auto currency = json::text_or(o, "currency");
  r.price = amount(o, "price", currency);
  r.canceled = yes(o, "canceled");
  each(o, "basketItems", [&](const bj::object& b) { r.basket.push_back(read_basket(b, currency)); });
  each(o, "payments", [&](const bj::object& p) { r.payments.push_back(read_payment(p)); });
  each(o, "shipments", [&](const bj::object& s) { r.shipments.push_back(read_shipment(s)); });
  r.contact = client_of(o, contact_type);
  r.company = client_of(o, company_type);
  r.responsible = json::integer_or(o, "responsibleId");
  r.comment = json::text_or(o, "userDescription");
  return r;
}

} // namespace waybill::sale
