#include <queue/job.hpp>
#include <queue/keys.hpp>
#include <queue/queue.hpp>

#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace waybill::queue {
namespace {

using namespace std::chrono_literals;

job sample() {
  job j;
  j.id = "0198";
  j.lane = "bitrix24:main";
  j.kind = "deal";
  j.key = "deal:main:759";
  j.payload = R"({"deal":759,"text":"a\"b"})";
  j.trace = "4bf92f";
  j.attempt = 3;
  j.created = instant{1'763'700'000'123ms};
  j.history.push_back({instant{1'763'700'001'000ms}, errc::timeout, "no answer within 5 s"});
  j.history.push_back({instant{1'763'700'002'000ms}, errc::throttled, "слишком часто\n"});
  return j;
}

TEST(job, survives_encoding) {
  const job j = sample();
  const auto back = decode(encode(j));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(back->id, j.id);
  EXPECT_EQ(back->lane, j.lane);
  EXPECT_EQ(back->kind, j.kind);
  EXPECT_EQ(back->key, j.key);
  EXPECT_EQ(back->payload, j.payload);
  EXPECT_EQ(back->trace, j.trace);
  EXPECT_EQ(back->attempt, 3);
  EXPECT_EQ(back->created, j.created);
  ASSERT_EQ(back->history.size(), 2U);
  EXPECT_EQ(back->history[1].code, errc::throttled);
  EXPECT_EQ(back->history[1].what, "слишком часто\n");
  EXPECT_EQ(back->history[0].when, j.history[0].when);
}

TEST(job, keeps_the_newest_twenty_notes) {
  job j = sample();
  j.history.clear();
  for (int i = 0; i < 50; ++i)
    j.history.push_back({instant{std::chrono::milliseconds{i}}, errc::timeout, std::to_string(i)});
  const auto back = decode(encode(j));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->history.size(), 20U);
  EXPECT_EQ(back->history.front().what, "30");
  EXPECT_EQ(back->history.back().what, "49");
}

TEST(job, broken_bytes_do_not_make_it_unreadable) {
  job j = sample();
  j.payload = std::string("a\xFF\x00z", 4);
  j.history[0].what = std::string(499, 'x') + "щ"; // the cut falls into the letter
  const auto back = decode(encode(j));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(back->payload, std::string("a?\x00z", 4));
  EXPECT_EQ(back->history[0].what, std::string(499, 'x'));
}

TEST(job, hostile_texts_are_refused) {
  const std::string deep(10'000, '[');
  const std::string table[] = {"",
                               "null",
                               "[]",
                               "{}",
                               "{\"i\":1,\"t\":\"x\"}",
                               "{\"i\":\"1\"}",
                               "{\"i\":\"1\",\"t\":\"x\",\"a\":-1}",
                               "{\"i\":\"1\",\"t\":\"x\",\"a\":1.5}",
                               "{\"i\":\"1\",\"t\":\"x\",\"c\":99999999999999999}",
                               "{\"i\":\"1\",\"t\":\"x\",\"c\":-5}",
                               "{\"i\":\"1\",\"t\":\"x\",\"k\":" + deep,
                               deep,
                               "{\"i\":\"" + std::string(500, 'i') + "\",\"t\":\"x\"}",
                               "{\"i\":\"1\",\"t\":\"x\",\"p\":\"" + std::string(600'000, 'p') + "\"}",
                               "{\"i\":\"1\",\"t\":\"x\",\"p\":\"\xFF\"}",
                               "{\"i\":\"1\",\"t\":\"x\"} trailing"};
  for (const auto& text : table) {
    const auto j = decode(text);
    ASSERT_FALSE(j) << text.substr(0, 80);
    EXPECT_EQ(j.error().code, errc::protocol);
  }
}

TEST(job, broken_notes_are_left_out) {
  const auto j = decode(R"({"i":"1","t":"x","h":[[1,"timeout","a"],[2],"b",[3,"no such code","c"],["x","y","z"]]})");
  ASSERT_TRUE(j);
  ASSERT_EQ(j->history.size(), 2U);
  EXPECT_EQ(j->history[1].code, errc::internal);
}

TEST(job, the_lock_is_cut_out_of_the_text) {
  EXPECT_EQ(lock_text(encode(sample())), "deal:main:759");
  job j = sample();
  j.key.clear();
  EXPECT_EQ(lock_text(encode(j)), "");
  EXPECT_EQ(lock_text("garbage"), "");
  EXPECT_EQ(lock_text("{\"k\":\"open"), "");
}

struct pause_row {
  errc code;
  std::int64_t attempt;
  std::chrono::milliseconds wish;
  double jitter;
  std::chrono::milliseconds expected;
};
class pauses : public ::testing::TestWithParam<pause_row> {};
TEST_P(pauses, are_as_the_class_of_error_says) {
  const auto& row = GetParam();
  EXPECT_EQ(backoff(row.code, row.attempt, row.wish, row.jitter), row.expected);
}
INSTANTIATE_TEST_SUITE_P(
    table, pauses,
    ::testing::Values(pause_row{errc::throttled, 0, 0ms, 0, 1s}, pause_row{errc::throttled, 3, 0ms, 0, 8s},
                      pause_row{errc::throttled, 10, 0ms, 0, 60s}, pause_row{errc::throttled, 0, 30s, 0, 30s},
                      pause_row{errc::throttled, 10, 30s, 0, 60s}, pause_row{errc::unavailable, 0, 0ms, 0, 1s},
                      pause_row{errc::timeout, 4, 0ms, 0, 16s}, pause_row{errc::outcome_unknown, 100, 0ms, 0, 5min},
                      pause_row{errc::cancelled, 9, 0ms, 0, 1s}, pause_row{errc::internal, 0, 0ms, 0, 10s},
                      pause_row{errc::protocol, 2, 0ms, 0, 40s}, pause_row{errc::internal, 1'000'000, 0ms, 0, 30min},
                      pause_row{errc::unavailable, 0, 0ms, 1, 1200ms}, pause_row{errc::unavailable, 0, 0ms, -1, 800ms},
                      pause_row{errc::unavailable, 0, 0ms, -50, 800ms}, pause_row{errc::throttled, 0, 30s, -1, 30s},
                      pause_row{errc::throttled, 0, 10'000h, 0, 24h}, pause_row{errc::address, 0, 0ms, 0, 0ms}));

} // namespace
} // namespace waybill::queue
