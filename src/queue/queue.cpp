#include <queue/queue.hpp>
#include <queue/queue_impl.hpp>
#include <queue/scripts.hpp>

#include <algorithm>
#include <random>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace waybill::queue {
namespace {

// While one call is under way, the next is sent when it is at least as large; while two are, the third grows. So Redis
// and we work at the same time on batches of about half of what is waiting: each costs it a sync of its file.
constexpr std::size_t most_flights = 2;
constexpr std::size_t most_entries = 512;
constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::string_view mark_life_ms = "600000";

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
  j.id = fmt::format("{:012x}{:04x}{}", static_cast<std::uint64_t>(last_ms), sequence, stamp);
}

std::shared_ptr<enqueue_batch> queue::impl::batch_for(std::size_t bytes) {
  if (filling && (filling->entries.size() >= most_entries || filling->bytes + bytes > most_bytes)) {
    // Full before its turn came: it goes out besides the others.
    ++flights;
    spawn(ex, "queue.enqueue", send(shared_from_this(), std::move(filling)));
    filling.reset();
  }
  if (!filling) filling = std::make_shared<enqueue_batch>(ex);
  filling->bytes += bytes;
  return filling;
}

// By post, so that everything of this loop turn is in the batch.
void queue::impl::flush_soon() {
  if (flush_posted || flights >= most_flights) return;
  flush_posted = true;
  asio::post(ex, [self = shared_from_this()] {
    self->flush_posted = false;
    self->flush();
  });
}

void queue::impl::flush() {
  if (!filling || flights >= most_flights) return;
  if (flights > 0 && filling->entries.size() < in_flight) return; // waits for more, or for the batch under way
  ++flights;
  spawn(ex, "queue.enqueue", send(shared_from_this(), std::move(filling)));
  filling.reset();
}

awaitable<void> queue::impl::send(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch) {
  self->in_flight += batch->entries.size();
  std::vector<std::string> texts; // reserved: the views into it stay
  std::vector<std::string_view> fresh;
  for (const std::string& lane : batch->lanes)
    if (!self->registered.contains(lane)) fresh.push_back(lane);
  texts.reserve(batch->lanes.size() * 3 + 4);
  const auto text = [&](std::string s) -> std::string_view { return texts.emplace_back(std::move(s)); };

  redis::args names, values;
  names.reserve(2 + batch->lanes.size());
  values.reserve(4 + fresh.size() + 3 * batch->entries.size());
  names.push_back(text(self->names.lanes()));
  names.push_back(text(self->names.marks()));
  for (const std::string& lane : batch->lanes) names.push_back(text(self->names.stream(lane)));
  values.push_back(text(std::to_string(batch->lanes.size())));
  values.push_back(text(std::to_string(self->how.max_depth)));
  values.push_back(mark_life_ms);
  values.push_back(text(std::to_string(fresh.size())));
  values.insert(values.end(), fresh.begin(), fresh.end());
  std::vector<std::string> numbers; // "1", "-1", "2", "-2", ...
  for (std::size_t i = 1; i <= batch->lanes.size(); ++i) {
    numbers.push_back(std::to_string(i));
    numbers.push_back("-" + numbers.back());
  }
  for (const auto& e : batch->entries) {
    values.push_back(numbers[e.lane * 2 + (e.mark.empty() ? 0 : 1)]);
    values.push_back(e.job);
    if (!e.mark.empty()) values.push_back(e.mark);
  }

  auto answer = co_await self->redis->eval(scripts::enqueue(), names, values);
  if (!answer) {
    batch->failed = queue_fault(std::move(answer.error()));
  } else if (answer->text.size() != batch->entries.size()) {
    batch->failed = fault{errc::protocol, "Redis answered an enqueue with something else", {}, {}};
  } else {
    batch->answers = std::move(answer->text);
    for (const auto lane : fresh) self->registered.emplace(lane);
  }
  batch->finished = true;
  batch->done.cancel();
  --self->flights;
  self->in_flight -= batch->entries.size();
  if (self->filling) self->flush_soon();
}

queue::queue(executor ex, std::shared_ptr<redis::connection> redis, options how)
    : impl_(std::make_shared<impl>(std::move(ex), std::move(redis), std::move(how))) {}
queue::~queue() = default;

awaitable<result<bool>> queue::enqueue(job j, std::string merge) {
  const auto self = impl_;
  if (auto sound = check(j, merge); !sound) co_return fail(std::move(sound.error()));
  if (!self->redis->up()) co_return fail(errc::unavailable, "Redis is not connected");
  self->complete(j);
  std::string text = encode(j);
  const auto batch = self->batch_for(text.size());
  const auto known = std::ranges::find(batch->lanes, j.lane);
  const auto lane = static_cast<std::size_t>(known - batch->lanes.begin());
  if (known == batch->lanes.end()) batch->lanes.push_back(std::move(j.lane));
  const std::size_t place = batch->entries.size();
  batch->entries.push_back({lane, std::move(merge), std::move(text)});
  self->flush_soon();
  co_await batch->done.async_wait(as_result);

  if (!batch->finished) co_return fail(errc::outcome_unknown, "given up while the job was being kept");
  if (batch->failed) co_return fail(*batch->failed);
  switch (batch->answers[place]) {
  case '1': co_return true;
  case '0': co_return false;
  default: co_return fail(errc::throttled, "the lane is full", "lane_full", std::chrono::seconds(5));
  }
}

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
