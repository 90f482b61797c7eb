// Requests as DPD gets them: units, order of elements, ends, limits.
#include "support.hpp"

#include <functional>
#include <tuple>

#include <dpd/mapping.hpp>
#include <dpd/options.hpp>

namespace waybill::dpd::test {
namespace {

using namespace std::chrono_literals;

settings how_for_tests() { return settings_of(account_for_tests()); }

order_record record_for_tests() {
  order_record r;
  r.number = r.reference = "B24-main-1001";
  r.date = "2026-12-01";
  return r;
}

// The request read back, so that a test speaks of elements and not of characters.
struct sent {
  soap::message message;
  soap::node orders, header, order, from, to;
};
sent request_of(const settings& how, const shipment& s) {
  sent out;
  const auto body = order_request(how, s, record_for_tests());
  EXPECT_TRUE(body) << body.error().what;
  if (!body) return out;
  auto m = soap::read_message(soap::envelope(wire::order.space, "createOrder2", *body));
  EXPECT_TRUE(m);
  if (!m) return out;
  out.message = std::move(*m);
  out.orders = out.message.payload.child("orders");
  out.header = out.orders.child("header");
  out.order = out.orders.child("order");
  out.from = out.header.child("senderAddress");
  out.to = out.order.child("receiverAddress");
  return out;
}

std::string names_in(const soap::node& n) {
  std::string out;
  for (const auto& e : n.elements()) out += (out.empty() ? "" : " ") + std::string(e.name());
  return out;
}

TEST(dpd_mapping, an_order_to_the_door) {
  const auto r = request_of(how_for_tests(), shipment_for_tests());
  EXPECT_EQ(names_in(r.orders), "auth header order");
  EXPECT_EQ(names_in(r.header), "datePickup senderAddress pickupTimePeriod");
  EXPECT_EQ(names_in(r.order), "orderNumberInternal serviceCode serviceVariant cargoNumPack cargoWeight cargoVolume "
                               "cargoRegistered cargoValue cargoCategory receiverAddress parcel");
  EXPECT_EQ(soap::text(r.header, "datePickup"), "2026-12-01");
  EXPECT_EQ(soap::text(r.header, "pickupTimePeriod"), "9-18");
  EXPECT_EQ(soap::text(r.order, "cargoWeight"), "1.3");     // kilograms
  EXPECT_EQ(soap::text(r.order, "cargoVolume"), "0.00915"); // cubic metres
  EXPECT_EQ(soap::text(r.order, "cargoValue"), "3980.00");  // roubles
  EXPECT_EQ(soap::text(r.order, "cargoCategory"), "Товары");
  const auto parcel = r.order.child("parcel");
  EXPECT_EQ(names_in(parcel), "number weight length width height");
  EXPECT_EQ(soap::text(parcel, "length"), "30.5"); // centimetres
  EXPECT_EQ(names_in(r.from), "name terminalCode countryName city contactFio contactPhone contactEmail");
  EXPECT_EQ(soap::text(r.from, "name"), "ООО Клевер");
  EXPECT_EQ(soap::text(r.from, "contactFio"), "Отдел доставки");
  EXPECT_EQ(names_in(r.to), "name countryName index city street streetAbbr house houseKorpus flat contactFio "
                            "contactPhone contactEmail");
  EXPECT_EQ(soap::text(r.to, "countryName"), "Россия");
  EXPECT_EQ(soap::text(r.to, "street"), "Невский");
  EXPECT_EQ(soap::text(r.to, "streetAbbr"), "пр-т");
  EXPECT_EQ(soap::text(r.to, "house"), "30");
  EXPECT_EQ(soap::text(r.to, "houseKorpus"), "2");
  EXPECT_EQ(soap::text(r.to, "flat"), "8");
}

TEST(dpd_mapping, ends_of_the_way) {
  const struct {
    const char* service;
    const char* point;
    const char* variant;
  } rows[] = {{"courier", "", "ТД"}, {"pickup", "512S", "ТТ"}, {"from_door", "", "ДД"}, {"from_door", "512S", "ДД"}};
  for (const auto& row : rows) {
    auto s = shipment_for_tests();
    s.service = row.service;
    s.pickup_point = row.point;
    const auto r = request_of(how_for_tests(), s);
    EXPECT_EQ(soap::text(r.order, "serviceVariant"), row.variant) << row.service;
    const bool to_point = std::string_view(row.variant).ends_with("Т");
    EXPECT_EQ(soap::text(r.to, "terminalCode").has_value(), to_point);
    EXPECT_EQ(soap::text(r.to, "street").has_value(), !to_point);
  }
}

TEST(dpd_mapping, the_courier_comes_with_all_he_is_told) {
  auto a = account_for_tests();
  a.settings["sender.office"] = std::string("12");
  a.settings["sender.need_pass"] = true;
  a.settings["sender.instructions"] = std::string("Вход со двора");
  a.settings["regular_number"] = std::string("55");
  a.settings["payer"] = std::string("1001");
  auto s = shipment_for_tests();
  s.service = "from_door";
  s.comment = "Позвонить за час";
  s.recipient.phone_extension = "17";
  const auto r = request_of(settings_of(a), s);
  EXPECT_EQ(names_in(r.header), "datePickup payer senderAddress pickupTimePeriod regularNum");
  EXPECT_EQ(names_in(r.from), "name countryName city street streetAbbr house office contactFio contactPhone "
                              "contactEmail instructions needPass");
  EXPECT_EQ(soap::text(r.from, "streetAbbr"), "ул");
  EXPECT_EQ(soap::text(r.to, "instructions"), "Позвонить за час; доб. 17");
}

TEST(dpd_mapping, goods_paid_at_delivery_stand_in_lines_of_one_unit) {
  auto s = paid_at_delivery(to_point());
  item gift;
  gift.name = "Открытка";
  gift.quantity = 1;
  s.parcels.front().items.push_back(gift);
  const auto r = request_of(how_for_tests(), s);
  EXPECT_FALSE(soap::text(r.order, "cargoValue"));
  const auto lines = r.order.children("unitLoad");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(names_in(lines[0]), "article descript declared_value npp_amount vat_percent count");
  EXPECT_EQ(soap::text(lines[0], "npp_amount"), "1990.00");
  EXPECT_EQ(soap::integer(lines[0], "count"), 2);
  EXPECT_EQ(names_in(lines[1]), "descript declared_value npp_amount without_vat count");
  EXPECT_EQ(soap::text(lines[2], "descript"), "Доставка");
  EXPECT_EQ(soap::text(lines[2], "declared_value"), "0.00");
  EXPECT_EQ(soap::text(lines[2], "npp_amount"), "350.00");
  EXPECT_TRUE(r.order.children("extraService").empty()); // never НПП inside Russia

  auto a = account_for_tests();
  a.settings["fee_vat_percent"] = std::int64_t{22};
  const auto taxed = request_of(settings_of(a), s);
  EXPECT_EQ(soap::integer(taxed.order.children("unitLoad").back(), "vat_percent"), 22);
}

TEST(dpd_mapping, two_boxes_tell_in_which_one_a_thing_lies) {
  auto s = paid_at_delivery(shipment_for_tests());
  s.parcels.push_back(parcel_for_tests("B"));
  const auto r = request_of(how_for_tests(), s);
  EXPECT_EQ(soap::integer(r.order, "cargoNumPack"), 2);
  EXPECT_EQ(soap::text(r.order, "cargoWeight"), "2.6");
  EXPECT_EQ(soap::text(r.order.children("unitLoad").front(), "parcel_num"), "1");
}

TEST(dpd_mapping, marked_goods) {
  auto s = paid_at_delivery(shipment_for_tests());
  item& i = s.parcels.front().items.front();
  i.quantity = 1;
  i.marking = "010460780959133121sSBm6n'\x1D"
              "91EE06";
  s.cash_on_delivery = {1990'00 + 350'00, "RUB"};
  const auto r = request_of(how_for_tests(), s);
  const auto line = r.order.children("unitLoad").front();
  EXPECT_EQ(soap::text(line, "GTIN"), "04607809591331");
  EXPECT_EQ(soap::text(line, "serial"), "sSBm6n'");
  EXPECT_EQ(soap::text(r.order.child("extraParam"), "name"), "is_unique_marking");
  i.marking = "not a code";
  EXPECT_FALSE(order_request(how_for_tests(), s, record_for_tests()));
}

TEST(dpd_mapping, abroad_the_payment_is_an_extra_service) {
  auto s = paid_at_delivery(shipment_for_tests());
  s.destination.country_code = "BY";
  s.destination.city = "Минск";
  const auto r = request_of(how_for_tests(), s);
  EXPECT_TRUE(r.order.children("unitLoad").empty());
  EXPECT_EQ(soap::text(r.order, "cargoValue"), "3980.00");
  const auto cash = r.order.child("extraService");
  EXPECT_EQ(soap::text(cash, "esCode"), "НПП");
  EXPECT_EQ(soap::text(cash.child("param"), "name"), "sum_npp");
  EXPECT_EQ(soap::text(cash.child("param"), "value"), "4330.00");
  EXPECT_EQ(soap::text(r.to, "countryName"), "Беларусь");
}

TEST(dpd_mapping, extra_services_and_their_parameters) {
  auto s = shipment_for_tests();
  s.options = {{"SMS", ""}, {"ЭСД", ""}, {"ОЖД", "РАБТ"}, {"ЧСТ", ""}};
  const auto r = request_of(how_for_tests(), s);
  const auto all = r.order.children("extraService");
  ASSERT_EQ(all.size(), 4U);
  const auto param = [&](std::size_t n) {
    return soap::text_or(all[n].child("param"), "name") + "=" + soap::text_or(all[n].child("param"), "value");
  };
  EXPECT_EQ(param(0), "phone=+79160001122");
  EXPECT_EQ(param(1), "email=shop@example.ru");
  EXPECT_EQ(param(2), "reason_delay=РАБТ");
  EXPECT_EQ(param(3), "reason_delay_rps=ПРОС");
  EXPECT_FALSE(r.order.children("unitLoad").empty()); // a part can be given back only of what is listed
  for (const auto& [code, value] : {std::pair("СМС", ""), std::pair("ОЖД", "x"), std::pair("НПП", "5")}) {
    s.options = {{code, value}};
    const auto refused = order_request(how_for_tests(), s, record_for_tests());
    ASSERT_FALSE(refused) << code;
    EXPECT_EQ(refused.error().code, errc::bad_input);
  }
}

TEST(dpd_mapping, streets_and_houses) {
  const std::tuple<const char*, const char*, const char*> streets[] = {{"ул Советская", "ул", "Советская"},
                                                                       {"ул. Ленина", "ул", "Ленина"},
                                                                       {"ул.Ленина", "ул", "Ленина"},
                                                                       {"Невский проспект", "пр-т", "Невский"},
                                                                       {"Невский пр-т", "пр-т", "Невский"},
                                                                       {"Бульвар Роз", "б-р", "Роз"},
                                                                       {"Садовая", "", "Садовая"},
                                                                       {"50 лет Октября ул", "ул", "50 лет Октября"},
                                                                       {"мкр 5", "мкр", "5"},
                                                                       {"Большая Садовая", "", "Большая Садовая"}};
  for (const auto& [text, abbr, name] : streets) {
    EXPECT_EQ(split_street(text).first, abbr) << text;
    EXPECT_EQ(split_street(text).second, name) << text;
  }
  const struct {
    const char *text, *house, *korpus, *building, *estate;
  } houses[] = {{"14", "14", "", "", ""},        {"14к2", "14", "2", "", ""},         {"101с1", "101", "", "1", ""},
                {"5а", "5а", "", "", ""},        {"2/1", "2/1", "", "", ""},          {"14 корп. 2", "14", "2", "", ""},
                {"7 стр 3А", "7", "", "3А", ""}, {"вл 5", "", "", "", "5"},           {"д. 12", "12", "", "", ""},
                {"5к", "5к", "", "", ""},        {"3 к 1 стр. 2", "3", "1", "2", ""}, {"", "", "", "", ""}};
  for (const auto& row : houses) {
    const auto h = split_house(row.text);
    EXPECT_EQ(
        std::tuple(h.house, h.korpus, h.building, h.estate),
        std::tuple(std::string(row.house), std::string(row.korpus), std::string(row.building), std::string(row.estate)))
        << row.text;
  }
}

TEST(dpd_mapping, the_day_of_the_handover_in_the_senders_time) {
  const struct {
    const char* at; // Moscow
    int ahead, cutoff;
    bool weekends;
    const char* day;
  } rows[] = {{"2026-11-24T10:00:00+03:00", 1, 15, false, "2026-11-25"}, // Tuesday
              {"2026-11-24T15:00:00+03:00", 1, 15, false, "2026-11-26"}, // after the hour
              {"2026-11-24T23:30:00+03:00", 0, 24, false, "2026-11-24"},
              {"2026-11-25T00:30:00+03:00", 0, 24, false, "2026-11-25"}, // still yesterday in UTC
              {"2026-11-27T10:00:00+03:00", 1, 15, false, "2026-11-30"}, // Friday: Monday
              {"2026-11-27T10:00:00+03:00", 1, 15, true, "2026-11-28"},
              {"2026-11-28T10:00:00+03:00", 0, 15, false, "2026-11-30"}};
  for (const auto& row : rows) {
    auto how = how_for_tests();
    how.days_ahead = row.ahead;
    how.cutoff_hour = row.cutoff;
    how.weekends = row.weekends;
    EXPECT_EQ(pickup_date(how, *parse_instant(row.at)), row.day) << row.at;
  }
  auto east = how_for_tests();
  east.utc_offset = 12h;
  EXPECT_TRUE(is_past(east, "2026-11-24", *parse_instant("2026-11-24T12:30:00Z")));
  EXPECT_FALSE(is_past(how_for_tests(), "2026-11-24", *parse_instant("2026-11-24T12:30:00Z")));
}

TEST(dpd_mapping, what_is_refused_at_once) {
  const auto base = paid_at_delivery(shipment_for_tests());
  const struct {
    const char* key;
    std::function<void(shipment&)> spoil;
  } rows[] = {
      {"dpd.reference", [](shipment& s) { s.reference = "заказ"; }},
      {"dpd.recipient_name", [](shipment& s) { s.recipient.name.clear(); }},
      {"dpd.recipient_phone", [](shipment& s) { s.recipient.phone.clear(); }},
      {"dpd.phone_format", [](shipment& s) { s.recipient.phone = "89160001122"; }},
      {"dpd.country", [](shipment& s) { s.destination.country_code = "US"; }},
      {"dpd.no_point", [](shipment& s) { s.service = "PCL:ТТ"; }},
      {"dpd.point_code", [](shipment& s) { s.service = "PCL:ТТ", s.pickup_point = "512Ѕ"; }},
      {"dpd.no_address", [](shipment& s) { s.destination = {}; }},
      {"dpd.no_city", [](shipment& s) { s.destination.city.clear(); }},
      {"dpd.address_too_long", [](shipment& s) { s.destination.street = std::string(51, 'x'); }},
      {"dpd.address_too_long", [](shipment& s) { s.destination.house = "12345678901"; }},
      {"dpd.address_too_long", [](shipment& s) { s.destination.flat = "12345678901"; }},
      {"dpd.no_parcels", [](shipment& s) { s.parcels.clear(); }},
      {"dpd.no_weight", [](shipment& s) { s.parcels.front().weight_g = 0; }},
      {"dpd.too_heavy", [](shipment& s) { s.parcels.front().weight_g = 1'000'001; }},
      {"dpd.size", [](shipment& s) { s.parcels.front().height_mm = 0; }},
      {"dpd.parcel_number", [](shipment& s) { s.parcels.push_back(s.parcels.front()); }},
      {"dpd.currency", [](shipment& s) { s.cash_on_delivery.currency = "KZT"; }},
      {"dpd.cod_mismatch", [](shipment& s) { s.cash_on_delivery.minor += 1; }},
      {"dpd.cod_mismatch", [](shipment& s) { s.cash_on_delivery.minor = 0; }},
      {"dpd.item_amount", [](shipment& s) { s.parcels.front().items.front().quantity = 0; }},
      {"dpd.amount", [](shipment& s) { s.parcels.front().items.front().price.minor = -1; }},
      {"dpd.vat_rate", [](shipment& s) { s.parcels.front().items.front().vat_percent = 120; }},
      {"dpd.marking_amount", [](shipment& s) { s.parcels.front().items.front().marking = "01"; }},
      {"dpd.item_name", [](shipment& s) { s.parcels.front().items.front().name.clear(); }},
      {"dpd.no_tariff", [](shipment& s) { s.service = "самовывоз"; }},
  };
  for (const auto& row : rows) {
    auto s = base;
    row.spoil(s);
    const auto got = order_request(how_for_tests(), s, record_for_tests());
    ASSERT_FALSE(got) << row.key;
    EXPECT_EQ(got.error().peer_code, row.key) << got.error().what;
    EXPECT_EQ(got.error().code, errc::bad_input);
  }
}

TEST(dpd_mapping, the_rest_sees_all_but_the_boxes) {
  auto s = shipment_for_tests();
  const auto before = rest_of(s);
  s.parcels.push_back(parcel_for_tests("2"));
  s.parcels.back().items.push_back(s.parcels.front().items.front());
  s.parcels.front().items.front().quantity = s.parcels.back().items.front().quantity = 1;
  EXPECT_EQ(rest_of(s), before); // the same two kettles, in two boxes
  s.parcels.back().items.front().quantity = 2;
  EXPECT_NE(rest_of(s), before);
  auto other = shipment_for_tests();
  other.recipient.name = "Другой";
  EXPECT_NE(rest_of(other), before);
}

TEST(dpd_mapping, records_survive_and_broken_ones_are_told) {
  order_record r = record_for_tests();
  r.dates = {"2026-11-25"};
  r.state = order_record::step::made;
  r.to_point = true;
  r.dpd = "RU019300001";
  r.rest = "abc";
  r.boxes = {{"1", 1300, 305, 200, 150}};
  const auto back = record_from(to_text(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_text(*back), to_text(r));
  for (const char* bad : {"", "[]", "{}", "{\"number\":\"x\"}"}) EXPECT_FALSE(record_from(bad)) << bad;
}

} // namespace
} // namespace waybill::dpd::test
