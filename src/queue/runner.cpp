// Running jobs, and what becomes of them.
#include <queue/queue_impl.hpp>
#include <queue/workers_impl.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iterator>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

namespace waybill::queue {
namespace {

// After so many jobs that never waited a runner lets others of the loop have their turn.
constexpr int turn = 32;

fault of_exception(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted)
      return {errc::cancelled, "the handler was cancelled", {}, {}};
    return {errc::internal, std::string("the handler threw: ") + e.what(), {}, "exception"};
  } catch (const std::exception& e) {
    return {errc::internal, std::string("the handler threw: ") + e.what(), {}, "exception"};
  } catch (...) { return {errc::internal, "the handler threw something unknown", {}, "exception"}; }
}

// Outcomes that only a person can change.
bool is_final(errc code) {
  switch (code) {
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found:
  case errc::forbidden: return true;
  case errc::throttled:
  case errc::unavailable:
  case errc::timeout:
  case errc::cancelled:
  case errc::outcome_unknown:
  case errc::protocol:
  case errc::internal: return false;
  }
  return false;
}

std::string_view name_of(outcome::what kind) {
  switch (kind) {
  case outcome::what::done: return "done";
  case outcome::what::retry: return "retry";
  case outcome::what::dead: return "dead";
  case outcome::what::again_later: return "later";
  }
  return "done";
}

} // namespace

void workers::impl::start_runners(std::size_t place) {
  lane_state& lane = *lanes[place];
  const auto free = static_cast<std::size_t>(std::max(0, lane.concurrency - lane.runners));
  for (std::size_t n = std::min(free, lane.ready.size()); n > 0; --n) {
    ++lane.runners;
    spawn(ex, "queue.runner", run_jobs(shared_from_this(), place));
  }
}

awaitable<void> workers::impl::run_jobs(std::shared_ptr<impl> self, std::size_t place) {
  lane_state& lane = *self->lanes[place];
  for (int n = 1; !lane.ready.empty() && !self->draining; ++n) {
    held_ptr h = std::move(lane.ready.front());
    lane.ready.pop_front();
    if (h->lost) { // taken over while it waited here
      lane.held.erase(h->entry);
      continue;
    }
    ++lane.running;
    const auto began = steady::now();
    outcome o;
    std::exception_ptr error;
    try {
      o = co_await self->run(std::move(h->what), h);
    } catch (...) { error = std::current_exception(); }
    if (error) {
      o = outcome::retry(of_exception(error));
      log::error("the handler of a job threw", {{"lane", lane.name}, {"kind", h->kind}, {"what", o.why.what}});
    }
    --lane.running;
    self->judge(place, std::move(h), std::move(o), steady::now() - began);
    if (n % turn == 0) co_await asio::post(self->ex, asio::use_awaitable);
  }
  --lane.runners;
}

void workers::impl::judge(std::size_t place, held_ptr h, outcome o, std::chrono::duration<double> took) {
  lane_state& lane = *lanes[place];
  lane.mean_seconds = lane.mean_seconds < 0 ? took.count() : lane.mean_seconds * 0.9 + took.count() * 0.1;
  metrics::observe("waybill_job_seconds", {{"lane", lane.name}, {"kind", h->kind}}, took.count());

  if (o.kind == outcome::what::retry || o.kind == outcome::what::dead) {
    auto j = decode(h->text); // it could be decoded when it came
    j->history.push_back({now(), o.why.code, o.why.what});
    if (j->history.size() > 20) j->history.erase(j->history.begin());
    ++j->attempt;
    if (o.kind == outcome::what::retry) {
      if (is_final(o.why.code) && o.delay <= std::chrono::milliseconds::zero()) {
        o.kind = outcome::what::dead;
      } else if (j->attempt >= how.max_attempts) {
        o.kind = outcome::what::dead;
        o.why.what = "given up after " + std::to_string(j->attempt) + " attempts: " + o.why.what;
      } else {
        if (o.delay <= std::chrono::milliseconds::zero())
          o.delay = backoff(o.why.code, j->attempt - 1, o.why.retry_after, jitter());
        put_later(place, h, o.delay, encode(*j));
      }
    }
    if (o.kind == outcome::what::dead) {
      h->text = encode(*j);
      h->what.id = std::move(j->id);
      bury(place, h, o.why);
    }
  } else if (o.kind == outcome::what::again_later) {
    put_later(place, h, o.delay, std::move(h->text));
  } else {
    finish({h, place, 'd', {}, {}});
  }
  metrics::count("waybill_jobs_total", {{"lane", lane.name}, {"kind", h->kind}, {"outcome", name_of(o.kind)}});
  give_back_surplus(place);
  wake_taker();
}

void workers::impl::put_later(std::size_t place, held_ptr h, std::chrono::milliseconds delay, std::string text) {
  const auto bounded =
      std::clamp(delay, std::chrono::milliseconds::zero(), std::chrono::milliseconds(std::chrono::hours(24 * 366)));
  finish({std::move(h), place, 'l', std::to_string(bounded.count()), std::move(text)});
}

void workers::impl::bury(std::size_t place, held_ptr h, const fault& why) {
  log::warn("a job is dead", {{"lane", lanes[place]->name},
                              {"kind", h->kind},
                              {"id", h->what.id},
                              {"code", to_string(why.code)},
                              {"what", why.what}});
  std::string id = h->what.id, record = dead_record(h->text, why);
  finish({std::move(h), place, 'x', std::move(id), std::move(record)});
}

void workers::impl::bury_unreadable(std::size_t place, held_ptr h, const fault& why) {
  job j;
  j.id = h->entry;
  j.lane = lanes[place]->name;
  j.kind = h->kind = "unreadable";
  j.payload = h->text.substr(0, 4096); // for the operator to look at
  j.created = now();
  h->text = encode(j);
  h->what.id = std::move(j.id);
  metrics::count("waybill_jobs_total", {{"lane", j.lane}, {"kind", j.kind}, {"outcome", "dead"}});
  bury(place, std::move(h), why);
}

// What has not begun goes back to the stream; its key stays reserved for it, so order is kept.
void workers::impl::give_back(std::size_t place, held_ptr h) {
  std::string text = std::move(h->text), deliveries = std::to_string(std::max<std::int64_t>(0, h->deliveries - 1));
  finish({std::move(h), place, 'b', std::move(deliveries), std::move(text)});
}

void workers::impl::give_back() {
  for (std::size_t place = 0; place < lanes.size(); ++place)
    for (auto& ready = lanes[place]->ready; !ready.empty(); ready.pop_front())
      give_back(place, std::move(ready.front()));
}

// Jobs that used to be short have become long: others shall run what would wait here.
void workers::impl::give_back_surplus(std::size_t place) {
  lane_state& lane = *lanes[place];
  const std::size_t keep = lane.most();
  if (lane.ready.size() <= 2 * keep) return;
  const auto from = lane.ready.begin() + static_cast<std::ptrdiff_t>(keep);
  std::vector<held_ptr> surplus(std::make_move_iterator(from), std::make_move_iterator(lane.ready.end()));
  lane.ready.erase(from, lane.ready.end());
  for (held_ptr& h : surplus) give_back(place, std::move(h));
}

} // namespace waybill::queue
