// The queue on Redis Streams. At least once; per-key ordering; leases; delayed jobs; dead letters.
//
// Keys (all below {prefix}:q:): `s:{lane}` stream with group `w`, fields `j` job, `m` its merge key, `n` earlier
// deliveries; `later:{lane}` ZSET by due time; `dead:{lane}` ZSET by time and `deadjob:{lane}` HASH; `lock:{key}`
// holder of a key; `wait:{key}` LIST of jobs that wait for it; `waiting` SET of keys with waiters; `waits` HASH lane ->
// waiters; `epoch` HASH lane -> takeovers; `paused` SET of lanes; `lanes` SET.
//
// Finished entries are deleted, so a stream holds unfinished work only. Jobs of one key run in the order in which they
// were put; a retry, a crash of their worker or a backlog of more than an hour may change that order, nothing lets them
// overlap while leases are kept.
#pragma once
#include <queue/job.hpp>
#include <redis/connection.hpp>
#include <waybill/async.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::queue {

struct options {
  std::string prefix{"waybill"};
  std::string consumer; // unique to this process
  std::chrono::milliseconds lease{30'000};
  std::int64_t max_attempts{12};
  // A job that was begun more often than max_attempts and never ended is buried as the one that ends its processes; not
  // before it is this old: jobs that only ran beside such a one, or whose machine fails, get their time.
  std::chrono::milliseconds poison_age{10 * 60'000};
  std::int64_t max_depth{1'000'000};
};

// Exponential back-off by error class; `retry_after` of a fault (at most a day) wins when longer. `attempt`: failed
// ones before this, from 0. `jitter` from -1 to 1 shifts by up to 20 %. 0 for the final kinds, which are not retried.
std::chrono::milliseconds backoff(errc code, std::int64_t attempt, std::chrono::milliseconds retry_after,
                                  double jitter);

// What a run of a job came to.
struct outcome {
  enum class what { done, retry, dead, again_later } kind{what::done};
  fault why;                          // retry, dead
  std::chrono::milliseconds delay{0}; // retry: 0 = by backoff(); again_later: when (does not count as an attempt)
  static outcome done() { return {}; }
  static outcome retry(fault f, std::chrono::milliseconds delay = {}) { return {what::retry, std::move(f), delay}; }
  static outcome dead(fault f) { return {what::dead, std::move(f), {}}; }
  static outcome later(std::chrono::milliseconds delay, fault why = {}) {
    return {what::again_later, std::move(why), delay};
  }
};

struct lane_stats {
  std::string lane;
  std::int64_t ready{0};   // in the stream and not yet taken
  std::int64_t running{0}; // taken and not yet finished, all processes
  std::int64_t waiting{0}; // blocked behind another job of their key
  std::int64_t later{0};
  std::int64_t dead{0};
  std::chrono::milliseconds oldest{0}; // age of the oldest ready job
  bool paused{false};
};

struct dead_job {
  job what;
  instant when{};
  fault why;
};

// Producer and operator side. One per process; coalesces what is enqueued in one loop turn into one script call.
class queue {
 public:
  queue(executor ex, std::shared_ptr<redis::connection> redis, options how);
  ~queue();

  // Durable when it returns. A non-empty `merge` key drops the job (returns false) when this process put another with
  // the same merge key that no worker has been given yet: that one will read the same truth. At the latest it is
  // dropped when it would wait for its key behind such a one. unavailable: Redis is down; throttled: the lane is full
  // (`max_depth`, which several processes together may pass by some hundred).
  awaitable<result<bool>> enqueue(job j, std::string merge = {});
  awaitable<result<void>> enqueue_later(job j, std::chrono::milliseconds delay);

  // For scripts of other rooms that add jobs inside their own transaction (store): the pieces of an XADD/ZADD.
  // The job must be complete (id, created). `due` absent: at once.
  struct scheduled {
    job what;
    std::optional<instant> due;
  };
  std::string stream_key(std::string_view lane) const;
  std::string later_key(std::string_view lane) const;
  void complete(job& j) const; // fills id and created

  awaitable<result<std::vector<lane_stats>>> stats();
  awaitable<result<std::vector<dead_job>>> dead(std::string lane, std::int64_t most = 100);
  awaitable<result<std::int64_t>> retry_dead(std::string lane, std::string id = {}); // empty: all
  awaitable<result<std::int64_t>> drop_dead(std::string lane, std::string id = {});
  awaitable<result<void>> pause(std::string lane);
  awaitable<result<void>> resume(std::string lane);

  const options& how() const;
  struct impl;
  std::shared_ptr<impl> impl_;
};

// Given to a running job's handler.
class job_context {
 public:
  virtual ~job_context() = default;
  // False once the lease may have been lost (no heartbeat got through in time): stop before the next outside effect.
  virtual bool lease_valid() const = 0;
  // The process is draining: long work should end at the next safe point with outcome::later.
  virtual bool draining() const = 0;
};

using handler = std::function<awaitable<outcome>(job, std::shared_ptr<job_context>)>;

struct lane_options {
  std::string lane;
  int concurrency{8};
};

// Consumer side: reads with its own blocking connection, renews leases of long jobs, takes over from dead workers,
// promotes delayed jobs. One handler serves all lanes of the process.
class workers {
 public:
  workers(executor ex, std::shared_ptr<redis::connection> commands, std::shared_ptr<redis::connection> blocking,
          std::shared_ptr<queue> q, handler run);
  ~workers();
  void add_lane(lane_options lane); // before start()
  // Creates the groups and begins. Returns when reading.
  awaitable<result<void>> start();
  // No new jobs; waits for running ones up to the limit. Jobs still running then keep their lease until it ends and
  // are taken over by another process.
  awaitable<void> drain(std::chrono::milliseconds limit);
  std::int64_t running() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::queue
