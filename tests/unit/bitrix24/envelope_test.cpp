#include <bitrix24/envelope.hpp>
#include <waybill/json.hpp>

#include <gtest/gtest.h>

namespace waybill::bitrix24 {
namespace {

using kind = verdict::kind;

verdict single(const char* body, int status = 200) { return read_single(*json::parse(body), status); }

TEST(Envelope, OfOneCall) {
  const auto v = single(
      R"({"result":{"item":{"id":1}},"total":120,"next":50,"time":{"duration":0.4,"operating":1.25,"operating_reset_at":1795260600}})");
  EXPECT_EQ(v.what, kind::answered);
  EXPECT_EQ(v.got.total, 120);
  EXPECT_EQ(v.got.next, 50);
  EXPECT_TRUE(v.spent.counted);
  EXPECT_DOUBLE_EQ(v.spent.operating_s, 1.25);
  EXPECT_EQ(v.spent.reset_at, 1795260600);
  EXPECT_DOUBLE_EQ(v.spent.seconds, 0.4);
}

TEST(Envelope, NullAndFalseAreResults) {
  EXPECT_EQ(single(R"({"result":null})").what, kind::answered);
  EXPECT_EQ(single(R"({"result":false})").what, kind::answered);
  EXPECT_EQ(single(R"({"time":{}})").what, kind::not_executed);
}

TEST(Envelope, AnErrorCountsWhateverTheStatus) {
  const auto v = single(R"({"error":"ERROR_ARGUMENT","error_description":"x"})", 200);
  EXPECT_EQ(v.what, kind::refused);
  EXPECT_EQ(v.error.code, "ERROR_ARGUMENT");
}

struct batch_row {
  std::string name, body;
  std::vector<kind> expected;
};
void PrintTo(const batch_row& r, std::ostream* out) { *out << r.name; }
class BatchEnvelope : public ::testing::TestWithParam<batch_row> {};

TEST_P(BatchEnvelope, IsReadWithPhpsWays) {
  const std::vector<std::string> keys{"c0", "c1"};
  const auto all = read_batch(*json::parse(GetParam().body), keys);
  ASSERT_TRUE(all.has_value());
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ((*all)[i].what, GetParam().expected[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BatchEnvelope,
    ::testing::Values(
        batch_row{
            "all_well",
            R"({"result":{"result":{"c0":1,"c1":2},"result_error":[],"result_total":[],"result_next":[],"result_time":[]}})",
            {kind::answered, kind::answered}},
        batch_row{
            "all_refused",
            R"({"result":{"result":[],"result_error":{"c0":{"error":"A","error_description":"a"},"c1":{"error":"","error_description":"b"}}}})",
            {kind::refused, kind::refused}},
        batch_row{"one_of_each",
                  R"({"result":{"result":{"c1":null},"result_error":{"c0":{"error":0,"error_description":"a"}}}})",
                  {kind::refused, kind::answered}},
        batch_row{
            "undone", R"({"result":{"result":{"c0":[]},"result_error":[]}})", {kind::answered, kind::not_executed}},
        batch_row{"lists_for_maps",
                  R"({"result":{"result":[{"a":1},{"a":2}],"result_error":[]}})",
                  {kind::answered, kind::answered}},
        batch_row{"nothing_at_all",
                  R"({"result":{"result":[],"result_error":[]}})",
                  {kind::not_executed, kind::not_executed}},
        batch_row{
            "error_beats_result",
            R"({"result":{"result":{"c0":[],"c1":1},"result_error":{"c0":{"error":"X","error_description":""}}}})",
            {kind::refused, kind::answered}}),
    [](const auto& one) { return one.param.name; });

TEST(Envelope, TotalsAndTimesOfABatchBelongToTheirCommand) {
  const std::vector<std::string> keys{"c0", "c1"};
  const auto all = read_batch(
      *json::parse(
          R"({"result":{"result":{"c0":[],"c1":[]},"result_error":[],"result_total":{"c1":60},"result_next":{"c1":50},
    "result_time":{"c1":{"duration":0.5,"operating":470.5,"operating_reset_at":1795260600}}}})"),
      keys);
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ((*all)[0].got.next, 0);
  EXPECT_FALSE((*all)[0].spent.counted);
  EXPECT_EQ((*all)[1].got.total, 60);
  EXPECT_EQ((*all)[1].got.next, 50);
  EXPECT_DOUBLE_EQ((*all)[1].spent.operating_s, 470.5);
}

TEST(Envelope, WhatIsNoBatchIsSaidSo) {
  const std::vector<std::string> keys{"c0"};
  EXPECT_FALSE(read_batch(*json::parse(R"({"result":true})"), keys).has_value());
  EXPECT_FALSE(read_batch(*json::parse(R"({"result":{}})"), keys).has_value());
}

} // namespace
} // namespace waybill::bitrix24
