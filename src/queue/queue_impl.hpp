// Inside of queue: what its sources share.
#pragma once
#include <queue/keys.hpp>
#include <queue/queue.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace waybill::queue {

// What is enqueued in one turn of the loop: one call for all of it.
struct enqueue_batch {
  explicit enqueue_batch(const executor& ex) : done(ex, std::chrono::steady_clock::time_point::max()) {}
  struct entry {
    std::size_t lane; // place in `lanes`
    std::string mark; // the merge key, or empty
    std::string job;
    std::string twin; // the entry that was put for this mark before, or empty
  };
  std::vector<std::string> lanes;
  std::deque<entry> entries;                                // they stay where they are
  std::unordered_map<std::string_view, std::size_t> places; // mark -> place in `entries`
  asio::steady_timer done;                                  // cancelled when the answers are there
  std::vector<result<bool>> answers;                        // one per entry; empty until then
};

// Which entry was put last for a merge key, for the keys of the latest puts. A key that has fallen out only costs a job
// more.
class recent_marks {
 public:
  // The entry's id, or empty.
  std::string find(std::string_view mark) const;
  void put(std::string_view mark, std::string_view id);

 private:
  struct slot {
    std::string mark;
    std::uint64_t ms{0}, sequence{0};
  };
  static std::size_t place_of(std::string_view mark);
  std::vector<slot> slots_;
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

  // ---- enqueue.cpp
  std::shared_ptr<enqueue_batch> filling;
  std::int64_t in_flight{0};                                // jobs in calls under way
  std::map<std::string, std::int64_t, std::less<>> lengths; // of the lanes that the SET is known to have, as last heard
  recent_marks recent;

  void complete(job& j) const;
  void flush();
  bool roomy(const enqueue_batch& batch) const;
  static awaitable<void> send(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch);
  static awaitable<void> put_plainly(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch);
  static awaitable<void> put_carefully(std::shared_ptr<impl> self, std::shared_ptr<enqueue_batch> batch);
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
