// What several scripts of the queue begin with. A part is Lua text; `joined` puts parts and a script's own text
// together. Every script here gets ARGV[1] = root of all keys, ARGV[2] = this consumer, ARGV[3] = lease in ms. Streams,
// SETs and HASHes stand in KEYS. Locks and lists of waiters are computed: which ones are touched is known only
// once the entries have been read, and reading them in the same script is what makes taking a job atomic.
//
// A lock's value is "entry|lane|consumer". An empty consumer means "reserved": the entry has been given the lock while
// it is still on its way through the stream, so that no later job of its key overtakes it. An element of
// `wait:{key}` is "lane\nmark\ndeliveries\njob".
#pragma once
#include <redis/connection.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace waybill::queue::scripts {

// The words that all use, and handing a key's lock on. A reservation outlives any backlog that a healthy lane has;
// afterwards order gives way to progress.
inline constexpr std::string_view common = R"lua(
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
)lua";

// admit() decides about one entry that is ours now: it runs (id, job, deliveries are added to the reply), or it goes
// behind the holder of its key.
inline constexpr std::string_view admit = R"lua(
local moved, admitted = {}, 0

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
        moved[#moved + 1] = id
        -- Behind one of the same merge key it is not needed: that one has not begun either.
        local head, wait = lane .. '\n' .. (mark or '') .. '\n', P .. 'wait:' .. key
        local last = mark and call('LINDEX', wait, -1)
        if last and string.sub(last, 1, #head) == head then return end
        call('RPUSH', wait, head .. (deliveries > 1 and deliveries or 0) .. '\n' .. job)
        call('SADD', P .. 'waiting', key)
        call('HINCRBY', P .. 'waits', lane, 1)
        return
      end
    end
  end
  admitted = admitted + 1
  add(id)
  add(job)
  add(deliveries)
end

-- Ends a lane: removes what now waits elsewhere.
local function settle(stream)
  if #moved > 0 then
    call('XACK', stream, 'w', unpack(moved))
    call('XDEL', stream, unpack(moved))
    moved = {}
  end
end

local function deliveries_of(stream, id)
  local p = call('XPENDING', stream, 'w', id, id, 1)[1]
  return p and p[4] or 1
end
)lua";

// A text that a redis::script can refer to for ever: keep it in a static.
inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text += part;
  return text;
}

} // namespace waybill::queue::scripts
