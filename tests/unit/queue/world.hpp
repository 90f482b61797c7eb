// What the queue's tests share: a Redis, processes' worth of connections and workers on one loop, and a handler that
// notes what ran and does what the test tells it.
#pragma once
#include "support/redis_server.hpp"
#include "support/run.hpp"

#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <waybill/async.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace waybill::test {

using namespace std::chrono_literals;
using queue::job;
using queue::outcome;

inline constexpr const char* lane = "bitrix24:main";

inline job make_job(std::string payload, std::string key = {}, std::string in_lane = lane) {
  job j;
  j.lane = std::move(in_lane);
  j.kind = "deal";
  j.key = std::move(key);
  j.payload = std::move(payload);
  j.trace = "trace";
  return j;
}

// What all handlers of a test see and obey.
struct script {
  explicit script(executor ex) : gate(std::move(ex)) {}
  std::vector<std::string> started, ended; // payloads, in order
  std::map<std::string, int> running;      // by key
  int overlaps{0};                         // two of one key at once
  std::vector<job> seen;
  std::set<std::string> hold; // these wait until released
  signal gate;
  std::map<std::string, std::vector<outcome>> answers; // by payload, used up one by one; then done
  std::function<void(const job&)> on_start;
  std::map<std::string, std::shared_ptr<queue::job_context>> contexts;

  void release(const std::string& payload) {
    hold.erase(payload);
    gate.notify_all();
  }
};

inline awaitable<outcome> play(std::shared_ptr<script> s, job j, std::shared_ptr<queue::job_context> context) {
  s->started.push_back(j.payload);
  s->seen.push_back(j);
  s->contexts[j.payload] = context;
  if (!j.key.empty() && ++s->running[j.key] > 1) ++s->overlaps;
  if (s->on_start) s->on_start(j);
  while (s->hold.contains(j.payload)) co_await s->gate.wait(20ms);
  if (!j.key.empty()) --s->running[j.key];
  s->ended.push_back(j.payload);
  auto& planned = s->answers[j.payload];
  if (planned.empty()) co_return outcome::done();
  outcome next = planned.front();
  planned.erase(planned.begin());
  co_return next;
}

// One process: its connections, its queue, its workers.
struct process {
  process(asio::io_context& io, const std::string& socket, queue::options how, std::shared_ptr<script> s,
          std::vector<queue::lane_options> lanes) {
    redis::endpoint where;
    where.unix_socket = socket;
    redis::options quick;
    quick.backoff_first = 10ms;
    quick.backoff_most = 100ms;
    redis::options patient = quick;
    patient.command_timeout = 0ms;
    auto ex = io.get_executor();
    commands = std::make_shared<redis::connection>(ex, where, quick);
    blocking = std::make_shared<redis::connection>(ex, where, patient);
    commands->start();
    blocking->start();
    source = std::make_shared<queue::queue>(ex, commands, how);
    auto handle = [s](job j, std::shared_ptr<queue::job_context> c) { return play(s, std::move(j), std::move(c)); };
    crew = std::make_unique<queue::workers>(ex, commands, blocking, source, handle);
    for (auto& l : lanes) crew->add_lane(l);
  }
  ~process() { die(); }
  // As after kill -9: nothing more is said to Redis.
  void die() {
    crew.reset();
    if (commands) commands->stop();
    if (blocking) blocking->stop();
  }
  std::shared_ptr<redis::connection> commands, blocking;
  std::shared_ptr<queue::queue> source;
  std::unique_ptr<queue::workers> crew;
};

class world : public ::testing::Test {
 protected:
  redis_server server;
  asio::io_context io{1};
  std::shared_ptr<script> play_{std::make_shared<script>(io.get_executor())};
  std::vector<std::unique_ptr<process>> all;

  queue::options how() {
    queue::options o;
    o.prefix = "t";
    o.consumer = "p" + std::to_string(all.size());
    o.lease = 30s;
    return o;
  }
  process& add(queue::options o, std::vector<queue::lane_options> lanes = {{lane, 4}}) {
    all.push_back(std::make_unique<process>(io, server.socket(), std::move(o), play_, std::move(lanes)));
    return *all.back();
  }
  process& add() { return add(how()); }
  // A process whose handlers are told something of their own.
  process& add(queue::options o, std::shared_ptr<script> own, std::vector<queue::lane_options> lanes = {{lane, 4}}) {
    all.push_back(std::make_unique<process>(io, server.socket(), std::move(o), std::move(own), std::move(lanes)));
    return *all.back();
  }

  template <class T> T run(awaitable<T> task, std::chrono::seconds limit = 60s) {
    return test::run(io, std::move(task), limit);
  }
  // The condition is looked at outside of the loop: it may ask Redis itself.
  template <class F> bool until(F condition, std::chrono::milliseconds limit = 20s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      run(sleep_for(3ms));
    }
    return true;
  }
  void start(process& p) {
    const auto started = run(p.crew->start());
    ASSERT_TRUE(started) << started.error().what;
  }
  bool put(process& p, job j, std::string merge = {}) {
    const auto up = run(p.commands->wait_up(5s));
    EXPECT_TRUE(up.has_value());
    const auto kept = run(p.source->enqueue(std::move(j), std::move(merge)));
    EXPECT_TRUE(kept) << (kept ? "" : kept.error().what);
    return kept && *kept;
  }
  // A command as redis-cli would give it.
  redis::reply ask(process& p, std::vector<std::string> words) {
    redis::args views(words.begin(), words.end());
    const auto up = run(p.commands->wait_up(5s));
    EXPECT_TRUE(up.has_value());
    auto answer = run(p.commands->command(views));
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().what);
    return answer ? *answer : redis::reply{};
  }
  queue::lane_stats stats(process& p, const std::string& name = lane) {
    auto of_all = run(p.source->stats());
    EXPECT_TRUE(of_all) << (of_all ? "" : of_all.error().what);
    if (of_all)
      for (auto& s : *of_all)
        if (s.lane == name) return s;
    return {};
  }
  // Nothing of the lane is left anywhere, and no lock or mark either.
  void expect_empty(process& p, const std::string& name = lane) {
    EXPECT_TRUE(until([&] { return quiet(p); }));
    const auto s = stats(p, name);
    EXPECT_EQ(s.ready, 0);
    EXPECT_EQ(s.running, 0);
    EXPECT_EQ(s.waiting, 0);
    EXPECT_EQ(ask(p, {"KEYS", "t:q:lock:*"}).items.size(), 0U);
    EXPECT_EQ(ask(p, {"KEYS", "t:q:wait:*"}).items.size(), 0U);
    EXPECT_EQ(ask(p, {"SCARD", "t:q:waiting"}).integer, 0);
  }
  // All handlers have ended; what they came to may still be on its way, so the caller's next command comes after it.
  bool quiet(process&) {
    for (const auto& one : all)
      if (one->crew && one->crew->running() > 0) return false;
    return true;
  }
  // Waits until the stream of the lane is empty.
  bool worked_off(process& p, const std::string& name = lane, std::chrono::seconds limit = 20s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
      const auto s = stats(p, name);
      if (s.ready + s.running + s.waiting == 0) return true;
      run(sleep_for(5ms));
    }
    return false;
  }
  void TearDown() override {
    all.clear();
    for (const auto& held : std::set<std::string>(play_->hold)) play_->release(held);
    io.restart();
    io.run_for(50ms); // what was cancelled ends
  }
};

} // namespace waybill::test
