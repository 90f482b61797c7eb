// What goes on beside the jobs: heartbeats, takeovers, delayed jobs, stranded waiters, gauges.
#include <queue/scripts.hpp>
#include <queue/workers_impl.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <charconv>

namespace waybill::queue {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds gauges_every = 15s;
constexpr int tidy_every = 40; // rounds of the gauges
// A delayed job of another process may be due before ours, and pauses are seen here: look at least this often.
constexpr milliseconds promote_at_least = 400ms;
constexpr std::string_view promote_at_once = "200";

} // namespace

// False: Redis did not answer, our leases may be running out.
awaitable<bool> workers::impl::beat(std::shared_ptr<impl> self) {
  const std::string epoch = self->names.epoch();
  redis::args key_words{epoch}, values{self->names.root(), self->consumer, self->lease_ms};
  std::vector<std::string> counts;
  counts.reserve(self->lanes.size());
  std::vector<held_ptr> jobs;
  std::vector<std::size_t> ends; // per lane asked: where its jobs end in `jobs`
  for (const auto& lane : self->lanes) {
    if (lane->held.empty()) continue;
    key_words.push_back(lane->stream);
    values.push_back(lane->name);
    values.push_back(counts.emplace_back(std::to_string(lane->held.size())));
    for (const auto& [entry, h] : lane->held) {
      values.push_back(h->entry);
      values.push_back(h->lock);
      jobs.push_back(h);
    }
    ends.push_back(jobs.size());
  }
  if (jobs.empty()) co_return self->commands->up();
  const auto sent = steady::now();
  auto answer = co_await self->commands->eval(scripts::heartbeat(), key_words, values);
  if (!answer || answer->items.size() < ends.size()) {
    log::warn("leases could not be renewed",
              {{"jobs", std::to_string(jobs.size())}, {"what", answer ? "strange answer" : answer.error().what}});
    co_return false;
  }
  for (std::size_t lane = 0, i = 0; lane < ends.size(); ++lane)
    for (; i < ends[lane]; ++i) {
      jobs[i]->epoch = answer->items[lane].text;
      jobs[i]->confirmed = sent;
    }
  for (std::size_t i = ends.size(); i < answer->items.size(); ++i) {
    const auto place = static_cast<std::size_t>(answer->items[i].integer);
    if (place >= jobs.size()) continue;
    // Not ours at this epoch: no completion of it may take the short way.
    jobs[place]->lost = true;
    jobs[place]->epoch = "-";
  }
  co_return true;
}

awaitable<void> workers::impl::lease_loop(std::shared_ptr<impl> self) {
  const milliseconds every = std::max<milliseconds>(self->how.lease / 3, 10ms);
  while (!self->stopped) {
    co_await self->leases_end.wait(every);
    if (self->stopped) break;
    // A beat that failed is tried again soon: a third of the lease is all that is left for it.
    for (int tries = 0; tries < 3 && !self->stopped; ++tries) {
      if (co_await beat(self)) break;
      co_await self->leases_end.wait(every / 8);
    }
  }
}

awaitable<void> workers::impl::takeover_loop(std::shared_ptr<impl> self) {
  const std::string paused = self->names.paused(), epoch = self->names.epoch(), waiting = self->names.waiting();
  std::string cursor = "0";
  milliseconds wait{50}; // the first round at once: a predecessor may have died
  while (!self->draining) {
    co_await self->takeover_wakes.wait(wait);
    if (self->draining) break;
    wait = milliseconds{
        static_cast<std::int64_t>(static_cast<double>(self->how.lease.count()) / 2 * (1.0 + 0.2 * self->jitter()))};
    if (!co_await beat(self)) continue; // else we would take our own from ourselves
    for (const auto& lane : self->lanes) {
      const auto have = lane->ready.size() + static_cast<std::size_t>(lane->running),
                 slots = static_cast<std::size_t>(lane->concurrency);
      const std::string most = std::to_string(have < slots ? slots - have : 1);
      const redis::args key_words{paused, epoch, lane->stream};
      const redis::args values{self->names.root(), self->consumer, self->lease_ms,
                               lane->name,         most,           lane->takeover_cursor};
      const auto sent = steady::now();
      auto answer = co_await self->commands->eval(scripts::take_over(), key_words, values);
      if (!answer) continue; // a missing group is made by the taker
      std::size_t at = 0;
      const auto got = self->admit(*lane, answer->items, at, sent);
      if (!got) continue;
      lane->takeover_cursor = got->last.empty() ? "0-0" : got->last;
      if (got->read > 0) {
        log::info("jobs of a worker that went silent were taken over",
                  {{"lane", lane->name}, {"jobs", std::to_string(got->read)}});
        metrics::count("waybill_jobs_taken_over_total", {{"lane", lane->name}}, static_cast<double>(got->read));
      }
      if (got->read > 0 || lane->takeover_cursor != "0-0")
        wait = std::min<milliseconds>(wait, 100ms); // there may be more
      if (self->draining) co_return;
    }
    const redis::args key_words{waiting, paused};
    const redis::args values{self->names.root(), self->consumer, self->lease_ms, cursor};
    auto next = co_await self->commands->eval(scripts::look_after(), key_words, values);
    cursor = next && !next->text.empty() ? next->text : "0";
  }
}

awaitable<void> workers::impl::promote_loop(std::shared_ptr<impl> self) {
  const std::string paused = self->names.paused();
  milliseconds wait{0};
  while (!self->draining) {
    co_await self->promoter_wakes.wait(wait);
    if (self->draining) break;
    redis::args key_words{paused}, values{self->names.root(), self->consumer, self->lease_ms};
    for (const auto& lane : self->lanes) {
      key_words.push_back(lane->later);
      key_words.push_back(lane->stream);
      values.push_back(lane->name);
    }
    values.push_back(promote_at_once);
    auto answer = co_await self->commands->eval(scripts::promote(), key_words, values);
    wait = promote_at_least;
    if (!answer || answer->items.size() != self->lanes.size() + 1) continue;
    const auto due = answer->items[0].integer;
    if (due >= 0) wait = std::min<milliseconds>(wait, milliseconds{due});
    for (std::size_t i = 0; i < self->lanes.size(); ++i) {
      lane_state& lane = *self->lanes[i];
      const bool is_paused = answer->items[i + 1].integer == 1;
      if (lane.paused && !is_paused) {
        lane.maybe_more = true;
        self->wake_taker();
      }
      lane.paused = is_paused;
    }
  }
}

awaitable<void> workers::impl::gauge_loop(std::shared_ptr<impl> self) {
  for (int round = 0; !self->draining; ++round) {
    if (round % tidy_every == 0) co_await self->leave(false);
    auto all = co_await self->source->stats();
    if (all) {
      for (const lane_stats& s : *all) {
        const auto set = [&](std::string_view state, std::int64_t n) {
          metrics::gauge("waybill_queue_depth", {{"lane", s.lane}, {"state", state}}, static_cast<double>(n));
        };
        set("ready", s.ready);
        set("running", s.running);
        set("waiting", s.waiting);
        set("later", s.later);
        set("dead", s.dead);
        metrics::gauge("waybill_queue_oldest_seconds", {{"lane", s.lane}},
                       static_cast<double>(s.oldest.count()) / 1000);
        metrics::gauge("waybill_queue_paused", {{"lane", s.lane}}, s.paused ? 1 : 0);
      }
    }
    co_await self->gauges_end.wait(gauges_every);
  }
}

// Consumers that are gone would stay in the group for ever.
awaitable<void> workers::impl::leave(bool ourselves) {
  redis::args key_words, values{names.root(), consumer, lease_ms, ourselves ? "1" : "0"};
  for (const auto& lane : lanes) key_words.push_back(lane->stream);
  auto answer = co_await commands->eval(scripts::leave(), key_words, values);
  if (!answer) log::debug("consumers could not be tidied", {{"what", answer.error().what}});
}

} // namespace waybill::queue
