// Putting jobs into their lanes. Usually plain XADDs, all of a loop turn in one write: Redis answers them after one
// sync of its file. What needs a decision (a lane near its bound, a merge key that was put before) goes through a
// script.
#include <queue/queue_impl.hpp>
#include <queue/scripts.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace waybill::queue {
namespace {

// Other processes fill a lane too, and what we know of its length is as old as our last put.
constexpr std::int64_t near_the_bound = 4096;
constexpr std::size_t most_entries = 1000; // Lua's stack bounds what one script can take

const fault& lane_full() {
  static const fault full{errc::throttled, "the lane is full", std::chrono::seconds(5), "lane_full"};
  return full;
}

} // namespace

std::size_t recent_marks::place_of(std::string_view mark) {
  constexpr std::size_t slots = 16'384;
  return std::hash<std::string_view>{}(mark) % slots;
}

std::string recent_marks::find(std::string_view mark) const {
  if (slots_.empty()) return {};
  const slot& s = slots_[place_of(mark)];
  return s.mark == mark ? fmt::format("{}-{}", s.ms, s.sequence) : std::string{};
}

void recent_marks::put(std::string_view mark, std::string_view id) {
  std::uint64_t ms = 0, sequence = 0;
  const char* end = id.data() + id.size();
  const auto first = std::from_chars(id.data(), end, ms);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return;
  if (std::from_chars(first.ptr + 1, end, sequence).ec != std::errc{}) return;
  if (slots_.empty()) slots_.resize(16'384);
  slot& s = slots_[place_of(mark)];
  s.mark.assign(mark);
  s.ms = ms;
  s.sequence = sequence;
}

awaitable<result<bool>> queue::enqueue(job j, std::string merge) {
  const auto self = impl_;
  if (auto sound = check(j, merge); !sound) co_return fail(std::move(sound.error()));
  if (!self->redis->up()) co_return fail(errc::unavailable, "Redis is not connected");
  if (!self->filling) {
    self->filling = std::make_shared<enqueue_batch>(self->ex);
    // By post, so that everything of this loop turn is in the batch.
    asio::post(self->ex, [self] { self->flush(); });
  }
  const auto batch = self->filling;
  std::size_t place = batch->entries.size();
  bool twin = false;
  if (!merge.empty())
    if (const auto known = batch->places.find(merge); known != batch->places.end()) {
      place = known->second; // not even sent: it will read what this one would
      twin = true;
    }
  if (!twin) {
    self->complete(j);
    std::string text = encode(j);
    const auto known = std::ranges::find(batch->lanes, j.lane);
    const auto lane = static_cast<std::size_t>(known - batch->lanes.begin());
    if (known == batch->lanes.end()) batch->lanes.push_back(std::move(j.lane));
    std::string before = merge.empty() ? std::string{} : self->recent.find(merge);
    auto& e = batch->entries.emplace_back(lane, std::move(merge), std::move(text), std::move(before));
    if (!e.mark.empty()) batch->places.emplace(e.mark, place);
    if (batch->entries.size() >= most_entries) self->flush();
  }
  co_await batch->done.async_wait(as_result);

  if (batch->answers.empty()) co_return fail(errc::outcome_unknown, "given up while the job was being kept");
  const result<bool>& answer = batch->answers[place];
  if (answer && twin) co_return false;
  co_return answer;
}

void queue::impl::flush() {
  if (!filling) return; // it was full before its turn came
  spawn(ex, "queue.enqueue", send(shared_from_this(), std::move(filling)));
  filling.reset();
}

// Whether plain XADDs will do for all of it.
bool queue::impl::roomy(const enqueue_batch& batch) const {
  const std::int64_t more = in_flight + near_the_bound;
  return std::ranges::all_of(batch.lanes,
                             [&](const std::string& lane) {
                               const auto length = lengths.find(lane);
                               return length != lengths.end() && length->second + more < how.max_depth;
                             }) &&
         std::ranges::all_of(batch.entries, [](const enqueue_batch::entry& e) { return e.twin.empty(); });
}

awaitable<void> queue::impl::send(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch) {
  const auto jobs = static_cast<std::int64_t>(batch->entries.size());
  self->in_flight += jobs;
  if (self->roomy(*batch)) co_await put_plainly(self, batch);
  else co_await put_carefully(self, batch);
  self->in_flight -= jobs;
  for (std::size_t i = 0; i < batch->entries.size(); ++i)
    if (!batch->answers[i]) batch->answers[i] = std::unexpected(queue_fault(std::move(batch->answers[i].error())));
  batch->done.cancel();
}

awaitable<void> queue::impl::put_plainly(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch) {
  std::vector<std::string> streams;
  for (const std::string& lane : batch->lanes) streams.push_back(self->names.stream(lane));
  redis::pipeline all;
  all.words.reserve(batch->entries.size() * 7 + batch->lanes.size() * 2);
  all.sizes.reserve(batch->entries.size() + batch->lanes.size());
  for (const auto& e : batch->entries) {
    if (e.mark.empty()) all.add({"XADD", streams[e.lane], "*", "j", e.job});
    else all.add({"XADD", streams[e.lane], "*", "j", e.job, "m", e.mark});
  }
  for (const std::string& stream : streams) all.add({"XLEN", stream});
  auto answers = co_await self->redis->run(all);
  for (std::size_t i = 0; i < batch->entries.size(); ++i) {
    const auto& answer = answers[i];
    if (!answer) {
      batch->answers.emplace_back(std::unexpected(answer.error()));
      continue;
    }
    if (!batch->entries[i].mark.empty()) self->recent.put(batch->entries[i].mark, answer->text);
    batch->answers.emplace_back(true);
  }
  for (std::size_t l = 0; l < batch->lanes.size(); ++l)
    if (const auto& length = answers[batch->entries.size() + l]) self->lengths[batch->lanes[l]] = length->integer;
}

awaitable<void> queue::impl::put_carefully(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch) {
  const std::size_t lanes = batch->lanes.size(), jobs = batch->entries.size();
  std::vector<std::string> streams, numbers;
  redis::args fresh;
  for (const std::string& lane : batch->lanes) {
    streams.push_back(self->names.stream(lane));
    numbers.push_back(std::to_string(streams.size()));
    if (!self->lengths.contains(lane)) fresh.push_back(lane);
  }
  const std::string all = self->names.lanes(), how_many = std::to_string(lanes),
                    new_ones = std::to_string(fresh.size()), most = std::to_string(self->how.max_depth);
  redis::args names{all}, values{how_many, most, new_ones};
  names.insert(names.end(), streams.begin(), streams.end());
  values.insert(values.end(), fresh.begin(), fresh.end());
  for (const auto& e : batch->entries)
    for (const std::string_view word : {std::string_view(numbers[e.lane]), std::string_view(e.job),
                                        std::string_view(e.mark), std::string_view(e.twin)})
      values.push_back(word);
  auto answer = co_await self->redis->eval(scripts::enqueue(), names, values);
  if (answer && answer->items.size() != lanes + jobs)
    answer = fail(errc::protocol, "Redis answered an enqueue with something else");
  if (!answer) {
    batch->answers.resize(jobs, std::unexpected(answer.error()));
    co_return;
  }
  for (std::size_t l = 0; l < lanes; ++l) self->lengths[batch->lanes[l]] = answer->items[l].integer;
  for (std::size_t i = 0; i < jobs; ++i) {
    const std::string& said = answer->items[lanes + i].text;
    if (said == "full") batch->answers.emplace_back(std::unexpected(lane_full()));
    else batch->answers.emplace_back(said != "merged");
    if (said.contains('-') && !batch->entries[i].mark.empty()) self->recent.put(batch->entries[i].mark, said);
  }
}

} // namespace waybill::queue
