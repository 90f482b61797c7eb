#include "redis_fixture.hpp"

#include <limits/bucket.hpp>

#include <chrono>

namespace waybill::limits {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class Operating : public test::redis_fixture {
 protected:
  milliseconds wait(operating_budget& b, const std::string& method) { return test::run(io, b.wait_for(method)); }
  std::int64_t unix_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  // Until what report() and blocked() send behind our back has arrived.
  void settle(const std::string& key, const std::string& field) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < until) {
      auto r = test::run(io, link->command({"HEXISTS", key, field}));
      if (r && r->integer == 1) return;
    }
    FAIL() << key << " never got " << field;
  }
};

TEST_F(Operating, FarFromTheLimitNothingWaits) {
  operating_budget b(link, "t:op", 480);
  EXPECT_EQ(wait(b, "crm.item.list"), 0ms);
  b.report("crm.item.list", 12.5, unix_now() + 500);
  EXPECT_EQ(wait(b, "crm.item.list"), 0ms);
}

TEST_F(Operating, OverTheLimitAllWaitUntilTheWindowMoves) {
  operating_budget a(link, "t:op", 480), b(link, "t:op", 480);
  ASSERT_EQ(wait(a, "crm.item.update"), 0ms);
  a.report("crm.item.update", 481, unix_now() + 120);
  settle("t:op:crm.item.update", "sum");
  const auto w = wait(b, "crm.item.update");
  EXPECT_GT(w, 110s);
  EXPECT_LE(w, 122s);
  EXPECT_EQ(wait(b, "crm.item.list"), 0ms) << "other methods go on";
}

TEST_F(Operating, FromEightyPercentCallsAreSpread) {
  operating_budget a(link, "t:op", 480), b(link, "t:op", 480);
  ASSERT_EQ(wait(a, "m"), 0ms);
  a.report("m", 380, unix_now() + 300);
  a.report("m", 400, unix_now() + 300); // 20 s a call: 4 more fit into 300 s
  settle("t:op:m", "sum");
  EXPECT_EQ(wait(b, "m"), 0ms) << "one may go";
  const auto next = wait(b, "m");
  EXPECT_GT(next, 5s) << "and the next one later";
  EXPECT_LE(next, 300s);
}

TEST_F(Operating, ARefusalBlocksUntilTheResetOrForAMinute) {
  operating_budget b(link, "t:op", 480);
  ASSERT_EQ(wait(b, "m"), 0ms);
  b.blocked("m");
  EXPECT_GT(wait(b, "m"), 0ms) << "at once, before Redis knows";
  settle("t:op:m", "blocked");
  operating_budget other(link, "t:op", 480);
  auto w = wait(other, "m");
  EXPECT_GT(w, 50s);
  EXPECT_LE(w, 60s);

  ASSERT_EQ(wait(b, "n"), 0ms);
  b.report("n", 470, unix_now() + 200);
  settle("t:op:n", "sum");
  b.blocked("n");
  settle("t:op:n", "blocked");
  w = wait(other, "n");
  EXPECT_GT(w, 190s);
  EXPECT_LE(w, 202s);
}

TEST_F(Operating, GoodNewsEndABlock) {
  operating_budget b(link, "t:op", 480);
  ASSERT_EQ(wait(b, "m"), 0ms);
  b.report("m", 300, unix_now() + 100);
  settle("t:op:m", "sum");
  b.blocked("m");
  settle("t:op:m", "blocked");
  b.report("m", 20, unix_now() + 500);
  const auto until = std::chrono::steady_clock::now() + 10s;
  bool gone = false;
  while (!gone && std::chrono::steady_clock::now() < until) {
    auto r = test::run(io, link->command({"HEXISTS", "t:op:m", "blocked"}));
    gone = r && r->integer == 0;
  }
  EXPECT_TRUE(gone);
  operating_budget other(link, "t:op", 480);
  EXPECT_EQ(wait(other, "m"), 0ms);
}

TEST_F(Operating, WithoutRedisThePortalsOwnRefusalGuards) {
  operating_budget b(link, "t:op", 480);
  link->stop();
  EXPECT_EQ(wait(b, "m"), 0ms);
}

} // namespace
} // namespace waybill::limits
