// Orders and shipments.
#include "fixture.hpp"

#include <sale/orders.hpp>
#include <sale/reading.hpp>
#include <sale/shipments.hpp>

namespace waybill::sale {
namespace {

constexpr const char* one_shipment =
    R"({"shipment":{"id":31,"orderId":"7","deliveryId":55,"statusId":"DN","trackingNumber":"","deducted":"N",
        "allowDelivery":"Y","basePriceDelivery":350.5,"priceDelivery":350.5,"currency":"RUB","deliveryDocNum":"D1",
        "deliveryDocDate":null,"comments":"у входа","responsibleId":3,"xmlId":"bx_1",
        "shipmentItems":[{"id":9,"basketId":4,"quantity":1.5}]}})";

TEST(StoreReading, DimensionsComeInManyForms) {
  using sides = std::array<std::int64_t, 3>;
  const std::vector<std::pair<const char*, sides>> rows{
      {R"("a:3:{s:5:\"WIDTH\";i:100;s:6:\"HEIGHT\";i:50;s:6:\"LENGTH\";i:300;}")", {100, 50, 300}},
      {R"("a:3:{s:5:\"WIDTH\";N;s:6:\"HEIGHT\";d:50.6;s:6:\"LENGTH\";s:3:\"300\";}")", {0, 51, 300}},
      {R"({"WIDTH":"100","HEIGHT":50,"LENGTH":0})", {100, 50, 0}},
      {R"("a:1:{s:5:\"WIDTH\";i:-5;}")", {0, 0, 0}},
      {R"("a:1:{s:5:\"WIDTH\";i:99999999999999;}")", {0, 0, 0}},
      {R"("\"WIDTH\";")", {0, 0, 0}},
      {R"("")", {0, 0, 0}},
      {R"([])", {0, 0, 0}},
  };
  for (const auto& [text, wanted] : rows) EXPECT_EQ(read_dimensions(*json::parse(text)), wanted) << text;
}

TEST(StoreReading, VatIsAShareOrPercents) {
  const std::vector<std::pair<const char*, std::optional<int>>> rows{
      {R"({"vatRate":0.2})", 20}, {R"({"vatRate":"0.1"})", 10}, {R"({"vatRate":20})", 20},
      {R"({"vatRate":0})", 0},    {R"({"vatRate":null})", {}},  {R"({})", {}},
      {R"({"vatRate":-1})", {}},  {R"({"vatRate":400})", {}}};
  for (const auto& [text, wanted] : rows)
    EXPECT_EQ(read_vat(json::parse(text)->as_object(), "vatRate"), wanted) << text;
}

TEST_F(Store, AnOrderWithAllThatIsInIt) {
  answers("sale.order.get", R"({"order":{"id":7,"accountNumber":"7/1","price":1990.9,"currency":"RUB","canceled":"N",
    "userDescription":"позвоните","basketItems":[{"id":"4","productId":12,"name":"Фонарь","price":995.45,"quantity":"2",
      "weight":"250.4","productXmlId":"F-1","vatRate":0.2,"dimensions":"a:3:{s:5:\"WIDTH\";i:60;s:6:\"HEIGHT\";N;s:6:\"LENGTH\";i:200;}"}],
    "clients":[{"entityTypeId":3,"entityId":11,"isPrimary":"N"},{"entityTypeId":3,"entityId":12,"isPrimary":"Y"},
      {"entityTypeId":4,"entityId":90,"isPrimary":"N"}],
    "payments":[{"id":21,"orderId":7,"paid":"N","paySystemId":6,"paySystemIsCash":"Y","sum":1990.9,"currency":"RUB"},
      {"id":22,"paid":"Y","paySystemIsCash":"A","sum":"10.00"}],
    "shipments":[{"id":31,"orderId":7,"deliveryId":55,"statusId":"DN","priceDelivery":"350.50","currency":"RUB"}]}})");
  const auto got = run(read_order(client, 7));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->price.minor, 199'090);
  EXPECT_EQ(got->contact, 12);
  EXPECT_EQ(got->company, 90);
  EXPECT_EQ(got->comment, "позвоните");
  ASSERT_EQ(got->basket.size(), 1U);
  const auto& line = got->basket[0];
  EXPECT_EQ(line.id, 4);
  EXPECT_EQ(line.price.minor, 99'545);
  EXPECT_EQ(line.weight_g, 250);
  EXPECT_EQ(line.width_mm, 60);
  EXPECT_EQ(line.height_mm, 0);
  EXPECT_EQ(line.length_mm, 200);
  EXPECT_EQ(line.vat_percent, 20);
  EXPECT_EQ(line.sku, "F-1");
  ASSERT_EQ(got->payments.size(), 2U);
  EXPECT_TRUE(got->payments[0].cash);
  EXPECT_FALSE(got->payments[1].cash);
  EXPECT_TRUE(got->payments[1].paid);
  ASSERT_EQ(got->shipments.size(), 1U);
  EXPECT_EQ(got->shipments[0].price.minor, 35'050);
}

TEST_F(Store, NoSuchOrderIsNotFoundUnderEitherCode) {
  for (const auto* code : {"200540400001", "201240400001"}) {
    refuses("sale.order.get", code);
    EXPECT_EQ(run(read_order(client, 7)).error().code, errc::not_found) << code;
  }
  EXPECT_EQ(run(read_order(client, 0)).error().code, errc::bad_input);
}

TEST_F(Store, AShipmentAndItsDealComeInOneRequest) {
  answers("sale.shipment.get", one_shipment);
  answers("crm.orderentity.list", R"({"orderEntity":[{"orderId":7,"ownerId":"5120","ownerTypeId":"2"}]})");
  const auto got = run(find_shipment(client, 31));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->deal, 5120);
  EXPECT_EQ(got->invoice, 0);
  EXPECT_EQ(got->what.order, 7);
  ASSERT_EQ(got->what.lines.size(), 1U);
  EXPECT_EQ(got->what.lines[0].quantity, "1.5");
  EXPECT_EQ(portal->requests.size(), 1U);
  EXPECT_EQ(sent("crm.orderentity.list", "filter.orderId"), "$result[a][shipment][orderId]");
}

TEST_F(Store, AShopOrderHasNoDeal) {
  answers("sale.shipment.get", one_shipment);
  answers("crm.orderentity.list", R"({"orderEntity":[]})");
  const auto got = run(find_shipment(client, 31));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->deal, 0);
}

TEST_F(Store, AShipmentThatIsNotThereOrIsAnother) {
  refuses("sale.shipment.get", "201140400001");
  EXPECT_EQ(run(find_shipment(client, 31)).error().code, errc::not_found);
  answers("sale.shipment.get", one_shipment);
  answers("crm.orderentity.list", R"({"orderEntity":[]})");
  EXPECT_EQ(run(find_shipment(client, 32)).error().code, errc::protocol);
}

TEST_F(Store, OrdersAndDeliveriesOfADeal) {
  answers("crm.orderentity.list",
          R"({"orderEntity":[{"orderId":7,"ownerId":5},{"orderId":"7","ownerId":5},{"orderId":8}]})");
  EXPECT_EQ(run(orders_of_deal(client, 5)).value(), (std::vector<std::int64_t>{7, 8}));
  answers("crm.item.delivery.list",
          R"([{"id":31,"deliveryId":55,"priceDelivery":99.9,"currency":"RUB","deducted":"Y"}])");
  const auto got = run(deliveries_of_deal(client, 5));
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(got->at(0).shipment, 31);
  EXPECT_EQ(got->at(0).service, 55);
  EXPECT_EQ(got->at(0).price.minor, 9990);
  EXPECT_TRUE(got->at(0).deducted);
}

TEST_F(Store, AChangeSendsTheWholeFormBack) {
  answers("sale.shipment.get", one_shipment);
  answers("sale.shipment.update", R"({"shipment":{"id":31}})");
  shipment_change change;
  change.tracking_number = "TRACK1";
  ASSERT_TRUE(run(change_shipment(client, 31, change)));
  const std::vector<std::pair<const char*, const char*>> kept{{"fields.trackingNumber", "TRACK1"},
                                                              {"fields.allowDelivery", "Y"},
                                                              {"fields.deducted", "N"},
                                                              {"fields.deliveryId", "55"},
                                                              {"fields.statusId", "DN"},
                                                              {"fields.priceDelivery", "350.50"},
                                                              {"fields.comments", "у входа"},
                                                              {"fields.basePriceDelivery", "350.50"},
                                                              {"fields.deliveryDocNum", "D1"},
                                                              {"fields.responsibleId", "3"},
                                                              {"fields.xmlId", "bx_1"}};
  for (const auto& [path, wanted] : kept) { EXPECT_EQ(sent("sale.shipment.update", path), wanted) << path; }
}

TEST_F(Store, ADiscountedPriceIsSentAlone) {
  answers("sale.shipment.get", R"({"shipment":{"id":31,"orderId":7,"deliveryId":55,"allowDelivery":"Y","deducted":"N",
    "basePriceDelivery":400,"priceDelivery":300,"statusId":"DN"}})");
  shipment_change change;
  change.status_id = "WT";
  ASSERT_TRUE(run(change_shipment(client, 31, change)));
  EXPECT_EQ(sent("sale.shipment.update", "fields.priceDelivery"), "300");
  EXPECT_EQ(sent("sale.shipment.update", "fields.basePriceDelivery"), "(absent)");
  EXPECT_EQ(sent("sale.shipment.update", "fields.statusId"), "WT");
}

TEST_F(Store, NothingIsWrittenThatIsThereAlready) {
  answers("sale.shipment.get", one_shipment);
  shipment_change change;
  change.status_id = "DN";
  change.price = money{35'050, "RUB"};
  ASSERT_TRUE(run(change_shipment(client, 31, change)));
  EXPECT_EQ(calls("sale.shipment.update"), 0U);
}

TEST_F(Store, ALostAnswerIsSettledByReading) {
  auto before = *json::parse(one_shipment), after = before;
  after.as_object()["shipment"].as_object()["statusId"] = "WT";
  portal->methods["sale.shipment.update"] = [](const portal_command&) {
    return refused("INTERNAL_SERVER_ERROR", "x", 500);
  };
  shipment_change change;
  change.status_id = "WT";
  answers_in_turn("sale.shipment.get", {replied(before), replied(after)});
  EXPECT_TRUE(run(change_shipment(client, 31, change)));
  answers_in_turn("sale.shipment.get", {replied(before), replied(before)});
  EXPECT_EQ(run(change_shipment(client, 31, change)).error().code, errc::outcome_unknown);
}

TEST_F(Store, LinesAreFoundBeforeTheyAreAdded) {
  answers("sale.shipmentitem.list", R"({"shipmentItems":[{"id":9,"basketId":4,"quantity":1}]})");
  EXPECT_EQ(run(put_line(client, 31, 4, "1")).value(), 9);
  EXPECT_EQ(calls("sale.shipmentitem.update"), 0U);
  EXPECT_EQ(run(put_line(client, 31, 4, "2")).value(), 9);
  EXPECT_EQ(sent("sale.shipmentitem.update", "fields.quantity"), "2");
  answers("sale.shipmentitem.add", R"({"shipmentItem":{"id":10}})");
  EXPECT_EQ(run(put_line(client, 31, 5, "0.5")).value(), 10);
  EXPECT_EQ(sent("sale.shipmentitem.add", "fields.orderDeliveryId"), "31");
  refuses("sale.shipmentitem.delete", "201240400001");
  EXPECT_TRUE(run(remove_line(client, 10)));
}

TEST_F(Store, ListsAreReadToTheirEndAndNoFurther) {
  portal->methods["sale.shipmentproperty.list"] = [](const portal_command& c) {
    const auto start = json::integer_or(c.params, "start");
    bj::array page;
    for (std::int64_t i = start; i < std::min<std::int64_t>(start + 50, 120); ++i)
      page.push_back(bj::object{{"id", i + 1}, {"code", "P"}, {"type", "STRING"}, {"isAddressTo", "N"}});
    auto r = replied(bj::object{{"properties", page}});
    if (start + 50 < 120) r.next = start + 50;
    return r;
  };
  EXPECT_EQ(run(shipment_properties(client))->size(), 120U);
  portal->methods["sale.shipmentproperty.list"] = [](const portal_command& c) {
    auto r = replied(bj::object{{"properties", bj::array{}}});
    r.next = json::integer_or(c.params, "start") + 50;
    return r;
  };
  EXPECT_EQ(run(shipment_properties(client)).error().code, errc::protocol);
}

} // namespace
} // namespace waybill::sale
