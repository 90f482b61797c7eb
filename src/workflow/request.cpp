// What managers order with the portal's own delivery button: joined with the deal's shipment, so that the button and
// the stage lead to one order, whichever comes first. Runs in the order of the deal's other jobs.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/parcels.hpp>

#include <algorithm>

namespace waybill::workflow {

using store::kept_request;
using store::phase;
using store::record;
using store::request_state;

namespace {

bool belongs(const record& r, const kept_request& k) { return r.request && r.request->request_id == k.request_id; }

// What this request is about among the deal's parcels: the one that has it already, else those that the stage made of
// its shipments, else one that the stage made of the whole deal. Ours to take are only those that no request has.
struct partners {
  std::optional<record> main;
  std::vector<record> merged; // unsent parcels whose goods travel in the main one now
  bool incomplete{false};     // some of the request's shipments are neither in it nor in another parcel
};
partners partners_of(std::vector<record> all, const kept_request& k) {
  partners out;
  std::vector<record> made, whole;
  for (record& r : all) {
    if (belongs(r, k)) {
      out.main = std::move(r);
      return out;
    }
    if (r.request || r.state == phase::closed || r.cancel_wanted) continue;
    if (std::ranges::any_of(k.shipments, [&](std::int64_t id) { return stands_for(r, id); }))
      made.push_back(std::move(r));
    else if (r.in_store.shipments.empty()) whole.push_back(std::move(r));
  }
  if (made.empty()) {
    if (!whole.empty()) out.main = std::move(whole.front());
    return out;
  }
  // One that the carrier has stays what it is, and the others beside it; else the form's content is all of theirs.
  const auto sent = std::ranges::find_if_not(made, is_unsent);
  if (sent != made.end()) {
    out.incomplete = sent->in_store.own_content && !std::ranges::all_of(k.shipments, [&](std::int64_t id) {
                       return std::ranges::any_of(made, [&](const record& r) { return stands_for(r, id); });
                     });
    out.main = std::move(*sent);
    return out;
  }
  out.main = std::move(made.front());
  made.erase(made.begin());
  out.merged = std::move(made);
  return out;
}

std::int64_t next_attempt(const std::vector<record>& all) {
  std::int64_t last = 0;
  for (const record& r : all) last = std::max(last, r.attempt);
  return last + 1;
}

// The form has no e-mail, comment or company, and perhaps no phone: the deal may.
void complete(shipment& what, const mapping::mapped& of_deal) {
  const auto fill = [](std::string& to, const std::string& from) {
    if (to.empty()) to = from;
  };
  const party& known = of_deal.what.recipient;
  fill(what.recipient.name, known.name);
  fill(what.recipient.company, known.company);
  fill(what.recipient.email, known.email);
  if (what.recipient.phone.empty()) {
    what.recipient.phone = known.phone;
    what.recipient.phone_extension = known.phone_extension;
  }
  fill(what.comment, of_deal.what.comment);
}

} // namespace

awaitable<outcome> engine::impl::join_request(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  if (portal == nullptr) co_return outcome::done();
  auto found = co_await s->requests->find(p.portal, p.request);
  if (!found) co_return outcome::retry(found.error());
  if (!*found || (*found)->state != request_state::live) co_return outcome::done();
  kept_request k = std::move(**found);
  auto all = co_await s->shipments->all_of(k.portal, k.deal, k.order);
  if (!all) co_return outcome::retry(all.error());
  const std::int64_t attempt = next_attempt(*all);
  partners found_among = partners_of(std::move(*all), k);
  std::optional<record> r = std::move(found_among.main);
  if (!r && k.cancel_wanted) co_return outcome::done(); // its own job ends it

  if (r && !belongs(*r, k) && !is_unsent(*r)) {
    // The stage was first: the order is on its way, and the form is told of it.
    store::delivery_request one;
    one.delivery_id = k.delivery_id;
    one.request_id = k.request_id;
    one.order = k.order;
    r->request = std::move(one);
    if (r->in_store.shipments.empty()) r->in_store.shipments = k.shipments;
    r->write_due = true;
    std::vector<store::next_job> more;
    if (found_among.incomplete) more.emplace_back().what = deal_job(k.portal, k.deal, j.trace);
    auto saved = co_await save(std::move(*r), "joined by the delivery form", k.request_id, std::move(more));
    if (!saved) co_return after_failed_save(saved.error());
    r = std::move(*saved);
  } else {
    // Before the form's content holds their goods: a crash in between leaves one parcel too few for a moment, not one
    // too many.
    for (record& other : found_among.merged) {
      other.in_store.shipments.clear(); // they are the main one's now, or nobody's until the next look
      auto gone = co_await cancel_shipment(std::move(other), {}, j.trace);
      if (gone.kind != outcome::what::done) co_return gone;
    }
    if (!r) {
      r.emplace();
      r->portal = k.portal;
      r->deal = k.deal;
      r->attempt = attempt;
      r->reference = k.deal != 0 ? store::make_reference(k.portal, k.deal, attempt)
                                 : store::make_shop_reference(k.portal, k.shipments.front(), attempt);
      r->created = now();
    }
    if (!belongs(*r, k)) {
      store::delivery_request one;
      one.delivery_id = k.delivery_id;
      one.request_id = k.request_id;
      one.order = k.order;
      one.from_form = true;
      r->request = std::move(one);
      r->in_store.shipments = k.shipments;
    }
    const std::string reference = r->reference;
    if (r->request->from_form) {
      kept_request copy = k;
      auto planned = co_await change_by_form(std::move(j), std::move(copy), std::move(*r));
      if (planned.kind != outcome::what::done) co_return planned;
    }
    auto now_stored = co_await s->shipments->find(reference);
    if (!now_stored) co_return outcome::retry(now_stored.error());
    if (!*now_stored || !belongs(**now_stored, k)) co_return outcome::done();
    r = std::move(*now_stored);
  }
  fault_point("request.joined");
  auto known = co_await s->requests->set_reference(k.portal, k.request_id, r->reference);
  if (!known && known.error().code != errc::conflict) co_return outcome::retry(known.error());
  co_return outcome::done();
}

// The form's content becomes the shipment's: planned when nothing was sent, else told to the carrier as a change.
awaitable<outcome> engine::impl::change_by_form(job j, kept_request k, record r) {
  const auto self = shared_from_this();
  const portal_link* portal = s->portal(r.portal);
  mapping::mapped m;
  m.what = k.what;
  m.delivery_type = k.what.service;
  if (k.deal != 0) {
    auto deal = co_await portal->crm->deal(k.deal);
    if (!deal && deal.error().code != errc::not_found) co_return outcome::retry(deal.error());
    if (deal) {
      r.deal_digest = deal_digest(*portal->settings, *deal);
      r.deal_moved = deal->moved;
      r.stage = deal->stage;
      auto bundle = co_await portal->crm->bundle(std::move(*deal));
      if (!bundle) co_return outcome::retry(bundle.error());
      const auto of_deal = mapping::to_shipment(*bundle, *portal->settings);
      complete(m.what, of_deal);
      m.carrier = of_deal.carrier;
    }
  }
  if (m.what.recipient.name.empty()) m.obstacles.push_back({"missing_name", {}});
  if (m.what.recipient.phone.empty()) m.obstacles.push_back({"missing_phone", {}});

  auto cash = co_await plan_cash_of(portal, k.deal, k.order, r.reference);
  if (!cash && cash.error().code == errc::bad_input) m.obstacles.push_back({"bad_payments", {}});
  else if (!cash) co_return outcome::retry(cash.error());
  std::vector<store::cash_payment> collected;
  if (cash && *cash) {
    set_cash(m.what, (*cash)->sum);
    collected = std::move((*cash)->payments);
  }

  if (is_unsent(r)) r.money_done.cash = collected;
  if (is_unsent(r)) co_return co_await plan_record(std::move(j), std::move(r), std::move(m));
  own(m.what, r.reference);
  const std::string wish = fingerprint(m.what);
  carrier_link* link = s->carrier_of(r.account);
  const bool early = !r.latest || *r.latest == status::created;
  const bool known = wish == r.fingerprint || wish == r.refused_fingerprint || !m.obstacles.empty();
  std::vector<store::next_job> jobs;
  if (!known && early && link != nullptr && link->api->can().updates) {
    r.wanted = std::move(m.what);
    r.money_done.cash = std::move(collected);
    jobs.resize(1);
    jobs.front().what = carry_job(r);
  }
  r.write_due = true;
  auto saved = co_await save(std::move(r), "ordered by the delivery form", k.request_id, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::cancel_request(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  if (s->portal(p.portal) == nullptr) co_return outcome::done();
  auto found = co_await s->requests->find(p.portal, p.request);
  if (!found) co_return outcome::retry(found.error());
  if (!*found || (*found)->state != request_state::live) co_return outcome::done();
  const kept_request k = **found;
  auto all = co_await s->shipments->all_of(k.portal, k.deal, k.order);
  if (!all) co_return outcome::retry(all.error());
  const auto mine = std::ranges::find_if(*all, [&](const record& r) { return belongs(r, k); });
  if (mine == all->end()) { // it never became a shipment
    auto over = co_await s->requests->set_cancelled(k.portal, k.request_id);
    if (!over) co_return outcome::retry(over.error());
    job gone = request_job(k, "request_gone");
    auto later = co_await s->jobs->enqueue_later(std::move(gone), answer_is_there);
    if (!later) co_return outcome::retry(later.error());
    co_return outcome::done();
  }
  record r = std::move(*mine);
  if (!r.request->cancel_asked) {
    r.request->cancel_asked = true;
    r.write_due = true;
    auto marked =
        co_await save(std::move(r), "the delivery form asks for a cancel"); // the write-back tells the outcome
    if (!marked) co_return after_failed_save(marked.error());
    r = std::move(*marked);
  }
  if (r.state == phase::closed) co_return outcome::done();
  if (r.cancel_wanted && !r.cancel_sent && !r.order_id.empty()) { // the button once more: now, not at the next look
    job again = carry_job(r);
    auto queued = co_await s->jobs->enqueue(std::move(again), "carry:" + r.reference);
    co_return queued ? outcome::done() : outcome::retry(queued.error());
  }
  co_return co_await cancel_shipment(std::move(r), {}, j.trace);
}

// The portal's request has no further use: it is dropped there too, which frees its shipments for another order.
awaitable<outcome> engine::impl::forget_request(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  if (portal == nullptr) co_return outcome::done();
  auto found = co_await s->requests->find(p.portal, p.request);
  if (!found) co_return outcome::retry(found.error());
  if (!*found || (*found)->state == request_state::live) co_return outcome::done();
  auto gone =
      co_await bitrix24::delete_delivery_request(portal->crm->shared_portal(), (*found)->delivery_id, p.request);
  if (gone || gone.error().code == errc::not_found) co_return outcome::done();
  co_return is_transient(gone.error().code) ? outcome::retry(gone.error()) : outcome::dead(gone.error());
}

} // namespace waybill::workflow
