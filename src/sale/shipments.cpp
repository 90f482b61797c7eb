#include <sale/answers.hpp>
#include <sale/reading.hpp>
#include <sale/shipments.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

constexpr std::size_t longest_number = 100;

deal_delivery read_delivery(const bj::object& o) {
  deal_delivery d;
  d.shipment = json::integer_or(o, "id");
  d.service = json::integer_or(o, "deliveryId");
  d.price = amount(o, "priceDelivery", json::text_or(o, "currency"));
  d.deducted = yes(o, "deducted");
  return d;
}

bool holds(const shipment& s, const shipment_change& c) {
  return (!c.tracking_number || *c.tracking_number == s.tracking_number) &&
         (!c.status_id || *c.status_id == s.status_id) && (!c.price || c.price->minor == s.price.minor);
}

// The update is a form, not a patch: what is left out is wiped (price, number, document, comment) or reset.
bj::object whole_form(const shipment& s, const shipment_change& c) {
  bj::object fields;
  for (const auto* key : {"allowDelivery", "deducted", "deliveryId", "statusId", "trackingNumber", "deliveryDocNum",
                          "deliveryDocDate", "comments", "responsibleId", "xmlId"})
    if (const auto* v = json::find(s.raw, key)) fields[key] = *v;
  for (const auto* key : {"allowDelivery", "deducted"})
    if (!fields.contains(key)) fields[key] = "N";
  if (c.tracking_number) fields["trackingNumber"] = *c.tracking_number;
  if (c.status_id) fields["statusId"] = *c.status_id;
  const auto price = c.price ? *c.price : s.price;
  const auto base = amount(s.raw, "basePriceDelivery", s.price.currency);
  fields["priceDelivery"] = json::decimal(price);
  // With a base price the portal ignores the other one: a discounted price is kept by sending it alone.
  if (!c.price && base.minor == price.minor) fields["basePriceDelivery"] = json::decimal(price);
  return fields;
}

} // namespace

awaitable<result<shipment>> read_shipment_by_id(portal_client portal, std::int64_t id) {
  if (id <= 0) co_return fail(errc::bad_input, "a shipment's id is a positive number");
  bj::object params{{"id", id}};
  auto got = co_await ask(std::move(portal), "sale.shipment.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "shipment", "sale.shipment.get");
  if (!record) co_return fail(record.error());
  auto s = read_shipment(*record);
  if (s.id != id) co_return fail(errc::protocol, "sale.shipment.get: another shipment was answered");
  co_return s;
}

awaitable<result<std::vector<shipment>>> shipments_of_order(portal_client portal, std::int64_t order) {
  bj::object filter{{"orderId", order}};
  bj::object params;
  params["filter"] = std::move(filter);
  auto all = co_await list_all(std::move(portal), "sale.shipment.list", std::move(params), "shipments");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<shipment> out;
  for (const auto& o : *all) out.push_back(read_shipment(o));
  co_return out;
}

awaitable<result<std::vector<deal_delivery>>> deliveries_of_deal(portal_client portal, std::int64_t deal) {
  if (deal <= 0) co_return fail(errc::bad_input, "a deal's id is a positive number");
  bj::object params{{"entityTypeId", 2}, {"entityId", deal}};
  auto all = co_await list_plain(std::move(portal), "crm.item.delivery.list", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<deal_delivery> out;
  for (const auto& o : *all) out.push_back(read_delivery(o));
  co_return out;
}

awaitable<result<deal_delivery>> delivery_of(portal_client portal, std::int64_t shipment_id) {
  bj::object params{{"id", shipment_id}};
  auto got = co_await ask(std::move(portal), "crm.item.delivery.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  const auto* o = got->result.if_object();
  if (o == nullptr || json::integer_or(*o, "id") != shipment_id)
    co_return fail(errc::not_found, "the portal has no such shipment");
  co_return read_delivery(*o);
}

awaitable<result<void>> change_shipment(portal_client portal, std::int64_t shipment_id, shipment_change change) {
  if (change.tracking_number && change.tracking_number->size() > longest_number)
    co_return fail(errc::bad_input, "the tracking number is too long for the portal");
  auto now = co_await read_shipment_by_id(portal, shipment_id);
  if (!now) co_return fail(std::move(now.error()));
  if (!change.only_over.empty() && std::ranges::find(change.only_over, now->status_id) == change.only_over.end())
    change.status_id.reset();
  if (holds(*now, change)) co_return result<void>{};
  auto fields = whole_form(*now, change);
  bj::object params;
  params["id"] = shipment_id;
  params["fields"] = std::move(fields);
  auto done = co_await tell_only(portal, "sale.shipment.update", std::move(params));
  if (done || done.error().code != errc::outcome_unknown) co_return done;
  auto after = co_await read_shipment_by_id(std::move(portal), shipment_id);
  if (after && holds(*after, change)) co_return result<void>{};
  co_return done;
}

awaitable<result<std::vector<shipment::line>>> lines_of_shipment(portal_client portal, std::int64_t shipment_id) {
  bj::object filter{{"orderDeliveryId", shipment_id}};
  bj::object params;
  params["filter"] = std::move(filter);
  auto all = co_await list_all(std::move(portal), "sale.shipmentitem.list", std::move(params), "shipmentItems");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<shipment::line> out;
  for (const auto& o : *all) {
    shipment::line l;
    l.id = json::integer_or(o, "id");
    l.basket = json::integer_or(o, "basketId");
    l.quantity = json::text_or(o, "quantity", "0");
    out.push_back(std::move(l));
  }
  co_return out;
}

awaitable<result<void>> set_line_quantity(portal_client portal, std::int64_t line, std::string quantity) {
  bj::object fields;
  fields["quantity"] = json::decimal(quantity);
  bj::object params;
  params["id"] = line;
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "sale.shipmentitem.update", std::move(params));
}

awaitable<result<std::int64_t>> put_line(portal_client portal, std::int64_t shipment_id, std::int64_t basket,
                                         std::string quantity) {
  auto lines = co_await lines_of_shipment(portal, shipment_id);
  if (!lines) co_return fail(std::move(lines.error()));
  if (const auto it = std::ranges::find(*lines, basket, &shipment::line::basket); it != lines->end()) {
    const auto id = it->id;
    if (it->quantity == quantity) co_return id;
    auto done = co_await set_line_quantity(std::move(portal), id, std::move(quantity));
    if (!done) co_return fail(std::move(done.error()));
    co_return id;
  }
  bj::object fields{{"orderDeliveryId", shipment_id}, {"basketId", basket}};
  fields["quantity"] = json::decimal(quantity);
  bj::object params;
  params["fields"] = std::move(fields);
  auto got = co_await tell(std::move(portal), "sale.shipmentitem.add", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "shipmentItem", "sale.shipmentitem.add");
  if (!record) co_return fail(record.error());
  co_return json::integer_or(*record, "id");
}

awaitable<result<void>> remove_line(portal_client portal, std::int64_t line) {
  bj::object params{{"id", line}};
  auto done = co_await tell_only(std::move(portal), "sale.shipmentitem.delete", std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

} // namespace waybill::sale
