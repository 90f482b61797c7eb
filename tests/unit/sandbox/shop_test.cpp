// Orders, shipments, payments, rows: the daily calls of the store.
#include <unit/sandbox/store_fixture.hpp>

namespace waybill::sandbox {
namespace {

using shop = store_test;

TEST_F(shop, a_shipment_update_empties_what_it_does_not_name) {
  set_up_service();
  const auto id = std::to_string(json::integer_or(make_order(deal_with_goods()), "shipment"));
  const auto update = [&](const std::string& fields) {
    return call("sale.shipment.update", R"({"id":)" + id + R"(,"fields":{)" + fields + "}}");
  };
  const auto must = fmt::format(R"("allowDelivery":"Y","deducted":"N","deliveryId":{})", courier);
  EXPECT_EQ(text_at(update(R"("trackingNumber":"1")"), "error_description"),
            "Required fields: allowDelivery, deducted, deliveryId");
  const auto full = update(
      must +
      R"(,"statusId":"DF","priceDelivery":432.5,"trackingNumber":"TR1","deliveryDocNum":"7","comments":"c","responsibleId":8,"xmlId":"x1","deliveryDocDate":"2026-11-20T00:00:00+03:00")");
  EXPECT_EQ(*json::minor(full.at("result").as_object().at("shipment").as_object(), "basePriceDelivery"), 43250);
  EXPECT_EQ(text_at(full, "result.shipment.statusId"), "DF");
  const json::value bare = update(must);
  const struct {
    const char* field;
    const char* left;
  } table[] = {{"trackingNumber", ""}, {"deliveryDocNum", ""}, {"comments", ""},      {"statusId", "DN"},
               {"responsibleId", "7"}, {"xmlId", "x1"},        {"allowDelivery", "Y"}};
  for (const auto& one : table)
    EXPECT_EQ(text_at(bare, std::string("result.shipment.") + one.field), one.left) << one.field;
  const auto& after = json::at_path(bare, "result.shipment")->as_object();
  EXPECT_EQ(*json::minor(after, "basePriceDelivery"), 0);
  EXPECT_EQ(*json::minor(after, "priceDelivery"), 0);
  EXPECT_EQ(text_at(bare, "result.shipment.deliveryDocDate"), "2026-11-20T00:00:00+03:00");
  const json::value both = update(must + R"(,"basePriceDelivery":100,"priceDelivery":80)");
  EXPECT_EQ(*json::minor(json::at_path(both, "result.shipment")->as_object(), "priceDelivery"), 10000);
}

TEST_F(shop, refuses_wrong_shipments) {
  set_up_service();
  const json::value made = make_order(deal_with_goods());
  const auto id = text_at(made, "shipment"), order = text_at(made, "order");
  const auto with = [&](const std::string& more, std::int64_t service_id) {
    return R"({"id":)" + id +
           fmt::format(R"(,"fields":{{"allowDelivery":"Y","deducted":"N","deliveryId":{}{}}}}})", service_id, more);
  };
  const struct {
    const char* method;
    std::string body;
    const char* code;
  } cases[] = {
      {"sale.shipment.get", R"({"id":1})", "201140400001"},
      {"sale.shipment.get", "{}", "100"},
      {"sale.shipment.update", R"({"id":1,"fields":{"allowDelivery":"Y"}})", "201140400001"},
      {"sale.shipment.update", with("", 99999), "SALE_SHIPMENT_WRONG_DELIVERY_SERVICE"},
      {"sale.shipment.update", with(R"(,"statusId":"QQ")", courier), "BX_INVALID_VALUE"},
      {"sale.shipment.update", with(R"(,"statusId":"F")", courier), "BX_INVALID_VALUE"}, // of orders
      {"sale.shipment.add", R"({"fields":{"orderId":1,"allowDelivery":"Y","deducted":"N","deliveryId":41}})", "0"},
      {"sale.shipmentitem.add", R"({"fields":{"orderDeliveryId":1,"basketId":1,"quantity":1}})", "201240400002"},
      {"sale.shipmentitem.add", R"({"fields":{"orderDeliveryId":)" + id + R"(,"basketId":1,"quantity":1}})",
       "201240400003"},
      {"sale.shipmentitem.get", R"({"id":1})", "201240400001"},
      {"sale.order.get", R"({"id":1})", "200540400001"},
      {"sale.payment.get", R"({"id":1})", "200640400001"},
      {"sale.shipmentpropertyvalue.get", R"({"id":1})", "201040400001"},
      {"sale.shipmentpropertyvalue.modify",
       R"({"fields":{"shipment":{"id":-1,"propertyValues":[{"shipmentPropsId":1,"value":"x"}]}}})", "201040400006"},
      {"sale.shipmentpropertyvalue.modify",
       R"({"fields":{"shipment":{"id":1,"propertyValues":[{"shipmentPropsId":1,"value":"x"}]}}})", "201040400007"},
      {"sale.shipmentpropertyvalue.modify",
       R"({"fields":{"shipment":{"id":)" + id + R"(,"propertyValues":[{"shipmentPropsId":1,"value":"x"}]}}})",
       "201040400008"},
      {"crm.orderentity.add", R"({"fields":{"orderId":)" + order + "}}", "0"},
      {"crm.orderentity.add", R"({"fields":{"orderId":1,"ownerTypeId":2,"ownerId":1}})", "200540400001"},
      {"crm.orderentity.deleteByFilter", R"({"fields":{"orderId":)" + order + R"(,"ownerTypeId":2,"ownerId":1}})",
       "201640400004"},
  };
  for (const auto& one : cases) EXPECT_EQ(code_of(one.method, one.body), one.code) << one.method << ' ' << one.body;
  EXPECT_EQ(code_of("sale.shipment.update",
                    R"({"id":)" + id +
                        fmt::format(R"(,"fields":{{"allowDelivery":"Y","deducted":"Y","deliveryId":{}}}}})", courier)),
            "(none)");
  EXPECT_EQ(code_of("sale.shipment.delete", R"({"id":)" + id + "}"), "SALE_SHIPMENT_EXIST_SHIPPED");
}

TEST_F(shop, a_change_of_a_shipment_in_a_request_is_marked) {
  set_up_service();
  const auto property = add_property("STRING", "WAYBILL_PVZ");
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  const auto modify = [&](const char* value) {
    return code_of(
        "sale.shipmentpropertyvalue.modify",
        fmt::format(
            R"({{"fields":{{"shipment":{{"id":{},"propertyValues":[{{"shipmentPropsId":{},"value":"{}"}}]}}}}}})", id,
            property, value));
  };
  EXPECT_EQ(modify("TVR1"), "(none)");
  EXPECT_EQ(text_at(shipment(id), "marked"), "N");
  handler->answers["create"] = {200, R"({"SUCCESS":"Y","REQUEST_ID":"wb-1"})"};
  press_order(id);
  EXPECT_EQ(modify("TVR2"), "(none)");
  EXPECT_EQ(text_at(shipment(id), "marked"), "Y");
  EXPECT_EQ(text_at(shipment(id), "reasonMarked"), "DELIVERY_REQUEST_NOT_UPDATED");
  const auto values =
      result_of("sale.shipmentpropertyvalue.list", fmt::format(R"({{"filter":{{"shipmentId":{}}}}})", id));
  ASSERT_EQ(values.at("propertyValues").as_array().size(), 1U);
  EXPECT_EQ(text_at(values, "propertyValues.0.code"), "WAYBILL_PVZ");
  EXPECT_EQ(text_at(values, "propertyValues.0.value"), "TVR2");
}

TEST_F(shop, adding_a_shipment_without_a_price_asks_the_handler) {
  set_up_service();
  handler->answers["calculate"] = {200, R"({"SUCCESS":"Y","PRICE":250})"};
  const auto deal = deal_with_goods();
  EXPECT_EQ(code_of("crm.item.payment.add", fmt::format(R"({{"entityTypeId":2,"entityId":{}}})", deal)), "(none)");
  const auto order = text_at(result_of("crm.orderentity.list", fmt::format(R"({{"filter":{{"ownerId":{}}}}})", deal)),
                             "orderEntity.0.orderId");
  const auto made =
      result_of("sale.shipment.add",
                R"({"fields":{"orderId":)" + order +
                    fmt::format(R"(,"allowDelivery":"N","deducted":"N","deliveryId":{},"statusId":"DF"}}}})", courier));
  EXPECT_EQ(*json::minor(json::at_path(made, "shipment")->as_object(), "priceDelivery"), 25000);
  EXPECT_EQ(text_at(made, "shipment.statusId"), "DN"); // whatever was asked for
  ASSERT_EQ(handler->seen.size(), 1U);
  EXPECT_EQ(code_of("sale.shipment.delete", R"({"id":)" + text_at(made, "shipment.id") + "}"), "(none)");
}

TEST_F(shop, shipment_items_are_unique_and_bounded) {
  set_up_service();
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  const auto items = result_of("sale.shipmentitem.list", fmt::format(R"({{"filter":{{"orderDeliveryId":{}}}}})", id));
  ASSERT_EQ(items.at("shipmentItems").as_array().size(), 2U);
  const auto item = text_at(items, "shipmentItems.0.id"), basket = text_at(items, "shipmentItems.0.basketId");
  EXPECT_EQ(code_of("sale.shipmentitem.add",
                    fmt::format(R"({{"fields":{{"orderDeliveryId":{},"basketId":{},"quantity":1}}}})", id, basket)),
            "201250000001");
  EXPECT_EQ(code_of("sale.shipmentitem.update", R"({"id":)" + item + R"(,"fields":{"quantity":3}})"), "0");
  EXPECT_EQ(code_of("sale.shipmentitem.update", R"({"id":)" + item + R"(,"fields":{"quantity":1.5}})"), "(none)");
  EXPECT_EQ(*json::real(result_of("sale.shipmentitem.get", R"({"id":)" + item + "}").at("shipmentItem").as_object(),
                        "quantity"),
            1.5);
  EXPECT_EQ(code_of("sale.shipmentitem.delete", R"({"id":)" + item + "}"), "(none)");
}

TEST_F(shop, a_payment_makes_order_and_binding_and_is_filled) {
  const auto deal = deal_with_goods();
  const auto row = text_at(this->deal(deal), "rows.0.id");
  const auto owner = fmt::format(R"("entityTypeId":2,"entityId":{})", deal);
  EXPECT_EQ(code_of("crm.item.payment.add", R"({"entityTypeId":3,"entityId":1})"), "0");
  EXPECT_EQ(code_of("crm.item.payment.add", R"({"entityTypeId":2})"), "100");
  const auto id = result_of("crm.item.payment.add", "{" + owner + "}").as_int64();
  const auto whose = fmt::format(R"("paymentId":{})", id);
  const auto first = result_of("crm.item.payment.get", fmt::format(R"({{"id":{}}})", id)).as_object();
  EXPECT_EQ(*json::minor(first, "sum"), 0);
  EXPECT_EQ(first.if_contains("paySystemIsCash"), nullptr); // the short form
  const auto available = [&] {
    return text_at(result_of("crm.item.productrow.getAvailableForPayment",
                             fmt::format(R"({{"ownerType":"D","ownerId":{}}})", deal)),
                   "productRows.0.quantity");
  };
  EXPECT_EQ(available(), "2");
  const auto item = id_of("crm.item.payment.product.add", "{" + whose + R"(,"rowId":)" + row + R"(,"quantity":1})", "");
  EXPECT_EQ(available(), "1");
  EXPECT_EQ(code_of("crm.item.payment.product.add", "{" + whose + R"(,"rowId":)" + row + R"(,"quantity":2})"), "0");
  EXPECT_EQ(code_of("crm.item.payment.product.add", "{" + whose + R"(,"rowId":)" + row + R"(,"quantity":0})"), "0");
  EXPECT_EQ(code_of("crm.item.payment.product.setQuantity", fmt::format(R"({{"id":{},"quantity":2}})", item)),
            "(none)");
  const auto sum = [&] {
    return *json::minor(result_of("crm.item.payment.list", "{" + owner + "}").as_array()[0].as_object(), "sum");
  };
  EXPECT_EQ(sum(), 200000);
  EXPECT_EQ(text_at(result_of("crm.item.payment.product.list", "{" + whose + "}"), "0.rowId"), row);
  const auto pay = fmt::format(R"({{"id":{}}})", id);
  EXPECT_EQ(code_of("crm.item.payment.pay", pay), "(none)");
  EXPECT_EQ(code_of("crm.item.payment.pay", pay), "0");                                            // paid already
  EXPECT_EQ(code_of("crm.item.payment.product.delete", fmt::format(R"({{"id":{}}})", item)), "0"); // closed
  EXPECT_EQ(code_of("crm.item.payment.delete", pay), "0");
  EXPECT_EQ(code_of("crm.item.payment.unpay", pay), "(none)");
  EXPECT_EQ(code_of("crm.item.payment.update", fmt::format(R"({{"id":{},"fields":{{"paySystemId":99}}}})", id)), "0");
  EXPECT_EQ(code_of("crm.item.payment.update", fmt::format(R"({{"id":{},"fields":{{}}}})", id)), "0");
  EXPECT_EQ(code_of("crm.item.payment.update", fmt::format(R"({{"id":{},"fields":{{"paySystemId":9}}}})", id)),
            "(none)");
  EXPECT_EQ(text_at(call("crm.item.payment.pay", pay), "error_description"), "Insufficient funds");
  EXPECT_EQ(code_of("crm.item.payment.product.delete", fmt::format(R"({{"id":{}}})", item)), "(none)");
  EXPECT_EQ(code_of("crm.item.payment.delete", pay), "(none)");
  EXPECT_EQ(code_of("crm.item.payment.get", pay), "0");
  EXPECT_TRUE(result_of("crm.item.payment.list", R"({"entityTypeId":7,"entityId":1})").as_array().empty());
}

TEST_F(shop, delivery_of_a_payment_is_the_shipment) {
  set_up_service();
  const auto deal = deal_with_goods();
  const auto id = json::integer_or(make_order(deal), "shipment");
  const auto pay =
      result_of("crm.item.payment.add", fmt::format(R"({{"entityTypeId":2,"entityId":{}}})", deal)).as_int64();
  const auto add = [&](std::int64_t delivery) {
    return call("crm.item.payment.delivery.add", fmt::format(R"({{"paymentId":{},"deliveryId":{}}})", pay, delivery));
  };
  EXPECT_EQ(text_at(add(courier), "error"), "0"); // the service's id is the wrong one
  const auto other = json::integer_or(make_order(deal_with_goods()), "shipment");
  EXPECT_EQ(text_at(add(other), "error"), "0"); // of another order
  const auto item = text_at(add(id), "result");
  EXPECT_EQ(
      text_at(result_of("crm.item.payment.delivery.list", fmt::format(R"({{"paymentId":{},"filter":{{}}}})", pay)),
              "0.deliveryId"),
      std::to_string(id));
  EXPECT_EQ(
      *json::minor(result_of("sale.payment.get", fmt::format(R"({{"id":{}}})", pay)).at("payment").as_object(), "sum"),
      30000);
  EXPECT_EQ(text_at(result_of("sale.paymentItemShipment.list", fmt::format(R"({{"filter":{{"paymentId":{}}}}})", pay)),
                    "paymentItemsShipment.0.shipmentId"),
            std::to_string(id));
  EXPECT_EQ(
      code_of("crm.item.payment.delivery.setDelivery", R"({"id":)" + item + fmt::format(R"(,"deliveryId":{}}})", id)),
      "(none)");
  EXPECT_EQ(code_of("crm.item.payment.delivery.delete", R"({"id":)" + item + "}"), "(none)");
  EXPECT_EQ(code_of("sale.payment.update", fmt::format(R"({{"id":{},"fields":{{"payVoucherNum":"R1"}}}})", pay)), "0");
  EXPECT_EQ(code_of("sale.payment.update",
                    fmt::format(R"({{"id":{},"fields":{{"paySystemId":6,"paid":"Y","payVoucherNum":"R1"}}}})", pay)),
            "(none)");
  EXPECT_EQ(text_at(result_of("sale.payment.list", R"({"filter":{"paid":"Y"}})"), "payments.0.payVoucherNum"), "R1");
  EXPECT_EQ(text_at(result_of("sale.paysystem.list", R"({"FILTER":{"IS_CASH":"Y"},"SELECT":["ID","NAME"]})"), "0.ID"),
            "6");
  EXPECT_NE(text_at(result_of("salescenter.payment.getPublicUrl", fmt::format(R"({{"id":{}}})", pay)), "payment.url"),
            "(absent)");
  EXPECT_EQ(code_of("salescenter.payment.getPublicUrl", R"({"id":1})"), "200640400001");
}

TEST_F(shop, an_order_has_one_binding) {
  set_up_service();
  const auto deal = deal_with_goods(), other = make_deal();
  const auto order = text_at(make_order(deal), "order");
  const auto fields = [&](std::int64_t owner) {
    return R"({"fields":{"orderId":)" + order + fmt::format(R"(,"ownerTypeId":2,"ownerId":{}}}}})", owner);
  };
  EXPECT_EQ(code_of("crm.orderentity.add", fields(deal)), "201650000001");
  EXPECT_EQ(text_at(result_of("crm.orderentity.add", fields(other)), "dealOrder.ownerId"), std::to_string(other));
  EXPECT_TRUE(result_of("crm.item.delivery.list", fmt::format(R"({{"entityTypeId":2,"entityId":{}}})", deal))
                  .as_array()
                  .empty());
  EXPECT_EQ(result_of("crm.orderentity.list", R"({"start":-1})").at("orderEntity").as_array().size(), 1U);
  EXPECT_EQ(code_of("crm.orderentity.deleteByFilter", fields(other)), "(none)");
  EXPECT_EQ(
      call("crm.orderentity.getFields", "{}").at("result").at("orderEntity").at("orderId").at("isRequired").as_bool(),
      true);
}

TEST_F(shop, rows_one_by_one_change_the_deals_sum) {
  const auto deal = make_deal(R"({"title":"Заказ","rows":[{"name":"Чашка","price":100,"quantity":1}]})");
  const auto sum = [&] { return *json::as_minor(this->deal(deal).at("opportunity")); };
  const auto added = result_of(
      "crm.item.productrow.add",
      fmt::format(R"({{"fields":{{"ownerType":"D","ownerId":{},"productName":"Доставка","price":432.5}}}})", deal));
  EXPECT_EQ(sum(), 53250);
  EXPECT_EQ(text_at(added, "productRow.quantity"), "1");
  EXPECT_TRUE(json::at_path(added, "productRow")->as_object().at("taxRate").is_null());
  const auto id = text_at(added, "productRow.id");
  EXPECT_EQ(code_of("crm.item.productrow.update", R"({"id":)" + id + R"(,"fields":{"price":400}})"), "(none)");
  EXPECT_EQ(sum(), 50000);
  EXPECT_EQ(text_at(result_of("crm.item.productrow.get", R"({"id":)" + id + "}"), "productRow.productName"),
            "Доставка");
  const auto gone = call("crm.item.productrow.delete", R"({"id":)" + id + "}");
  EXPECT_TRUE(gone.at("result").is_null());
  EXPECT_EQ(sum(), 10000);
  EXPECT_EQ(
      code_of(
          "crm.item.productrow.set",
          fmt::format(
              R"({{"ownerType":"D","ownerId":{},"productRows":[{{"productName":"Ложка","price":50,"quantity":2.5}}]}})",
              deal)),
      "(none)");
  EXPECT_EQ(sum(), 12500);
  const std::pair<const char*, std::pair<std::string, const char*>> cases[] = {
      {"crm.item.productrow.get", {R"({"id":1})", "NOT_FOUND"}},
      {"crm.item.productrow.delete", {R"({"id":1})", "NOT_FOUND"}},
      {"crm.item.productrow.add", {R"({"fields":{"ownerType":"ZZ","ownerId":1}})", "ENTITY_TYPE_NOT_SUPPORTED"}},
      {"crm.item.productrow.add", {R"({"fields":{"ownerType":"D","ownerId":1}})", "OWNER_NOT_FOUND"}},
      {"crm.item.productrow.add",
       {fmt::format(R"({{"fields":{{"ownerType":"D","ownerId":{},"price":"дорого"}}}})", deal), "INVALID_ARG_VALUE"}},
      {"crm.item.productrow.add", {"{}", "100"}},
      {"crm.item.productrow.fields", {"{}", "(none)"}},
  };
  for (const auto& [method, one] : cases) EXPECT_EQ(code_of(method, one.first), one.second) << method << one.first;
}

TEST_F(shop, a_deal_with_two_orders_has_nothing_available) {
  set_up_service();
  const auto deal = deal_with_goods();
  make_order(deal);
  make_order(deal);
  EXPECT_EQ(
      code_of("crm.item.productrow.getAvailableForPayment", fmt::format(R"({{"ownerType":"D","ownerId":{}}})", deal)),
      "0");
}

} // namespace
} // namespace waybill::sandbox
