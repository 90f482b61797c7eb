// Methods of the store that waybill itself can do without: other programs beside it use them on the same portal.
#include <unit/sandbox/store_fixture.hpp>

namespace waybill::sandbox {
namespace {

using store_lists = store_test;

class fields_of : public store_test, public testing::WithParamInterface<const char*> {};

TEST_P(fields_of, are_told) {
  set_up_service();
  const json::value told = result_of(GetParam(), "{}");
  ASSERT_TRUE(told.is_object()) << GetParam();
  ASSERT_EQ(told.as_object().size(), 1U) << GetParam();
  EXPECT_TRUE(json::serialize(told).contains("isRequired")) << json::serialize(told);
}

INSTANTIATE_TEST_SUITE_P(store, fields_of,
                         testing::Values("sale.order.getFields", "sale.payment.getFields", "sale.status.getFields",
                                         "sale.statusLang.getFields", "sale.shipment.getFields",
                                         "sale.shipmentitem.getFields", "sale.shipmentpropertyvalue.getFields",
                                         "crm.orderentity.getFields"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST_F(store_lists, orders_and_their_shipments) {
  set_up_service();
  const json::value made = make_order(deal_with_goods());
  const auto id = text_at(made, "shipment"), order = text_at(made, "order");
  const json::value orders = result_of("sale.order.list", R"({"filter":{"id":)" + order + R"(},"select":["id"]})");
  ASSERT_EQ(orders.at("orders").as_array().size(), 1U);
  EXPECT_EQ(text_at(orders, "orders.0.id"), order);
  EXPECT_EQ(text_at(result_of("crm.item.delivery.get", R"({"id":)" + id + "}"), "id"), id);
  EXPECT_EQ(code_of("crm.item.delivery.get", R"({"id":1})"), "0");
}

TEST_F(store_lists, payments_are_made_and_taken_away) {
  set_up_service();
  const auto order = text_at(make_order(deal_with_goods()), "order");
  const auto add = [&](const std::string& fields) {
    return code_of("sale.payment.add", R"({"fields":{)" + fields + "}}");
  };
  EXPECT_EQ(add(R"("paySystemId":7)"), "0");
  EXPECT_EQ(add(R"("orderId":)" + order), "0");
  EXPECT_EQ(add(R"("orderId":1,"paySystemId":7)"), "0");
  const auto listed = [&] {
    return result_of("sale.payment.list", R"({"filter":{"orderId":)" + order + "}}").at("payments").as_array().size();
  };
  const auto before = listed();
  EXPECT_EQ(add(R"("orderId":)" + order + R"(,"paySystemId":99)"), "0");
  EXPECT_EQ(listed(), before); // what was refused left nothing behind
  const json::value made = result_of("sale.payment.add", R"({"fields":{"orderId":)" + order +
                                                             R"(,"paySystemId":7,"sum":350,"xmlId":"waybill"}})");
  const auto id = text_at(made, "payment.id");
  EXPECT_EQ(json::minor(made.at("payment").as_object(), "sum"), 35000);
  EXPECT_EQ(text_at(made, "payment.xmlId"), "waybill");
  EXPECT_EQ(listed(), before + 1);
  const auto pay = [&](const char* paid) {
    return code_of("sale.payment.update",
                   R"({"id":)" + id + R"(,"fields":{"paySystemId":7,"paid":")" + paid + R"("}})");
  };
  EXPECT_EQ(pay("Y"), "(none)");
  EXPECT_EQ(code_of("sale.payment.delete", R"({"id":)" + id + "}"), "0");
  EXPECT_EQ(pay("N"), "(none)");
  EXPECT_EQ(code_of("sale.payment.delete", R"({"id":)" + id + "}"), "(none)");
  EXPECT_EQ(code_of("sale.payment.delete", R"({"id":)" + id + "}"), "200640400001");
  EXPECT_EQ(listed(), before);
}

TEST_F(store_lists, a_value_of_a_shipment_can_be_taken_away) {
  set_up_service();
  const auto property = add_property("STRING", "WAYBILL_PVZ");
  const auto id = json::integer_or(make_order(deal_with_goods()), "shipment");
  result_of("sale.shipmentpropertyvalue.modify",
            fmt::format(
                R"({{"fields":{{"shipment":{{"id":{},"propertyValues":[{{"shipmentPropsId":{},"value":"TVR1"}}]}}}}}})",
                id, property));
  const auto values = [&] {
    return result_of("sale.shipmentpropertyvalue.list", fmt::format(R"({{"filter":{{"shipmentId":{}}}}})", id));
  };
  const json::value before = values();
  ASSERT_EQ(before.at("propertyValues").as_array().size(), 1U);
  result_of("sale.shipmentpropertyvalue.delete", R"({"id":)" + text_at(before, "propertyValues.0.id") + "}");
  EXPECT_TRUE(values().at("propertyValues").as_array().empty());
}

} // namespace
} // namespace waybill::sandbox
