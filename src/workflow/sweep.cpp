// What no event announced: deals in a shipping stage without an order, shipments whose planned look was lost.
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>

#include <charconv>

#include <fmt/format.h>

namespace waybill::workflow {

namespace {

constexpr std::int64_t page = 50;
constexpr int most_pages = 200; // 10,000 deals: more than a stage holds; the next sweep goes on
constexpr std::chrono::hours longest_look_back{24 * 14};

std::string swept_key(const std::string& portal) { return "swept:" + portal; }

// Moves of deals are looked for since a little before the last sweep that came to its end: a daemon that was down for
// days heals what it missed.
instant look_back(const std::optional<std::string>& last, instant begun, std::chrono::milliseconds interval) {
  instant since = begun - interval * 3;
  std::int64_t ms = 0;
  if (last && std::from_chars(last->data(), last->data() + last->size(), ms).ec == std::errc{})
    since = std::min(since, instant{std::chrono::milliseconds{ms}} - interval);
  return std::max(since, begun - longest_look_back);
}

} // namespace

awaitable<outcome> engine::impl::sweep(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  if (portal == nullptr) co_return outcome::done();

  const instant begun = now();
  auto last = co_await s->values->get(swept_key(p.portal));
  if (!last) co_return outcome::retry(last.error());
  std::map<std::int64_t, std::vector<std::string>> shipping, moved;
  for (const auto& t : portal->settings->triggers) {
    if (t.action == config::trigger_action::quote) continue;
    const std::string stage = stage_in(t.category, t.stage);
    if (t.action == config::trigger_action::ship) shipping[t.category].push_back(stage);
    // With shipments of the portal's store a deal that has an order may still lack another.
    if (t.action != config::trigger_action::ship || portal->settings->service) moved[t.category].push_back(stage);
  }
  std::int64_t found = 0;
  const auto queue_deal = [&p](std::int64_t deal) -> job { return deal_job(p.portal, deal, new_trace()); };
  for (auto& [category, stages] : shipping) {
    std::int64_t after = 0;
    for (int i = 0; i < most_pages; ++i) {
      auto deals = co_await portal->crm->deals_without_order(category, stages, after);
      if (!deals) co_return outcome::retry(deals.error());
      for (const auto& d : *deals) {
        after = std::max(after, d.id);
        job next = queue_deal(d.id);
        auto queued = co_await s->jobs->enqueue(std::move(next), deal_merge_key(p.portal, d.id));
        if (!queued) co_return outcome::retry(queued.error());
        found += *queued ? 1 : 0;
      }
      if (std::ssize(*deals) < page) break;
    }
  }
  // Cancels, returns, further parcels: the deals that reached such a stage lately.
  const instant since = look_back(*last, begun, portal->settings->sweep_interval);
  for (auto& [category, stages] : moved) {
    std::int64_t after = 0;
    for (int i = 0; i < most_pages; ++i) {
      auto deals = co_await portal->crm->deals_moved_since(category, stages, since, after);
      if (!deals) co_return outcome::retry(deals.error());
      for (const auto& d : *deals) {
        after = std::max(after, d.id);
        job next = queue_deal(d.id);
        auto queued = co_await s->jobs->enqueue(std::move(next), deal_merge_key(p.portal, d.id));
        if (!queued) co_return outcome::retry(queued.error());
        found += *queued ? 1 : 0;
      }
      if (std::ssize(*deals) < page) break;
    }
  }

  auto late = co_await s->shipments->overdue(std::chrono::minutes(5), 1000);
  if (!late) co_return outcome::retry(late.error());
  for (const std::string& reference : *late) {
    auto r = co_await s->shipments->find(reference);
    if (!r) co_return outcome::retry(r.error());
    if (!*r || (*r)->portal != p.portal) continue;
    auto queued = co_await take_up(std::move(**r));
    if (!queued) co_return outcome::retry(queued.error());
    found += *queued ? 1 : 0;
  }
  std::string stamp = std::to_string(begun.time_since_epoch().count());
  auto noted = co_await s->values->put(swept_key(p.portal), std::move(stamp), std::chrono::milliseconds{0});
  if (!noted) co_return outcome::retry(noted.error());
  metrics::count("waybill_sweep_found_total", {{"portal", p.portal}}, static_cast<double>(found));
  log::info("swept", {{"portal", p.portal}, {"found", std::to_string(found)}, {"trace", j.trace}});
  co_return outcome::done();
}

// A shipment whose time is past: its jobs were lost, or buried. True: something is on its way again.
awaitable<result<bool>> engine::impl::take_up(store::record r) {
  const auto self = shared_from_this();
  carrier_link* link = s->carrier_of(r.account);
  if (link != nullptr && link->breaker.refuse(std::chrono::steady_clock::now())) co_return false; // its jobs wait
  const bool looked_at = link == nullptr
                             ? r.state != store::phase::closed && !r.trouble_now
                             : next_look(r, *link->account, link->api->can(), now()) != std::chrono::milliseconds{0};
  std::vector<store::next_job> jobs;
  plan_look(r, jobs, std::chrono::milliseconds{looked_at ? 1 : 0});
  const bool anything = looked_at || r.write_due;
  // Once for each such time, however many sweeps pass meanwhile.
  if (anything) r.next_look = now() + patience;
  auto saved = co_await save(std::move(r), "taken up by the sweep", {}, std::move(jobs));
  if (!saved && saved.error().code != errc::conflict) co_return fail(saved.error());
  co_return anything&& saved.has_value(); // else somebody is at it
}

} // namespace waybill::workflow
