// Systems beside the carrier: a warehouse or an ERP that holds the shipment too. Each half has a record of its own,
// with the same life as any shipment; this brings it in step with the carrier's half.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>

#include <fmt/format.h>

namespace waybill::workflow {

using store::phase;
using store::record;

namespace {

progress progress_of(const record& main, const std::string& title) {
  progress p;
  p.carrier = title;
  p.number = main.number;
  p.tracking_url = main.tracking_url;
  p.reached = main.latest;
  p.cost = main.cost;
  p.stage = main.stage;
  return p;
}

bool withdrawn(const record& main) { return main.state == phase::closed && main.latest == status::cancelled; }

} // namespace

std::string companions_digest(const record& main) {
  return fmt::format("{}|{}|{}|{}|{}|{}", main.fingerprint, main.number, main.tracking_url,
                     main.latest ? to_string(*main.latest) : "", main.cost ? main.cost->minor : 0, main.stage);
}

bool engine::impl::stages_matter() const {
  return std::ranges::any_of(s->carriers, [](const auto& one) { return one.second.api->can().progress; });
}

awaitable<result<record>> engine::impl::note_stage(record r, std::string stage) {
  const auto self = shared_from_this();
  carrier_link* link = s->carrier_of(r.account);
  const bool own = link != nullptr && link->api->can().progress;
  if (r.stage == stage || (!own && r.with.empty())) co_return r;
  r.stage = std::move(stage);
  std::vector<store::next_job> jobs;
  if (own) {
    progress p;
    p.stage = r.stage;
    r.progress_wanted = std::move(p);
    jobs.emplace_back().what = carry_job(r);
  }
  co_return co_await save(std::move(r), "the deal moved", {}, std::move(jobs));
}

awaitable<outcome> engine::impl::tell_companions(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  auto found = co_await s->shipments->find(p.reference);
  if (!found) co_return outcome::retry(found.error());
  if (!*found) co_return outcome::done();
  const record main = std::move(**found);
  for (const std::string& account : main.with) {
    record copy = main;
    std::string whom = account;
    auto told = co_await tell_companion(std::move(copy), std::move(whom), p.forced);
    if (told.kind != outcome::what::done) co_return told;
  }
  co_return outcome::done();
}

awaitable<outcome> engine::impl::tell_companion(record main, std::string account, bool forced) {
  const auto self = shared_from_this();
  carrier_link* link = s->carrier_of(account);
  if (link == nullptr) {
    log::warn("a route names an account that is not configured", {{"account", account}, {"ref", main.reference}});
    co_return outcome::done();
  }
  const std::string reference = store::make_companion_reference(main.reference, account);
  auto found = co_await s->shipments->find(reference);
  if (!found) co_return outcome::retry(found.error());
  if (!*found && withdrawn(main)) co_return outcome::done();
  record r;
  if (*found) {
    r = std::move(**found);
  } else {
    r.reference = reference;
    r.beside = main.reference;
    r.portal = main.portal;
    r.deal = main.deal;
    r.account = account;
    r.attempt = main.attempt;
    r.created = now();
  }
  r.trace = main.trace;
  if (withdrawn(main)) {
    std::string trace = main.trace;
    std::optional<record> half = std::move(r);
    co_return co_await cancel_shipment(std::move(half), {}, std::move(trace));
  }

  bool changed = !*found;
  shipment content = main.what;
  content.reference = reference;
  const std::string wish = fingerprint(content);
  const bool failed = r.state == phase::needs_attention;
  if (!*found || r.state == phase::planned || failed) {
    if (!*found || (failed ? forced || !r.trouble_now || r.trouble_now->fingerprint != wish : r.fingerprint != wish)) {
      r.what = std::move(content);
      r.fingerprint = wish;
      r.state = phase::planned;
      r.trouble_now.reset();
      changed = true;
    }
  } else if (r.state != phase::closed && wish != r.fingerprint && wish != r.refused_fingerprint &&
             !(r.wanted && fingerprint(*r.wanted) == wish) && link->api->can().updates) {
    r.wanted = std::move(content);
    changed = true;
  }
  if (link->api->can().progress) {
    progress p = progress_of(main, title_of(main.account));
    const auto& last = r.progress_wanted ? r.progress_wanted : r.progress_told;
    if (!last || *last != p) {
      r.progress_wanted = std::move(p);
      changed = true;
    }
  }
  if (!changed) co_return outcome::done();
  std::vector<store::next_job> jobs;
  jobs.emplace_back().what = carry_job(r);
  auto saved = co_await save(std::move(r), "in step with the carrier's half", {}, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  fault_point("beside.planned");
  co_return outcome::done();
}

awaitable<outcome> engine::impl::tell_progress(job j, record r, carrier_link* link) {
  const auto self = shared_from_this();
  progress p = *r.progress_wanted;
  auto answer = co_await link->api->tell_progress(r.order_id, std::move(p));
  fault_point("beside.told");
  if (!answer && (is_transient(answer.error().code) || answer.error().code == errc::forbidden ||
                  answer.error().code == errc::protocol || answer.error().code == errc::internal))
    co_return co_await carrier_failed(std::move(j), std::move(r), answer.error(), link, "progress");
  r.progress_told = std::move(r.progress_wanted);
  r.progress_wanted.reset();
  if (answer) co_return co_await store_order(std::move(r), std::move(*answer), link, "progress told");
  std::vector<news> said(1);
  said.front().key = "progress_refused";
  said.front().values = {{"carrier", title_of(r.account)}, {"reference", r.reference}, {"text", answer.error().what}};
  announce(r, said);
  auto saved = co_await save(std::move(r), "progress refused", answer.error().what);
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

// The deal's fields belong to the carrier's half: of this one the timeline is told.
awaitable<outcome> engine::impl::write_companion(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  auto told = co_await tell(portal, std::move(r));
  if (!told)
    co_return told.error().code == errc::conflict ? after_failed_save(told.error())
    : is_transient(told.error().code)             ? outcome::retry(told.error())
                                                  : outcome::dead(told.error());
  told->write_due = false;
  auto saved = co_await save(std::move(*told), "written back");
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

} // namespace waybill::workflow
