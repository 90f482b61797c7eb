// A warehouse beside the carrier: the deal goes to both, once each, and each learns of the other.
#include "world.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

std::string half(std::int64_t deal) { return deal_reference(deal) + "+moysklad-main"; }

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
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
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
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  EXPECT_TRUE(w.eventually([&] {
    const auto state = w.carrier("moysklad");
    const auto* shipped = json::at_path(state, "orders.0.demands");
    return shipped != nullptr && json::as_integer(*shipped) == 1;
  })) << json::serialize(w.carrier("moysklad"));
}

TEST(beside, the_shops_discount_is_a_discount_there) {
  world w(both());
  w.start();
  const auto deal = w.deal(
      {{"rows",
        json::array{json::object{
            {"productId", 201}, {"price", "4050.00"}, {"fullPrice", "4500.00"}, {"quantity", 2}, {"taxRate", 20}}}}});
  w.move(deal, "EXECUTING");
  expect_both_once(w, deal);
  const auto state = w.carrier("moysklad");
  const auto number = [&](const std::string& path) {
    const auto* v = json::at_path(state, path);
    return v == nullptr ? std::string() : json::as_text(*v).value_or("");
  };
  EXPECT_EQ(number("orders.0.positions.0.price"), "450000") << json::serialize(state);
  EXPECT_EQ(number("orders.0.positions.0.discount"), "10");
  EXPECT_EQ(number("orders.0.sum"), "810000");
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
      return live != nullptr && json::integer_or(*live, type == "cdek" ? deal_reference(deal) : half(deal)) == 0;
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
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_TRUE(w.eventually([&] {
    return std::ranges::any_of(w.comments(deal), [](const std::string& c) { return c.contains("МойСклад"); });
  })) << w.log_of();
  EXPECT_EQ(w.orders_made(half(deal), "moysklad"), 0);
}

TEST(beside, goods_are_weighed_by_the_warehouse) {
  world_options how = both();
  how.portal_more = "goods_from = \"moysklad-main\"";
  world w(how);
  w.start();
  const auto deal = w.deal({{"rows", json::array{json::object{{"productId", 103}, {"price", 300}, {"quantity", 1}}}}});
  w.move(deal, "EXECUTING");
  expect_both_once(w, deal);
  EXPECT_TRUE(w.eventually([&] { return !w.comments(deal).empty(); }));
  for (const std::string& c : w.comments(deal)) EXPECT_FALSE(c.contains("вес по умолчанию")) << c;
}

// The warehouse alone: the deal's stage moves the order, the order's state moves the deal, and neither sets off the
// other for ever.
TEST(beside, stages_and_states_follow_each_other) {
  world w(
      {.carrier = "moysklad", .carrier_more = "deal_states = [\"EXECUTING = Подтвержден\", \"UC_READY = Собран\"]"});
  w.start();
  const auto deal = w.deal();
  const auto state_of = [&](std::int64_t of) {
    const auto all = w.carrier();
    for (const auto& o : *json::list(all.as_object(), "orders"))
      if (json::text_or(o.as_object(), "number") == deal_reference(of)) return json::text_or(o.as_object(), "status");
    return std::string();
  };
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] { return state_of(deal) == "Подтвержден"; })) << w.log_of();
  const auto other = w.deal();
  w.move(other, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] { return state_of(other) == "Подтвержден"; })) << w.log_of();
  w.move(other, "UC_READY"); // a stage that asks for nothing else
  EXPECT_TRUE(w.eventually([&] { return state_of(other) == "Собран"; })) << w.log_of();
  w.advance(deal_reference(deal), "Доставлен");
  EXPECT_TRUE(w.eventually([&] { return json::text_or(w.read(deal).as_object(), "stage") == "WON"; })) << w.log_of();
  EXPECT_EQ(state_of(deal), "Доставлен");
  // Quiet: nothing is written any more.
  const auto writes = [&] {
    const auto all = w.carrier();
    const auto* n = json::at_path(all, "requests.update_order");
    return n == nullptr ? 0 : json::as_integer(*n).value_or(0);
  };
  std::string shown;
  EXPECT_TRUE(w.eventually([&] {
    w.command({"queue", "stats", "--json"}, &shown);
    return !shown.contains("\"running\":1") && !shown.contains("\"ready\":1");
  })) << shown;
  const auto before = writes();
  w.announce(deal);
  EXPECT_TRUE(w.eventually([&] {
    w.command({"queue", "stats", "--json"}, &shown);
    return !shown.contains("\"running\":1") && !shown.contains("\"ready\":1");
  }));
  EXPECT_EQ(writes(), before);
  EXPECT_LT(before, 10);
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
