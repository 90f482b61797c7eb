// The pure translation by itself: lines, addresses, changes, documents made from documents, facts read.
#include "support.hpp"

#include <moysklad/ids.hpp>
#include <moysklad/mapping.hpp>

namespace waybill::moysklad::test {
namespace {

using namespace std::chrono_literals;

std::string id(const char* seed) { return stable_uuid(seed); }

account_facts facts_for_tests() {
  account_facts f;
  f.organization_id = id("organization");
  f.store_id = id("store");
  for (const document d : {document::order, document::demand}) {
    for (const char* name : {"Новый", "Собран", "Отгружен"}) f.states[d].push_back({id(name), name, "Regular"});
    f.states[d].push_back({id("Доставлен"), "Доставлен", "Successful"});
    f.states[d].push_back({id("Отменен"), "Отменен", "Unsuccessful"});
    f.states[d].push_back({id("Ждём"), "Ждём", "Regular"});
    f.attributes[d] = {{id("track"), "Трек-номер", "string", false},
                       {id("cost"), "Стоимость", "double", false},
                       {id("photo"), "Фото", "file", false}};
  }
  f.states[document::sales_return] = {{id("wait"), "Ожидается", "Regular"}, {id("taken"), "Принят", "Successful"}};
  return f;
}

good good_of(const char* seed, const char* type = "product", bool vat_enabled = true, std::int64_t vat = 10) {
  good g;
  g.type = type;
  g.id = id(seed);
  g.vat_enabled = vat_enabled;
  g.vat = vat;
  return g;
}

TEST(moysklad_mapping, vat_comes_from_where_the_account_wants_it) {
  struct row {
    vat_source from;
    std::optional<int> deal;
    bool good_enabled;
    bool enabled;
    std::int64_t rate;
  };
  for (const auto& r : {row{vat_source::deal, 20, false, true, 20}, row{vat_source::deal, 0, true, true, 0},
                        row{vat_source::deal, {}, true, false, 0}, row{vat_source::catalogue, 20, true, true, 10},
                        row{vat_source::catalogue, 20, false, false, 0}, row{vat_source::none, 20, true, false, 0}}) {
    settings how;
    how.vat = r.from;
    item i = item_of("A");
    i.vat_percent = r.deal;
    const shipment s = shipment_of({i});
    const auto lines = lines_of(how, facts_for_tests(), s, {good_of("a", "product", r.good_enabled)});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].vat_enabled, r.enabled);
    EXPECT_EQ(lines[0].vat, r.rate);
    const auto body = order_body(how, facts_for_tests(), s, lines, id("customer"));
    EXPECT_EQ(body.at("vatEnabled").as_bool(), r.enabled);
    EXPECT_TRUE(body.at("vatIncluded").as_bool());
  }
}

TEST(moysklad_mapping, equal_goods_at_an_equal_price_are_one_line) {
  const shipment s =
      shipment_of({item_of("A", 1, 100), item_of("B", 2, 100), item_of("A", 3, 100), item_of("A", 1, 90)});
  const auto lines = lines_of({}, facts_for_tests(), s, {good_of("a"), good_of("b"), good_of("a"), good_of("a")});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].quantity, 4);
  EXPECT_EQ(lines[2].price, 90);
  EXPECT_EQ(total_of(lines), 400 + 200 + 90);
}

TEST(moysklad_mapping, an_address_fits_its_fields_or_keeps_its_sense_elsewhere) {
  shipment s = two_kettles();
  const auto plain = address_of(s);
  EXPECT_EQ(json::text_or(plain, "house"), "30");
  EXPECT_EQ(json::text_or(plain, "apartment"), "8");
  EXPECT_EQ(json::text_or(plain, "postalCode"), "191186");
  EXPECT_EQ(json::text_or(plain, "comment"), "позвонить за час");
  s.destination.house = "дом с очень длинным описанием въезда";
  s.destination.region = "Ленинградская область";
  s.pickup_point = "SPB12";
  const auto longer = address_of(s);
  EXPECT_FALSE(longer.contains("house"));
  EXPECT_EQ(json::text_or(longer, "addInfo"), "Ленинградская область, " + s.destination.house + ", 8, ПВЗ SPB12");
  shipment raw = two_kettles();
  raw.destination = {};
  raw.destination.raw = std::string(300, 'x');
  const auto only_text = address_of(raw);
  EXPECT_EQ(json::text_or(only_text, "addInfo").size(), 255U);
  EXPECT_FALSE(only_text.contains("city"));
}

json::object position(const char* seed, const char* good, const char* quantity, std::int64_t price) {
  return json::object{{"id", id(seed)},
                      {"assortment", link_to("product", id(good))},
                      {"quantity", json::decimal(quantity)},
                      {"price", json::decimal(std::to_string(price) + ".0")},
                      {"discount", json::decimal("0.0")},
                      {"vat", 20},
                      {"vatEnabled", true},
                      {"reserve", json::decimal("1.0")},
                      {"shipped", json::decimal("0.0")}};
}

line line_of(const char* good, std::int64_t quantity, std::int64_t price) {
  line l;
  l.type = "product";
  l.id = id(good);
  l.quantity = quantity;
  l.price = price;
  l.vat = 20;
  l.vat_enabled = true;
  return l;
}

TEST(moysklad_mapping, a_discount_is_shown_where_it_is_exact) {
  struct row {
    std::int64_t full, paid, quantity, price, discount; // thousandths of a percent
  };
  for (const row& r : std::vector<row>{{1490'00, 1490'00, 2, 1490'00, 0},
                                       {0, 1490'00, 2, 1490'00, 0}, // unknown
                                       {1490'00, 1341'00, 2, 1341'00 + 149'00, 10'000},
                                       {200'00, 175'00, 3, 200'00, 12'500},
                                       {1000'00, 0, 1, 1000'00, 100'000},
                                       {999'90, 929'91, 3, 929'91, 0}, // 7 % leaves a fraction of a kopeck
                                       {300'00, 200'00, 1, 200'00, 0}, // a third
                                       {100'00, 120'00, 1, 120'00, 0}}) {
    item i = item_of("CH-7", r.quantity, r.paid);
    i.full_price = {r.full, "RUB"};
    good found;
    found.type = "product";
    found.id = id("a");
    const auto lines = lines_of({}, {}, shipment_of({i}), {found});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].price, r.price) << r.full << ' ' << r.paid;
    EXPECT_EQ(total_of(lines), r.paid * r.quantity) << r.full << ' ' << r.paid;
    const auto sent = changed_positions({}, lines, {});
    ASSERT_TRUE(sent);
    EXPECT_EQ(thousandths(sent->at(0).as_object(), "discount"), r.discount) << r.full << ' ' << r.paid;
  }
  // Equal goods at unequal discounts stay apart.
  item cheaper = item_of("CH-7", 1, 900'00);
  cheaper.full_price = {1000'00, "RUB"};
  good found;
  found.id = id("a");
  EXPECT_EQ(lines_of({}, {}, shipment_of({item_of("CH-7", 1, 1000'00), cheaper}), {found, found}).size(), 2U);
}

TEST(moysklad_mapping, positions_are_compared_as_numbers) {
  const json::array present{position("p1", "a", "2.0", 100), position("p2", "b", "1.0", 50)};
  EXPECT_FALSE(changed_positions({}, {line_of("b", 1, 50), line_of("a", 2, 100)}, present)) << "whatever their order";
  const auto fewer = changed_positions({}, {line_of("a", 2, 100)}, present);
  ASSERT_TRUE(fewer);
  EXPECT_EQ(fewer->size(), 1U);
  EXPECT_EQ(json::text_or((*fewer)[0].as_object(), "id"), id("p1"));
  // Of two positions of one good the one at the same price is the same.
  const json::array twins{position("p1", "a", "1.0", 100), position("p2", "a", "1.0", 50)};
  const auto both = changed_positions({}, {line_of("a", 3, 50), line_of("a", 1, 70)}, twins);
  ASSERT_TRUE(both);
  EXPECT_EQ(json::text_or((*both)[0].as_object(), "id"), id("p2"));
  EXPECT_EQ(json::text_or((*both)[1].as_object(), "id"), id("p1"));
  settings how;
  how.reserve = false;
  const auto kept = changed_positions(how, {line_of("a", 5, 100), line_of("b", 1, 50)}, present);
  ASSERT_TRUE(kept);
  EXPECT_EQ(json::integer_or((*kept)[0].as_object(), "reserve"), 1) << "people's reservation";
}

TEST(moysklad_mapping, fields_are_written_when_they_differ_and_their_kind_is_known) {
  settings how;
  how.attributes = {{fact::tracking_number, "Трек-номер"},
                    {fact::cost, "Стоимость"},
                    {fact::carrier, "Фото"},
                    {fact::status, "Нет такого"}};
  const auto f = facts_for_tests();
  const fact_values values{
      {fact::tracking_number, "17"}, {fact::cost, "350.00"}, {fact::carrier, "СДЭК"}, {fact::status, "В пути"}};
  std::vector<std::string> missing;
  const auto all = changed_attributes(how, f, document::demand, values, {}, &missing);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(missing, (std::vector<std::string>{"Фото", "Нет такого"}));
  EXPECT_NE(json::serialize(all).find("/entity/demand/metadata/attributes/" + id("track")), std::string::npos);
  const auto have = [](const char* track, const json::value& cost) {
    return json::object{{"attributes", json::array{json::object{{"id", id("track")}, {"value", track}},
                                                   json::object{{"id", id("cost")}, {"value", cost}}}}};
  };
  EXPECT_TRUE(changed_attributes(how, f, document::demand, values, have("17", json::decimal("350.0"))).empty());
  EXPECT_TRUE(changed_attributes(how, f, document::demand, values, have("17", 350)).empty());
  EXPECT_EQ(changed_attributes(how, f, document::demand, values, have("18", 350)).size(), 1U);
  EXPECT_EQ(changed_attributes(how, f, document::demand, values, have("17", 351)).size(), 1U);
  EXPECT_EQ(changed_attributes(how, f, document::demand, {{fact::tracking_number, "017"}}, have("17", 1)).size(), 1U)
      << "texts are no numbers";
}

TEST(moysklad_mapping, a_shipment_holds_what_has_not_left_yet) {
  json::object order{{"id", id("order")},
                     {"organization", link_to("organization", id("organization"))},
                     {"agent", link_to("counterparty", id("customer"))},
                     {"vatEnabled", true},
                     {"vatIncluded", true}};
  json::array positions{position("p1", "a", "2.5", 100), position("p2", "b", "1.0", 50)};
  positions[0].as_object()["shipped"] = json::decimal("1.0");
  positions[1].as_object()["shipped"] = json::decimal("1.0");
  const auto body = demand_body(facts_for_tests(), order, positions, "r-1");
  ASSERT_TRUE(body);
  const auto& lines = body->at("positions").as_array();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(json::text_or(lines[0].as_object(), "quantity"), "1.5");
  EXPECT_FALSE(lines[0].as_object().contains("id"));
  EXPECT_FALSE(lines[0].as_object().contains("reserve"));
  EXPECT_EQ(linked_id(*body, "customerOrder"), id("order"));
  EXPECT_EQ(linked_id(*body, "store"), id("store"));
  EXPECT_EQ(linked_type(*body, "agent"), "counterparty");
  positions[0].as_object()["shipped"] = json::decimal("2.5");
  EXPECT_FALSE(demand_body(facts_for_tests(), order, positions, "r-1"));
}

struct reading {
  const char* name;
  const char* order_state;
  const char* demand_state; // null: no shipment
  const char* return_state; // null: no return
  std::int64_t shipped_sum;
  status expected;
};
TEST(moysklad_mapping, documents_and_states_together_tell_how_far_it_is) {
  const auto state = [](const char* type, const char* name) { return state_link(type, id(name)); };
  for (const auto& r :
       {reading{"new", "Новый", nullptr, nullptr, 0, status::created},
        reading{"a state of their own", "Ждём", nullptr, nullptr, 0, status::created},
        reading{"packed", "Собран", nullptr, nullptr, 0, status::accepted},
        reading{"shipped, the order lags", "Новый", "Новый", nullptr, 100, status::accepted},
        reading{"the shipment is ahead", "Собран", "Отгружен", nullptr, 100, status::in_transit},
        reading{"the order is ahead", "Доставлен", "Отгружен", nullptr, 100, status::delivered},
        reading{"a part arrived", "Отгружен", "Доставлен", nullptr, 40, status::partially_delivered},
        reading{"on its way back", "Отгружен", "Отгружен", "wait", 100, status::returning},
        reading{"back", "Отгружен", "Отгружен", "taken", 100, status::returned},
        reading{"back, and delivered says the order", "Доставлен", "Отгружен", "wait", 100, status::returning},
        reading{"cancelled after shipping", "Отменен", "Отгружен", nullptr, 100, status::problem},
        reading{"cancelled", "Отменен", nullptr, nullptr, 0, status::cancelled}}) {
    order_documents docs;
    docs.order = json::object{{"id", id("order")},
                              {"externalCode", "r-1"},
                              {"created", "2026-12-01 10:00:00.000"},
                              {"updated", "2026-12-01 10:05:00.000"},
                              {"sum", json::decimal("100.0")},
                              {"shippedSum", r.shipped_sum},
                              {"state", state("customerorder", r.order_state)}};
    if (r.demand_state != nullptr)
      docs.demands.push_back(json::object{{"created", "2026-12-01 11:00:00.000"},
                                          {"updated", "2026-12-01 12:00:00.000"},
                                          {"state", state("demand", r.demand_state)}});
    if (r.return_state != nullptr)
      docs.returns.push_back(json::object{{"created", "2026-12-01 13:00:00.000"},
                                          {"updated", "2026-12-01 14:00:00.000"},
                                          {"state", state("salesreturn", r.return_state)}});
    const auto o = read_order({}, facts_for_tests(), docs);
    // As the core sees it: the latest, and of equal times the later step.
    status newest = status::created;
    instant at{};
    for (const auto& e : o.events)
      if (e.known && (e.when > at || (e.when == at && e.canonical > newest))) newest = e.canonical, at = e.when;
    EXPECT_EQ(newest, r.expected) << r.name << ": " << to_string(newest);
    EXPECT_EQ(o.phase == order_phase::cancelled, r.expected == status::cancelled) << r.name;
    EXPECT_EQ(o.reference, "r-1");
    EXPECT_FALSE(o.collected);
    EXPECT_EQ(o.events.front().when, *moscow_time("2026-12-01 10:00:00.000"));
  }
}

TEST(moysklad_mapping, what_is_known_of_an_account_survives_the_cache) {
  account_facts f = facts_for_tests();
  f.account_id = id("account");
  f.delivery_vat = 20;
  f.read_at = 17;
  const auto again = facts_from(to_json(f));
  ASSERT_TRUE(again);
  EXPECT_EQ(json::serialize(to_json(*again)), json::serialize(to_json(f)));
  EXPECT_FALSE(facts_from(json::value("x")));
  EXPECT_FALSE(facts_from(json::object{{"organization", "x"}}));
}

} // namespace
} // namespace waybill::moysklad::test
