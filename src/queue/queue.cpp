#include <queue/queue.hpp>
#include <queue/queue_impl.hpp>
#include <queue/scripts.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <random>

#include <fmt/format.h>

namespace waybill::queue {
namespace {

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

} // namespace

std::string random_hex(std::size_t digits) {
  std::random_device device;
  std::string out;
  while (out.size() < digits) out += fmt::format("{:08x}", device());
  out.resize(digits);
  return out;
}

bool valid_lane(std::string_view lane) {
  return !lane.empty() && lane.size() <= 200 &&
         std::ranges::all_of(lane, [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '|'; });
}

result<void> check(const job& j, std::string_view merge) {
  if (!valid_lane(j.lane))
    return fail(errc::bad_input,
                "a job's lane must be 1 to 200 printable ASCII characters without quotes, backslash, bar or space");
  if (j.kind.empty() || j.kind.size() > 100 || !printable(j.kind))
    return fail(errc::bad_input, "a job's kind must be 1 to 100 printable characters");
  if (j.key.size() > 500 || !printable(j.key))
    return fail(errc::bad_input, "a job's key must be at most 500 printable characters");
  if (merge.size() > 500 || !printable(merge))
    return fail(errc::bad_input, "a merge key must be at most 500 printable characters");
  if (j.id.size() > 100 || j.trace.size() > 200) return fail(errc::bad_input, "a job's id or trace is too long");
  if (j.payload.size() > 64 * 1024) return fail(errc::bad_input, "a job's payload is larger than 64 KiB");
  return {};
}

fault queue_fault(fault f) {
  if (f.code == errc::rejected) {
    f.code = errc::unavailable;
    f.what = "Redis cannot keep it now: " + f.what;
  }
  return f;
}

queue::impl::impl(executor e, std::shared_ptr<redis::connection> r, options o)
    : ex(std::move(e)), redis(std::move(r)), how(std::move(o)), names(how.prefix), stamp(random_hex(12)) {
  if (how.consumer.empty()) how.consumer = "c-" + random_hex(8);
}

// 12 hex digits of time, 4 of sequence, 12 of the process: sorts by time, and within a process by order.
void queue::impl::complete(job& j) const {
  const auto ms = now().time_since_epoch().count();
  if (j.created == instant{}) j.created = instant{std::chrono::milliseconds{ms}};
  if (!j.id.empty()) return;
  if (ms > last_ms) {
    last_ms = ms;
    sequence = 0;
  } else if (++sequence > 0xFFFF) { // more than 65,536 in a millisecond, or the clock was set back
    ++last_ms;
    sequence = 0;
  }
  j.id.reserve(16 + stamp.size());
  append_hex(j.id, static_cast<std::uint64_t>(last_ms), 12);
  append_hex(j.id, sequence, 4);
  j.id += stamp;
}

queue::queue(executor ex, std::shared_ptr<redis::connection> redis, options how)
    : impl_(std::make_shared<impl>(std::move(ex), std::move(redis), std::move(how))) {}
queue::~queue() = default;

awaitable<result<void>> queue::enqueue_later(job j, std::chrono::milliseconds delay) {
  const auto self = impl_;
  if (auto sound = check(j, {}); !sound) co_return fail(std::move(sound.error()));
  self->complete(j);
  const std::string later = self->names.later(j.lane), lanes = self->names.lanes(), stream = self->names.stream(j.lane);
  const std::string wait = std::to_string(std::max<std::int64_t>(0, delay.count())), text = encode(j),
                    most = std::to_string(self->how.max_depth);
  const redis::args names{later, lanes, stream}, values{j.lane, wait, text, most};
  auto answer = co_await self->redis->eval(scripts::enqueue_later(), names, values);
  if (!answer) co_return fail(queue_fault(std::move(answer.error())));
  if (answer->integer != 1) co_return fail(errc::throttled, "the lane is full", "lane_full", std::chrono::seconds(5));
  co_return result<void>{};
}

std::string queue::stream_key(std::string_view lane) const { return impl_->names.stream(lane); }
std::string queue::later_key(std::string_view lane) const { return impl_->names.later(lane); }
void queue::complete(job& j) const { impl_->complete(j); }
const options& queue::how() const { return impl_->how; }

} // namespace waybill::queue
