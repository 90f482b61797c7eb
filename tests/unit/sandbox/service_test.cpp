// Setting up a delivery service: handler, services, extra services, properties, relations, statuses.
#include <unit/sandbox/store_fixture.hpp>

namespace waybill::sandbox {
namespace {

using service = store_test;

struct refusal {
  const char* method;
  std::string body;
  const char* code;
};

TEST_F(service, handler_says_what_is_missing) {
  set_up_service();
  const std::string good_settings =
      R"("SETTINGS":{"CALCULATE_URL":"http://h/c","CONFIG":[{"TYPE":"STRING","CODE":"K","NAME":"n"}]})";
  const std::string profiles = R"("PROFILES":[{"CODE":"a","NAME":"A"}])";
  const std::pair<std::string, const char*> cases[] = {
      {R"("CODE":"x",)" + good_settings + "," + profiles, "Parameter NAME is not defined"},
      {R"("NAME":"0","CODE":"x",)" + good_settings + "," + profiles, "Parameter NAME is not defined"},
      {R"("NAME":"n",)" + good_settings + "," + profiles, "Parameter CODE is not defined"},
      {R"("NAME":"n","CODE":"x",)" + profiles, "Parameter SETTINGS is not defined"},
      {R"("NAME":"n","CODE":"x",)" + good_settings, "Parameter PROFILES is not defined"},
      {R"("NAME":"n","CODE":"x","SETTINGS":{"CONFIG":[{"CODE":"K"}]},)" + profiles,
       "Parameter SETTINGS[CALCULATE_URL] is not defined"},
      {R"("NAME":"n","CODE":"x","SETTINGS":{"CALCULATE_URL":"http://h/c","CONFIG":[]},)" + profiles,
       "Parameter SETTINGS[CONFIG] is not defined"},
      {R"("NAME":"n","CODE":"x","SETTINGS":{"CALCULATE_URL":"http://h/c","CONFIG":[{"TYPE":"STRING","NAME":"n"}]},)" +
           profiles,
       "[SETTINGS][CONFIG][] Item CODE is not specified"},
  };
  for (const auto& [body, text] : cases) {
    const auto answer = call("sale.delivery.handler.add", "{" + body + "}");
    EXPECT_EQ(text_at(answer, "error"), "ERROR_CHECK_FAILURE") << text;
    EXPECT_EQ(text_at(answer, "error_description"), text);
  }
  EXPECT_EQ(code_of("sale.delivery.handler.add", handler_body()), "ERROR_HANDLER_ALREADY_EXIST");
}

TEST_F(service, handler_is_replaced_whole_and_stays_while_it_is_used) {
  set_up_service();
  const auto list = result_of("sale.delivery.handler.list", "{}");
  EXPECT_TRUE(json::at_path(list, "0.ID")->is_string());
  EXPECT_EQ(list.as_array()[0].as_object().if_contains("_OWNER"), nullptr);
  const auto id = text_at(list, "0.ID");
  EXPECT_EQ(code_of("sale.delivery.handler.update",
                    R"({"ID":)" + id + R"(,"SETTINGS":{"CANCEL_DELIVERY_REQUEST_URL":"http://h/x"}})"),
            "ERROR_CHECK_FAILURE");
  EXPECT_EQ(
      code_of("sale.delivery.handler.update",
              R"({"ID":)" + id +
                  R"(,"SETTINGS":{"CALCULATE_URL":"http://h/c2","CONFIG":[{"TYPE":"STRING","CODE":"K","NAME":"n"}]}})"),
      "(none)");
  const auto after = result_of("sale.delivery.handler.list", "{}");
  EXPECT_EQ(text_at(after, "0.SETTINGS.CALCULATE_URL"), "http://h/c2");
  EXPECT_EQ(text_at(after, "0.SETTINGS.CREATE_DELIVERY_REQUEST_URL"), "(absent)");
  const auto answer = call("sale.delivery.handler.delete", R"({"ID":)" + id + "}");
  EXPECT_EQ(text_at(answer, "error"), "ERROR_HANDLER_DELETE");
  EXPECT_EQ(text_at(answer, "error_description"), fmt::format("There are deliveries with this handler: {}", parent));
  EXPECT_EQ(code_of("sale.delivery.delete", fmt::format(R"({{"ID":{}}})", parent)), "(none)");
  EXPECT_EQ(code_of("sale.delivery.handler.delete", R"({"ID":)" + id + "}"), "(none)");
  EXPECT_EQ(code_of("sale.delivery.handler.delete", R"({"ID":)" + id + "}"), "ERROR_HANDLER_NOT_FOUND");
}

TEST_F(service, parent_and_profiles_differ_in_their_configuration) {
  set_up_service();
  const auto config = [&](std::int64_t id) {
    return result_of("sale.delivery.config.get", fmt::format(R"({{"ID":{}}})", id));
  };
  EXPECT_EQ(text_at(config(parent), "0.CODE"), "WAYBILL_KEY");
  EXPECT_EQ(text_at(config(pickup), "0.VALUE"), "pickup");
  EXPECT_EQ(code_of("sale.delivery.config.update",
                    fmt::format(R"({{"ID":{},"CONFIG":[{{"CODE":"TEST_MODE","VALUE":"N"}}]}})", parent)),
            "(none)");
  ASSERT_EQ(config(parent).as_array().size(), 1U); // replaced whole
  EXPECT_EQ(text_at(config(parent), "0.CODE"), "TEST_MODE");
  const auto list = result_of("sale.delivery.getlist",
                              fmt::format(R"({{"FILTER":{{"PARENT_ID":{}}},"SELECT":["ID","NAME"]}})", parent));
  ASSERT_EQ(list.as_array().size(), 2U);
  EXPECT_TRUE(json::at_path(list, "0.ID")->is_int64());
  EXPECT_EQ(text_at(list, "0.ACTIVE"), "(absent)");
}

TEST_F(service, refuses_what_the_portal_refuses) {
  set_up_service();
  const auto id = std::to_string(parent);
  const refusal cases[] = {
      {"sale.delivery.add", R"({"REST_CODE":"nobody","NAME":"n","CURRENCY":"RUB","CONFIG":[{"CODE":"K","VALUE":"v"}]})",
       "ERROR_HANDLER_NOT_FOUND"},
      {"sale.delivery.add", R"({"REST_CODE":"waybill","NAME":"n","CURRENCY":"RUB"})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.add", R"({"REST_CODE":"waybill","NAME":"n","CONFIG":[{"CODE":"K","VALUE":"v"}]})",
       "ERROR_CHECK_FAILURE"},
      {"sale.delivery.add", R"({"rest_code":"waybill","name":"n"})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.getlist", R"({"SELECT":["REST_CODE"]})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.getlist", R"({"FILTER":{"REST_CODE":"waybill"}})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.getlist", R"({"ORDER":{"CODE":"asc"}})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.update", R"({"ID":99999,"NAME":"x"})", "ERROR_DELIVERY_NOT_FOUND"},
      {"sale.delivery.update", R"({"NAME":"x"})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.update", R"({"ID":2,"NAME":"x"})", "ACCESS_DENIED"}, // the portal's own
      {"sale.delivery.delete", R"({"ID":0})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.config.get", R"({"ID":99999})", "ERROR_DELIVERY_NOT_FOUND"},
      {"sale.delivery.config.update", R"({"ID":)" + id + "}", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.extra.service.add", R"({"TYPE":"checkbox","NAME":"n"})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.extra.service.add", R"({"DELIVERY_ID":99999,"TYPE":"checkbox","NAME":"n"})",
       "ERROR_DELIVERY_NOT_FOUND"},
      {"sale.delivery.extra.service.add", R"({"DELIVERY_ID":)" + id + R"(,"TYPE":"radio","NAME":"n"})",
       "ERROR_CHECK_FAILURE"},
      {"sale.delivery.extra.service.add", R"({"DELIVERY_ID":)" + id + R"(,"TYPE":"enum","NAME":"n"})",
       "ERROR_CHECK_FAILURE"},
      {"sale.delivery.extra.service.add",
       R"({"DELIVERY_ID":)" + id + R"(,"TYPE":"enum","NAME":"n","ITEMS":[{"TITLE":"t"}]})", "ERROR_CHECK_FAILURE"},
      {"sale.delivery.extra.service.update", R"({"ID":99999})", "ERROR_EXTRA_SERVICE_NOT_FOUND"},
      {"sale.delivery.extra.service.delete", R"({"ID":99999})", "ERROR_EXTRA_SERVICE_NOT_FOUND"},
      {"sale.delivery.extra.service.get", "{}", "ERROR_CHECK_FAILURE"},
  };
  for (const auto& one : cases) EXPECT_EQ(code_of(one.method, one.body), one.code) << one.method << ' ' << one.body;
}

TEST_F(service, extra_services_are_off_unless_switched_on) {
  set_up_service();
  const auto whose = fmt::format(R"("DELIVERY_ID":{})", courier);
  const auto id = id_of("sale.delivery.extra.service.add",
                        "{" + whose + R"(,"TYPE":"checkbox","NAME":"Страховка","CODE":"INSURANCE"})", "");
  const auto shown = [&] { return result_of("sale.delivery.extra.service.get", "{" + whose + "}"); };
  EXPECT_EQ(text_at(shown(), "0.ACTIVE"), "N");
  EXPECT_TRUE(json::at_path(shown(), "0.ID")->is_string());
  EXPECT_EQ(
      code_of("sale.delivery.extra.service.add", "{" + whose + R"(,"TYPE":"quantity","NAME":"x","CODE":"INSURANCE"})"),
      "ERROR_EXTRA_SERVICE_ADD");
  EXPECT_EQ(code_of("sale.delivery.extra.service.update",
                    fmt::format(R"({{"ID":{},"ACTIVE":"Y","TYPE":"enum","PRICE":12.5}})", id)),
            "(none)");
  EXPECT_EQ(text_at(shown(), "0.ACTIVE"), "Y");
  EXPECT_EQ(text_at(shown(), "0.TYPE"), "checkbox"); // cannot change
  EXPECT_EQ(*json::minor(shown().as_array()[0].as_object(), "PRICE"), 1250);
  EXPECT_EQ(code_of("sale.delivery.extra.service.update", fmt::format(R"({{"ID":{},"ACTIVE":true}})", id)), "(none)");
  EXPECT_EQ(text_at(shown(), "0.ACTIVE"), "N"); // true is not "Y"
  EXPECT_EQ(code_of("sale.delivery.extra.service.delete", fmt::format(R"({{"ID":{}}})", id)), "(none)");
  EXPECT_TRUE(shown().as_array().empty());
}

TEST_F(service, belongs_to_the_application_that_made_it) {
  const auto tokens = control_value("POST", "/install");
  const auto token = text_at(tokens, "access_token");
  const auto by_application = [&](const std::string& method, std::string body) {
    body.back() = ',';
    return parsed(send("POST", "/bitrix24/main/rest/" + method, body + R"("auth":")" + token + R"("})")).as_object();
  };
  EXPECT_TRUE(by_application("sale.delivery.handler.add", handler_body()).contains("result"));
  const auto id = text_at(result_of("sale.delivery.handler.list", "{}"), "0.ID");
  const auto r = call_raw("sale.delivery.handler.update", R"({"ID":)" + id + R"(,"NAME":"чужой"})");
  EXPECT_EQ(r.status, 403);
  EXPECT_EQ(text_at(parsed(r), "error"), "ACCESS_DENIED");
  EXPECT_TRUE(
      by_application("sale.delivery.handler.update", R"({"ID":)" + id + R"(,"NAME":"свой"})").contains("result"));
  control_value("POST", "/uninstall", R"({"clean":true})");
  EXPECT_TRUE(result_of("sale.delivery.handler.list", "{}").as_array().empty());
}

TEST_F(service, wants_an_administrator_and_the_scope) {
  const auto by_manager = [&](const std::string& method) {
    return send("POST", "/bitrix24/main/rest/7/sandboxcode0000001/" + method, "{}");
  };
  EXPECT_EQ(by_manager("sale.delivery.handler.list").status, 403);
  EXPECT_EQ(text_at(parsed(by_manager("sale.shipment.list")), "error"), "200040300010");
  EXPECT_EQ(text_at(parsed(by_manager("sale.status.add")), "error"), "200040300020");
  EXPECT_EQ(by_manager("sale.paysystem.list").status, 403);
  configure(R"({"scopes":["crm"]})");
  for (const auto* method :
       {"sale.delivery.handler.list", "sale.shipment.list", "sale.paysystem.list", "salescenter.payment.getPublicUrl"})
    EXPECT_EQ(code_of(method, "{}"), "insufficient_scope") << method;
}

TEST_F(service, shipment_properties_by_payer_type) {
  const auto types = result_of("sale.persontype.list", "{}");
  EXPECT_EQ(text_at(types, "personTypes.0.id"), "3");
  EXPECT_TRUE(json::at_path(types, "personTypes.0.sort")->is_string());
  const auto groups = call("sale.propertygroup.list", R"({"filter":{"personTypeId":3}})");
  EXPECT_EQ(text_at(groups, "total"), "2");
  const auto id = add_property("ADDRESS", "WAYBILL_TO", R"(,"isAddressTo":"Y")");
  const auto got = result_of("sale.shipmentproperty.get", fmt::format(R"({{"id":{}}})", id));
  EXPECT_EQ(text_at(got, "property.isAddressTo"), "Y");
  EXPECT_EQ(text_at(got, "property.isAddressFrom"), "N");
  EXPECT_EQ(text_at(got, "property.isPhone"), "(absent)"); // a flag of texts
  EXPECT_EQ(code_of("sale.shipmentproperty.update", fmt::format(R"({{"id":{},"fields":{{"sort":5}}}})", id)), "0");
  EXPECT_EQ(code_of("sale.shipmentproperty.update", fmt::format(R"({{"id":{},"fields":{{"name":"Куда"}}}})", id)),
            "(none)");
  EXPECT_EQ(
      text_at(result_of("sale.shipmentproperty.list", R"({"filter":{"code":"WAYBILL_TO"}})"), "properties.0.name"),
      "Куда");
  EXPECT_TRUE(
      result_of("sale.shipmentproperty.getfieldsbytype", R"({"type":"ADDRESS"})").as_object().contains("property"));
  const std::string base = R"("personTypeId":3,"propsGroupId":6,"name":"n")";
  const refusal cases[] = {
      {"sale.shipmentproperty.add", "{}", "100"},
      {"sale.shipmentproperty.add", R"({"fields":{"personTypeId":3,"name":"n","type":"STRING"}})", "0"},
      {"sale.shipmentproperty.add", R"({"fields":{"personTypeId":9,"propsGroupId":6,"name":"n","type":"STRING"}})",
       "200850000005"},
      {"sale.shipmentproperty.add", R"({"fields":{)" + base + R"(,"type":"COLOR"}})", "0"},
      {"sale.shipmentproperty.add", R"({"fields":{)" + base + R"(,"type":"STRING","multiple":"Y","isFiltered":"Y"}})",
       "200850000009"},
      {"sale.shipmentproperty.add", R"({"fields":{)" + base + R"(,"type":"LOCATION","multiple":"Y"}})", "200850000011"},
      {"sale.shipmentproperty.add", R"({"fields":{)" + base + R"(,"type":"STRING","isProfileName":"Y"}})",
       "200850000015"},
      {"sale.shipmentproperty.get", R"({"id":99999})", "200840400001"},
      {"sale.shipmentproperty.delete", R"({"id":99999})", "200840400001"},
      {"sale.shipmentproperty.getfieldsbytype", R"({"type":"COLOR"})", "0"},
  };
  for (const auto& one : cases) EXPECT_EQ(code_of(one.method, one.body), one.code) << one.method << ' ' << one.body;
  EXPECT_EQ(code_of("sale.shipmentproperty.delete", fmt::format(R"({{"id":{}}})", id)), "(none)");
}

TEST_F(service, relations_are_unique) {
  set_up_service();
  const auto property = add_property("STRING", "WAYBILL_PVZ");
  const auto fields =
      fmt::format(R"({{"fields":{{"entityId":{},"entityType":"D","propertyId":{}}}}})", pickup, property);
  EXPECT_EQ(text_at(result_of("sale.propertyRelation.add", fields), "propertyRelation.entityId"),
            std::to_string(pickup));
  EXPECT_EQ(code_of("sale.propertyRelation.add", fields), "201650000001");
  EXPECT_EQ(code_of("sale.propertyRelation.add", R"({"fields":{"entityId":1,"entityType":"D","propertyId":99999}})"),
            "201650000002");
  EXPECT_EQ(code_of("sale.propertyRelation.add", R"({"fields":{"entityId":1}})"), "0");
  EXPECT_EQ(result_of("sale.propertyRelation.list", "{}").at("propertyRelations").as_array().size(), 1U);
  EXPECT_EQ(code_of("sale.propertyRelation.deleteByFilter", fields), "(none)");
  EXPECT_EQ(code_of("sale.propertyRelation.deleteByFilter", fields), "201640400004");
}

TEST_F(service, statuses_have_two_letters_and_names_elsewhere) {
  const auto add = [&](const std::string& fields) {
    return code_of("sale.status.add", R"({"fields":{)" + fields + "}}");
  };
  EXPECT_EQ(add(R"("id":"WT","type":"D","notify":"N","xmlId":"waybill:in_transit")"), "(none)");
  EXPECT_EQ(add(R"("id":"WT","type":"D")"), "201350000001");
  EXPECT_EQ(add(R"("id":"N","type":"D")"), "201350000001"); // one space of both types
  EXPECT_EQ(add(R"("id":"WTX","type":"D")"), "201350000005");
  EXPECT_EQ(add(R"("id":"","type":"D")"), "201350000004");
  EXPECT_EQ(add(R"("id":"WW","type":"X")"), "201350000003");
  EXPECT_EQ(add(R"("id":"WW")"), "0");
  EXPECT_EQ(text_at(result_of("sale.status.list", R"({"filter":{"xmlId":"waybill:in_transit"}})"), "statuses.0.notify"),
            "N");
  const refusal cases[] = {
      {"sale.status.update", R"({"id":"WT","fields":{"color":"#00FF00"}})", "0"},
      {"sale.status.update", R"({"id":"WT","fields":{"type":"D","color":"#00FF00"}})", "(none)"},
      {"sale.status.update", R"({"id":"QQ","fields":{"type":"D"}})", "201340400001"},
      {"sale.status.update", R"({"id":"DN","fields":{"type":"O"}})", "201350000006"},
      {"sale.status.delete", R"({"id":"DF"})", "201350000002"},
      {"sale.status.get", R"({"id":"QQ"})", "201340400001"},
      {"sale.status.get", "{}", "100"},
      {"sale.statusLang.add", R"({"fields":{"statusId":"WT","lid":"ru","name":"В пути"}})", "(none)"},
      {"sale.statusLang.add", R"({"fields":{"statusId":"WT","lid":"ru","name":"Едет"}})", "201750000003"},
      {"sale.statusLang.add", R"({"fields":{"statusId":"WT","lid":"xx","name":"Едет"}})", "201750000004"},
      {"sale.statusLang.update", R"({"fields":{"statusId":"WT","lid":"ru","name":"Едет"}})", "ERROR_METHOD_NOT_FOUND"},
      {"sale.statusLang.deleteByFilter", R"({"fields":{"statusId":"WT","lid":"ru"}})", "0"},
      {"sale.statusLang.deleteByFilter", R"({"fields":{"statusId":"WT","lid":"ru","name":"x"}})", "(none)"},
      {"sale.statusLang.deleteByFilter", R"({"fields":{"statusId":"WT","lid":"ru","name":"x"}})", "201740400001"},
      {"sale.statusLang.getListLangs", "{}", "(none)"},
      {"sale.status.delete", R"({"id":"WT"})", "(none)"},
  };
  for (const auto& one : cases) EXPECT_EQ(code_of(one.method, one.body), one.code) << one.method << ' ' << one.body;
}

} // namespace
} // namespace waybill::sandbox
