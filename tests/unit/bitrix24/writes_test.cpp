// Writes: their documented form, and what the portal did with them.
#include "crm_fixture.hpp"

namespace waybill::bitrix24 {
namespace {

TEST_F(Crm, AnUpdateNamesWhatThePortalIgnored) {
  portal->methods["crm.item.update"] = [](const portal_command&) {
    return replied(bj::parse(
        R"({"item":{"id":5,"stageId":"C2:WON","UF_CRM_DELIVERY_COST":"350.00|RUB","UF_CRM_DELIVERY_TYPE":null}})"));
  };
  bj::object fields;
  fields["stageId"] = "C2:WON";
  fields["UF_CRM_DELIVERY_COST"] = "350|RUB";
  fields["UF_CRM_DELIVERY_TYPE"] = "Курьер";
  fields["UF_CRM_NO_SUCH"] = "x";
  const auto r = run(subject->update_deal(5, fields));
  ASSERT_TRUE(r.has_value());
  EXPECT_EQ(r->ignored, (std::vector<std::string>{"UF_CRM_DELIVERY_TYPE", "UF_CRM_NO_SUCH"}));
  EXPECT_FALSE(portal->requests[0].idempotent);
  EXPECT_EQ(portal->bodies[0].at("fields"), bj::value(fields));
  EXPECT_EQ(portal->bodies[0].at("useOriginalUfNames"), bj::value("Y"));
  ASSERT_TRUE(run(subject->update_deal(5, {})).has_value());
  EXPECT_EQ(portal->requests.size(), 1U) << "nothing to say";
}

TEST_F(Crm, ALostUpdateIsAnUnknownOutcome) {
  portal->scripted.push_back(fail(errc::outcome_unknown, "x"));
  bj::object fields;
  fields["stageId"] = "C2:WON";
  const auto r = run(subject->update_deal(5, fields));
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, errc::outcome_unknown);
}

TEST_F(Crm, WritesHaveTheDocumentedForm) {
  portal->methods["crm.timeline.comment.add"] = [](const portal_command&) { return replied(999); };
  portal->methods["crm.activity.todo.add"] = [](const portal_command&) { return replied(bj::parse(R"({"id":77})")); };
  portal->methods["crm.item.update"] = [](const portal_command&) {
    return replied(bj::parse(R"({"item":{"UF_LABEL":{"id":5}}})"));
  };
  EXPECT_EQ(run(subject->add_comment(759, "[b]Готово[/b]")).value(), 999);
  EXPECT_EQ(portal->bodies[0],
            bj::parse(R"({"fields":{"ENTITY_ID":759,"ENTITY_TYPE":"deal","COMMENT":"[b]Готово[/b]"}})"));
  EXPECT_EQ(run(subject->add_todo(759, 7, "Адрес", "Исправьте", parse_instant("2026-11-22T10:00:00Z").value())).value(),
            77);
  EXPECT_EQ(
      portal->bodies[1],
      bj::parse(
          R"({"ownerTypeId":2,"ownerId":759,"deadline":"2026-11-22T10:00:00Z","title":"Адрес","description":"Исправьте","responsibleId":7})"));
  EXPECT_TRUE(run(subject->notify(7, "Внимание", "waybill-1")).has_value());
  EXPECT_EQ(portal->bodies[2],
            bj::parse(R"({"USER_ID":7,"MESSAGE":"Внимание","TAG":"waybill-1","CLIENT_ID":"waybill"})"));
  EXPECT_TRUE(run(subject->attach_file(759, "UF_LABEL", "label.pdf", "foo")).has_value());
  EXPECT_EQ(portal->bodies[3].at("fields"), bj::parse(R"({"UF_LABEL":["label.pdf","Zm9v"]})"));
  for (const auto& rq : portal->requests) EXPECT_FALSE(rq.idempotent);
  portal->otherwise = [](const portal_command&) { return replied(false); };
  EXPECT_EQ(run(subject->notify(7, "Внимание", "")).error().code, errc::rejected);
}

TEST_F(Crm, DeliveryRequests) {
  request_update u;
  u.delivery_id = 41;
  u.request_id = "wb-1";
  u.status_text = "В пути";
  u.properties.push_back({"Трек-номер", "123", false});
  u.properties.push_back({"Курьер", "+79990000003", true});
  u.properties.push_back({"Пусто", "", false});
  ASSERT_TRUE(run(update_delivery_request(connection, u)).has_value());
  EXPECT_EQ(portal->bodies[0],
            bj::parse(R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1","STATUS":{"TEXT":"В пути","SEMANTIC":"process"},
    "PROPERTIES":[{"NAME":"Трек-номер","VALUE":"123"},{"NAME":"Курьер","VALUE":"+79990000003","TAGS":["phone"]}],"OVERWRITE_PROPERTIES":"N"})"));
  u.success = u.finalize = true;
  u.properties.clear();
  ASSERT_TRUE(run(update_delivery_request(connection, u)).has_value());
  EXPECT_EQ(
      portal->bodies[1],
      bj::parse(
          R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1","STATUS":{"TEXT":"В пути","SEMANTIC":"success"},"FINALIZE":"Y"})"));

  ASSERT_TRUE(run(message_manager(connection, 41, "wb-1", "Отказ", "Причина", "error")).has_value());
  EXPECT_EQ(
      portal->bodies[2],
      bj::parse(
          R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1","ADDRESSEE":"MANAGER","MESSAGE":{"SUBJECT":"Отказ","BODY":"Причина",
    "STATUS":{"MESSAGE":"Отказ","SEMANTIC":"error"}}})"));

  portal->methods["sale.delivery.request.delete"] = [](const portal_command&) {
    return refused("REQUEST_NOT_FOUND", "Request has not been found");
  };
  EXPECT_TRUE(run(delete_delivery_request(connection, 41, "wb-1")).has_value()) << "gone is what we want";
  portal->methods["sale.delivery.request.delete"] = [](const portal_command&) {
    return refused("DELIVERY_NOT_FOUND", "x");
  };
  EXPECT_EQ(run(delete_delivery_request(connection, 41, "wb-1")).error().code, errc::not_found);
}

TEST_F(Crm, DeliveryRequestsThatThePortalWouldRefuseAreNotSent) {
  request_update empty;
  empty.delivery_id = 41;
  empty.request_id = "wb-1";
  EXPECT_EQ(run(update_delivery_request(connection, empty)).error().code, errc::bad_input);
  empty.status_text = "x";
  for (const auto* id : {"", "0"}) {
    empty.request_id = id;
    EXPECT_EQ(run(update_delivery_request(connection, empty)).error().code, errc::bad_input);
  }
  EXPECT_EQ(run(message_manager(connection, 41, "wb-1", "a", "b", "failed")).error().code, errc::bad_input);
  EXPECT_EQ(run(message_manager(connection, 41, "wb-1", "", "", "")).error().code, errc::bad_input);
  EXPECT_EQ(run(delete_delivery_request(connection, 0, "wb-1")).error().code, errc::bad_input);
  EXPECT_TRUE(portal->requests.empty());
}

} // namespace
} // namespace waybill::bitrix24
