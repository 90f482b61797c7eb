#include "world.hpp"

#include <algorithm>

namespace waybill::test {
namespace {

class enqueue : public world {};

TEST_F(enqueue, is_durable_and_counted) {
  process& p = add();
  EXPECT_TRUE(put(p, make_job("1")));
  EXPECT_TRUE(put(p, make_job("2")));
  EXPECT_EQ(ask(p, {"XLEN", p.source->stream_key(lane)}).integer, 2);
  const auto s = stats(p);
  EXPECT_EQ(s.lane, lane);
  EXPECT_EQ(s.ready, 2);
  EXPECT_EQ(s.running, 0);
  EXPECT_FALSE(s.paused);
}

TEST_F(enqueue, merges_what_is_queued_already) {
  process& p = add();
  EXPECT_TRUE(put(p, make_job("1"), "deal:759"));
  EXPECT_FALSE(put(p, make_job("2"), "deal:759"));
  EXPECT_TRUE(put(p, make_job("3"), "deal:760"));
  EXPECT_EQ(stats(p).ready, 2);
}

awaitable<void> put_many(std::shared_ptr<queue::queue> q, int n, std::shared_ptr<std::map<std::string, int>> counts) {
  job j = make_job(std::to_string(n), {}, n % 2 == 0 ? "even" : "odd"); // named: g++ 12 destroys such a temporary twice
  auto kept = co_await q->enqueue(std::move(j), n % 10 == 0 ? "same" : "");
  ++(*counts)[kept ? (*kept ? "added" : "merged") : kept.error().what];
}

TEST_F(enqueue, one_turn_of_the_loop_is_one_call) {
  process& p = add();
  ASSERT_TRUE(run(p.commands->wait_up(5s)));
  ask(p, {"CONFIG", "RESETSTAT"});
  auto counts = std::make_shared<std::map<std::string, int>>();
  for (int n = 0; n < 1000; ++n) spawn(io.get_executor(), "put", put_many(p.source, n, counts));
  ASSERT_TRUE(until([&] { return (*counts)["added"] + (*counts)["merged"] == 1000; })) << counts->begin()->first;
  EXPECT_EQ((*counts)["added"], 901);
  EXPECT_EQ((*counts)["merged"], 99);
  const auto text = ask(p, {"INFO", "commandstats"}).text;
  const auto at = text.find("cmdstat_evalsha:calls=");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LE(std::atoi(text.c_str() + at + 22), 4) << text;
  EXPECT_EQ(stats(p, "even").ready, 401);
  EXPECT_EQ(stats(p, "odd").ready, 500);
}

TEST_F(enqueue, a_lane_with_room_needs_no_script) {
  process& p = add();
  put(p, make_job("first", {}, "even"));
  put(p, make_job("first", {}, "odd"));
  ask(p, {"CONFIG", "RESETSTAT"});
  auto counts = std::make_shared<std::map<std::string, int>>();
  for (int n = 0; n < 1000; ++n) spawn(io.get_executor(), "put", put_many(p.source, n, counts));
  ASSERT_TRUE(until([&] { return (*counts)["added"] + (*counts)["merged"] == 1000; })) << counts->begin()->first;
  EXPECT_EQ((*counts)["merged"], 99);
  const auto text = ask(p, {"INFO", "commandstats"}).text;
  EXPECT_TRUE(text.contains("cmdstat_xadd:calls=901,")) << text;
  EXPECT_FALSE(text.contains("cmdstat_evalsha")) << text;
  EXPECT_EQ(stats(p, "even").ready + stats(p, "odd").ready, 903);
}

TEST_F(enqueue, what_vanished_is_put_again) {
  process& p = add();
  EXPECT_TRUE(put(p, make_job("1"), "deal:759"));
  EXPECT_FALSE(put(p, make_job("2"), "deal:759"));
  ask(p, {"DEL", p.source->stream_key(lane)});
  EXPECT_TRUE(put(p, make_job("3"), "deal:759"));
  EXPECT_EQ(stats(p).ready, 1);
}

TEST_F(enqueue, a_merge_key_of_another_lane_is_another) {
  process& p = add();
  EXPECT_TRUE(put(p, make_job("1", {}, "one"), "deal:759"));
  EXPECT_TRUE(put(p, make_job("2", {}, "two"), "deal:759"));
  EXPECT_EQ(stats(p, "one").ready, 1);
  EXPECT_EQ(stats(p, "two").ready, 1);
}

// Near the bound of a lane each put is counted; before it the bound is kept by what the last put heard.
TEST_F(enqueue, the_bound_holds_however_many_come_at_once) {
  auto o = how();
  o.max_depth = 5000;
  process& p = add(o);
  ASSERT_TRUE(run(p.commands->wait_up(5s)));
  auto counts = std::make_shared<std::map<std::string, int>>();
  for (int round = 0; round < 6; ++round) {
    for (int n = 0; n < 1000; ++n) spawn(io.get_executor(), "put", put_many(p.source, 2 * n + 1, counts));
    const auto answered = [&] {
      int sum = 0;
      for (const auto& [what, times] : *counts) sum += times;
      return sum;
    };
    ASSERT_TRUE(until([&] { return answered() == (round + 1) * 1000; }));
  }
  EXPECT_EQ((*counts)["added"], 5000);
  EXPECT_EQ((*counts)["the lane is full"], 1000);
  EXPECT_EQ(stats(p, "odd").ready, 5000);
}

TEST_F(enqueue, some_of_a_write_may_be_refused) {
  process& p = add();
  put(p, make_job("first", {}, "even"));
  put(p, make_job("first", {}, "odd"));
  ask(p, {"DEL", p.source->stream_key("odd")});
  ask(p, {"SET", p.source->stream_key("odd"), "not a stream"});
  auto counts = std::make_shared<std::map<std::string, int>>();
  for (int n = 1; n < 7; ++n) spawn(io.get_executor(), "put", put_many(p.source, n, counts));
  ASSERT_TRUE(until([&] { return counts->size() == 2 && (*counts)["added"] == 3; }));
  EXPECT_EQ(ask(p, {"XLEN", p.source->stream_key("even")}).integer, 4);
}

TEST_F(enqueue, a_full_lane_refuses_and_loses_nothing) {
  auto o = how();
  o.max_depth = 3;
  process& p = add(o);
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(put(p, make_job(std::to_string(n)), "m" + std::to_string(n)));
  auto refused = run(p.source->enqueue(make_job("3"), "m3"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::throttled);
  EXPECT_GT(refused.error().retry_after, 0ms);
  auto merged = run(p.source->enqueue(make_job("4"), "m1"));
  ASSERT_TRUE(merged);
  EXPECT_FALSE(*merged); // what is queued already needs no room
  auto other = run(p.source->enqueue(make_job("5", {}, "other")));
  EXPECT_TRUE(other);
  auto later = run(p.source->enqueue_later(make_job("6"), 1s));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, errc::throttled);
  start(p);
  ASSERT_TRUE(worked_off(p));
  EXPECT_TRUE(put(p, make_job("3"), "m3"));
}

TEST_F(enqueue, refuses_what_no_job_looks_like) {
  process& p = add();
  ASSERT_TRUE(run(p.commands->wait_up(5s)));
  std::vector<job> table(8, make_job("1", "k"));
  table[0].lane = "";
  table[1].lane = "two words";
  table[2].lane = "a|b";
  table[3].lane = std::string(300, 'l');
  table[4].kind = "";
  table[5].key = "line\nbreak";
  table[6].payload = std::string(70'000, 'p');
  table[7].id = std::string(200, 'i');
  for (const job& j : table) {
    auto refused = run(p.source->enqueue(j));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::bad_input);
  }
  auto refused = run(p.source->enqueue(make_job("1"), "mark\n"));
  EXPECT_FALSE(refused);
}

TEST_F(enqueue, ids_are_unique_and_sort_by_time) {
  process& p = add();
  std::vector<std::string> ids;
  for (int n = 0; n < 200'000; ++n) {
    job j = make_job("1");
    p.source->complete(j);
    ids.push_back(j.id);
  }
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
  job given = make_job("1");
  given.id = "mine";
  p.source->complete(given);
  EXPECT_EQ(given.id, "mine");
  EXPECT_NE(given.created, instant{});
}

TEST_F(enqueue, says_unavailable_while_redis_is_down) {
  process& p = add();
  EXPECT_TRUE(put(p, make_job("1")));
  server.kill_now();
  ASSERT_TRUE(until([&] { return !p.commands->up(); }));
  auto refused = run(p.source->enqueue(make_job("2")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unavailable);
  server.start();
  EXPECT_TRUE(put(p, make_job("3")));
  EXPECT_EQ(stats(p).ready, 2);
}

TEST_F(enqueue, says_unavailable_when_redis_may_not_write) {
  process& p = add();
  EXPECT_TRUE(put(p, make_job("1")));
  ask(p, {"CONFIG", "SET", "maxmemory", "1"});
  auto refused = run(p.source->enqueue(make_job("2")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unavailable);
}

} // namespace
} // namespace waybill::test
