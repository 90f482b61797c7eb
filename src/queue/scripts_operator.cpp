#include <queue/scripts.hpp>

namespace waybill::queue::scripts {
namespace {

// KEYS: the SET of lanes, L streams. ARGV: L, most entries of a lane, names of lanes to register (count first), then
// for each job its lane's number, its text, its merge key or '', and the entry that was put for this merge key before
// or ''. Returns the lengths of the lanes, then for each job its entry, "merged", or "full". A job is merged into an
// earlier one that is still there and that no worker has been given: it will read the same truth.
constexpr std::string_view enqueue_text = R"lua(
local call = redis.call
local lanes, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local at, taken, out = 4 + tonumber(ARGV[3]), {}, {}
for i = 4, at - 1 do call('SADD', KEYS[1], ARGV[i]) end
for l = 1, lanes do out[l] = call('XLEN', KEYS[l + 1]) end
local function parts(id)
  local ms, n = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms) or 0, tonumber(n) or 0
end
local function not_begun(stream, id)
  if not taken[stream] then
    taken[stream] = '0-0'
    local groups = redis.pcall('XINFO', 'GROUPS', stream)
    for _, g in ipairs(groups.err and {} or groups) do
      local f = {}
      for k = 1, #g, 2 do f[g[k]] = g[k + 1] end
      if f.name == 'w' then taken[stream] = f['last-delivered-id'] end
    end
  end
  local ms, n = parts(id)
  local taken_ms, taken_n = parts(taken[stream])
  return (ms > taken_ms or ms == taken_ms and n > taken_n) and #call('XRANGE', stream, id, id) == 1
end
while at <= #ARGV do
  local l, job, mark, twin = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  at = at + 4
  local stream, answer = KEYS[l + 1], 'full'
  if twin ~= '' and not_begun(stream, twin) then
    answer = 'merged'
  elseif out[l] < most then
    answer = mark == '' and call('XADD', stream, '*', 'j', job) or call('XADD', stream, '*', 'j', job, 'm', mark)
    out[l] = out[l] + 1
  end
  out[#out + 1] = answer
end
return out
)lua";

// KEYS: later of the lane, the SET of lanes, the lane's stream. ARGV: lane, delay in ms, job, most. 1: kept, 0: full.
constexpr std::string_view later_text = R"lua(
if redis.call('ZCARD', KEYS[1]) + redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[4]) then return 0 end
local t = redis.call('TIME')
local due = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[1], string.format('%.0f', due), ARGV[3])
return 1
)lua";

// KEYS: SET of lanes, SET of paused lanes, HASH of waiters' counts. ARGV: root. The other keys are computed from the
// names in the SET. Returns per lane: name, ready, running, waiting, later, dead, age of the oldest ready, paused.
constexpr std::string_view stats_text = R"lua(
local call, P, out = redis.call, ARGV[1], {}
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, lane in ipairs(call('SMEMBERS', KEYS[1])) do
  local s = P .. 's:' .. lane
  local length, taken, last = call('XLEN', s), 0, '0-0'
  local groups = length > 0 and redis.pcall('XINFO', 'GROUPS', s) or {}
  for _, g in ipairs(groups) do
    local f = {}
    for i = 1, #g, 2 do f[g[i]] = g[i + 1] end
    if f.name == 'w' then
      taken, last = f.pending, f['last-delivered-id']
    end
  end
  local age = 0
  if length > taken then
    local first = call('XRANGE', s, '(' .. last, '+', 'COUNT', 1)[1]
    if first then age = math.max(0, now - tonumber(string.match(first[1], '^%d+'))) end
  end
  out[#out + 1] = lane
  out[#out + 1] = math.max(0, length - taken)
  out[#out + 1] = taken
  out[#out + 1] = tonumber(call('HGET', KEYS[3], lane) or 0)
  out[#out + 1] = call('ZCARD', P .. 'later:' .. lane)
  out[#out + 1] = call('ZCARD', P .. 'dead:' .. lane)
  out[#out + 1] = age
  out[#out + 1] = call('SISMEMBER', KEYS[2], lane)
end
return out
)lua";

// KEYS: dead ZSET and HASH. ARGV: how many. Newest first: id, when, record.
constexpr std::string_view dead_text = R"lua(
local ids = redis.call('ZRANGE', KEYS[1], '+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
local out = {}
for i = 1, #ids, 2 do
  out[#out + 1] = ids[i]
  out[#out + 1] = ids[i + 1]
  out[#out + 1] = redis.call('HGET', KEYS[2], ids[i]) or ''
end
return out
)lua";

// KEYS: dead ZSET and HASH, the stream, the SET of lanes. ARGV: lane, then id and text of each. Returns how many went
// back.
constexpr std::string_view retry_text = R"lua(
local n = 0
for i = 2, #ARGV, 2 do
  if redis.call('ZREM', KEYS[1], ARGV[i]) == 1 then
    redis.call('HDEL', KEYS[2], ARGV[i])
    redis.call('SADD', KEYS[4], ARGV[1])
    redis.call('XADD', KEYS[3], '*', 'j', ARGV[i + 1])
    n = n + 1
  end
end
return n
)lua";

// KEYS: dead ZSET and HASH. ARGV: id; none: all. Returns how many were dropped.
constexpr std::string_view drop_text = R"lua(
local n
if ARGV[1] then
  n = redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  n = redis.call('ZCARD', KEYS[1])
  redis.call('DEL', KEYS[1], KEYS[2])
end
return n
)lua";

} // namespace

const redis::script& enqueue() {
  static const redis::script s{enqueue_text};
  return s;
}
const redis::script& enqueue_later() {
  static const redis::script s{later_text};
  return s;
}
const redis::script& stats() {
  static const redis::script s{stats_text};
  return s;
}
const redis::script& dead() {
  static const redis::script s{dead_text};
  return s;
}
const redis::script& retry_dead() {
  static const redis::script s{retry_text};
  return s;
}
const redis::script& drop_dead() {
  static const redis::script s{drop_text};
  return s;
}

} // namespace waybill::queue::scripts
