#include "world.hpp"

#include <algorithm>
#include <stdexcept>

namespace waybill::test {
namespace {

class workers : public world {};

std::size_t count(const std::vector<std::string>& all, std::string_view one) {
  return static_cast<std::size_t>(std::ranges::count(all, one));
}

TEST_F(workers, run_what_was_put_before_and_after_their_start) {
  process& p = add();
  put(p, make_job("before", "k"));
  start(p);
  ASSERT_TRUE(until([&] { return count(play_->ended, "before") == 1; }));
  put(p, make_job("after"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "after") == 1; }));
  ASSERT_TRUE(worked_off(p));
  expect_empty(p);
  EXPECT_EQ(ask(p, {"XLEN", p.source->stream_key(lane)}).integer, 0);
  const job& seen = play_->seen.front();
  EXPECT_EQ(seen.key, "k");
  EXPECT_EQ(seen.trace, "trace");
  EXPECT_EQ(seen.lane, lane);
  EXPECT_EQ(seen.attempt, 0);
  EXPECT_FALSE(seen.id.empty());
}

TEST_F(workers, one_key_in_order_and_never_twice_at_once) {
  process& a = add();
  process& b = add();
  start(a);
  start(b);
  // The handlers wait a little, so that both processes are in it.
  for (int n = 0; n < 30; ++n) {
    play_->hold.insert(std::to_string(n));
    put(n % 2 == 0 ? a : b, make_job(std::to_string(n), "same"));
  }
  for (int n = 0; n < 30; ++n) {
    ASSERT_TRUE(until([&] { return count(play_->started, std::to_string(n)) == 1; })) << n;
    EXPECT_EQ(play_->started.size(), static_cast<std::size_t>(n) + 1);
    play_->release(std::to_string(n));
  }
  ASSERT_TRUE(worked_off(a));
  EXPECT_EQ(play_->overlaps, 0);
  for (std::size_t n = 0; n < 30; ++n) EXPECT_EQ(play_->ended[n], std::to_string(n));
  expect_empty(a);
}

// A waiter that is handed the key goes to the end of the stream; a job of its key that is there already stays behind
// it.
TEST_F(workers, order_holds_although_waiters_go_through_the_stream_again) {
  auto o = how();
  process& p = add(o, {{lane, 2}});
  for (const char* n : {"a1", "a2"}) play_->hold.insert(n);
  start(p);
  put(p, make_job("a1", "a"));
  ASSERT_TRUE(until([&] { return count(play_->started, "a1") == 1; }));
  put(p, make_job("a2", "a"));
  ASSERT_TRUE(until([&] { return stats(p).waiting == 1; }));
  put(p, make_job("b1"));
  play_->hold.insert("b2");
  put(p, make_job("b2")); // the second slot is busy from now on
  ASSERT_TRUE(until([&] { return count(play_->started, "b2") == 1; }));
  put(p, make_job("a3", "a")); // stays in the stream: no free slot
  play_->release("a1");
  play_->release("b2");
  ASSERT_TRUE(until([&] { return count(play_->started, "a2") == 1; }));
  EXPECT_EQ(count(play_->started, "a3"), 0U);
  play_->release("a2");
  ASSERT_TRUE(until([&] { return count(play_->ended, "a3") == 1; }));
  ASSERT_TRUE(worked_off(p));
  expect_empty(p);
}

TEST_F(workers, a_key_is_one_across_lanes) {
  process& p = add(how(), {{"one", 2}, {"two", 2}});
  play_->hold = {"1"};
  start(p);
  put(p, make_job("1", "k", "one"));
  ASSERT_TRUE(until([&] { return count(play_->started, "1") == 1; }));
  put(p, make_job("2", "k", "two"));
  ASSERT_TRUE(until([&] { return stats(p, "two").waiting == 1; }));
  EXPECT_EQ(count(play_->started, "2"), 0U);
  play_->release("1");
  ASSERT_TRUE(until([&] { return count(play_->ended, "2") == 1; }));
  EXPECT_EQ(play_->seen.back().lane, "two");
  EXPECT_EQ(play_->overlaps, 0);
}

TEST_F(workers, keep_to_the_concurrency_of_each_lane) {
  process& p = add(how(), {{"one", 2}, {"two", 3}});
  for (int n = 0; n < 10; ++n) {
    play_->hold.insert("x" + std::to_string(n));
    put(p, make_job("x" + std::to_string(n), {}, n < 5 ? "one" : "two"));
  }
  start(p);
  ASSERT_TRUE(until([&] { return p.crew->running() == 5; }));
  ASSERT_TRUE(until([&] { return stats(p, "one").running == 2 && stats(p, "two").running == 3; }));
  EXPECT_EQ(stats(p, "one").ready, 3);
  for (int n = 0; n < 10; ++n) play_->release("x" + std::to_string(n));
  EXPECT_TRUE(worked_off(p, "one"));
  EXPECT_TRUE(worked_off(p, "two"));
}

TEST_F(workers, an_event_during_the_run_makes_a_new_job_one_before_it_does_not) {
  process& p = add();
  play_->hold = {"1", "2", "blocker"};
  put(p, make_job("blocker", "deal"));
  start(p);
  ASSERT_TRUE(until([&] { return count(play_->started, "blocker") == 1; }));
  EXPECT_TRUE(put(p, make_job("1", "deal"), "m"));
  ASSERT_TRUE(until([&] { return stats(p).waiting == 1; }));
  EXPECT_TRUE(put(p, make_job("never", "deal"), "m")); // "1" only waits for its key: it has read nothing yet
  ASSERT_TRUE(until([&] { return stats(p).ready == 0 && stats(p).running == 1; }));
  EXPECT_EQ(stats(p).waiting, 1);
  play_->release("blocker");
  ASSERT_TRUE(until([&] { return count(play_->started, "1") == 1; }));
  EXPECT_TRUE(put(p, make_job("2", "deal"), "m")); // "1" runs: it may have read the old truth
  ASSERT_TRUE(until([&] { return stats(p).waiting == 1; }));
  EXPECT_TRUE(put(p, make_job("never", "deal"), "m"));
  ASSERT_TRUE(until([&] { return stats(p).ready == 0 && stats(p).running == 1; }));
  play_->release("1");
  ASSERT_TRUE(until([&] { return count(play_->started, "2") == 1; }));
  play_->release("2");
  ASSERT_TRUE(worked_off(p));
  EXPECT_EQ(count(play_->started, "never"), 0U);
}

TEST_F(workers, delayed_jobs_come_when_they_are_due) {
  process& p = add();
  ASSERT_TRUE(run(p.commands->wait_up(5s)));
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(run(p.source->enqueue_later(make_job("late", "k"), 300ms)));
  ASSERT_TRUE(run(p.source->enqueue_later(make_job("much later"), 1h)));
  EXPECT_EQ(stats(p).later, 2);
  start(p);
  ASSERT_TRUE(until([&] { return count(play_->ended, "late") == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 290ms);
  EXPECT_EQ(stats(p).later, 1);
  EXPECT_EQ(count(play_->started, "much later"), 0U);
}

TEST_F(workers, a_retry_keeps_its_history) {
  process& p = add();
  play_->answers["x"] = {outcome::retry({errc::timeout, "first", {}, {}}, 1ms),
                         outcome::retry({errc::throttled, "second", {}, {}}, 1ms), outcome::later(1ms),
                         outcome::done()};
  start(p);
  put(p, make_job("x", "k"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "x") == 4; }));
  ASSERT_EQ(play_->seen.size(), 4U);
  EXPECT_EQ(play_->seen[1].attempt, 1);
  ASSERT_EQ(play_->seen[3].history.size(), 2U);
  EXPECT_EQ(play_->seen[3].attempt, 2); // again_later is no attempt
  EXPECT_EQ(play_->seen[3].history[0].what, "first");
  EXPECT_EQ(play_->seen[3].history[1].code, errc::throttled);
  EXPECT_EQ(play_->seen[3].id, play_->seen[0].id);
  ASSERT_TRUE(worked_off(p));
  EXPECT_EQ(stats(p).later, 0);
  expect_empty(p);
}

TEST_F(workers, a_retry_waits_by_its_class_of_error) {
  process& p = add();
  play_->answers["x"] = {outcome::retry({errc::throttled, "x", 50s, {}})};
  start(p);
  put(p, make_job("x"));
  ASSERT_TRUE(until([&] { return stats(p).later == 1; }));
  const auto due = ask(p, {"ZRANGE", p.source->later_key(lane), "0", "0", "WITHSCORES"});
  ASSERT_EQ(due.items.size(), 2U);
  const auto left = std::stoll(due.items[1].text) - now().time_since_epoch().count();
  EXPECT_GT(left, 20'000);
  EXPECT_LE(left, 50'000);
}

TEST_F(workers, what_only_a_person_can_mend_is_dead_at_once) {
  process& p = add();
  play_->answers["address"] = {outcome::retry({errc::address, "no such street", {}, "v2_x"})};
  play_->answers["insists"] = {outcome::retry({errc::conflict, "soon", {}, {}}, 1ms)};
  play_->answers["dead"] = {outcome::dead({errc::unavailable, "enough", {}, {}})};
  start(p);
  for (const char* n : {"address", "insists", "dead"}) put(p, make_job(n, n));
  ASSERT_TRUE(until([&] { return count(play_->ended, "insists") == 2; }));
  ASSERT_TRUE(worked_off(p));
  auto buried = run(p.source->dead(lane));
  ASSERT_TRUE(buried);
  ASSERT_EQ(buried->size(), 2U);
  const auto& first = (*buried)[0].what.payload == "address" ? (*buried)[0] : (*buried)[1];
  EXPECT_EQ(first.why.code, errc::address);
  EXPECT_EQ(first.why.what, "no such street");
  EXPECT_EQ(first.why.peer_code, "v2_x");
  ASSERT_EQ(first.what.history.size(), 1U);
  EXPECT_EQ(first.what.attempt, 1);
  EXPECT_GT(first.when, instant{});
  expect_empty(p);
}

TEST_F(workers, give_up_after_the_last_attempt_and_an_operator_may_retry_or_drop) {
  auto o = how();
  o.max_attempts = 3;
  process& p = add(o);
  const auto failing = outcome::retry({errc::internal, "broken", {}, {}}, 1ms);
  play_->answers["x"] = {failing, failing, failing};
  play_->answers["y"] = {failing, failing, failing};
  start(p);
  put(p, make_job("x", "k"));
  put(p, make_job("y", "k"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "x") == 3 && count(play_->ended, "y") == 3; }));
  ASSERT_TRUE(worked_off(p));
  auto buried = run(p.source->dead(lane));
  ASSERT_TRUE(buried);
  ASSERT_EQ(buried->size(), 2U);
  EXPECT_EQ((*buried)[0].what.history.size(), 3U);
  EXPECT_NE((*buried)[0].why.what.find("given up after 3 attempts: broken"), std::string::npos);
  const auto& x = (*buried)[0].what.payload == "x" ? (*buried)[0] : (*buried)[1];
  const auto& y = (*buried)[0].what.payload == "x" ? (*buried)[1] : (*buried)[0];

  EXPECT_EQ(run(p.source->retry_dead(lane, "no such id")).value(), 0);
  EXPECT_EQ(run(p.source->retry_dead(lane, x.what.id)).value(), 1);
  ASSERT_TRUE(until([&] { return count(play_->ended, "x") == 4; }));
  EXPECT_EQ(play_->seen.back().attempt, 0);
  EXPECT_EQ(play_->seen.back().history.size(), 3U);
  EXPECT_EQ(play_->seen.back().id, x.what.id);
  EXPECT_EQ(run(p.source->drop_dead(lane, y.what.id)).value(), 1);
  EXPECT_EQ(run(p.source->drop_dead(lane, y.what.id)).value(), 0);
  ASSERT_TRUE(worked_off(p));
  EXPECT_EQ(stats(p).dead, 0);
  EXPECT_EQ(ask(p, {"EXISTS", "t:q:deadjob:bitrix24:main"}).integer, 0);
}

TEST_F(workers, all_dead_jobs_go_back_or_away_at_once) {
  process& p = add();
  start(p);
  for (int n = 0; n < 250; ++n) {
    play_->answers[std::to_string(n)] = {outcome::dead({errc::rejected, "no", {}, {}})};
    ASSERT_TRUE(put(p, make_job(std::to_string(n))));
  }
  ASSERT_TRUE(worked_off(p));
  EXPECT_EQ(stats(p).dead, 250);
  EXPECT_EQ(run(p.source->dead(lane, 10)).value().size(), 10U);
  EXPECT_EQ(run(p.source->retry_dead(lane)).value(), 250);
  ASSERT_TRUE(until([&] { return play_->ended.size() == 500; }));
  ASSERT_TRUE(worked_off(p));
  EXPECT_EQ(stats(p).dead, 0);
  play_->answers["z"] = {outcome::dead({errc::rejected, "no", {}, {}})};
  put(p, make_job("z"));
  ASSERT_TRUE(until([&] { return stats(p).dead == 1; }));
  EXPECT_EQ(run(p.source->drop_dead(lane)).value(), 1);
  EXPECT_EQ(stats(p).dead, 0);
}

TEST_F(workers, an_exception_is_a_retry) {
  process& p = add();
  bool thrown = false;
  play_->on_start = [&](const job& j) {
    --play_->running[j.key];
    if (!std::exchange(thrown, true)) throw std::runtime_error("a broken invariant");
    ++play_->running[j.key];
  };
  start(p);
  put(p, make_job("x", "k"));
  ASSERT_TRUE(until([&] { return stats(p).later == 1; }));
  EXPECT_EQ(p.crew->running(), 0);
  const auto kept = ask(p, {"ZRANGE", p.source->later_key(lane), "0", "0"});
  const auto back = queue::decode(kept.items.at(0).text);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->history.size(), 1U);
  EXPECT_EQ(back->history[0].code, errc::internal);
  EXPECT_NE(back->history[0].what.find("a broken invariant"), std::string::npos);
  put(p, make_job("y", "k")); // the lock is free, the lane goes on
  ASSERT_TRUE(until([&] { return count(play_->ended, "y") == 1; }));
}

TEST_F(workers, a_paused_lane_rests_in_all_processes) {
  process& a = add(how(), {{lane, 4}, {"other", 4}});
  process& b = add(how(), {{lane, 4}, {"other", 4}});
  start(a);
  start(b);
  ASSERT_TRUE(run(b.source->pause(lane)));
  put(a, make_job("1"));
  put(a, make_job("2", {}, "other"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "2") == 1; }));
  EXPECT_TRUE(stats(a).paused);
  EXPECT_EQ(count(play_->started, "1"), 0U);
  EXPECT_EQ(stats(a).ready, 1);
  ASSERT_TRUE(run(b.source->resume(lane)));
  ASSERT_TRUE(until([&] { return count(play_->ended, "1") == 1; }));
  EXPECT_FALSE(stats(a).paused);
}

TEST_F(workers, what_is_no_job_becomes_a_dead_letter) {
  process& p = add();
  start(p);
  ask(p, {"XADD", p.source->stream_key(lane), "*", "j", "{\"garbage"});
  ask(p, {"XADD", p.source->stream_key(lane), "*", "something", "else"});
  put(p, make_job("sound"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "sound") == 1 && stats(p).dead == 2; }));
  auto buried = run(p.source->dead(lane));
  ASSERT_TRUE(buried);
  EXPECT_EQ((*buried)[0].what.kind, "unreadable");
  EXPECT_EQ((*buried)[0].why.code, errc::protocol);
  EXPECT_EQ((*buried)[1].what.payload + (*buried)[0].what.payload, "{\"garbage");
  ASSERT_TRUE(worked_off(p));
}

TEST_F(workers, a_stream_that_was_deleted_is_made_anew) {
  process& p = add();
  start(p);
  put(p, make_job("1"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "1") == 1; }));
  ASSERT_TRUE(worked_off(p));
  ask(p, {"FLUSHALL"});
  put(p, make_job("2", "k"));
  ASSERT_TRUE(until([&] { return count(play_->ended, "2") == 1; }));
}

awaitable<void> drain(queue::workers* crew, std::chrono::milliseconds limit, bool* done) {
  co_await crew->drain(limit);
  *done = true;
}

TEST_F(workers, drain_ends_what_runs_and_begins_nothing) {
  process& p = add(how(), {{lane, 2}});
  play_->hold = {"1", "2"};
  start(p);
  for (const char* n : {"1", "2", "3"}) put(p, make_job(n, n));
  ASSERT_TRUE(until([&] { return p.crew->running() == 2; }));
  bool drained = false;
  spawn(io.get_executor(), "drain", drain(p.crew.get(), 20s, &drained));
  ASSERT_TRUE(until([&] { return play_->contexts["1"]->draining(); }));
  EXPECT_FALSE(drained);
  play_->release("1");
  play_->release("2");
  ASSERT_TRUE(until([&] { return drained; }));
  EXPECT_EQ(count(play_->started, "3"), 0U);
  const auto s = stats(p);
  EXPECT_EQ(s.ready, 1);
  EXPECT_EQ(s.running, 0);
  EXPECT_EQ(ask(p, {"XINFO", "CONSUMERS", p.source->stream_key(lane), "w"}).items.size(), 0U);
  EXPECT_EQ(ask(p, {"KEYS", "t:q:lock:*"}).items.size(), 0U);
}

TEST_F(workers, what_was_taken_ahead_goes_back_when_draining_and_keeps_its_order) {
  process& p = add(how(), {{lane, 1}});
  // Short jobs first, so that it takes ahead.
  for (int n = 0; n < 300; ++n) put(p, make_job("warm" + std::to_string(n)));
  start(p);
  ASSERT_TRUE(until([&] { return play_->ended.size() == 300; }));
  ASSERT_TRUE(worked_off(p));
  play_->hold = {"0"};
  ASSERT_TRUE(run(p.source->pause(lane)));
  for (int n = 0; n < 20; ++n) put(p, make_job(std::to_string(n), n % 2 == 0 ? "even" : "odd"));
  ASSERT_TRUE(run(p.source->resume(lane)));
  ASSERT_TRUE(until([&] { return count(play_->started, "0") == 1 && stats(p).ready == 0; }));
  play_->started.clear();
  bool drained = false;
  spawn(io.get_executor(), "drain", drain(p.crew.get(), 20s, &drained));
  ASSERT_TRUE(until([&] { return stats(p).ready == 1; })); // "1", taken ahead; the others wait for the two keys
  play_->release("0");
  ASSERT_TRUE(until([&] { return drained; }));
  EXPECT_TRUE(play_->started.empty());
  process& next = add();
  start(next);
  ASSERT_TRUE(until([&] { return play_->started.size() == 19; }));
  std::vector<int> even, odd;
  for (const auto& n : play_->started) (std::stoi(n) % 2 == 0 ? even : odd).push_back(std::stoi(n));
  EXPECT_TRUE(std::ranges::is_sorted(even));
  EXPECT_TRUE(std::ranges::is_sorted(odd));
  EXPECT_EQ(play_->overlaps, 0);
  ASSERT_TRUE(worked_off(next));
  expect_empty(next);
}

TEST_F(workers, drain_gives_up_at_its_limit) {
  process& p = add();
  play_->hold = {"1"};
  start(p);
  put(p, make_job("1", "k"));
  ASSERT_TRUE(until([&] { return p.crew->running() == 1; }));
  bool drained = false;
  spawn(io.get_executor(), "drain", drain(p.crew.get(), 50ms, &drained));
  ASSERT_TRUE(until([&] { return drained; }));
  EXPECT_EQ(stats(p).running, 1); // pending until its lease ends
}

} // namespace
} // namespace waybill::test
