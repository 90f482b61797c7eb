// What is read of the portal's SHIPMENT, in all the shapes that PHP gives it.
#include "fixture.hpp"

#include <delivery/asked.hpp>

namespace waybill::delivery::test {
namespace {

using testing::HasSubstr;

std::string with(const std::string& key, const std::string& value) {
  auto s = shipment_json();
  s[key] = *json::parse(value);
  return calculation(std::move(s));
}

TEST(asked, everything_that_is_filled_in) {
  const auto got = read_calculation(calculation());
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->shipment, 501);
  EXPECT_EQ(got->service, 41);
  EXPECT_EQ(got->delivery_type, "courier");
  EXPECT_EQ(got->settings, (std::vector<std::pair<std::string, std::string>>{{"WAYBILL_KEY", "main"}}));
  EXPECT_EQ(got->price, (money{240'000, "RUB"}));
  EXPECT_EQ(got->weight_g, 1800);
  ASSERT_EQ(got->properties.size(), 3U);
  EXPECT_EQ(got->properties[1].address.part("STREET"), "Советская улица");
  EXPECT_EQ(got->properties[1].address.latitude, 56.859);
  EXPECT_FALSE(got->properties[0].address.latitude);
  ASSERT_EQ(got->items.size(), 2U);
  EXPECT_EQ(got->items[0].price, 90'000);
  EXPECT_EQ(got->items[0].weight_g, 700);
  EXPECT_EQ(got->items[0].height_mm, 300);
  EXPECT_EQ(got->recipient.phones, (std::vector<std::string>{"8 920 000-00-02", "8 (4822) 00-00-01"}));
  EXPECT_EQ(got->responsible.name, "Вера Котова");
}

struct shape {
  const char* name;
  std::string key, value;
  std::function<void(const asked&)> holds;
};
class shapes : public testing::TestWithParam<shape> {};

TEST_P(shapes, are_understood) {
  const auto got = read_calculation(with(GetParam().key, GetParam().value));
  ASSERT_TRUE(got) << got.error().what;
  GetParam().holds(*got);
}

INSTANTIATE_TEST_SUITE_P(
    asked, shapes,
    testing::Values(
        shape{"unsaved", "ID", "null", [](const asked& a) { EXPECT_EQ(a.shipment, 0); }},
        shape{"id_as_text", "ID", "\"812\"", [](const asked& a) { EXPECT_EQ(a.shipment, 812); }},
        shape{"price_as_text", "PRICE", "\"5980.5\"", [](const asked& a) { EXPECT_EQ(a.price.minor, 598'050); }},
        shape{"price_with_noise", "PRICE", "1999.9900000000002",
              [](const asked& a) { EXPECT_EQ(a.price.minor, 199'999); }},
        shape{"weight_null", "WEIGHT", "null", [](const asked& a) { EXPECT_EQ(a.weight_g, 0); }},
        shape{"weight_with_a_fraction", "WEIGHT", "1200.5", [](const asked& a) { EXPECT_EQ(a.weight_g, 1201); }},
        shape{"no_items", "ITEMS", "[]", [](const asked& a) { EXPECT_TRUE(a.items.empty()); }},
        shape{"items_as_empty_object", "ITEMS", "{}", [](const asked& a) { EXPECT_TRUE(a.items.empty()); }},
        shape{"item_without_measures", "ITEMS",
              R"([{"NAME":"Нить","PRICE":"10","WEIGHT":null,"CURRENCY":"RUB","QUANTITY":"2.5","DIMENSIONS":null}])",
              [](const asked& a) {
                ASSERT_EQ(a.items.size(), 1U);
                EXPECT_EQ(a.items[0].weight_g, 0);
                EXPECT_EQ(a.items[0].length_mm, 0);
                EXPECT_EQ(a.items[0].quantity, "2.5");
              }},
        shape{"half_of_the_dimensions", "ITEMS",
              R"([{"NAME":"A","PRICE":1,"QUANTITY":1,"DIMENSIONS":{"WIDTH":"10","HEIGHT":null,"LENGTH":20.0}}])",
              [](const asked& a) {
                ASSERT_EQ(a.items.size(), 1U);
                EXPECT_EQ(a.items[0].width_mm, 10);
                EXPECT_EQ(a.items[0].height_mm, 0);
                EXPECT_EQ(a.items[0].length_mm, 20);
              }},
        shape{"empty_fields_of_an_address", "PROPERTY_VALUES",
              R"([{"ID":"72","TYPE":"ADDRESS","VALUE":{"LATITUDE":null,"LONGITUDE":null,"FIELDS":[]}}])",
              [](const asked& a) {
                ASSERT_EQ(a.properties.size(), 1U);
                EXPECT_TRUE(a.properties[0].address.empty());
              }},
        shape{"address_null", "PROPERTY_VALUES", R"([{"ID":72,"TYPE":"ADDRESS","VALUE":null}])",
              [](const asked& a) { EXPECT_TRUE(a.properties.at(0).address.empty()); }},
        shape{"address_as_text", "PROPERTY_VALUES", R"([{"ID":72,"TYPE":"ADDRESS","VALUE":"Тверь, Советская 34"}])",
              [](const asked& a) { EXPECT_EQ(a.properties.at(0).address.line, "Тверь, Советская 34"); }},
        shape{"impossible_coordinates", "PROPERTY_VALUES",
              R"([{"ID":72,"TYPE":"ADDRESS","VALUE":{"LATITUDE":1234,"LONGITUDE":"x","FIELDS":{"LOCALITY":"Тверь"}}}])",
              [](const asked& a) { EXPECT_FALSE(a.properties.at(0).address.latitude); }},
        shape{"extra_services", "EXTRA_SERVICES_VALUES",
              R"([{"ID":1,"CODE":"INSURANCE","VALUE":"Y"},{"ID":2,"CODE":"SMS","VALUE":"N"},
                  {"ID":3,"CODE":"BOX","VALUE":"box_s"},{"ID":4,"CODE":"LIFT","VALUE":3},{"ID":5,"CODE":"WRAP","VALUE":0},
                  {"ID":6,"CODE":"FOAM","VALUE":"0.00"},{"ID":7,"CODE":null,"VALUE":null}])",
              [](const asked& a) {
                EXPECT_EQ(a.options, (std::vector<asked_option>{{"INSURANCE", "Y"}, {"BOX", "box_s"}, {"LIFT", "3"}}));
              }},
        shape{"no_contacts", "RECIPIENT_CONTACT", "null",
              [](const asked& a) { EXPECT_TRUE(a.recipient.name.empty()); }},
        shape{"no_phones", "RECIPIENT_CONTACT", R"({"NAME":"Пётр"})",
              [](const asked& a) { EXPECT_TRUE(a.recipient.phones.empty()); }},
        shape{"parent_absent", "DELIVERY_SERVICE", R"({"ID":"41","CONFIG":[{"CODE":"PROFILE_TYPE","VALUE":"pickup"}]})",
              [](const asked& a) {
                EXPECT_EQ(a.service, 41);
                EXPECT_EQ(a.delivery_type, "pickup");
                EXPECT_TRUE(a.settings.empty());
              }},
        shape{"control_characters", "RECIPIENT_CONTACT", R"({"NAME":"Пётр\u0007\u200b Ильин","PHONES":[]})",
              [](const asked& a) { EXPECT_EQ(a.recipient.name, "Пётр Ильин"); }}),
    [](const auto& tested) { return tested.param.name; });

TEST(asked, the_older_spelling_of_extra_services) {
  auto s = shipment_json();
  s.erase("EXTRA_SERVICES_VALUES");
  s["EXTRA_SERVICE_VALUES"] = *json::parse(R"([{"ID":1,"CODE":"INSURANCE","VALUE":"Y"}])");
  const auto got = read_calculation(calculation(std::move(s)));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->options.size(), 1U);
}

struct bad {
  const char* name;
  std::string body;
  std::string says;
};
class hostile : public testing::TestWithParam<bad> {};

TEST_P(hostile, is_refused_by_name) {
  const auto got = read_calculation(GetParam().body);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::bad_input);
  EXPECT_THAT(got.error().what, HasSubstr(GetParam().says));
}

std::string many(const std::string& one, int count) {
  std::string all = "[";
  for (int i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + one;
  return all + "]";
}

INSTANTIATE_TEST_SUITE_P(
    asked, hostile,
    testing::Values(
        bad{"nothing", "", "JSON"}, bad{"no_json", "SHIPMENT=1", "JSON"}, bad{"half", R"({"SHIPMENT":{)", "JSON"},
        bad{"a_list", "[]", "object"}, bad{"a_number", "7", "object"}, bad{"no_shipment", "{}", "SHIPMENT"},
        bad{"shipment_is_text", R"({"SHIPMENT":"x"})", "SHIPMENT"},
        bad{"shipment_is_empty_list", R"({"SHIPMENT":[]})", "SHIPMENT"}, bad{"deep", std::string(10'000, '['), "JSON"},
        bad{"broken_text", "{\"SHIPMENT\":\"\xff\xfe\"}", "JSON"},
        bad{"too_long", R"({"SHIPMENT":")" + std::string(longest_body, 'x') + "\"}", "JSON"},
        bad{"negative_id", with("ID", "-5"), "ID"}, bad{"id_as_object", with("ID", R"({"a":1})"), "ID"},
        bad{"id_too_large", with("ID", "9999999999999999999999"), "ID"},
        bad{"negative_price", with("PRICE", "-1"), "PRICE"}, bad{"price_is_text", with("PRICE", "\"much\""), "PRICE"},
        bad{"price_too_large", with("PRICE", "1e300"), "PRICE"},
        bad{"currency", with("CURRENCY", "\"<b>\""), "CURRENCY"}, bad{"weight", with("WEIGHT", "1e18"), "WEIGHT"},
        bad{"no_service", with("DELIVERY_SERVICE", "null"), "DELIVERY_SERVICE"},
        bad{"service_without_id", with("DELIVERY_SERVICE", R"({"CONFIG":[]})"), "DELIVERY_SERVICE.ID"},
        bad{"service_without_type", with("DELIVERY_SERVICE", R"({"ID":41,"CONFIG":[]})"), "PROFILE_TYPE"},
        bad{"property_without_id", with("PROPERTY_VALUES", R"([{"TYPE":"STRING"}])"), "PROPERTY_VALUES"},
        bad{"many_properties", with("PROPERTY_VALUES", many(R"({"ID":1})", 201)), "PROPERTY_VALUES"},
        bad{"item_is_no_object", with("ITEMS", "[7]"), "ITEMS"},
        bad{"many_items", with("ITEMS", many("{}", 1001)), "ITEMS"},
        bad{"quantity", with("ITEMS", R"([{"QUANTITY":"two"}])"), "QUANTITY"},
        bad{"negative_quantity", with("ITEMS", R"([{"QUANTITY":-1}])"), "QUANTITY"},
        bad{"item_weight", with("ITEMS", R"([{"WEIGHT":99999999999}])"), "WEIGHT"},
        bad{"item_size", with("ITEMS", R"([{"DIMENSIONS":{"WIDTH":1000001}}])"), "DIMENSIONS"},
        bad{"item_currency", with("ITEMS", R"([{"CURRENCY":"KZT"}])"), "currencies"},
        bad{"chosen_service_without_code", with("EXTRA_SERVICES_VALUES", R"([{"ID":7,"CODE":null,"VALUE":"Y"}])"),
            "code"}),
    [](const auto& tested) { return tested.param.name; });

TEST(asked, an_order_of_several_shipments) {
  const auto got = read_order(order({shipment_json(1), shipment_json(2)}));
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 2U);
  EXPECT_EQ((*got)[1].shipment, 2);
  EXPECT_FALSE(read_order(R"({"SHIPMENTS":[]})"));
  EXPECT_FALSE(read_order(R"({"SHIPMENTS":[1]})"));
  EXPECT_FALSE(read_order(order(std::vector<json::object>(most_shipments + 1, shipment_json()))));
}

TEST(asked, what_is_stored_reads_back_the_same) {
  auto s = shipment_json();
  s["EXTRA_SERVICES_VALUES"] = *json::parse(R"([{"ID":4,"CODE":"LIFT","VALUE":3}])");
  const auto once = read_order(order({s, shipment_json(7)}));
  ASSERT_TRUE(once);
  const auto again = read_order(write_order(*once));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*once, *again);
}

TEST(asked, the_calls_about_a_request) {
  for (const char* body :
       {R"({"DELIVERY_ID":41,"REQUEST_ID":"wb-1"})", R"({"DELIVERY_ID":"41","REQUEST_ID":"wb-1"})"}) {
    const auto got = read_request(body);
    ASSERT_TRUE(got) << body;
    EXPECT_EQ(got->delivery_id, 41);
    EXPECT_EQ(got->request_id, "wb-1");
  }
  for (const char* body :
       {"", "{}", R"({"DELIVERY_ID":41})", R"({"DELIVERY_ID":0,"REQUEST_ID":"wb-1"})", R"({"REQUEST_ID":"wb-1"})",
        R"({"DELIVERY_ID":41,"REQUEST_ID":""})", R"({"DELIVERY_ID":41,"REQUEST_ID":"a:b*"})"})
    EXPECT_FALSE(read_request(body)) << body;
}

} // namespace
} // namespace waybill::delivery::test
