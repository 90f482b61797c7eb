// The adapter against the stand-in: creating once, lost answers, changes, withdrawal.
#include "support.hpp"

#include <moysklad/ids.hpp>

namespace waybill::moysklad::test {
namespace {

constexpr const char* number = "B24-main-1001";

TEST(moysklad_orders, an_order_holds_what_the_deal_said) {
  bench b(with_fields());
  const auto o = b.made(two_kettles());
  EXPECT_EQ(o.phase, order_phase::active);
  EXPECT_EQ(o.reference, number);
  EXPECT_TRUE(o.number.empty());
  ASSERT_EQ(o.events.size(), 1U);
  EXPECT_EQ(o.events[0].canonical, status::created);
  EXPECT_EQ(b.word("orders.0.name"), number);
  EXPECT_EQ(b.word("orders.0.status"), "Новый");
  EXPECT_EQ(b.stat("orders.0.sum"), 2980'00);
  EXPECT_EQ(b.stat("orders.0.reserved"), 2980'00);
  EXPECT_EQ(b.stat("orders.0.positions.0.quantity"), 2);
  EXPECT_EQ(b.stat("orders.0.positions.0.reserve"), 2);
  EXPECT_EQ(b.stat("orders.0.positions.0.vat"), 20);
  EXPECT_EQ(b.word("orders.0.fields.Номер сделки"), number);
  EXPECT_EQ(b.stat("customers"), 1);
}

TEST(moysklad_orders, every_request_asks_for_gzip_and_changes_silence_our_own_notices) {
  bench b;
  b.made(two_kettles());
  for (const auto& rq : b.http->seen) {
    EXPECT_EQ(*find_header(rq.headers, "Accept-Encoding"), "gzip");
    EXPECT_EQ(*find_header(rq.headers, "Authorization"), "Bearer token-for-tests");
    const auto* silent = find_header(rq.headers, "X-Lognex-WebHook-DisableByPrefix");
    EXPECT_EQ(silent != nullptr, rq.method != "GET") << rq.method << " " << rq.url;
    if (silent != nullptr) { EXPECT_EQ(*silent, hook_url); }
    EXPECT_EQ(rq.url.find("Котова"), std::string::npos);
  }
  for (const auto& rq : b.http->seen) EXPECT_EQ(rq.body.find("erp.test"), std::string::npos) << "links have one host";
}

TEST(moysklad_orders, asked_twice_it_is_one_order) {
  bench b;
  const auto first = b.made(two_kettles());
  b.fresh();
  const auto second = b.made(two_kettles());
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(b.stat("created_by_number.B24-main-1001"), 1);
  EXPECT_EQ(b.stat("customers"), 1);
  EXPECT_EQ(b.stat("requests.update_order"), 0);
}

struct lost_row {
  const char* operation;
  const char* kind;
  int status;
};
class moysklad_lost : public testing::TestWithParam<lost_row> {};
TEST_P(moysklad_lost, however_an_answer_is_lost_it_stays_one_order) {
  bench b;
  const auto& row = GetParam();
  b.fault(row.operation, row.kind, 1, {}, row.status);
  const auto first = b.run(b.ours->create_order(two_kettles()));
  if (!first) { EXPECT_TRUE(is_transient(first.error().code)) << to_string(first.error().code) << first.error().what; }
  b.fresh();
  const auto again = b.made(two_kettles());
  EXPECT_EQ(b.stat("created_by_number.B24-main-1001"), 1);
  EXPECT_EQ(b.stat("customers"), 1);
  const auto found = b.run(b.ours->find_order(number));
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->id, again.id);
}
INSTANTIATE_TEST_SUITE_P(
    all, moysklad_lost,
    testing::Values(lost_row{"create_order", "drop_after", 0}, lost_row{"create_order", "drop_before", 0},
                    lost_row{"create_order", "garbage", 0}, lost_row{"create_order", "status", 503},
                    lost_row{"create_order", "throttle", 0}, lost_row{"create_customer", "drop_after", 0},
                    lost_row{"create_customer", "garbage", 0}, lost_row{"find_customer", "status", 502},
                    lost_row{"goods", "drop_before", 0}, lost_row{"directory", "status", 500},
                    lost_row{"find_order", "garbage", 0}, lost_row{"find_order", "throttle", 0}));

TEST(moysklad_orders, a_lost_answer_is_an_unknown_outcome_and_nothing_before_it_is) {
  bench b;
  b.fault("create_order", "drop_after");
  const auto lost = b.run(b.ours->create_order(two_kettles()));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::outcome_unknown);
  b.fault("create_customer", "drop_after");
  shipment other = shipment_of({item_of("CH-7")}, "B24-main-1002");
  other.recipient.phone = "+79160003344";
  other.recipient.email.clear();
  const auto before = b.run(b.ours->create_order(other));
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code, errc::unavailable);
  EXPECT_EQ(b.stat("created_by_number.B24-main-1002"), 0);
}

TEST(moysklad_orders, a_stored_order_with_older_content_is_brought_up_to_date) {
  bench b;
  b.fault("create_order", "drop_after");
  ASSERT_FALSE(b.run(b.ours->create_order(two_kettles())));
  b.made(shipment_of({item_of("CH-7", 3), item_of("SET-1", 1, 900'00)}));
  EXPECT_EQ(b.stat("created_by_number.B24-main-1001"), 1);
  EXPECT_EQ(b.stat("orders.0.sum"), 3 * 1490'00 + 900'00);
}

TEST(moysklad_orders, several_orders_of_one_code_are_a_persons_business) {
  bench b;
  b.made(two_kettles());
  // Somebody copied the document, code and all.
  const auto state = b.peer->state();
  http_request copy;
  copy.method = "POST";
  copy.url = "http://erp.test/api/remap/1.2/entity/customerorder";
  for (const auto& rq : b.http->seen)
    if (rq.label == "moysklad.create_order") copy = rq;
  auto body = json::parse(copy.body);
  body->as_object().erase("syncId");
  copy.body = json::serialize(*body);
  ASSERT_TRUE(b.run(b.http->send(copy)));
  const auto found = b.run(b.ours->find_order(number));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::conflict);
  EXPECT_NE(found.error().what.find(number), std::string::npos);
  const auto third = b.run(b.ours->create_order(two_kettles()));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, errc::conflict);
  EXPECT_EQ(b.stat("created_by_number.B24-main-1001"), 2);
}

TEST(moysklad_orders, nothing_under_an_unknown_reference) {
  bench b;
  const auto none = b.run(b.ours->find_order("B24-main-7"));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_EQ(b.run(b.ours->find_order(" x")).error().code, errc::bad_input);
}

TEST(moysklad_orders, a_taken_number_is_left_to_moysklad) {
  bench b;
  b.peer->inject({"", "unique_numbers", 1, 0, {}, {}});
  auto account = account_for_tests();
  b.made(two_kettles());
  // The same number of a document that is not ours.
  http_request other;
  for (const auto& rq : b.http->seen)
    if (rq.label == "moysklad.create_order") other = rq;
  auto body = json::parse(other.body);
  body->as_object().erase("syncId");
  (*body).as_object()["externalCode"] = "foreign";
  (*body).as_object()["name"] = "B24-main-1002";
  other.body = json::serialize(*body);
  ASSERT_TRUE(b.run(b.http->send(other)));
  const auto o = b.made(shipment_of({item_of("CH-7")}, "B24-main-1002"));
  EXPECT_EQ(o.reference, "B24-main-1002");
  EXPECT_EQ(b.word("orders.2.number"), "B24-main-1002");
  EXPECT_NE(b.word("orders.2.name"), "B24-main-1002");
}

TEST(moysklad_orders, the_account_s_refusal_reaches_the_manager) {
  bench b;
  b.fault("create_order", "refuse_later", 1, "3000|Поле 'Канал' не может быть пустым");
  const auto o = b.run(b.ours->create_order(two_kettles()));
  ASSERT_FALSE(o);
  EXPECT_EQ(o.error().code, errc::rejected);
  EXPECT_EQ(o.error().peer_code, "3000");
  EXPECT_NE(o.error().what.find("Канал"), std::string::npos);
}

TEST(moysklad_orders, what_is_gone_there_is_looked_for_anew_once) {
  bench b;
  b.made(two_kettles());
  const auto asked = b.http->count("moysklad.goods");
  b.fault("create_order", "refuse_later", 1, "2013|Объект не найден");
  b.made(shipment_of({item_of("CH-7")}, "B24-main-1002"));
  EXPECT_GT(b.http->count("moysklad.goods"), asked);
  EXPECT_EQ(b.stat("created_by_number.B24-main-1002"), 1);
}

TEST(moysklad_orders, the_delivery_fee_as_a_position) {
  auto account = account_for_tests();
  account.settings["delivery_as"] = std::string("position");
  account.settings["delivery_service"] = std::string("Доставка");
  bench b(account);
  shipment s = two_kettles();
  s.delivery_fee = {350'00, "RUB"};
  b.made(s);
  EXPECT_EQ(b.many("orders.0.positions"), 2U);
  EXPECT_EQ(b.stat("orders.0.sum"), 2980'00 + 350'00);
  EXPECT_EQ(b.stat("orders.0.positions.1.reserve"), 0);
}

struct bad_row {
  const char* name;
  void (*spoil)(shipment&);
};
class moysklad_bad : public testing::TestWithParam<bad_row> {};
TEST_P(moysklad_bad, what_cannot_be_ordered_is_refused_before_anything_is_asked) {
  bench b;
  shipment s = two_kettles();
  GetParam().spoil(s);
  const auto o = b.run(b.ours->create_order(s));
  ASSERT_FALSE(o) << GetParam().name;
  EXPECT_EQ(o.error().code, errc::bad_input) << GetParam().name;
  EXPECT_TRUE(b.http->seen.empty());
}
INSTANTIATE_TEST_SUITE_P(
    all, moysklad_bad,
    testing::Values(bad_row{"no goods", [](shipment& s) { s.parcels.clear(); }},
                    bad_row{"no quantity", [](shipment& s) { s.parcels[0].items[0].quantity = 0; }},
                    bad_row{"a price below nothing", [](shipment& s) { s.parcels[0].items[0].price.minor = -1; }},
                    bad_row{"dollars", [](shipment& s) { s.parcels[0].items[0].price.currency = "USD"; }},
                    bad_row{"overflow",
                            [](shipment& s) {
                              s.parcels[0].items[0].quantity = 1'000'000;
                              s.parcels[0].items[0].price.minor = 1'000'000'000'000;
                            }},
                    bad_row{"vat", [](shipment& s) { s.parcels[0].items[0].vat_percent = 101; }},
                    bad_row{"nothing to find it by", [](shipment& s) { s.parcels[0].items[0].code.clear(); }},
                    bad_row{"reference", [](shipment& s) { s.reference = "Ж"; }}));

// ---- changes ---------------------------------------------------------------------------------------------------

TEST(moysklad_changes, positions_that_stay_keep_their_ids) {
  bench b;
  const auto o = b.made(shipment_of({item_of("CH-7", 2), item_of("SET-1", 1)}));
  const auto kettle = b.word("orders.0.positions.0.id"), set = b.word("orders.0.positions.1.id");
  const auto changed =
      b.run(b.ours->update_order(o.id, shipment_of({item_of("CH-7", 5, 1300'00), item_of("TS-L", 1)})));
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(b.many("orders.0.positions"), 2U);
  EXPECT_EQ(b.word("orders.0.positions.0.id"), kettle);
  EXPECT_NE(b.word("orders.0.positions.1.id"), set);
  EXPECT_EQ(b.stat("orders.0.positions.0.quantity"), 5);
  EXPECT_EQ(b.stat("orders.0.positions.0.reserve"), 5);
  EXPECT_EQ(b.stat("orders.0.positions.0.price"), 1300'00);
}

TEST(moysklad_changes, references_that_are_out_of_date_are_a_matter_of_a_second_try) {
  bench b;
  const auto o = b.made(two_kettles());
  for (const char* gone : {"2013|Объект не найден", "11002|Чужой статус"}) {
    b.fault("update_order", "refuse_later", 1, gone);
    const shipment s = shipment_of({item_of("CH-7", std::string_view(gone).starts_with("2013") ? 3 : 4)});
    const auto first = b.run(b.ours->update_order(o.id, s));
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, errc::unavailable);
    EXPECT_TRUE(b.run(b.ours->update_order(o.id, s)));
  }
  b.fault("cancel", "refuse_later", 1, "11002|Чужой статус");
  EXPECT_EQ(b.run(b.ours->cancel(o.id)).error().code, errc::unavailable);
  EXPECT_TRUE(b.run(b.ours->cancel(o.id)));
}

TEST(moysklad_changes, what_is_so_already_is_not_written) {
  bench b;
  const auto o = b.made(two_kettles());
  const auto before = b.changes();
  ASSERT_TRUE(b.run(b.ours->update_order(o.id, two_kettles())));
  EXPECT_EQ(b.changes(), before);
}

TEST(moysklad_changes, another_address_alone_leaves_the_positions) {
  bench b;
  const auto o = b.made(two_kettles());
  shipment s = two_kettles();
  s.destination.flat = "9";
  ASSERT_TRUE(b.run(b.ours->update_order(o.id, s)));
  const auto& last = b.http->seen.back();
  EXPECT_EQ(last.method, "PUT");
  EXPECT_NE(last.body.find("\"apartment\":\"9\""), std::string::npos) << last.body;
  EXPECT_EQ(last.body.find("positions"), std::string::npos);
  EXPECT_EQ(last.body.find("syncId"), std::string::npos);
}

TEST(moysklad_changes, what_is_shipped_or_cancelled_is_not_changed) {
  bench b;
  const auto o = b.made(two_kettles());
  b.moved("DEMAND");
  const auto late = b.run(b.ours->update_order(o.id, shipment_of({item_of("CH-7", 1)})));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::conflict);
  const auto gone = b.run(b.ours->cancel(o.id));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, errc::conflict);
  const auto other = b.made(shipment_of({item_of("CH-7")}, "B24-main-1002"));
  ASSERT_TRUE(b.run(b.ours->cancel(other.id)));
  EXPECT_EQ(b.run(b.ours->update_order(other.id, two_kettles())).error().code, errc::conflict);
}

TEST(moysklad_changes, a_cancellation_frees_the_reserve_and_may_be_repeated) {
  bench b;
  const auto o = b.made(two_kettles());
  b.fault("cancel", "drop_after");
  const auto lost = b.run(b.ours->cancel(o.id));
  ASSERT_FALSE(lost);
  EXPECT_TRUE(is_transient(lost.error().code));
  const auto done = b.run(b.ours->cancel(o.id));
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->phase, order_phase::cancelled);
  EXPECT_EQ(b.word("orders.0.status"), "Отменен");
  EXPECT_EQ(b.stat("orders.0.reserved"), 0);
  EXPECT_EQ(b.stat("orders.0.sum"), 2980'00);
  EXPECT_EQ(b.stat("live_by_number.B24-main-1001"), 0);
  EXPECT_EQ(b.stat("requests.cancel"), 1) << "it was done, so it is not done again";
  EXPECT_EQ(b.looked(o.id).phase, order_phase::cancelled);
  const auto found = b.run(b.ours->find_order(number));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->phase, order_phase::cancelled);
}

TEST(moysklad_changes, without_a_state_for_it_the_operator_is_asked) {
  auto account = account_for_tests();
  account.settings["states.cancelled"] = std::string("Аннулирован");
  bench b(account);
  const auto o = b.made(two_kettles());
  const auto done = b.run(b.ours->cancel(o.id));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, errc::forbidden);
  EXPECT_NE(done.error().what.find("states.cancelled"), std::string::npos);
}

TEST(moysklad_changes, ids_of_the_address_bar_are_followed) {
  bench b;
  const auto o = b.made(two_kettles());
  EXPECT_EQ(b.looked(b.word("orders.0.ui_id")).id, o.id);
  for (const auto& rq : b.http->seen) EXPECT_TRUE(rq.url.starts_with("http://erp.test/")) << rq.url;
}

TEST(moysklad_changes, what_is_not_there_is_said_so) {
  bench b;
  EXPECT_EQ(b.run(b.ours->order("nonsense")).error().code, errc::bad_input);
  EXPECT_EQ(b.run(b.ours->order(stable_uuid("x"))).error().code, errc::not_found);
  const auto o = b.made(two_kettles());
  b.moved("DELETE");
  EXPECT_EQ(b.run(b.ours->order(o.id)).error().code, errc::not_found);
  EXPECT_EQ(b.run(b.ours->cancel(o.id)).error().code, errc::not_found);
}

} // namespace
} // namespace waybill::moysklad::test
