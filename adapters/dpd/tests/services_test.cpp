// Prices, points, labels, the limit of calls at once, and how strict the stand-in is.
#include "support.hpp"

#include <waybill/encoding.hpp>

#include <algorithm>
#include <tuple>

#include <boost/asio/co_spawn.hpp>
#include <dpd/places.hpp>
#include <dpd/wire.hpp>

namespace waybill::dpd::test {
namespace {

using namespace std::chrono_literals;

// ---- prices ----

TEST(dpd_prices, one_tariff_in_kopecks) {
  bench b;
  auto s = shipment_for_tests();
  const auto q = b.run(b.ours->quote_for(s));
  ASSERT_TRUE(q) << q.error().what;
  ASSERT_EQ(q->size(), 1U);
  EXPECT_EQ(q->front().service, "PCL");
  // 250 + 60 + 1300 g * 10 kopecks + half a per cent of the value, to the door, from another city.
  EXPECT_EQ(q->front().cost, (money{250'00 + 60'00 + 130 + 398'000 / 200 + 120'00 + 140'00, "RUB"}));
  EXPECT_EQ(q->front().days_min, 2);
  EXPECT_EQ(b.http->count("dpd.getServiceCostByParcels2"), 1U);
}

TEST(dpd_prices, the_configured_tariffs_when_none_is_named) {
  bench b;
  auto s = to_point();
  s.service.clear();
  s.parcels.front().length_mm = s.parcels.front().width_mm = s.parcels.front().height_mm = 0;
  const auto q = b.run(b.ours->quote_for(s));
  ASSERT_TRUE(q) << q.error().what;
  EXPECT_EQ(q->size(), 2U); // PCL and NDY
  EXPECT_EQ(b.http->count("dpd.getServiceCost2"), 1U);
}

TEST(dpd_prices, a_name_of_several_cities_is_a_question_to_the_manager) {
  bench b;
  auto s = shipment_for_tests();
  s.destination.city = "Кировск";
  s.destination.postal_code.clear();
  const auto q = b.run(b.ours->quote_for(s));
  ASSERT_FALSE(q);
  EXPECT_EQ(q.error().code, errc::address);
  EXPECT_NE(q.error().what.find("Мурманская"), std::string::npos) << q.error().what;
  // With the region, and the list of cities known by now, it is one city.
  ASSERT_TRUE(b.run(eventually([&] { return b.cache->values.contains("cities"); })));
  s.destination.region = "Мурманская обл";
  EXPECT_TRUE(b.run(b.ours->quote_for(s)));
  s.destination.region.clear();
  s.destination.postal_code = "187341";
  EXPECT_TRUE(b.run(b.ours->quote_for(s)));
}

TEST(dpd_prices, what_cannot_be_priced) {
  bench b;
  auto nowhere = shipment_for_tests();
  nowhere.destination.city.clear();
  nowhere.destination.postal_code.clear();
  auto weightless = shipment_for_tests();
  weightless.parcels.front().weight_g = 0;
  for (const shipment& s : {nowhere, weightless}) {
    const auto q = b.run(b.ours->quote_for(s));
    ASSERT_FALSE(q);
    EXPECT_EQ(q.error().code, errc::bad_input);
  }
  auto unknown = shipment_for_tests();
  unknown.destination.city = "Атлантида";
  unknown.destination.postal_code.clear();
  const auto q = b.run(b.ours->quote_for(unknown));
  ASSERT_FALSE(q);
  EXPECT_EQ(q.error().code, errc::address);
}

// ---- points ----

std::vector<std::string> codes_of(const result<std::vector<pickup_point>>& points) {
  std::vector<std::string> out;
  EXPECT_TRUE(points) << points.error().what;
  if (points)
    for (const auto& p : *points) out.push_back(p.code);
  std::ranges::sort(out);
  return out;
}

TEST(dpd_points, by_city_and_what_they_can) {
  bench b;
  pickup_query q;
  q.city = "Санкт-Петербург";
  const auto all = b.run(b.ours->pickup_points(q));
  EXPECT_EQ(codes_of(all), (std::vector<std::string>{"512S", "513S", "L02"})); // the full one is left out
  const auto& shop = *std::ranges::find(*all, "512S", &pickup_point::code);
  EXPECT_EQ(shop.max_weight_g, 70'000);
  EXPECT_TRUE(shop.cash && shop.card && shop.cash_on_delivery && shop.hands_out && !shop.takes_in);
  EXPECT_EQ(shop.kind, "office");
  EXPECT_EQ(shop.location.raw, "ул Казанская, 7");
  EXPECT_EQ(shop.work_time, "Пн,Вт,Ср,Чт,Пт,Сб,Вс 10:00 - 21:00");
  q.cash_on_delivery = true;
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))), (std::vector<std::string>{"512S", "L02"}));
  q.weight_g = 80'000;
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))), (std::vector<std::string>{"L02"}));
  pickup_query one;
  one.code = "77PT";
  const auto locker = b.run(b.ours->pickup_points(one));
  ASSERT_EQ(codes_of(locker).size(), 1U);
  EXPECT_EQ(locker->front().kind, "locker");
  pickup_query only_takes_in;
  only_takes_in.city = "Новосибирск";
  EXPECT_TRUE(codes_of(b.run(b.ours->pickup_points(only_takes_in))).empty());
  EXPECT_EQ(b.http->count("dpd.getParcelShops"), 1U); // one list for all questions
}

TEST(dpd_points, by_postal_code_through_the_cities) {
  bench b;
  pickup_query q;
  q.postal_code = "420012";
  (void)b.run(b.ours->pickup_points(q)); // the list of cities is fetched behind it
  ASSERT_TRUE(b.run(eventually([&] { return b.cache->values.contains("cities"); })));
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))), (std::vector<std::string>{"16KZ"}));
}

TEST(dpd_points, kept_for_a_day_over_restarts_and_failures) {
  bench b;
  pickup_query q;
  q.city = "Казань";
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))).size(), 1U);
  b.fresh();
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))).size(), 1U);
  EXPECT_EQ(b.http->count("dpd.getParcelShops"), 1U);
  clock_shift() = 25h;
  b.fault("pickup_points", "status", -1, "", 502);
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))).size(), 1U); // the last good list
  ASSERT_TRUE(b.run(eventually([&] { return b.http->count("dpd.getParcelShops") == 2; })));
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))).size(), 1U);
  EXPECT_EQ(b.http->count("dpd.getParcelShops"), 2U); // not asked again at once
  b.fault("pickup_points", "status", 0);
  clock_shift() = 26h;
  EXPECT_EQ(codes_of(b.run(b.ours->pickup_points(q))).size(), 1U);
  ASSERT_TRUE(b.run(eventually([&] { return b.http->count("dpd.getTerminalsSelfDelivery2") == 2; })));
}

TEST(dpd_points, nothing_known_and_dpd_down) {
  bench b;
  b.fault("pickup_points", "status", -1, "", 502);
  const auto got = b.run(b.ours->pickup_points({}));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unavailable);
}

TEST(dpd_points, what_does_not_fit_is_said_before_the_order) {
  bench b;
  ASSERT_TRUE(b.run(b.ours->pickup_points({})));
  auto heavy = to_point("77PT");
  heavy.parcels.front().weight_g = 6000;
  auto long_one = to_point("77PT");
  long_one.parcels.front().length_mm = 500;
  auto bulky = to_point("77PT");
  bulky.parcels.front().length_mm = bulky.parcels.front().width_mm = bulky.parcels.front().height_mm = 350;
  auto unpaid = paid_at_delivery(to_point("513S"));
  auto dear = paid_at_delivery(to_point("77PT"));
  dear.parcels.front().items.front().cash_on_delivery = {20'000'00, "RUB"};
  dear.cash_on_delivery = {40'350'00, "RUB"};
  auto one_way = to_point("N04");
  auto other = to_point("512S");
  other.service = "NDY";
  const std::pair<shipment, const char*> rows[] = {
      {heavy, "up to 5 kg"},    {long_one, "no room"},          {bulky, "add up to 90 cm"},    {unpaid, "no payment"},
      {dear, "up to 15000.00"}, {one_way, "does not hand out"}, {other, "with the tariff NDY"}};
  for (const auto& [s, expected] : rows) {
    const auto o = b.create(s);
    ASSERT_FALSE(o) << expected;
    EXPECT_EQ(o.error().code, errc::address);
    EXPECT_NE(o.error().what.find(expected), std::string::npos) << o.error().what;
  }
  EXPECT_EQ(b.http->count("dpd.createOrder2"), 0U);
  auto turned = to_point("77PT"); // 40 cm in each direction, however it lies
  turned.parcels.front().length_mm = 150;
  turned.parcels.front().height_mm = 305;
  EXPECT_TRUE(b.create(turned));
}

// ---- labels ----

TEST(dpd_labels, of_both_kinds) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  for (const auto kind : {label_kind::barcode, label_kind::waybill}) {
    const auto l = b.run(b.ours->make_label(o.id, kind));
    ASSERT_TRUE(l) << l.error().what;
    EXPECT_TRUE(l->bytes.starts_with("%PDF"));
    EXPECT_TRUE(l->bytes.ends_with("%%EOF\n"));
    EXPECT_NE(l->file_name.find(o.number), std::string::npos);
  }
  ASSERT_TRUE(b.run(b.ours->make_label(o.id, label_kind::barcode)));
  EXPECT_EQ(b.http->count("dpd.wsdl"), 1U); // the namespace is asked for once a day
  clock_shift() = 12h;
  b.fresh();
  ASSERT_TRUE(b.run(b.ours->make_label(o.id, label_kind::barcode)));
  EXPECT_EQ(b.http->count("dpd.wsdl"), 1U);
  clock_shift() = 30h;
  b.fault("describe", "status", -1, "", 502);
  ASSERT_TRUE(b.run(b.ours->make_label(o.id, label_kind::barcode))); // the one of yesterday does
  EXPECT_EQ(b.http->count("dpd.wsdl"), 2U);
}

TEST(dpd_labels, refusals) {
  bench b;
  const auto nobody = b.run(b.ours->make_label("B24-main-5", label_kind::barcode));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, errc::not_found);
  const auto o = b.made(shipment_for_tests());
  auto kept = record_from(b.cache->values["order:" + o.id]);
  ASSERT_TRUE(kept);
  kept->boxes.clear();
  kept->boxes.resize(3);
  b.cache->values["order:" + o.id] = to_text(*kept);
  const auto wrong = b.run(b.ours->make_label(o.id, label_kind::barcode));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, errc::rejected);
}

TEST(dpd_probe, tells_what_works) {
  bench b;
  const auto text = b.run(b.ours->probe());
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_NE(text->find("accepted"), std::string::npos);
  EXPECT_EQ(text->find("another version"), std::string::npos) << *text;
  EXPECT_EQ(text->find("no description"), std::string::npos) << *text;
}

// ---- calls at once ----

// Answers nobody until it is told to.
struct held_peer {
  explicit held_peer(executor ex) : go(std::move(ex)) {}
  awaitable<http_response> take(http_request rq) {
    const bool inbox = rq.url.ends_with("event-tracking");
    most = std::max(most, ++open);
    if (inbox) inbox_most = std::max(inbox_most, ++inbox_open);
    while (!released) co_await go.wait();
    --open;
    if (inbox) --inbox_open;
    http_response r;
    r.status = 502;
    co_return r;
  }
  signal go;
  bool released{false};
  int open{0}, most{0}, inbox_open{0}, inbox_most{0};
};

TEST(dpd_client, two_calls_at_once_and_one_at_the_inbox) {
  asio::io_context io{1};
  held_peer peer(io.get_executor());
  auto carried = std::make_shared<wire_client>();
  carried->handler = [&peer](http_request rq) { return peer.take(std::move(rq)); };
  client api(settings_of(account_for_tests()), carried, nullptr, io.get_executor(), &now);
  int done = 0;
  for (int n = 0; n < 6; ++n) {
    call c;
    c.to = n < 3 ? wire::events : wire::order;
    c.operation = "any";
    asio::co_spawn(io, api.ask(std::move(c)), [&done](std::exception_ptr, const result<answered>&) { ++done; });
  }
  ASSERT_TRUE(waybill::test::run(io, eventually([&peer] { return peer.open == 2; })));
  peer.released = true;
  peer.go.notify_all();
  ASSERT_TRUE(waybill::test::run(io, eventually([&done] { return done == 6; })));
  EXPECT_EQ(peer.most, 2);
  EXPECT_EQ(peer.inbox_most, 1);
}

// ---- the stand-in ----

struct posted {
  int status;
  std::string text;
};

posted post(bench& b, const std::string& service, const std::string& body, const std::string& action = "\"\"",
            const std::string& type = "text/xml; charset=utf-8") {
  http_request rq;
  rq.method = "POST";
  rq.path = "/services/" + service;
  rq.headers = {{"Content-Type", type}, {"SOAPAction", action}};
  rq.body = body;
  const auto r = b.run(b.carrier_side->handle(std::move(rq)));
  return {r.status, r.body};
}

TEST(dpd_sandbox, refuses_what_dpd_refuses) {
  bench b;
  const std::string space = "http://dpd.ru/ws/order2/2012-04-04";
  const std::string auth = "<auth><clientNumber>1</clientNumber><clientKey>k</clientKey></auth>";
  const std::string order = "<order><orderNumberInternal>A</orderNumberInternal></order>";
  const std::string good = soap::envelope(space, "getOrderStatus", "<orderStatus>" + auth + order + "</orderStatus>");
  EXPECT_EQ(post(b, "order2", good).status, 200);
  const struct {
    const char* name;
    std::string body;
    const char* expected;
  } rows[] = {
      {"another namespace", soap::envelope("urn:x", "getOrderStatus", ""), "dispatch"},
      {"unknown operation", soap::envelope(space, "dropOrder", ""), "dispatch"},
      {"another wrapper", soap::envelope(space, "getOrderStatus", "<request>" + auth + order + "</request>"),
       "unexpected element"},
      {"another order", soap::envelope(space, "getOrderStatus", "<orderStatus>" + order + auth + "</orderStatus>"),
       "unexpected element"},
      {"no auth", soap::envelope(space, "getOrderStatus", "<orderStatus>" + order + "</orderStatus>"), "missing"},
      {"an empty element",
       soap::envelope(space, "getOrderStatus",
                      "<orderStatus>" + auth + "<order><orderNumberInternal/></order></orderStatus>"),
       "is empty"},
      {"a date that is none",
       soap::envelope(space, "getOrderStatus",
                      "<orderStatus>" + auth +
                          "<order><orderNumberInternal>A</orderNumberInternal><datePickup>01.12.2026</datePickup>"
                          "</order></orderStatus>"),
       "another kind"},
      {"qualified children",
       "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><getOrderStatus xmlns=\"" + space +
           "\"><orderStatus>" + auth + order + "</orderStatus></getOrderStatus></e:Body></e:Envelope>",
       "unexpected element"},
      {"no xml", "hello", "SOAP message"}};
  for (const auto& row : rows) {
    const auto r = post(b, "order2", row.body);
    EXPECT_EQ(r.status, 500) << row.name;
    EXPECT_NE(r.text.find(row.expected), std::string::npos) << row.name << ": " << r.text;
  }
  EXPECT_EQ(post(b, "order2", good, "getOrderStatus").status, 500);
  EXPECT_EQ(post(b, "order2", good, "\"\"", "application/soap+xml").status, 415);
  EXPECT_EQ(post(b, "nothing", good).status, 404);
}

TEST(dpd_sandbox, refuses_latin_letters_past_days_and_wrong_sums) {
  bench b;
  const auto how = settings_of(account_for_tests());
  const auto s = paid_at_delivery(to_point());
  order_record r;
  r.number = s.reference;
  r.date = day_from_now(1);
  const auto body = order_request(how, s, r);
  ASSERT_TRUE(body);
  const auto said = [&](std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return post(b, "order2", soap::envelope(wire::order.space, "createOrder2", text)).text;
  };
  const std::tuple<std::string, std::string, std::string> rows[] = {
      {"<serviceVariant>ТТ", "<serviceVariant>TT", "Недопустимый вариант"},
      {"<datePickup>" + r.date, "<datePickup>2020-01-01", "ранее текущей даты"},
      {"<cargoNumPack>1", "<cargoNumPack>2", "Количество мест"},
      {"<cargoWeight>1.3", "<cargoWeight>2", "Вес заказа"},
      {"<terminalCode>512S", "<terminalCode>999X", "не найдено"},
      {"<vat_percent>22</vat_percent>", "", "without_vat"},
      {"<serviceCode>PCL", "<serviceCode>QQQ", "договором"}};
  for (const auto& [from, to, expected] : rows) {
    const auto text = said(*body, from, to);
    EXPECT_NE(text.find("OrderError"), std::string::npos) << expected;
    EXPECT_NE(text.find(expected), std::string::npos) << text;
  }
  EXPECT_EQ(b.made_of(s.reference), 0);
}

} // namespace
} // namespace waybill::dpd::test
