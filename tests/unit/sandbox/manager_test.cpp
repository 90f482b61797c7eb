// What a manager does with deliveries, and how the portal calls the handler and reads its answers.
#include <sandbox/handler.hpp>

#include <unit/sandbox/store_fixture.hpp>

namespace waybill::sandbox {
namespace {

using testing::HasSubstr;
using manager = store_test;

constexpr const char* priced = R"({"SUCCESS":"Y","PRICE":432.5,"PERIOD_DESCRIPTION":"2-4 дня"})";

TEST_F(manager, calculates_an_unsaved_form_with_nulls_where_nothing_is_known) {
  set_up_service();
  const auto to = add_property("ADDRESS", "WAYBILL_TO", R"(,"isAddressTo":"Y")");
  const auto pvz = add_property("STRING", "WAYBILL_PVZ");
  const auto other = add_property("STRING", "ELSEWHERE");
  add_property("NUMBER", "COUNT");
  EXPECT_EQ(code_of("sale.propertyRelation.add",
                    fmt::format(R"({{"fields":{{"entityId":{},"entityType":"D","propertyId":{}}}}})", pickup, other)),
            "(none)");
  handler->answers["calculate"] = {200, priced};
  const auto deal = deal_with_goods();
  const auto got =
      control_value("POST", "/orders/calculate",
                    fmt::format(R"({{"deal":{},"delivery":{},"properties":{{"WAYBILL_PVZ":"TVR1"}}}})", deal, courier));
  EXPECT_EQ(text_at(got, "price"), "432.50");
  EXPECT_EQ(text_at(got, "period_description"), "2-4 дня");
  ASSERT_EQ(handler->seen.size(), 1U);
  const auto& rq = handler->raw[0];
  EXPECT_EQ(*find_header(rq.headers, "Content-Type"), "application/json");
  EXPECT_EQ(find_header(rq.headers, "Authorization"), nullptr);
  const json::value s = handler->seen[0].second.at("SHIPMENT");
  EXPECT_TRUE(s.as_object().at("ID").is_null());
  EXPECT_EQ(text_at(s, "DELIVERY_SERVICE.ID"), std::to_string(courier));
  EXPECT_EQ(text_at(s, "DELIVERY_SERVICE.CONFIG.0.VALUE"), "courier");
  EXPECT_EQ(text_at(s, "DELIVERY_SERVICE.PARENT.CONFIG.0.VALUE"), "main");
  EXPECT_EQ(*json::minor(s.as_object(), "PRICE"), 205000);
  EXPECT_EQ(text_at(s, "WEIGHT"), "1900");
  EXPECT_EQ(text_at(s, "ITEMS.0.DIMENSIONS.LENGTH"), "330");
  const auto& plain = json::at_path(s, "ITEMS.1")->as_object();
  EXPECT_TRUE(plain.at("WEIGHT").is_null());
  EXPECT_TRUE(plain.at("DIMENSIONS").is_null());
  const auto& values = s.as_object().at("PROPERTY_VALUES").as_array();
  ASSERT_EQ(values.size(), 2U); // no NUMBER, nothing of another profile
  EXPECT_EQ(text_at(values[0], "ID"), std::to_string(to));
  EXPECT_TRUE(values[0].as_object().at("VALUE").is_null());
  EXPECT_EQ(text_at(values[1], "ID"), std::to_string(pvz));
  EXPECT_EQ(text_at(values[1], "VALUE"), "TVR1");
  EXPECT_EQ(text_at(s, "RECIPIENT_CONTACT.PHONES.0.TYPE"), "MOBILE");
  EXPECT_EQ(control_value("GET", "/orders").as_array().size(), 0U); // nothing was saved
  EXPECT_EQ(text_at(this->deal(deal), "rows.0.xmlId"), "");
}

TEST_F(manager, sends_an_empty_address_as_a_php_list_and_no_phones_at_all) {
  set_up_service();
  add_property("ADDRESS", "WAYBILL_TO", R"(,"isAddressTo":"Y")");
  handler->answers["calculate"] = {200, priced};
  const auto deal = make_deal(R"({"title":"Без телефона","contact":{"name":"Иван"}})");
  control_value(
      "POST", "/orders/calculate",
      fmt::format(R"({{"deal":{},"profile":"courier","properties":{{"to":{{"FIELDS":{{"FLOOR":""}}}}}}}})", deal));
  const json::value s = handler->seen.at(0).second.at("SHIPMENT");
  EXPECT_TRUE(json::at_path(s, "PROPERTY_VALUES.0.VALUE.FIELDS")->is_array());
  EXPECT_TRUE(json::at_path(s, "PROPERTY_VALUES.0.VALUE")->as_object().at("LATITUDE").is_null());
  EXPECT_EQ(json::at_path(s, "RECIPIENT_CONTACT")->as_object().if_contains("PHONES"), nullptr);
}

struct calculation_case {
  const char* name;
  scripted_handler::reply reply;
  bool success;
  const char* price;
  const char* error;
};

TEST_F(manager, reads_calculations_as_the_product_does) {
  set_up_service();
  const auto deal = deal_with_goods();
  const calculation_case cases[] = {
      {"a price", {200, priced}, true, "432.50", ""},
      {"keys in lower case", {200, R"({"success":"Y","price":10})"}, true, "10", ""},
      {"nobody answers: free", {200, "", true}, true, "0", ""},
      {"broken JSON: free", {200, R"({"SUCC)"}, true, "0", ""},
      {"another status hides the text",
       {500, R"({"SUCCESS":"N","REASON":{"TEXT":"наш текст"}})"},
       false,
       "0",
       "Произошла ошибка при расчете стоимости доставки"},
      {"a reason", {200, R"({"SUCCESS":"N","REASON":{"TEXT":"не возим"}})"}, false, "0", "не возим"},
      {"a boolean is not Y",
       {200, R"({"SUCCESS":true,"PRICE":5})"},
       false,
       "0",
       "Произошла ошибка при расчете стоимости доставки"},
      {"nested keys are read as they are",
       {200, R"({"SUCCESS":"N","REASON":{"text":"мелко"}})"},
       false,
       "0",
       "Произошла ошибка при расчете стоимости доставки"},
  };
  for (const auto& one : cases) {
    handler->answers["calculate"] = one.reply;
    const auto got =
        control_value("POST", "/orders/calculate", fmt::format(R"({{"deal":{},"delivery":{}}})", deal, courier));
    EXPECT_EQ(got.as_object().at("success").as_bool(), one.success) << one.name;
    EXPECT_EQ(text_at(got, "price"), one.price) << one.name;
    EXPECT_EQ(*one.error == 0 ? "(absent)" : one.error, text_at(got, "errors.0")) << one.name;
  }
}

TEST_F(manager, adds_the_prices_of_extra_services_on_top) {
  set_up_service();
  const auto extra = [&](const char* more) {
    return code_of("sale.delivery.extra.service.add",
                   fmt::format(R"({{"DELIVERY_ID":{},"ACTIVE":"Y",{}}})", courier, more));
  };
  EXPECT_EQ(extra(R"("TYPE":"checkbox","NAME":"Страховка","CODE":"INSURANCE","PRICE":0)"), "(none)");
  EXPECT_EQ(extra(R"("TYPE":"quantity","NAME":"Грузчики","CODE":"LOADERS","PRICE":100)"), "(none)");
  EXPECT_EQ(
      extra(
          R"("TYPE":"enum","NAME":"Коробка","CODE":"BOX","ITEMS":[{"TITLE":"Нет","CODE":"none"},{"TITLE":"S","CODE":"s","PRICE":45}])"),
      "(none)");
  handler->answers["calculate"] = {200, priced};
  const auto got =
      control_value("POST", "/orders/calculate",
                    fmt::format(R"({{"deal":{},"delivery":{},"extras":{{"INSURANCE":"Y","LOADERS":2,"BOX":"s"}}}})",
                                deal_with_goods(), courier));
  EXPECT_EQ(text_at(got, "price"), "677.50");
  EXPECT_EQ(text_at(got, "extras"), "245");
  const json::value s = handler->seen.at(0).second.at("SHIPMENT");
  EXPECT_EQ(text_at(s, "EXTRA_SERVICES_VALUES.0.CODE"), "INSURANCE");
  EXPECT_EQ(text_at(s, "EXTRA_SERVICES_VALUES.0.VALUE"), "Y");
  EXPECT_EQ(text_at(s, "EXTRA_SERVICES_VALUES.1.VALUE"), "2");
  EXPECT_EQ(text_at(s, "EXTRA_SERVICES_VALUES.2.VALUE"), "s");
}

TEST_F(manager, makes_an_order_with_shipment_and_payment) {
  set_up_service();
  const auto deal = deal_with_goods();
  handler->answers["calculate"] = {200, priced};
  const auto made =
      control_value("POST", "/orders",
                    fmt::format(R"({{"deal":{},"delivery":{},"payment":"cash","comment":"звонить"}})", deal, courier));
  const auto order = text_at(made, "order");
  const auto whole = result_of("sale.order.get", R"({"id":)" + order + "}");
  EXPECT_EQ(text_at(whole, "order.userDescription"), "звонить");
  EXPECT_TRUE(json::at_path(whole, "order.basketItems.0.id")->is_string());
  EXPECT_EQ(text_at(whole, "order.basketItems.0.dimensions"),
            "a:3:{s:5:\"WIDTH\";i:210;s:6:\"HEIGHT\";i:120;s:6:\"LENGTH\";i:330;}");
  EXPECT_EQ(text_at(whole, "order.basketItems.1.dimensions"),
            "a:3:{s:5:\"WIDTH\";N;s:6:\"HEIGHT\";N;s:6:\"LENGTH\";N;}");
  EXPECT_EQ(text_at(whole, "order.payments.0.paySystemIsCash"), "Y");
  EXPECT_EQ(text_at(whole, "order.payments.0.sum"), "2482.50");
  EXPECT_EQ(text_at(whole, "order.clients.0.entityTypeId"), "3");
  EXPECT_EQ(text_at(this->deal(deal), "rows.0.xmlId"),
            "sale_basket_" + text_at(whole, "order.basketItems.0.id")); // billed
  const auto list = result_of("crm.item.delivery.list", fmt::format(R"({{"entityTypeId":2,"entityId":{}}})", deal));
  ASSERT_EQ(list.as_array().size(), 1U);
  EXPECT_EQ(text_at(list, "0.id"), text_at(made, "shipment"));
  EXPECT_EQ(text_at(list, "0.deliveryId"), std::to_string(courier));
  EXPECT_EQ(text_at(result_of("crm.orderentity.list", fmt::format(R"({{"filter":{{"orderId":{}}}}})", order)),
                    "orderEntity.0.ownerId"),
            std::to_string(deal));
}

TEST_F(manager, does_not_save_what_cannot_be_priced) {
  set_up_service();
  handler->answers["calculate"] = {200, R"({"SUCCESS":"N","REASON":{"TEXT":"не возим"}})"};
  const auto r = send("POST", "/sandbox/portals/main/orders",
                      fmt::format(R"({{"deal":{},"delivery":{}}})", deal_with_goods(), courier));
  EXPECT_EQ(r.status, 409);
  EXPECT_THAT(r.body, HasSubstr("не возим"));
  EXPECT_EQ(control_value("GET", "/orders").as_array().size(), 0U);
}

TEST_F(manager, takes_no_typing_mistakes) {
  set_up_service();
  const auto deal = deal_with_goods();
  const auto status = [&](const std::string& more) {
    return send("POST", "/sandbox/portals/main/orders", fmt::format(R"({{"deal":{},{}}})", deal, more)).status;
  };
  const auto on = fmt::format(R"("delivery":{},"price":1)", courier);
  EXPECT_EQ(status(R"("delivery":40)"), 400);
  EXPECT_EQ(status(R"("profile":"boat")"), 400);
  EXPECT_EQ(status(on + R"(,"properties":{"NOPE":"x"})"), 400);
  EXPECT_EQ(status(on + R"(,"extras":{"NOPE":"Y"})"), 400);
  EXPECT_EQ(status(on + R"(,"rows":[{"row":1}])"), 400);
  EXPECT_EQ(status(on + R"(,"payment":"gold")"), 400);
  EXPECT_EQ(send("POST", "/sandbox/portals/main/orders", R"({"deal":1,"delivery":41})").status, 400);
  EXPECT_EQ(send("POST", "/sandbox/portals/main/order-delivery", "{}").status, 400);
  EXPECT_EQ(send("POST", "/sandbox/portals/main/delivery-requests/none/cancel").status, 404);
  EXPECT_EQ(control_value("GET", "/orders").as_array().size(), 0U);
}

TEST_F(manager, orders_a_delivery_and_the_portal_wipes_the_tracking_number) {
  set_up_service();
  const auto deal = deal_with_goods();
  const auto id = json::integer_or(make_order(deal), "shipment");
  EXPECT_EQ(
      code_of(
          "sale.shipment.update",
          fmt::format(
              R"({{"id":{},"fields":{{"allowDelivery":"Y","deducted":"N","deliveryId":{},"trackingNumber":"EARLY","deliveryDocNum":"7"}}}})",
              id, courier)),
      "(none)");
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":"wb-1"})"};
  const json::value done = press_order(id);
  EXPECT_EQ(text_at(done, "request_id"), "wb-1");
  const json::value sent = handler->seen.back().second;
  EXPECT_EQ(text_at(sent, "SHIPMENTS.0.ID"), std::to_string(id));
  EXPECT_EQ(text_at(shipment(id), "trackingNumber"), "");
  EXPECT_EQ(text_at(shipment(id), "deliveryDocNum"), "");
  const auto requests = control_value("GET", "/delivery-requests");
  EXPECT_EQ(text_at(requests, "0.deal"), std::to_string(deal));
  EXPECT_EQ(text_at(requests, "0.shipments.0"), std::to_string(id));
  EXPECT_EQ(text_at(this->deal(deal), "log_messages.0.iconCode"), "delivery");
  // The second press never reaches us.
  const auto calls = handler->seen.size();
  const json::value again = press_order(id);
  EXPECT_FALSE(again.as_object().at("called").as_bool());
  EXPECT_EQ(handler->seen.size(), calls);
  EXPECT_EQ(code_of("sale.delivery.request.update",
                    fmt::format(R"({{"DELIVERY_ID":{},"REQUEST_ID":"wb-1","FINALIZE":"Y"}})", courier)),
            "(none)");
  EXPECT_EQ(code_of("sale.delivery.request.update",
                    fmt::format(R"({{"DELIVERY_ID":{},"REQUEST_ID":"wb-1","FINALIZE":"Y"}})", parent)),
            "REQUEST_NOT_FOUND"); // the profile, not the parent
}

TEST_F(manager, orders_several_shipments_of_one_service_together) {
  set_up_service();
  const auto one = json::integer_or(make_order(deal_with_goods()), "shipment");
  const auto two = json::integer_or(make_order(deal_with_goods()), "shipment");
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":"wb-2"})"};
  const auto done = control_value("POST", "/order-delivery", fmt::format(R"({{"shipments":[{},{}]}})", one, two));
  EXPECT_TRUE(done.as_object().at("success").as_bool());
  EXPECT_EQ(handler->seen.back().second.at("SHIPMENTS").as_array().size(), 2U);
  EXPECT_TRUE(shipment(two).at("in_request").as_bool());
}

TEST_F(manager, reads_answers_to_create_as_the_product_does) {
  set_up_service();
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  struct create_case {
    const char* name;
    scripted_handler::reply reply;
    std::vector<std::string> errors;
  };
  const std::string network = "Сетевая ошибка. Попробуйте повторить запрос позже.";
  const std::string some = "Произошла ошибка.", no_id = "Не указан идентификатор созданной заявки.";
  const create_case cases[] = {
      {"nobody", {200, "", true}, {network}},
      {"broken JSON", {200, "{"}, {network}},
      {"another status", {503, R"({"SUCCESS":"Y","REQUEST_ID":"a"})"}, {some, no_id}},
      {"refused", {200, R"({"SUCCESS":"N","REASON":{"TEXT":"нет телефона"}})"}, {"нет телефона", no_id}},
      {"a number", {200, R"({"SUCCESS":"Y","REQUEST_ID":17})"}, {no_id}},
      {"a decimal", {200, R"({"SUCCESS":"Y","REQUEST_ID":1.5})"}, {no_id}},
      {"empty", {200, R"({"SUCCESS":"Y","REQUEST_ID":""})"}, {no_id}},
      {"zero is empty", {200, R"({"SUCCESS":"Y","REQUEST_ID":"0"})"}, {no_id}},
      {"absent", {200, R"({"SUCCESS":"Y"})"}, {no_id}},
      {"too long",
       {200, R"({"SUCCESS":"Y","REQUEST_ID":")" + std::string(101, 'a') + R"("})"},
       {"Не удалось сохранить транспортную заявку."}},
  };
  for (const auto& one : cases) {
    handler->answers["create"] = one.reply;
    const auto done = press_order(id);
    EXPECT_FALSE(done.at("success").as_bool()) << one.name;
    json::array wanted;
    for (const auto& e : one.errors) wanted.emplace_back(e);
    EXPECT_EQ(json::serialize(done.at("errors")), json::serialize(wanted)) << one.name;
    EXPECT_FALSE(shipment(id).at("in_request").as_bool()) << one.name;
  }
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":")" + std::string(100, 'a') + R"("})"};
  EXPECT_TRUE(press_order(id).at("success").as_bool());
}

TEST_F(manager, cancelling_keeps_the_request_and_deleting_asks_first) {
  set_up_service();
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":"wb-3"})"};
  handler->answers["cancel"] = {200, R"({"SUCCESS":"N","REASON":{"TEXT":"уже выдана"}})"};
  handler->answers["delete"] = {200, R"({"SUCCESS":"N"})"};
  press_order(id);
  const auto press = [&](const char* what) {
    return control_value("POST", std::string("/delivery-requests/wb-3/") + what);
  };
  EXPECT_EQ(text_at(press("cancel"), "errors.0"), "уже выдана");
  EXPECT_EQ(text_at(control_value("GET", "/delivery-requests"), "0.cancelled"), "");
  handler->answers["cancel"] = {200, R"({"SUCCESS":"Y"})"};
  EXPECT_TRUE(press("cancel").as_object().at("success").as_bool());
  const json::value asked = handler->seen.back().second;
  EXPECT_EQ(text_at(asked, "DELIVERY_ID"), std::to_string(courier));
  EXPECT_EQ(text_at(asked, "REQUEST_ID"), "wb-3");
  EXPECT_EQ(asked.as_object().if_contains("SHIPMENT"), nullptr);
  EXPECT_TRUE(shipment(id).at("in_request").as_bool()); // only cancelled, still there
  const auto by_rest = fmt::format(R"({{"DELIVERY_ID":{},"REQUEST_ID":"wb-3"}})", courier);
  EXPECT_EQ(code_of("sale.delivery.request.delete", by_rest), "DELETE_REQUEST_INTERNAL_ERROR");
  EXPECT_TRUE(shipment(id).at("in_request").as_bool());
  handler->answers["delete"] = {200, R"({"SUCCESS":"Y"})"};
  EXPECT_EQ(code_of("sale.delivery.request.delete", by_rest), "(none)");
  EXPECT_EQ(handler->seen.back().first, "delete");
  EXPECT_EQ(code_of("sale.delivery.request.delete", by_rest), "REQUEST_NOT_FOUND");
  EXPECT_FALSE(shipment(id).at("in_request").as_bool()); // free for a new order
}

TEST_F(manager, without_a_url_there_is_no_button) {
  auto body = handler_body();
  const auto cut = body.find(R"("CREATE_DELIVERY_REQUEST_URL")");
  body.erase(cut, body.find(R"("HAS_CALL)") - cut);
  EXPECT_EQ(code_of("sale.delivery.handler.add", body), "(none)");
  const auto made = result_of(
      "sale.delivery.add",
      R"({"REST_CODE":"waybill","NAME":"Наша","CURRENCY":"RUB","CONFIG":[{"CODE":"WAYBILL_KEY","VALUE":"main"}]})");
  courier = json::as_integer(*json::at_path(made, "profiles.0.ID")).value_or(0);
  const auto done = press_order(json::integer_or(make_order(deal_with_goods()), "shipment"));
  EXPECT_FALSE(done.at("called").as_bool());
  EXPECT_TRUE(handler->seen.empty());
}

TEST_F(manager, survives_a_request_that_is_deleted_while_the_handler_thinks) {
  set_up_service();
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":"wb-4"})"};
  handler->answers["cancel"] = {200, R"({"SUCCESS":"Y"})"};
  press_order(id);
  handler->meanwhile = [&] { inside->find_portal("main")->requests.clear(); };
  EXPECT_TRUE(control_value("POST", "/delivery-requests/wb-4/cancel").as_object().at("success").as_bool());
}

TEST_F(manager, faults_reach_the_handlers_calls_and_are_named_by_action) {
  set_up_service();
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":"wb-5"})"};
  control_value("POST", "/faults", R"({"kind":"lost_answer","method":"handler.create"})");
  EXPECT_EQ(text_at(press_order(id), "errors.0"), "Сетевая ошибка. Попробуйте повторить запрос позже.");
  ASSERT_EQ(handler->seen.size(), 1U); // it had left
  control_value("POST", "/faults", R"({"kind":"down","method":"handler.*"})");
  EXPECT_FALSE(press_order(id).at("success").as_bool());
  EXPECT_EQ(handler->seen.size(), 1U);
  control_value("POST", "/faults", R"({"kind":"error","method":"handler.create"})");
  EXPECT_EQ(text_at(press_order(id), "errors.0"), "Произошла ошибка.");
  EXPECT_TRUE(press_order(id).at("success").as_bool());
  const auto calls = control_value("GET", "/handler-calls").as_array();
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(text_at(calls[1], "reached"), "");
  EXPECT_EQ(text_at(calls[3], "status"), "200");
}

TEST_F(manager, pays_and_takes_back) {
  set_up_service();
  const json::value made = make_order(deal_with_goods(), R"(,"payment":{"system":"prepaid","paid":true})");
  const auto id = text_at(made, "payment");
  const auto paid = [&] { return text_at(result_of("sale.payment.get", R"({"id":)" + id + "}"), "payment.paid"); };
  EXPECT_EQ(paid(), "Y");
  control_value("POST", "/payments/" + id + "/unpay");
  EXPECT_EQ(paid(), "N");
  control_value("POST", "/payments/" + id + "/pay");
  EXPECT_EQ(paid(), "Y");
  EXPECT_EQ(send("POST", "/sandbox/portals/main/payments/1/pay").status, 404);
}

TEST_F(manager, splits_an_order_into_shipments) {
  set_up_service();
  const auto deal = deal_with_goods();
  const auto row = text_at(this->deal(deal), "rows.0.id");
  const json::value first = make_order(deal, fmt::format(R"(,"rows":[{{"row":{},"quantity":1}}])", row));
  const auto order = text_at(first, "order");
  const auto second =
      control_value("POST", "/orders", fmt::format(R"({{"order":{},"delivery":{},"price":0}})", order, pickup));
  EXPECT_EQ(text_at(second, "order"), order);
  const auto items = shipment(json::integer_or(second.as_object(), "shipment")).at("shipmentItems").as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(text_at(items[0], "quantity"), "1"); // one of two went before
}

} // namespace
} // namespace waybill::sandbox
