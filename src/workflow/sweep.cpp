// What no event announced: deals in a shipping stage without an order, shipments whose planned look was lost.
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>

#include <fmt/format.h>

namespace waybill::workflow {

namespace {

constexpr std::int64_t page = 50;
constexpr int most_pages = 200; // 10,000 deals: more than a stage holds; the next sweep goes on

} // namespace

awaitable<outcome> engine::impl::sweep(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  const portal_link* portal = s->portal(p.portal);
  if (portal == nullptr) co_return outcome::done();

  std::map<std::int64_t, std::vector<std::string>> shipping, leaving;
  for (const auto& t : portal->settings->triggers) {
    auto& stages = t.action == config::trigger_action::ship ? shipping : leaving;
    if (t.action != config::trigger_action::quote) stages[t.category].push_back(stage_in(t.category, t.stage));
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
  // Cancels and returns: the deals that reached such a stage since a little before the last sweep.
  const instant since = now() - portal->settings->sweep_interval * 3;
  for (auto& [category, stages] : leaving) {
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
    job look = carry_job(**r);
    auto queued = co_await s->jobs->enqueue(std::move(look), "carry:" + reference);
    if (!queued) co_return outcome::retry(queued.error());
    found += *queued ? 1 : 0;
    if ((*r)->write_due) {
      job owed = write_job(**r);
      auto write = co_await s->jobs->enqueue(std::move(owed), "write:" + reference);
      if (!write) co_return outcome::retry(write.error());
    }
  }
  metrics::count("waybill_sweep_found_total", {{"portal", p.portal}}, static_cast<double>(found));
  log::info("swept", {{"portal", p.portal}, {"found", std::to_string(found)}, {"trace", j.trace}});
  co_return outcome::done();
}

} // namespace waybill::workflow
