// The way back of a delivered parcel, and what a carrier refuses of a deal's later wishes.
#include "world.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

world_options with_a_return_stage() {
  world_options how;
  how.portal_more = R"(  [[portals.triggers]]
  category = 0
  stage = "APOLOGY"
  action = "return")";
  how.sweep_interval = "1s";
  return how;
}

std::int64_t delivered_deal(world& w) {
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
  return deal;
}

// CDEK's number of the return; empty: there is none.
std::string number_of_the_return(world& w) {
  const auto state = w.carrier();
  for (const auto& o : state.as_object().at("orders").as_array())
    if (json::boolean(o.as_object(), "is_return").value_or(false)) return json::text_or(o.as_object(), "cdek_number");
  return {};
}

TEST(way_back, a_return_is_ordered_once_told_by_its_number_and_followed_home) {
  world w(with_a_return_stage());
  w.start();
  const auto deal = delivered_deal(w);
  const auto number = w.field(deal, "UF_CRM_TRACKING_NUMBER");
  w.move(deal, "APOLOGY");
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "оформлен возврат") == 1; })) << w.log_of();
  const auto back = number_of_the_return(w);
  ASSERT_FALSE(back.empty());
  EXPECT_EQ(count(w, deal, "оформлен возврат " + back), 1) << fmt::format("{}", fmt::join(w.comments(deal), "\n"));
  // Whatever else happens to the deal in this stage, and however often it is swept, asks for nothing more.
  w.edit(deal, json::object{{"title", "Заказ с сайта, возврат"}});
  std::this_thread::sleep_for(2500ms);
  EXPECT_EQ(count(w, deal, "возврат"), 1) << fmt::format("{}", fmt::join(w.comments(deal), "\n"));
  EXPECT_EQ(w.field(deal, "UF_CRM_TRACKING_NUMBER"), number); // the order's own stays
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_STATUS"), "Доставлен");

  w.advance(back, "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Возвращается отправителю"; }))
      << w.log_of();
  w.advance(back, "DELIVERED");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Возвращён"; })) << w.log_of();
  EXPECT_EQ(w.field(deal, "UF_CRM_TRACKING_NUMBER"), number);
}

TEST(way_back, without_webhooks_it_is_found_by_looking) {
  world_options how = with_a_return_stage();
  how.carrier_announces = false;
  how.poll_interval = "1s";
  world w(how);
  w.start();
  const auto deal = delivered_deal(w);
  w.move(deal, "APOLOGY");
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "оформлен возврат") == 1; })) << w.log_of();
  w.advance(number_of_the_return(w), "DELIVERED");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Возвращён"; })) << w.log_of();
}

TEST(way_back, a_refusal_is_told_once_for_each_move) {
  world w(with_a_return_stage());
  w.start();
  const auto deal = delivered_deal(w);
  w.carrier_fault(
      {{"operation", "create_return"},
       {"kind", "status"},
       {"status", 400},
       {"count", 100},
       {"body",
        R"({"requests":[{"request_uuid":"72753031-1fc9-4e4a-b5c5-9b9f2f3c0b11","type":"CREATE_CLIENT_RETURN","state":"INVALID","date_time":"2026-01-01T00:00:00+0000","errors":[{"code":"v2_entity_invalid","message":"A client return is not possible"}]}]})"}});
  w.move(deal, "APOLOGY");
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "возврат не оформлен") == 1; })) << w.log_of();
  w.edit(deal, json::object{{"title", "Заказ с сайта, возврат"}});
  std::this_thread::sleep_for(2500ms);
  EXPECT_EQ(count(w, deal, "возврат не оформлен"), 1) << fmt::format("{}", fmt::join(w.comments(deal), "\n"));
  w.move(deal, "WON");
  w.move(deal, "APOLOGY");
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "возврат не оформлен") == 2; })) << w.log_of();
}

} // namespace
