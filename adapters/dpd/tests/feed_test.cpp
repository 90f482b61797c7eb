// Following: the inbox is safe before it is confirmed, the history fills its gaps, and time does not run backwards.
#include "support.hpp"

#include <algorithm>

#include <dpd/statuses.hpp>

namespace waybill::dpd::test {
namespace {

using namespace std::chrono_literals;

TEST(dpd_feed, a_parcel_on_its_way_to_the_door) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  const status steps[] = {status::accepted, status::in_transit, status::in_transit, status::out_for_delivery,
                          status::delivered};
  for (const status expected : steps) {
    b.advance(o.reference);
    EXPECT_EQ(b.all_news(), std::vector<std::string>{o.reference});
    const auto seen = b.look(o.id);
    ASSERT_TRUE(seen) << seen.error().what;
    EXPECT_EQ(bench::reached(*seen), expected);
  }
  EXPECT_TRUE(b.all_news().empty());
  EXPECT_EQ(b.stat("unconfirmed_events"), 0);
}

TEST(dpd_feed, to_a_point_and_not_taken_there) {
  bench b;
  const auto o = b.made(to_point());
  const std::pair<const char*, status> steps[] = {{"1601", status::accepted},         {"2101", status::in_transit},
                                                  {"2201", status::ready_for_pickup}, {"2404", status::problem},
                                                  {"2102", status::returning},        {"3306", status::returned}};
  for (const auto& [code, expected] : steps) {
    b.advance(o.reference, code);
    b.all_news();
    const auto seen = b.look(o.id);
    ASSERT_TRUE(seen);
    EXPECT_EQ(bench::reached(*seen), expected) << code;
  }
}

TEST(dpd_feed, what_was_read_is_kept_before_it_is_confirmed) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.advance(o.reference, "1601");
  const auto first = b.run(b.ours->read_feed());
  ASSERT_TRUE(first) << first.error().what;
  ASSERT_EQ(first->notices.size(), 1U);
  EXPECT_EQ(first->notices.front().order_id, o.id);
  EXPECT_NE(first->notices.front().what.find("1601"), std::string::npos);
  EXPECT_FALSE(first->receipt.empty());
  EXPECT_FALSE(first->more);
  EXPECT_EQ(b.http->count("dpd.confirm"), 0U);
  b.fresh(); // the process died here
  auto seen = b.look(o.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(bench::reached(*seen), status::accepted);
  // The same events come again, and are the same.
  const auto events = seen->events.size();
  const auto again = b.run(b.ours->read_feed());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->notices.size(), 1U);
  ASSERT_TRUE(b.run(b.ours->confirm_feed(again->receipt)));
  seen = b.look(o.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->events.size(), events);
}

struct failing_cache final : carrier_cache {
  std::shared_ptr<memory_cache> behind;
  std::string refuses; // keys that begin so are not written
  awaitable<result<std::optional<std::string>>> get(std::string key) override { return behind->get(std::move(key)); }
  awaitable<result<void>> put(std::string key, std::string value, std::chrono::milliseconds ttl) override {
    if (key.starts_with(refuses)) co_return fail(errc::unavailable, "no room");
    co_return co_await behind->put(std::move(key), std::move(value), ttl);
  }
  awaitable<result<void>> forget(std::string key) override { return behind->forget(std::move(key)); }
};

TEST(dpd_feed, events_that_cannot_be_kept_are_not_read) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.advance(o.reference);
  auto store = std::make_shared<failing_cache>();
  store->behind = b.cache;
  store->refuses = "events:";
  adapter ours(carrier_context{b.account, b.http, store, b.io.get_executor()}, &shifted_now);
  const auto f = b.run(ours.read_feed());
  ASSERT_FALSE(f);
  EXPECT_EQ(f.error().code, errc::unavailable);
}

TEST(dpd_feed, strangers_are_skipped_and_confirmed) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.advance(o.reference);
  b.cache->values.clear(); // somebody else's order, as far as we know
  EXPECT_TRUE(b.all_news().empty());
  EXPECT_EQ(b.stat("unconfirmed_events"), 0);
  EXPECT_FALSE(b.cache->values.contains("events:" + o.id));
}

TEST(dpd_feed, a_long_inbox_comes_in_packages) {
  auto a = account_for_tests();
  a.settings["events_at_once"] = std::int64_t{3};
  bench b(a);
  auto s = shipment_for_tests();
  for (int n = 1; n <= 4; ++n) {
    s.reference = "B24-main-" + std::to_string(n);
    b.made(s);
    b.advance(s.reference);
  }
  const auto first = b.run(b.ours->read_feed());
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->more);
  const auto named = b.all_news();
  for (int n = 1; n <= 4; ++n) EXPECT_NE(std::ranges::find(named, "B24-main-" + std::to_string(n)), named.end()) << n;
  EXPECT_EQ(b.stat("unconfirmed_events"), 0);
}

TEST(dpd_feed, the_number_of_a_pending_order_comes_with_an_event) {
  bench b;
  auto s = shipment_for_tests();
  s.destination.street.clear();
  ASSERT_TRUE(b.create(s));
  b.advance(s.reference);
  b.all_news();
  const auto kept = record_from(b.cache->values["order:" + s.reference]);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->dpd, b.text("orders.0.dpd_number"));
  EXPECT_TRUE(b.cache->values.contains("number:" + kept->dpd));
}

TEST(dpd_feed, a_part_of_the_goods_sent_back) {
  bench b;
  const auto o = b.made(paid_at_delivery(to_point()));
  b.advance(o.reference, "3305", "partial");
  b.all_news();
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(bench::reached(*seen), status::partially_delivered);
}

TEST(dpd_feed, unknown_codes_and_messages_move_nothing) {
  bench b;
  const auto o = b.made(to_point());
  for (const char* code : {"2201", "4101", "9876"}) b.advance(o.reference, code);
  b.all_news();
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(bench::reached(*seen), status::ready_for_pickup);
  std::size_t quiet = 0;
  for (const auto& e : seen->events) quiet += e.known ? 0U : 1U;
  EXPECT_EQ(quiet, 2U);
}

TEST(dpd_feed, the_history_stands_in_for_a_stolen_inbox) {
  bench b;
  const auto o = b.made(to_point());
  for (const char* code : {"1601", "2101", "2201"}) b.advance(o.reference, code);
  b.cache->values.erase("events:" + o.id);
  clock_shift() = 2h; // fresher rows would come through the inbox yet
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(bench::reached(*seen), status::ready_for_pickup);
  EXPECT_FALSE(seen->planned_date.empty());
  const auto asked = b.stat("requests.history");
  ASSERT_TRUE(b.look(o.id));
  EXPECT_EQ(b.stat("requests.history"), asked); // not at every look
}

TEST(dpd_feed, with_events_the_history_is_read_once_a_day) {
  bench b;
  const auto o = b.made(to_point());
  b.advance(o.reference, "1601");
  b.all_news();
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(b.look(o.id));
  EXPECT_EQ(b.stat("requests.history"), 1);
  clock_shift() = 25h;
  ASSERT_TRUE(b.look(o.id));
  ASSERT_TRUE(b.look(o.id));
  EXPECT_EQ(b.stat("requests.history"), 2);
}

TEST(dpd_feed, a_history_that_fails_hides_nothing) {
  bench b;
  const auto o = b.made(to_point());
  b.advance(o.reference, "1601");
  b.all_news();
  b.fault("history", "status", -1, "", 502);
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(bench::reached(*seen), status::accepted);
}

TEST(dpd_feed, a_receipt_is_a_number) {
  bench b;
  for (const char* bad : {"", "abc", "-5", "0", "12x"}) {
    const auto done = b.run(b.ours->confirm_feed(bad));
    ASSERT_FALSE(done) << bad;
    EXPECT_EQ(done.error().code, errc::bad_input);
  }
  const auto unknown = b.run(b.ours->confirm_feed("5"));
  EXPECT_FALSE(unknown);
}

TEST(dpd_feed, an_order_closed_without_delivery_warns) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.advance(o.reference, "2501");
  b.all_news();
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(bench::reached(*seen), status::cancelled);
  EXPECT_EQ(seen->warnings.size(), 1U);
}

// ---- pure parts ----

TEST(dpd_events, each_once_and_in_order_and_bounded) {
  const instant t0{std::chrono::hours(24 * 365 * 50)};
  std::vector<stored_event> all;
  merge(all, {{"2201", "b", t0 + 2h, false}, {"1601", "a", t0 + 1h, false}});
  merge(all, {{"1601", "a", t0 + 1h, false}, {"2201", "b", t0 + 2h, true}});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.front().number, "1601");
  EXPECT_TRUE(all.back().refused_items);
  std::vector<stored_event> many;
  for (int n = 0; n < 300; ++n) many.push_back({"4101", "sms", t0 + 3h + std::chrono::minutes(n), false});
  merge(all, std::move(many));
  EXPECT_EQ(all.size(), 200U);
  EXPECT_EQ(all.front().number, "1601"); // messages give way, steps stay
  EXPECT_EQ(events_from(to_text(all)), all);
  EXPECT_TRUE(events_from("broken").empty());
}

TEST(dpd_events, moments_without_a_zone_are_moscows) {
  const auto utc = parse_instant("2026-12-02T11:05:00Z");
  for (const char* text :
       {"2026-12-02T14:05:00", "2026-12-02T14:05:00+03:00", "2026-12-02T11:05:00Z", "2026-12-02 14:05:00"})
    EXPECT_EQ(moscow_instant(text), utc) << text;
  EXPECT_EQ(moscow_instant("2026-12-02"), parse_instant("2026-12-01T21:00:00Z"));
  EXPECT_FALSE(moscow_instant("yesterday"));
}

soap::message message_of(const std::string& rows) {
  auto m = soap::read_message(soap::envelope("urn:t", "r", "<return>" + rows + "</return>"));
  EXPECT_TRUE(m) << m.error().what;
  return m ? std::move(*m) : soap::message{};
}

std::string state_row(std::string_view parcel, std::string_view state, std::string_view at,
                      std::string_view more = {}) {
  return "<states><dpdOrderNr>RU1</dpdOrderNr><dpdParcelNr>" + std::string(parcel) + "</dpdParcelNr>" +
         std::string(more) + "<newState>" + std::string(state) + "</newState><transitionTime>" + std::string(at) +
         "</transitionTime></states>";
}

TEST(dpd_events, one_of_two_parcels_at_its_end_is_not_the_orders_end) {
  const std::string both = state_row("1", "OnRoad", "2026-12-01T10:00:00") +
                           state_row("2", "OnRoad", "2026-12-01T10:00:00") +
                           state_row("1", "Delivered", "2026-12-03T12:00:00");
  const auto half = message_of(both);
  const auto h = read_history(half.payload, false);
  ASSERT_EQ(h.events.size(), 1U); // the same step of two parcels is one
  EXPECT_EQ(h.events.front().canonical, status::in_transit);
  const auto whole = message_of(both + state_row("2", "Delivered", "2026-12-03T12:00:00"));
  EXPECT_EQ(read_history(whole.payload, false).events.back().canonical, status::delivered);
}

TEST(dpd_events, the_way_back_in_the_history) {
  const auto m = message_of(state_row("1", "OnRoad", "2026-12-05T10:00:00",
                                      "<dpdOrderReNr>RU9</dpdOrderReNr><isReturn>true</isReturn>"
                                      "<planDeliveryDate>2026-12-09</planDeliveryDate>") +
                            state_row("1", "Delivered", "2026-12-08T10:00:00", "<isReturn>true</isReturn>"));
  const auto h = read_history(m.payload, true);
  EXPECT_EQ(h.return_number, "RU9");
  EXPECT_EQ(h.planned_date, "2026-12-09");
  ASSERT_EQ(h.events.size(), 2U);
  EXPECT_EQ(h.events.front().canonical, status::returning);
  EXPECT_EQ(h.events.back().canonical, status::returned);
  const auto kept = history_from(to_text(h, instant{}));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->what.events, h.events);
}

TEST(dpd_events, the_inbox_wins_over_the_history) {
  const instant t{std::chrono::hours(24 * 365 * 50)};
  history h;
  h.events = {{status::in_transit, "OnRoad", "", t + 1h, "", true},
              {status::ready_for_pickup, "OnTerminalDelivery", "", t + 5h, "", true},
              {status::delivered, "Delivered", "", t + 9h, "", true}};
  const auto codes = [&](std::vector<stored_event> inbox, instant now) {
    std::vector<std::string> out;
    for (const auto& e : all_events(inbox, h, now)) out.push_back(e.code);
    return out;
  };
  using list = std::vector<std::string>;
  EXPECT_EQ(codes({}, t + 20h), (list{"OnRoad", "OnTerminalDelivery", "Delivered"}));
  EXPECT_EQ(codes({{"2101", "", t + 2h, false}}, t + 20h), (list{"2101", "OnTerminalDelivery", "Delivered"}));
  EXPECT_EQ(codes({{"2101", "", t + 2h, false}}, t + 9h), (list{"2101", "OnTerminalDelivery"})); // too fresh
  EXPECT_EQ(codes({{"3305", "", t + 3h, false}}, t + 20h), (list{"3305"}));                      // nothing after an end
  EXPECT_EQ(codes({{"4101", "", t + 8h, false}}, t + 20h), (list{"4101", "OnRoad", "OnTerminalDelivery", "Delivered"}));
}

TEST(dpd_events, packages) {
  const auto m =
      message_of("<docId>17</docId><docDate>2026-12-02T15:00:00</docDate><resultComplete>false</resultComplete>"
                 "<event><clientOrderNr>B-1</clientOrderNr><dpdOrderNr>RU1</dpdOrderNr><eventNumber>2201"
                 "</eventNumber><eventName>Готов</eventName><eventDate>nonsense</eventDate></event>"
                 "<event><dpdOrderNr>RU2</dpdOrderNr><eventNumber>1601</eventNumber></event>"
                 "<event><clientOrderNr>B-1</clientOrderNr><eventNumber>4001</eventNumber><reasonName>+7 916 "
                 "000-11-22</reasonName></event><event><eventNumber>1</eventNumber></event>");
  const auto p = read_package(m.payload, now());
  ASSERT_TRUE(p);
  EXPECT_EQ(p->receipt, 17);
  EXPECT_FALSE(p->complete);
  ASSERT_EQ(p->orders.size(), 2U);
  EXPECT_EQ(p->orders[0].number, "B-1");
  EXPECT_EQ(p->orders[0].dpd, "RU1");
  ASSERT_EQ(p->orders[0].events.size(), 2U);
  EXPECT_EQ(p->orders[0].events[0].when, moscow_instant("2026-12-02T15:00:00")); // the package's own moment
  EXPECT_EQ(p->orders[0].events[1].text.find("916"), std::string::npos);
  EXPECT_EQ(p->orders[1].number, "");
  EXPECT_EQ(p->orders[1].dpd, "RU2");
  EXPECT_FALSE(read_package(soap::node(), now()));
}

} // namespace
} // namespace waybill::dpd::test
