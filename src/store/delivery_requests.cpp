#include <store/delivery_requests.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <atomic>
#include <random>

#include <fmt/format.h>

namespace waybill::store {
namespace {

using redis::args;
using redis::reply;

// KEYS: 1 record, 2 the deal's list (or the record again), 3 the job's stream, then one live key per shipment.
// ARGV: 1 request id, 2 body, 3 job, 4 what the live keys get: "id|service|shipments".
// Returns the id of the request that holds the shipments now: ours, or the one that was there. An error text
// "!" .. id tells that another request holds some of them. A repeat of the same call finds its own request.
const redis::script create_script{R"lua(
local mine = string.match(ARGV[4], '^[^|]+(|.*)$')
local there, others = nil, 0
for i = 4, #KEYS do
  local held = redis.call('GET', KEYS[i])
  if held then
    local id, rest = string.match(held, '^([^|]+)(|.*)$')
    if rest ~= mine then return '!' .. id end
    there = id
    others = others + 1
  end
end
if there and others == #KEYS - 3 then return there end
for i = 4, #KEYS do redis.call('SET', KEYS[i], ARGV[4]) end
redis.call('HSET', KEYS[1], 'v', 1, 'b', ARGV[2])
if KEYS[2] ~= KEYS[1] then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('LTRIM', KEYS[2], -100, -1)
end
redis.call('XADD', KEYS[3], '*', 'j', ARGV[3])
return ARGV[1]
)lua"};

// KEYS: 1 record, 2 the job's stream (or the record again), then the live keys that are to be freed.
// ARGV: 1 expected version, 2 nonce, 3 body, 4 request id, 5 job.
// Returns the new version, or -1 when the version is another one. A repeat with the same nonce changes nothing.
const redis::script change_script{R"lua(
local have = redis.call('HMGET', KEYS[1], 'v', 'n')
local version = tonumber(have[1] or '0')
if have[2] == ARGV[2] then return version end
if version ~= tonumber(ARGV[1]) then return -1 end
redis.call('HSET', KEYS[1], 'v', version + 1, 'n', ARGV[2], 'b', ARGV[3])
for i = 3, #KEYS do
  local held = redis.call('GET', KEYS[i])
  if held and string.match(held, '^[^|]+') == ARGV[4] then redis.call('DEL', KEYS[i]) end
end
if KEYS[2] ~= KEYS[1] then redis.call('XADD', KEYS[2], '*', 'j', ARGV[5]) end
return version + 1
)lua"};

std::string nonce() {
  static const std::uint64_t process = (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}();
  static std::atomic<std::uint64_t> serial{0};
  return fmt::format("{:x}-{:x}", process, ++serial);
}

std::string joined(const std::vector<std::int64_t>& ids) { return fmt::format("{}", fmt::join(ids, ",")); }

result<std::optional<kept_request>> read(const result<reply>& got) {
  if (!got) return fail(got.error());
  if (got->items.size() != 2 || got->items[1].is_nil()) return std::optional<kept_request>{};
  auto r = decode_request(got->items[1].text);
  if (!r) return fail(r.error());
  r->version = std::strtoll(got->items[0].text.c_str(), nullptr, 10);
  return std::optional(std::move(*r));
}

} // namespace

struct delivery_requests::impl {
  // What a change does to the request as it was read; a fault leaves it, `unchanged` ends without a write.
  enum class verdict { write, unchanged };
  using edit = std::function<result<verdict>(kept_request&)>;

  std::shared_ptr<redis::connection> redis;
  std::shared_ptr<queue::queue> jobs;
  std::string prefix;

  std::string record_key(std::string_view portal, std::string_view id) const {
    return fmt::format("{}:delivery:request:{}:{}", prefix, portal, id);
  }
  std::string live_key(std::string_view portal, std::int64_t shipment) const {
    return fmt::format("{}:delivery:live:{}:{}", prefix, portal, shipment);
  }
  std::string deal_key(std::string_view portal, std::int64_t deal) const {
    return fmt::format("{}:delivery:deal:{}:{}", prefix, portal, deal);
  }

  awaitable<result<std::optional<kept_request>>> load(std::string portal, std::string id) const {
    const std::string name = record_key(portal, id);
    const args words{"HMGET", name, "v", "b"};
    auto got = co_await redis->command(words);
    co_return read(got);
  }

  // Both scripts may be repeated, so a lost answer is settled here, while a manager can still wait for it.
  static awaitable<result<reply>> settle(std::shared_ptr<impl> self, const redis::script* script,
                                         std::vector<std::string> keys, std::vector<std::string> values) {
    const args key_views(keys.begin(), keys.end()), value_views(values.begin(), values.end());
    for (int tries = 0;; ++tries) {
      auto done = co_await self->redis->eval(*script, key_views, value_views);
      if (done || !is_transient(done.error().code) || tries == 2) co_return done;
      auto up = co_await self->redis->wait_up(std::chrono::seconds(1));
      if (!up) co_return done;
    }
  }

  static awaitable<result<kept_request>> change(std::shared_ptr<impl> self, std::string portal, std::string id,
                                                edit how, std::optional<queue::job> job);
};

awaitable<result<kept_request>> delivery_requests::impl::change(std::shared_ptr<impl> self, std::string portal,
                                                                std::string id, edit how,
                                                                std::optional<queue::job> job) {
  if (job) self->jobs->complete(*job);
  // Somebody else's change in between is met by reading again; this often in a row it cannot happen.
  for (int tries = 0; tries < 20; ++tries) {
    auto found = co_await self->load(portal, id);
    if (!found) co_return fail(found.error());
    if (!*found) co_return fail(errc::not_found, "no such delivery request");
    kept_request r = std::move(**found);
    const auto decided = how(r);
    if (!decided) co_return fail(decided.error());
    if (*decided == verdict::unchanged) co_return r;
    r.changed = now();
    std::vector<std::string> keys{self->record_key(portal, id)};
    keys.push_back(job ? self->jobs->stream_key(job->lane) : keys[0]);
    if (r.state != request_state::live)
      for (const auto shipment : r.shipments) keys.push_back(self->live_key(portal, shipment));
    std::vector<std::string> values{std::to_string(r.version), nonce(), encode(r), r.request_id};
    values.push_back(job ? queue::encode(*job) : std::string{});
    auto done = co_await settle(self, &change_script, std::move(keys), std::move(values));
    if (!done) co_return fail(done.error());
    if (done->integer < 0) continue;
    r.version = done->integer;
    co_return r;
  }
  co_return fail(errc::conflict, "the delivery request is being changed by others");
}

delivery_requests::delivery_requests(std::shared_ptr<redis::connection> redis, std::shared_ptr<queue::queue> jobs,
                                     std::string prefix)
    : impl_(std::make_shared<impl>(std::move(redis), std::move(jobs), std::move(prefix))) {}

awaitable<result<delivery_requests::made>> delivery_requests::create(kept_request r, queue::job first) {
  const auto self = impl_;
  std::ranges::sort(r.shipments);
  const auto twice = std::ranges::unique(r.shipments);
  r.shipments.erase(twice.begin(), twice.end());
  if (r.shipments.empty() || r.portal.empty() || r.request_id.empty())
    co_return fail(errc::internal, "a delivery request needs an id, a portal and shipments");
  r.created = r.changed = now();
  r.version = 1;
  self->jobs->complete(first);
  std::vector<std::string> keys{self->record_key(r.portal, r.request_id)};
  keys.push_back(r.deal == 0 ? keys[0] : self->deal_key(r.portal, r.deal));
  keys.push_back(self->jobs->stream_key(first.lane));
  for (const auto id : r.shipments) keys.push_back(self->live_key(r.portal, id));
  std::vector<std::string> values{r.request_id, encode(r), queue::encode(first)};
  values.push_back(fmt::format("{}|{}|{}", r.request_id, r.delivery_id, joined(r.shipments)));
  auto done = co_await impl::settle(self, &create_script, std::move(keys), std::move(values));
  if (!done) co_return fail(done.error());
  if (done->text.starts_with('!'))
    co_return fail(errc::conflict, "a live delivery request holds these shipments", done->text.substr(1));
  made out;
  if (done->text == r.request_id) {
    out.what = std::move(r);
    co_return out;
  }
  auto there = co_await self->load(r.portal, done->text);
  if (!there) co_return fail(there.error());
  if (!*there) co_return fail(errc::internal, "a live delivery request has lost its record");
  out.what = std::move(**there);
  out.fresh = false;
  co_return out;
}

awaitable<result<std::optional<kept_request>>> delivery_requests::find(std::string portal, std::string request_id) {
  return impl_->load(std::move(portal), std::move(request_id));
}

awaitable<result<std::optional<kept_request>>> delivery_requests::find_live_by_shipment(std::string portal,
                                                                                        std::int64_t shipment_id) {
  const auto self = impl_;
  const std::string name = self->live_key(portal, shipment_id);
  const args words{"GET", name};
  auto got = co_await self->redis->command(words);
  if (!got) co_return fail(got.error());
  if (got->is_nil()) co_return std::optional<kept_request>{};
  co_return co_await self->load(std::move(portal), got->text.substr(0, got->text.find('|')));
}

awaitable<result<std::vector<kept_request>>> delivery_requests::of_deal(std::string portal, std::int64_t deal) {
  const auto self = impl_;
  const std::string name = self->deal_key(portal, deal);
  const args words{"LRANGE", name, "0", "-1"};
  auto ids = co_await self->redis->command(words);
  if (!ids) co_return fail(ids.error());
  std::vector<kept_request> all;
  for (const reply& id : ids->items) {
    auto one = co_await self->load(portal, id.text);
    if (!one) co_return fail(one.error());
    if (*one) all.push_back(std::move(**one));
  }
  co_return all;
}

awaitable<result<kept_request>> delivery_requests::set_reference(std::string portal, std::string request_id,
                                                                 std::string reference) {
  impl::edit how = [reference = std::move(reference)](kept_request& r) -> result<impl::verdict> {
    if (r.state != request_state::live) return fail(errc::conflict, "the delivery request is cancelled");
    if (r.reference == reference) return impl::verdict::unchanged;
    if (!r.reference.empty()) return fail(errc::conflict, "the delivery request has another shipment");
    r.reference = reference;
    return impl::verdict::write;
  };
  return impl::change(impl_, std::move(portal), std::move(request_id), std::move(how), {});
}

awaitable<result<kept_request>> delivery_requests::set_cancelled(std::string portal, std::string request_id) {
  impl::edit how = [](kept_request& r) -> result<impl::verdict> {
    if (r.state != request_state::live) return impl::verdict::unchanged;
    r.state = request_state::cancelled;
    r.refusal.clear();
    return impl::verdict::write;
  };
  return impl::change(impl_, std::move(portal), std::move(request_id), std::move(how), {});
}

awaitable<result<kept_request>> delivery_requests::set_deleted(std::string portal, std::string request_id) {
  impl::edit how = [](kept_request& r) -> result<impl::verdict> {
    if (r.state == request_state::deleted) return impl::verdict::unchanged;
    r.state = request_state::deleted;
    r.refusal.clear();
    return impl::verdict::write;
  };
  return impl::change(impl_, std::move(portal), std::move(request_id), std::move(how), {});
}

awaitable<result<kept_request>> delivery_requests::set_refusal(std::string portal, std::string request_id,
                                                               std::string text) {
  impl::edit how = [text = std::move(text)](kept_request& r) -> result<impl::verdict> {
    if (r.state != request_state::live) return impl::verdict::unchanged;
    r.refusal = text;
    r.cancel_wanted = false;
    return impl::verdict::write;
  };
  return impl::change(impl_, std::move(portal), std::move(request_id), std::move(how), {});
}

awaitable<result<kept_request>> delivery_requests::want_cancel(std::string portal, std::string request_id,
                                                               queue::job job) {
  impl::edit how = [](kept_request& r) -> result<impl::verdict> {
    if (r.state != request_state::live) return impl::verdict::unchanged;
    r.cancel_wanted = true;
    r.refusal.clear();
    return impl::verdict::write;
  };
  return impl::change(impl_, std::move(portal), std::move(request_id), std::move(how), std::move(job));
}

awaitable<result<kept_request>> delivery_requests::renew(std::string portal, std::string request_id, shipment what,
                                                         std::string asked, queue::job job) {
  impl::edit how = [what = std::move(what), asked = std::move(asked)](kept_request& r) -> result<impl::verdict> {
    if (r.state != request_state::live || r.cancel_wanted)
      return fail(errc::conflict, "the delivery request is being cancelled");
    r.what = what;
    r.asked = asked;
    return impl::verdict::write;
  };
  return impl::change(impl_, std::move(portal), std::move(request_id), std::move(how), std::move(job));
}

} // namespace waybill::store
