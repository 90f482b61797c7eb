#include "fixture.hpp"

#include <waybill/json.hpp>

#include <gtest/gtest.h>

namespace waybill::mapping::test {
namespace {

TEST(to_shipment, an_ordinary_deal) {
  const auto m = to_shipment(bundle(), portal());
  EXPECT_EQ(keys(m.obstacles), "");
  EXPECT_EQ(keys(m.remarks), "");
  EXPECT_EQ(m.delivery_type, "courier");
  EXPECT_EQ(m.carrier, "");
  const shipment& s = m.what;
  EXPECT_EQ(s.reference, "");
  EXPECT_EQ(s.service, "courier");
  EXPECT_EQ(s.recipient.name, "Сидоров Иван Петрович");
  EXPECT_EQ(s.recipient.company, "");
  EXPECT_EQ(s.recipient.phone, "+79123456789");
  EXPECT_EQ(s.recipient.email, "ivan@example.com");
  EXPECT_EQ(s.destination.city, "Тверь");
  EXPECT_EQ(s.destination.raw, "г Тверь, ул Советская, 14");
  EXPECT_EQ(s.pickup_point, "");
  ASSERT_EQ(s.parcels.size(), 1u);
  EXPECT_EQ(s.parcels[0].number, "1");
  EXPECT_EQ(s.parcels[0].weight_g, 900);
  EXPECT_EQ(s.parcels[0].length_mm, 330);
  EXPECT_EQ(s.parcels[0].width_mm, 210);
  EXPECT_EQ(s.parcels[0].height_mm, 120);
  ASSERT_EQ(s.parcels[0].items.size(), 1u);
  EXPECT_EQ(s.parcels[0].items[0].name, "Кроссовки, 42");
  EXPECT_EQ(s.parcels[0].items[0].sku, "201");
  EXPECT_EQ(s.declared_value, (money{450'000, "RUB"}));
  EXPECT_EQ(s.cash_on_delivery.minor, 0);
}

TEST(to_shipment, all_obstacles_at_once) {
  auto b = bundle();
  b.person.reset();
  b.rows.clear();
  b.deal.fields = {};
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(keys(m.obstacles), "missing_delivery_type missing_name missing_phone missing_address missing_rows");
}

struct where_row {
  std::string name;
  boost::json::value type, point, address;
  std::string service, pickup_point, obstacles, remarks;
};
void PrintTo(const where_row& r, std::ostream* out) { *out << r.name; }
class where : public testing::TestWithParam<where_row> {};

TEST_P(where, door_or_point) {
  const auto& r = GetParam();
  auto b = bundle();
  b.deal.fields["UF_CRM_DELIVERY_TYPE"] = r.type;
  b.deal.fields["UF_CRM_PVZ_CODE"] = r.point;
  b.deal.fields["UF_CRM_DELIVERY_ADDRESS"] = r.address;
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.what.service, r.service);
  EXPECT_EQ(m.what.pickup_point, r.pickup_point);
  EXPECT_EQ(keys(m.obstacles), r.obstacles);
  EXPECT_EQ(keys(m.remarks), r.remarks);
}

INSTANTIATE_TEST_SUITE_P(
    types, where,
    testing::Values(where_row{"list id", 45, nullptr, "г Тверь", "courier", "", "", ""},
                    where_row{"list id as text", "45", nullptr, "г Тверь", "courier", "", "", ""},
                    where_row{"multiple list", boost::json::array{46, 45}, "TVR1", nullptr, "pickup", "TVR1", "", ""},
                    where_row{"point missing", 46, nullptr, "г Тверь", "pickup", "", "missing_pickup_point", ""},
                    where_row{"point blank", 46, " ", nullptr, "pickup", "", "missing_pickup_point", ""},
                    where_row{"door without address", 45, nullptr, nullptr, "courier", "", "missing_address", ""},
                    where_row{"door, emptied address", 45, nullptr, "|;|", "courier", "", "missing_address", ""},
                    where_row{"door with a stale point", 45, "TVR1", "г Тверь", "courier", "", "",
                              "pickup_point_ignored"},
                    where_row{"own type with a point", 47, "TVR1", nullptr, "Экспресс", "TVR1", "", ""},
                    where_row{"own type without", 47, nullptr, "г Тверь", "Экспресс", "", "", ""},
                    where_row{"own type with nothing", 47, nullptr, nullptr, "Экспресс", "", "missing_address", ""},
                    where_row{"id not in the list", 99, nullptr, "г Тверь", "99", "", "unknown_delivery_type", ""},
                    where_row{"text", "pvz_cdek", nullptr, nullptr, "pvz_cdek", "", "missing_pickup_point", ""},
                    where_row{"russian text", "Самовывоз из ПВЗ", nullptr, nullptr, "Самовывоз из ПВЗ", "",
                              "missing_pickup_point", ""},
                    where_row{"russian door", "Курьером до двери", "X1", "г Тверь", "Курьером до двери", "", "",
                              "pickup_point_ignored"},
                    where_row{"both words", "Курьер / ПВЗ", "X1", nullptr, "Курьер / ПВЗ", "X1", "", ""},
                    where_row{"none", nullptr, nullptr, "г Тверь", "", "", "missing_delivery_type", ""},
                    where_row{"zero length", "", "X1", nullptr, "", "X1", "missing_delivery_type", ""},
                    where_row{"multiple address", 45, nullptr,
                              boost::json::array{"|;|", "г Уфа, ул Мира, 2|;|7", "г Тверь"}, "courier", "", "", ""}));

TEST(to_shipment, a_string_field_with_digits_is_taken_as_it_is) {
  auto b = bundle();
  b.delivery_types.clear();
  b.deal.fields["UF_CRM_DELIVERY_TYPE"] = "136";
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.delivery_type, "136");
  EXPECT_EQ(keys(m.obstacles), "");
}

TEST(to_shipment, the_first_filled_address_of_several) {
  auto b = bundle();
  b.deal.fields["UF_CRM_DELIVERY_ADDRESS"] = boost::json::array{"|;|", "г Уфа, ул Мира, 2|54.7;55.9|7", "г Тверь"};
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.what.destination.city, "Уфа");
  EXPECT_EQ(m.what.destination.latitude, 54.7);
}

TEST(to_shipment, the_requisites_address_comes_after_the_deals_own) {
  auto b = bundle();
  address delivery;
  delivery.postal_code = "625003";
  delivery.city = "Тюмень";
  delivery.street = "ул. Ленина";
  delivery.house = "2";
  delivery.flat = "701";
  b.requisite_address = delivery;
  EXPECT_EQ(to_shipment(b, portal()).what.destination.city, "Тверь");
  b.deal.fields["UF_CRM_DELIVERY_ADDRESS"] = "";
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(keys(m.obstacles), "");
  EXPECT_EQ(m.what.destination.city, "Тюмень");
  EXPECT_EQ(m.what.destination.raw, "625003, Тюмень, ул. Ленина, 2, кв. 701");
}

TEST(recipient, a_company_without_a_person) {
  auto b = bundle();
  b.person.reset();
  b.company = bitrix24::contact{};
  b.company->name = " ООО Ромашка ";
  b.company->phones = {"", "+7 495 123-45-67 доб. 12"};
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(keys(m.obstacles), "");
  EXPECT_EQ(m.what.recipient.name, "ООО Ромашка");
  EXPECT_EQ(m.what.recipient.company, "ООО Ромашка");
  EXPECT_EQ(m.what.recipient.phone, "+74951234567");
  EXPECT_EQ(m.what.recipient.phone_extension, "12");
}

TEST(recipient, a_person_of_a_company) {
  auto b = bundle();
  b.company = bitrix24::contact{};
  b.company->name = "ООО Ромашка";
  b.company->phones = {"+74951234567"};
  b.company->emails = {"office@example.com"};
  b.person->emails.clear();
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.what.recipient.name, "Сидоров Иван Петрович");
  EXPECT_EQ(m.what.recipient.company, "ООО Ромашка");
  EXPECT_EQ(m.what.recipient.phone, "+79123456789");
  EXPECT_EQ(m.what.recipient.email, "office@example.com");
}

TEST(recipient, names_with_holes) {
  auto b = bundle();
  b.person->last_name = "";
  b.person->second_name = " ";
  EXPECT_EQ(to_shipment(b, portal()).what.recipient.name, "Иван");
  b.person->name = "";
  EXPECT_EQ(keys(to_shipment(b, portal()).obstacles), "missing_name");
}

struct phone_row {
  std::string name;
  boost::json::value deal;
  std::vector<std::string> person, company;
  std::string phone, obstacles;
};
void PrintTo(const phone_row& r, std::ostream* out) { *out << r.name; }
class phone_order : public testing::TestWithParam<phone_row> {};
TEST_P(phone_order, first_good_one) {
  const auto& r = GetParam();
  auto b = bundle();
  b.deal.fields["UF_CRM_DELIVERY_PHONE"] = r.deal;
  b.person->phones = r.person;
  b.company = bitrix24::contact{};
  b.company->phones = r.company;
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.what.recipient.phone, r.phone);
  EXPECT_EQ(keys(m.obstacles), r.obstacles);
}
INSTANTIATE_TEST_SUITE_P(
    sources, phone_order,
    testing::Values(phone_row{"deal", "89110000001", {"89110000002"}, {"89110000003"}, "+79110000001", ""},
                    phone_row{"deal as a number", 89110000001, {}, {}, "+79110000001", ""},
                    phone_row{"deal, several", boost::json::array{"нет", "89110000001"}, {}, {}, "+79110000001", ""},
                    phone_row{"bad in the deal", "123", {"89110000002"}, {}, "+79110000002", ""},
                    phone_row{"person's second", nullptr, {"раб.", "89110000002"}, {}, "+79110000002", ""},
                    phone_row{"company", false, {}, {"89110000003"}, "+79110000003", ""},
                    phone_row{"all bad", "123", {"456"}, {"789"}, "", "bad_phone"},
                    phone_row{"none", nullptr, {" "}, {}, "", "missing_phone"}));

TEST(recipient, a_bad_phone_is_not_spelled_out) {
  auto b = bundle();
  b.person->phones = {"8 912 345 67"};
  const auto m = to_shipment(b, portal());
  ASSERT_EQ(m.obstacles.size(), 1u);
  ASSERT_EQ(m.obstacles[0].values.size(), 1u);
  EXPECT_FALSE(m.obstacles[0].values[0].second.contains("912"));
}

TEST(fields, carrier_and_comment) {
  auto b = bundle();
  b.deal.fields["UF_CRM_DELIVERY_CARRIER"] = 51;
  b.deal.fields["UF_CRM_COMMENT"] = "позвонить\nзаранее\x01";
  auto m = to_shipment(b, portal());
  EXPECT_EQ(m.carrier, "cdek");
  EXPECT_EQ(m.what.comment, "позвонить заранее");
  b.deal.fields["UF_CRM_DELIVERY_CARRIER"] = " cdek-main ";
  b.deal.fields["UF_CRM_COMMENT"] = std::string(5000, 'x');
  m = to_shipment(b, portal());
  EXPECT_EQ(m.carrier, "cdek-main");
  EXPECT_EQ(m.what.comment.size(), 500u);
}

TEST(fields, switched_off_ones_are_not_read) {
  auto p = portal();
  p.fields.phone = p.fields.pickup_point = "";
  auto b = bundle();
  b.deal.fields[""] = "89110000001";
  const auto m = to_shipment(b, p);
  EXPECT_EQ(m.what.recipient.phone, "+79123456789");
  EXPECT_EQ(m.what.pickup_point, "");
}

} // namespace
} // namespace waybill::mapping::test
