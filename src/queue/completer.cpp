// Telling Redis what came of jobs: everything of a loop turn in one script call, repeated until it got through.
#include <queue/scripts.hpp>
#include <queue/workers_impl.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <iterator>

#include <boost/asio/post.hpp>

namespace waybill::queue {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_calls = 2;
constexpr std::size_t most_endings = 512;

} // namespace

void workers::impl::finish(ending e) {
  endings.push_back(std::move(e));
  complete_soon();
}

void workers::impl::complete_soon() {
  if (completion_posted || completing >= most_calls || endings.empty()) return;
  completion_posted = true;
  asio::post(ex, [self = shared_from_this()] {
    self->completion_posted = false;
    if (self->endings.empty() || self->completing >= most_calls) return;
    const auto n = static_cast<std::ptrdiff_t>(std::min(self->endings.size(), most_endings));
    std::vector<ending> batch(std::make_move_iterator(self->endings.begin()),
                              std::make_move_iterator(self->endings.begin() + n));
    self->endings.erase(self->endings.begin(), self->endings.begin() + n);
    ++self->completing;
    spawn(self->ex, "queue.completer", complete(self, std::move(batch)));
    self->complete_soon();
  });
}

// The endings grouped by lane, in their order.
awaitable<result<std::int64_t>> workers::impl::send(std::span<ending> batch) { // NOLINT(view-parameter)
  const std::string epoch = names.epoch();
  redis::args key_words{epoch}, values{names.root(), consumer, lease_ms};
  values.reserve(3 + batch.size() * 6);
  std::vector<std::string> counts;
  counts.reserve(lanes.size());
  for (std::size_t place = 0; place < lanes.size(); ++place) {
    const auto jobs = std::ranges::count(batch, place, &ending::lane);
    if (jobs == 0) continue;
    const lane_state& lane = *lanes[place];
    key_words.insert(key_words.end(), {lane.stream, lane.later, lane.dead, lane.dead_job});
    values.push_back(lane.name);
    values.push_back(counts.emplace_back(std::to_string(jobs)));
    for (const ending& e : batch) {
      if (e.lane != place) continue;
      values.insert(values.end(), {e.which->entry, e.which->epoch, e.which->lock, std::string_view(&e.what, 1)});
      if (e.what == 'd') continue;
      values.push_back(e.first);
      values.push_back(e.second);
    }
  }
  auto answer = co_await commands->eval(scripts::complete(), key_words, values);
  if (!answer) co_return fail(std::move(answer.error()));
  co_return answer->integer;
}

awaitable<void> workers::impl::complete(std::shared_ptr<impl> self, std::vector<ending> batch) {
  // An error reply may be about one entry only (a key of a wrong type): then each is sent alone, and the others get
  // through.
  std::size_t piece = batch.size();
  std::chrono::milliseconds wait = 20ms;
  for (std::size_t at = 0; at < batch.size() && !(self->stopped && wait > 20ms);) {
    const auto part = std::span(batch).subspan(at, std::min(piece, batch.size() - at));
    auto sent = co_await self->send(part);
    if (sent) {
      bool delayed = false;
      for (const ending& e : part) {
        self->lanes[e.lane]->held.erase(e.which->entry);
        delayed = delayed || e.what == 'l';
      }
      if (*sent > 0) {
        log::warn("jobs had been taken over before they ended here", {{"jobs", std::to_string(*sent)}});
        metrics::count("waybill_jobs_stale_total", {}, static_cast<double>(*sent));
      }
      if (delayed) self->promoter_wakes.ring();
      at += part.size();
      wait = 20ms;
      continue;
    }
    log::warn("what came of jobs could not be kept yet",
              {{"jobs", std::to_string(batch.size() - at)}, {"what", sent.error().what}});
    if (sent.error().code == errc::rejected && part.size() > 1) {
      piece = 1;
      continue;
    }
    co_await sleep_for(wait);
    wait = std::min(wait * 2, std::chrono::milliseconds(2s));
    if (sent.error().code == errc::rejected && batch.size() - at > 1)
      std::rotate(part.begin(), part.begin() + 1, std::span(batch).subspan(at).end());
    if (!self->commands->up()) {
      auto up = co_await self->commands->wait_up(2s);
      if (up) wait = 20ms;
    }
  }
  --self->completing;
  self->complete_soon();
  self->idle.ring();
  self->wake_taker();
}

} // namespace waybill::queue
