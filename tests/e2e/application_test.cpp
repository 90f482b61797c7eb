// The application inside the portal, by the built binary: installed by its page, forged installations, the rule
// "create shipment", offline events, an update with another token, the end of it.
#include "redis_link.hpp"
#include "world.hpp"

#include <app/token_store.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* access = R"(client_id = "local.sandbox0000000.00000001"
client_secret = "sandboxclientsecret0001"
domain = "127.0.0.1"
oauth_url = "http://@sandbox@/bitrix24/main/oauth/token/")";

// Nobody has subscribed by hand: what the portal announces, it announces to the application.
world_options application() {
  world_options how;
  how.portal_access = access;
  how.subscribe = false;
  return how;
}

json::object open(world& w, const std::string& page, json::object more = {}) {
  more["url"] = w.url("/bitrix24/main/app/" + page);
  return w.portal_send("POST", "open-page", more).as_object();
}

void install(world& w) {
  w.portal_send("POST", "install", json::object{{"user", 1}});
  const auto shown = open(w, "install");
  ASSERT_EQ(json::integer_or(shown, "status"), 200) << json::text_or(shown, "body");
  ASSERT_THAT(json::text_or(shown, "body"), testing::HasSubstr("BX24.installFinish()")) << w.log_of();
}

bool is_installed(world& w) {
  redis_link link(w.redis());
  const auto store = app::make_token_store(link.connection(), "waybill");
  const auto found = link.run(store->load("main"));
  return found && found->has_value();
}

json::object last_run(world& w) {
  const auto all = w.portal("robot-runs");
  return all.as_array().empty() ? json::object{} : all.as_array().back().as_object();
}

int announce_with(world& w, std::int64_t deal, const std::string& token) {
  const std::string body =
      fmt::format("event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D={}&auth%5Bapplication_token%5D={}", deal, token);
  return w.send("POST", w.url("/bitrix24/main/events"), body, "application/x-www-form-urlencoded").status;
}

TEST(application, the_install_page_leads_to_a_portal_that_works) {
  world w(application());
  w.start();
  EXPECT_FALSE(is_installed(w));
  w.portal_send("POST", "install", json::object{{"user", 1}});
  const auto shown = open(w, "install");
  ASSERT_EQ(json::integer_or(shown, "status"), 200) << json::text_or(shown, "body");
  const auto body = json::text_or(shown, "body");
  EXPECT_THAT(body, testing::HasSubstr("Приложение установлено"));
  EXPECT_THAT(body, testing::HasSubstr("BX24.installFinish()"));
  EXPECT_THAT(body, testing::HasSubstr("событие ONCRMDEALUPDATE"));
  EXPECT_THAT(json::text_or(shown, "content_type"), testing::StartsWith("text/html"));
  EXPECT_THAT(json::text_or(shown, "content_security_policy"),
              testing::HasSubstr("frame-ancestors http://" + w.sandbox()));
  ASSERT_EQ(w.portal("placements").as_array().size(), 1U);

  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();

  const json::object options{{"ID", std::to_string(deal)}};
  const auto tab = open(w, "deal", {{"placement", "CRM_DEAL_DETAIL_TAB"}, {"options", options}, {"user", 7}});
  EXPECT_EQ(json::integer_or(tab, "status"), 200);
  EXPECT_THAT(json::text_or(tab, "body"), testing::HasSubstr(w.field(deal, "UF_CRM_TRACKING_NUMBER")));
  EXPECT_THAT(json::text_or(tab, "body"), testing::Not(testing::HasSubstr("<script")));
  const json::object missing{{"ID", "999999"}};
  const auto none = open(w, "deal", {{"placement", "CRM_DEAL_DETAIL_TAB"}, {"options", missing}, {"user", 7}});
  EXPECT_EQ(json::integer_or(none, "status"), 403);
  EXPECT_FALSE(w.log_of().contains("sandboxclientsecret0001"));
}

TEST(application, the_install_event_leads_there_too) {
  world w(application());
  w.start();
  w.portal_send("POST", "install", json::object{{"user", 1}, {"url", w.url("/bitrix24/main/events")}});
  ASSERT_TRUE(w.eventually([&] { return w.portal("placements").as_array().size() == 1; })) << w.log_of();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
}

TEST(application, forged_installations_are_refused) {
  world w(application());
  w.start();
  const auto known = w.portal_send("POST", "install", json::object{{"user", 7}}); // a manager's tokens
  const auto member = json::text_or(known.as_object(), "member_id");
  const auto refresh = json::text_or(known.as_object(), "refresh_token");
  const struct {
    const char* name;
    std::string body;
  } rows[] = {
      {"invented tokens", "AUTH_ID=a&REFRESH_ID=b&member_id=" + member},
      {"another member", "AUTH_ID=a&REFRESH_ID=" + refresh + "&member_id=ffffffffffffffffffffffffffffffff"},
      {"no tokens", "member_id=" + member},
      {"nothing", ""},
  };
  const std::string form = "application/x-www-form-urlencoded";
  for (const auto& row : rows) {
    const auto page = w.send("POST", w.url("/bitrix24/main/app/install?DOMAIN=evil.example.com"), row.body, form);
    EXPECT_EQ(page.status, 403) << row.name << page.body;
    EXPECT_FALSE(page.body.contains("evil")) << row.name;
  }
  const auto by_manager = open(w, "install", {{"user", 7}});
  EXPECT_EQ(json::integer_or(by_manager, "status"), 403) << json::text_or(by_manager, "body");
  EXPECT_EQ(
      w.send("POST", w.url("/bitrix24/main/events"),
             "event=ONAPPINSTALL&auth%5Brefresh_token%5D=b&auth%5Bapplication_token%5D=forged&auth%5Bmember_id%5D=" +
                 member,
             form)
          .status,
      403);
  EXPECT_FALSE(is_installed(w));
  EXPECT_TRUE(w.portal("placements").as_array().empty());
  EXPECT_EQ(announce_with(w, 1, "forged"), 403);
}

TEST(application, the_rule_returns_the_orders_numbers) {
  world w(application());
  w.start();
  install(w);
  const auto deal =
      w.deal({{"fields", json::object{{"UF_CRM_DELIVERY_ADDRESS", "170100, г Тверь, ул Советская, 14"}}}});
  const json::object rule{{"code", "create_shipment"}, {"properties", json::object{{"service", "courier"}}}};
  w.portal_send("PUT", "app-robots", json::object{{"PREPAYMENT_INVOICE", rule}});
  w.move(deal, "PREPAYMENT_INVOICE"); // a stage that asks for nothing by itself
  ASSERT_TRUE(w.eventually([&] { return json::boolean(last_run(w), "done").value_or(false); })) << w.log_of();
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  const auto run = last_run(w);
  const auto* returned = json::child(run, "returned");
  ASSERT_NE(returned, nullptr);
  EXPECT_EQ(json::text_or(*returned, "tracking_number"), w.field(deal, "UF_CRM_TRACKING_NUMBER"));
  EXPECT_EQ(json::text_or(*returned, "order_number"), w.field(deal, "UF_CRM_LOGISTICS_ORDER_ID"));

  // Run once more for a shipment that stands: the same numbers, and no second order.
  w.portal_send("POST", "app-robots/run", json::object{{"code", "create_shipment"}, {"deal", deal}});
  ASSERT_TRUE(w.eventually([&] {
    return w.portal("robot-runs").as_array().size() == 2 && json::boolean(last_run(w), "done").value_or(false);
  })) << w.log_of();
  const auto again = last_run(w);
  EXPECT_EQ(*json::child(again, "returned"), *returned);
  EXPECT_EQ(w.orders_made(fmt::format("B24-main-{}", deal)), 1);
}

TEST(application, the_rule_is_told_of_a_refusal_and_the_mended_deal_ships) {
  world w(application());
  w.start();
  install(w);
  const auto deal = w.deal({{"fields", json::object{{"UF_CRM_DELIVERY_TYPE", "courier"}}}}); // no address
  w.portal_send("POST", "app-robots/run", json::object{{"code", "create_shipment"}, {"deal", deal}});
  ASSERT_TRUE(w.eventually([&] { return json::boolean(last_run(w), "done").value_or(false); })) << w.log_of();
  EXPECT_THAT(json::text_or(last_run(w), "log"), testing::HasSubstr("адрес"));
  w.edit(deal, {{"fields", json::object{{"UF_CRM_DELIVERY_ADDRESS", "170100, г Тверь, ул Советская, 14"}}}});
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
}

TEST(application, a_lost_event_is_found_in_the_portals_own_queue) {
  world w(application()); // its sweep comes every ten minutes
  w.start();
  install(w);
  w.portal_send("PUT", "settings", json::object{{"lose_events", 1}});
  const auto deal = w.deal({{"silent", true}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal, 45s)) << w.log_of();
  EXPECT_GE(w.stat("events_lost"), 1);
  EXPECT_EQ(w.orders_made(fmt::format("B24-main-{}", deal)), 1);
}

TEST(application, an_update_is_set_up_again_and_brings_its_token) {
  world w(application());
  w.start();
  install(w);
  const std::string fresh = "fedcba9876543210fedcba9876543210";
  w.portal_send("POST", "update", json::object{{"url", w.url("/bitrix24/main/events")}, {"application_token", fresh}});
  ASSERT_TRUE(w.eventually([&] { return w.portal("placements").as_array().size() == 1; })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return announce_with(w, 1, fresh) == 200; })) << w.log_of();
  EXPECT_EQ(announce_with(w, 1, "another-token-that-nobody-knows0"), 403);
}

TEST(application, after_its_removal_nothing_of_it_is_left_and_it_can_come_back) {
  world w(application());
  w.start();
  install(w);
  const std::string form = "application/x-www-form-urlencoded";
  EXPECT_EQ(
      w.send("POST", w.url("/bitrix24/main/events"), "event=ONAPPUNINSTALL&auth%5Bapplication_token%5D=forged", form)
          .status,
      403);
  EXPECT_TRUE(is_installed(w));
  w.portal_send("POST", "uninstall", json::object{{"url", w.url("/bitrix24/main/events")}});
  ASSERT_TRUE(w.eventually([&] { return !is_installed(w); })) << w.log_of();
  install(w);
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
}

} // namespace
