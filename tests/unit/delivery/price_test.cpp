// The operator's rules, to the kopeck.
#include "fixture.hpp"

#include <delivery/price.hpp>

namespace waybill::delivery::test {
namespace {

struct row {
  const char* name;
  std::int64_t quoted;
  std::int64_t percent, amount, step;
  std::optional<std::int64_t> free_from;
  std::int64_t goods;
  std::int64_t wanted;
};
class rules : public testing::TestWithParam<row> {};

TEST_P(rules, apply) {
  const row& r = GetParam();
  config::delivery_service how;
  how.markup_percent = r.percent;
  how.markup_amount.minor = r.amount;
  how.round_to.minor = r.step;
  if (r.free_from) how.free_from = money{*r.free_from, "RUB"};
  const auto got = price_of(quote_of(r.quoted), money{r.goods, "RUB"}, how);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->cost, (money{r.wanted, "RUB"}));
}

INSTANTIATE_TEST_SUITE_P(price, rules,
                         testing::Values(row{"as_it_is", 43'250, 0, 0, 0, {}, 100'000, 43'250},
                                         row{"percent", 43'250, 10, 0, 0, {}, 0, 47'575},
                                         row{"percent_rounds_to_the_kopeck", 333, 10, 0, 0, {}, 0, 366},
                                         row{"amount", 43'250, 0, 5'000, 0, {}, 0, 48'250},
                                         row{"percent_before_amount", 10'000, 10, 5'000, 0, {}, 0, 16'000},
                                         row{"discount", 10'000, -25, 0, 0, {}, 0, 7'500},
                                         row{"discount_below_nothing", 10'000, -50, -9'000, 0, {}, 0, 0},
                                         row{"rounded_up", 43'201, 0, 0, 1'000, {}, 0, 44'000},
                                         row{"round_already", 44'000, 0, 0, 1'000, {}, 0, 44'000},
                                         row{"rounded_last", 10'000, 1, 0, 10'000, {}, 0, 20'000},
                                         row{"just_below_free", 43'250, 0, 0, 0, 500'000, 499'999, 43'250},
                                         row{"free", 43'250, 10, 100, 100, 500'000, 500'000, 0},
                                         row{"free_from_nothing", 43'250, 0, 0, 0, 0, 0, 0}),
                         [](const auto& tested) { return tested.param.name; });

TEST(price, another_currency_is_no_price) {
  const config::delivery_service how;
  EXPECT_FALSE(price_of(quote_of(100, 1, 1, "KZT"), money{}, how));
}

TEST(price, goods_in_another_currency_are_not_free) {
  config::delivery_service how;
  how.free_from = money{100, "RUB"};
  const auto got = price_of(quote_of(5'000), money{1'000'000, "KZT"}, how);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->cost.minor, 5'000);
}

TEST(price, a_carrier_that_asks_nothing_or_everything_is_not_believed) {
  const config::delivery_service how;
  for (const std::int64_t cost : {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1} << 60U}) {
    EXPECT_FALSE(best_of({quote_of(cost)})) << cost;
    EXPECT_FALSE(price_of(quote_of(cost), money{}, how)) << cost;
  }
  EXPECT_FALSE(best_of({}));
}

TEST(price, the_cheapest_that_can_be_true) {
  const auto best = best_of({quote_of(500), quote_of(0), quote_of(300), quote_of(400)});
  ASSERT_TRUE(best);
  EXPECT_EQ(best->cost.minor, 300);
}

struct term {
  const char* name;
  int low, high, extra;
  bool known;
  int from, to;
};
class terms : public testing::TestWithParam<term> {};
TEST_P(terms, are_told) {
  const term& t = GetParam();
  config::delivery_service how;
  how.extra_days = t.extra;
  const auto got = price_of(quote_of(100, t.low, t.high), money{}, how);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->days_known, t.known);
  EXPECT_EQ(got->days_min, t.from);
  EXPECT_EQ(got->days_max, t.to);
}
INSTANTIATE_TEST_SUITE_P(price, terms,
                         testing::Values(term{"plain", 2, 4, 0, true, 2, 4}, term{"later", 2, 4, 3, true, 5, 7},
                                         term{"turned_round", 4, 2, 0, true, 2, 4},
                                         term{"only_the_end", 0, 3, 0, true, 3, 3},
                                         term{"not_told", 0, 0, 2, false, 0, 0},
                                         term{"negative", -1, 3, 0, false, 0, 0},
                                         term{"absurd", 1, 4000, 0, false, 0, 0}),
                         [](const auto& tested) { return tested.param.name; });

TEST(price, days_in_words) {
  const std::vector<std::tuple<int, int, std::string, std::string>> rows{{1, 1, "1 день", "1 day"},
                                                                         {2, 2, "2 дня", "2 days"},
                                                                         {5, 5, "5 дней", "5 days"},
                                                                         {2, 4, "2–4 дня", "2–4 days"},
                                                                         {4, 5, "4–5 дней", "4–5 days"},
                                                                         {11, 11, "11 дней", "11 days"},
                                                                         {12, 14, "12–14 дней", "12–14 days"},
                                                                         {20, 21, "20–21 день", "20–21 days"},
                                                                         {22, 22, "22 дня", "22 days"},
                                                                         {111, 111, "111 дней", "111 days"}};
  for (const auto& [low, high, ru, en] : rows) {
    EXPECT_EQ(days_text(low, high, "ru"), ru);
    EXPECT_EQ(days_text(low, high, "en"), en);
  }
}

} // namespace
} // namespace waybill::delivery::test
