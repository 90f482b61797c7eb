// Taking jobs: the loop that fills the lanes, and the bell that wakes it.
#include <queue/scripts.hpp>
#include <queue/workers_impl.hpp>
#include <waybill/log.hpp>

#include <algorithm>

namespace waybill::queue {
namespace {

using namespace std::chrono_literals;

// Taken ahead at most, and at most what is done within this time: jobs that wait here cannot run elsewhere.
constexpr std::size_t most_ahead = 512;
constexpr double ahead_seconds = 0.02;
constexpr std::size_t most_at_once = 1000; // Lua's stack bounds what one script can unpack
// When Redis cannot take what has ended, nothing new is begun.
constexpr std::size_t most_endings = 8192;

} // namespace

std::size_t lane_state::most() const {
  const auto slots = static_cast<std::size_t>(concurrency);
  if (mean_seconds < 0) return slots;
  const double in_time = static_cast<double>(concurrency) * ahead_seconds / std::max(mean_seconds, 1e-6);
  return slots + (in_time >= static_cast<double>(most_ahead) ? most_ahead : static_cast<std::size_t>(in_time));
}

std::size_t lane_state::wanted() const {
  const std::size_t slots = static_cast<std::size_t>(concurrency), limit = most();
  const std::size_t have = ready.size() + static_cast<std::size_t>(running);
  if (have >= limit) return 0;
  const std::size_t room = std::min(limit - have, most_at_once);
  // Large batches when jobs are short: half of what may be ahead has been used up, or a slot is free.
  return room * 2 >= limit - slots || have < slots ? room : 0;
}

awaitable<result<void>> workers::impl::prepare(std::shared_ptr<impl> self) {
  const std::string all = self->names.lanes();
  redis::args key_words{all}, values{self->names.root(), self->consumer, self->lease_ms};
  for (const auto& lane : self->lanes) {
    key_words.push_back(lane->stream);
    values.push_back(lane->name);
  }
  auto answer = co_await self->commands->eval(scripts::prepare(), key_words, values);
  if (!answer) co_return fail(std::move(answer.error()));
  co_return result<void>{};
}

std::optional<workers::impl::admitted> workers::impl::admit(lane_state& lane, std::vector<redis::reply>& items,
                                                            std::size_t& at, steady::time_point sent) {
  if (at + 4 > items.size()) return {};
  const std::string epoch = std::move(items[at].text);
  admitted a{items[at + 1].integer, std::move(items[at + 2].text)};
  const auto count = items[at + 3].integer;
  at += 4;
  if (count < 0 || static_cast<std::size_t>(count) > (items.size() - at) / 3) return {};
  const std::size_t place = place_of(lane);
  for (std::int64_t i = 0; i < count; ++i, at += 3) {
    if (const auto known = lane.held.find(items[at].text); known != lane.held.end()) {
      // Our own, claimed from ourselves after heartbeats had failed: it runs already.
      known->second->epoch = epoch;
      known->second->confirmed = sent;
      known->second->lost = false;
      continue;
    }
    auto h = std::make_shared<held_job>();
    h->entry = std::move(items[at].text);
    h->text = std::move(items[at + 1].text);
    h->deliveries = items[at + 2].integer;
    h->lock = lock_text(h->text);
    h->epoch = epoch;
    h->confirmed = sent;
    h->is_draining = drain_flag;
    h->lease = how.lease;
    lane.held.emplace(h->entry, h);
    auto j = decode(h->text);
    if (!j) {
      bury_unreadable(place, std::move(h), j.error());
      continue;
    }
    h->what = std::move(*j);
    h->what.lane = lane.name;
    h->kind = h->what.kind;
    if (h->deliveries > how.max_attempts && now() - h->what.created >= how.poison_age) {
      fault why{errc::internal,
                "the job was begun " + std::to_string(h->deliveries - 1) +
                    " times and never came to an end: it probably ends the process that runs it",
                {},
                "poison"};
      bury(place, std::move(h), why);
      continue;
    }
    lane.ready.push_back(std::move(h));
  }
  if (draining) give_back();
  else start_runners(place);
  return a;
}

awaitable<void> workers::impl::take_loop(std::shared_ptr<impl> self) {
  const std::string paused = self->names.paused(), epoch = self->names.epoch();
  while (!self->draining) {
    std::vector<std::size_t> asked;
    std::vector<std::size_t> counts;
    if (self->endings.size() < most_endings) {
      for (std::size_t i = 0; i < self->lanes.size(); ++i) {
        const lane_state& lane = *self->lanes[i];
        const std::size_t want = lane.maybe_more && !lane.paused ? lane.wanted() : 0;
        if (want == 0) continue;
        asked.push_back(i);
        counts.push_back(want);
      }
    }
    if (asked.empty()) {
      co_await self->taker_wakes.wait(1s);
      continue;
    }
    if (!self->commands->up()) {
      auto up = co_await self->commands->wait_up(1s);
      if (!up) continue;
    }
    if (self->orphans && co_await adopt(self)) self->orphans = false;

    std::vector<std::string> numbers;
    for (const std::size_t n : counts) numbers.push_back(std::to_string(n));
    redis::args key_words{paused, epoch}, values{self->names.root(), self->consumer, self->lease_ms};
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const lane_state& lane = *self->lanes[asked[i]];
      key_words.push_back(lane.stream);
      values.push_back(lane.name);
      values.push_back(numbers[i]);
    }
    const auto sent = steady::now();
    auto answer = co_await self->commands->eval(scripts::take(), key_words, values);
    if (!answer) {
      const errc code = answer.error().code;
      if (code == errc::outcome_unknown || code == errc::timeout || code == errc::cancelled) self->orphans = true;
      log::warn("jobs could not be taken", {{"what", answer.error().what}});
      co_await sleep_for(200ms);
      continue;
    }
    std::size_t at = 0;
    bool no_group = false, rejoin = false;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      lane_state& lane = *self->lanes[asked[i]];
      const auto got = self->admit(lane, answer->items, at, sent);
      if (!got) {
        log::error("Redis answered a take with something else than the script gives");
        break;
      }
      if (got->read == -1) {
        lane.paused = true;
      } else if (got->read == -2) {
        no_group = true;
      } else if (static_cast<std::size_t>(got->read) < counts[i]) {
        lane.maybe_more = false;
        lane.last_id = got->last;
        rejoin = true;
      }
    }
    if (no_group) {
      // The stream was deleted under us, or Redis lost its data.
      auto made = co_await prepare(self);
      if (!made) co_await sleep_for(200ms);
    }
    if (rejoin) self->rejoin_bell();
  }
}

awaitable<bool> workers::impl::adopt(std::shared_ptr<impl> self) {
  const std::string epoch = self->names.epoch();
  for (const auto& lane : self->lanes) {
    const redis::args key_words{epoch, lane->stream};
    redis::args values{self->names.root(), self->consumer, self->lease_ms, lane->name};
    for (const auto& [entry, h] : lane->held) values.push_back(entry);
    const auto sent = steady::now();
    auto answer = co_await self->commands->eval(scripts::adopt(), key_words, values);
    if (!answer) co_return false;
    std::size_t at = 0;
    self->admit(*lane, answer->items, at, sent);
  }
  co_return true;
}

// The bell rings for the lanes that were empty when it began; another one has become empty.
void workers::impl::rejoin_bell() {
  bell_wakes.ring();
  if (!ringing) return;
  unblock_asked = true;
  if (unblocking) return;
  unblocking = true;
  spawn(ex, "queue.unblock", unblock(shared_from_this()));
}

awaitable<void> workers::impl::unblock(std::shared_ptr<impl> self) {
  // The XREAD may not have reached Redis yet: repeated until the bell has come back.
  while (self->ringing && self->commands->up()) {
    const std::string id = std::to_string(self->blocking->client_id());
    const redis::args words{"CLIENT", "UNBLOCK", id};
    auto answer = co_await self->commands->command(words);
    if (!answer) break;
    if (self->ringing && answer->integer == 0) co_await sleep_for(2ms);
    else break;
  }
  self->unblocking = false;
}

awaitable<void> workers::impl::bell_loop(std::shared_ptr<impl> self) {
  while (!self->draining) {
    std::vector<lane_state*> listening;
    redis::args words{"XREAD", "COUNT", "1", "BLOCK", "2000", "STREAMS"};
    for (const auto& lane : self->lanes)
      if (!lane->maybe_more && !lane->paused) listening.push_back(lane.get());
    if (listening.empty()) {
      co_await self->bell_wakes.wait(1s);
      continue;
    }
    if (!self->blocking->up()) {
      // Without a bell the taker looks by itself now and then.
      auto up = co_await self->blocking->wait_up(500ms);
      if (!up) {
        for (lane_state* lane : listening) lane->maybe_more = true;
        self->wake_taker();
      }
      continue;
    }
    std::vector<std::string> ids; // the taker may replace a lane's while we wait
    for (const lane_state* lane : listening) {
      words.push_back(lane->stream);
      ids.push_back(lane->last_id);
    }
    for (const std::string& id : ids) words.push_back(id);
    self->ringing = true;
    self->unblock_asked = false;
    // A frozen server or a dead link must not silence the bell for ever.
    auto answer = co_await deadline(self->blocking->command(words), 10s);
    self->ringing = false;
    if (self->draining) break;
    if (answer && !answer->is_nil()) {
      for (const auto& of_stream : answer->items)
        for (lane_state* lane : listening)
          if (!of_stream.items.empty() && of_stream.items[0].text == lane->stream) lane->maybe_more = true;
    } else if (!answer || !self->unblock_asked) {
      // After 2 s, or a fault: look at all of them, in case a stream was replaced or our idea of its last id is wrong.
      for (lane_state* lane : listening) lane->maybe_more = true;
      if (!answer) co_await sleep_for(100ms);
    }
    self->wake_taker();
  }
}

} // namespace waybill::queue
