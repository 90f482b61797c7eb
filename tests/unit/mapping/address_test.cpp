#include <mapping/mapping.hpp>

#include <random>

#include <gtest/gtest.h>

namespace waybill::mapping {
namespace {

struct row {
  std::string text;
  std::string postal, region, city, street, house, flat;
  std::string country = "RU";
};
void PrintTo(const row& r, std::ostream* out) { *out << r.text; }

class address_text : public testing::TestWithParam<row> {};

TEST_P(address_text, gives_its_certain_parts) {
  const row& r = GetParam();
  const auto a = parse_address_text(r.text);
  EXPECT_EQ(a.raw, r.text);
  EXPECT_EQ(a.postal_code, r.postal);
  EXPECT_EQ(a.region, r.region);
  EXPECT_EQ(a.city, r.city);
  EXPECT_EQ(a.street, r.street);
  EXPECT_EQ(a.house, r.house);
  EXPECT_EQ(a.flat, r.flat);
  EXPECT_EQ(a.country_code, r.country);
}

INSTANTIATE_TEST_SUITE_P(
    marked, address_text,
    testing::Values(
        row{"г Тверь, ул Советская, 14", "", "", "Тверь", "ул Советская", "14", ""},
        row{"г. Тверь, ул. Советская, д. 14, кв. 4", "", "", "Тверь", "ул Советская", "14", "4"},
        row{"г.Тверь,ул.Советская,д.14,кв.4", "", "", "Тверь", "ул Советская", "14", "4"},
        row{"170100, Тверская обл, г Тверь, ул Советская, д 14, кв 4", "170100", "Тверская обл", "Тверь",
            "ул Советская", "14", "4"},
        row{"170100 г. Тверь, Советская ул., д.14 к.2 кв.15", "170100", "", "Тверь", "Советская ул", "14к2", "15"},
        row{"г. Санкт-Петербург, Невский пр-т, 28, оф. 12", "", "", "Санкт-Петербург", "Невский пр-т", "28", "12"},
        row{"г Москва, пр-кт Мира, д 101 стр 1, помещение 5", "", "", "Москва", "пр-кт Мира", "101с1", "5"},
        row{"Москва, ул. Ленина 5", "", "", "Москва", "ул Ленина", "5", ""},
        row{"Москва, ул. Ленина 5а, 12", "", "", "Москва", "ул Ленина", "5а", "12"},
        row{"г Тверь, ул Советская 14 к2 кв 3", "", "", "Тверь", "ул Советская", "14к2", "3"},
        row{"г Тверь ул Советская д14 кв3", "", "", "Тверь", "ул Советская", "14", "3"},
        row{"г Тверь, ул 50 лет Октября, 7", "", "", "Тверь", "ул 50 лет Октября", "7", ""},
        row{"г Уфа, ул 8 Марта, д 2/1", "", "", "Уфа", "ул 8 Марта", "2/1", ""},
        row{"г Тольятти, мкр 5, д 12", "", "", "Тольятти", "мкр 5", "12", ""},
        row{"Республика Татарстан, г Казань, ул Баумана, 1", "", "Республика Татарстан", "Казань", "ул Баумана", "1",
            ""},
        row{"Тверская область, Калининский район, д. Ивановка, д. 5", "", "Тверская область", "Ивановка", "", "5", ""},
        row{"Ленинградская обл, пгт Кузнечное, ул Юбилейная, д 3", "", "Ленинградская обл", "Кузнечное", "ул Юбилейная",
            "3", ""},
        row{"Тверь г, Советская ул, дом 14 А", "", "", "Тверь", "Советская ул", "14А", ""},
        row{"г Минск, ул Ленина, 5, Беларусь", "", "", "Минск", "ул Ленина", "5", "", "BY"},
        row{"г Тверь, ул Советская, д 14, подъезд 2, этаж 3, кв 4", "", "", "Тверь", "ул Советская", "14", "4"}));

INSTANTIATE_TEST_SUITE_P(by_place, address_text,
                         testing::Values(row{"Гранатный переулок, 10, Москва, Россия, 123001", "123001", "", "Москва",
                                             "Гранатный переулок", "10", ""},
                                         row{"Тверская улица, 7, Тверь, Тверская область, Россия, 170100", "170100",
                                             "Тверская область", "Тверь", "Тверская улица", "7", ""},
                                         row{"Тверь, ул Советская, 14", "", "", "Тверь", "ул Советская", "14", ""},
                                         row{"Нижний Новгород, улица Ильинская, 3, 8", "", "", "Нижний Новгород",
                                             "улица Ильинская", "3", "8"},
                                         row{"Москва, Тверская, 7", "", "", "Москва", "Тверская", "7", ""},
                                         row{"Москва, Тверская 7", "", "", "Москва", "Тверская", "7", ""},
                                         row{"спб, Садовая, д. 3", "", "", "Санкт-Петербург", "Садовая", "3", ""},
                                         row{"Москва", "", "", "Москва", "", "", ""},
                                         row{"Москва, г Зеленоград, корп 1403", "", "", "Зеленоград", "", "к1403",
                                             ""}));

INSTANTIATE_TEST_SUITE_P(
    left_alone, address_text,
    testing::Values(row{"", "", "", "", "", "", ""}, row{"как в прошлый раз", "", "", "", "", "", ""},
                    row{"Тверь", "", "", "", "", "", ""}, // may be a city, or a shop's name
                    row{"12345", "", "", "", "", "", ""}, row{"10, 20, 30", "", "", "", "", "", ""},
                    row{"метро Охотный ряд", "", "", "", "", "", ""}, row{"Lenina 5, Tver", "", "", "", "", "", ""}));

struct field_row {
  std::string value, raw;
  std::optional<double> latitude, longitude;
};
void PrintTo(const field_row& r, std::ostream* out) { *out << r.value; }
class address_field : public testing::TestWithParam<field_row> {};

TEST_P(address_field, is_split_from_the_right) {
  const auto a = parse_address_field(GetParam().value);
  EXPECT_EQ(a.raw, GetParam().raw);
  EXPECT_EQ(a.latitude, GetParam().latitude);
  EXPECT_EQ(a.longitude, GetParam().longitude);
}

INSTANTIATE_TEST_SUITE_P(
    forms, address_field,
    testing::Values(field_row{"Гранатный переулок, 10, Москва, Россия, 123001|55.761234;37.591234|571",
                              "Гранатный переулок, 10, Москва, Россия, 123001", 55.761234, 37.591234},
                    field_row{"Тверская улица, 7, , Москва|;|575", "Тверская улица, 7, Москва", {}, {}},
                    field_row{"г Тверь, ул Советская, 14|;|", "г Тверь, ул Советская, 14", {}, {}},
                    field_row{"г Тверь,  ул\u00a0Советская ,, 14 ", "г Тверь, ул Советская, 14", {}, {}},
                    field_row{"г Тверь|56.85;35.9", "г Тверь", 56.85, 35.9},
                    field_row{"г Тверь|571", "г Тверь", {}, {}},
                    field_row{"дом | офис|55.7;37.6|1", "дом | офис", 55.7, 37.6},
                    field_row{"склад|ворота", "склад|ворота", {}, {}}, field_row{"г Тверь|0;0|1", "г Тверь", {}, {}},
                    field_row{"г Тверь|155.7;37.6|1", "г Тверь", {}, {}},
                    field_row{"г Тверь|x;y|1", "г Тверь|x;y", {}, {}}, field_row{"|;|", "", {}, {}},
                    field_row{"", "", {}, {}}, field_row{"||", "", {}, {}}));

TEST(address_field, parts_come_with_the_coordinates) {
  const auto a = parse_address_field("Тверская улица, 7, , Москва|55.7;37.6|575");
  EXPECT_EQ(a.city, "Москва");
  EXPECT_EQ(a.street, "Тверская улица");
  EXPECT_EQ(a.house, "7");
}

TEST(address_field, no_bytes_crash_it) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"г",  "ул", ".",     ",",    " ",    "|", ";", "д",      "14",
                                        "к2", "кв", "Тверь", "\xd0", "\xff", "а", "1", "170100", "Россия"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
    const auto a = parse_address_field(text);
    EXPECT_LE(a.house.size() + a.city.size() + a.street.size(), 200u);
  }
}

} // namespace
} // namespace waybill::mapping
