// Changes of an order that exists: update, withdrawal, the return that we ask for.
#include "adapter.hpp"
#include "wire.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

namespace waybill::cdek {
namespace {

using namespace std::chrono_literals;

constexpr auto marks_live = std::chrono::hours(24 * 60);

call change(std::string operation, std::string method, std::string path) {
  call c;
  c.operation = std::move(operation);
  c.method = std::move(method);
  c.path = std::move(path);
  c.kind = call_kind::change;
  c.idempotent = false;
  c.timeout = 30s;
  return c;
}

std::string path_of(const std::string& id) { return std::string(wire::path_orders) + "/" + id; }

bool judged(const verdict& v) { return v.state == wire::state_successful || v.state == wire::state_invalid; }

fault too_late(const order_facts& f) {
  return {errc::conflict,
          "CDEK has the parcel already (" + f.last_status + "), so the order cannot be changed",
          {},
          "cdek.too_late"};
}

carrier_order withdrawn(std::string id) {
  carrier_order o;
  o.id = std::move(id);
  o.phase = order_phase::cancelled;
  return o;
}

} // namespace

awaitable<result<adapter::looked>> adapter::settle(std::string id, std::string request_type) {
  co_await sleep_for(patience_.first_look);
  for (int n = 1;; ++n) {
    auto seen = co_await look(id);
    if (!seen) co_return fail(seen.error());
    if (n >= patience_.looks || judged(verdict_of(seen->answer, request_type))) co_return seen;
    co_await sleep_for(patience_.between_looks);
  }
}

awaitable<result<carrier_order>> adapter::update_order(std::string id, shipment s) {
  const auto before = co_await look(id);
  if (!before) co_return fail(before.error());
  if (before->facts.order.phase == order_phase::refused)
    co_return fail(errc::conflict, "CDEK refused this order, so it must be made anew", "cdek.refused_order");
  if (!is_deletable(before->facts)) co_return fail(too_late(before->facts));
  auto body = update_body(how_, before->facts.order.id, s, before->answer);
  if (!body) co_return fail(body.error());
  call c = change("update_order", "PATCH", std::string(wire::path_orders));
  c.body = std::move(*body);
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  if (const verdict v = verdict_of(*answer, wire::request_update); v.state == wire::state_invalid)
    co_return fail(v.refusal);
  // What was printed shows the old data.
  co_await marks_.drop("form:waybill:" + lower_ascii(id));
  co_await marks_.drop("form:barcode:" + lower_ascii(id));
  auto after = co_await settle(id, std::string(wire::request_update));
  if (!after) co_return fail(after.error());
  carrier_order out = std::move(after->facts.order);
  if (!judged(verdict_of(after->answer, wire::request_update))) out.change_pending = true;
  co_return out;
}

awaitable<result<carrier_order>> adapter::cancel(std::string id) {
  auto before = co_await look(id);
  if (!before) {
    // Gone after our own deletion, whose answer we may never have seen.
    if (before.error().code == errc::not_found) {
      const std::string deleted = co_await marks_.get("deleted:" + lower_ascii(id));
      if (!deleted.empty()) co_return withdrawn(std::move(id));
    }
    co_return fail(before.error());
  }
  const order_facts& facts = before->facts;
  if (facts.order.phase == order_phase::refused || facts.order.phase == order_phase::cancelled ||
      facts.last_status == "NOT_DELIVERED")
    co_return std::move(before->facts.order); // there is nothing left to withdraw
  if (facts.last_status == "DELIVERED")
    co_return fail(errc::conflict, "the parcel is delivered already: a return is what is needed now", "cdek.delivered");
  // A refusal of an order that CDEK has not received is billed, a deletion is not.
  if (is_deletable(facts)) co_return co_await remove(std::move(id));
  co_return co_await refuse(std::move(id));
}

awaitable<result<carrier_order>> adapter::remove(std::string id) {
  // Before the call: afterwards the order is not found, and this tells why.
  co_await marks_.set("deleted:" + lower_ascii(id), "1", marks_live);
  call c = change("cancel", "DELETE", path_of(id));
  c.idempotent = true;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer && answer.error().code == errc::not_found) co_return withdrawn(std::move(id));
  const bool forbidden = !answer && answer.error().code == errc::conflict;
  if (!answer && !forbidden) co_return fail(answer.error());
  auto after = co_await settle(id, std::string(wire::request_delete));
  if (!after) {
    if (after.error().code == errc::not_found) co_return withdrawn(std::move(id));
    co_return fail(after.error());
  }
  // The parcel was handed over in between: deletion is refused, a refusal of the delivery is still possible.
  if (!is_deletable(after->facts) && !is_closed(after->facts)) co_return co_await refuse(std::move(id));
  carrier_order out = std::move(after->facts.order);
  if (out.phase == order_phase::cancelled) co_return out;
  if (forbidden && !out.change_refused) out.change_refused = answer.error();
  if (!forbidden && !judged(verdict_of(after->answer, wire::request_delete))) out.change_pending = true;
  co_return out;
}

awaitable<result<carrier_order>> adapter::refuse(std::string id) {
  const std::string key = "refused:" + lower_ascii(id);
  const std::string asked = co_await marks_.get(key);
  if (asked.empty()) {
    call c = change("cancel", "POST", path_of(id) + std::string(wire::path_refusal));
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) co_return fail(answer.error());
    const auto errors = errors_in(*answer);
    if (!errors.empty()) co_return fail(fault_from(errors));
    co_await marks_.set(key, "1", std::chrono::hours(24 * 7));
    co_await sleep_for(patience_.first_look);
  }
  auto after = co_await look(id);
  if (!after) co_return fail(after.error());
  const bool done = is_closed(after->facts);
  carrier_order out = std::move(after->facts.order);
  out.change_pending = !done && !out.change_refused;
  co_return out;
}

awaitable<result<return_order>> adapter::create_return(std::string id, std::string service) {
  auto direct = co_await look(id);
  if (!direct) co_return fail(direct.error());
  const std::string type(wire::request_client_return);
  const verdict earlier = verdict_of(direct->answer, type);
  const bool under_way = earlier.state == wire::state_accepted || earlier.state == wire::state_waiting;
  std::string made;
  // An order has one return of this kind: a repeated call finds it instead of making another.
  if (direct->facts.client_return_uuid.empty() && !under_way) {
    if (direct->facts.order_type == 2)
      co_return fail(errc::rejected, "CDEK makes returns only of orders of type 1", "cdek.return_order_type");
    if (direct->facts.last_status != "DELIVERED")
      co_return fail(errc::conflict, "CDEK makes a return only after the delivery", "cdek.not_delivered_yet");
    std::int64_t tariff_code = 0;
    if (service.empty()) {
      const auto* own = json::at_path(direct->answer, "entity.tariff_code");
      tariff_code = own == nullptr ? 0 : json::as_integer(*own).value_or(0);
    } else {
      const auto chosen = tariff_for(how_, service);
      if (!chosen) co_return fail(chosen.error());
      tariff_code = chosen->code;
    }
    call c = change("create_return", "POST", path_of(id) + std::string(wire::path_client_return));
    json::object body;
    body[wire::tariff_code] = tariff_code;
    c.body = std::move(body);
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) co_return fail(answer.error());
    if (const verdict v = verdict_of(*answer, type); v.state == wire::state_invalid) co_return fail(v.refusal);
    // Whether this names the direct order or the new one is not documented: only another one counts.
    if (const auto uuid = entity_uuid(*answer); uuid && *uuid != lower_ascii(id)) made = *uuid;
  }
  if (direct->facts.client_return_uuid.empty()) {
    auto after = co_await settle(id, type);
    if (!after) co_return fail(after.error());
    if (const verdict v = verdict_of(after->answer, type); v.state == wire::state_invalid) co_return fail(v.refusal);
    direct = std::move(after);
  }
  const std::string back = direct->facts.client_return_uuid.empty() ? made : direct->facts.client_return_uuid;
  if (back.empty())
    co_return fail(errc::unavailable, "CDEK has not made the return yet: it is looked for again", "cdek.return_pending",
                   10s);
  const auto found = co_await look(back);
  if (!found && found.error().code != errc::not_found) co_return fail(found.error());
  return_order out;
  out.id = back;
  if (found) out.number = found->facts.order.number;
  co_return out;
}

} // namespace waybill::cdek
