#include <limits/bucket.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace waybill::limits {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr double slow_from = 0.8;                 // share of the limit from which calls are spread
constexpr milliseconds longest_wait{10 * 60'000}; // the window: nothing is blocked for longer
constexpr milliseconds trusted_for{1'000};        // age up to which our own picture needs no look at Redis
constexpr std::string_view window_ms = "600000";

// KEYS[1] the method; ARGV: limit. Answers {ms to wait, sum in milliseconds}. In the slow zone a call that may go
// reserves the next place: the rest of the budget, in calls of the usual cost, is spread until the window moves.
const redis::script& ask_script() {
  static const redis::script s{R"lua(
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local limit = tonumber(ARGV[1])
local h = redis.call('HMGET', KEYS[1], 'sum', 'reset', 'blocked', 'next', 'cost')
local sum, reset, blocked = tonumber(h[1] or '0'), tonumber(h[2] or '0'), tonumber(h[3] or '0')
local nxt, cost = tonumber(h[4] or '0'), tonumber(h[5] or '1')
local shown = math.floor(sum * 1000)
if blocked > now then return {math.ceil((blocked - now) * 1000), shown} end
if sum < limit * 0.8 then return {0, shown} end
if reset <= now then
  -- The window has moved since the last word: one call at a time finds out how much is left.
  if nxt > now then return {math.ceil((nxt - now) * 1000), shown} end
  redis.call('HSET', KEYS[1], 'next', string.format('%.6f', now + 2))
  return {0, shown}
end
if sum >= limit then return {math.ceil((reset + 1 - now) * 1000), shown} end
if nxt > now then return {math.ceil((nxt - now) * 1000), shown} end
local calls = math.max(1, (limit - sum) / math.max(cost, 0.05))
redis.call('HSET', KEYS[1], 'next', string.format('%.6f', now + (reset - now) / calls))
return {0, shown}
)lua"};
  return s;
}

// ARGV: sum, reset, calls since the last report, ms to keep. The cost of a call is a running mean of the growth.
const redis::script& report_script() {
  static const redis::script s{R"lua(
local sum, reset, calls = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local h = redis.call('HMGET', KEYS[1], 'sum', 'cost')
local before, cost = tonumber(h[1] or '0'), tonumber(h[2] or '0')
local grown = (sum - before) / math.max(calls, 1)
if grown > 0 then
  if cost > 0 then cost = cost * 0.7 + grown * 0.3 else cost = grown end
end
redis.call('HSET', KEYS[1], 'sum', ARGV[1], 'reset', ARGV[2], 'cost', string.format('%.6f', cost))
redis.call('HDEL', KEYS[1], 'blocked')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
)lua"};
  return s;
}

// Blocked until the announced moment (+1 s), or for a minute when that has passed: the next bucket leaves then.
const redis::script& block_script() {
  static const redis::script s{R"lua(
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local h = redis.call('HMGET', KEYS[1], 'reset', 'blocked')
local reset, blocked = tonumber(h[1] or '0'), tonumber(h[2] or '0')
if blocked > now then return 0 end
local till = now + 60
if reset > now then till = math.min(reset + 1, now + 600) end
redis.call('HSET', KEYS[1], 'blocked', string.format('%.6f', till))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
)lua"};
  return s;
}

} // namespace

struct operating_budget::impl {
  struct method_state {
    double sum{0};
    std::int64_t reset{0};
    int calls{0}; // reported and not yet written
    bool dirty{false};
    bool blocked{false};        // to be written
    steady::time_point known{}; // when Redis or the portal last told
    steady::time_point closed_until{};
  };

  std::shared_ptr<redis::connection> redis;
  std::string prefix, limit_text;
  double limit;
  std::map<std::string, method_state, std::less<>> methods;
  std::optional<executor> ex; // of the first caller that waited; report() has none of its own
  bool writing{false};

  impl(std::shared_ptr<redis::connection> r, std::string p, double l)
      : redis(std::move(r)), prefix(std::move(p)), limit_text(fmt::format("{:.3f}", l)), limit(l) {}

  std::string key(const std::string& method) const { return prefix + ":" + method; }

  static void write_soon(const std::shared_ptr<impl>& self) {
    if (self->ex && !std::exchange(self->writing, true)) spawn(*self->ex, "limits.operating", write(self));
  }
  static awaitable<void> write(std::shared_ptr<impl> self);
};

awaitable<void> operating_budget::impl::write(std::shared_ptr<impl> self) {
  while (true) {
    const auto it =
        std::ranges::find_if(self->methods, [](const auto& m) { return m.second.dirty || m.second.blocked; });
    if (it == self->methods.end()) break;
    const auto key = self->key(it->first);
    const redis::args keys{key};
    if (std::exchange(it->second.dirty, false)) {
      const auto sum = fmt::format("{:.3f}", it->second.sum), reset = std::to_string(it->second.reset);
      const auto calls = std::to_string(std::exchange(it->second.calls, 0));
      const redis::args values{sum, reset, calls, window_ms};
      auto done = co_await self->redis->eval(report_script(), keys, values);
      if (!done) break; // Redis is down: the next report brings the newer sum anyway
    } else {
      it->second.blocked = false;
      const redis::args values{window_ms};
      auto done = co_await self->redis->eval(block_script(), keys, values);
      if (!done) break;
    }
  }
  self->writing = false;
}

operating_budget::operating_budget(std::shared_ptr<redis::connection> redis, std::string key_prefix, double limit_s)
    : impl_(std::make_shared<impl>(std::move(redis), std::move(key_prefix), std::max(limit_s, 1.0))) {}

awaitable<milliseconds> operating_budget::wait_for(std::string method) {
  auto self = impl_;
  if (!self->ex) {
    auto ex = co_await asio::this_coro::executor;
    self->ex = ex;
    impl::write_soon(self);
  }
  {
    const auto& state = self->methods[method];
    const auto now = steady::now();
    if (state.closed_until > now) co_return std::chrono::ceil<milliseconds>(state.closed_until - now);
    if (now - state.known < trusted_for && state.sum < self->limit * slow_from) co_return milliseconds{0};
  }
  const auto key = self->key(method);
  const redis::args keys{key};
  const redis::args values{self->limit_text};
  auto reply = co_await self->redis->eval(ask_script(), keys, values);
  if (!reply || reply->items.size() != 2) co_return milliseconds{0}; // without Redis the portal's own refusal guards
  auto& state = self->methods[method];
  const auto now = steady::now();
  if (!state.dirty) state.sum = static_cast<double>(reply->items[1].integer) / 1000;
  const auto wait = std::clamp(milliseconds{reply->items[0].integer}, milliseconds{0}, longest_wait);
  // A refusal is believed for a moment only: another process may learn that the window has moved.
  state.known = wait.count() == 0 ? now : steady::time_point{};
  if (wait.count() > 0) state.closed_until = now + std::min(wait, trusted_for);
  co_return wait;
}

void operating_budget::report(const std::string& method, double operating_s, std::int64_t reset_at) {
  auto& state = impl_->methods[method];
  const bool worth_telling = operating_s >= impl_->limit * slow_from / 2 || operating_s < state.sum;
  state.sum = operating_s;
  state.reset = reset_at;
  state.known = steady::now();
  ++state.calls;
  // Far from the limit nobody needs to know: a write per answer would cost more than it tells.
  if (!worth_telling) return;
  state.dirty = true;
  impl::write_soon(impl_);
}

void operating_budget::blocked(const std::string& method) {
  auto& state = impl_->methods[method];
  state.blocked = true;
  // Until Redis has it, and ended by its word: a short local stop keeps this process from hammering.
  state.closed_until = steady::now() + milliseconds(500);
  state.known = {};
  impl::write_soon(impl_);
}

} // namespace waybill::limits
