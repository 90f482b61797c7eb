// The application in the portal: pages, rules, offline events, its end.
#include <fmt/format.h>
#include <unit/sandbox/fixture.hpp>

namespace waybill::sandbox {
namespace {

struct application : sandbox_test {
  std::string token;
  void SetUp() override { token = text_at(control_value("POST", "/install"), "access_token"); }

  json::object ask(const std::string& method, std::string body) {
    body.pop_back();
    body += std::string(body == "{" ? "" : ",") + R"("auth":")" + token + R"("})";
    return parsed(send("POST", "/bitrix24/main/rest/" + method, body)).as_object();
  }
  std::string refusal(const std::string& method, const std::string& body) {
    return text_at(ask(method, body), "error");
  }
};

TEST_F(application, page_gets_the_viewers_tokens) {
  const auto shown = control_value(
      "POST", "/open-page",
      R"({"url":"http://app.test/install?portal=main","user":7,"placement":"CRM_DEAL_DETAIL_TAB","options":{"ID":"759"}})");
  EXPECT_EQ(text_at(shown, "status"), "200");
  ASSERT_EQ(client->seen.size(), 1U);
  const auto& rq = client->seen[0];
  EXPECT_TRUE(rq.url.starts_with("http://app.test/install?portal=main&DOMAIN="));
  const auto form = sent_form(0);
  EXPECT_EQ(*find_field(form, "PLACEMENT"), "CRM_DEAL_DETAIL_TAB");
  EXPECT_EQ(*find_field(form, "PLACEMENT_OPTIONS"), R"({"ID":"759"})");
  token = *find_field(form, "AUTH_ID");
  EXPECT_EQ(text_at(ask("profile", "{}"), "result.ID"), "7");
  EXPECT_EQ(send("POST", "/sandbox/portals/main/open-page", "{}").status, 400);
}

TEST_F(application, robot_answers_once_with_its_token) {
  const auto deal = make_deal();
  EXPECT_EQ(
      refusal("bizproc.robot.add", R"({"CODE":"create_shipment","HANDLER":"http://app.test/robot","NAME":"Создать"})"),
      "(absent)");
  control_value("PUT", "/app-robots", R"({"EXECUTING":{"code":"create_shipment","properties":{"service":"courier"}}})");
  control_value("POST", fmt::format("/deals/{}/move", deal), R"({"stage":"EXECUTING"})");
  ASSERT_TRUE(sent(1));
  const auto form = sent_form(0);
  EXPECT_EQ(*find_field(form, "code"), "create_shipment");
  EXPECT_EQ(*find_field(form, "document_id[2]"), fmt::format("DEAL_{}", deal));
  EXPECT_EQ(*find_field(form, "properties[service]"), "courier");
  EXPECT_EQ(*find_field(form, "use_subscription"), "Y");
  EXPECT_NE(find_field(form, "auth[application_token]"), nullptr);
  const auto event_token = *find_field(form, "event_token");
  const auto answer =
      R"({"EVENT_TOKEN":")" + event_token + R"(","RETURN_VALUES":{"tracking":"TR1"},"LOG_MESSAGE":"готово"})";
  EXPECT_EQ(code_of("bizproc.event.send", answer), "(none)");
  const auto r = call_raw("bizproc.event.send", answer);
  EXPECT_EQ(r.status, 403);
  EXPECT_EQ(code_of("bizproc.event.send", R"({"EVENT_TOKEN":"none"})"), "ACCESS_DENIED");
  EXPECT_EQ(text_at(control_value("GET", "/robot-runs"), "0.returned.tracking"), "TR1");
  EXPECT_EQ(
      send("POST", "/sandbox/portals/main/app-robots/run", fmt::format(R"({{"code":"none","deal":{}}})", deal)).status,
      404);
  EXPECT_EQ(refusal("bizproc.robot.update", R"({"CODE":"create_shipment","FIELDS":{"HANDLER":"nowhere"}})"),
            "ERROR_WRONG_HANDLER_URL");
  EXPECT_EQ(refusal("bizproc.robot.update", R"({"CODE":"create_shipment","FIELDS":{"USE_SUBSCRIPTION":"N"}})"),
            "(absent)");
  control_value("POST", "/app-robots/run", fmt::format(R"({{"code":"create_shipment","deal":{}}})", deal));
  ASSERT_TRUE(sent(2));
  const auto unasked = *find_field(sent_form(1), "event_token");
  EXPECT_EQ(code_of("bizproc.event.send", R"({"EVENT_TOKEN":")" + unasked + R"("})"), "ACCESS_DENIED"); // nobody waits
}

TEST_F(application, offline_events_keep_the_last_of_an_object) {
  EXPECT_EQ(refusal("event.bind", R"({"event":"ONCRMDEALUPDATE","event_type":"offline"})"), "(absent)");
  EXPECT_EQ(refusal("event.bind", R"({"event":"ONCRMDEALUPDATE","event_type":"offline","handler":"http://x"})"),
            "ERROR_ARGUMENT");
  EXPECT_EQ(text_at(ask("event.get", "{}"), "result.0.offline"), "1");
  const auto one = make_deal(), two = make_deal();
  for (const auto* stage : {"EXECUTING", "UC_TRANSIT"})
    control_value("POST", fmt::format("/deals/{}/move", one), fmt::format(R"({{"stage":"{}"}})", stage));
  control_value("POST", fmt::format("/deals/{}/move", two), R"({"stage":"EXECUTING"})");
  settle();
  EXPECT_TRUE(client->seen.empty());
  EXPECT_EQ(text_at(ask("event.offline.list", "{}"), "total"), "2");
  const auto got = ask("event.offline.get", R"({"clear":0})");
  const auto process = text_at(got, "result.process_id");
  ASSERT_EQ(got.at("result").at("events").as_array().size(), 2U);
  EXPECT_EQ(text_at(got, "result.events.0.EVENT_DATA.FIELDS.ID"), std::to_string(one));
  EXPECT_TRUE(ask("event.offline.get", R"({"clear":0})").at("result").at("events").as_array().empty()); // reserved
  const auto again = ask("event.offline.get", R"({"clear":0,"process_id":")" + process + R"("})");
  EXPECT_EQ(again.at("result").at("events").as_array().size(), 2U);
  const auto first = text_at(got, "result.events.0.MESSAGE_ID"), second = text_at(got, "result.events.1.MESSAGE_ID");
  EXPECT_EQ(refusal("event.offline.clear", "{}"), "ERROR_ARGUMENT");
  EXPECT_EQ(refusal("event.offline.clear", R"({"process_id":")" + process + R"(","message_id":[")" + first + R"("]})"),
            "(absent)");
  EXPECT_EQ(refusal("event.offline.error", R"({"process_id":")" + process + R"(","message_id":[")" + second + R"("]})"),
            "(absent)");
  const auto failed = ask("event.offline.get", R"({"error":1})");
  EXPECT_EQ(text_at(failed, "result.events.0.MESSAGE_ID"), second);
  EXPECT_TRUE(failed.at("result").at("process_id").is_null()); // read and gone
  EXPECT_EQ(text_at(ask("event.offline.list", "{}"), "total"), "0");
  EXPECT_EQ(text_at(ask("event.unbind", R"({"event":"ONCRMDEALUPDATE","event_type":"offline"})"), "result.count"), "1");
}

TEST_F(application, store_events_carry_only_an_id) {
  EXPECT_EQ(refusal("event.bind", R"({"event":"OnPaymentEntitySaved","handler":"http://app.test/events"})"),
            "(absent)");
  const auto deal = make_deal();
  const auto id =
      text_at(call("crm.item.payment.add", fmt::format(R"({{"entityTypeId":2,"entityId":{}}})", deal)), "result");
  ASSERT_TRUE(sent(1));
  EXPECT_EQ(*find_field(sent_form(0), "event"), "ONPAYMENTENTITYSAVED");
  EXPECT_EQ(*find_field(sent_form(0), "data[FIELDS][ID]"), id);
}

TEST_F(application, test_event_comes_back_with_what_was_passed) {
  EXPECT_EQ(refusal("event.bind", R"({"event":"ONAPPTEST","handler":"http://app.test/events"})"), "(absent)");
  EXPECT_EQ(text_at(ask("event.test", R"({"any":{"nonce":"n1"}})"), "result"), "1");
  ASSERT_TRUE(sent(1));
  EXPECT_EQ(*find_field(sent_form(0), "data[QUERY][nonce]"), "n1");
}

TEST_F(application, uninstalling_ends_tokens_and_bindings) {
  EXPECT_EQ(refusal("event.bind", R"({"event":"ONCRMDEALADD","handler":"http://app.test/events"})"), "(absent)");
  EXPECT_EQ(refusal("placement.bind", R"({"PLACEMENT":"CRM_DEAL_DETAIL_TAB","HANDLER":"http://app.test/tab"})"),
            "(absent)");
  EXPECT_EQ(control_value("GET", "/placements").as_array().size(), 1U);
  control_value("POST", "/update", R"({"url":"http://app.test/events","version":3})");
  ASSERT_TRUE(sent(1));
  EXPECT_EQ(*find_field(sent_form(0), "data[PREVIOUS_VERSION]"), "2");
  EXPECT_TRUE(ask("event.get", "{}").at("result").as_array().empty());
  control_value("POST", "/uninstall", R"({"url":"http://app.test/events"})");
  ASSERT_TRUE(sent(2));
  const auto form = sent_form(1);
  EXPECT_EQ(*find_field(form, "event"), "ONAPPUNINSTALL");
  EXPECT_EQ(*find_field(form, "data[CLEAN]"), "1");
  EXPECT_EQ(find_field(form, "auth[access_token]"), nullptr);
  EXPECT_NE(find_field(form, "auth[application_token]"), nullptr);
  EXPECT_EQ(refusal("profile", "{}"), "invalid_token");
}

TEST_F(application, a_user_field_is_changed_but_keeps_its_name) {
  const auto list = call("crm.deal.userfield.list", R"({"filter":{"FIELD_NAME":"UF_CRM_DELIVERY_TYPE"}})");
  const auto id = text_at(list, "result.0.ID");
  EXPECT_EQ(
      code_of(
          "crm.deal.userfield.update",
          R"({"id":)" + id +
              R"(,"fields":{"FIELD_NAME":"UF_CRM_OTHER","LIST":[{"ID":45,"VALUE":"До двери"},{"ID":46,"DEL":"Y"},{"VALUE":"Постамат","XML_ID":"locker"}]}})"),
      "(none)");
  const auto after = call("crm.deal.userfield.get", R"({"id":)" + id + "}");
  EXPECT_EQ(text_at(after, "result.FIELD_NAME"), "UF_CRM_DELIVERY_TYPE");
  EXPECT_EQ(text_at(after, "result.LIST.0.VALUE"), "До двери");
  EXPECT_EQ(text_at(after, "result.LIST.1.XML_ID"), "locker");
  EXPECT_EQ(code_of("crm.deal.userfield.update", R"({"id":1,"fields":{}})"), "ERROR_NOT_FOUND");
}

} // namespace
} // namespace waybill::sandbox
