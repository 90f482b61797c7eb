#include <limits/breaker.hpp>

#include <gtest/gtest.h>

namespace waybill::limits {
namespace {

using namespace std::chrono_literals;
using clock = breaker::clock;

breaker::options quick() {
  breaker::options o;
  o.threshold = 3;
  o.first_pause = 1000ms;
  o.longest_pause = 3000ms;
  return o;
}

TEST(Breaker, OpensAfterFailuresInARowOnly) {
  breaker b(quick());
  const auto t = clock::time_point{};
  b.failure(t);
  b.failure(t);
  b.success();
  b.failure(t);
  b.failure(t);
  EXPECT_FALSE(b.open());
  EXPECT_FALSE(b.refuse(t));
  b.failure(t);
  EXPECT_TRUE(b.open());
  EXPECT_EQ(b.refuse(t), 1000ms);
  EXPECT_EQ(b.refuse(t + 400ms), 600ms);
}

TEST(Breaker, LetsOneProbeThroughAndClosesOnItsSuccess) {
  breaker b(quick());
  const auto t = clock::time_point{};
  for (int i = 0; i < 3; ++i) b.failure(t);
  EXPECT_FALSE(b.refuse(t + 1000ms)) << "the probe";
  EXPECT_TRUE(b.refuse(t + 1001ms)) << "everybody else waits for it";
  b.success();
  EXPECT_FALSE(b.open());
  EXPECT_FALSE(b.refuse(t + 1002ms));
}

TEST(Breaker, DoublesThePauseUpToItsLimit) {
  breaker b(quick());
  auto t = clock::time_point{};
  for (int i = 0; i < 3; ++i) b.failure(t);
  for (const auto expected : {2000ms, 3000ms, 3000ms}) {
    t += *b.refuse(t);
    ASSERT_FALSE(b.refuse(t));
    b.failure(t);
    EXPECT_EQ(b.refuse(t), expected);
  }
}

TEST(Breaker, LateFailuresOfOlderCallsDoNotLengthenThePause) {
  breaker b(quick());
  const auto t = clock::time_point{};
  for (int i = 0; i < 10; ++i) b.failure(t);
  EXPECT_EQ(b.refuse(t), 1000ms);
}

TEST(Breaker, AnAbandonedProbeIsFollowedByAnother) {
  breaker b(quick());
  const auto t = clock::time_point{};
  for (int i = 0; i < 3; ++i) b.failure(t);
  ASSERT_FALSE(b.refuse(t + 1000ms));
  EXPECT_EQ(b.refuse(t + 1500ms), 500ms);
  EXPECT_FALSE(b.refuse(t + 2000ms));
}

} // namespace
} // namespace waybill::limits
