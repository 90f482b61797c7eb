#include <limits/bucket.hpp>

#include <algorithm>
#include <deque>

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

namespace waybill::limits {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// KEYS[1] the bucket; ARGV: rate, burst, units wanted. Answers {units granted, ms until the next one fits, level in
// thousandths}. Levels and times are kept as text: replies of Lua numbers lose their fractions.
const redis::script& take_script() {
  static const redis::script s{R"lua(
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local rate, burst, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local h = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(h[1] or '0'), tonumber(h[2] or '0')
if at > now then at = now end
level = math.max(0, level - (now - at) * rate)
local granted = math.max(0, math.min(want, math.floor(burst - level + 0.000001)))
level = level + granted
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(level / rate * 1000) + 60000)
local wait = 0
if granted < want then wait = math.max(1, math.ceil((level + 1 - burst) / rate * 1000)) end
return {granted, wait, math.floor(level * 1000)}
)lua"};
  return s;
}

// The peer refused: fill the bucket, and from the second refusal in a row add a pause that grows by half each time.
// Refusals within one second are the answers of requests that were under way together: they count once.
const redis::script& full_script() {
  static const redis::script s{R"lua(
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local h = redis.call('HMGET', KEYS[1], 'level', 'at', 'strikes', 'struck')
local level, at = tonumber(h[1] or '0'), tonumber(h[2] or '0')
local strikes, struck = tonumber(h[3] or '0'), tonumber(h[4] or '0')
level = math.max(0, level - math.max(0, now - at) * rate)
if now - struck >= 1 then
  if now - struck < 60 then strikes = math.min(strikes + 1, 10) else strikes = 1 end
  struck = now
  local pause = 0
  if strikes > 1 then pause = math.min(0.5 * 1.5 ^ strikes, 20) end
  level = math.max(level, burst + rate * pause)
end
level = math.max(level, burst)
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.6f', now),
  'strikes', strikes, 'struck', string.format('%.6f', struck))
redis.call('PEXPIRE', KEYS[1], math.ceil(level / rate * 1000) + 60000)
return math.floor(level * 1000)
)lua"};
  return s;
}

// Patience is about the limit; Redis itself may take this long to tell what is left.
constexpr milliseconds answer_grace{1'000};

// Callers served by one script call at most: more would let one process empty the bucket for itself.
constexpr std::size_t most_at_once = 16;

} // namespace

struct bucket::impl : std::enable_shared_from_this<impl> {
  struct waiter {
    waiter(const executor& ex, steady::time_point limit) : wake(ex, limit + answer_grace), until(limit) {}
    asio::steady_timer wake;
    steady::time_point until;
    std::optional<result<void>> outcome;
    bool gone{false}; // the caller was cancelled or lost patience
    void finish(result<void> r) {
      outcome = std::move(r);
      wake.cancel();
    }
  };

  std::shared_ptr<redis::connection> redis;
  std::string key, rate_text, burst_text;
  double rate, burst;
  double level{0};
  std::deque<std::shared_ptr<waiter>> waiting;
  bool pumping{false};
  steady::time_point asleep_until{}; // while the pump waits for the leak

  impl(std::shared_ptr<redis::connection> r, std::string k, double a, double b)
      : redis(std::move(r)), key(std::move(k)), rate_text(fmt::format("{:.6f}", a)),
        burst_text(fmt::format("{:.6f}", b)), rate(a), burst(b) {}

  void drop_gone() {
    std::erase_if(waiting, [](const auto& w) { return w->gone; });
  }
  void fail_all(const fault& f) {
    for (auto& w : waiting) w->finish(fail(f));
    waiting.clear();
  }
  // Who would wait past his patience hears it now; the k-th in the queue needs k more leaks.
  void refuse_hopeless(milliseconds next_unit) {
    const auto now = steady::now();
    std::deque<std::shared_ptr<waiter>> kept;
    for (auto& w : waiting) {
      const auto needs =
          next_unit + milliseconds(static_cast<std::int64_t>(static_cast<double>(kept.size()) * 1000 / rate));
      if (now + needs > w->until)
        w->finish(fail(errc::throttled, "the limit of requests leaves no room in time", {}, needs));
      else kept.push_back(std::move(w));
    }
    waiting = std::move(kept);
  }

  static awaitable<void> pump(std::shared_ptr<impl> self);
};

awaitable<void> bucket::impl::pump(std::shared_ptr<impl> self) {
  while (true) {
    self->drop_gone();
    if (self->waiting.empty()) break;
    const auto want = std::to_string(std::min(self->waiting.size(), most_at_once));
    const redis::args keys{self->key};
    const redis::args values{self->rate_text, self->burst_text, want};
    auto reply = co_await self->redis->eval(take_script(), keys, values);
    if (!reply || reply->items.size() != 3) {
      fault down;
      down.code = errc::unavailable;
      down.what = reply ? "the shared limit answered nonsense" : "the shared limit is not reachable";
      self->fail_all(down);
      break;
    }
    self->level = static_cast<double>(reply->items[2].integer) / 1000;
    self->drop_gone();
    for (auto granted = reply->items[0].integer; granted > 0 && !self->waiting.empty(); --granted) {
      self->waiting.front()->finish({});
      self->waiting.pop_front();
    }
    const milliseconds next_unit{reply->items[1].integer};
    if (next_unit.count() <= 0) continue;
    self->refuse_hopeless(next_unit);
    if (self->waiting.empty()) continue;
    self->asleep_until = steady::now() + next_unit;
    co_await sleep_for(next_unit);
    self->asleep_until = {};
  }
  self->pumping = false;
}

bucket::bucket(std::shared_ptr<redis::connection> redis, std::string key, double rate, double burst)
    : impl_(std::make_shared<impl>(std::move(redis), std::move(key), std::max(rate, 0.001), std::max(burst, 1.0))) {}

awaitable<result<void>> bucket::take(milliseconds patience) {
  auto self = impl_;
  auto ex = co_await asio::this_coro::executor;
  auto me = std::make_shared<impl::waiter>(ex, steady::now() + patience);
  self->waiting.push_back(me);
  if (const auto now = steady::now(); self->asleep_until > now)
    self->refuse_hopeless(std::chrono::ceil<milliseconds>(self->asleep_until - now));
  if (!std::exchange(self->pumping, true)) spawn(ex, "limits.bucket", impl::pump(self));
  boost::system::error_code ec;
  if (!me->outcome) co_await me->wake.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  if (!me->outcome) {
    me->gone = true;
    if (ec) co_return fail(errc::cancelled, "cancelled while waiting for the limit of requests");
    co_return fail(errc::throttled, "the limit of requests left no room in time", {},
                   milliseconds(static_cast<std::int64_t>(1000 / self->rate)));
  }
  co_return *me->outcome;
}

awaitable<void> bucket::full() {
  auto self = impl_;
  const redis::args keys{self->key};
  const redis::args values{self->rate_text, self->burst_text};
  auto reply = co_await self->redis->eval(full_script(), keys, values);
  if (reply) self->level = static_cast<double>(reply->integer) / 1000;
}

double bucket::fill() const { return std::clamp(impl_->level / impl_->burst, 0.0, 1.0); }

} // namespace waybill::limits
