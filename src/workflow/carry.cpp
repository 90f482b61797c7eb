// The next step of a shipment at its carrier. `submitting` is written before the carrier is called, so whoever comes
// after a crash knows that the carrier must be asked first.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/learn.hpp>

namespace waybill::workflow {

using store::phase;
using store::record;
using steady = std::chrono::steady_clock;

namespace {

// Pauses between two questions about an order whose create got no answer.
constexpr std::chrono::milliseconds settle_pause{5'000};
// For so long after a create nonsense in answer to a lookup is taken for a bad moment of the carrier.
constexpr std::chrono::milliseconds nonsense_patience{2 * 60'000};

} // namespace

bool looks_up(const capabilities& can) {
  return can.guard == create_guard::lookup_by_reference || can.guard == create_guard::both;
}

awaitable<outcome> engine::impl::carry(job j, context_ptr context) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  auto found = co_await s->shipments->find(p.reference);
  if (!found) co_return outcome::retry(found.error());
  if (!*found) co_return outcome::done();
  record r = std::move(**found);
  if (p.look != 0 && p.look != r.look_serial) co_return outcome::done(); // a newer look is planned
  carrier_link* link = s->carrier_of(r.account);
  if (link == nullptr) {
    if (r.trouble_now) co_return outcome::done();
    store::trouble t;
    t.key = "no_account";
    t.values = {{"account", r.account}};
    t.whose = store::owner::operator_;
    co_return co_await into_trouble(std::move(r), std::move(t), "the account is gone");
  }
  if (const auto pause = link->breaker.refuse(steady::now())) {
    fault f{errc::unavailable, "the carrier keeps failing: its circuit breaker is open", {}, {}};
    co_return outcome::later(*pause, std::move(f));
  }

  if (names_another_order(r, p.order)) {
    auto done = co_await follow_name(&r, p.order, link);
    if (done) co_return std::move(*done);
  }
  switch (r.state) {
  case phase::planned:
    // Whatever led back here: a create that may have been carried out is looked for before another is sent.
    if (r.unclear && looks_up(link->api->can()))
      co_return co_await settle(std::move(j), std::move(context), std::move(r), link);
    co_return co_await submit(std::move(j), std::move(context), std::move(r), link);
  case phase::submitting: co_return co_await settle(std::move(j), std::move(context), std::move(r), link);
  case phase::needs_attention:
    if (!r.trouble_now || r.trouble_now->whose != store::owner::operator_ || !r.order_id.empty() || p.look == 0)
      co_return outcome::done();
    r.state = phase::submitting; // the operator's trouble may be over; what was sent before is looked for first
    co_return co_await settle(std::move(j), std::move(context), std::move(r), link);
  case phase::closed:
    // Withdrawn before anything was sent, while this job was waiting.
    if (r.order_id.empty()) co_return outcome::done();
    break;
  case phase::submitted:
  case phase::confirmed: break;
  }
  const bool act = (r.cancel_wanted && !r.cancel_sent) || (r.wanted && !r.update_sent) ||
                   (r.return_wanted && r.return_order_id.empty());
  if (!act && r.progress_wanted && !r.order_id.empty() && r.state != phase::submitted)
    co_return co_await tell_progress(std::move(j), std::move(r), link);
  // An order that is not judged yet can be neither changed nor withdrawn.
  if (act && r.state != phase::submitted) co_return co_await change_at_carrier(std::move(j), std::move(r), link);
  co_return co_await look(std::move(j), std::move(r), link);
}

awaitable<outcome> engine::impl::submit(job j, context_ptr context, record r, carrier_link* link) {
  const auto self = shared_from_this();
  r.state = phase::submitting;
  r.unclear = true;
  r.submit_began = now();
  ++r.submit_count;
  std::vector<store::next_job> jobs;
  auto saved = co_await save(std::move(r), "submitting");
  if (!saved) co_return after_failed_save(saved.error());
  r = std::move(*saved);
  if (!context->lease_valid()) co_return outcome::later(collision_pause);
  fault_point("carry.submitting");

  shipment what = r.what;
  auto order = co_await link->api->create_order(std::move(what));
  fault_point("carry.created");
  learn(link, order);
  if (order) co_return co_await store_order(std::move(r), std::move(*order), link, "submitted");

  fault f = order.error();
  switch (f.code) {
  case errc::outcome_unknown:
  case errc::timeout: {
    // Stays `submitting`: the next run asks before it repeats. Until this moment the create may have been on its way,
    // so the carrier's time to show it begins now.
    r.submit_began = now();
    auto kept = co_await save_quietly(std::move(r), "no answer");
    if (!kept) co_return after_failed_save(kept.error());
    r = std::move(*kept);
    co_return co_await settle(std::move(j), std::move(context), std::move(r), link);
  }
  case errc::conflict:
    if (looks_up(link->api->can())) co_return co_await settle(std::move(j), std::move(context), std::move(r), link);
    [[fallthrough]];
  case errc::address:
  case errc::bad_input:
  case errc::rejected:
  case errc::not_found: {
    r.unclear = false;
    store::trouble t = trouble_of(r, f, title_of(r.account));
    co_return co_await into_trouble(std::move(r), std::move(t), "refused");
  }
  case errc::protocol:
  case errc::internal:
    // An answer that nobody understands may still mean an order.
    if (r.submit_count < most_unclear_submits)
      co_return co_await settle(std::move(j), std::move(context), std::move(r), link);
    co_return co_await carrier_failed(std::move(j), std::move(r), std::move(f), link, "create");
  case errc::throttled:
  case errc::unavailable:
  case errc::cancelled:
  case errc::forbidden: break;
  }
  // Surely not carried out.
  r.state = phase::planned;
  r.unclear = false;
  co_return co_await carrier_failed(std::move(j), std::move(r), std::move(f), link, "create");
}

// A create whose outcome is not known: our number decides.
awaitable<outcome> engine::impl::settle(job j, context_ptr context, record r, carrier_link* link) {
  const auto self = shared_from_this();
  const capabilities& can = link->api->can();
  if (!looks_up(can)) {
    if (can.guard == create_guard::refuses_duplicates)
      co_return co_await submit(std::move(j), std::move(context), std::move(r), link);
    fault unknown{errc::outcome_unknown, "the answer to the create was lost", {}, {}};
    store::trouble t = trouble_of(r, unknown, title_of(r.account));
    co_return co_await into_trouble(std::move(r), std::move(t), "outcome unknown");
  }
  auto order = co_await link->api->find_order(r.reference);
  learn(link, order);
  if (!order) {
    fault f = order.error();
    const auto pause = std::max(settle_pause, f.retry_after);
    const bool bad_moment = f.code == errc::protocol && now() - r.submit_began < nonsense_patience;
    if (is_transient(f.code) || bad_moment) co_return outcome::later(pause, std::move(f));
    co_return co_await carrier_failed(std::move(j), std::move(r), std::move(f), link, "find");
  }
  if (*order && (*order)->phase != order_phase::refused)
    co_return co_await store_order(std::move(r), std::move(**order), link, "adopted");
  if (*order && (*order)->refusal.code == errc::conflict) {
    auto named = co_await named_order(r, link);
    if (!named) co_return outcome::later(settle_pause, std::move(named.error()));
    if (*named) co_return co_await adopt(std::move(r), std::move(**named), link);
    // Our number is taken, and the lookup shows only the refused twin: only a person can tell.
    store::trouble t = trouble_of(r, (*order)->refusal, title_of(r.account));
    co_return co_await into_trouble(std::move(r), std::move(t), "the number is taken");
  }
  // Nothing there yet. It may still be on its way: the carrier says for how long.
  const auto since = now() - r.submit_began;
  const auto settles = link->account->settle_time.value_or(can.lookup_settles_after);
  if (since < settles) {
    fault f{errc::outcome_unknown, "waiting for the carrier to show the order", {}, {}};
    co_return outcome::later(std::min<std::chrono::milliseconds>(
                                 settle_pause, settles - std::chrono::duration_cast<std::chrono::milliseconds>(since)),
                             std::move(f));
  }
  if (r.cancel_wanted) {
    // Nothing came of it, and nobody wants it any more.
    carrier_order gone;
    gone.phase = order_phase::cancelled;
    co_return co_await store_order(std::move(r), std::move(gone), link, "cancelled");
  }
  co_return co_await submit(std::move(j), std::move(context), std::move(r), link);
}

awaitable<outcome> engine::impl::look(job j, record r, carrier_link* link) {
  const auto self = shared_from_this();
  auto order = co_await link->api->order(r.order_id);
  learn(link, order);
  if (!order) {
    fault f = order.error();
    // Withdrawn: by us, or by somebody in the carrier's own cabinet.
    if (f.code == errc::not_found) {
      carrier_order gone;
      gone.phase = order_phase::cancelled;
      co_return co_await store_order(std::move(r), std::move(gone), link, "cancelled");
    }
    co_return co_await carrier_failed(std::move(j), std::move(r), std::move(f), link, "look");
  }
  if (r.state == phase::submitted && order->phase == order_phase::refused && order->refusal.code == errc::conflict) {
    auto twin = co_await living_twin(r, link);
    if (!twin) co_return outcome::retry(std::move(twin.error()));
    if (*twin) co_return co_await adopt(std::move(r), std::move(**twin), link);
  }
  // The way back is an order of its own; its end is the end of the shipment.
  if (!order->return_order_id.empty() && r.latest == status::returning) {
    auto back = co_await link->api->order(order->return_order_id);
    if (back)
      for (tracking_event& e : back->events)
        if (e.canonical == status::returned) order->events.push_back(std::move(e));
  }
  co_return co_await store_order(std::move(r), std::move(*order), link, "looked");
}

awaitable<outcome> engine::impl::store_order(record r, carrier_order o, carrier_link* link, std::string note) {
  const auto self = shared_from_this();
  const phase before = r.state;
  const applied news = apply_order(r, o, title_of(r.account));
  announce(r, news.said);
  r.looked = now();
  std::vector<store::next_job> jobs;
  plan_look(r, jobs, next_look(r, *link->account, link->api->can(), r.looked));
  if (r.state == phase::submitted && r.looks_pending == 6) {
    // It takes unusually long: the manager should know that nothing is lost.
    std::vector<workflow::news> wait(1);
    wait.front().key = "order_pending";
    wait.front().values = {{"carrier", title_of(r.account)}, {"reference", r.reference}};
    announce(r, wait);
  }
  if (r.state == phase::confirmed && before != phase::confirmed) {
    if (r.label_wanted && !r.label_done && link->api->can().labels) {
      store::next_job print;
      print.what = label_job(r);
      jobs.push_back(std::move(print));
    }
    // What a person asked for while the carrier was still judging.
    if (r.cancel_wanted || r.wanted) jobs.emplace_back().what = carry_job(r);
  }
  if (r.progress_wanted && r.state != phase::submitted && r.state != phase::needs_attention)
    jobs.emplace_back().what = carry_job(r);
  if (r.state == phase::needs_attention && before != phase::needs_attention) {
    store::trouble t = *r.trouble_now;
    co_return co_await into_trouble(std::move(r), std::move(t), "refused");
  }
  const std::string detail = r.latest ? std::string(to_string(*r.latest)) : std::string{};
  fault_point("carry.answered");
  const std::string_view reached = to_string(r.state);
  auto saved = co_await save(std::move(r), std::move(note), detail, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  fault_point(reached == "submitted" ? "carry.submitted" : "carry.stored");
  co_return outcome::done();
}

awaitable<outcome> engine::impl::carrier_failed(job j, record r, fault f, carrier_link* link, std::string operation) {
  const auto self = shared_from_this();
  log::warn("the carrier's call failed", {{"carrier", link->account->id},
                                          {"operation", operation},
                                          {"ref", r.reference},
                                          {"code", to_string(f.code)},
                                          {"what", f.what},
                                          {"trace", j.trace}});
  const bool last = j.attempt + 1 >= s->settings->jobs.max_attempts;
  const bool create = r.order_id.empty();
  if (is_transient(f.code) && !last) {
    if (create) {
      auto saved = co_await save(std::move(r), operation + " failed", f.what);
      if (!saved) co_return after_failed_save(saved.error());
    }
    co_return outcome::retry(std::move(f));
  }
  if (create) {
    store::trouble t = trouble_of(r, f, title_of(r.account));
    co_return co_await into_trouble(std::move(r), std::move(t), operation + " failed");
  }
  // Following goes on by the schedule; the operator sees the dead letter of this look.
  std::vector<store::next_job> jobs;
  plan_look(r, jobs,
            std::max<std::chrono::milliseconds>(next_look(r, *link->account, link->api->can(), now()),
                                                std::chrono::minutes(15)));
  auto saved = co_await save(std::move(r), operation + " failed", f.what, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::dead(std::move(f));
}

awaitable<outcome> engine::impl::into_trouble(record r, store::trouble t, std::string note) {
  const auto self = shared_from_this();
  const bool told = r.trouble_now && r.trouble_now->key == t.key && r.trouble_now->peer_text == t.peer_text &&
                    r.version > 0 && r.stored_state == phase::needs_attention;
  r.state = phase::needs_attention;
  r.trouble_now = std::move(t);
  metrics::count("waybill_troubles_total",
                 {{"owner", to_string(r.trouble_now->whose)}, {"code", to_string(r.trouble_now->code)}});
  if (!told) {
    if (const portal_link* portal = s->portal(r.portal)) {
      const std::string text = explain(*portal->settings, *r.trouble_now);
      const auto add = [&](std::string kind) {
        store::notice line;
        line.id = r.next_notice++;
        line.kind = std::move(kind);
        line.text = text;
        r.outbox.push_back(std::move(line));
      };
      add("comment");
      if (r.trouble_now->whose == store::owner::manager && portal->settings->todo_on_failure) add("todo");
      if (portal->settings->notify_responsible) add("notify");
    }
  }
  r.write_due = true;
  std::vector<store::next_job> jobs;
  carrier_link* link = s->carrier_of(r.account);
  plan_look(r, jobs,
            link == nullptr ? std::chrono::milliseconds{0} : next_look(r, *link->account, link->api->can(), now()));
  const std::string detail = r.trouble_now->key;
  auto saved = co_await save(std::move(r), std::move(note), detail, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

} // namespace waybill::workflow
