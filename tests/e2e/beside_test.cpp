// A warehouse beside the carrier: the deal goes to both, once each, and each learns of the other.
#include "world.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

std::string reference(std::int64_t deal) { return "B24-main-" + std::to_string(deal); }
std::string half(std::int64_t deal) { return reference(deal) + "+moysklad-main"; }

world_options both() {
  world_options how;
  how.beside = "moysklad";
  how.lease = "1s";
  return how;
}

// The carrier's number stands in the documents of the warehouse.
bool told(world& w, std::int64_t deal) {
  const std::string number = w.field(deal, "UF_CRM_TRACKING_NUMBER");
  return !number.empty() && json::serialize(w.carrier("moysklad")).contains(number);
}

void expect_both_once(world& w, std::int64_t deal) {
  EXPECT_TRUE(w.shipped(deal, 60s)) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return told(w, deal); }, 60s)) << json::serialize(w.carrier("moysklad")) << w.log_of();
  EXPECT_EQ(w.orders_made(reference(deal)), 1);
  EXPECT_EQ(w.orders_made(half(deal), "moysklad"), 1);
}

TEST(beside, the_number_of_the_one_ends_in_the_other) {
  world w(both());
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  expect_both_once(w, deal);
  const auto said_of = [&](const std::string& whom) {
    return std::ranges::any_of(w.comments(deal), [&](const std::string& c) { return c.starts_with(whom); });
  };
  EXPECT_TRUE(w.eventually([&] { return said_of("СДЭК") && said_of("МойСклад"); })) << "a line of each";
  w.advance(reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  EXPECT_TRUE(w.eventually([&] {
    const auto state = w.carrier("moysklad");
    const auto* shipped = json::at_path(state, "orders.0.demands");
    return shipped != nullptr && json::as_integer(*shipped) == 1;
  })) << json::serialize(w.carrier("moysklad"));
}

TEST(beside, both_are_withdrawn) {
  world w(both());
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  expect_both_once(w, deal);
  w.move(deal, "LOSE");
  for (const std::string type : {"cdek", "moysklad"})
    EXPECT_TRUE(w.eventually([&] {
      const auto state = w.carrier(type);
      const auto* live = json::child(state.as_object(), "live_by_number");
      return live != nullptr && json::integer_or(*live, type == "cdek" ? reference(deal) : half(deal)) == 0;
    })) << json::serialize(w.carrier(type))
        << w.log_of();
}

class step_beside : public testing::TestWithParam<const char*> {};

TEST_P(step_beside, killed_there_and_started_again) {
  world w(both());
  w.start({{"WAYBILL_FAULT_POINT", GetParam()}});
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of();
  w.start();
  expect_both_once(w, deal);
}

INSTANTIATE_TEST_SUITE_P(crash, step_beside,
                         testing::Values("deal.planned", "beside.planned", "beside.told", "carry.created",
                                         "carry.answered", "write.saved"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST(beside, what_the_warehouse_refuses_stands_in_the_deal_and_stops_no_parcel) {
  world_options how = both();
  how.beside_more = "unknown_product = \"refuse\"";
  world w(how);
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal, 60s)) << w.log_of();
  EXPECT_EQ(w.orders_made(reference(deal)), 1);
  EXPECT_TRUE(w.eventually([&] {
    return std::ranges::any_of(w.comments(deal), [](const std::string& c) { return c.contains("МойСклад"); });
  })) << w.log_of();
  EXPECT_EQ(w.orders_made(half(deal), "moysklad"), 0);
}

TEST(beside, a_second_carrier_is_refused_at_the_start) {
  world_options how;
  how.beside = "dpd";
  world w(how);
  w.start_without_waiting();
  EXPECT_EQ(w.daemon().wait(30s), 1);
  EXPECT_THAT(w.log_of(), testing::HasSubstr("a second time"));
}

} // namespace
