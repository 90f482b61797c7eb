// What becomes of jobs that a consumer holds, and the housekeeping between: what is due, who waits in vain, who leaves.
#include <queue/scripts.hpp>
#include <queue/scripts_parts.hpp>

namespace waybill::queue::scripts {
namespace {

// KEYS: HASH of epochs, then per lane: stream, later, dead, deadjob.
// ARGV from 4: per lane: name, how many; per job: entry, epoch at which it was ours, lock text or '', what came of it:
//   d done | l delay job (later) | x id record (dead) | b deliveries job (back to the stream, it never ran)
// Only the owner's word counts: as long as the lane's epoch has not moved, nobody can have taken anything over; if it
// has, or if more than an acknowledgement hangs on it, the pending list is asked. Repeating a call changes nothing,
// also after one that Redis broke off. A lock that names this very run is ours to release in any case. Returns how many
// were not ours any more.
constexpr std::string_view complete_text = R"lua(
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local at, stale = 4, 0
local keys, locks, mine, back = {}, {}, {}, {}
local k = 2
while at <= #ARGV do
  local stream, later, dead, record = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3]
  k = k + 4
  local lane, jobs = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  local epoch = call('HGET', KEYS[1], lane) or '0'
  local ack = {}
  for _ = 1, jobs do
    local id, key, what = ARGV[at], ARGV[at + 2], ARGV[at + 3]
    local pending = what == 'd' and ARGV[at + 1] == epoch or #call('XPENDING', stream, 'w', id, id, 1, me) > 0
    local reserve
    if not pending then stale = stale + 1 end
    if what == 'd' then
      if pending then ack[#ack + 1] = id end
      at = at + 4
    else
      if pending then
        -- Kept first, acknowledged then: should Redis refuse the former, the job is still pending.
        local first, second = ARGV[at + 4], ARGV[at + 5]
        if what == 'l' then
          call('ZADD', later, string.format('%.0f', now + tonumber(first)), second)
        elseif what == 'x' then
          call('ZADD', dead, string.format('%.0f', now), first)
          call('HSET', record, first, second)
        elseif first == '0' then
          reserve = call('XADD', stream, '*', 'j', second)
        else
          reserve = call('XADD', stream, '*', 'j', second, 'n', first)
        end
        call('XACK', stream, 'w', id)
        call('XDEL', stream, id)
      end
      at = at + 6
    end
    if key ~= '' then
      local n = #keys + 1
      keys[n] = key
      locks[n] = P .. 'lock:' .. key
      mine[n] = id .. '|' .. lane .. '|' .. me
      if reserve then back[n] = reserve .. '|' .. lane .. '|' end
    end
  end
  if #ack > 0 then
    call('XACK', stream, 'w', unpack(ack))
    call('XDEL', stream, unpack(ack))
  end
end
if #keys > 0 then
  local holders, waited = call('MGET', unpack(locks)), call('SMISMEMBER', P .. 'waiting', unpack(keys))
  local free = {}
  for n = 1, #keys do
    if holders[n] == mine[n] then
      if back[n] then
        call('SET', locks[n], back[n], 'PX', reservation)
      elseif waited[n] == 1 then
        pass_on(keys[n])
      else
        free[#free + 1] = locks[n]
      end
    end
  end
  if #free > 0 then call('DEL', unpack(free)) end
end
return stale
)lua";

// KEYS: HASH of epochs, streams. ARGV from 4: per lane: name, how many, then entry and lock text of each.
// Returns: the epoch of each lane, then the place (from 0, over all lanes) of each job that is not ours any more.
constexpr std::string_view heartbeat_text = R"lua(
local at, place, lost = 4, 0, {}
for i = 2, #KEYS do
  local stream, lane, jobs = KEYS[i], ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  add(call('HGET', KEYS[1], lane) or '0')
  local claim = {}
  for _ = 1, jobs do
    local id, key = ARGV[at], ARGV[at + 1]
    at = at + 2
    local ours = #call('XPENDING', stream, 'w', id, id, 1, me) > 0
    if ours and key ~= '' then
      local lock, value = P .. 'lock:' .. key, id .. '|' .. lane .. '|' .. me
      local holder = call('SET', lock, value, 'NX', 'GET', 'PX', lease)
      if holder == value then
        call('PEXPIRE', lock, lease)
      elseif holder then
        ours = false
      end
    end
    if ours then claim[#claim + 1] = id else lost[#lost + 1] = place end
    place = place + 1
  end
  for first = 1, #claim, 1000 do
    local words = {}
    for c = first, math.min(first + 999, #claim) do words[#words + 1] = claim[c] end
    words[#words + 1] = 'JUSTID'
    call('XCLAIM', stream, 'w', me, 0, unpack(words))
  end
end
for _, p in ipairs(lost) do add(p) end
return out
)lua";

// KEYS: SET of paused lanes, then later and stream per lane. ARGV from 4: the lanes; the last one: how many at most.
// Moves what is due. Returns: ms until the next is due (-1: nothing), then 1 or 0 per lane: paused.
constexpr std::string_view promote_text = R"lua(
local call = redis.call
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local next_due, out = -1, {}
for i = 2, #KEYS, 2 do
  local later, stream = KEYS[i], KEYS[i + 1]
  local due = call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, ARGV[#ARGV])
  for _, job in ipairs(due) do call('XADD', stream, '*', 'j', job) end
  if #due > 0 then call('ZREM', later, unpack(due)) end
  local first = call('ZRANGE', later, 0, 0, 'WITHSCORES')
  if first[2] then
    local ms = math.max(0, tonumber(first[2]) - now)
    if next_due < 0 or ms < next_due then next_due = ms end
  end
  out[#out + 1] = call('SISMEMBER', KEYS[1], ARGV[3 + i / 2])
end
table.insert(out, 1, next_due)
return out
)lua";

// KEYS: SET of keys with waiters, SET of paused lanes. ARGV from 4: cursor. Returns the next cursor.
// Frees waiters whose holder is gone: the lock ran out, or it was reserved for an entry that no longer exists or that
// sits in a paused lane.
constexpr std::string_view look_after_text = R"lua(
local page = call('SSCAN', KEYS[1], ARGV[4], 'COUNT', 100)
for _, key in ipairs(page[2]) do
  local holder = call('GET', P .. 'lock:' .. key)
  local free = not holder
  if holder then
    local id, lane, who = string.match(holder, '^([^|]*)|([^|]*)|(.*)$')
    if id and who == '' then
      free = call('SISMEMBER', KEYS[2], lane) == 1 or #call('XRANGE', P .. 's:' .. lane, id, id) == 0
    end
  end
  if free then pass_on(key) end
end
return page[1]
)lua";

// KEYS: streams. ARGV[4]: 1 = this consumer leaves; 0 = remove consumers that have long been silent and hold nothing.
constexpr std::string_view leave_text = R"lua(
for _, stream in ipairs(KEYS) do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, 'w')
  if not consumers.err then
    for _, c in ipairs(consumers) do
      local f = {}
      for i = 1, #c, 2 do f[c[i]] = c[i + 1] end
      local going = f.name == ARGV[2]
      if ARGV[4] == '0' then going = not going and f.idle > math.max(3600000, 10 * tonumber(ARGV[3])) end
      if going and f.pending == 0 then redis.call('XGROUP', 'DELCONSUMER', stream, 'w', f.name) end
    end
  end
end
return 1
)lua";

} // namespace

const redis::script& complete() {
  static const std::string text = joined({common, complete_text});
  static const redis::script s{text};
  return s;
}
const redis::script& heartbeat() {
  static const std::string text = joined({common, heartbeat_text});
  static const redis::script s{text};
  return s;
}
const redis::script& promote() {
  static const redis::script s{promote_text};
  return s;
}
const redis::script& look_after() {
  static const std::string text = joined({common, look_after_text});
  static const redis::script s{text};
  return s;
}
const redis::script& leave() {
  static const redis::script s{leave_text};
  return s;
}

} // namespace waybill::queue::scripts
