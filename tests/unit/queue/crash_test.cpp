// What happens when a worker or Redis dies at a bad moment.
#include "world.hpp"

#include <algorithm>

namespace waybill::test {
namespace {

class crash : public world {
 protected:
  queue::options short_lease(std::chrono::milliseconds lease = 300ms) {
    auto o = how();
    o.lease = lease;
    return o;
  }
};

std::size_t count(const std::vector<std::string>& all, std::string_view one) {
  return static_cast<std::size_t>(std::ranges::count(all, one));
}

TEST_F(crash, the_jobs_of_a_dead_worker_are_taken_over) {
  process& dead = add(short_lease());
  play_->hold = {"1", "2"};
  start(dead);
  put(dead, make_job("1", "k"));
  put(dead, make_job("2"));
  put(dead, make_job("3", "k"));
  ASSERT_TRUE(until([&] { return dead.crew->running() == 2 && stats(dead).waiting == 1; }));
  dead.die();
  play_->running.clear();
  process& heir = add(short_lease());
  start(heir);
  ASSERT_TRUE(until([&] { return count(play_->started, "1") == 2 && count(play_->started, "2") == 2; }));
  EXPECT_EQ(count(play_->started, "3"), 0U);
  play_->hold.clear();
  play_->gate.notify_all();
  ASSERT_TRUE(until([&] { return count(play_->ended, "3") == 1; }));
  ASSERT_TRUE(worked_off(heir));
  expect_empty(heir);
}

TEST_F(crash, a_long_job_keeps_its_lease) {
  process& a = add(short_lease());
  process& b = add(short_lease());
  play_->hold = {"long", "waiter"};
  start(a);
  start(b);
  put(a, make_job("long", "k"));
  ASSERT_TRUE(until([&] { return count(play_->started, "long") == 1; }));
  put(a, make_job("waiter", "k"));
  bool always = true;
  const auto end = std::chrono::steady_clock::now() + 1500ms; // five leases
  EXPECT_TRUE(until([&] {
    always = always && play_->contexts["long"]->lease_valid();
    return std::chrono::steady_clock::now() > end;
  }));
  EXPECT_TRUE(always);
  EXPECT_EQ(count(play_->started, "long"), 1U);
  EXPECT_EQ(count(play_->started, "waiter"), 0U);
  play_->hold.clear();
  ASSERT_TRUE(until([&] { return count(play_->ended, "waiter") == 1; }));
  EXPECT_EQ(count(play_->started, "long"), 1U);
}

// The first worker believes in a long lease, so it neither renews nor notices that another has taken over.
TEST_F(crash, the_word_of_a_worker_that_lost_its_lease_does_nothing) {
  const std::vector<std::string> names{"dead", "later", "done", "free dead", "free later", "free done"};
  const std::map<std::string, std::vector<outcome>> bad{
      {"dead", {outcome::dead({errc::rejected, "stale", {}, {}})}},
      {"later", {outcome::retry({errc::timeout, "stale", {}, {}}, 1h)}},
      {"free dead", {outcome::dead({errc::rejected, "stale", {}, {}})}},
      {"free later", {outcome::later(1h)}}};
  auto its = std::make_shared<script>(io.get_executor());
  its->hold.insert(names.begin(), names.end());
  its->answers = bad;
  process& stale = add(short_lease(10min), its, {{lane, 10}});
  start(stale);
  for (const auto& n : names) put(stale, make_job(n, n.starts_with("free") ? "" : n));
  ASSERT_TRUE(until([&] { return its->started.size() == names.size(); }));
  for (const auto& n : names) ask(stale, {"DEL", "t:q:lock:" + n}); // as if they had run out
  play_->hold = its->hold;
  process& heir = add(short_lease(), {{lane, 10}});
  start(heir);
  ASSERT_TRUE(until([&] { return play_->started.size() == names.size(); }));

  its->hold.clear();
  its->gate.notify_all();
  ASSERT_TRUE(until([&] { return its->ended.size() == names.size(); }));
  ask(stale, {"PING"});
  auto s = stats(stale);
  EXPECT_EQ(s.dead, 0);
  EXPECT_EQ(s.later, 0);
  EXPECT_EQ(s.running, 6);
  EXPECT_EQ(ask(stale, {"KEYS", "t:q:lock:*"}).items.size(), 3U); // the heir's
  play_->hold.clear();
  play_->gate.notify_all();
  ASSERT_TRUE(worked_off(heir));
  EXPECT_EQ(play_->started.size(), names.size());
  s = stats(heir);
  EXPECT_EQ(s.dead, 0);
  EXPECT_EQ(s.later, 0);
  expect_empty(heir);
}

// A completion that Redis refuses for one job must not hold up those of the others.
TEST_F(crash, one_key_of_a_wrong_type_does_not_block_what_else_has_ended) {
  process& p = add(how(), {{lane, 4}, {"broken", 4}});
  play_->hold = {"1", "2", "3"};
  play_->answers["2"] = {outcome::later(1ms), outcome::done()};
  start(p);
  put(p, make_job("1", "k1"));
  put(p, make_job("2", {}, "broken"));
  put(p, make_job("3", "k3"));
  ASSERT_TRUE(until([&] { return p.crew->running() == 3; }));
  ask(p, {"SET", p.source->later_key("broken"), "not a sorted set"});
  play_->hold.clear();
  play_->gate.notify_all();
  const auto left = [&](const std::string& in) { return ask(p, {"XLEN", p.source->stream_key(in)}).integer; };
  ASSERT_TRUE(until([&] { return left(lane) == 0 && ask(p, {"KEYS", "t:q:lock:*"}).items.empty(); }));
  EXPECT_EQ(left("broken"), 1); // not lost: it is tried until Redis takes it
  EXPECT_EQ(count(play_->started, "2"), 1U);
  ask(p, {"DEL", p.source->later_key("broken")});
  ASSERT_TRUE(until([&] { return count(play_->ended, "2") == 2; }));
  ASSERT_TRUE(worked_off(p, "broken"));
  expect_empty(p, "broken");
}

TEST_F(crash, a_lost_lease_is_told_to_the_handler) {
  process& a = add(short_lease());
  play_->hold = {"1"};
  start(a);
  put(a, make_job("1", "k"));
  ASSERT_TRUE(until([&] { return a.crew->running() == 1; }));
  EXPECT_TRUE(play_->contexts["1"]->lease_valid());
  server.freeze();
  EXPECT_TRUE(until([&] { return !play_->contexts["1"]->lease_valid(); }));
  server.thaw();
  EXPECT_TRUE(until([&] { return play_->contexts["1"]->lease_valid(); })); // nobody else came
  play_->release("1");
  EXPECT_TRUE(worked_off(a));
  EXPECT_EQ(count(play_->started, "1"), 1U);
}

TEST_F(crash, a_job_that_was_taken_over_is_lost_to_its_first_worker) {
  process& a = add(short_lease());
  play_->hold = {"1"};
  start(a);
  put(a, make_job("1", "k"));
  ASSERT_TRUE(until([&] { return a.crew->running() == 1; }));
  const auto entry = ask(a, {"XRANGE", a.source->stream_key(lane), "-", "+"}).items.at(0).items.at(0).text;
  ask(a, {"XCLAIM", a.source->stream_key(lane), "w", "thief", "0", entry});
  EXPECT_TRUE(until([&] { return !play_->contexts["1"]->lease_valid(); }));
  play_->release("1");
  ASSERT_TRUE(until([&] { return a.crew->running() == 0; }));
  EXPECT_EQ(ask(a, {"XLEN", a.source->stream_key(lane)}).integer, 1); // the thief's
}

TEST_F(crash, redis_dies_and_comes_back_and_nothing_is_lost) {
  process& a = add(short_lease(2s));
  process& b = add(short_lease(2s));
  start(a);
  start(b);
  std::set<std::string> accepted;
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 200; ++n) {
      const std::string name = std::to_string(round) + "-" + std::to_string(n);
      play_->hold.insert(name);
      if (put(a, make_job(name, "k" + std::to_string(n % 20)))) accepted.insert(name);
    }
    ASSERT_TRUE(until([&] { return a.crew->running() + b.crew->running() > 0; }));
    server.kill_now();
    // Some handlers end while Redis is away: their completions have to wait.
    for (int n = 0; n < 100; ++n) play_->hold.erase(std::to_string(round) + "-" + std::to_string(n));
    play_->gate.notify_all();
    ASSERT_TRUE(until([&] { return !a.commands->up() && !b.commands->up(); }));
    run(sleep_for(50ms));
    server.start();
    play_->hold.clear();
    play_->gate.notify_all();
  }
  ASSERT_EQ(accepted.size(), 600U);
  ASSERT_TRUE(until(
      [&] { return std::ranges::all_of(accepted, [&](const auto& n) { return count(play_->ended, n) > 0; }); }, 30s));
  // Handlers may have ended before the connections were back.
  ASSERT_TRUE(until([&] { return a.commands->up() && b.commands->up(); }));
  ASSERT_TRUE(worked_off(a));
  expect_empty(a);
  EXPECT_EQ(play_->overlaps, 0);
  EXPECT_EQ(stats(a).dead, 0);
  // Leases outlive these restarts: no job had to run twice.
  for (const auto& n : accepted) EXPECT_EQ(count(play_->ended, n), 1U) << n;
}

TEST_F(crash, a_job_that_ends_its_process_each_time_is_buried) {
  auto o = short_lease(60ms);
  o.max_attempts = 3;
  o.poison_age = 0ms;
  play_->hold = {"poison"};
  std::size_t lives = 0;
  for (; lives < 10; ++lives) {
    process& victim = add(o);
    start(victim);
    if (lives == 0) put(victim, make_job("poison", "k"));
    ASSERT_TRUE(until([&] { return count(play_->started, "poison") == lives + 1 || stats(victim).dead == 1; }));
    if (stats(victim).dead == 1) break;
    victim.die();
  }
  EXPECT_EQ(lives, 3U);
  auto dead = run(all.back()->source->dead(lane));
  ASSERT_TRUE(dead);
  ASSERT_EQ(dead->size(), 1U);
  EXPECT_EQ((*dead)[0].why.peer_code, "poison");
  EXPECT_EQ((*dead)[0].what.payload, "poison");
  ASSERT_TRUE(worked_off(*all.back()));
  expect_empty(*all.back());
}

// Whatever ends the process again and again within a short time need not be the job.
TEST_F(crash, a_young_job_outlives_many_processes) {
  auto o = short_lease(60ms);
  o.max_attempts = 3;
  play_->hold = {"innocent"};
  for (std::size_t lives = 0; lives < 6; ++lives) {
    process& victim = add(o);
    start(victim);
    if (lives == 0) put(victim, make_job("innocent", "k"));
    ASSERT_TRUE(until([&] { return count(play_->started, "innocent") == lives + 1; }));
    victim.die();
  }
  play_->hold.clear();
  process& last = add(o);
  start(last);
  ASSERT_TRUE(until([&] { return count(play_->ended, "innocent") > 0; }));
  EXPECT_EQ(stats(last).dead, 0);
}

TEST_F(crash, waiters_are_not_stranded_by_a_lock_that_ran_out) {
  process& a = add(short_lease());
  start(a);
  put(a, make_job("x"));
  ASSERT_TRUE(worked_off(a));
  // A waiter whose key nobody holds, and one that is behind a reservation for an entry that is gone.
  job j = make_job("stranded", "k1");
  a.source->complete(j);
  job g = make_job("behind a ghost", "k2");
  a.source->complete(g);
  ask(a, {"RPUSH", "t:q:wait:k1", std::string(lane) + "\n\n0\n" + queue::encode(j)});
  ask(a, {"RPUSH", "t:q:wait:k2", std::string(lane) + "\n\n0\n" + queue::encode(g)});
  ask(a, {"SET", "t:q:lock:k2", "1-1|" + std::string(lane) + "|"});
  ask(a, {"SADD", "t:q:waiting", "k1", "k2"});
  ask(a, {"HINCRBY", "t:q:waits", lane, "2"});
  ASSERT_TRUE(
      until([&] { return count(play_->ended, "stranded") == 1 && count(play_->ended, "behind a ghost") == 1; }));
  ASSERT_TRUE(worked_off(a));
  expect_empty(a);
}

// Redis has given a job to this consumer, but the answer that said so was lost with the link.
TEST_F(crash, what_a_lost_answer_hid_is_found_before_its_lease_ends) {
  all.push_back(std::make_unique<process>(io, server.socket(), short_lease(10min), play_,
                                          std::vector<queue::lane_options>{{lane, 1}}));
  process& a = *all.back();
  play_->hold = {"1"};
  start(a);
  put(a, make_job("1"));
  ASSERT_TRUE(until([&] { return a.crew->running() == 1; }));
  put(a, make_job("2", "k"));
  put(a, make_job("3", "k"));
  const std::string stream = a.source->stream_key(lane);
  const auto consumer = ask(a, {"XINFO", "CONSUMERS", stream, "w"}).items.at(0).items.at(1).text;
  const auto hidden = ask(a, {"XREADGROUP", "GROUP", "w", consumer, "COUNT", "1", "STREAMS", stream, ">"});
  ASSERT_EQ(hidden.items.size(), 1U);
  server.freeze();
  play_->release("1"); // now it asks for the next one, and gets no answer
  ASSERT_TRUE(until([&] { return a.crew->running() == 0; }));
  run(sleep_for(20ms));
  server.kill_now();
  server.start();
  ASSERT_TRUE(until([&] { return count(play_->ended, "2") == 1 && count(play_->ended, "3") == 1; }));
  ASSERT_TRUE(worked_off(a));
  expect_empty(a);
}

} // namespace
} // namespace waybill::test
