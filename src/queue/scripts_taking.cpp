// How a consumer comes by its jobs: new ones, those whose answer was lost, those of a consumer that died.
#include <queue/scripts.hpp>
#include <queue/scripts_parts.hpp>

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
constexpr std::string_view take_text = R"lua(
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
constexpr std::string_view adopt_text = R"lua(
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
constexpr std::string_view take_over_text = R"lua(
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

} // namespace

const redis::script& prepare() {
  static const redis::script s{prepare_text};
  return s;
}
const redis::script& take() {
  static const std::string text = joined({common, admit, take_text});
  static const redis::script s{text};
  return s;
}
const redis::script& adopt() {
  static const std::string text = joined({common, admit, adopt_text});
  static const redis::script s{text};
  return s;
}
const redis::script& take_over() {
  static const std::string text = joined({common, admit, take_over_text});
  static const redis::script s{text};
  return s;
}

} // namespace waybill::queue::scripts
