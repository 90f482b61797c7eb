// kill -9 in the middle of what comes after the order: label, cancel, change, return. Done once, and told.
#include "world.hpp"

#include <csignal>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

std::int64_t requests(world& w, const std::string& operation) {
  const auto state = w.carrier();
  return json::integer_or(*json::child(state.as_object(), "requests"), operation);
}

// Ships a deal and waits until the daemon has nothing left to do for it.
std::int64_t shipped_deal(world& w) {
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; })) << w.log_of();
  return deal;
}

void killed_and_started_again(world& w) {
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of();
  w.start();
}

TEST(crash_changes, a_label_that_was_attached_and_not_noted_stands_once) {
  world w({.lease = "1s"});
  w.start({{"WAYBILL_FAULT_POINT", "label.attached"}});
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  killed_and_started_again(w);
  std::string shown;
  EXPECT_TRUE(w.eventually([&] {
    w.command({"shipment", "show", deal_reference(deal)}, &shown);
    return shown.contains("label attached");
  })) << shown;
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  const auto d = w.read(deal);
  const auto* size = json::at_path(d, "fields.UF_CRM_DELIVERY_LABEL.size");
  ASSERT_NE(size, nullptr) << json::serialize(d);
  EXPECT_GT(json::as_integer(*size).value_or(0), 100);
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

TEST(crash_changes, a_cancel_that_was_answered_and_not_noted) {
  world w({.lease = "1s"});
  w.start({{"WAYBILL_FAULT_POINT", "change.answered"}});
  const auto deal = shipped_deal(w);
  w.move(deal, "LOSE");
  killed_and_started_again(w);
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Отменён"; })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "Отменён") == 1; })) << w.log_of();
  const auto state = w.carrier();
  EXPECT_EQ(json::integer_or(*json::child(state.as_object(), "live_by_number"), deal_reference(deal)), 0);
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

TEST(crash_changes, a_change_that_was_answered_and_not_noted) {
  world w({.lease = "1s"});
  w.start({{"WAYBILL_FAULT_POINT", "change.answered"}});
  const auto deal = shipped_deal(w);
  w.edit(deal, json::object{{"fields", json::object{{"UF_CRM_DELIVERY_PHONE", "+79217654321"}}}});
  killed_and_started_again(w);
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "обновлён") == 1; })) << w.log_of();
  EXPECT_GE(requests(w, "update_order"), 1);
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_ERROR"), "");
}

TEST(crash_changes, a_return_that_was_answered_and_not_noted_is_made_once) {
  world w({.portal_more = R"(  [[portals.triggers]]
  category = 0
  stage = "APOLOGY"
  action = "return")",
           .lease = "1s"});
  w.start({{"WAYBILL_FAULT_POINT", "change.answered"}});
  const auto deal = shipped_deal(w);
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
  w.move(deal, "APOLOGY");
  killed_and_started_again(w);
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "оформлен возврат") == 1; }))
      << fmt::format("{}", fmt::join(w.comments(deal), "\n")) << w.log_of();
  std::int64_t returns = 0;
  const auto state = w.carrier();
  for (const auto& o : state.as_object().at("orders").as_array())
    returns += json::boolean(o.as_object(), "is_return").value_or(false) ? 1 : 0;
  EXPECT_EQ(returns, 1) << json::serialize(state);
}

} // namespace
