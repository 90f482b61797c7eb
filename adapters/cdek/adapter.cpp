#include "adapter.hpp"

#include "sandbox.hpp"
#include "statuses.hpp"
#include "wire.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::cdek {
namespace {

using namespace std::chrono_literals;

constexpr auto marks_live = std::chrono::hours(24 * 60);

// A return that the recipient was to hand in: has he?
bool has_set_out(const tracking_event& e) {
  const status there = meaning_of(e.code, "", false).canonical;
  return e.known && there != status::created && there != status::cancelled;
}

capabilities capabilities_of(const settings& how) {
  const bool shop = how.order_type == 1;
  capabilities c;
  c.quotes = c.to_door = c.to_point = c.updates = c.cancels = c.labels = c.courier_pickup = c.pickup_points =
      c.webhooks = true;
  c.cash_on_delivery = shop;
  c.returns = shop;
  // Only orders of type 1 carry our number, by which they are found and doubles are refused.
  c.guard = shop ? create_guard::both : create_guard::none;
  c.lookup_settles_after = 60s;
  c.first_look_after = 2s;
  return c;
}

std::unique_ptr<carrier> make(carrier_context context) { return std::make_unique<adapter>(std::move(context)); }

fault no_such_order() { return {errc::not_found, "CDEK has no order with this id", {}, "v2_entity_not_found"}; }

} // namespace

const carrier_type& type() {
  static const carrier_type t{"cdek", "СДЭК",         "https://api.cdek.ru/v2", setting_specs(),
                              &make,  &make_stand_in, &check_account,           offered_options()};
  return t;
}

adapter::adapter(carrier_context context, patience how_long)
    : how_(settings_of(context.account)), patience_(how_long), can_(capabilities_of(how_)),
      marks_(context.cache, "CDEK"),
      api_(std::make_shared<client>(how_, std::move(context.http), context.cache, patience_.clock)),
      offices_(how_, api_, context.cache, patience_.clock) {}

// ---- marks -----------------------------------------------------------------------------------------------------

// Every uuid that a reference was accepted under: a refused double hides the real order from a lookup by number.
awaitable<void> adapter::remember_uuid(std::string reference, std::string uuid) {
  std::string all = co_await marks_.get("uuids:" + reference);
  if (all.find(uuid) != std::string::npos) co_return;
  all = all.empty() ? uuid : uuid + "," + all;
  all.resize(std::min<std::size_t>(all.size(), 37 * 5 - 1)); // the newest five
  co_await marks_.set("uuids:" + reference, std::move(all), marks_live);
}

// ---- reading ---------------------------------------------------------------------------------------------------

awaitable<result<json::value>> adapter::get_order(std::string id) {
  if (!is_uuid(id)) co_return fail(errc::bad_input, "this is not an id of a CDEK order", "cdek.order_id");
  call c;
  c.operation = "order";
  c.path = std::string(wire::path_orders) + "/" + id;
  co_return co_await api_->ask(std::move(c));
}

awaitable<result<adapter::looked>> adapter::look(std::string id) {
  auto answer = co_await get_order(std::move(id));
  if (!answer) co_return fail(answer.error());
  // CDEK's HTTP code for "not found" differs from source to source; a 200 with its error code is met as well.
  if (json::at_path(*answer, wire::entity) == nullptr) {
    const auto errors = errors_in(*answer);
    if (!errors.empty()) co_return fail(fault_from(errors));
  }
  auto facts = read_order(how_, *answer);
  if (!facts) co_return fail(facts.error());
  looked out;
  out.answer = std::move(*answer);
  out.facts = std::move(*facts);
  co_return out;
}

awaitable<result<carrier_order>> adapter::with_way_back(order_facts f) {
  carrier_order order = std::move(f.order);
  const bool asked_for = f.return_uuid.empty(); // by us, after the delivery
  const std::string uuid = asked_for ? f.client_return_uuid : f.return_uuid;
  if (uuid.empty() || f.way_back) co_return order;
  order.return_order_id = uuid;
  const auto back = co_await look(uuid);
  if (!back) {
    // What passes by itself is waited for, so that the end of the way back is not missed; the rest must not hide the
    // order.
    if (is_transient(back.error().code)) co_return fail(back.error());
    log::warn("the return order of a CDEK order is unreadable", {{"order", order.id}, {"what", back.error().what}});
    co_return order;
  }
  if (order.return_number.empty()) order.return_number = back->facts.order.number;
  // What comes back of a delivery in part does not undo the delivery.
  if (!asked_for && f.last_status == "DELIVERED") co_return order;
  for (const tracking_event& e : back->facts.order.events)
    if (!asked_for || has_set_out(e)) order.events.push_back(e);
  co_return order;
}

awaitable<result<carrier_order>> adapter::order(std::string id) {
  auto got = co_await look(id);
  if (!got) {
    // A deleted order is simply gone.
    if (got.error().code == errc::not_found) {
      const std::string deleted = co_await marks_.get("deleted:" + lower_ascii(id));
      if (!deleted.empty()) {
        carrier_order gone;
        gone.id = id;
        gone.phase = order_phase::cancelled;
        co_return gone;
      }
      fault f = no_such_order();
      if (!got.error().peer_code.empty()) f.peer_code = got.error().peer_code;
      co_return fail(std::move(f));
    }
    co_return fail(got.error());
  }
  co_return co_await with_way_back(std::move(got->facts));
}

awaitable<result<std::optional<carrier_order>>> adapter::find_order(std::string reference) {
  if (how_.order_type != 1)
    co_return fail(errc::rejected, "CDEK keeps no number of ours for orders of type 2, so they cannot be looked up",
                   "cdek.no_lookup");
  if (!is_reference(reference))
    co_return fail(errc::bad_input, "this is not a number that a CDEK order could have", "cdek.reference");
  call c;
  c.operation = "find_order";
  c.path = wire::path_orders;
  c.query.emplace_back(std::string(wire::im_number), reference);
  const auto answer = co_await api_->ask(std::move(c));
  std::optional<carrier_order> none;
  if (!answer) {
    if (answer.error().code == errc::not_found) co_return none;
    co_return fail(answer.error());
  }
  if (json::at_path(*answer, wire::entity) == nullptr) {
    const auto errors = errors_in(*answer);
    if (!errors.empty() && fault_from(errors).code == errc::not_found) co_return none;
    if (!errors.empty()) co_return fail(fault_from(errors));
  }
  auto facts = read_order(how_, *answer);
  if (!facts) co_return fail(facts.error());
  // CDEK gives the newest order of the number, also a refused one. Refused as a double it hides the one that lives.
  if (facts->order.phase == order_phase::refused && is_duplicate_number(facts->order.refusal.peer_code)) {
    const std::string known = co_await marks_.get("uuids:" + reference);
    for (std::string_view rest = known; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      const std::string id(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!is_uuid(id) || id == facts->order.id) continue;
      auto other = co_await look(id);
      if (!other && is_transient(other.error().code)) co_return fail(other.error());
      if (other && other->facts.order.phase != order_phase::refused) {
        std::optional<carrier_order> live(std::move(other->facts.order));
        co_return live;
      }
    }
  }
  if (facts->order.phase != order_phase::refused) co_await remember_uuid(reference, facts->order.id);
  std::optional<carrier_order> found(std::move(facts->order));
  co_return found;
}

// ---- creating --------------------------------------------------------------------------------------------------

awaitable<result<carrier_order>> adapter::create_order(shipment s) {
  auto body = order_body(how_, s);
  if (!body) co_return fail(body.error());
  call c;
  c.operation = "create_order";
  c.method = "POST";
  c.path = wire::path_orders;
  c.body = std::move(*body);
  c.kind = call_kind::change;
  c.idempotent = false;
  c.timeout = 30s;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  // Some refusals come with a success code; an answer with neither is one that we cannot trust.
  const verdict v = verdict_of(*answer, wire::request_create);
  if (v.state == wire::state_invalid) co_return fail(v.refusal);
  const auto uuid = entity_uuid(*answer);
  if (!uuid) co_return fail(errc::outcome_unknown, "CDEK took the order, but its answer lacks the uuid");
  co_await remember_uuid(s.reference, *uuid);
  carrier_order order;
  order.id = *uuid;
  order.reference = how_.order_type == 1 ? s.reference : std::string();
  order.phase = order_phase::pending;
  co_return order;
}

awaitable<result<std::vector<pickup_point>>> adapter::pickup_points(pickup_query query) {
  co_return co_await offices_.find(std::move(query));
}

result<std::vector<carrier_notice>> adapter::parse_webhook(const http_request& request) {
  return read_webhook(request);
}

} // namespace waybill::cdek
