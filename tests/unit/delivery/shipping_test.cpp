// From what the portal asks to a shipment.
#include "fixture.hpp"

#include <delivery/shipping.hpp>

namespace waybill::delivery::test {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

config::portal usual_portal() {
  config::portal p;
  p.id = "main";
  p.parcels.weight_g = 500;
  p.parcels.length_mm = 200;
  p.parcels.width_mm = 150;
  p.parcels.height_mm = 100;
  return p;
}

asked read(json::object s) {
  auto got = read_calculation(calculation(std::move(s)));
  EXPECT_TRUE(got) << (got ? "" : got.error().what);
  return got ? *got : asked{};
}
shipping mapped(json::object s, const config::portal& portal = usual_portal()) {
  return to_shipment({read(std::move(s))}, usual_properties(), portal);
}
std::vector<std::string> keys(const std::vector<mapping::obstacle>& all) {
  std::vector<std::string> out;
  for (const auto& o : all) out.push_back(o.key);
  return out;
}
std::vector<std::string> keys(const std::vector<mapping::remark>& all) {
  std::vector<std::string> out;
  for (const auto& o : all) out.push_back(o.key);
  return out;
}

TEST(shipping, a_complete_form) {
  const auto s = mapped(shipment_json());
  EXPECT_THAT(keys(s.obstacles), IsEmpty());
  EXPECT_THAT(keys(s.remarks), IsEmpty());
  EXPECT_EQ(s.what.service, "courier");
  EXPECT_EQ(s.what.recipient.name, "Пётр Ильин");
  EXPECT_EQ(s.what.recipient.phone, "+79200000002");
  const address& to = s.what.destination;
  EXPECT_EQ(to.country_code, "RU");
  EXPECT_EQ(to.postal_code, "170100");
  EXPECT_EQ(to.region, "Тверская область");
  EXPECT_EQ(to.city, "Тверь");
  EXPECT_EQ(to.street, "Советская улица");
  EXPECT_EQ(to.house, "34");
  EXPECT_EQ(to.flat, "7");
  EXPECT_EQ(to.latitude, 56.859);
  EXPECT_EQ(to.raw, "170100, Тверская область, Тверь, Советская улица, 34, кв. 7");
  ASSERT_EQ(s.what.parcels.size(), 1U);
  EXPECT_EQ(s.what.parcels[0].weight_g, 1800);
  ASSERT_EQ(s.what.parcels[0].items.size(), 2U);
  EXPECT_EQ(s.what.parcels[0].items[0].price.minor, 90'000);
  EXPECT_EQ(s.what.parcels[0].items[0].quantity, 2);
  EXPECT_TRUE(s.what.parcels[0].items[0].sku.empty());
  EXPECT_EQ(s.what.declared_value, (money{240'000, "RUB"}));
  EXPECT_EQ(s.what.cash_on_delivery.minor, 0);
}

TEST(shipping, what_is_assumed_is_remarked) {
  auto form = shipment_json();
  form["WEIGHT"] = 700;
  form["ITEMS"] = *json::parse(
      R"([{"NAME":"Лампа","PRICE":900,"WEIGHT":700,"QUANTITY":1,"DIMENSIONS":{"WIDTH":150,"HEIGHT":300,"LENGTH":160}},
          {"NAME":"Шнур","PRICE":100,"WEIGHT":null,"QUANTITY":2,"DIMENSIONS":null}])");
  const auto s = mapped(form);
  EXPECT_THAT(keys(s.obstacles), IsEmpty());
  EXPECT_EQ(keys(s.remarks), (std::vector<std::string>{"default_weight", "default_size"}));
  EXPECT_EQ(s.what.parcels.at(0).weight_g, 1700);
}

TEST(shipping, the_shipments_weight_is_shared_by_what_has_none) {
  auto form = shipment_json();
  form["WEIGHT"] = 1000;
  form["ITEMS"] = *json::parse(R"([{"NAME":"Лампа","PRICE":900,"WEIGHT":700,"QUANTITY":1},
                                   {"NAME":"Шнур","PRICE":100,"WEIGHT":null,"QUANTITY":3}])");
  const auto s = mapped(form);
  EXPECT_EQ(keys(s.remarks), (std::vector<std::string>{"default_size"}));
  EXPECT_EQ(s.what.parcels.at(0).weight_g, 1000);
}

TEST(shipping, without_defaults_a_lack_is_an_obstacle) {
  auto form = shipment_json();
  form["WEIGHT"] = 0;
  form["ITEMS"] = *json::parse(R"([{"NAME":"Шнур","PRICE":100,"QUANTITY":1}])");
  const auto s = mapped(form, config::portal{});
  EXPECT_EQ(keys(s.obstacles), (std::vector<std::string>{"missing_weight", "missing_size"}));
}

struct lack {
  const char* name;
  std::string key, value;
  std::string obstacle;
};
class lacks : public testing::TestWithParam<lack> {};
TEST_P(lacks, are_named) {
  auto form = shipment_json();
  form[GetParam().key] = *json::parse(GetParam().value);
  const auto s = mapped(form);
  EXPECT_EQ(keys(s.obstacles), std::vector<std::string>{GetParam().obstacle});
}
INSTANTIATE_TEST_SUITE_P(
    shipping, lacks,
    testing::Values(lack{"goods", "ITEMS", "[]", "missing_rows"},
                    lack{"quantity", "ITEMS", R"([{"NAME":"B","PRICE":1,"QUANTITY":"9999999999"}])", "bad_quantity"},
                    lack{"phone", "RECIPIENT_CONTACT", R"({"NAME":"Пётр"})", "missing_phone"},
                    lack{"good_phone", "RECIPIENT_CONTACT",
                         R"({"NAME":"Пётр","PHONES":[{"TYPE":"HOME","VALUE":"12-34"}]})", "bad_phone"},
                    lack{"name", "RECIPIENT_CONTACT",
                         R"({"NAME":"","PHONES":[{"TYPE":"WORK","VALUE":"+79200000002"}]})", "missing_name"},
                    lack{"address", "PROPERTY_VALUES", R"([{"ID":72,"TYPE":"ADDRESS","VALUE":null}])",
                         "missing_address"},
                    lack{"address_but_the_senders", "PROPERTY_VALUES",
                         R"([{"ID":71,"TYPE":"ADDRESS","VALUE":{"FIELDS":{"LOCALITY":"Клин"}}}])", "missing_address"},
                    lack{"point", "DELIVERY_SERVICE",
                         R"({"ID":41,"CONFIG":[{"CODE":"PROFILE_TYPE","VALUE":"pickup"}]})", "missing_pickup_point"}),
    [](const auto& tested) { return tested.param.name; });

TEST(shipping, a_point_is_told_by_the_code_of_its_property) {
  auto form = shipment_json();
  form["DELIVERY_SERVICE"] = *json::parse(R"({"ID":42,"CONFIG":[{"CODE":"PROFILE_TYPE","VALUE":"pickup"}]})");
  form["PROPERTY_VALUES"] =
      *json::parse(R"([{"ID":74,"TYPE":"STRING","VALUE":"not a point"},{"ID":73,"TYPE":"STRING","VALUE":" TVR5 "}])");
  const auto s = mapped(form);
  EXPECT_THAT(keys(s.obstacles), IsEmpty());
  EXPECT_EQ(s.what.pickup_point, "TVR5");
}

TEST(shipping, a_courier_needs_no_point) {
  auto form = shipment_json();
  form["PROPERTY_VALUES"].get_array()[2].get_object()["VALUE"] = "TVR5";
  const auto s = mapped(form);
  EXPECT_TRUE(s.what.pickup_point.empty());
  EXPECT_EQ(keys(s.remarks), (std::vector<std::string>{"pickup_point_ignored"}));
}

TEST(shipping, an_address_property_of_the_portals_own_making) {
  auto form = shipment_json();
  form["PROPERTY_VALUES"] = *json::parse(
      R"([{"ID":90,"TYPE":"ADDRESS","VALUE":{"FIELDS":{"LOCALITY":"Тула","ADDRESS_LINE_1":"ул. Мира, 5","ADDRESS_LINE_2":"кв. 12"}}}])");
  const auto a = read(form);
  EXPECT_TRUE(has_unknown_property(a, usual_properties()));
  const auto s = to_shipment({a}, usual_properties(), usual_portal());
  EXPECT_EQ(s.what.destination.city, "Тула");
  EXPECT_EQ(s.what.destination.house, "5");
  EXPECT_EQ(s.what.destination.flat, "12");
  EXPECT_THAT(s.what.destination.street, HasSubstr("Мира"));
}

TEST(shipping, options_are_the_carriers_codes) {
  auto form = shipment_json();
  form["EXTRA_SERVICES_VALUES"] = *json::parse(
      R"([{"ID":1,"CODE":"INSURANCE","VALUE":"Y"},{"ID":3,"CODE":"BOX","VALUE":"box_s"},{"ID":4,"CODE":"LIFT","VALUE":3}])");
  EXPECT_EQ(mapped(form).what.options,
            (std::vector<std::pair<std::string, std::string>>{{"INSURANCE", ""}, {"BOX", "box_s"}, {"LIFT", "3"}}));
}

TEST(shipping, several_shipments_are_several_parcels_of_one) {
  const auto s = to_shipment({read(shipment_json(1)), read(shipment_json(2))}, usual_properties(), usual_portal());
  EXPECT_THAT(keys(s.obstacles), IsEmpty());
  ASSERT_EQ(s.what.parcels.size(), 2U);
  EXPECT_EQ(s.what.parcels[1].number, "2");
  EXPECT_EQ(s.what.declared_value.minor, 480'000);
  auto elsewhere = shipment_json(3);
  elsewhere["PROPERTY_VALUES"].get_array()[1].get_object()["VALUE"].get_object()["FIELDS"].get_object()["BUILDING"] =
      "35";
  elsewhere["PROPERTY_VALUES"].get_array()[1].get_object()["VALUE"].get_object()["FIELDS"].get_object().erase(
      "ADDRESS_LINE_1");
  const auto mixed = to_shipment({read(shipment_json(1)), read(elsewhere)}, usual_properties(), usual_portal());
  EXPECT_THAT(keys(mixed.obstacles), Contains("mixed_shipments"));
}

struct place_row {
  const char* name;
  std::string fields;
  address wanted;
};
class places : public testing::TestWithParam<place_row> {};
TEST_P(places, are_read) {
  auto form = shipment_json();
  form["PROPERTY_VALUES"] =
      *json::parse(R"([{"ID":72,"TYPE":"ADDRESS","VALUE":{"FIELDS":)" + GetParam().fields + "}}]");
  const auto a = to_address(read(form).properties.at(0).address);
  const address& w = GetParam().wanted;
  EXPECT_EQ(a.country_code, w.country_code);
  EXPECT_EQ(a.region, w.region);
  EXPECT_EQ(a.city, w.city);
  EXPECT_EQ(a.house, w.house);
  EXPECT_EQ(a.flat, w.flat);
  EXPECT_EQ(a.raw, w.raw);
}
address wanted(std::string raw, std::string country, std::string region, std::string city, std::string house,
               std::string flat) {
  address a;
  a.raw = std::move(raw);
  a.country_code = std::move(country);
  a.region = std::move(region);
  a.city = std::move(city);
  a.house = std::move(house);
  a.flat = std::move(flat);
  return a;
}
INSTANTIATE_TEST_SUITE_P(
    shipping, places,
    testing::Values(
        place_row{"a_region_that_is_a_city", R"({"ADM_LEVEL_1":"Москва","STREET":"Арбат","BUILDING":"10"})",
                  wanted("Москва, Арбат, 10", "RU", "Москва", "Москва", "10", "")},
        place_row{"a_neighbour",
                  R"({"COUNTRY":"Беларусь","LOCALITY":"Минск","STREET":"Немига","BUILDING":"3","ROOM":"2"})",
                  wanted("Беларусь, Минск, Немига, 3, кв. 2", "BY", "", "Минск", "3", "2")},
        place_row{"an_unknown_country", R"({"COUNTRY":"Монголия","LOCALITY":"Дархан","ADDRESS_LINE_1":"1-1"})",
                  wanted("Монголия, Дархан, 1-1", "", "", "Дархан", "", "")},
        place_row{"one_line", R"({"LOCALITY":"Тула","ADDRESS_LINE_1":"ул. Мира, д. 5, кв. 9"})",
                  wanted("Тула, ул. Мира, д. 5, кв. 9", "RU", "", "Тула", "5", "9")},
        place_row{"a_bare_flat", R"({"LOCALITY":"Тула","STREET":"Мира","BUILDING":"5","ADDRESS_LINE_2":"9"})",
                  wanted("Тула, Мира, 5, 9", "RU", "", "Тула", "5", "9")}),
    [](const auto& tested) { return tested.param.name; });

} // namespace
} // namespace waybill::delivery::test
