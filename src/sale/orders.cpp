// From a shipment to its order and deal, and back.
#include <bitrix24/command.hpp>
#include <bitrix24/envelope.hpp>
#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <sale/orders.hpp>
#include <sale/reading.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <array>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

constexpr std::int64_t deal_type = 2, invoice_type = 31;

bj::object place_params(std::int64_t shipment_id) {
  // Written by us and sent inside our own batch: the portal puts the order's id of the first answer here.
  const bj::object bindings{{"filter", bj::object{{"orderId", "$result[a][shipment][orderId]"}}},
                            {"select", bj::array{"orderId", "ownerId", "ownerTypeId"}}};
  bj::object commands;
  commands["a"] = bitrix24::encode_command("sale.shipment.get", bj::object{{"id", shipment_id}});
  commands["b"] = bitrix24::encode_command("crm.orderentity.list", bindings);
  return {{"halt", 1}, {"cmd", std::move(commands)}};
}

void read_owners(const bj::value& bindings, place_of_shipment& out) {
  for (const auto* o : bitrix24::records(bindings, "orderEntity")) {
    const auto owner = json::integer_or(*o, "ownerId");
    if (json::integer_or(*o, "ownerTypeId") == deal_type) out.deal = owner;
    if (json::integer_or(*o, "ownerTypeId") == invoice_type) out.invoice = owner;
  }
}

} // namespace

awaitable<result<place_of_shipment>> find_shipment(portal_client portal, std::int64_t shipment_id) {
  if (shipment_id <= 0) co_return fail(errc::bad_input, "a shipment's id is a positive number");
  auto params = place_params(shipment_id);
  auto got = co_await portal->call_alone("batch", std::move(params));
  if (!got) co_return fail(refined(std::move(got.error())));
  bj::object body;
  body["result"] = got->result;
  const std::array<std::string, 2> keys{"a", "b"};
  const bj::value envelope(std::move(body));
  auto verdicts = bitrix24::read_batch(envelope, keys);
  if (!verdicts) co_return fail(verdicts.error());
  const auto& first = verdicts->at(0);
  const auto& second = verdicts->at(1);
  using kind = bitrix24::verdict::kind;
  for (const auto* v : {&first, &second}) {
    if (v->what == kind::refused) co_return fail(refined(bitrix24::classify(v->error, false)));
    if (v->what == kind::not_executed) co_return fail(errc::unavailable, "the portal did not finish the batch");
  }
  auto record = wrapped(first.got, "shipment", "sale.shipment.get");
  if (!record) co_return fail(record.error());
  place_of_shipment out;
  out.what = read_shipment(*record);
  // The record must be the one that was asked for: money is spent on what it says.
  if (out.what.id != shipment_id) co_return fail(errc::protocol, "sale.shipment.get: another shipment was answered");
  read_owners(second.got.result, out);
  co_return out;
}

awaitable<result<order>> read_order(portal_client portal, std::int64_t order_id) {
  if (order_id <= 0) co_return fail(errc::bad_input, "an order's id is a positive number");
  bj::object params{{"id", order_id}};
  auto got = co_await ask(std::move(portal), "sale.order.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "order", "sale.order.get");
  if (!record) co_return fail(record.error());
  co_return read_order_record(*record);
}

awaitable<result<std::vector<std::int64_t>>> orders_of_deal(portal_client portal, std::int64_t deal) {
  if (deal <= 0) co_return fail(errc::bad_input, "a deal's id is a positive number");
  bj::object filter{{"ownerTypeId", deal_type}, {"ownerId", deal}};
  bj::object params;
  params["filter"] = std::move(filter);
  params["select"] = bj::array{"orderId", "ownerId", "ownerTypeId"};
  auto all = co_await list_all(std::move(portal), "crm.orderentity.list", std::move(params), "orderEntity");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<std::int64_t> ids;
  for (const auto& o : *all)
    if (const auto id = json::integer_or(o, "orderId"); id > 0 && std::ranges::find(ids, id) == ids.end())
      ids.push_back(id);
  co_return ids;
}

} // namespace waybill::sale
