// What a deal asks for: plan a shipment, change it, cancel it, return it, or quote a price.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/robots.hpp>

#include <fmt/format.h>

namespace waybill::workflow {

using store::phase;
using store::record;

namespace {

std::string fingerprint_of(shipment what, const std::string& reference) {
  own(what, reference);
  return fingerprint(what);
}

} // namespace

void own(shipment& what, const std::string& reference) {
  what.reference = reference;
  for (parcel& box : what.parcels) box.number = reference + "-" + box.number;
}

awaitable<outcome> engine::impl::look_at_deal(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  if (portal == nullptr || p.deal <= 0) {
    fault f{errc::internal, "the job names an unknown portal", {}, {}};
    co_return outcome::dead(std::move(f));
  }
  auto deal = co_await portal->crm->deal(p.deal);
  if (!deal) {
    if (deal.error().code == errc::not_found) co_return outcome::done(); // deleted meanwhile
    co_return outcome::retry(deal.error());
  }
  auto looked = co_await look_for_invoice(portal, p.deal, j.trace);
  if (!looked) co_return outcome::retry(looked.error());
  std::optional<record> held;
  if (stages_matter()) {
    auto read = co_await s->shipments->current(p.portal, p.deal);
    if (!read) co_return outcome::retry(read.error());
    if (*read) {
      auto noted = co_await note_stage(std::move(**read), deal->stage);
      if (!noted) co_return after_failed_save(noted.error());
      held = std::move(*noted);
    }
  }
  auto action = asked(*portal->settings, *deal);
  if (!action) { // the stage asks for nothing, but an automation rule may have
    auto note = co_await robot_note_of(s, p.portal, p.deal);
    if (!note) co_return outcome::retry(note.error());
    if (!note->ship) co_return outcome::done();
    action = config::trigger_action::ship;
  }
  job copy = j;
  bitrix24::deal same = *deal;
  auto parcels = co_await look_at_parcels(std::move(copy), std::move(same), *action);
  if (parcels) co_return std::move(*parcels);
  result<std::optional<record>> current = std::move(held);
  if (!*current) current = co_await s->shipments->current(p.portal, p.deal);
  if (!current) co_return outcome::retry(current.error());

  switch (*action) {
  case config::trigger_action::ship:
    co_return co_await ship(std::move(j), std::move(*deal), std::move(*current), p.forced);
  case config::trigger_action::cancel: co_return co_await cancel_shipment(std::move(*current), deal->moved, j.trace);
  case config::trigger_action::make_return:
    co_return co_await return_shipment(std::move(*current), deal->moved, j.trace);
  case config::trigger_action::quote: break;
  }
  // A quote needs the mapping only to choose the account; the job itself runs in the carrier's lane.
  auto bundle = co_await portal->crm->bundle(std::move(*deal));
  if (!bundle) co_return outcome::retry(bundle.error());
  const auto mapped = mapping::to_shipment(*bundle, *portal->settings);
  const auto route = mapping::route_for(*s->settings, p.portal, mapped.delivery_type, mapped.carrier);
  if (!route) co_return outcome::done();
  job next = quote_job(route->carrier, p.portal, p.deal, j.trace);
  auto queued = co_await s->jobs->enqueue(std::move(next), fmt::format("quote:{}:{}", p.portal, p.deal));
  if (!queued) co_return outcome::retry(queued.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::ship(job j, bitrix24::deal d, std::optional<record> current, bool forced) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  if (current) {
    // The portal's delivery form ordered it: its content is the form's, whatever the deal's fields say.
    if (current->state != phase::closed && current->request && current->request->from_form && !forced)
      co_return outcome::done();
    if (current->state == phase::closed) {
      if (current->latest != status::cancelled) co_return outcome::done(); // it has been carried
      // Cancelled: a deal that still stands where it stood asks for nothing new. Moved here again, or by an operator's
      // word, it ships anew. Without this our own note of the cancellation would order the parcel a second time.
      if (!forced && current->deal_moved == d.moved) co_return outcome::done();
    }
    const bool untouched = current->deal_digest == deal_digest(*portal->settings, d) &&
                           !current->deal_updated.empty() && current->deal_updated == d.updated;
    // Our own write-back fired this event: nothing in the deal is new. A shipment in trouble is always looked at again:
    // what was wrong may have been mended in the contact or the catalogue, which fire no event of the deal.
    if (untouched && !forced && current->state != phase::needs_attention && current->state != phase::closed)
      co_return outcome::done();
  }
  bitrix24::deal copy = d;
  auto bundle = co_await portal->crm->bundle(std::move(copy));
  if (!bundle) co_return outcome::retry(bundle.error());
  auto note = co_await robot_note_of(s, p.portal, p.deal);
  if (!note) co_return outcome::retry(note.error());
  fill_in(*portal->settings, *bundle, *note);
  leave_cost_row_out(*portal->settings, current, *bundle);
  *bundle = co_await with_goods(portal, std::move(*bundle));
  mapping::mapped m = mapping::to_shipment(*bundle, *portal->settings);
  fill_in(m, *note);
  // The store's unpaid cash payments say what is collected, before the deal's field.
  std::string mine;
  if (current && current->state != phase::closed) mine = current->reference;
  auto cash = co_await plan_cash_of(portal, d.id, 0, std::move(mine));
  if (!cash && cash.error().code == errc::bad_input) m.obstacles.push_back({"bad_payments", {}});
  else if (!cash) co_return outcome::retry(cash.error());
  std::vector<store::cash_payment> collected;
  if (cash && *cash) {
    set_cash(m.what, (*cash)->sum);
    collected = std::move((*cash)->payments);
  }
  fault_point("deal.read");

  if (!current || current->state == phase::closed || current->state == phase::planned ||
      current->state == phase::needs_attention) {
    if (current && current->state == phase::needs_attention && !forced) {
      // Nothing that concerns the shipment has changed: the same try would fail again.
      const bool same =
          m.obstacles.empty()
              ? current->trouble_now && current->trouble_now->fingerprint == fingerprint_of(m.what, current->reference)
              : current->trouble_now && current->trouble_now->key == m.obstacles.front().key;
      if (same) co_return outcome::done();
    }
    // Planned and not begun: its own job is on the way. Only another content is worth another plan.
    if (current && current->state == phase::planned && m.obstacles.empty() &&
        current->fingerprint == fingerprint_of(m.what, current->reference))
      co_return outcome::done();
    co_return co_await plan(std::move(j), std::move(d), std::move(m), std::move(current), std::move(collected));
  }
  co_return co_await change(std::move(j), std::move(d), std::move(m), std::move(*current), std::move(collected));
}

// A new shipment, or a new try of one that failed or was cancelled.
awaitable<outcome> engine::impl::plan(job j, bitrix24::deal d, mapping::mapped m, std::optional<record> current,
                                      std::vector<store::cash_payment> cash) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  record r;
  if (current && current->state != phase::closed) {
    r = std::move(*current);
  } else {
    r.portal = p.portal;
    r.deal = p.deal;
    r.attempt = current ? current->attempt + 1 : 1;
    r.reference = store::make_reference(r.portal, r.deal, r.attempt);
    r.created = now();
  }
  r.deal_digest = deal_digest(*portal->settings, d);
  r.deal_moved = d.moved;
  r.stage = d.stage;
  r.money_done.cash = std::move(cash);
  co_return co_await plan_record(std::move(j), std::move(r), std::move(m));
}

// The same for a record whose place in the deal is settled; the delivery form's requests come here directly.
awaitable<outcome> engine::impl::plan_record(job j, record r, mapping::mapped m) {
  const auto self = shared_from_this();
  const portal_link* portal = s->portal(r.portal);
  const bool was_in_trouble = r.trouble_now.has_value();
  r.trace = j.trace;
  r.what = std::move(m.what);
  own(r.what, r.reference);
  r.fingerprint = fingerprint(r.what);
  r.cancel_wanted = false;

  const auto route = mapping::route_for(*s->settings, r.portal, m.delivery_type, m.carrier);
  const auto trouble = [&](std::string key, text_values values) {
    store::trouble t;
    t.key = std::move(key);
    t.values = std::move(values);
    t.fingerprint = r.fingerprint;
    t.code = errc::bad_input;
    return t;
  };
  if (!m.obstacles.empty()) {
    store::trouble t = trouble(m.obstacles.front().key, m.obstacles.front().values);
    co_return co_await into_trouble(std::move(r), std::move(t), "the deal lacks something");
  }
  if (!route) {
    store::trouble t = trouble("no_route", {{"delivery_type", m.delivery_type}});
    co_return co_await into_trouble(std::move(r), std::move(t), "no route");
  }
  r.account = route->carrier;
  r.with = route->with;
  carrier_link* link = s->carrier_of(r.account);
  if (link == nullptr) {
    store::trouble t = trouble("no_account", {{"account", r.account}});
    t.whose = store::owner::operator_;
    co_return co_await into_trouble(std::move(r), std::move(t), "the account is not configured");
  }
  r.state = phase::planned;
  r.trouble_now.reset();
  r.order_id.clear();
  r.looks_pending = 0;
  if (link->api->can().progress && !r.stage.empty()) {
    progress p;
    p.stage = r.stage;
    r.progress_wanted = std::move(p);
  }
  r.label_wanted = portal->settings->attach_label && !portal->settings->fields.label.empty();
  r.label_done = false;
  std::vector<news> said;
  // What was assumed is told once, with the first plan.
  if (!was_in_trouble || r.version == 0)
    for (mapping::remark& note : m.remarks) said.push_back({std::move(note.key), std::move(note.values)});
  announce(r, said);
  r.write_due = false; // the lines go out with the order's own news: one visit to the portal less

  std::vector<store::next_job> jobs(1);
  jobs.front().what = carry_job(r);
  auto saved = co_await save(std::move(r), "planned", m.delivery_type, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  fault_point("deal.planned");
  co_return outcome::done();
}

// The deal of a shipment that the carrier already has was changed.
awaitable<outcome> engine::impl::change(job j, bitrix24::deal d, mapping::mapped m, record r,
                                        std::vector<store::cash_payment> cash) {
  const auto self = shared_from_this();
  const portal_link* portal = s->portal(r.portal);
  r.deal_digest = deal_digest(*portal->settings, d);
  r.deal_updated = d.updated;
  if (!m.obstacles.empty()) co_return outcome::done(); // an incomplete deal changes nothing of an order that runs
  own(m.what, r.reference);
  const std::string wish = fingerprint(m.what);
  const bool known =
      wish == r.fingerprint || wish == r.refused_fingerprint || (r.wanted && fingerprint(*r.wanted) == wish);
  std::vector<store::next_job> jobs;
  std::string note = "the deal was looked at again";
  if (!known) {
    carrier_link* link = s->carrier_of(r.account);
    const bool early = !r.latest || *r.latest == status::created;
    if (link != nullptr && link->api->can().updates && early) {
      r.wanted = std::move(m.what);
      r.money_done.cash = std::move(cash);
      r.trace = j.trace;
      note = "a change is wanted";
      jobs.resize(1);
      jobs.front().what = carry_job(r);
    } else {
      r.refused_fingerprint = wish;
      std::vector<news> said(1);
      said.front().key = "too_late_to_change";
      said.front().values = {{"carrier", title_of(r.account)}, {"reference", r.reference}};
      announce(r, said);
      note = "a change came too late";
    }
  }
  // What a system beside the carrier refused may have been mended in the deal.
  if (!r.with.empty()) jobs.emplace_back().what = beside_job(r, true);
  auto saved = co_await save(std::move(r), note, {}, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::cancel_shipment(std::optional<record> current, std::string move, std::string trace) {
  const auto self = shared_from_this();
  if (!current || current->state == phase::closed || current->cancel_wanted) co_return outcome::done();
  if (!move.empty() && current->asked_by_move == move) co_return outcome::done();
  record r = std::move(*current);
  r.trace = std::move(trace);
  if (!move.empty()) r.asked_by_move = std::move(move);
  r.cancel_wanted = true;
  std::vector<store::next_job> jobs;
  const bool unsent = r.order_id.empty() && !r.unclear;
  if (unsent && (r.state == phase::planned || r.state == phase::needs_attention)) {
    // The carrier knows nothing of it.
    r.state = phase::closed;
    r.latest = status::cancelled;
    r.latest_at = now();
    r.trouble_now.reset();
    r.cancel_wanted = false;
    plan_look(r, jobs, {});
    std::vector<news> said(1);
    said.front().key = "cancelled_before_sending";
    announce(r, said);
  } else {
    if (r.order_id.empty()) r.state = phase::submitting; // what was sent is looked for, and withdrawn if it is there
    jobs.resize(1);
    jobs.front().what = carry_job(r);
  }
  auto saved = co_await save(std::move(r), "cancel is wanted", {}, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::return_shipment(std::optional<record> current, std::string move, std::string trace) {
  const auto self = shared_from_this();
  if (!current || current->return_wanted || !current->return_order_id.empty()) co_return outcome::done();
  if (!move.empty() && current->asked_by_move == move) co_return outcome::done();
  if (current->latest != status::delivered && current->latest != status::partially_delivered) co_return outcome::done();
  record r = std::move(*current);
  r.trace = std::move(trace);
  if (!move.empty()) r.asked_by_move = std::move(move);
  r.return_wanted = true;
  std::vector<store::next_job> jobs(1);
  jobs.front().what = carry_job(r);
  auto saved = co_await save(std::move(r), "a return is wanted", {}, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::quote(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  carrier_link* link = s->carrier_of(std::string_view(j.lane).substr(std::string_view("carrier:").size()));
  if (portal == nullptr || link == nullptr) co_return outcome::done();
  auto deal = co_await portal->crm->deal(p.deal);
  if (!deal) co_return deal.error().code == errc::not_found ? outcome::done() : outcome::retry(deal.error());
  auto bundle = co_await portal->crm->bundle(std::move(*deal));
  if (!bundle) co_return outcome::retry(bundle.error());
  const auto mapped = mapping::to_shipment(*bundle, *portal->settings);
  std::string text;
  boost::json::object fields;
  if (!mapped.obstacles.empty()) {
    text = say(*portal->settings, mapped.obstacles.front().key, mapped.obstacles.front().values);
  } else {
    auto quotes = co_await link->api->quote_for(mapped.what);
    if (!quotes && is_transient(quotes.error().code)) co_return outcome::retry(quotes.error());
    if (!quotes || quotes->empty()) {
      text = say(*portal->settings, "quote_failed", {{"text", quotes ? std::string{} : quotes.error().what}});
    } else {
      const waybill::quote& best =
          *std::ranges::min_element(*quotes, {}, [](const waybill::quote& q) { return q.cost.minor; });
      const std::string days = best.days_min == best.days_max ? std::to_string(best.days_max)
                                                              : fmt::format("{}–{}", best.days_min, best.days_max);
      text = say(*portal->settings, "quote",
                 {{"carrier", title_of(link->account->id)},
                  {"cost", to_decimal(best.cost)},
                  {"currency", best.cost.currency},
                  {"days", days}});
      if (!portal->settings->fields.cost.empty()) fields[portal->settings->fields.cost] = to_decimal(best.cost);
    }
  }
  if (!fields.empty()) {
    auto written = co_await portal->crm->update_deal(p.deal, std::move(fields));
    if (!written) co_return outcome::retry(written.error());
  }
  // Told once: the text stands in the timeline when an earlier run got this far.
  auto there = co_await portal->crm->comments(p.deal);
  if (!there) co_return outcome::retry(there.error());
  if (!there->empty() && there->front().text == text) co_return outcome::done();
  auto said = co_await portal->crm->add_comment(p.deal, text);
  if (!said) co_return outcome::retry(said.error());
  co_return outcome::done();
}

} // namespace waybill::workflow
