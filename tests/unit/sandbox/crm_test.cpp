#include <unit/sandbox/fixture.hpp>

namespace {
using namespace waybill;
using namespace waybill::sandbox;
using testing::HasSubstr;

using classic = sandbox_test;
using timeline = sandbox_test;
using catalog = sandbox_test;
using delivery = sandbox_test;
using misc = sandbox_test;

TEST_F(classic, answers_all_numbers_as_text) {
  const auto id = make_deal(
      R"({"title":"a","rows":[{"name":"x","price":"1000.00"}],"fields":{"UF_CRM_DELIVERY_TYPE":"pickup","UF_CRM_DELIVERY_PAID":"Y"}})");
  const auto answer = call("crm.deal.get", R"({"ID":)" + std::to_string(id) + "}");
  const auto& got = answer.at("result").as_object();
  EXPECT_EQ(got.at("ID"), std::to_string(id).c_str());
  EXPECT_EQ(got.at("OPPORTUNITY"), "1000.00");
  EXPECT_EQ(got.at("CATEGORY_ID"), "0");
  EXPECT_EQ(got.at("COMPANY_ID"), "0");
  EXPECT_TRUE(got.at("CONTACT_ID").is_null());
  EXPECT_EQ(got.at("UF_CRM_DELIVERY_TYPE"), "46");
  EXPECT_EQ(got.at("UF_CRM_DELIVERY_PAID"), "1");
  EXPECT_EQ(got.at("UF_CRM_TRACKING_NUMBER"), "");
  EXPECT_EQ(got.at("UF_CRM_DELIVERY_NOTES"), false);
  EXPECT_FALSE(got.contains("CONTACT_IDS"));
  EXPECT_EQ(text_at(call("crm.deal.productrows.get", R"({"id":)" + std::to_string(id) + "}"), "result.0.OWNER_ID"),
            std::to_string(id));
}

TEST_F(classic, knows_no_error_codes) {
  for (const char* body : {"{}", R"({"id":"x"})", R"({"id":1})"}) {
    const auto r = call_raw("crm.deal.get", body);
    EXPECT_EQ(r.status, 400);
    EXPECT_THAT(r.body, HasSubstr(R"("error":"")"));
  }
  EXPECT_EQ(text_at(call("crm.deal.get", "{}"), "error_description"), "ID is not defined or invalid.");
  EXPECT_EQ(text_at(call("crm.deal.update", R"({"id":1,"fields":"x"})"), "error_description"),
            "Parameter 'fields' must be array.");
}

TEST_F(classic, updates_but_never_the_pipeline) {
  const auto id = make_deal();
  const auto answer = call(
      "crm.deal.update",
      R"({"id":)" + std::to_string(id) +
          R"(,"fields":{"CATEGORY_ID":2,"STAGE_ID":"EXECUTING","UF_CRM_TRACKING_NUMBER":"T1","NOPE":1,"UF_CRM_DELIVERY_LABEL":{"fileData":["l.pdf","JVBERg=="]}}})");
  EXPECT_EQ(answer.at("result"), true);
  const auto d = deal(id);
  EXPECT_EQ(text_at(d, "category"), "0");
  EXPECT_EQ(text_at(d, "stage"), "EXECUTING");
  EXPECT_EQ(text_at(d, "fields.UF_CRM_DELIVERY_LABEL.name"), "l.pdf");
  EXPECT_EQ(text_at(call("crm.deal.update", R"({"id":)" + std::to_string(id) + R"(,"fields":{"STAGE_ID":"C2:NEW"}})"),
                    "error"),
            "");
}

TEST_F(classic, lists_without_user_fields_unless_asked) {
  make_deal();
  make_deal(R"({"title":"b","stage":"WON"})");
  const auto all =
      call("crm.deal.list", R"({"filter":{"STAGE_ID":"WON","NO_SUCH":1}})"); // a wrong name is not reported
  EXPECT_EQ(all.at("total"), 1);
  EXPECT_FALSE(all.at("result").as_array()[0].as_object().contains("UF_CRM_TRACKING_NUMBER"));
  const auto with = call("crm.deal.list", R"({"select":["ID","UF_*"],"order":{"ID":"DESC"}})");
  EXPECT_EQ(with.at("total"), 2);
  EXPECT_TRUE(with.at("result").as_array()[0].as_object().contains("UF_CRM_TRACKING_NUMBER"));
  EXPECT_FALSE(with.at("result").as_array()[0].as_object().contains("TITLE"));
  EXPECT_EQ(call("crm.deal.list", R"({"filter":{"%STAGE_ID":"WO"}})").at("total"), 0);
}

TEST_F(classic, makes_user_fields_with_the_prefix) {
  EXPECT_EQ(code_of("crm.deal.userfield.add",
                    R"({"fields":{"USER_TYPE_ID":"string","FIELD_NAME":"tracking","EDIT_FORM_LABEL":{"ru":"Трек"}}})"),
            "(none)");
  EXPECT_EQ(code_of("crm.deal.userfield.add", R"({"fields":{"USER_TYPE_ID":"string","FIELD_NAME":"UF_TRACKING"}})"),
            "ERROR_CORE"); // is there
  EXPECT_EQ(code_of("crm.deal.userfield.add", R"({"fields":{"USER_TYPE_ID":"nope","FIELD_NAME":"X"}})"), "ERROR_CORE");
  EXPECT_EQ(text_at(call("crm.deal.userfield.add", R"({"fields":{"USER_TYPE_ID":"string"}})"), "error_description"),
            "The 'FIELD_NAME' field is not found.");
  const auto plain = call("crm.deal.userfield.list", R"({"filter":{"FIELD_NAME":"UF_CRM_TRACKING"}})");
  EXPECT_EQ(text_at(plain, "result.0.USER_TYPE_ID"), "string");
  EXPECT_EQ(text_at(plain, "result.0.EDIT_FORM_LABEL"), "(absent)");
  EXPECT_EQ(text_at(call("crm.deal.userfield.list", R"({"filter":{"FIELD_NAME":"UF_CRM_TRACKING","LANG":"ru"}})"),
                    "result.0.EDIT_FORM_LABEL"),
            "Трек");
  const auto type = call("crm.deal.userfield.list", R"({"filter":{"FIELD_NAME":"UF_CRM_DELIVERY_TYPE"}})");
  EXPECT_EQ(text_at(type, "result.0.LIST.0.XML_ID"), "courier");
  EXPECT_EQ(text_at(type, "result.0.LIST.0.ID"), "45");
}

TEST_F(classic, lists_stages_and_pipelines) {
  const auto stages = call("crm.status.list", R"({"filter":{"ENTITY_ID":"DEAL_STAGE_2"},"order":{"SORT":"ASC"}})");
  EXPECT_EQ(text_at(stages, "result.0.STATUS_ID"), "C2:NEW");
  EXPECT_TRUE(json::at_path(stages, "result.0.SEMANTICS") == nullptr);
  EXPECT_EQ(text_at(call("crm.status.list", R"({"filter":{"STATUS_ID":"WON"}})"), "result.0.SEMANTICS"), "S");
  EXPECT_EQ(text_at(call("crm.category.list", R"({"entityTypeId":2})"), "result.categories.1.id"), "2");
  EXPECT_EQ(code_of("crm.category.list", "{}"), "100");
}

TEST_F(classic, leads_from_contact_to_address) {
  const auto id = make_deal(
      R"({"title":"a","contact":{"name":"Иван"},"requisite_address":{"city":"Тюмень","address_1":"ул. Ленина, 2","postal_code":"625003"}})");
  const auto requisite = call("crm.requisite.list",
                              R"({"filter":{"ENTITY_TYPE_ID":3,"ENTITY_ID":)" + text_at(deal(id), "contactId") + "}}");
  const auto address = call("crm.address.list",
                            R"({"filter":{"ENTITY_TYPE_ID":8,"ENTITY_ID":)" + text_at(requisite, "result.0.ID") + "}}");
  EXPECT_EQ(text_at(address, "result.0.CITY"), "Тюмень");
  EXPECT_EQ(text_at(address, "result.0.TYPE_ID"), "11");
}

TEST_F(timeline, takes_lower_case_only) {
  const auto id = std::to_string(make_deal());
  const auto body = [&](const char* key, const char* type, const char* text) {
    return std::string("{\"") + key + R"(":{"ENTITY_ID":)" + id + R"(,"ENTITY_TYPE":")" + type + R"(","COMMENT":")" +
           text + R"("}})";
  };
  EXPECT_EQ(code_of("crm.timeline.comment.add", body("fields", "deal", "Готово")), "(none)");
  EXPECT_EQ(code_of("crm.timeline.comment.add", body("FIELDS", "deal", "Готово")), "100");
  EXPECT_EQ(code_of("crm.timeline.comment.add", body("fields", "DEAL", "Готово")), "INVALID_ARG_VALUE");
  EXPECT_EQ(code_of("crm.timeline.comment.add", body("fields", "deal", "")), "INVALID_ARG_VALUE");
  EXPECT_EQ(code_of("crm.timeline.comment.add", R"({"fields":{"ENTITY_ID":1,"ENTITY_TYPE":"deal","COMMENT":"x"}})"),
            "OWNER_NOT_FOUND");
  EXPECT_EQ(code_of("crm.timeline.comment.add", R"({"fields":{"ENTITY_ID":1,"COMMENT":"x"}})"), "100");
  const auto list = call("crm.timeline.comment.list",
                         R"({"filter":{"ENTITY_ID":)" + id + R"(,"ENTITY_TYPE":"deal"},"order":{"ID":"DESC"}})");
  EXPECT_EQ(text_at(list, "result.0.COMMENT"), "Готово");
  EXPECT_EQ(
      text_at(call("crm.timeline.comment.get", R"({"id":)" + text_at(list, "result.0.ID") + "}"), "result.AUTHOR_ID"),
      "1");
  EXPECT_EQ(code_of("crm.timeline.comment.list", R"({"filter":{"ENTITY_ID":1}})"), "100");
  EXPECT_EQ(text_at(deal(std::stoll(id)), "comments.0.text"), "Готово");
}

TEST_F(timeline, takes_log_lines_and_todos) {
  const auto id = std::to_string(make_deal());
  EXPECT_EQ(code_of("crm.timeline.logmessage.add", R"({"fields":{"entityTypeId":2,"entityId":)" + id +
                                                       R"(,"title":"t","text":"x","iconCode":"info"}})"),
            "(none)");
  EXPECT_EQ(code_of("crm.timeline.logmessage.add",
                    R"({"fields":{"entityTypeId":2,"entityId":)" + id + R"(,"title":"t","text":"x"}})"),
            "100");
  const auto todo = [&](const char* deadline) {
    return R"({"ownerTypeId":2,"ownerId":)" + id + R"(,"deadline":")" + deadline +
           R"(","title":"Исправить адрес","responsibleId":7})";
  };
  EXPECT_EQ(code_of("crm.activity.todo.add", todo("2026-11-22T10:00:00+03:00")), "(none)");
  EXPECT_EQ(code_of("crm.activity.todo.add", todo("tomorrow")), "WRONG_DATETIME_FORMAT");
  EXPECT_EQ(code_of("crm.activity.todo.add", R"({"ownerTypeId":2,"ownerId":1,"deadline":"2026-11-22"})"),
            "OWNER_NOT_FOUND");
  EXPECT_EQ(text_at(deal(std::stoll(id)), "todos.0.responsible"), "7");
}

TEST_F(timeline, wants_a_client_id_with_a_tag) {
  const auto id = make_deal();
  EXPECT_EQ(code_of("im.notify.system.add", R"({"USER_ID":7,"MESSAGE":"a","TAG":"waybill|1"})"), "ACCESS_DENIED");
  EXPECT_EQ(code_of("im.notify.system.add", R"({"user_id":7,"message":"a"})"), "USER_ID_EMPTY");
  EXPECT_EQ(code_of("im.notify.system.add", R"({"USER_ID":7})"), "MESSAGE_EMPTY");
  EXPECT_EQ(call("im.notify.system.add", R"({"USER_ID":99,"MESSAGE":"a"})").at("result"), false);
  for (const char* text : {"first", "second"})
    EXPECT_EQ(code_of("im.notify.personal.add",
                      std::string(R"({"USER_ID":7,"TAG":"t","CLIENT_ID":"waybill","MESSAGE":")") + text + "\"}"),
              "(none)");
  const auto d = deal(id);
  EXPECT_EQ(d.at("notifications").as_array().size(), 1U); // the same tag replaces
  EXPECT_EQ(text_at(d, "notifications.0.message"), "second");
}

TEST_F(catalog, wants_the_block_everywhere) {
  const auto products = call(
      "catalog.product.list",
      R"({"select":["id","iblockId","weight","iblockSectionId"],"filter":{"iblockId":24,"id":[101,102,104,201]}})");
  EXPECT_EQ(products.at("total"), 3); // 201 is a variation: another block, another method
  EXPECT_EQ(text_at(products, "result.products.1.weight"), "350");
  EXPECT_EQ(code_of("catalog.product.list", R"({"select":["id"],"filter":{"iblockId":24}})"), "0");
  EXPECT_EQ(code_of("catalog.product.list", R"({"select":["id","iblockId"],"filter":{"id":101}})"), "0");
  EXPECT_THAT(text_at(call("catalog.product.list", R"({"filter":{"iblockId":24}})"), "error_description"),
              HasSubstr("id, iblockId"));
  const auto offers =
      call("catalog.product.offer.list",
           R"({"select":["id","iblockId","weight","parentId"],"filter":{"iblockId":26,"@id":[201,202]}})");
  EXPECT_EQ(text_at(offers, "result.offers.0.parentId.value"), "101");
  EXPECT_TRUE(offers.at("result").at("offers").as_array()[1].at("weight").is_null());
  EXPECT_EQ(call("catalog.product.list", R"({"select":["id","iblockId"],"filter":{"iblockId":26}})").at("total"), 0);
}

TEST_F(catalog, gets_one_by_one) {
  EXPECT_EQ(text_at(call("catalog.product.get", R"({"id":102})"), "result.product.name"), "Кружка");
  EXPECT_EQ(call_raw("catalog.product.get", R"({"id":201})").body,
            R"({"error":0,"error_description":"product does not exist."})");
  EXPECT_EQ(code_of("catalog.product.get", "{}"), "100");
  EXPECT_EQ(text_at(call("catalog.product.offer.get", R"({"id":201})"), "result.offer.weight"), "950");
  EXPECT_EQ(text_at(call("catalog.product.sku.get", R"({"id":105})"), "result.sku.type"), "3");
  EXPECT_EQ(text_at(call("catalog.section.get", R"({"id":16})"), "result.section.iblockSectionId"), "15");
  const auto catalogs = call("catalog.catalog.list", "{}");
  EXPECT_EQ(text_at(catalogs, "result.catalogs.1.productIblockId"), "24");
}

TEST_F(delivery, updates_only_requests_that_exist) {
  const auto update = [&](const std::string& more, const char* request = "wb-1", const char* service = "41") {
    return code_of("sale.delivery.request.update",
                   std::string(R"({"DELIVERY_ID":)") + service + R"(,"REQUEST_ID":")" + request + "\"" + more + "}");
  };
  const std::string status = R"(,"STATUS":{"TEXT":"В пути","SEMANTIC":"process"})";
  EXPECT_EQ(update(status), "REQUEST_NOT_FOUND");
  control_value("POST", "/delivery-requests", R"({"delivery_id":41,"request_id":"wb-1"})");
  EXPECT_EQ(update(status), "(none)");
  EXPECT_EQ(update(status, "wb-1", "40"), "REQUEST_NOT_FOUND");
  EXPECT_EQ(update(status, "wb-1", "99"), "DELIVERY_NOT_FOUND");
  EXPECT_EQ(update(status, "", "41"), "REQUEST_ID_NOT_SPECIFIED");
  EXPECT_EQ(update(""), "EMPTY_UPDATE_PAYLOAD");
  EXPECT_EQ(update(R"(,"FINALIZE":"N")"), "EMPTY_UPDATE_PAYLOAD");
  EXPECT_EQ(update(R"(,"FINALIZE":true)"), "UNEXPECTED_REQUEST_FINALIZE_INDICATOR_VALUE");
  EXPECT_EQ(update(R"(,"FINALIZE":"Y")"), "(none)");
  EXPECT_EQ(update(R"(,"STATUS":"В пути")"), "STATUS_UNEXPECTED_FORMAT");
  EXPECT_EQ(update(R"(,"STATUS":{"SEMANTIC":"process"})"), "STATUS_TEXT_NOT_SPECIFIED");
  EXPECT_EQ(update(R"(,"STATUS":{"TEXT":"x","SEMANTIC":"error"})"), "STATUS_SEMANTIC_NOT_SPECIFIED");
  EXPECT_EQ(update(R"(,"PROPERTIES":"x")"), "PROPERTIES_UNEXPECTED_FORMAT");
  EXPECT_EQ(update(R"(,"PROPERTIES":[{"NAME":"Трек","VALUE":123}])"), "PROPERTY_VALUE_UNEXPECTED_FORMAT");
  EXPECT_EQ(update(R"(,"PROPERTIES":[{"NAME":"Трек","VALUE":"1","TAGS":"phone"}])"),
            "PROPERTY_VALUE_TAGS_UNEXPECTED_FORMAT");
  EXPECT_EQ(update(R"(,"PROPERTIES":[{"NAME":"Трек","VALUE":"1"}])"), "(none)");
  EXPECT_EQ(update(R"(,"PROPERTIES":[{"NAME":"Трек","VALUE":"2"},{"NAME":"Курьер","VALUE":"+7","TAGS":["phone"]}])"),
            "(none)");
  const auto requests = control_value("GET", "/delivery-requests");
  EXPECT_EQ(text_at(requests, "0.properties.0.VALUE"), "2");
  EXPECT_EQ(text_at(requests, "0.properties.1.NAME"), "Курьер");
  EXPECT_EQ(text_at(requests, "0.status_text"), "В пути");
}

TEST_F(delivery, sends_messages_and_deletes) {
  control_value("POST", "/delivery-requests", R"({"delivery_id":41,"request_id":"wb-1"})");
  const auto message = [&](const char* more) {
    return code_of("sale.delivery.request.sendmessage",
                   std::string(R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1")") + more + "}");
  };
  EXPECT_EQ(
      message(
          R"(,"ADDRESSEE":"MANAGER","MESSAGE":{"SUBJECT":"Отказ","BODY":"x","STATUS":{"MESSAGE":"Отказ","SEMANTIC":"error"}})"),
      "(none)");
  EXPECT_EQ(message(""), "ADDRESSEE_IS_NOT_SPECIFIED");
  EXPECT_EQ(message(R"(,"ADDRESSEE":"manager")"), "ADDRESSEE_UNEXPECTED_VALUE");
  EXPECT_EQ(message(R"(,"ADDRESSEE":"MANAGER")"), "MESSAGE_NOT_SPECIFIED");
  EXPECT_EQ(message(R"(,"ADDRESSEE":"MANAGER","MESSAGE":{"BODY":"x","STATUS":{"MESSAGE":"m","SEMANTIC":"bad"}})"),
            "UNEXPECTED_MESSAGE_STATUS_SEMANTIC");
  EXPECT_EQ(code_of("sale.delivery.request.delete", R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1"})"), "(none)");
  EXPECT_EQ(code_of("sale.delivery.request.delete", R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1"})"), "REQUEST_NOT_FOUND");
}

TEST_F(delivery, registers_handlers) {
  const std::string good =
      R"({"NAME":"W","CODE":"waybill","SETTINGS":{"CALCULATE_URL":"https://x/c","CONFIG":[{"TYPE":"STRING","CODE":"WAYBILL_KEY","NAME":"k"}]},"PROFILES":[{"CODE":"courier","NAME":"Курьер"}]})";
  EXPECT_EQ(code_of("sale.delivery.handler.add", good), "(none)");
  EXPECT_EQ(code_of("sale.delivery.handler.add", good), "ERROR_HANDLER_ALREADY_EXIST");
  EXPECT_THAT(text_at(call("sale.delivery.handler.add",
                           R"({"NAME":"W","CODE":"w2","SETTINGS":{"CALCULATE_URL":"x"},"PROFILES":[{"CODE":"c"}]})"),
                      "error_description"),
              HasSubstr("SETTINGS[CONFIG]"));
  EXPECT_EQ(text_at(call("sale.delivery.handler.list", "{}"), "result.0.CODE"), "waybill");
  const auto made = call(
      "sale.delivery.add",
      R"({"REST_CODE":"waybill","NAME":"Доставка","CURRENCY":"RUB","CONFIG":[{"CODE":"WAYBILL_KEY","VALUE":"main"}]})");
  EXPECT_EQ(text_at(made, "result.profiles.0.NAME"), "Курьер");
  EXPECT_EQ(text_at(call("sale.delivery.config.get", R"({"ID":)" + text_at(made, "result.parent.ID") + "}"),
                    "result.0.VALUE"),
            "main");
}

TEST_F(misc, tells_who_one_is) {
  EXPECT_EQ(text_at(call("profile", ""), "result.ID"), "1");
  EXPECT_EQ(text_at(call("server.time", "{}"), "result"), "2026-11-21T13:00:00+03:00");
  EXPECT_EQ(text_at(call("method.get", R"({"name":"crm.item.update"})"), "result.isAvailable"), "1");
  EXPECT_EQ(text_at(call("method.get", R"({"name":"crm.nope"})"), "result.isExisting"), "");
  const auto scopes = call("scope", "{}").at("result").as_array();
  EXPECT_TRUE(std::ranges::any_of(scopes, [](const json::value& v) { return v == "catalog"; }));
}

} // namespace
