// A deal whose shipments in the portal's store are several parcels: each becomes an order of its own, as the form's
// button makes them. A deal with one shipment or none is not touched here.
#include <mapping/text.hpp>
#include <sale/own.hpp>
#include <sale/properties.hpp>
#include <sale/shipments.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/parcels.hpp>
#include <workflow/robots.hpp>
#include <workflow/store_site.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace waybill::workflow {

using store::phase;
using store::record;

// What is read once for all parcels of a deal.
struct parcels_at_hand {
  bitrix24::deal deal;
  bitrix24::deal_bundle bundle; // all goods of the deal
  robot_note note;
  std::vector<sale::order> orders;
  std::vector<std::int64_t> ours;              // shipments of our service with goods in them, ascending
  std::map<std::int64_t, std::string> service; // shipment -> delivery type of its profile
  std::vector<record> records;
};

namespace {

using at_hand_ptr = std::shared_ptr<parcels_at_hand>;

constexpr std::size_t most_parcels = 20;

bool is_live(const record& r) { return r.state != phase::closed; }

// Our own write-back fired the event: nothing in the deal is new. Stamps count seconds, so a move to this stage right
// after our write is told by the stage itself, or by the stamp of the move.
bool is_untouched(const config::portal& portal, const std::vector<record>& all, const bitrix24::deal& d) {
  const std::string digest = deal_digest(portal, d);
  bool stamped = false, looked = false;
  for (const record& r : all) {
    if (!is_live(r)) continue;
    if (r.state == phase::needs_attention || r.deal_digest != digest) return false;
    if (r.stage != d.stage || r.deal_moved != d.moved) return false;
    // The form orders its own shipments: whether the stage's other ones have been looked at, it does not tell.
    looked = looked || !(r.request && r.request->from_form);
    stamped = stamped || (!r.deal_updated.empty() && r.deal_updated == d.updated);
  }
  return looked && stamped;
}

const sale::order* order_of(const parcels_at_hand& at, std::int64_t shipment, const sale::shipment** which) {
  for (const auto& o : at.orders)
    for (const auto& s : o.shipments)
      if (s.id == shipment) {
        *which = &s;
        return &o;
      }
  return nullptr;
}

// What this shipment travels in: one that was not cancelled before one that was, of those the newest.
record* record_of(std::vector<record>& all, std::int64_t shipment) {
  record* found = nullptr;
  const auto rank = [](const record& r) { return std::pair(r.latest != status::cancelled, r.attempt); };
  for (record& r : all)
    if (stands_for(r, shipment) && (found == nullptr || rank(r) > rank(*found))) found = &r;
  return found;
}

} // namespace

awaitable<std::optional<outcome>> engine::impl::look_at_parcels(job j, bitrix24::deal d,
                                                                config::trigger_action action) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  if (action == config::trigger_action::quote) co_return std::nullopt;
  // Without a delivery service of ours nothing in the store is ours.
  if (action == config::trigger_action::ship && !s->portal(p.portal)->settings->service) co_return std::nullopt;
  auto all = co_await s->shipments->all_of(p.portal, p.deal);
  if (!all) co_return outcome::retry(all.error());
  if (action == config::trigger_action::ship)
    co_return co_await ship_parcels(std::move(j), std::move(d), std::move(*all));
  if (all->size() < 2) co_return std::nullopt;
  // A stage that ends things means all of them.
  for (record& r : *all) {
    outcome done;
    if (action == config::trigger_action::cancel) done = co_await cancel_shipment(std::move(r), d.moved, j.trace);
    else done = co_await return_shipment(std::move(r), d.moved, j.trace);
    if (done.kind != outcome::what::done) co_return done;
    fault_point("parcels.ended");
  }
  co_return outcome::done();
}

awaitable<result<std::vector<sale::deal_delivery>>> engine::impl::own_shipments(const portal_link* portal,
                                                                                std::int64_t deal) {
  const auto self = shared_from_this();
  auto all = co_await sale::deliveries_of_deal(portal->crm->shared_portal(), deal);
  if (!all) co_return fail(refused_by_portal(all.error()));
  std::vector<sale::deal_delivery> out;
  for (auto& one : *all) {
    auto site = co_await store_site_of(s, portal->settings->id, one.service);
    if (!site) co_return fail(site.error());
    if (site->profiles.contains(one.service)) out.push_back(std::move(one));
  }
  std::ranges::sort(out, {}, &sale::deal_delivery::shipment);
  co_return out;
}

awaitable<std::optional<outcome>> engine::impl::ship_parcels(job j, bitrix24::deal d, std::vector<record> all) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  const bool several = std::ranges::any_of(all, [](const record& r) { return r.in_store.own_content; });
  // A job that was begun before may have got no further than the first of them.
  if (!p.forced && j.attempt == 0 && is_untouched(*portal->settings, all, d))
    co_return several ? std::optional(outcome::done()) : std::nullopt;
  auto ours = co_await own_shipments(portal, d.id);
  if (!ours && is_transient(ours.error().code)) co_return outcome::retry(ours.error());
  if (!ours) {
    // Without rights in the store the deal ships as a whole; one that was parted is not put together again.
    log::warn("the deal's shipments may not be read", {{"portal", p.portal}, {"why", ours.error().what}});
    if (several) co_return outcome::dead(ours.error());
    co_return std::nullopt;
  }
  if (!several && ours->size() < 2) co_return std::nullopt;

  auto read = co_await read_parcels(portal, std::move(d), std::move(*ours), std::move(all));
  if (!read) co_return is_transient(read.error().code) ? outcome::retry(read.error()) : outcome::dead(read.error());
  const at_hand_ptr at = std::move(*read);
  if (!several && at->ours.size() < 2) co_return std::nullopt;
  for (const std::int64_t shipment : at->ours) {
    job copy = j;
    auto done = co_await ship_parcel(std::move(copy), at, shipment);
    if (done.kind != outcome::what::done) co_return done;
    fault_point("parcels.planned");
  }
  // What is on its way with all goods follows the deal as before.
  const auto whole = std::ranges::find_if(
      at->records, [](const record& r) { return is_live(r) && is_whole(r) && !is_unsent(r) && !r.cancel_wanted; });
  if (whole == at->records.end()) co_return outcome::done();
  record current = *whole;
  bitrix24::deal same = at->deal;
  co_return co_await ship(std::move(j), std::move(same), std::move(current), p.forced);
}

awaitable<result<std::shared_ptr<parcels_at_hand>>> engine::impl::read_parcels(const portal_link* portal,
                                                                               bitrix24::deal d,
                                                                               std::vector<sale::deal_delivery> ours,
                                                                               std::vector<record> all) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  auto at = std::make_shared<parcels_at_hand>();
  at->records = std::move(all);
  auto ids = co_await sale::orders_of_deal(client, d.id);
  if (!ids) co_return fail(refused_by_portal(ids.error()));
  if (ids->size() > most_parcels) co_return fail(errc::rejected, "the deal has too many orders in the store");
  for (const std::int64_t id : *ids) {
    auto one = co_await sale::read_order(client, id);
    if (!one && one.error().code == errc::not_found) continue; // deleted meanwhile
    if (!one) co_return fail(refused_by_portal(one.error()));
    if (!one->canceled) at->orders.push_back(std::move(*one));
  }
  auto site = co_await store_site_of(s, portal->settings->id);
  if (!site) co_return fail(site.error());
  for (const auto& one : ours) {
    const sale::shipment* which = nullptr;
    if (order_of(*at, one.shipment, &which) == nullptr || which->lines.empty()) continue; // nothing is in it
    at->ours.push_back(one.shipment);
    const auto type = site->profiles.find(one.service);
    at->service[one.shipment] = type == site->profiles.end() ? std::string{} : type->second;
  }
  if (at->ours.size() > most_parcels) co_return fail(errc::rejected, "the deal has too many shipments in the store");
  at->deal = d;
  auto bundle = co_await portal->crm->bundle(std::move(d));
  if (!bundle) co_return fail(bundle.error());
  auto note = co_await robot_note_of(s, portal->settings->id, at->deal.id);
  if (!note) co_return fail(note.error());
  at->note = std::move(*note);
  fill_in(*portal->settings, *bundle, at->note);
  for (const record& r : at->records) leave_cost_row_out(*portal->settings, r, *bundle);
  at->bundle = co_await with_goods(portal, std::move(*bundle));
  co_return at;
}

// One shipment: planned, planned anew, changed, or left to what already stands for it.
awaitable<outcome> engine::impl::ship_parcel(job j, std::shared_ptr<parcels_at_hand> at, std::int64_t shipment) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  record* there = record_of(at->records, shipment);
  if (there == nullptr) {
    // One that was planned for the whole deal and is still open becomes the first parcel's. On its way, it has the
    // goods of all: another order would ship them twice, and only a person can tell.
    const auto whole = std::ranges::find_if(at->records, [](const record& r) {
      return is_whole(r) && r.latest != status::cancelled && r.in_store.shipments.empty();
    });
    const auto bound = std::ranges::find_if(at->records, [](const record& r) {
      return is_whole(r) && r.latest != status::cancelled && !r.in_store.shipments.empty() && !is_unsent(r);
    });
    if (bound != at->records.end()) co_return co_await leave_parcel(at, &*bound, shipment);
    if (whole != at->records.end() && is_live(*whole) && is_unsent(*whole)) there = &*whole;
    else if (whole != at->records.end()) co_return co_await leave_parcel(at, &*whole, shipment);
  }
  if (there != nullptr && is_live(*there)) {
    if (there->request && there->request->from_form) { // the form says what it is
      if (!p.forced || !is_unsent(*there)) co_return outcome::done();
      auto kept = co_await s->requests->find(p.portal, there->request->request_id);
      if (!kept) co_return outcome::retry(kept.error());
      if (!*kept) co_return outcome::done();
      job again = request_job(**kept, "request");
      auto queued = co_await s->jobs->enqueue(std::move(again));
      co_return queued ? outcome::done() : outcome::retry(queued.error());
    }
    if (there->cancel_wanted) co_return outcome::done();
  }
  if (there != nullptr && !is_live(*there)) {
    if (there->latest != status::cancelled) co_return outcome::done(); // it has been carried
    // An operator's word for one parcel revives no other that was withdrawn.
    const bool last_one = std::ranges::none_of(at->records, is_live);
    if (there->deal_moved == at->deal.moved && !(p.forced && last_one)) co_return outcome::done();
  }

  if (there != nullptr && is_live(*there) && is_whole(*there) && !is_unsent(*there)) co_return outcome::done();
  auto read = co_await content_of(portal, at, shipment, there == nullptr ? std::string{} : there->reference);
  if (!read) co_return outcome::retry(read.error());
  parcel_content content = std::move(*read);
  if (there != nullptr && is_live(*there) && !is_unsent(*there)) {
    record r = *there;
    bitrix24::deal d = at->deal;
    co_return co_await change(std::move(j), std::move(d), std::move(content.what), std::move(r),
                              std::move(content.cash));
  }
  record r;
  if (there != nullptr && is_live(*there)) {
    r = *there;
    mapping::mapped& m = content.what;
    own(m.what, r.reference);
    const std::string wish = fingerprint(m.what);
    const bool bound = r.in_store.own_content && stands_for(r, shipment);
    const bool same = bound && !p.forced &&
                      (r.state == phase::planned ? m.obstacles.empty() && r.fingerprint == wish
                       : m.obstacles.empty()     ? r.trouble_now && r.trouble_now->fingerprint == wish
                                                 : r.trouble_now && r.trouble_now->key == m.obstacles.front().key);
    if (same) co_return outcome::done();
  } else {
    std::int64_t last = 0;
    for (const record& one : at->records) last = std::max(last, one.attempt);
    r.portal = p.portal;
    r.deal = p.deal;
    r.attempt = last + 1;
    r.reference = store::make_reference(r.portal, r.deal, r.attempt);
    r.created = now();
  }
  r.in_store.shipments = {shipment};
  r.in_store.own_content = true;
  r.deal_digest = deal_digest(*portal->settings, at->deal);
  r.deal_moved = at->deal.moved;
  r.stage = at->deal.stage;
  r.money_done.cash = std::move(content.cash);
  const std::string reference = r.reference;
  auto planned = co_await plan_record(std::move(j), std::move(r), std::move(content.what));
  if (planned.kind != outcome::what::done) co_return planned;
  auto stored = co_await s->shipments->find(reference); // what comes next must see its number as taken
  if (!stored) co_return outcome::retry(stored.error());
  if (!*stored) co_return outcome::done();
  std::erase_if(at->records, [&](const record& one) { return one.reference == reference; });
  at->records.push_back(std::move(**stored));
  co_return outcome::done();
}

// `at` owns what `whole` points to.
awaitable<outcome> engine::impl::leave_parcel([[maybe_unused]] std::shared_ptr<parcels_at_hand> at, record* whole,
                                              std::int64_t shipment) {
  const auto self = shared_from_this();
  auto& left = whole->in_store.left;
  if (std::ranges::find(left, shipment) != left.end()) co_return outcome::done();
  left.push_back(shipment);
  std::vector<news> said(1);
  said.front().key = "parcel_left";
  said.front().values = {
      {"carrier", title_of(whole->account)}, {"reference", whole->reference}, {"shipment", std::to_string(shipment)}};
  announce(*whole, said);
  auto saved = co_await save(*whole, "a shipment came too late", std::to_string(shipment));
  if (!saved) co_return after_failed_save(saved.error());
  *whole = std::move(*saved);
  co_return outcome::done();
}

awaitable<result<parcel_content>> engine::impl::content_of(const portal_link* portal,
                                                           std::shared_ptr<parcels_at_hand> at, std::int64_t shipment,
                                                           std::string mine) {
  const auto self = shared_from_this();
  const sale::shipment* which = nullptr;
  const sale::order* o = order_of(*at, shipment, &which);
  if (o == nullptr) co_return fail(errc::unavailable, "the shipment is gone");
  bitrix24::deal_bundle bundle = at->bundle;
  keep_goods_of(bundle, *portal->settings, *o, *which);
  const auto& names = portal->settings->fields;
  const std::string& type = at->service[shipment];
  // The profile says how this one travels, and its own pickup point where.
  if (!type.empty() && !names.delivery_type.empty()) bundle.deal.fields[names.delivery_type] = type;
  if (!names.pickup_point.empty()) {
    auto values = co_await sale::property_values(portal->crm->shared_portal(), shipment);
    if (!values) co_return fail(values.error());
    for (const auto& v : *values)
      if (v.code == sale::point_property && !v.value.empty())
        bundle.deal.fields[names.pickup_point] = mapping::cut(v.value, 50);
  }
  parcel_content out;
  out.what = mapping::to_shipment(bundle, *portal->settings);
  fill_in(out.what, at->note);

  // Cash: the order's unpaid payments, or what the deal's field says of all; each parcel collects its part.
  std::vector<std::int64_t> taken;
  for (const record& r : at->records) {
    if (r.money_done.payment_ours) taken.push_back(r.money_done.payment);
    if (r.reference == mine || r.latest == status::cancelled) continue;
    for (const auto& c : r.money_done.cash)
      if (!c.shared) taken.push_back(c.id);
  }
  const std::vector<sale::order> only{*o};
  auto plan = plan_cash(only, taken);
  if (!plan) {
    out.what.obstacles.push_back({"bad_payments", {}});
    co_return out;
  }
  money sum;
  std::vector<std::int64_t> worths;
  std::size_t place = 0;
  const auto weigh = [&](const sale::order& one) {
    for (const auto& each : one.shipments) {
      if (each.id == shipment) place = worths.size();
      worths.push_back(worth_of(one, each));
    }
  };
  if (*plan) {
    sum = (*plan)->sum;
    weigh(*o);
    out.cash = std::move((*plan)->payments);
    for (auto& c : out.cash) c.shared = o->shipments.size() > 1;
  } else {
    sum = mapping::to_shipment(at->bundle, *portal->settings).what.cash_on_delivery;
    for (const auto& one : at->orders) weigh(one);
  }
  money part;
  part.minor = part_of(sum.minor, worths, place);
  part.currency = sum.currency;
  set_cash(out.what.what, part);
  co_return out;
}

} // namespace waybill::workflow
