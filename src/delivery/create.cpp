// The delivery button: verified at the portal, kept durably, then answered. The carrier is the workflow's business.
#include <delivery/asked.hpp>
#include <delivery/service_impl.hpp>
#include <delivery/texts.hpp>
#include <mapping/text.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <workflow/jobs.hpp>

#include <algorithm>

namespace waybill::delivery {
namespace {

using shipments_ptr = std::shared_ptr<const std::vector<asked>>;

// What was found of the shipments at the portal, or the refusal.
struct verified {
  std::string refusal;
  std::int64_t deal{0};
  std::int64_t order{0};
};

// The webhook is unsigned: no money is spent on a shipment that the portal itself does not show to be ours.
awaitable<verified> verify(state_ptr self, const config::portal* portal, shipments_ptr shipments,
                           steady::time_point until) {
  std::vector<std::shared_ptr<pending<sale::place_of_shipment>>> coming; // all at once: they share batches
  for (const asked& a : *shipments) {
    auto op = self->portals->place_of(portal->id, a.shipment);
    coming.push_back(begin(self->s->ex, "verify a shipment", std::move(op)));
  }
  verified out;
  for (std::size_t i = 0; i < coming.size(); ++i) {
    const asked& a = (*shipments)[i];
    const text_values which{{"shipment", std::to_string(a.shipment)}};
    auto place = co_await outcome_of(coming[i], until);
    if (!place && place.error().code == errc::not_found) {
      out.refusal = say(*portal, "delivery.unknown_shipment", which);
      co_return out;
    }
    if (!place) {
      out.refusal = portal_failed(*portal, place.error());
      co_return out;
    }
    if (place->what.service != a.service) {
      out.refusal = say(*portal, "delivery.other_service", which);
      co_return out;
    }
    if (i > 0 && (place->deal != out.deal || (place->deal == 0 && place->what.order != out.order))) {
      out.refusal = say(*portal, "delivery.other_deal");
      co_return out;
    }
    if (i == 0) {
      out.deal = place->deal;
      out.order = place->what.order;
    }
  }
  co_return out;
}

std::string accepted(const std::string& request_id) {
  json::object out{{"SUCCESS", "Y"}, {"REQUEST_ID", request_id}};
  return json::serialize(out);
}

// The recipient can come from the deal itself, which the workflow reads; the rest stands in this form or nowhere.
bool deal_may_have(const mapping::obstacle& o) {
  return o.key == "missing_name" || o.key == "missing_phone" || o.key == "bad_phone";
}

// The manager pressed again because our first answer was lost, and may have changed the form in between.
awaitable<result<void>> keep_in_step(state_ptr self, store::kept_request there, shipment what, std::string asked_json,
                                     std::string trace) {
  if (there.asked == asked_json) co_return result<void>{};
  there.trace = std::move(trace);
  queue::job again = workflow::request_job(there, "request");
  auto renewed = co_await self->s->requests->renew(there.portal, there.request_id, std::move(what),
                                                   std::move(asked_json), std::move(again));
  if (!renewed) co_return fail(renewed.error());
  co_return result<void>{};
}

awaitable<result<store::delivery_requests::made>> keep(state_ptr self, store::kept_request r) {
  queue::job first = workflow::request_job(r, "request");
  shipment what = r.what;
  std::string asked_json = r.asked, trace = r.trace;
  auto made = co_await self->s->requests->create(std::move(r), std::move(first));
  if (!made || made->fresh) co_return made;
  if (made->what.cancel_wanted) co_return fail(errc::cancelled, "the request is being cancelled");
  store::kept_request there = made->what;
  auto in_step =
      co_await keep_in_step(self, std::move(there), std::move(what), std::move(asked_json), std::move(trace));
  if (!in_step && in_step.error().code == errc::conflict) co_return fail(errc::cancelled, in_step.error().what);
  if (!in_step) co_return fail(in_step.error());
  co_return made;
}

} // namespace

awaitable<std::string> create(state_ptr self, const config::portal* portal, std::string body) {
  const auto until = steady::now() + self->how.create_limit;
  auto read = read_order(body);
  if (!read) co_return no(say(*portal, "delivery.unreadable", {{"what", read.error().what}}));
  // The same shipment twice in one call is one shipment.
  std::ranges::sort(*read, {}, &asked::shipment);
  const auto twice = std::ranges::unique(*read, {}, &asked::shipment);
  read->erase(twice.begin(), twice.end());
  if (auto refused = refusal_of(*portal, read->front()); !refused.empty()) co_return no(std::move(refused));
  if (read->front().shipment == 0) co_return no(say(*portal, "delivery.unsaved"));
  const auto shipments = std::make_shared<const std::vector<asked>>(std::move(*read));
  const asked& first = shipments->front();
  if (!mapping::route_for(*self->s->settings, portal->id, first.delivery_type, {}))
    co_return no(say(*portal, "delivery.no_route", {{"delivery_type", mapping::cut(first.delivery_type, 50)}}));

  auto place = co_await verify(self, portal, shipments, until);
  if (!place.refusal.empty()) co_return no(std::move(place.refusal));
  auto meanings = co_await self->known_properties.of(portal->id, shipments, until);
  if (!meanings) co_return no(portal_failed(*portal, meanings.error()));
  auto s = to_shipment(*shipments, **meanings, *portal);
  if (place.deal != 0) std::erase_if(s.obstacles, [](const auto& o) { return deal_may_have(o); });
  if (!s.obstacles.empty()) co_return no(say_obstacles(*portal, s.obstacles));
  fault_point("create.verified");

  store::kept_request r;
  r.request_id = store::new_request_id();
  r.portal = portal->id;
  r.delivery_id = first.service;
  for (const asked& a : *shipments) r.shipments.push_back(a.shipment);
  r.deal = place.deal;
  r.order = place.order;
  r.what = std::move(s.what);
  r.asked = write_order(*shipments);
  r.trace = workflow::new_trace();
  const std::string trace = r.trace;
  auto keeping = begin(self->s->ex, "keep a delivery request", keep(self, std::move(r)));
  auto kept = co_await outcome_of(keeping, until);
  if (!kept) {
    log::warn("a delivery order was not kept",
              {{"portal", portal->id}, {"why", to_string(kept.error().code)}, {"trace", trace}});
    if (kept.error().code == errc::conflict)
      co_return no(say(*portal, "delivery.overlap", {{"request", kept.error().peer_code}}));
    if (kept.error().code == errc::cancelled) co_return no(say(*portal, "delivery.being_cancelled"));
    co_return no(say(*portal, "delivery.not_kept"));
  }
  fault_point("create.stored");
  log::info("delivery order", {{"portal", portal->id},
                               {"deal", std::to_string(kept->what.deal)},
                               {"request", kept->what.request_id},
                               {"fresh", kept->fresh ? "yes" : "no"},
                               {"trace", kept->what.trace}});
  co_return accepted(kept->what.request_id);
}

} // namespace waybill::delivery
