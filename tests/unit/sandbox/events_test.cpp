#include <unit/sandbox/fixture.hpp>

namespace {
using namespace waybill;
using namespace waybill::sandbox;
using testing::ElementsAre;
using testing::HasSubstr;

struct events : sandbox_test {
  void subscribe() {
    control_value(
        "PUT", "/subscriptions",
        R"([{"url":"http://waybill.test/bitrix24/main/events","application_token":"tok1","events":["ONCRMDEALADD","ONCRMDEALUPDATE","ONCRMDEALDELETE"]}])");
  }
  std::string field(std::size_t index, std::string_view name) {
    const auto form = sent_form(index);
    const auto* v = find_field(form, name);
    return v == nullptr ? "(absent)" : *v;
  }
};

TEST_F(events, have_the_wire_form_of_an_outgoing_webhook) {
  subscribe();
  const auto id = std::to_string(make_deal());
  ASSERT_TRUE(sent(1));
  const auto& rq = client->seen[0];
  EXPECT_EQ(rq.method, "POST");
  EXPECT_EQ(rq.url, "http://waybill.test/bitrix24/main/events");
  EXPECT_EQ(*find_header(rq.headers, "User-Agent"), "Bitrix24 Webhook Engine");
  EXPECT_EQ(*find_header(rq.headers, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_THAT(rq.body, HasSubstr("data%5BFIELDS%5D%5BID%5D=" + id));
  std::vector<std::string> keys;
  for (const auto& [key, value] : sent_form(0)) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("event", "event_handler_id", "data[FIELDS][ID]", "ts", "auth[domain]",
                                "auth[client_endpoint]", "auth[server_endpoint]", "auth[member_id]",
                                "auth[application_token]"));
  EXPECT_EQ(field(0, "event"), "ONCRMDEALADD");
  EXPECT_EQ(field(0, "ts"), "1795255200");
  EXPECT_EQ(field(0, "auth[application_token]"), "tok1");
  EXPECT_EQ(field(0, "auth[client_endpoint]"), "http://sandbox.test:8090/bitrix24/main/rest/");
  EXPECT_EQ(field(0, "auth[member_id]").size(), 32U);
}

TEST_F(events, come_for_our_own_writes_but_not_for_nothing) {
  subscribe();
  const auto id = std::to_string(make_deal());
  const auto update = R"({"entityTypeId":2,"id":)" + id +
                      R"(,"useOriginalUfNames":"Y","fields":{"UF_CRM_TRACKING_NUMBER":"T","stageId":"NEW"}})";
  call("crm.item.update", update);
  ASSERT_TRUE(sent(2));
  EXPECT_EQ(field(1, "event"), "ONCRMDEALUPDATE");
  call("crm.item.update", update); // no real change
  call("crm.item.update", R"({"entityTypeId":2,"id":)" + id + R"(,"fields":{"nope":1}})");
  settle();
  EXPECT_EQ(client->seen.size(), 2U);
  control_value("DELETE", "/deals/" + id);
  ASSERT_TRUE(sent(3));
  EXPECT_EQ(field(2, "event"), "ONCRMDEALDELETE");
  EXPECT_EQ(code_of("crm.item.get", R"({"entityTypeId":2,"id":)" + id + "}"), "NOT_FOUND");
}

TEST_F(events, of_another_pipeline_are_no_updates) {
  subscribe();
  const auto id = std::to_string(make_deal());
  ASSERT_TRUE(sent(1));
  control_value("POST", "/deals/" + id + "/move", R"({"stage":"C2:EXECUTING"})");
  settle();
  EXPECT_EQ(client->seen.size(), 1U); // an outgoing webhook hears nothing at all
  EXPECT_EQ(send("PUT", "/sandbox/portals/main/subscriptions",
                 R"([{"url":"http://x/","application_token":"t","events":["ONCRMDEALMOVETOCATEGORY"]}])")
                .status,
            400);
  control_value("PUT", "/subscriptions",
                R"([{"url":"http://x/","application":true,"events":["ONCRMDEALMOVETOCATEGORY","ONCRMDEALUPDATE"]}])");
  control_value("POST", "/deals/" + id + "/move", R"({"stage":"NEW"})");
  ASSERT_TRUE(sent(2));
  settle();
  ASSERT_EQ(client->seen.size(), 2U);
  EXPECT_EQ(field(1, "event"), "ONCRMDEALMOVETOCATEGORY");
  EXPECT_EQ(field(1, "data[FIELDS][CATEGORY_ID]"), "0");
  EXPECT_EQ(field(1, "data[FIELDS][STAGE_ID]"), "NEW");
  EXPECT_EQ(field(1, "auth[user_id]"), "7");
  EXPECT_EQ(field(1, "auth[refresh_token]"), "(absent)");
  const auto token = field(1, "auth[access_token]");
  EXPECT_EQ(send("POST", "/bitrix24/main/rest/profile", R"({"auth":")" + token + "\"}").status, 200);
}

TEST_F(events, robots_carry_no_application_token) {
  control_value("PUT", "/robots", R"({"EXECUTING":"http://waybill.test/robot/s3cret?a=1"})");
  const auto id = std::to_string(make_deal());
  control_value("POST", "/deals/" + id + "/move", R"({"stage":"EXECUTING"})");
  ASSERT_TRUE(sent(1));
  EXPECT_EQ(client->seen[0].url, "http://waybill.test/robot/s3cret?a=1");
  std::vector<std::string> keys;
  for (const auto& [key, value] : sent_form(0)) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("document_id[0]", "document_id[1]", "document_id[2]", "auth[domain]",
                                "auth[client_endpoint]", "auth[server_endpoint]", "auth[member_id]"));
  EXPECT_EQ(field(0, "document_id[1]"), "CCrmDocumentDeal");
  EXPECT_EQ(field(0, "document_id[2]"), "DEAL_" + id);
  // The classic update does not start robots, the universal one does.
  call("crm.deal.update", R"({"id":)" + id + R"(,"fields":{"STAGE_ID":"NEW"}})");
  call("crm.deal.update", R"({"id":)" + id + R"(,"fields":{"STAGE_ID":"EXECUTING"}})");
  settle();
  EXPECT_EQ(client->seen.size(), 1U);
  call("crm.item.update", R"({"entityTypeId":2,"id":)" + id + R"(,"fields":{"stageId":"NEW"}})");
  call("crm.item.update", R"({"entityTypeId":2,"id":)" + id + R"(,"fields":{"stageId":"EXECUTING"}})");
  EXPECT_TRUE(sent(2));
  EXPECT_EQ(send("PUT", "/sandbox/portals/main/robots", R"({"NOWHERE":"http://x/"})").status, 400);
}

TEST_F(events, are_never_repeated) {
  subscribe();
  client->status = 500;
  make_deal();
  ASSERT_TRUE(sent(1));
  settle();
  EXPECT_EQ(client->seen.size(), 1U);
  const auto stats = control_value("GET", "/stats");
  EXPECT_EQ(text_at(stats, "events_sent"), "1");
  EXPECT_EQ(text_at(stats, "events_failed"), "1");
}

TEST_F(events, can_be_lost_doubled_and_reordered) {
  inside = make_world(1); // a window that is not full yet waits a second
  subscribe();
  configure(R"({"lose_events":1})");
  make_deal();
  settle();
  EXPECT_TRUE(client->seen.empty());
  configure(R"({"double_events":1})");
  const auto doubled = std::to_string(make_deal());
  ASSERT_TRUE(sent(2));
  EXPECT_EQ(field(0, "data[FIELDS][ID]"), doubled);
  EXPECT_EQ(field(1, "data[FIELDS][ID]"), doubled);
  configure(R"({"reorder_window":3})");
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(std::to_string(make_deal()));
  ASSERT_TRUE(sent(5));
  EXPECT_EQ(field(2, "data[FIELDS][ID]"), ids[2]);
  EXPECT_EQ(field(4, "data[FIELDS][ID]"), ids[0]);
  EXPECT_EQ(text_at(control_value("GET", "/stats"), "events_lost"), "1");
}

TEST_F(events, tell_of_an_installation_with_tokens) {
  control_value("POST", "/install", R"({"url":"http://waybill.test/install"})");
  ASSERT_TRUE(sent(1));
  EXPECT_EQ(field(0, "event"), "ONAPPINSTALL");
  EXPECT_EQ(field(0, "data[LANGUAGE_ID]"), "ru");
  EXPECT_NE(field(0, "auth[refresh_token]"), "(absent)");
  EXPECT_EQ(field(0, "auth[application_token]").size(), 32U);
}

TEST_F(events, come_one_for_each_deal_of_a_mass_move) {
  subscribe();
  control_value("POST", "/mass", R"({"count":40,"stage":"NEW"})");
  settle();
  EXPECT_TRUE(client->seen.empty());
  EXPECT_EQ(text_at(control_value("POST", "/mass-move", R"({"all":true,"stage":"EXECUTING"})"), "moved"), "40");
  EXPECT_TRUE(sent(40));
}

} // namespace
