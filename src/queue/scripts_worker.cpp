// Every script here gets ARGV[1] = root of all keys, ARGV[2] = this consumer, ARGV[3] = lease in ms. Streams, SETs and
// HASHes stand in KEYS. Locks, marks and lists of waiters are computed: which ones are touched is known only once
// the entries have been read, and reading them in the same script is what makes taking a job atomic.
//
// A lock's value is "entry|lane|consumer". An empty consumer means "reserved": the entry has been given the lock while
// it is still on its way through the stream, so that no later job of its key overtakes it. An element of
// `wait:{key}` is "lane\nmark\ndeliveries\njob".
#include <queue/scripts.hpp>

// A reservation outlives any backlog that a healthy lane has; afterwards order gives way to progress.
#define WAYBILL_LUA_COMMON                                                                                             \
  R"lua(
local call, P, me, lease = redis.call, ARGV[1], ARGV[2], ARGV[3]
local reservation = 3600000
local out = {}
local function add(v) out[#out + 1] = v end

local function lock_of(job) return string.match(job, '^{"k":"([^"]+)"') end

-- The lock of this key is ours or nobody's: hand it to the next waiter, or free it.
local function pass_on(key)
  local wait, lock = P .. 'wait:' .. key, P .. 'lock:' .. key
  local w = call('LPOP', wait)
  if not w then
    call('SREM', P .. 'waiting', key)
    call('DEL', lock)
    return
  end
  local lane, mark, n, job = string.match(w, '^([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$')
  local entry = {P .. 's:' .. lane, '*', 'j', job}
  if mark ~= '' then
    entry[#entry + 1] = 'm'
    entry[#entry + 1] = mark
  end
  if n ~= '0' then
    entry[#entry + 1] = 'n'
    entry[#entry + 1] = n
  end
  local id = call('XADD', unpack(entry))
  call('HINCRBY', P .. 'waits', lane, -1)
  call('SET', lock, id .. '|' .. lane .. '|', 'PX', reservation)
  if call('EXISTS', wait) == 0 then call('SREM', P .. 'waiting', key) end
end
)lua"

// admit() decides about one entry that is ours now: it runs (id, job, deliveries are added to the reply), or it goes
// behind the holder of its key.
#define WAYBILL_LUA_ADMIT                                                                                              \
  R"lua(
local marks, moved, admitted = {}, {}, 0

local function admit(lane, entry, deliveries)
  local id, f = entry[1], entry[2]
  local job, mark = f[1] == 'j' and f[2] or '', nil
  for i = 3, #f, 2 do
    if f[i] == 'm' then mark = f[i + 1] elseif f[i] == 'n' then deliveries = deliveries + (tonumber(f[i + 1]) or 0) end
  end
  local key = lock_of(job)
  if key then
    local lock, name = P .. 'lock:' .. key, id .. '|' .. lane .. '|'
    local holder = call('SET', lock, name .. me, 'NX', 'GET', 'PX', lease)
    if holder then
      if string.sub(holder, 1, #name) == name then
        call('SET', lock, name .. me, 'PX', lease)
      else
        call('RPUSH', P .. 'wait:' .. key, lane .. '\n' .. (mark or '') .. '\n' .. (deliveries > 1 and deliveries or 0) .. '\n' .. job)
        call('SADD', P .. 'waiting', key)
        call('HINCRBY', P .. 'waits', lane, 1)
        moved[#moved + 1] = id
        return
      end
    end
  end
  if mark then marks[#marks + 1] = mark end
  admitted = admitted + 1
  add(id)
  add(job)
  add(deliveries)
end

-- Ends a lane: removes what now waits elsewhere, and the marks of what is about to run.
local function settle(stream)
  if #moved > 0 then
    call('XACK', stream, 'w', unpack(moved))
    call('XDEL', stream, unpack(moved))
    moved = {}
  end
  if #marks > 0 then
    call('DEL', unpack(marks))
    marks = {}
  end
end

local function deliveries_of(stream, id)
  local p = call('XPENDING', stream, 'w', id, id, 1)[1]
  return p and p[4] or 1
end
)lua"

namespace waybill::queue::scripts {
namespace {

// KEYS: SET of lanes, then streams. ARGV from 4: the lanes. Makes the groups.
constexpr std::string_view prepare_text = R"lua(
for i = 2, #KEYS do
  redis.call('SADD', KEYS[1], ARGV[i + 2])
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[i], 'w', '0', 'MKSTREAM')
  if made.err and string.sub(made.err, 1, 9) ~= 'BUSYGROUP' then return made end
end
return 1
)lua";

// KEYS: SET of paused lanes, HASH of epochs, streams. ARGV from 4: lane and how many, per stream.
// Returns per lane: epoch; entries read (-1: paused, -2: no group); the group's last id when fewer came than
// were asked for, else ''; how many run; id, job, deliveries of each.
constexpr std::string_view take_text = WAYBILL_LUA_COMMON WAYBILL_LUA_ADMIT R"lua(
for i = 3, #KEYS do
  local stream, lane, want = KEYS[i], ARGV[2 * i - 2], tonumber(ARGV[2 * i - 1])
  add(call('HGET', KEYS[2], lane) or '0')
  local head = #out
  add(-1)
  add('')
  add(0)
  if call('SISMEMBER', KEYS[1], lane) == 0 then
    local reply = redis.pcall('XREADGROUP', 'GROUP', 'w', me, 'COUNT', want, 'STREAMS', stream, '>')
    local read = 0
    if reply and reply.err then
      read = -2
    else
      if reply then
        local entries = reply[1][2]
        read = #entries
        for e = 1, read do admit(lane, entries[e], 1) end
        settle(stream)
      end
      if read < want then
        for _, g in ipairs(call('XINFO', 'GROUPS', stream)) do
          local f = {}
          for k = 1, #g, 2 do f[g[k]] = g[k + 1] end
          if f.name == 'w' then out[head + 2] = f['last-delivered-id'] end
        end
      end
    end
    out[head + 1] = read
    out[head + 3] = admitted
    admitted = 0
  end
end
return out
)lua";

// What Redis gave us and we never saw, because the answer of a take was lost.
// KEYS: HASH of epochs, the stream. ARGV from 4: lane, then the ids that we do hold. Returns like one lane of take.
constexpr std::string_view adopt_text = WAYBILL_LUA_COMMON WAYBILL_LUA_ADMIT R"lua(
local stream, lane, held, lost = KEYS[2], ARGV[4], {}, {}
for i = 5, #ARGV do held[ARGV[i]] = true end
for _, p in ipairs(call('XPENDING', stream, 'w', '-', '+', 10000, me)) do
  if not held[p[1]] and #lost < 500 then lost[#lost + 1] = p[1] end
end
add(call('HGET', KEYS[1], lane) or '0')
add(#lost)
add('')
add(0)
if #lost > 0 then
  local counts = {}
  for _, id in ipairs(lost) do counts[id] = deliveries_of(stream, id) end
  for _, e in ipairs(call('XCLAIM', stream, 'w', me, 0, unpack(lost))) do admit(lane, e, counts[e[1]] or 1) end
  settle(stream)
  out[4] = admitted
end
return out
)lua";

// KEYS: SET of paused lanes, HASH of epochs, the stream. ARGV from 4: lane, how many, cursor.
// Returns like one lane of take, with the next cursor as the last id. Takes what nobody has renewed for a whole lease.
constexpr std::string_view take_over_text = WAYBILL_LUA_COMMON WAYBILL_LUA_ADMIT R"lua(
local stream, lane = KEYS[3], ARGV[4]
local paused = call('SISMEMBER', KEYS[1], lane) == 1
local claimed = paused and {'0-0', {}} or call('XAUTOCLAIM', stream, 'w', me, lease, ARGV[6], 'COUNT', ARGV[5])
local entries = claimed[2]
add(#entries > 0 and tostring(call('HINCRBY', KEYS[2], lane, 1)) or call('HGET', KEYS[2], lane) or '0')
add(#entries)
add(claimed[1])
add(0)
for _, e in ipairs(entries) do admit(lane, e, deliveries_of(stream, e[1])) end
settle(stream)
out[4] = admitted
return out
)lua";

// KEYS: HASH of epochs, then per lane: stream, later, dead, deadjob.
// ARGV from 4: per lane: name, how many; per job: entry, epoch at which it was ours, lock text or '', what came of it:
//   d done | l delay job (later) | x id record (dead) | b deliveries job (back to the stream, it never ran)
// Only the owner's word counts: as long as the lane's epoch has not moved, nobody can have taken anything over; if it
// has, or if more than an acknowledgement hangs on it, the pending list is asked. Repeating a call changes nothing,
// also after one that Redis broke off. A lock that names this very run is ours to release in any case. Returns how many
// were not ours any more.
constexpr std::string_view complete_text = WAYBILL_LUA_COMMON R"lua(
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
constexpr std::string_view heartbeat_text = WAYBILL_LUA_COMMON R"lua(
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
constexpr std::string_view look_after_text = WAYBILL_LUA_COMMON R"lua(
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

const redis::script& prepare() {
  static const redis::script s{prepare_text};
  return s;
}
const redis::script& take() {
  static const redis::script s{take_text};
  return s;
}
const redis::script& adopt() {
  static const redis::script s{adopt_text};
  return s;
}
const redis::script& take_over() {
  static const redis::script s{take_over_text};
  return s;
}
const redis::script& complete() {
  static const redis::script s{complete_text};
  return s;
}
const redis::script& heartbeat() {
  static const redis::script s{heartbeat_text};
  return s;
}
const redis::script& promote() {
  static const redis::script s{promote_text};
  return s;
}
const redis::script& look_after() {
  static const redis::script s{look_after_text};
  return s;
}
const redis::script& leave() {
  static const redis::script s{leave_text};
  return s;
}

} // namespace waybill::queue::scripts
