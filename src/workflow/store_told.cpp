// The store's shipments in step with their parcel: tracking number and our status. Without a delivery request nobody
// else tells them; with one the portal marks each change of its shipments for the manager, so only on request.
#include <sale/own.hpp>
#include <sale/properties.hpp>
#include <sale/shipments.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/parcels.hpp>
#include <workflow/part.hpp>
#include <workflow/store_site.hpp>

#include <algorithm>

namespace waybill::workflow {

using store::record;

namespace {

using portal_client = sale::portal_client;

bool is_cancelled(const record& r) { return r.state == store::phase::closed && r.latest == status::cancelled; }

// The store's status for what the parcel has come to; empty: it has none of it.
std::string status_id_of(const store_site& site, const record& r, bool marks_cancelled) {
  const auto id = [&](const std::string& name) {
    const auto it = site.statuses.find(name);
    return it == site.statuses.end() ? std::string{} : it->second;
  };
  if (is_cancelled(r)) return marks_cancelled ? id("DD") : id("DN");
  switch (r.trouble_now ? status::problem : r.latest.value_or(status::created)) {
  case status::created: return id("DN");
  case status::partially_delivered: return id("delivered");
  case status::accepted: return id("accepted");
  case status::in_transit: return id("in_transit");
  case status::ready_for_pickup: return id("ready_for_pickup");
  case status::out_for_delivery: return id("out_for_delivery");
  case status::delivered: return id("delivered");
  case status::problem: return id("problem");
  case status::returning: return id("returning");
  case status::returned: return id("returned");
  case status::lost: return id("lost");
  case status::cancelled: return id("DN");
  }
  return {};
}

std::string point_to_tell(const record& r) {
  const bool replaced = !r.what.pickup_point.empty() && !r.pickup_point.empty();
  return replaced && r.pickup_point != r.what.pickup_point ? r.pickup_point : std::string{};
}

// Into the property of ours that the shipment has; one without it has no place for a pickup point.
awaitable<result<void>> tell_point(portal_client client, std::int64_t shipment, std::string point) {
  auto values = co_await sale::property_values(client, shipment);
  if (!values) co_return fail(std::move(values.error()));
  const auto it = std::ranges::find(*values, sale::point_property, &sale::property_value::code);
  if (it == values->end()) co_return result<void>{};
  co_return co_await sale::set_property_value(client, shipment, it->property, std::move(point));
}

struct telling {
  std::string number, status, point;
  std::vector<std::string> over; // statuses that are not a person's own
  bool withdraws{false};
};

awaitable<result<void>> tell_one(portal_client client, std::int64_t id, telling what, store_site site) {
  auto there = co_await sale::delivery_of(client, id);
  if (!there && there.error().code == errc::not_found) co_return result<void>{};
  if (!there) co_return fail(std::move(there.error()));
  if (!site.profiles.contains(there->service)) co_return result<void>{}; // it travels by another service now
  sale::shipment_change change;
  if (!what.status.empty()) {
    change.status_id = what.status;
    change.only_over = what.over;
  }
  if (!what.withdraws && !what.number.empty()) change.tracking_number = what.number;
  if (what.withdraws && !what.number.empty()) {
    auto now_there = co_await sale::read_shipment_by_id(client, id);
    if (!now_there && now_there.error().code == errc::not_found) co_return result<void>{};
    if (!now_there) co_return fail(std::move(now_there.error()));
    if (now_there->tracking_number == what.number) change.tracking_number = std::string{};
  }
  if (change.tracking_number || change.status_id) {
    auto done = co_await sale::change_shipment(client, id, std::move(change));
    if (!done) co_return done;
  }
  if (what.point.empty()) co_return result<void>{};
  co_return co_await tell_point(client, id, std::move(what.point));
}

} // namespace

awaitable<result<record>> engine::impl::write_shipments(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  if (!portal->settings->service) co_return r;
  const bool configured = portal->settings->service->write_shipment;
  if (r.request && !configured) co_return r;
  // The portal empties the number when it stores our answer to its order; the request's first update comes after that.
  if (r.request && !r.request->finalized && r.request->told.empty()) co_return r;
  if (r.number.empty() && !r.latest && !r.trouble_now) co_return r;

  telling what;
  what.number = r.number;
  what.withdraws = is_cancelled(r);
  what.point = point_to_tell(r);
  const status shown = r.trouble_now ? status::problem : r.latest.value_or(status::created);
  std::string digest = what.number + "|" + std::string(to_string(shown)) + "|" + what.point;
  if (r.request) digest += "|" + r.request->request_id;
  // Once it was a part, the carrier's corrections are followed too.
  const bool in_part = knows_what_was_taken(r) && (shown == status::partially_delivered ||
                                                   (shown == status::delivered && r.in_store.told.contains("|part")));
  if (in_part) {
    digest += "|part";
    for (const std::int64_t units : r.handed_over) digest += ":" + std::to_string(units);
  }
  if (digest == r.in_store.told) co_return r;

  const auto give_up = [&](const fault& f) {
    log::warn("the portal's shipment was not written", {{"ref", r.reference}, {"what", f.what}});
    metrics::count("waybill_shipments_refused_total", {{"portal", r.portal}});
  };
  if (r.deal != 0 && (r.in_store.shipments.empty() || what.withdraws)) {
    auto all = co_await s->shipments->all_of(r.portal, r.deal);
    if (!all) co_return fail(all.error());
    const auto of_another = [&](std::int64_t id) {
      return std::ranges::any_of(*all, [&](const record& other) {
        return other.reference != r.reference && stands_for(other, id) && !is_cancelled(other);
      });
    };
    if (r.in_store.shipments.empty() && !what.withdraws) {
      auto ours = co_await own_shipments(portal, r.deal);
      if (!ours && is_transient(ours.error().code)) co_return fail(ours.error());
      if (!ours) give_up(ours.error());
      std::vector<std::int64_t> open;
      if (ours)
        for (const auto& one : *ours)
          if (!of_another(one.shipment)) open.push_back(one.shipment);
      if (open.size() == 1) r.in_store.shipments = std::move(open); // of several nobody can tell which it is
    } else {
      std::erase_if(r.in_store.shipments, of_another); // ordered anew meanwhile
    }
  }
  r.in_store.told = std::move(digest);
  if (r.in_store.shipments.empty()) co_return r;
  auto site = co_await store_site_of(s, r.portal);
  if (!site) co_return is_transient(site.error().code) ? result<record>(fail(site.error())) : result<record>(r);
  what.status = status_id_of(*site, r, configured);
  for (const auto& [name, id] : site->statuses) what.over.push_back(id);
  const std::vector<std::int64_t> shipments = r.in_store.shipments;
  for (const std::int64_t id : shipments) {
    telling copy = what;
    store_site known = *site;
    auto done = co_await tell_one(portal->crm->shared_portal(), id, std::move(copy), std::move(known));
    if (!done && is_transient(done.error().code)) co_return fail(done.error());
    if (!done) give_up(done.error());
    fault_point("write.shipment");
  }
  if (in_part) {
    record copy = r;
    auto fitted = co_await fit_shipments(portal, std::move(copy));
    if (!fitted && is_transient(fitted.error().code)) co_return fail(fitted.error());
    if (!fitted) give_up(fitted.error());
  }
  co_return r;
}

} // namespace waybill::workflow
