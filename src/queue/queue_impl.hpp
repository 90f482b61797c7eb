// Inside of queue: what its sources share.
#pragma once
#include <queue/keys.hpp>
#include <queue/queue.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace waybill::queue {

// What is enqueued while earlier calls are on their way: one script call for all of it.
struct enqueue_batch {
  explicit enqueue_batch(const executor& ex) : done(ex, std::chrono::steady_clock::time_point::max()) {}
  struct entry {
    std::size_t lane; // place in `lanes`
    std::string mark; // the merge key, or empty
    std::string job;
  };
  std::vector<std::string> lanes;
  std::vector<entry> entries;
  std::size_t bytes{0};
  asio::steady_timer done; // cancelled when the answer is there
  bool finished{false};
  std::string answers;         // one letter per entry
  std::optional<fault> failed; // instead of answers
};

struct queue::impl : std::enable_shared_from_this<queue::impl> {
  impl(executor e, std::shared_ptr<redis::connection> r, options o);

  executor ex;
  std::shared_ptr<redis::connection> redis;
  options how;
  keys names;
  std::string stamp; // makes ids of this process unlike those of all others
  mutable std::int64_t last_ms{0};
  mutable std::uint32_t sequence{0};

  std::shared_ptr<enqueue_batch> filling;
  std::size_t flights{0};   // script calls under way
  std::size_t in_flight{0}; // jobs in them
  bool flush_posted{false};
  std::set<std::string, std::less<>> registered; // lanes that the SET is known to have

  void complete(job& j) const;
  std::shared_ptr<enqueue_batch> batch_for(std::size_t bytes);
  void flush_soon();
  void flush();
  static awaitable<void> send(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch);
};

// What a job may look like; bad_input names the field.
result<void> check(const job& j, std::string_view merge);
bool valid_lane(std::string_view lane);
std::string random_hex(std::size_t digits);

// The stored form of a dead job and back. A record that cannot be read becomes a job of the kind "unreadable".
std::string dead_record(std::string_view encoded_job, const fault& why);
dead_job read_dead(std::string_view lane, std::string_view id, instant when, std::string_view record);

// A fault of Redis as callers of the queue know them: an error reply (no memory, read-only replica, still loading)
// means that nothing can be kept now.
fault queue_fault(fault f);

} // namespace waybill::queue
