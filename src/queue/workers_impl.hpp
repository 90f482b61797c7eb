// Inside of workers: the state that its coroutines share. All on one thread.
//
// taker      fills the lanes' ready lists by `take` while there is room; asks nothing of a lane that is known to be
// empty bell       XREAD BLOCK on the blocking connection over the empty lanes: it consumes nothing and only wakes the
// taker,
//            so a job is never handed out in a way that a lost answer or an UNBLOCK could hide
// runners    up to `concurrency` per lane, each runs ready jobs until there are none
// completer  what has ended, in batches, repeated until Redis has taken it
// keeper     heartbeats, takeovers, delayed jobs, stranded waiters, gauges
#pragma once
#include <queue/keys.hpp>
#include <queue/queue.hpp>
#include <waybill/async.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace waybill::queue {

using steady = std::chrono::steady_clock;

// A job that Redis has given to us and that is not yet completed there.
struct held_job final : job_context {
  std::string entry; // id in the stream
  std::string text;  // as stored
  std::string lock;  // lock_text(text)
  std::string epoch; // of the lane when the entry was last known to be ours
  std::string kind;
  job what; // moved into the handler
  std::int64_t deliveries{1};
  steady::time_point confirmed{}; // when the last message was sent that Redis took as a sign of life
  bool lost{false};               // somebody else has it
  std::shared_ptr<const bool> is_draining;
  std::chrono::milliseconds lease{};

  bool lease_valid() const override { return !lost && steady::now() - confirmed < lease * 2 / 3; }
  bool draining() const override { return *is_draining; }
};
using held_ptr = std::shared_ptr<held_job>;

// Wakes one loop. What is rung while the loop is not waiting is remembered, so nothing is missed between a look at the
// state and the wait.
class gate {
 public:
  explicit gate(const executor& ex) : timer_(ex) {}
  void ring() {
    rung_ = true;
    timer_.cancel();
  }
  awaitable<void> wait(std::chrono::milliseconds limit) {
    if (!rung_) {
      timer_.expires_after(limit);
      co_await timer_.async_wait(as_result);
    }
    rung_ = false;
  }

 private:
  asio::steady_timer timer_;
  bool rung_{false};
};

struct lane_state {
  std::string name, stream, later, dead, dead_job;
  int concurrency{8};
  std::deque<held_ptr> ready;
  std::unordered_map<std::string, held_ptr> held; // by entry: ready, running, ended and not yet completed
  int running{0};
  int runners{0};
  bool maybe_more{true}; // the stream may hold jobs that nobody has taken
  bool paused{false};
  std::string last_id{"0-0"}; // the group's, when the stream was seen empty
  std::string takeover_cursor{"0-0"};
  double mean_seconds{-1}; // of a run; negative: none yet

  std::size_t most() const;   // how many jobs may be here, running and taken ahead
  std::size_t wanted() const; // how many jobs to take now; 0: none
};

// What came of a job, on its way to Redis.
struct ending {
  held_ptr which;
  std::size_t lane;   // place in impl::lanes
  char what;          // as in the script: d l x b
  std::string first;  // delay | id | deliveries
  std::string second; // job | record | job
};

struct workers::impl : std::enable_shared_from_this<workers::impl> {
  impl(executor e, std::shared_ptr<redis::connection> c, std::shared_ptr<redis::connection> b, std::shared_ptr<queue> q,
       handler h);

  executor ex;
  std::shared_ptr<redis::connection> commands, blocking;
  std::shared_ptr<queue> source;
  handler run;
  options how;
  keys names;
  std::string consumer; // of this object, never used twice: an old self's entries are not mistaken for our own
  std::string lease_ms;
  std::vector<std::unique_ptr<lane_state>> lanes;
  std::mt19937_64 dice{std::random_device{}()};

  bool started{false};
  std::shared_ptr<bool> drain_flag{std::make_shared<bool>(false)}; // contexts of running jobs look at it, too
  bool& draining{*drain_flag};
  bool stopped{false}; // no more heartbeats, loops end
  gate taker_wakes, bell_wakes, promoter_wakes, idle, leases_end, takeover_wakes, gauges_end;
  bool ringing{false};       // an XREAD is out
  bool unblock_asked{false}; // and shall come back
  bool unblocking{false};    // by this coroutine
  bool orphans{false};       // the answer of a take was lost
  std::deque<ending> endings;
  std::size_t completing{0}; // calls under way
  bool completion_posted{false};

  // taker.cpp
  static awaitable<void> take_loop(std::shared_ptr<impl> self);
  static awaitable<void> bell_loop(std::shared_ptr<impl> self);
  static awaitable<void> unblock(std::shared_ptr<impl> self);
  static awaitable<result<void>> prepare(std::shared_ptr<impl> self);
  static awaitable<bool> adopt(std::shared_ptr<impl> self);
  void wake_taker() { taker_wakes.ring(); }
  void rejoin_bell();
  // Reads one lane's part of a script's answer from `at` on and starts what runs. False: the answer is broken.
  struct admitted {
    std::int64_t read{0};
    std::string last;
  };
  std::optional<admitted> admit(lane_state& lane, std::vector<redis::reply>& items, std::size_t& at,
                                steady::time_point sent);

  // runner.cpp
  void start_runners(std::size_t lane);
  static awaitable<void> run_jobs(std::shared_ptr<impl> self, std::size_t lane);
  void judge(std::size_t lane, held_ptr h, outcome o, std::chrono::duration<double> took);
  void bury(std::size_t lane, held_ptr h, const fault& why);
  void bury_unreadable(std::size_t lane, held_ptr h, const fault& why);
  void put_later(std::size_t lane, held_ptr h, std::chrono::milliseconds delay, std::string text);
  void give_back();
  void give_back_surplus(std::size_t lane);
  void give_back(std::size_t lane, held_ptr h);

  // completer.cpp
  void finish(ending e);
  void complete_soon();
  static awaitable<void> complete(std::shared_ptr<impl> self, std::vector<ending> batch);
  awaitable<result<std::int64_t>> send(std::span<ending> batch);

  // keeper.cpp
  static awaitable<void> lease_loop(std::shared_ptr<impl> self);
  static awaitable<void> takeover_loop(std::shared_ptr<impl> self);
  static awaitable<void> promote_loop(std::shared_ptr<impl> self);
  static awaitable<void> gauge_loop(std::shared_ptr<impl> self);
  static awaitable<bool> beat(std::shared_ptr<impl> self);
  awaitable<void> leave(bool ourselves);

  std::int64_t running() const;
  std::size_t place_of(const lane_state& lane) const;
  double jitter() { return std::uniform_real_distribution<double>(-1.0, 1.0)(dice); }
  void stop();
};

} // namespace waybill::queue
