#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/offline.hpp>
#include <workflow/robots.hpp>

#include <fmt/format.h>

namespace waybill::workflow {
namespace {

constexpr std::size_t longest_outbox = 50;

awaitable<result<store::record>> must_find(std::shared_ptr<services> s, std::string reference) {
  auto found = co_await s->shipments->find(reference);
  if (!found) co_return fail(found.error());
  if (!*found) co_return fail(errc::not_found, "no shipment has the reference " + reference);
  co_return std::move(**found);
}

} // namespace

outcome after_failed_save(const fault& f) {
  if (f.code == errc::conflict) return outcome::later(collision_pause, f);
  return outcome::retry(f);
}

engine::engine(std::shared_ptr<services> s) : impl_(std::make_shared<impl>()) { impl_->s = std::move(s); }

queue::handler engine::handler() {
  return [self = *this](job j, context_ptr context) mutable { return self.run(std::move(j), std::move(context)); };
}

awaitable<outcome> engine::run(job j, context_ptr context) {
  const auto self = impl_;
  const std::string kind = j.kind;
  if (kind == "deal") co_return co_await self->look_at_deal(std::move(j));
  if (kind == "carry") co_return co_await self->carry(std::move(j), std::move(context));
  if (kind == "write") co_return co_await self->write_back(std::move(j));
  if (kind == "money") co_return co_await self->settle_money(std::move(j));
  if (kind == "label") co_return co_await self->print_label(std::move(j));
  if (kind == "beside") co_return co_await self->tell_companions(std::move(j));
  if (kind == "feed") co_return co_await self->read_feed(std::move(j));
  if (kind == "quote") co_return co_await self->quote(std::move(j));
  if (kind == "request") co_return co_await self->join_request(std::move(j));
  if (kind == "request_cancel") co_return co_await self->cancel_request(std::move(j));
  if (kind == "request_gone") co_return co_await self->forget_request(std::move(j));
  if (kind == "sweep") co_return co_await self->sweep(std::move(j));
  if (kind == "offline") co_return co_await fetch_offline(self->s, std::move(j));
  if (kind == "robot") {
    deal_look look = [self](job d) { return self->look_at_deal(std::move(d)); };
    co_return co_await run_robot(self->s, std::move(j), std::move(look));
  }
  fault f{errc::internal, "unknown kind of job: " + kind, {}, {}};
  co_return outcome::dead(std::move(f));
}

std::string engine::impl::title_of(std::string_view account) const {
  const auto it = s->carriers.find(account);
  return it == s->carriers.end() || it->second.type == nullptr ? std::string(account)
                                                               : std::string(it->second.type->title);
}

void engine::impl::announce(store::record& r, const std::vector<news>& said) const {
  const portal_link* portal = s->portal(r.portal);
  if (portal == nullptr) return;
  constexpr std::string_view mark = "@status:";
  for (const news& n : said) {
    // The parcel's way is told by the carrier's half.
    if (!r.beside.empty() && n.key == "status" && r.latest != status::cancelled) continue;
    // Without a deal there is no timeline: what the delivery request does not show by itself becomes its message.
    if (r.deal == 0 && is_told_by_request(n.key)) continue;
    text_values values = n.values;
    for (auto& [name, value] : values)
      if (value.starts_with(mark))
        if (const auto canonical = status_from(std::string_view(value).substr(mark.size())))
          value = status_name(*portal->settings, *canonical);
    store::notice line;
    line.id = r.next_notice++;
    line.kind = r.deal == 0 ? "message" : "comment";
    line.text = say(*portal->settings, n.key, values);
    r.outbox.push_back(std::move(line));
    r.write_due = true;
  }
  // A portal that is down for days must not let the record grow without end: the newest lines are what matters.
  if (r.outbox.size() > longest_outbox) r.outbox.erase(r.outbox.begin(), r.outbox.end() - longest_outbox);
}

void engine::impl::plan_look(store::record& r, std::vector<store::next_job>& jobs,
                             std::chrono::milliseconds wait) const {
  ++r.look_serial;
  if (wait.count() == 0) {
    r.next_look = instant{};
    return;
  }
  r.next_look = now() + wait;
  store::next_job look;
  look.what = carry_job(r, r.look_serial);
  look.delay = wait;
  jobs.push_back(std::move(look));
}

namespace {

// What still has to be sent has a job of its own. That can die with its processes, or of a portal that was down for
// hours: then the sweep finds the record by the time that is set here.
void keep_in_sight(store::record& r) {
  const bool to_send = r.state == store::phase::planned || r.state == store::phase::submitting;
  const bool to_tell = r.write_due && r.next_look == instant{};
  if (to_send || to_tell) r.next_look = now() + patience;
}

} // namespace

awaitable<result<store::record>> engine::impl::save(store::record r, std::string note, std::string detail,
                                                    std::vector<store::next_job> more) {
  const auto self = shared_from_this();
  if (r.write_due) {
    store::next_job write;
    write.what = write_job(r);
    more.push_back(std::move(write));
  }
  if (!r.with.empty()) {
    std::string digest = companions_digest(r);
    if (digest != r.with_told) {
      r.with_told = std::move(digest);
      more.emplace_back().what = beside_job(r);
    }
  }
  keep_in_sight(r);
  store::history_entry entry;
  entry.what = std::move(note);
  entry.detail = std::move(detail);
  log::info("shipment", {{"ref", r.reference},
                         {"deal", std::to_string(r.deal)},
                         {"portal", r.portal},
                         {"carrier", r.account},
                         {"state", to_string(r.state)},
                         {"step", entry.what},
                         {"trace", r.trace}});
  metrics::count("waybill_shipment_steps_total", {{"state", to_string(r.state)}});
  co_return co_await self->s->shipments->transition(std::move(r), std::move(entry), std::move(more));
}

awaitable<result<store::record>> engine::impl::save_quietly(store::record r, std::string note) {
  keep_in_sight(r);
  store::history_entry entry;
  entry.what = std::move(note);
  return s->shipments->transition(std::move(r), std::move(entry), {});
}

awaitable<result<void>> engine::retry(std::string reference) {
  const auto self = impl_;
  auto r = co_await must_find(self->s, std::move(reference));
  if (!r) co_return fail(r.error());
  const bool closed = r->state == store::phase::closed;
  if (closed && r->latest != status::cancelled)
    co_return fail(errc::conflict, "the shipment is closed: nothing is left to retry");
  auto jobs = self->s->jobs;
  if (!r->beside.empty()) {
    auto main = co_await must_find(self->s, r->beside);
    if (!main) co_return fail(main.error());
    job step = beside_job(*main, true);
    auto told = co_await jobs->enqueue(std::move(step));
    if (!told) co_return fail(told.error());
    co_return result<void>{};
  }
  job anew = deal_job(r->portal, r->deal, new_trace(), true);
  auto queued = co_await jobs->enqueue(std::move(anew));
  if (!queued) co_return fail(queued.error());
  if (!closed && r->state != store::phase::needs_attention) {
    job look = carry_job(*r);
    auto carried = co_await jobs->enqueue(std::move(look));
    if (!carried) co_return fail(carried.error());
  }
  co_return result<void>{};
}

awaitable<result<void>> engine::cancel(std::string reference) {
  const auto self = impl_;
  auto r = co_await must_find(self->s, std::move(reference));
  if (!r) co_return fail(r.error());
  if (r->state == store::phase::closed) co_return fail(errc::conflict, "the shipment is closed already");
  auto done = co_await self->cancel_shipment(std::move(*r), {}, new_trace());
  if (done.kind != outcome::what::done) co_return fail(done.why);
  co_return result<void>{};
}

awaitable<result<void>> engine::make_return(std::string reference) {
  const auto self = impl_;
  auto r = co_await must_find(self->s, std::move(reference));
  if (!r) co_return fail(r.error());
  auto done = co_await self->return_shipment(std::move(*r), {}, new_trace());
  if (done.kind != outcome::what::done) co_return fail(done.why);
  co_return result<void>{};
}

awaitable<result<label>> engine::print(std::string reference, label_kind kind) {
  const auto self = impl_;
  auto r = co_await must_find(self->s, std::move(reference));
  if (!r) co_return fail(r.error());
  carrier_link* link = self->s->carrier_of(r->account);
  if (link == nullptr) co_return fail(errc::not_found, "the carrier account " + r->account + " is not configured");
  if (r->order_id.empty()) co_return fail(errc::conflict, "the carrier has no order of this shipment yet");
  co_return co_await link->api->make_label(r->order_id, kind);
}

awaitable<result<std::string>> engine::call_courier(std::string reference, courier_request when) {
  const auto self = impl_;
  auto r = co_await must_find(self->s, std::move(reference));
  if (!r) co_return fail(r.error());
  carrier_link* link = self->s->carrier_of(r->account);
  if (link == nullptr) co_return fail(errc::not_found, "the carrier account " + r->account + " is not configured");
  if (r->order_id.empty()) co_return fail(errc::conflict, "the carrier has no order of this shipment yet");
  when.order_id = r->order_id;
  co_return co_await link->api->request_courier(std::move(when));
}

awaitable<void> engine::sweep_all(bool at_once) {
  const auto self = impl_;
  for (const auto& [id, portal] : self->s->portals) {
    // One process per interval: the mark lives a little shorter than the interval.
    const auto ttl = portal.settings->sweep_interval * 9 / 10;
    auto mine = co_await self->s->values->take("sweep:" + id, "1", ttl);
    if (!at_once && (!mine || !*mine)) continue;
    job next = sweep_job(id);
    auto queued = co_await self->s->jobs->enqueue(std::move(next), "sweep:" + id);
    if (!queued) log::warn("the sweep could not be queued", {{"portal", id}, {"why", queued.error().what}});
  }
}

awaitable<void> engine::keep_webhooks() {
  const auto self = impl_;
  for (auto& [id, link] : self->s->carriers) {
    if (!link.api->can().webhooks || link.webhook_url.empty()) continue;
    const std::string url = link.webhook_url;
    // The mark holds for one address: a new public_url or secret is subscribed at once. The hash keeps the secret out
    // of Redis.
    const std::string mark = fmt::format("webhooks:{}:{:x}", id, std::hash<std::string>{}(url));
    auto mine = co_await self->s->values->take(mark, "1", std::chrono::hours(23));
    if (!mine || !*mine) continue;
    auto done = co_await link.api->keep_webhooks(url);
    if (done) {
      log::info("webhook subscriptions are in place", {{"carrier", id}, {"what", *done}});
      continue;
    }
    log::warn("webhook subscriptions could not be checked", {{"carrier", id}, {"why", done.error().what}});
    auto forgotten = co_await self->s->values->forget(mark); // the next round tries again
    if (!forgotten) log::warn("the mark of the webhooks' check could not be removed", {{"carrier", id}});
  }
}

} // namespace waybill::workflow
