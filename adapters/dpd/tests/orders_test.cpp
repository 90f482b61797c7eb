// Orders against the stand-in: made once, found again, withdrawn, changed.
#include "support.hpp"

namespace waybill::dpd::test {
namespace {

using namespace std::chrono_literals;

TEST(dpd_orders, to_the_door) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  EXPECT_EQ(o.id, "B24-main-1001");
  EXPECT_EQ(o.reference, "B24-main-1001");
  EXPECT_TRUE(o.number.starts_with("RU")) << o.number;
  EXPECT_EQ(b.text("orders.0.variant"), "ТД");
  EXPECT_EQ(b.text("orders.0.value"), "3980.00"); // prepaid: the value, and no lines
  EXPECT_EQ(b.stat("orders.0.goods.0.count"), 0);
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(seen->phase, order_phase::active);
  EXPECT_EQ(seen->number, o.number);
}

TEST(dpd_orders, to_a_point_paid_there) {
  bench b;
  b.made(paid_at_delivery(to_point()));
  EXPECT_EQ(b.text("orders.0.variant"), "ТТ");
  EXPECT_EQ(b.text("orders.0.point"), "512S");
  EXPECT_EQ(b.text("orders.0.value"), "");                     // the lines carry it
  EXPECT_EQ(b.text("orders.0.goods.0.npp_amount"), "1990.00"); // of one
  EXPECT_EQ(b.text("orders.0.goods.0.count"), "2");
  EXPECT_EQ(b.text("orders.0.goods.0.vat_percent"), "22");
  EXPECT_EQ(b.text("orders.0.goods.1.descript"), "Доставка");
  EXPECT_EQ(b.text("orders.0.goods.1.npp_amount"), "350.00");
  EXPECT_EQ(b.text("orders.0.goods.1.without_vat"), "true");
}

TEST(dpd_orders, from_the_door_with_extra_services) {
  auto a = account_for_tests();
  a.settings["options"] = std::vector<std::string>{"SMS"};
  bench b(a);
  auto s = shipment_for_tests();
  s.service = "from_door";
  s.options = {{"ОЖД", "ПРИМ"}, {"ТРМ", ""}};
  b.made(s);
  EXPECT_EQ(b.text("orders.0.variant"), "ДД");
  EXPECT_EQ(b.text("orders.0.extras.0"), "SMS");
  EXPECT_EQ(b.text("orders.0.extras.1"), "ОЖД");
  EXPECT_EQ(b.text("orders.0.extras.2"), "ТРМ");
}

TEST(dpd_orders, a_repeat_sends_the_same_number_and_day_and_finds_the_order) {
  bench b;
  const auto first = b.made(shipment_for_tests());
  clock_shift() = 20h; // the day that would be chosen now is another one
  b.fresh();
  const auto again = b.create(shipment_for_tests());
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->number, first.number);
  EXPECT_EQ(b.made_of("B24-main-1001"), 1);
}

TEST(dpd_orders, the_identity_is_kept_before_anything_is_sent) {
  bench b;
  b.fault("create_order", "drop_before");
  const auto lost = b.create(shipment_for_tests());
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::outcome_unknown);
  ASSERT_TRUE(b.cache->values.contains("order:B24-main-1001"));
  const auto kept = record_from(b.cache->values["order:B24-main-1001"]);
  ASSERT_TRUE(kept);
  clock_shift() = 5h;
  const auto found = b.run(b.ours->find_order("B24-main-1001"));
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_FALSE(*found);
  b.made(shipment_for_tests());
  EXPECT_EQ(b.text("orders.0.date"), kept->date);
  EXPECT_EQ(b.made_of("B24-main-1001"), 1);
}

struct broken_cache final : carrier_cache {
  awaitable<result<std::optional<std::string>>> get(std::string) override { co_return std::optional<std::string>{}; }
  awaitable<result<void>> put(std::string, std::string, std::chrono::milliseconds) override {
    co_return fail(errc::outcome_unknown, "the store is gone");
  }
  awaitable<result<void>> forget(std::string) override { co_return result<void>{}; }
};

TEST(dpd_orders, what_cannot_be_kept_is_not_sent) {
  bench b;
  adapter ours(carrier_context{b.account, b.http, std::make_shared<broken_cache>(), b.io.get_executor()}, &shifted_now);
  const auto o = b.run(ours.create_order(shipment_for_tests()));
  ASSERT_FALSE(o);
  EXPECT_EQ(o.error().code, errc::unavailable); // nothing went out, so nothing is in doubt
  EXPECT_EQ(b.http->count("dpd.createOrder2"), 0U);
}

struct loss {
  const char* kind;
  int status;
  bool made;
};
class dpd_lost_answer : public testing::TestWithParam<loss> {};

TEST_P(dpd_lost_answer, leaves_the_outcome_open_and_the_lookup_decides) {
  bench b;
  b.fault("create_order", GetParam().kind, 1, {}, GetParam().status);
  const auto lost = b.create(shipment_for_tests());
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::outcome_unknown) << lost.error().what;
  b.fresh();
  const auto found = b.run(b.ours->find_order("B24-main-1001"));
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->has_value(), GetParam().made);
  const auto o = b.made(shipment_for_tests());
  if (GetParam().made) { EXPECT_EQ((*found)->number, o.number); }
  EXPECT_EQ(b.made_of("B24-main-1001"), 1);
}
INSTANTIATE_TEST_SUITE_P(all, dpd_lost_answer,
                         testing::Values(loss{"drop_before", 0, false}, loss{"drop_after", 0, true},
                                         loss{"garbage", 0, true}, loss{"status", 500, false},
                                         loss{"status", 502, false}, loss{"status", 503, false},
                                         loss{"status", 504, false}));

TEST(dpd_orders, throttled_creates_are_surely_not_made) {
  bench b;
  b.fault("create_order", "throttle");
  const auto o = b.create(shipment_for_tests());
  ASSERT_FALSE(o);
  EXPECT_EQ(o.error().code, errc::throttled);
  EXPECT_EQ(o.error().retry_after, 1s);
}

TEST(dpd_orders, a_fault_that_nothing_explains_ends_after_three_tries) {
  bench b;
  soap::writer w;
  w.put("code", "X-1").put("message", "Внутренняя ошибка сервиса");
  const soap::fault_to_say say{"Server", "Внутренняя ошибка", "http://dpd.ru/ws/order2/2012-04-04", "WSFault",
                               w.take()};
  b.fault("create_order", "status", 3, soap::fault_envelope(say));
  for (const errc expected : {errc::outcome_unknown, errc::outcome_unknown, errc::rejected}) {
    const auto o = b.create(shipment_for_tests());
    ASSERT_FALSE(o);
    EXPECT_EQ(o.error().code, expected) << o.error().what;
  }
  EXPECT_EQ(b.http->count("dpd.getOrderStatus"), 1U); // asked before the refusal is told
  b.made(shipment_for_tests());
}

TEST(dpd_orders, a_pending_order_is_followed_to_its_number) {
  bench b;
  auto s = shipment_for_tests();
  s.destination.street.clear(); // one line: a person at DPD finishes it
  s.destination.house.clear();
  const auto o = b.create(s);
  ASSERT_TRUE(o) << o.error().what;
  EXPECT_EQ(o->phase, order_phase::pending);
  EXPECT_EQ(o->number, "");
  auto seen = b.look(o->id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->phase, order_phase::pending);
  const auto label = b.run(b.ours->make_label(o->id, label_kind::barcode));
  ASSERT_FALSE(label);
  EXPECT_EQ(label.error().code, errc::unavailable);
  b.advance(s.reference);
  seen = b.look(o->id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->phase, order_phase::active);
  EXPECT_TRUE(seen->number.starts_with("RU"));
}

TEST(dpd_orders, a_pending_order_may_be_refused_later) {
  bench b;
  b.fault("create_order", "refuse_later", 1, "Не найден адрес получателя");
  const auto o = b.create(shipment_for_tests());
  ASSERT_TRUE(o) << o.error().what;
  EXPECT_EQ(o->phase, order_phase::pending);
  b.advance("B24-main-1001");
  const auto seen = b.look(o->id);
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(seen->phase, order_phase::refused);
  EXPECT_EQ(seen->refusal.code, errc::address);
  EXPECT_NE(seen->refusal.what.find("Не найден адрес"), std::string::npos);
}

TEST(dpd_orders, a_refused_order_is_made_under_the_same_number_on_a_new_day) {
  bench b;
  auto s = shipment_for_tests();
  s.destination.city = "Неизвестный";
  const auto o = b.create(s);
  ASSERT_FALSE(o);
  EXPECT_EQ(o.error().code, errc::address) << o.error().what;
  clock_shift() = 24h * 2;
  b.made(shipment_for_tests());
  EXPECT_EQ(b.made_of("B24-main-1001"), 1);
  EXPECT_NE(b.text("orders.0.date"), b.text("orders.1.date"));
}

TEST(dpd_orders, a_day_that_has_passed_is_changed_only_when_dpd_knows_nothing_of_it) {
  bench b;
  b.fault("create_order", "drop_before");
  ASSERT_FALSE(b.create(shipment_for_tests()));
  clock_shift() = 24h * 5;
  b.made(shipment_for_tests());
  const auto kept = record_from(b.cache->values["order:B24-main-1001"]);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->dates.size(), 1U); // a lookup asks for the old day too

  bench c;
  c.fault("create_order", "drop_after");
  ASSERT_FALSE(c.create(shipment_for_tests()));
  clock_shift() = 24h * 5;
  c.made(shipment_for_tests());
  EXPECT_EQ(c.made_of("B24-main-1001"), 1);
  EXPECT_EQ(c.stat("requests.create_order"), 1);
}

TEST(dpd_orders, long_references_get_a_short_number_that_is_always_the_same) {
  bench b;
  auto s = shipment_for_tests();
  s.reference = "B24-very-long-portal-name-100200300";
  const auto o = b.made(s);
  EXPECT_EQ(o.id.size(), 20U);
  EXPECT_EQ(o.id, order_number(s.reference));
  EXPECT_EQ(o.reference, s.reference);
  const auto found = b.run(b.ours->find_order(s.reference));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->reference, s.reference);
  EXPECT_NE(order_number("B24-very-long-portal-name-100200301"), o.id);
  EXPECT_EQ(order_number("B24-main-1"), "B24-main-1");
}

TEST(dpd_orders, wrong_credentials_are_the_operators_business) {
  auto a = account_for_tests();
  a.settings["client_key"] = secret("a wrong one");
  bench b(a);
  const auto o = b.create(shipment_for_tests());
  ASSERT_FALSE(o);
  EXPECT_EQ(o.error().code, errc::forbidden) << o.error().what;
  EXPECT_EQ(o.error().what.find("a wrong one"), std::string::npos);
  const auto probe = b.run(b.ours->probe());
  ASSERT_FALSE(probe);
  EXPECT_EQ(probe.error().code, errc::forbidden);
}

TEST(dpd_orders, cancelled_once_and_again) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  for (int n = 0; n < 2; ++n) {
    const auto gone = b.run(b.ours->cancel(o.id));
    ASSERT_TRUE(gone) << gone.error().what;
    EXPECT_EQ(gone->phase, order_phase::cancelled);
  }
  EXPECT_EQ(b.stat("requests.cancel"), 1);
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->phase, order_phase::cancelled);
  // A create of that number tells it, and makes no other order.
  const auto again = b.create(shipment_for_tests());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->phase, order_phase::cancelled);
}

TEST(dpd_orders, a_cancel_whose_answer_was_lost_is_repeated) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.fault("cancel", "drop_after");
  const auto lost = b.run(b.ours->cancel(o.id));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::outcome_unknown);
  const auto gone = b.run(b.ours->cancel(o.id));
  ASSERT_TRUE(gone) << gone.error().what;
  EXPECT_EQ(gone->phase, order_phase::cancelled);
}

TEST(dpd_orders, a_cancel_that_comes_too_late_is_a_persons_business) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.advance(o.reference);
  const auto late = b.run(b.ours->cancel(o.id));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::rejected);
  EXPECT_EQ(late.error().peer_code, "CallDPD");
  EXPECT_NE(late.error().what.find(o.number), std::string::npos);
  const auto nobody = b.run(b.ours->cancel("B24-main-77"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, errc::not_found);
}

TEST(dpd_orders, parcels_come_and_go_and_nothing_else_changes) {
  bench b;
  auto s = shipment_for_tests();
  const auto o = b.made(s);
  auto wish = s;
  wish.parcels.push_back(parcel_for_tests("2"));
  auto changed = b.run(b.ours->update_order(o.id, wish));
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(b.text("orders.0.parcels.1"), "2");
  wish.parcels.erase(wish.parcels.begin());
  wish.parcels.front().items = s.parcels.front().items; // the goods lie in another box now
  changed = b.run(b.ours->update_order(o.id, wish));
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(b.text("orders.0.parcels.0"), "2");
  // Twice the same is no call at all.
  const auto calls = b.stat("requests.update_order");
  ASSERT_TRUE(b.run(b.ours->update_order(o.id, wish)));
  EXPECT_EQ(b.stat("requests.update_order"), calls);

  auto elsewhere = wish;
  elsewhere.destination.house = "31";
  auto heavier = wish;
  heavier.parcels.front().weight_g = 2000;
  for (const shipment& w : {elsewhere, heavier}) {
    const auto refused = b.run(b.ours->update_order(o.id, w));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::conflict);
    EXPECT_NE(refused.error().what.find("make a new one"), std::string::npos);
  }
  b.advance(s.reference);
  wish.parcels.push_back(parcel_for_tests("3"));
  const auto late = b.run(b.ours->update_order(o.id, wish));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::rejected) << late.error().what;
}

TEST(dpd_orders, an_order_that_dpd_shows_no_more_is_not_forgotten) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.carrier_side = make_stand_in({b.io.get_executor(), b.http, 1.0}); // an empty DPD
  const auto seen = b.look(o.id);
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(seen->phase, order_phase::active);
  EXPECT_EQ(seen->number, o.number);
  const auto nobody = b.look("B24-main-77");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, errc::not_found);
}

} // namespace
} // namespace waybill::dpd::test
