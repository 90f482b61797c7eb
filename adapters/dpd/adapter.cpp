// Creating and finding: an order is made once, whatever is lost on the way.
#include "adapter.hpp"

#include "sandbox.hpp"

#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::dpd {
namespace {

using namespace std::chrono_literals;
using step = order_record::step;

capabilities abilities() {
  capabilities c;
  c.quotes = c.to_door = c.to_point = c.cash_on_delivery = c.updates = c.cancels = c.labels = c.pickup_points = true;
  // A create of a known number answers OrderDuplicate, and getOrderStatus finds it by number and day.
  c.guard = create_guard::both;
  // DPD may show an order up to a minute and a half late: 10, 30 and 60 seconds are the pauses to ask again.
  c.lookup_settles_after = 100s;
  c.first_look_after = 60s; // a pending order waits for a person at DPD
  c.feed_every = 10min;
  return c;
}

std::unique_ptr<carrier> make(carrier_context context) { return std::make_unique<adapter>(std::move(context)); }

} // namespace

const carrier_type& type() {
  static const carrier_type t{"dpd",
                              "DPD",
                              "https://ws.dpd.ru/services",
                              setting_specs(),
                              &make,
                              &make_stand_in,
                              &check_account,
                              offered_options()};
  return t;
}

adapter::adapter(carrier_context context, clock_fn clock)
    : how_(settings_of(context.account)), can_(abilities()), clock_(clock), cache_(context.cache),
      api_(std::make_shared<client>(how_, std::move(context.http), cache_, context.ex, clock)),
      places_(std::make_shared<places>(how_, api_, cache_, context.ex, clock)), records_(cache_) {}

// ---- looking ---------------------------------------------------------------------------------------------------

awaitable<result<std::optional<order_answer>>> adapter::ask_status(std::string number, std::string date) {
  call c;
  c.operation = "getOrderStatus";
  c.body = status_request(how_, number, date);
  c.about.lookup = true;
  const auto answer = co_await api_->ask(std::move(c));
  std::optional<order_answer> found;
  // None, "NotFound" and a fault saying that there are no data: which one it is nobody knows.
  if (!answer) {
    if (answer.error().code == errc::not_found) co_return found;
    co_return fail(answer.error());
  }
  found = read_order(answer->response, number);
  if (found && (found->status == wire::not_found || found->status.empty())) found.reset();
  co_return found;
}

awaitable<result<std::optional<order_answer>>> adapter::look(order_record r) {
  auto found = co_await ask_status(r.number, r.date);
  for (auto day = r.dates.rbegin(); found && !*found && day != r.dates.rend(); ++day)
    found = co_await ask_status(r.number, *day);
  co_return found;
}

awaitable<result<std::optional<carrier_order>>> adapter::find_order(std::string reference) {
  if (!is_reference(reference))
    co_return fail(errc::bad_input, "this is not a number that a DPD order could have", "dpd.reference");
  const std::string number = order_number(reference);
  auto record = co_await records_.find(number);
  if (!record) co_return fail(record.error());
  order_record r;
  if (*record) {
    r = std::move(**record);
  } else {
    r.reference = reference;
    r.number = number;
  }
  auto found = co_await look(r);
  if (!found) co_return fail(found.error());
  std::optional<carrier_order> out;
  if (!*found) co_return out;
  auto order = co_await taken(std::move(r), std::move(**found));
  if (!order) co_return fail(order.error());
  out = std::move(*order);
  co_return out;
}

// ---- creating --------------------------------------------------------------------------------------------------

awaitable<result<adapter::identity>> adapter::fix_identity(shipment s) {
  identity out;
  order_record& r = out.record;
  const std::string number = order_number(s.reference);
  auto had = co_await records_.find(number);
  if (!had) co_return fail(had.error());
  if (*had) {
    r = std::move(**had);
    // The day is a part of the identity: another one could make a second order. It changes only when DPD refused the
    // order, or the day has passed and DPD knows nothing of it.
    const bool refused = r.state == step::refused;
    if (!refused && is_past(how_, r.date, clock_())) {
      auto there = co_await look(r);
      if (!there) co_return fail(there.error());
      out.there = std::move(*there);
      if (out.there && out.there->status != wire::error) co_return out;
      out.there.reset();
    }
    if (refused || is_past(how_, r.date, clock_())) {
      const std::string fresh = pickup_date(how_, clock_());
      if (fresh != r.date) r.dates.push_back(r.date);
      r.date = fresh;
    }
  } else {
    r.number = number;
    r.date = pickup_date(how_, clock_());
  }
  const auto way = service_for(how_, s);
  if (!way) co_return fail(way.error());
  r.reference = s.reference;
  r.state = step::open;
  r.to_point = way->to == end::point;
  r.rest = rest_of(s);
  r.boxes = boxes_of(s);
  const auto kept = co_await records_.keep(r);
  if (!kept) co_return fail(kept.error());
  co_return out;
}

awaitable<result<carrier_order>> adapter::create_order(shipment s) {
  // What cannot be sent is said before anything is fixed.
  const auto way = service_for(how_, s);
  if (!way) co_return fail(way.error());
  if (auto wrong = check_shipment(how_, s, *way)) co_return fail(std::move(*wrong));
  if (way->to == end::point) {
    const auto point = co_await places_->known_place(s.pickup_point);
    if (point)
      if (auto why = unfit(*point, s, way->code)) co_return fail(std::move(*why));
  }
  auto fixed = co_await fix_identity(s);
  if (!fixed) co_return fail(fixed.error());
  if (fixed->there) co_return co_await settle_create(std::move(fixed->record), std::move(*fixed->there));
  order_record r = std::move(fixed->record);
  auto body = order_request(how_, s, r);
  if (!body) co_return fail(body.error());
  fault_point("dpd.identity");

  call c;
  c.operation = "createOrder2";
  c.body = std::move(*body);
  c.about.kind = call_kind::change;
  c.timeout = 30s;
  c.subject = "create:" + r.number;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) {
    fault why = answer.error();
    if (why.code != errc::rejected) co_return fail(std::move(why));
    // The third unexplained failure. Before it is told as a refusal DPD is asked whether it did the work all the same.
    auto there = co_await look(r);
    if (!there || !*there) co_return fail(!there ? there.error() : std::move(why));
    co_return co_await settle_create(std::move(r), std::move(**there));
  }
  auto said = read_order(answer->response, r.number);
  if (!said) co_return fail(errc::outcome_unknown, "DPD took the order, but its answer does not speak of it");
  co_return co_await settle_create(std::move(r), std::move(*said));
}

awaitable<result<carrier_order>> adapter::settle_create(order_record r, order_answer a) {
  if (a.status == wire::duplicate) {
    // Not an error: an earlier try arrived. Its row may lie under a day that DPD chose itself.
    auto there = co_await look(r);
    if (there && !*there) there = co_await ask_status(r.number, std::string());
    if (!there)
      co_return fail(errc::outcome_unknown, "DPD has the order already, and does not show it: " + there.error().what);
    if (!*there) co_return fail(errc::outcome_unknown, "DPD has an order of this number already, and does not show it");
    a = std::move(**there);
  }
  auto order = co_await taken(std::move(r), std::move(a));
  if (order && order->phase == order_phase::refused) co_return fail(order->refusal);
  // The order stands; that it could not be noted is mended by the next look.
  if (!order && order.error().code == errc::unavailable) co_return fail(errc::outcome_unknown, order.error().what);
  co_return order;
}

awaitable<result<carrier_order>> adapter::taken(order_record r, order_answer a) {
  const order_record before = r;
  carrier_order out;
  if (!a.dpd.empty()) r.dpd = a.dpd;
  if (a.status == wire::ok) {
    r.state = step::made;
  } else if (a.status == wire::pending || a.status == wire::duplicate) {
    r.state = r.dpd.empty() ? step::open : step::made;
  } else if (a.status == wire::order_cancelled) {
    r.state = step::cancelled;
  } else if (a.status == wire::error) {
    r.state = step::refused;
  } else {
    co_return fail(errc::outcome_unknown, "DPD told a state of the order that is not known: " + clean_code(a.status));
  }
  // An order that we never sent from here has no day to be kept with.
  const bool changed = r.dpd != before.dpd || r.state != before.state;
  if (changed && !r.date.empty()) {
    const auto kept = co_await records_.keep(r);
    if (!kept) co_return fail(kept.error());
  }
  out = order_of(r);
  if (a.status == wire::pending && r.dpd.empty()) out.phase = order_phase::pending;
  if (a.status == wire::error) {
    out.phase = order_phase::refused;
    out.refusal = refused_order(a.message);
  }
  if (a.status == wire::order_cancelled) out.phase = order_phase::cancelled;
  if (!a.pickup_date.empty() && !r.date.empty() && a.pickup_date != r.date)
    out.warnings.push_back("DPD takes the parcels over on " + a.pickup_date + " and not on " + r.date);
  co_return out;
}

carrier_order adapter::order_of(const order_record& r) const {
  carrier_order o;
  o.id = r.number;
  o.number = r.dpd;
  o.reference = r.reference;
  o.phase = order_phase::active;
  if (r.state == step::cancelled) o.phase = order_phase::cancelled;
  if (!r.dpd.empty() && !how_.tracking_url.empty()) {
    o.tracking_url = how_.tracking_url;
    constexpr std::string_view mark = "{number}";
    if (const auto at = o.tracking_url.find(mark); at != std::string::npos)
      o.tracking_url.replace(at, mark.size(), r.dpd);
  }
  return o;
}

} // namespace waybill::dpd
