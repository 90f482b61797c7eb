// The main job: a deal becomes an order, and the order's life comes back into the deal.
#include "world.hpp"

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

bool any_contains(const std::vector<std::string>& texts, std::string_view part) {
  return std::ranges::any_of(texts, [&](const std::string& t) { return t.contains(part); });
}

TEST(ship, a_deal_becomes_one_order_and_knows_it) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_FALSE(w.field(deal, "UF_CRM_LOGISTICS_ORDER_ID").empty());
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_STATUS"), "Заказ создан");
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_ERROR"), "");
  const bool told =
      w.eventually([&] { return any_contains(w.comments(deal), w.field(deal, "UF_CRM_TRACKING_NUMBER")); });
  EXPECT_TRUE(told);
  EXPECT_EQ(w.comments(deal).size(), 1U);
}

TEST(ship, label_lands_in_the_deal) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] {
    const auto d = w.read(deal);
    const auto* size = json::at_path(d, "fields.UF_CRM_DELIVERY_LABEL.size");
    return size != nullptr && json::as_integer(*size).value_or(0) > 100;
  })) << w.log_of();
}

TEST(ship, missing_weights_get_defaults_and_it_is_said) {
  world w;
  w.start();
  const auto deal =
      w.deal({{"rows", json::array{json::object{{"name", "Сувенир без карточки"}, {"price", 500}, {"quantity", 2}}}}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return any_contains(w.comments(deal), "Сувенир без карточки"); }));
}

TEST(ship, a_refused_address_is_mended_in_the_deal_and_ships_by_itself) {
  world w;
  w.start();
  const auto deal = w.deal({{"fields", json::object{{"UF_CRM_DELIVERY_TYPE", "courier"},
                                                    {"UF_CRM_DELIVERY_ADDRESS", "г Неизвестнск, ул Ничья, 1|;|"}}}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return !w.field(deal, "UF_CRM_LOGISTICS_ERROR").empty(); })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return any_contains(w.comments(deal), "не распознал адрес"); }));
  EXPECT_EQ(w.field(deal, "UF_CRM_TRACKING_NUMBER"), "");
  const auto said = w.comments(deal).size();
  // Looking again at an unchanged deal says nothing new and orders nothing.
  w.edit(deal, json::object{{"fields", json::object{{"title", "Другое название"}}}});
  w.edit(deal,
         json::object{{"fields", json::object{{"UF_CRM_DELIVERY_ADDRESS", "170100, г Тверь, ул Советская, 14|;|"}}}});
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_ERROR"), "");
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == said + 1; }));
}

TEST(ship, what_the_deal_lacks_is_said_to_its_manager) {
  world w;
  w.start();
  const auto deal = w.deal({{"contact", json::object{{"name", "Мария"}}}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_ERROR").contains("телефон"); })) << w.log_of();
  const auto d = w.read(deal);
  const auto* todos = json::at_path(d, "todos");
  ASSERT_NE(todos, nullptr);
  EXPECT_TRUE(w.eventually([&] {
    const auto now = w.read(deal);
    return !json::at_path(now, "todos")->as_array().empty() && !json::at_path(now, "notifications")->as_array().empty();
  })) << json::serialize(w.read(deal))
      << w.log_of();
  w.edit(deal, json::object{{"fields", json::object{{"UF_CRM_DELIVERY_PHONE", "+7 916 123-45-67"}}}});
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
}

TEST(ship, events_doubled_and_in_a_storm_make_one_order) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  const std::string body = "event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=" + std::to_string(deal) +
                           "&auth%5Bapplication_token%5D=" + world::token;
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(w.send("POST", w.url("/bitrix24/main/events"), body, "application/x-www-form-urlencoded").status, 200);
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  for (int i = 0; i < 20; ++i)
    w.send("POST", w.url("/bitrix24/main/events"), body, "application/x-www-form-urlencoded");
  std::string stats;
  EXPECT_TRUE(w.eventually([&] {
    w.command({"queue", "stats", "--json"}, &stats);
    return stats.contains("\"ready\":0") && !stats.contains("\"running\":1");
  })) << stats;
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_EQ(w.comments(deal).size(), 1U);
}

TEST(ship, the_robot_of_a_stage_ships_too) {
  world w({.subscribe = false});
  w.start();
  const auto deal = w.deal({{"stage", "EXECUTING"}});
  const std::string body =
      "document_id%5B0%5D=crm&document_id%5B1%5D=CCrmDocumentDeal&document_id%5B2%5D=DEAL_" + std::to_string(deal);
  const std::string form = "application/x-www-form-urlencoded";
  EXPECT_EQ(w.send("POST", w.url("/bitrix24/main/robot/wrong-secret"), body, form).status, 403);
  EXPECT_EQ(w.send("POST", w.url("/bitrix24/main/robot/portal-secret-0123456789"), body, form).status, 200);
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
}

TEST(follow, webhooks_carry_a_parcel_to_delivered_and_the_deal_is_won) {
  world w({.portal_more = "todo_on_failure = true"});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  for (const char* code : {"RECEIVED_AT_SHIPMENT_WAREHOUSE", "READY_TO_SHIP_AT_SENDING_OFFICE",
                           "SENT_TO_RECIPIENT_CITY", "TAKEN_BY_COURIER", "DELIVERED"})
    w.advance(deal_reference(deal), code);
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] {
    const auto d = w.read(deal);
    return json::text_or(d.as_object(), "stage") == "WON";
  })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return any_contains(w.comments(deal), "Доставлен"); }));
}

TEST(follow, polling_finds_what_no_webhook_said) {
  world w({.poll_interval = "1s", .carrier_announces = false});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Принят перевозчиком"; }))
      << w.log_of();
}

TEST(follow, a_failed_delivery_comes_back_as_returned) {
  world w({.poll_interval = "1s"});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  w.advance(deal_reference(deal), "NOT_DELIVERED", "11");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Возвращается отправителю"; }))
      << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

TEST(cancel, a_cancel_stage_withdraws_the_order) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Отменён"; })) << w.log_of();
  // Shipped anew, it is a new order under a new number.
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] { return w.orders_made(deal_reference(deal) + "-2") == 1; })) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

// The order's own job is still in its lane when the deal gives it up, and finds nothing left to do.
TEST(cancel, before_it_was_sent_it_stays_withdrawn) {
  world w;
  w.start();
  ASSERT_EQ(w.command({"queue", "pause", "carrier:cdek-main"}), 0);
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  const auto shown = [&](const std::string& part) {
    std::string said;
    w.command({"shipment", "show", deal_reference(deal)}, &said);
    return said.contains(part);
  };
  ASSERT_TRUE(w.eventually([&] { return shown("planned"); })) << w.log_of();
  w.move(deal, "LOSE");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Отменён"; })) << w.log_of();
  ASSERT_EQ(w.command({"queue", "resume", "carrier:cdek-main"}), 0);
  ASSERT_TRUE(w.eventually([&] { return w.send("GET", w.url("/metrics")).body.contains("kind=\"carry\""); }))
      << w.log_of();
  EXPECT_TRUE(shown("closed"));
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_ERROR"), "");
  EXPECT_EQ(w.field(deal, "UF_CRM_LOGISTICS_STATUS"), "Отменён");
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 0);
}

TEST(change, a_corrected_deal_changes_the_order_while_it_may) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.edit(deal, json::object{{"fields", json::object{{"UF_CRM_DELIVERY_PHONE", "+79217654321"}}}});
  EXPECT_TRUE(w.eventually([&] { return any_contains(w.comments(deal), "обновлён"); })) << w.log_of();
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Принят перевозчиком"; }))
      << w.log_of();
  w.edit(deal, json::object{{"fields", json::object{{"UF_CRM_DELIVERY_PHONE", "+79217654322"}}}});
  EXPECT_TRUE(w.eventually([&] { return any_contains(w.comments(deal), "остаётся прежним"); })) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

TEST(sweep, finds_the_deal_whose_event_was_lost) {
  world w({.sweep_interval = "1s", .subscribe = false});
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  w.start();
  EXPECT_TRUE(w.shipped(deal, 30s)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

} // namespace
