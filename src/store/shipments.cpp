#include <store/store.hpp>
#include <waybill/json.hpp>

#include <atomic>
#include <random>

#include <fmt/format.h>

namespace waybill::store {
namespace {

using redis::args;
using redis::reply;

// KEYS: 1 record, 2 history, 3 deal's list, 4 looks, 5 recent, 6 old state's set, 7 new state's set, 8 order index
// (or the record again when there is none), then one key per job.
// ARGV: 1 expected version, 2 nonce, 3 body, 4 reference, 5 history entry, 6 now ms, 7 next look ms (0: none),
// 8 jobs, then per job: encoded, delay ms (0: at once).
// Returns the new version, or -1 when the version is another one. A repeat with the same nonce changes nothing.
const redis::script transition_script{R"lua(
local have = redis.call('HMGET', KEYS[1], 'v', 'n')
local version = tonumber(have[1] or '0')
if have[2] == ARGV[2] then return version end
if version ~= tonumber(ARGV[1]) then return -1 end
if version == 0 then redis.call('RPUSH', KEYS[3], ARGV[4]) end
redis.call('HSET', KEYS[1], 'v', version + 1, 'n', ARGV[2], 'b', ARGV[3])
redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('LTRIM', KEYS[2], -200, -1)
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[4])
if KEYS[6] ~= KEYS[7] then redis.call('ZREM', KEYS[6], ARGV[4]) end
redis.call('ZADD', KEYS[7], ARGV[6], ARGV[4])
if ARGV[7] == '0' then redis.call('ZREM', KEYS[4], ARGV[4]) else redis.call('ZADD', KEYS[4], ARGV[7], ARGV[4]) end
if KEYS[8] ~= KEYS[1] then redis.call('SET', KEYS[8], ARGV[4]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, tonumber(ARGV[8]) do
  local body, delay = ARGV[7 + 2 * i], tonumber(ARGV[8 + 2 * i])
  if delay > 0 then redis.call('ZADD', KEYS[8 + i], now + delay, body)
  else redis.call('XADD', KEYS[8 + i], '*', 'j', body) end
end
return version + 1
)lua"};

std::string encode_history(const history_entry& e) {
  json::object o{{"at", e.when.time_since_epoch().count()}, {"what", e.what}};
  if (!e.detail.empty()) o["detail"] = e.detail;
  if (!e.trace.empty()) o["trace"] = e.trace;
  return json::serialize(o);
}

std::int64_t millis(instant t) { return t.time_since_epoch().count(); }

std::string nonce() {
  static const std::uint64_t process = (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}();
  static std::atomic<std::uint64_t> serial{0};
  return fmt::format("{:x}-{:x}", process, ++serial);
}

result<std::optional<record>> read(const result<reply>& got) {
  if (!got) return fail(got.error());
  if (got->items.size() != 2 || got->items[1].is_nil()) return std::optional<record>{};
  auto r = decode(got->items[1].text);
  if (!r) return fail(r.error());
  r->version = std::strtoll(got->items[0].text.c_str(), nullptr, 10);
  return std::optional(std::move(*r));
}

} // namespace

struct shipments::impl {
  std::shared_ptr<redis::connection> redis;
  std::shared_ptr<queue::queue> jobs;
  std::string prefix;

  std::string key(std::string_view rest) const { return prefix + ":" + std::string(rest); }
  std::string state_key(phase p) const { return fmt::format("{}:state:{}", prefix, to_string(p)); }

  awaitable<result<std::optional<record>>> load(std::string reference) const {
    const std::string name = key("shipment:" + reference);
    const args words{"HMGET", name, "v", "b"};
    auto got = co_await redis->command(words);
    co_return read(got);
  }
};

shipments::shipments(std::shared_ptr<redis::connection> redis, std::shared_ptr<queue::queue> jobs, std::string prefix)
    : impl_(std::make_shared<impl>(std::move(redis), std::move(jobs), std::move(prefix))) {}

awaitable<result<std::optional<record>>> shipments::find(std::string reference) {
  return impl_->load(std::move(reference));
}

awaitable<result<std::optional<record>>> shipments::current(std::string portal, std::int64_t deal) {
  const auto self = impl_;
  const std::string name = self->key(order_key(portal, deal));
  const args words{"LINDEX", name, "-1"};
  auto last = co_await self->redis->command(words);
  if (!last) co_return fail(last.error());
  if (last->is_nil()) co_return std::optional<record>{};
  co_return co_await self->load(last->text);
}

awaitable<result<std::vector<record>>> shipments::all_of(std::string portal, std::int64_t deal,
                                                         std::int64_t shop_order) {
  const auto self = impl_;
  const std::string name = self->key(order_key(portal, deal, shop_order));
  const args words{"LRANGE", name, "-100", "-1"};
  auto listed = co_await self->redis->command(words);
  if (!listed) co_return fail(listed.error());
  std::vector<record> all;
  for (const auto& reference : listed->items) {
    auto one = co_await self->load(reference.text);
    if (!one) co_return fail(one.error());
    if (*one) all.push_back(std::move(**one));
  }
  co_return all;
}

awaitable<result<std::optional<std::string>>> shipments::reference_of_order(std::string account, std::string order_id) {
  const auto self = impl_;
  const std::string name = self->key(fmt::format("order:{}:{}", account, order_id));
  const args words{"GET", name};
  auto got = co_await self->redis->command(words);
  if (!got) co_return fail(got.error());
  if (got->is_nil()) co_return std::optional<std::string>{};
  co_return std::optional(got->text);
}

awaitable<result<record>> shipments::transition(record r, history_entry note, std::vector<next_job> jobs) {
  const auto self = impl_;
  const phase before = r.stored_state;
  r.changed = now();
  note.when = r.changed;
  if (note.trace.empty()) note.trace = r.trace;

  std::vector<std::string> keys{self->key("shipment:" + r.reference),
                                self->key("history:" + r.reference),
                                self->key(r.beside.empty() ? order_key(r) : "beside:" + r.beside),
                                self->key("looks"),
                                self->key("recent"),
                                self->state_key(before),
                                self->state_key(r.state)};
  keys.push_back(r.order_id.empty() ? keys[0] : self->key(fmt::format("order:{}:{}", r.account, r.order_id)));
  std::vector<std::string> values{std::to_string(r.version),
                                  nonce(),
                                  encode(r),
                                  r.reference,
                                  encode_history(note),
                                  std::to_string(millis(r.changed)),
                                  std::to_string(millis(r.next_look)),
                                  std::to_string(jobs.size())};
  for (next_job& job : jobs) {
    self->jobs->complete(job.what);
    keys.push_back(job.delay.count() > 0 ? self->jobs->later_key(job.what.lane)
                                         : self->jobs->stream_key(job.what.lane));
    values.push_back(queue::encode(job.what));
    values.push_back(std::to_string(job.delay.count()));
  }
  const args key_views(keys.begin(), keys.end()), value_views(values.begin(), values.end());
  // The nonce makes a repeat harmless, so a lost answer is settled here.
  for (int tries = 0;; ++tries) {
    auto done = co_await self->redis->eval(transition_script, key_views, value_views);
    if (done) {
      if (done->integer < 0) co_return fail(errc::conflict, "the shipment was changed by another worker meanwhile");
      r.version = done->integer;
      r.stored_state = r.state;
      co_return r;
    }
    if (!is_transient(done.error().code) || tries == 20) co_return fail(done.error());
    auto up = co_await self->redis->wait_up(std::chrono::seconds(2));
    if (!up && tries > 3) co_return fail(errc::unavailable, "Redis does not answer");
  }
}

awaitable<result<std::vector<history_entry>>> shipments::history(std::string reference) {
  const auto self = impl_;
  const std::string name = self->key("history:" + reference);
  const args words{"LRANGE", name, "0", "-1"};
  auto got = co_await self->redis->command(words);
  if (!got) co_return fail(got.error());
  std::vector<history_entry> all;
  for (const reply& line : got->items) {
    const auto parsed = json::parse(line.text);
    if (!parsed || !parsed->is_object()) continue;
    const auto& o = parsed->get_object();
    history_entry e;
    e.when = instant{std::chrono::milliseconds(json::integer_or(o, "at"))};
    e.what = json::text_or(o, "what");
    e.detail = json::text_or(o, "detail");
    e.trace = json::text_or(o, "trace");
    all.push_back(std::move(e));
  }
  co_return all;
}

awaitable<result<listing>> shipments::list(std::string state, std::int64_t offset, std::int64_t most) {
  const auto self = impl_;
  const std::string name = state.empty() ? self->key("recent") : self->key("state:" + state);
  const std::string first = std::to_string(offset), last = std::to_string(offset + most - 1);
  const args count_words{"ZCARD", name};
  auto total = co_await self->redis->command(count_words);
  if (!total) co_return fail(total.error());
  const args words{"ZREVRANGE", name, first, last};
  auto references = co_await self->redis->command(words);
  if (!references) co_return fail(references.error());
  listing out;
  out.total = total->integer;
  for (const reply& reference : references->items) {
    auto r = co_await self->load(reference.text);
    if (!r) co_return fail(r.error());
    if (*r) out.records.push_back(std::move(**r));
  }
  co_return out;
}

awaitable<result<std::vector<std::string>>> shipments::overdue(std::chrono::milliseconds late, std::int64_t most) {
  const auto self = impl_;
  const std::string name = self->key("looks"), limit = std::to_string(millis(now() - late)),
                    count = std::to_string(most);
  const args words{"ZRANGEBYSCORE", name, "-inf", limit, "LIMIT", "0", count};
  auto got = co_await self->redis->command(words);
  if (!got) co_return fail(got.error());
  std::vector<std::string> references;
  for (reply& one : got->items) references.push_back(std::move(one.text));
  co_return references;
}

} // namespace waybill::store
