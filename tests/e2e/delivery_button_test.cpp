// The portal's own delivery button, from the set-up to the end: what the manager sees, and one order whichever way
// asks.
#include "world.hpp"

#include <csignal>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

world_options with_service(world_options how = {}) {
  how.portal_more +=
      "\n  [portals.delivery_service]\n  name = \"Доставка\"\n  markup_percent = 10\n  round_to = \"1.00\"\n";
  return how;
}

void set_up(world& w) {
  std::string said;
  ASSERT_EQ(w.command({"portal", "setup", "main", "--yes"}, &said), 0) << said << w.log_of();
}

// A saved shipment of the deal on the profile "courier".
std::int64_t form(world& w, std::int64_t deal, json::object more = {}) {
  json::object body{{"deal", deal},
                    {"profile", "courier"},
                    {"properties", json::object{{"to", "119071, г Москва, Ленинский проспект, 41"}}},
                    {"payment", "prepaid"}};
  for (auto& [key, value] : more) body[key] = value;
  const auto made = w.portal_send("POST", "orders", body);
  return json::integer_or(made.as_object(), "shipment");
}

json::object press(world& w, std::int64_t shipment) {
  return w.portal_send("POST", "order-delivery", json::object{{"shipments", json::array{shipment}}}).as_object();
}

json::object request_of(world& w, const std::string& id) {
  const auto answer = w.portal("delivery-requests");
  for (const auto& r : answer.as_array())
    if (json::text_or(r.as_object(), "request_id") == id) return r.as_object();
  return {};
}

bool request_says(world& w, const std::string& id, const std::string& text) {
  return w.eventually([&] { return json::text_or(request_of(w, id), "status_text") == text; });
}

TEST(delivery_button, calculates_creates_follows_and_ends) {
  world w(with_service());
  w.start();
  set_up(w);
  const auto deal = w.deal();
  const auto seen =
      w.portal_send("POST", "orders/calculate",
                    json::object{{"deal", deal},
                                 {"profile", "courier"},
                                 {"properties", json::object{{"to", "119071, г Москва, Ленинский проспект, 41"}}}})
          .as_object();
  EXPECT_TRUE(json::boolean(seen, "success").value_or(false)) << json::serialize(seen) << w.log_of();
  EXPECT_GT(json::as_minor(seen.at("price")).value_or(0), 0) << json::serialize(seen);

  const auto shipment = form(w, deal, {{"extras", json::object{{"TRYING_ON", "Y"}}}});
  const auto pressed = press(w, shipment);
  ASSERT_TRUE(json::boolean(pressed, "success").value_or(false)) << json::serialize(pressed) << w.log_of();
  const auto id = json::text_or(pressed, "request_id");
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_TRUE(json::serialize(w.carrier()).contains("TRYING_ON")) << "what was ticked reaches the carrier";
  EXPECT_TRUE(request_says(w, id, "Заказ создан")) << json::serialize(request_of(w, id)) << w.log_of();
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  EXPECT_TRUE(request_says(w, id, "Принят перевозчиком")) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  EXPECT_TRUE(w.eventually([&] { return json::boolean(request_of(w, id), "finalized").value_or(false); }))
      << w.log_of();
}

TEST(delivery_button, cancel_tells_the_truth_and_frees_the_shipment) {
  world w(with_service());
  w.start();
  set_up(w);
  const auto deal = w.deal();
  const auto shipment = form(w, deal);
  const auto id = json::text_or(press(w, shipment), "request_id");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  const auto seen = w.portal_send("POST", "delivery-requests/" + id + "/cancel", json::object{}).as_object();
  EXPECT_TRUE(json::boolean(seen, "success").value_or(false)) << json::serialize(seen) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return json::boolean(request_of(w, id), "deleted").value_or(false); })) << w.log_of();
  // Ordered anew: another request, another number at the carrier.
  const auto again = press(w, shipment);
  ASSERT_TRUE(json::boolean(again, "success").value_or(false)) << json::serialize(again) << w.log_of();
  EXPECT_NE(json::text_or(again, "request_id"), id);
  EXPECT_TRUE(w.eventually([&] { return w.orders_made(deal_reference(deal) + "-2") == 1; })) << w.log_of();
}

TEST(delivery_button, a_delivered_parcel_is_not_cancelled_and_the_manager_reads_why) {
  world w(with_service());
  w.start();
  set_up(w);
  const auto deal = w.deal();
  const auto id = json::text_or(press(w, form(w, deal)), "request_id");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(request_says(w, id, "Доставлен")) << w.log_of();
  const auto seen = w.portal_send("POST", "delivery-requests/" + id + "/cancel", json::object{}).as_object();
  EXPECT_FALSE(json::boolean(seen, "success").value_or(true)) << json::serialize(seen);
  EXPECT_FALSE(seen.at("errors").as_array().empty()) << json::serialize(seen);
}

TEST(delivery_button, a_refused_order_is_told_and_its_request_dropped) {
  world w(with_service());
  w.start();
  set_up(w);
  const auto deal = w.deal();
  w.carrier_fault(json::object{{"operation", "create_order"},
                               {"kind", "refuse_later"},
                               {"count", 1},
                               {"body", "v2_recipient_location_not_recognized|No such place"}});
  const auto shipment = form(w, deal);
  const auto id = json::text_or(press(w, shipment), "request_id");
  EXPECT_TRUE(w.eventually([&] { return json::boolean(request_of(w, id), "deleted").value_or(false); })) << w.log_of();
  EXPECT_EQ(request_of(w, id).at("messages").as_array().size(), 1U) << json::serialize(request_of(w, id));
  const auto again = press(w, shipment); // mended
  EXPECT_TRUE(json::boolean(again, "success").value_or(false)) << json::serialize(again);
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
}

TEST(delivery_button, two_shipments_of_a_deal_are_two_orders) {
  world w(with_service());
  w.start();
  set_up(w);
  const auto deal = w.deal();
  const auto first = form(w, deal);
  const auto a = press(w, first);
  ASSERT_TRUE(json::boolean(a, "success").value_or(false)) << json::serialize(a) << w.log_of();
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  const auto b = press(w, form(w, deal));
  ASSERT_TRUE(json::boolean(b, "success").value_or(false)) << json::serialize(b) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return w.orders_made(deal_reference(deal) + "-2") == 1; })) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

// The button and the stage in any order, with the daemon killed at any moment: one order.
TEST(delivery_button, both_ways_at_once_are_one_order) {
  const char* text = std::getenv("WAYBILL_CRASH_ROUNDS");
  const int rounds = text == nullptr ? 12 : std::atoi(text);
  world_options how{.sweep_interval = "2s", .lease = "1s", .speed = 10};
  world w(with_service(how));
  w.start();
  set_up(w);
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  std::vector<std::int64_t> deals;
  std::vector<std::int64_t> shipments;
  for (int round = 0; round < rounds; ++round) {
    const auto deal = w.deal();
    const auto shipment = form(w, deal);
    deals.push_back(deal);
    shipments.push_back(shipment);
    const bool button_first = pick(1) == 0, crash = pick(2) == 0;
    if (button_first) press(w, shipment);
    else w.move(deal, "EXECUTING");
    std::this_thread::sleep_for(std::chrono::milliseconds(pick(150)));
    if (crash) w.daemon().kill_now();
    if (button_first) w.move(deal, "EXECUTING");
    else press(w, shipment);
    if (crash) w.start();
  }
  for (std::size_t i = 0; i < deals.size(); ++i) {
    press(w, shipments[i]); // an answer that was lost in a crash: the manager presses again
    EXPECT_TRUE(w.shipped(deals[i], 60s)) << deals[i] << "\n" << w.log_of();
    EXPECT_TRUE(w.eventually([&] {
      const auto answer = w.portal("delivery-requests");
      for (const auto& r : answer.as_array())
        for (const auto& one : r.as_object().at("shipments").as_array())
          if (json::as_integer(one) == shipments[i]) return !json::text_or(r.as_object(), "status_text").empty();
      return false;
    })) << deals[i];
  }
  for (const auto deal : deals) {
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
    EXPECT_EQ(w.orders_made(deal_reference(deal) + "-2"), 0) << deal;
  }
}

class button_step : public testing::TestWithParam<const char*> {};

TEST_P(button_step, killed_there_is_one_order) {
  world w(with_service({.lease = "1s"}));
  w.start();
  set_up(w);
  const auto deal = w.deal();
  const auto shipment = form(w, deal);
  w.daemon().kill_now();
  w.start({{"WAYBILL_FAULT_POINT", GetParam()}});
  press(w, shipment);
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of();
  w.start();
  press(w, shipment);
  EXPECT_TRUE(w.shipped(deal, 60s)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(deal) + "-2"), 0);
}

INSTANTIATE_TEST_SUITE_P(crash, button_step,
                         testing::Values("create.verified", "create.stored", "request.joined", "request.updated"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

// A price that we do not know is a refusal with a reason: the portal would take silence for "free of charge".
TEST(delivery_button, a_dead_or_lying_carrier_is_no_free_delivery) {
  world w(with_service());
  w.start();
  set_up(w);
  const auto deal = w.deal();
  const auto ask = [&] {
    return w
        .portal_send("POST", "orders/calculate",
                     json::object{{"deal", deal},
                                  {"profile", "courier"},
                                  {"properties", json::object{{"to", "119071, г Москва, Ленинский проспект, 41"}}}})
        .as_object();
  };
  for (const char* kind : {"drop_before", "garbage", "status"}) {
    w.carrier_fault(json::object{{"operation", "*"}, {"kind", kind}, {"count", -1}, {"status", 500}});
    const auto seen = ask();
    EXPECT_FALSE(json::boolean(seen, "success").value_or(true)) << kind << json::serialize(seen);
    EXPECT_FALSE(seen.at("errors").as_array().empty()) << kind << json::serialize(seen);
  }
}

} // namespace
