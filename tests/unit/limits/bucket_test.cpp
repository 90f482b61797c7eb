#include "redis_fixture.hpp"

#include <limits/bucket.hpp>

#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace waybill::limits {
namespace {

using namespace std::chrono_literals;

class Bucket : public test::redis_fixture {
 protected:
  result<void> take(bucket& b, std::chrono::milliseconds patience) { return test::run(io, b.take(patience)); }
  // How many of `n` that ask at once get a unit without waiting for the leak.
  int granted(bucket& b, int n) {
    int yes = 0;
    for (int i = 0; i < n; ++i) yes += take(b, 0ms).has_value() ? 1 : 0;
    return yes;
  }
};

awaitable<void> note(std::shared_ptr<bucket> b, int number, std::chrono::milliseconds patience, std::vector<int>* order,
                     std::vector<errc>* refused) {
  auto r = co_await b->take(patience);
  if (r) order->push_back(number);
  else refused->push_back(r.error().code);
}

TEST_F(Bucket, GivesTheBurstAndThenRefusesTheImpatient) {
  bucket b(link, "t:bucket", 0.01, 5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(take(b, 5s).has_value()) << i;
  const auto sixth = take(b, 5s);
  ASSERT_FALSE(sixth.has_value());
  EXPECT_EQ(sixth.error().code, errc::throttled);
  EXPECT_GT(sixth.error().retry_after, 5s);
  EXPECT_NEAR(b.fill(), 1.0, 0.01);
}

TEST_F(Bucket, TwoObjectsAndTwoConnectionsShareOneKey) {
  auto other_link = connect();
  bucket a(link, "t:shared", 0.01, 7), b(other_link, "t:shared", 0.01, 7);
  int yes = 0;
  for (int i = 0; i < 6; ++i) yes += (take(i % 2 == 0 ? a : b, 2s).has_value()) ? 1 : 0;
  EXPECT_EQ(yes, 6);
  EXPECT_TRUE(take(b, 2s).has_value());
  EXPECT_FALSE(take(a, 2s).has_value());
  EXPECT_FALSE(take(b, 2s).has_value());
  bucket elsewhere(link, "t:other", 0.01, 7);
  EXPECT_TRUE(take(elsewhere, 2s).has_value());
  other_link->stop();
}

TEST_F(Bucket, WaitsForTheLeak) {
  bucket b(link, "t:leak", 50, 1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(take(b, 10s).has_value());
}

TEST_F(Bucket, ServesWaitersInTheirOrder) {
  auto b = std::make_shared<bucket>(link, "t:fifo", 200, 3);
  std::vector<int> order;
  std::vector<errc> refused;
  for (int i = 0; i < 30; ++i) spawn(io.get_executor(), "taker", note(b, i, 20s, &order, &refused));
  EXPECT_TRUE(test::run(io, test::eventually([&] { return order.size() == 30; })));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_TRUE(refused.empty());
}

TEST_F(Bucket, ManyWaitersShareOneRoundTrip) {
  auto before = test::run(io, link->command({"INFO", "commandstats"}));
  auto b = std::make_shared<bucket>(link, "t:many", 1, 100);
  std::vector<int> order;
  std::vector<errc> refused;
  for (int i = 0; i < 64; ++i) spawn(io.get_executor(), "taker", note(b, i, 20s, &order, &refused));
  EXPECT_TRUE(test::run(io, test::eventually([&] { return order.size() == 64; })));
  auto stats = test::run(io, link->command({"INFO", "commandstats"}));
  ASSERT_TRUE(stats.has_value());
  const auto at = stats->text.find("cmdstat_evalsha:calls=");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LE(std::stoi(stats->text.substr(at + 22)), 10) << "64 units in single calls would be 64";
}

TEST_F(Bucket, RefusesAtOnceWhoCannotBeServedInTimeAndKeepsTheOthers) {
  auto b = std::make_shared<bucket>(link, "t:patience", 20, 1);
  std::vector<int> order;
  std::vector<errc> refused;
  for (int i = 0; i < 10; ++i) spawn(io.get_executor(), "taker", note(b, i, i % 2 == 0 ? 60s : 1ms, &order, &refused));
  EXPECT_TRUE(test::run(io, test::eventually([&] { return order.size() + refused.size() == 10; })));
  EXPECT_GE(order.size(), 5U);
  EXPECT_TRUE(std::ranges::all_of(refused, [](errc e) { return e == errc::throttled; }));
}

TEST_F(Bucket, FullMeansFullForEverybody) {
  bucket a(link, "t:full", 0.01, 50), b(link, "t:full", 0.01, 50);
  ASSERT_TRUE(take(a, 1s).has_value());
  test::run(io, a.full());
  EXPECT_FALSE(take(a, 1s).has_value());
  EXPECT_FALSE(take(b, 1s).has_value());
  EXPECT_GE(a.fill(), 0.99);
}

TEST_F(Bucket, RefusalsOfOneMomentCountOnceAndLaterOnesLengthenThePause) {
  bucket b(link, "t:strikes", 10, 20);
  for (int i = 0; i < 4; ++i) test::run(io, b.full());
  const auto first = take(b, 0ms);
  ASSERT_FALSE(first.has_value());
  EXPECT_LE(first.error().retry_after, 200ms) << "no extra pause yet";
  // As if the last refusal had been three seconds ago.
  auto struck = test::run(io, link->command({"HGET", "t:strikes", "struck"}));
  ASSERT_TRUE(struck.has_value());
  const auto earlier = std::to_string(std::stod(struck->text) - 3);
  ASSERT_TRUE(test::run(io, link->command({"HSET", "t:strikes", "struck", earlier})).has_value());
  test::run(io, b.full());
  const auto second = take(b, 0ms);
  ASSERT_FALSE(second.has_value());
  EXPECT_GE(second.error().retry_after, 500ms);
}

TEST_F(Bucket, ACancelledWaiterLeavesTheQueue) {
  auto b = std::make_shared<bucket>(link, "t:cancel", 20, 1);
  ASSERT_TRUE(take(*b, 1s).has_value());
  asio::cancellation_signal stop;
  std::optional<errc> outcome;
  asio::co_spawn(io, b->take(60s), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, result<void> r) {
                   outcome = r ? std::optional<errc>{} : r.error().code;
                   if (r) outcome = errc::internal;
                 }));
  io.restart();
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(test::run(io, test::eventually([&] { return outcome.has_value(); })));
  EXPECT_EQ(outcome, errc::cancelled);
  EXPECT_TRUE(take(*b, 30s).has_value()) << "the queue goes on";
}

TEST_F(Bucket, WithoutRedisItSaysSo) {
  bucket b(link, "t:down", 1, 1);
  link->stop();
  const auto r = take(b, 1s);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, errc::unavailable);
}

} // namespace
} // namespace waybill::limits
