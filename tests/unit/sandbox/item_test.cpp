#include <unit/sandbox/fixture.hpp>

namespace {
using namespace waybill;
using namespace waybill::sandbox;
using testing::HasSubstr;

using item = sandbox_test;

TEST_F(item, answers_numbers_as_numbers_and_empty_fields_as_null) {
  const auto id = make_deal(
      R"({"title":"Заказ 7","category":2,"stage":"C2:NEW","rows":[{"productId":201,"quantity":2}],"contact":{"name":"Иван","phone":"8 (912) 345-67-89"}})");
  const auto answer =
      call_raw("crm.item.get", R"({"entityTypeId":2,"id":)" + std::to_string(id) + R"(,"useOriginalUfNames":"Y"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("opportunity":9000)"));
  const auto v = parsed(answer);
  const auto& got = v.at("result").at("item").as_object();
  EXPECT_EQ(got.at("id"), id);
  EXPECT_EQ(got.at("categoryId"), 2);
  EXPECT_EQ(got.at("stageId"), "C2:NEW");
  EXPECT_TRUE(got.at("UF_CRM_TRACKING_NUMBER").is_null());
  EXPECT_EQ(got.at("UF_CRM_DELIVERY_NOTES"), json::array{});
  EXPECT_EQ(got.at("contactIds").as_array().size(), 1U);
  EXPECT_TRUE(v.at("time").as_object().contains("operating"));
}

TEST_F(item, knows_user_fields_by_one_spelling_at_a_time) {
  const auto id = std::to_string(make_deal());
  auto update = [&](const std::string& fields, const std::string& flag) {
    return call("crm.item.update", R"({"entityTypeId":2,"id":)" + id + R"(,"fields":)" + fields + flag + "}");
  };
  update(R"({"ufCrmTrackingNumber":"A"})", "");
  EXPECT_EQ(text_at(deal(std::stoll(id)), "fields.UF_CRM_TRACKING_NUMBER"), "A");
  update(R"({"UF_CRM_TRACKING_NUMBER":"B"})", ""); // the wrong spelling is ignored without a word
  EXPECT_EQ(text_at(deal(std::stoll(id)), "fields.UF_CRM_TRACKING_NUMBER"), "A");
  const auto answer = update(R"({"UF_CRM_TRACKING_NUMBER":"B","UF_CRM_TYPO":"x"})", R"(,"useOriginalUfNames":"Y")");
  EXPECT_EQ(text_at(answer, "result.item.UF_CRM_TRACKING_NUMBER"), "B");
  EXPECT_EQ(text_at(answer, "result.item.UF_CRM_TYPO"), "(absent)");
}

TEST_F(item, reports_what_is_missing_or_gone) {
  EXPECT_EQ(code_of("crm.item.get", R"({"id":1})"), "100");
  EXPECT_EQ(code_of("crm.item.get", R"({"entityTypeId":2})"), "100");
  EXPECT_EQ(code_of("crm.item.get", R"({"entityTypeId":2,"id":1})"), "NOT_FOUND");
  EXPECT_EQ(code_of("crm.item.get", R"({"entityTypeId":777,"id":1})"), "NOT_FOUND");
  EXPECT_EQ(call_raw("crm.item.get", R"({"entityTypeId":2,"id":1})").status, 400);
  EXPECT_EQ(code_of("crm.item.update", R"({"entityTypeId":2,"id":1})"), "100");
}

TEST_F(item, smart_invoices_belong_to_a_deal_and_have_fields_of_their_own) {
  const auto deal_id = std::to_string(make_deal());
  const std::string name = R"("fieldName":"UF_CRM_SMART_INVOICE_COST")";
  const auto field = [&](const std::string& inner) {
    return code_of("userfieldconfig.add", R"({"moduleId":"crm","field":{)" + inner + "}}");
  };
  EXPECT_EQ(code_of("userfieldconfig.add", R"({"field":{}})"), "100");
  EXPECT_EQ(field(R"("entityId":"CRM_7","userTypeId":"money",)" + name), "");
  EXPECT_EQ(field(R"("entityId":"CRM_SMART_INVOICE","userTypeId":"money","fieldName":"UF_CRM_COST")"), "");
  const std::string good = R"("entityId":"CRM_SMART_INVOICE","userTypeId":"money",)" + name;
  EXPECT_EQ(
      text_at(call("userfieldconfig.add", R"({"moduleId":"crm","field":{)" + good + "}}"), "result.field.userTypeId"),
      "money");
  EXPECT_EQ(field(good), ""); // it is there
  const auto made = call("crm.item.add", R"({"entityTypeId":31,"fields":{"parentId2":)" + deal_id + "}}");
  EXPECT_EQ(text_at(made, "result.item.stageId"), "DT31_1:N");
  const auto id = text_at(made, "result.item.id");
  const auto wrong = R"({"entityTypeId":31,"id":)" + id + R"(,"fields":{"stageId":"NEW"}})";
  EXPECT_EQ(code_of("crm.item.update", wrong), "CRM_FIELD_ERROR_VALUE_NOT_VALID");
  const auto written = call("crm.item.update", R"({"entityTypeId":31,"useOriginalUfNames":"Y","id":)" + id +
                                                   R"(,"fields":{"UF_CRM_SMART_INVOICE_COST":"432.50|RUB"}})");
  EXPECT_EQ(text_at(written, "result.item.UF_CRM_SMART_INVOICE_COST"), "432.50|RUB");
  const auto list = call("crm.item.list", R"({"entityTypeId":31,"useOriginalUfNames":"Y","filter":{"parentId2":)" +
                                              deal_id + R"(},"select":["id","UF_CRM_SMART_INVOICE_COST"]})");
  ASSERT_EQ(list.at("result").at("items").as_array().size(), 1U);
  EXPECT_EQ(text_at(list, "result.items.0.UF_CRM_SMART_INVOICE_COST"), "432.50|RUB");
  const auto fields = call("crm.item.fields", R"({"entityTypeId":31,"useOriginalUfNames":"Y"})");
  EXPECT_EQ(text_at(fields, "result.fields.UF_CRM_SMART_INVOICE_COST.type"), "money");
  // A deal does not have them.
  const auto of_deals = call("crm.item.fields", R"({"entityTypeId":2,"useOriginalUfNames":"Y"})");
  EXPECT_EQ(text_at(of_deals, "result.fields.UF_CRM_SMART_INVOICE_COST.type"), "(absent)");
}

struct value_row {
  const char* name;
  const char* field;
  const char* value;
  const char* code;
};
void PrintTo(const value_row& r, std::ostream* out) { *out << r.name; }

class item_value : public sandbox_test, public testing::WithParamInterface<value_row> {};

TEST_P(item_value, is_checked) {
  const auto& r = GetParam();
  const auto id = std::to_string(make_deal());
  EXPECT_EQ(code_of("crm.item.update", R"({"entityTypeId":2,"useOriginalUfNames":"Y","id":)" + id + R"(,"fields":{")" +
                                           r.field + R"(":)" + r.value + "}}"),
            r.code);
}

INSTANTIATE_TEST_SUITE_P(
    crm, item_value,
    testing::Values(value_row{"enum_id", "UF_CRM_DELIVERY_TYPE", "45", "(none)"},
                    value_row{"enum_id_as_text", "UF_CRM_DELIVERY_TYPE", "\"46\"", "(none)"},
                    value_row{"enum_text", "UF_CRM_DELIVERY_TYPE", "\"courier\"", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"enum_unknown", "UF_CRM_DELIVERY_TYPE", "99", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"multiple_wants_a_list", "UF_CRM_DELIVERY_NOTES", "\"x\"", "100"},
                    value_row{"multiple", "UF_CRM_DELIVERY_NOTES", "[\"x\",\"y\"]", "(none)"},
                    value_row{"date", "UF_CRM_DELIVERY_DATE", "\"2026-12-01\"", "(none)"},
                    value_row{"no_date", "UF_CRM_DELIVERY_DATE", "\"01.12\"", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"double", "UF_CRM_DELIVERY_COST", "350.5", "(none)"},
                    value_row{"double_as_text", "UF_CRM_DELIVERY_COST", "\"350.50\"", "(none)"},
                    value_row{"no_double", "UF_CRM_DELIVERY_COST", "\"350 руб\"", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"boolean", "UF_CRM_DELIVERY_PAID", "\"Y\"", "(none)"},
                    value_row{"no_boolean", "UF_CRM_DELIVERY_PAID", "\"да\"", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"file", "UF_CRM_DELIVERY_LABEL", "[\"a.pdf\",\"JVBERg==\"]", "(none)"},
                    value_row{"file_the_classic_way", "UF_CRM_DELIVERY_LABEL",
                              "{\"fileData\":[\"a.pdf\",\"JVBERg==\"]}", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"file_with_data_prefix", "UF_CRM_DELIVERY_LABEL",
                              "[\"a.pdf\",\"data:application/pdf;base64,JVBERg==\"]",
                              "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"stage_of_another_pipeline", "stageId", "\"C2:NEW\"", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"stage_that_is_none", "stageId", "\"SHIPPED\"", "CRM_FIELD_ERROR_VALUE_NOT_VALID"},
                    value_row{"stage", "stageId", "\"EXECUTING\"", "(none)"},
                    value_row{"pipeline_that_is_none", "categoryId", "9", "CRM_FIELD_ERROR_VALUE_NOT_VALID"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(item, shows_values_back_in_their_types) {
  const auto id = std::to_string(make_deal());
  const auto answer = call_raw(
      "crm.item.update",
      R"({"entityTypeId":2,"useOriginalUfNames":"Y","id":)" + id +
          R"(,"fields":{"UF_CRM_DELIVERY_COST":"350.50","UF_CRM_DELIVERY_TYPE":"45","UF_CRM_DELIVERY_PAID":1,"UF_CRM_DELIVERY_DATE":"2026-12-01","UF_CRM_DELIVERY_LABEL":["a.pdf","JVBERg=="]}})");
  EXPECT_THAT(answer.body, HasSubstr(R"("UF_CRM_DELIVERY_COST":350.50)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("UF_CRM_DELIVERY_TYPE":45)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("UF_CRM_DELIVERY_PAID":"Y")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("UF_CRM_DELIVERY_DATE":"2026-12-01T00:00:00+03:00")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("urlMachine")"));
  EXPECT_EQ(text_at(deal(std::stoll(id)), "fields.UF_CRM_DELIVERY_LABEL.name"), "a.pdf");
  EXPECT_EQ(text_at(deal(std::stoll(id)), "fields.UF_CRM_DELIVERY_LABEL.size"), "4");
  call("crm.item.update",
       R"({"entityTypeId":2,"useOriginalUfNames":"Y","id":)" + id + R"(,"fields":{"UF_CRM_DELIVERY_LABEL":""}})");
  EXPECT_TRUE(deal(std::stoll(id)).at("fields").at("UF_CRM_DELIVERY_LABEL").is_null());
}

TEST_F(item, moves_and_remembers) {
  const auto id = make_deal();
  at += std::chrono::minutes(5);
  call("crm.item.update", R"({"entityTypeId":2,"id":)" + std::to_string(id) + R"(,"fields":{"stageId":"WON"}})");
  const auto d = deal(id);
  EXPECT_EQ(text_at(d, "closed"), "Y");
  EXPECT_EQ(text_at(d, "stageSemanticId"), "S");
  EXPECT_EQ(text_at(d, "movedTime"), "2026-11-21T13:05:00+03:00");
  const auto history = call("crm.stagehistory.list", R"({"entityTypeId":2,"filter":{"OWNER_ID":)" + std::to_string(id) +
                                                         R"(},"order":{"ID":"ASC"}})");
  EXPECT_EQ(text_at(history, "result.items.0.TYPE_ID"), "1");
  EXPECT_EQ(text_at(history, "result.items.1.TYPE_ID"), "3");
  EXPECT_EQ(text_at(history, "result.items.1.STAGE_ID"), "WON");
  call("crm.item.update", R"({"entityTypeId":2,"id":)" + std::to_string(id) + R"(,"fields":{"categoryId":2}})");
  EXPECT_EQ(text_at(deal(id), "stage"), "C2:NEW"); // the first one of the other pipeline
}

TEST_F(item, demands_fields_by_stage) {
  configure(R"({"required_fields":{"EXECUTING":["UF_CRM_DELIVERY_ADDRESS"]}})");
  const auto id = std::to_string(make_deal());
  const auto refused =
      call("crm.item.update", R"({"entityTypeId":2,"id":)" + id + R"(,"fields":{"stageId":"EXECUTING"}})");
  EXPECT_EQ(text_at(refused, "error"), "CRM_FIELD_ERROR_REQUIRED");
  EXPECT_THAT(text_at(refused, "error_description"), HasSubstr("Адрес доставки"));
  EXPECT_EQ(code_of("crm.item.update", R"({"entityTypeId":2,"id":)" + id + R"(,"fields":{"title":"y"}})"), "(none)");
  EXPECT_EQ(
      code_of("crm.item.update", R"({"entityTypeId":2,"useOriginalUfNames":"Y","id":)" + id +
                                     R"(,"fields":{"stageId":"EXECUTING","UF_CRM_DELIVERY_ADDRESS":"Тверь|;|"}})"),
      "(none)");
}

TEST_F(item, filters_with_prefixes_and_refuses_wrong_names) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(make_deal(R"({"title":"Заказ","stage":")" + std::string(i == 2 ? "WON" : "EXECUTING") + R"("})"));
  call("crm.item.update", R"({"entityTypeId":2,"useOriginalUfNames":"Y","id":)" + std::to_string(ids[0]) +
                              R"(,"fields":{"UF_CRM_LOGISTICS_ORDER_ID":"A-1"}})");
  const auto found = [&](const std::string& filter) {
    const auto answer =
        call("crm.item.list", R"({"entityTypeId":2,"useOriginalUfNames":"Y","select":["id"],"filter":)" + filter + "}");
    std::string out;
    for (const auto& i : answer.at("result").at("items").as_array())
      out += std::to_string(i.at("id").as_int64() - ids[0]);
    return out;
  };
  EXPECT_EQ(found("{}"), "012");
  EXPECT_EQ(found(R"({"@stageId":["EXECUTING"],"UF_CRM_LOGISTICS_ORDER_ID":"",">id":0})"), "1");
  EXPECT_EQ(found(R"({"!UF_CRM_LOGISTICS_ORDER_ID":""})"), "0");
  EXPECT_EQ(found(R"({"=stageId":["WON"]})"), "2");
  EXPECT_EQ(found(R"({"!@stageId":["WON"]})"), "01");
  EXPECT_EQ(found(R"({">id":)" + std::to_string(ids[1]) + "}"), "2");
  EXPECT_EQ(found(R"({"<=id":)" + std::to_string(ids[1]) + "}"), "01");
  EXPECT_EQ(found(R"({"%stageId":"EXEC"})"), ""); // LIKE does not work on stages
  EXPECT_EQ(found(R"({"%UF_CRM_LOGISTICS_ORDER_ID":"a-"})"), "0");
  EXPECT_EQ(found(R"({"0":{"logic":"OR","0":{"stageId":"WON"},"1":{"UF_CRM_LOGISTICS_ORDER_ID":"A-1"}}})"), "02");
  EXPECT_EQ(found(R"({">=updatedTime":"2026-11-21T10:00:00Z"})"), "012");
  EXPECT_EQ(found(R"({">updatedTime":"2026-11-21T13:00:00+03:00"})"), "");
  for (const char* wrong : {R"({"STAGE_ID":"WON"})", R"({"ufCrmLogisticsOrderId":""})", R"({"0":{"nope":1}})"})
    EXPECT_EQ(
        code_of("crm.item.list", R"({"entityTypeId":2,"useOriginalUfNames":"Y","filter":)" + std::string(wrong) + "}"),
        "INVALID_ARG_VALUE")
        << wrong;
  EXPECT_EQ(code_of("crm.item.list", R"({"entityTypeId":2,"order":{"ID":"ASC"}})"), "INVALID_ARG_VALUE");
}

TEST_F(item, pages_by_fifty) {
  control_value("POST", "/mass", R"({"count":120,"stage":"NEW"})");
  const auto first = call("crm.item.list", R"({"entityTypeId":2,"select":["id"]})");
  EXPECT_EQ(first.at("total"), 120);
  EXPECT_EQ(first.at("next"), 50);
  EXPECT_EQ(first.at("result").at("items").as_array().size(), 50U);
  const auto last = call("crm.item.list", R"({"entityTypeId":2,"select":["id"],"start":100})");
  EXPECT_EQ(last.at("result").at("items").as_array().size(), 20U);
  EXPECT_FALSE(last.contains("next"));
  const auto uncounted = call("crm.item.list", R"({"entityTypeId":2,"select":["id"],"start":-1})");
  EXPECT_EQ(uncounted.at("total"), 0);
  EXPECT_FALSE(uncounted.contains("next"));
  EXPECT_EQ(uncounted.at("result").at("items").as_array().size(), 50U);
}

TEST_F(item, lists_rows_only_with_both_keys) {
  const auto a =
      make_deal(R"({"title":"a","rows":[{"productId":201,"quantity":1},{"name":"Подарок","price":"99.90"}]})");
  const auto b = make_deal(R"({"title":"b","rows":[{"productId":102}]})");
  const auto both = call("crm.item.productrow.list", R"({"filter":{"=ownerType":"D","=ownerId":[)" + std::to_string(a) +
                                                         "," + std::to_string(b) + "]}}");
  EXPECT_EQ(both.at("total"), 3);
  EXPECT_EQ(text_at(both, "result.productRows.0.productName"), "Кроссовки, 42");
  EXPECT_EQ(text_at(both, "result.productRows.1.price"), "99.90");
  EXPECT_EQ(text_at(both, "result.productRows.1.productId"), "0");
  EXPECT_NE(code_of("crm.item.productrow.list", R"({"filter":{"ownerType":"D","ownerId":1}})"), "(none)");
  EXPECT_NE(code_of("crm.item.productrow.list", R"({"filter":{"=ownerType":"D"}})"), "(none)");
}

TEST_F(item, shows_people) {
  const auto id = make_deal(
      R"({"title":"a","contact":{"name":"Иван","last_name":"Петров","phone":"8 912 345-67-89","email":"i@example.com"},"company":{"title":"ООО Ромашка"}})");
  const auto contact = text_at(deal(id), "contactId");
  const auto universal = call("crm.item.get", R"({"entityTypeId":3,"id":)" + contact + "}");
  EXPECT_EQ(text_at(universal, "result.item.fm.0.value"), "8 912 345-67-89");
  EXPECT_EQ(text_at(universal, "result.item.phone"), "8 912 345-67-89");
  EXPECT_EQ(text_at(universal, "result.item.emailWork"), "i@example.com");
  const auto classic = call("crm.contact.get", R"({"id":)" + contact + "}");
  EXPECT_EQ(text_at(classic, "result.PHONE.0.VALUE_TYPE"), "MOBILE");
  EXPECT_EQ(text_at(classic, "result.HAS_PHONE"), "Y");
  const auto company = call("crm.company.get", R"({"id":)" + text_at(deal(id), "companyId") + "}");
  EXPECT_EQ(text_at(company, "result.TITLE"), "ООО Ромашка");
  EXPECT_FALSE(company.at("result").as_object().contains("PHONE"));
  const auto contacts = call("crm.deal.contact.items.get", R"({"id":)" + std::to_string(id) + "}");
  EXPECT_EQ(text_at(contacts, "result.0.CONTACT_ID"), contact);
  EXPECT_EQ(text_at(contacts, "result.0.IS_PRIMARY"), "Y");
}

TEST(user_field_names, become_camel_case_by_the_rules) {
  const std::pair<const char*, const char*> rows[] = {{"UF_CRM_DELIVERY_ADDRESS", "ufCrmDeliveryAddress"},
                                                      {"UF_CRM_3_DIGIT", "ufCrm3Digit"},
                                                      {"UF_CRM_2_1639669411830", "ufCrm2_1639669411830"},
                                                      {"UF_CRM_1747309879", "ufCrm_1747309879"},
                                                      {"UF_CRM_10_DIGIT10", "ufCrm_10_DIGIT10"}};
  for (const auto& [classic, camel] : rows) EXPECT_EQ(camel_name(classic), camel);
}

} // namespace
