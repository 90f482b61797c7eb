#include "fixture.hpp"

#include <mapping/goods.hpp>

#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace waybill::mapping::test {
namespace {

mapped map_rows(std::vector<bitrix24::product_row> rows, const config::portal& p = portal()) {
  auto b = bundle();
  b.rows = std::move(rows);
  return to_shipment(b, p);
}

TEST(rows, services_and_delivery_are_left_out) {
  auto service = row_of(0, "Сборка", 100);
  service.type = 7;
  const auto m = map_rows({service, row_of(0, "ДОСТАВКА курьером", 30'000), row_of(201, "Кроссовки", 450'000)});
  ASSERT_EQ(m.what.parcels[0].items.size(), 1u);
  EXPECT_EQ(m.what.parcels[0].items[0].name, "Кроссовки");
  EXPECT_EQ(m.what.declared_value.minor, 450'000);
  EXPECT_EQ(keys(map_rows({service}).obstacles), "missing_rows");
}

TEST(rows, a_discount_is_known_by_the_full_price) {
  auto row = row_of(201, "Кроссовки", 405'000);
  const auto full = [&](std::int64_t minor, std::string quantity = "1") {
    row.full_price.minor = minor;
    row.quantity = std::move(quantity);
    const auto m = map_rows({row});
    EXPECT_EQ(m.what.declared_value.minor, m.what.parcels[0].items[0].price.minor); // what is paid
    return m.what.parcels[0].items[0].full_price.minor;
  };
  EXPECT_EQ(full(450'000), 450'000);
  EXPECT_EQ(full(450'000, "1.5"), 675'000);
  EXPECT_EQ(full(405'000), 0);
  EXPECT_EQ(full(100), 0); // a surcharge
}

TEST(rows, a_variation_without_an_article_number_has_its_parents) {
  auto b = bundle();
  b.products[201].parent = 200;
  b.products[201].barcode = "4600001";
  b.products[200].id = 200;
  b.products[200].article = "ART-200";
  b.products[200].barcode = "4600002";
  const auto goods = [&] { return to_shipment(b, portal()).what.parcels[0].items[0]; };
  EXPECT_EQ(goods().article, "ART-200");
  EXPECT_EQ(goods().barcode, "4600001");
  b.products[201].article = "ART-201";
  b.products[201].barcode = "";
  EXPECT_EQ(goods().article, "ART-201");
  EXPECT_EQ(goods().barcode, "") << "a barcode is of one variation";
}

struct quantity_row {
  std::string quantity;
  int measure;
  std::string name;
  std::int64_t units, weight, price; // per unit
  std::string obstacles;
};
void PrintTo(const quantity_row& r, std::ostream* out) { *out << r.quantity << " of " << r.measure; }
class quantities : public testing::TestWithParam<quantity_row> {};
TEST_P(quantities, are_pieces) {
  const auto& r = GetParam();
  auto row = row_of(201, "Товар", 10'001, r.quantity);
  row.measure_code = r.measure;
  const auto m = map_rows({row});
  EXPECT_EQ(keys(m.obstacles), r.obstacles);
  if (!r.obstacles.empty()) return;
  const item& i = m.what.parcels[0].items.at(0);
  EXPECT_EQ(i.name, r.name);
  EXPECT_EQ(i.quantity, r.units);
  EXPECT_EQ(i.weight_g, r.weight);
  EXPECT_EQ(i.price.minor, r.price);
  EXPECT_EQ(m.what.parcels[0].weight_g, r.weight * r.units);
  EXPECT_EQ(m.what.declared_value.minor, r.price * r.units);
}
INSTANTIATE_TEST_SUITE_P(measures, quantities,
                         testing::Values(quantity_row{"1", 796, "Товар", 1, 900, 10'001, ""},
                                         quantity_row{"3.0000", 796, "Товар", 3, 900, 10'001, ""},
                                         quantity_row{"1.5", 796, "Товар (1.5 шт)", 1, 1350, 15'002, ""},
                                         quantity_row{"0.35", 166, "Товар (0.35 кг)", 1, 350, 3'500, ""},
                                         quantity_row{"2", 166, "Товар (2 кг)", 1, 2000, 20'002, ""},
                                         quantity_row{"250.5", 163, "Товар (250.5 г)", 1, 251, 2'505'251, ""},
                                         quantity_row{"2.5", 6, "Товар (2.5 м)", 1, 2250, 25'003, ""},
                                         quantity_row{"2", 6, "Товар", 2, 900, 10'001, ""},
                                         quantity_row{"0.1", 999, "Товар (0.1 ед.)", 1, 90, 1'000, ""},
                                         quantity_row{"0", 796, "", 0, 0, 0, "missing_rows"},
                                         quantity_row{"-1", 796, "", 0, 0, 0, "missing_rows"},
                                         quantity_row{"много", 796, "", 0, 0, 0, "bad_quantity"},
                                         quantity_row{"99999999999", 796, "", 0, 0, 0, "bad_quantity"}));

TEST(rows, vat_and_sku) {
  auto b = bundle();
  auto first = row_of(201, "A", 1), second = row_of(202, "B", 1), third = row_of(0, "C", 1),
       fourth = row_of(203, "D", 1);
  first.tax_percent = 20;
  first.xml_id = second.xml_id = "sale_basket_81";
  b.rows = {first, second, third, fourth};
  b.products[201].xml_id = "SKU-1";
  const auto items = to_shipment(b, portal()).what.parcels[0].items;
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].sku, "SKU-1");
  EXPECT_EQ(items[1].sku, "sale_basket_81");
  EXPECT_EQ(items[2].sku, "");
  EXPECT_EQ(items[3].sku, "203");
  EXPECT_EQ(items[0].vat_percent, 20);
  EXPECT_FALSE(items[1].vat_percent.has_value());
}

TEST(weights, come_from_the_product_its_parent_its_section_the_portal) {
  auto p = portal();
  config::section_default shoes;
  shoes.section = 15;
  shoes.weight_g = 1200;
  p.parcels.by_section.push_back(shoes);
  auto b = bundle();
  b.section_parents = {{17, 16}, {16, 15}, {15, 0}, {30, 31}, {31, 30}}; // the last two go round
  auto variation = product_of(301, 0, 0, 0, 0);
  variation.parent = 300;
  auto orphan = product_of(302, 0, 10, 10, 10);
  orphan.parent = 310;
  auto parent = product_of(310, 0, 1, 1, 1);
  parent.section = 17;
  auto loop = product_of(303, 0, 10, 10, 10);
  loop.section = 30;
  b.products = {{300, product_of(300, 700, 50, 40, 30)}, {301, variation}, {302, orphan}, {310, parent}, {303, loop}};
  b.rows = {row_of(301, "Вариация", 1), row_of(302, "Из раздела", 1), row_of(303, "Круг", 1), row_of(0, "Свободная", 1),
            row_of(0, "Свободная", 1)};
  const auto m = to_shipment(b, p);
  const auto& items = m.what.parcels[0].items;
  EXPECT_EQ(items[0].weight_g, 700);
  EXPECT_EQ(items[1].weight_g, 1200);
  EXPECT_EQ(items[2].weight_g, 500);
  EXPECT_EQ(items[3].weight_g, 500);
  EXPECT_EQ(m.what.parcels[0].weight_g, 700 + 1200 + 500 * 3);
  ASSERT_EQ(keys(m.remarks), "default_weight default_size");
  EXPECT_EQ(m.remarks[0].values[0].second, "Из раздела (1200 г), Круг (500 г), Свободная (500 г)");
  EXPECT_TRUE(m.remarks[1].values[0].second.starts_with("Свободная (")) << m.remarks[1].values[0].second;
}

TEST(weights, nothing_known_at_all) {
  auto p = portal();
  p.parcels = {};
  auto b = bundle();
  b.products.clear();
  const auto m = to_shipment(b, p);
  EXPECT_EQ(keys(m.obstacles), "missing_weight missing_size");
  EXPECT_EQ(m.obstacles[0].values[0].second, "Кроссовки, 42");
}

TEST(weights, of_what_is_sold_by_weight_need_no_catalogue) {
  auto p = portal();
  p.parcels.weight_g = 0;
  auto row = row_of(0, "Чай", 100, "1.2");
  row.measure_code = 166;
  const auto m = map_rows({row}, p);
  EXPECT_EQ(keys(m.obstacles), "");
  EXPECT_EQ(m.what.parcels[0].weight_g, 1200);
}

TEST(weights, many_names_are_cut) {
  std::vector<bitrix24::product_row> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(row_of(0, "Товар номер " + std::to_string(i), 1));
  const auto m = map_rows(std::move(rows));
  ASSERT_FALSE(m.remarks.empty());
  EXPECT_LE(m.remarks[0].values[0].second.size(), 300u);
  EXPECT_TRUE(m.remarks[0].values[0].second.ends_with("..."));
}

good make(std::int64_t weight, std::int64_t quantity, std::int64_t l, std::int64_t w, std::int64_t h,
          std::int64_t price = 0) {
  good g;
  g.what.quantity = quantity;
  g.what.weight_g = weight;
  g.what.price.minor = price;
  g.length_mm = l;
  g.width_mm = w;
  g.height_mm = h;
  return g;
}

TEST(parcels, size) {
  const auto size = [](const std::vector<good>& all) {
    const auto p = pack(all, 1).at(0);
    return std::vector<std::int64_t>{p.length_mm, p.width_mm, p.height_mm};
  };
  EXPECT_EQ(size({make(1, 1, 100, 300, 200)}), (std::vector<std::int64_t>{100, 300, 200})); // one piece: its own
  EXPECT_EQ(size({make(1, 3, 300, 200, 100)}),
            (std::vector<std::int64_t>{300, 300, 200})); // stacked, then the longest first
  EXPECT_EQ(size({make(1, 1, 300, 200, 100), make(1, 1, 10, 10, 400)}), (std::vector<std::int64_t>{400, 200, 100}));
  EXPECT_EQ(size({make(1, 2, 0, 0, 0)}), (std::vector<std::int64_t>{0, 0, 0}));
  EXPECT_LE(size({make(1, 1'000'000, 100'000, 100'000, 100'000)})[0], 1'000'000); // no overflow
}

TEST(parcels, are_filled_evenly_and_completely) {
  const auto three =
      pack({make(1000, 1, 1, 1, 1), make(600, 1, 1, 1, 1), make(500, 1, 1, 1, 1), make(100, 4, 1, 1, 1)}, 3);
  ASSERT_EQ(three.size(), 3u);
  EXPECT_EQ(three[0].number, "1");
  EXPECT_EQ(three[2].number, "3");
  EXPECT_EQ(three[0].weight_g, 1000 + 100);
  EXPECT_EQ(three[1].weight_g, 600 + 100);
  EXPECT_EQ(three[2].weight_g, 500 + 200);

  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<good> all;
    std::int64_t weight = 0, units = 0, heaviest = 0;
    for (std::size_t n = 1 + random() % 6; n > 0; --n) {
      all.push_back(
          make(static_cast<std::int64_t>(random() % 2000), static_cast<std::int64_t>(1 + random() % 9), 10, 10, 10));
      all.back().what.sku = std::to_string(n);
      weight += all.back().what.weight_g * all.back().what.quantity;
      units += all.back().what.quantity;
      heaviest = std::max(heaviest, all.back().what.weight_g);
    }
    const auto wanted = static_cast<std::int64_t>(1 + random() % 8);
    const auto out = pack(all, wanted);
    ASSERT_EQ(static_cast<std::int64_t>(out.size()), std::min(wanted, units));
    std::int64_t sum = 0, count = 0;
    for (const parcel& p : out) {
      ASSERT_FALSE(p.items.empty());
      std::int64_t own = 0;
      for (const item& i : p.items) {
        own += i.weight_g * i.quantity;
        count += i.quantity;
      }
      EXPECT_EQ(p.weight_g, own);
      sum += own;
    }
    EXPECT_EQ(sum, weight);
    EXPECT_EQ(count, units);
    if (out.size() > 1) {
      const auto [light, heavy] = std::ranges::minmax(out, {}, &parcel::weight_g);
      EXPECT_LE(heavy.weight_g - light.weight_g, heaviest * 2);
    }
  }
}

TEST(parcels, their_number_comes_from_the_deal) {
  auto b = bundle();
  b.rows = {row_of(201, "Кроссовки", 100, "4")};
  b.deal.fields["UF_CRM_PARCELS"] = 2;
  auto m = to_shipment(b, portal());
  ASSERT_EQ(m.what.parcels.size(), 2u);
  EXPECT_EQ(m.what.parcels[0].items[0].quantity, 2);
  EXPECT_EQ(keys(m.remarks), "");
  b.deal.fields["UF_CRM_PARCELS"] = "9";
  m = to_shipment(b, portal());
  EXPECT_EQ(m.what.parcels.size(), 4u);
  EXPECT_EQ(keys(m.remarks), "fewer_parcels");
  for (const auto& value :
       {boost::json::value(nullptr), boost::json::value("x"), boost::json::value(0), boost::json::value(-3)}) {
    b.deal.fields["UF_CRM_PARCELS"] = value;
    EXPECT_EQ(to_shipment(b, portal()).what.parcels.size(), 1u);
  }
}

std::int64_t collected(const shipment& s) {
  std::int64_t sum = s.delivery_fee.minor;
  for (const parcel& p : s.parcels)
    for (const item& i : p.items) sum += i.cash_on_delivery.minor * i.quantity;
  return sum;
}

struct cash_row {
  std::string name;
  boost::json::value field;
  std::vector<std::pair<std::int64_t, std::int64_t>> rows; // price, quantity
  std::int64_t opportunity;
  std::vector<std::int64_t> per_unit;
  std::int64_t fee, total;
};
void PrintTo(const cash_row& r, std::ostream* out) { *out << r.name; }
class cash : public testing::TestWithParam<cash_row> {};
TEST_P(cash, is_spread_to_the_kopeck) {
  const auto& r = GetParam();
  auto b = bundle();
  b.deal.fields["UF_CRM_COD"] = r.field;
  b.deal.opportunity.minor = r.opportunity;
  b.rows.clear();
  for (const auto& [price, quantity] : r.rows) b.rows.push_back(row_of(201, "Т", price, std::to_string(quantity)));
  const auto m = to_shipment(b, portal());
  std::vector<std::int64_t> per_unit;
  for (const item& i : m.what.parcels[0].items) per_unit.push_back(i.cash_on_delivery.minor);
  EXPECT_EQ(per_unit, r.per_unit);
  EXPECT_EQ(m.what.delivery_fee.minor, r.fee);
  EXPECT_EQ(m.what.cash_on_delivery.minor, r.total);
  EXPECT_EQ(collected(m.what), r.total);
}
INSTANTIATE_TEST_SUITE_P(
    amounts, cash,
    testing::Values(
        cash_row{"no", "N", {{1000, 2}}, 2000, {0}, 0, 0}, cash_row{"absent", nullptr, {{1000, 2}}, 2000, {0}, 0, 0},
        cash_row{"yes", "Y", {{1000, 2}, {500, 1}}, 2500, {1000, 500}, 0, 2500},
        cash_row{"yes, classic", "1", {{1000, 2}}, 2000, {1000}, 0, 2000},
        cash_row{"true", true, {{1000, 2}}, 2000, {1000}, 0, 2000},
        cash_row{"yes, with delivery in the deal", "Y", {{1000, 2}}, 2350, {1000}, 350, 2350},
        cash_row{"money", "15.00|RUB", {{1000, 1}, {2000, 1}}, 3000, {500, 1000}, 0, 1500},
        cash_row{"number", 15, {{1000, 1}, {2000, 1}}, 3000, {500, 1000}, 0, 1500},
        cash_row{"decimal",
                 "\x01"
                 "10.01",
                 {{1000, 1}, {2000, 1}},
                 3000,
                 {334, 667},
                 0,
                 1001},
        cash_row{"by hand", "1 500,50", {{100'000, 1}, {50'050, 1}}, 0, {100'000, 50'050}, 0, 150'050},
        cash_row{"above the goods", "100|RUB", {{3000, 3}}, 9000, {3000}, 1000, 10'000},
        cash_row{"a kopeck that fits nowhere", "10|RUB", {{1000, 3}}, 3000, {333}, 1, 1000},
        cash_row{"a kopeck that a single unit takes", "10|RUB", {{1000, 3}, {1000, 1}}, 4000, {250, 250}, 0, 1000},
        cash_row{"rest to lines by their quantity", "10.07|RUB", {{1000, 3}, {1000, 1}}, 4000, {252, 251}, 0, 1007},
        cash_row{"free goods", "10|RUB", {{0, 3}}, 0, {0}, 1000, 1000},
        cash_row{"gift beside", "10|RUB", {{1000, 2}, {0, 1}}, 2000, {500, 0}, 0, 1000},
        cash_row{"negative", "-10|RUB", {{1000, 1}}, 1000, {0}, 0, 0},
        cash_row{"no number", "оплачено", {{1000, 1}}, 1000, {0}, 0, 0}));

TEST(cash, random_sums_are_exact) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::vector<good> all;
    for (std::size_t n = 1 + random() % 5; n > 0; --n)
      all.push_back(make(1, static_cast<std::int64_t>(1 + random() % 12), 1, 1, 1,
                         static_cast<std::int64_t>(random() % 200'000)));
    const auto goods_sum = value_of(all);
    const auto amount = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(goods_sum * 2 + 1));
    auto sum = spread_cash(all, amount);
    EXPECT_GE(sum, 0);
    if (amount <= goods_sum) {
      EXPECT_LT(sum, 12); // less than one kopeck for each unit of the smallest line
    }
    for (const good& g : all) {
      EXPECT_LE(g.what.cash_on_delivery.minor, g.what.price.minor);
      sum += g.what.cash_on_delivery.minor * g.what.quantity;
    }
    EXPECT_EQ(sum, amount);
  }
}

TEST(cash, survives_several_parcels) {
  auto b = bundle();
  b.deal.fields["UF_CRM_COD"] = "100.01|RUB";
  b.deal.fields["UF_CRM_PARCELS"] = 3;
  b.rows = {row_of(201, "A", 7'777, "5"), row_of(201, "B", 12'345, "2")};
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.what.parcels.size(), 3u);
  EXPECT_EQ(collected(m.what), 10'001);
}

TEST(declared_value, is_the_fields_or_the_goods) {
  auto b = bundle();
  b.rows = {row_of(201, "A", 7'777, "5"), row_of(201, "B", 12'345, "2")};
  EXPECT_EQ(to_shipment(b, portal()).what.declared_value, (money{7'777 * 5 + 12'345 * 2, "RUB"}));
  b.deal.fields["UF_CRM_DECLARED"] = "100.50|RUB";
  EXPECT_EQ(to_shipment(b, portal()).what.declared_value, (money{10'050, "RUB"}));
  b.deal.fields["UF_CRM_DECLARED"] = 0;
  EXPECT_EQ(to_shipment(b, portal()).what.declared_value.minor, 0);
}

TEST(rows, absurd_numbers_do_not_overflow) {
  auto b = bundle();
  b.products[201] = product_of(201, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX);
  for (int i = 0; i < 20; ++i) b.rows.push_back(row_of(201, "X", INT64_MAX, "999999"));
  b.deal.opportunity.minor = INT64_MAX;
  b.deal.fields["UF_CRM_COD"] = "Y";
  b.deal.fields["UF_CRM_PARCELS"] = 99;
  auto kilos = row_of(0, "Y", INT64_MIN, "999999.999");
  kilos.measure_code = 168;
  b.rows.push_back(kilos);
  const auto m = to_shipment(b, portal());
  EXPECT_EQ(m.what.parcels.size(), 99u);
  EXPECT_GT(m.what.declared_value.minor, 0);
}

} // namespace
} // namespace waybill::mapping::test
