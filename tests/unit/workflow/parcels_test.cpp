// Several parcels of one deal: what each contains and collects, and what the deal shows of all. Pure.
#include <workflow/parcels.hpp>
#include <workflow/part.hpp>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::workflow;
using store::phase;
using store::record;

TEST(parcels, a_sum_is_divided_by_worth_and_no_kopeck_is_lost) {
  const struct {
    const char* name;
    std::int64_t sum;
    std::vector<std::int64_t> worths, parts;
  } rows[] = {
      {"all of it", 300, {100, 200}, {100, 200}}, {"more than the parcels are worth", 500, {100, 200}, {100, 200}},
      {"a half", 150, {100, 200}, {50, 100}},     {"thirds of a kopeck", 100, {1, 1, 1}, {1, 1, 1}},
      {"an odd one", 10, {7, 7, 7}, {3, 4, 3}},   {"nothing", 0, {7, 7}, {0, 0}},
      {"worth nothing", 10, {0, 0}, {0, 0}},      {"one is free", 10, {0, 20}, {0, 10}},
  };
  for (const auto& row : rows) {
    std::vector<std::int64_t> parts;
    for (std::size_t i = 0; i < row.worths.size(); ++i) parts.push_back(part_of(row.sum, row.worths, i));
    EXPECT_EQ(parts, row.parts) << row.name;
  }
}

sale::basket_line article(std::int64_t id, std::int64_t product, std::string name, std::int64_t price) {
  sale::basket_line b;
  b.id = id;
  b.product = product;
  b.name = std::move(name);
  b.price = {price, "RUB"};
  b.quantity = "5";
  b.weight_g = 700;
  return b;
}
sale::shipment::line line(std::int64_t basket, std::string quantity) {
  sale::shipment::line l;
  l.id = basket * 10;
  l.basket = basket;
  l.quantity = std::move(quantity);
  return l;
}
bitrix24::product_row row(std::int64_t product, std::string name, std::string xml_id = {}) {
  bitrix24::product_row r;
  r.product = product;
  r.name = std::move(name);
  r.quantity = "5";
  r.price = {100, "RUB"};
  r.measure_code = 778;
  r.xml_id = std::move(xml_id);
  return r;
}

TEST(parcels, goods_are_those_of_the_shipment) {
  sale::order o;
  o.basket = {article(1, 201, "Чайник", 1990), article(2, 202, "Чехол", 500), article(3, 0, "Без каталога", 70),
              article(4, 900, "Только в магазине", 80)};
  sale::shipment s;
  s.lines = {line(1, "2"), line(3, "1.5"), line(4, "1"), line(77, "9")};
  bitrix24::deal_bundle bundle;
  bundle.rows = {row(202, "Чехол"), row(201, "Чайник", "sale_basket_9"), row(201, "Чайник", "sale_basket_1"),
                 row(0, "Без каталога")};
  bundle.deal.fields = {{"UF_VALUE", "5000|RUB"}, {"UF_PARCELS", "3"}, {"UF_CASH", "Y"}, {"UF_NAME", "x"}};
  config::portal portal;
  portal.fields.declared_value = "UF_VALUE";
  portal.fields.parcels = "UF_PARCELS";
  portal.fields.cash_on_delivery = "UF_CASH";
  keep_goods_of(bundle, portal, o, s);
  ASSERT_EQ(bundle.rows.size(), 3U);
  EXPECT_EQ(bundle.rows[0].xml_id, "sale_basket_1") << "the row that became this article, not its namesake";
  EXPECT_EQ(bundle.rows[0].quantity, "2");
  EXPECT_EQ(bundle.rows[0].measure_code, 778);
  EXPECT_EQ(bundle.rows[1].name, "Без каталога");
  EXPECT_EQ(bundle.rows[1].quantity, "1.5");
  EXPECT_EQ(bundle.rows[2].price.minor, 80);
  ASSERT_TRUE(bundle.products.contains(900));
  EXPECT_EQ(bundle.products.at(900).weight_g, 700);
  EXPECT_EQ(bundle.deal.fields.size(), 1U) << "what is said of the deal as a whole is not said of a parcel";
  EXPECT_EQ(worth_of(o, s), 2 * 1990 + 105 + 80);
}

record parcel(std::int64_t attempt, std::optional<status> latest, phase state = phase::confirmed) {
  record r;
  r.attempt = attempt;
  r.reference = "R" + std::to_string(attempt);
  r.number = "N" + std::to_string(attempt);
  r.order_id = "O" + std::to_string(attempt);
  r.cost = money{100 * attempt, "RUB"};
  r.latest = latest;
  r.state = state;
  return r;
}

TEST(parcels, the_deal_shows_the_one_that_is_furthest_behind) {
  using enum status;
  const struct {
    const char* name;
    std::optional<status> a, b, shown;
  } rows[] = {
      {"both on their way", in_transit, accepted, accepted},
      {"one delivered", delivered, in_transit, in_transit},
      {"both delivered", delivered, delivered, delivered},
      {"a problem is what counts", problem, created, problem},
      {"one returned", delivered, returned, partially_delivered},
      {"both returned", returned, returned, returned},
      {"one lost", lost, delivered, partially_delivered},
      {"one without news", {}, delivered, created},
      {"a cancelled one counts no more", cancelled, in_transit, in_transit},
      {"all cancelled", cancelled, cancelled, cancelled},
  };
  for (const auto& row : rows) {
    const record a = parcel(1, row.a), b = parcel(2, row.b);
    EXPECT_EQ(face_of({a, b}, b).latest, row.shown) << row.name;
  }
}

TEST(parcels, the_deal_shows_all_numbers_and_one_parcel_as_it_is) {
  const record a = parcel(1, status::in_transit), b = parcel(2, status::accepted);
  const record both = face_of({a, b}, b);
  EXPECT_EQ(both.number, "N1, N2");
  EXPECT_EQ(both.order_id, "O1, O2");
  EXPECT_EQ(both.cost->minor, 300);
  EXPECT_EQ(face_of({a}, a).number, "N1");
  EXPECT_EQ(face_of({parcel(1, status::cancelled), b}, b).number, "N2");
  EXPECT_EQ(face_of({a, parcel(2, status::cancelled)}, parcel(2, status::cancelled)).number, "N1")
      << "a cancelled parcel's late news do not hide the one that is on its way";
  record troubled = a;
  troubled.trouble_now.emplace().key = "bad_address";
  EXPECT_EQ(face_of({troubled, b}, b).trouble_now->key, "bad_address");
  // As it was just changed, not as it is stored.
  record fresh = b;
  fresh.number = "N2-new";
  EXPECT_EQ(face_of({a, b}, fresh).number, "N1, N2-new");
  EXPECT_EQ(face_of({parcel(1, status::delivered, phase::closed), b}, b).state, phase::confirmed)
      << "a rule that waits is answered and forgotten only with the last parcel";
  const record planned = parcel(2, {}, phase::planned);
  EXPECT_FALSE(face_of({parcel(1, status::delivered), planned}, planned).latest);
}

TEST(part, units_are_handed_out_once) {
  record r;
  r.what.parcels.resize(2);
  item kettle, cover;
  kettle.name = "Чайник";
  kettle.price = {1990, "RUB"};
  kettle.quantity = 3;
  cover.name = "Чехол";
  cover.price = {500, "RUB"};
  r.what.parcels[0].items = {kettle};
  r.what.parcels[1].items = {cover, kettle};
  r.handed_over = {3, 0};
  EXPECT_FALSE(knows_what_was_taken(r)) << "a figure is missing";
  r.handed_over = {3, 0, 1};
  ASSERT_TRUE(knows_what_was_taken(r));
  taken_units taken(r);
  EXPECT_TRUE(taken.has("Чехол", cover.price));
  EXPECT_FALSE(taken.has("Чехол", kettle.price));
  EXPECT_EQ(taken.take("Чехол", cover.price, 1), 0);
  EXPECT_EQ(taken.take("Чайник", kettle.price, 2), 2);
  EXPECT_EQ(taken.take("Чайник", kettle.price, 9), 2);
  EXPECT_EQ(taken.take("Чайник", kettle.price, 9), 0);
  EXPECT_EQ(taken.take("Нет такого", kettle.price, 9), 0);
}

TEST(part, quantities_are_counted_in_units_or_not_at_all) {
  const struct {
    const char* text;
    std::int64_t units;
  } rows[] = {{"2", 2}, {"2.00", 2}, {"0", 0}, {"2.5", -1}, {"-1", -1}, {"", -1}, {"много", -1}};
  for (const auto& row : rows) EXPECT_EQ(units_of(row.text), row.units) << row.text;
}

} // namespace
