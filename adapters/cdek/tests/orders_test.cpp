// The adapter against the stand-in: creating, the later verdict, doubles, lost answers, changes, withdrawal.
#include "support.hpp"

namespace waybill::cdek::test {
namespace {

using ::testing::Test;

TEST(cdek_orders, to_the_door_becomes_active_with_a_number) {
  bench b;
  const auto created = b.run(b.ours->create_order(shipment_for_tests()));
  ASSERT_TRUE(created) << created.error().what;
  EXPECT_EQ(created->phase, order_phase::pending);
  EXPECT_TRUE(created->number.empty());
  const auto o = b.judged(created->id);
  ASSERT_TRUE(o) << o.error().what;
  EXPECT_EQ(o->phase, order_phase::active) << o->refusal.what;
  EXPECT_EQ(o->id, created->id);
  EXPECT_EQ(o->reference, "W-1001");
  EXPECT_FALSE(o->number.empty());
  EXPECT_NE(o->tracking_url.find(o->number), std::string::npos);
  ASSERT_EQ(o->events.size(), 2U);
  EXPECT_EQ(o->events[0].code, "ACCEPTED");
  EXPECT_EQ(o->events[1].code, "CREATED");
  EXPECT_LT(o->events[0].when, o->events[1].when);
  ASSERT_TRUE(o->cost);
  EXPECT_GT(o->cost->minor, 0);
  EXPECT_EQ(o->planned_date.size(), 10U);
}

TEST(cdek_orders, to_an_office_with_cash_and_to_a_locker) {
  bench b;
  shipment s = to_office();
  s.parcels[0].items[0].cash_on_delivery = {1990'00, "RUB"};
  s.parcels[0].items[0].vat_percent = 22;
  s.delivery_fee = {300'00, "RUB"};
  s.cash_on_delivery = {4280'00, "RUB"};
  s.options = {{"SMS", ""}};
  const auto office = b.made(s);
  EXPECT_EQ(office.pickup_point, "SPB12");
  shipment locker = to_office();
  locker.reference = "W-1002";
  locker.service = "locker";
  locker.pickup_point = "SPB77";
  EXPECT_EQ(b.made(locker).pickup_point, "SPB77");
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  const auto done = b.run(b.ours->order(office.id));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->events.back().canonical, status::delivered);
  ASSERT_TRUE(done->collected);
  EXPECT_EQ(done->collected->minor, 4280'00);
  EXPECT_EQ(done->kept_until.size(), 10U);
}

TEST(cdek_orders, from_the_door_without_an_office_of_ours) {
  auto account = account_for_tests();
  account.settings.erase("sender.shipment_point");
  bench b(account);
  shipment s = shipment_for_tests();
  s.service = "from_door";
  b.made(s);
  s.reference = "W-1002";
  s.service = "courier"; // an office tariff with an address alone passes as well
  b.made(s);
}

TEST(cdek_orders, a_later_refusal_is_a_refused_order_with_the_reason) {
  bench b;
  shipment s = shipment_for_tests();
  s.destination = {};
  s.destination.city = "Неизвестнинск";
  s.destination.street = "ул. Неизвестная, 1";
  const auto created = b.run(b.ours->create_order(s));
  ASSERT_TRUE(created) << created.error().what;
  const auto o = b.judged(created->id);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->phase, order_phase::refused);
  EXPECT_EQ(o->refusal.code, errc::address);
  EXPECT_EQ(o->refusal.peer_code, "v2_recipient_location_not_recognized");
  EXPECT_FALSE(o->refusal.what.empty());
  // It is found, as refused; and a new create with the number is possible.
  const auto found = b.run(b.ours->find_order("W-1001"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->phase, order_phase::refused);
  b.made(shipment_for_tests());
  EXPECT_EQ(b.stat("live_by_number.W-1001"), 1);
}

TEST(cdek_orders, unknown_office_and_wrong_kind_of_point) {
  bench b;
  shipment s = to_office();
  s.pickup_point = "XXX1";
  auto o = b.judged(b.run(b.ours->create_order(s))->id);
  EXPECT_EQ(o->refusal.peer_code, "code_invalid");
  EXPECT_EQ(o->refusal.code, errc::address);
  s.pickup_point = "SPB77"; // a locker by an office tariff
  o = b.judged(b.run(b.ours->create_order(s))->id);
  EXPECT_EQ(o->refusal.peer_code, "err_pvz_with_tariff_mistake");
}

TEST(cdek_orders, a_closed_office_is_replaced_and_said) {
  bench b;
  shipment s = to_office();
  s.pickup_point = "SPB99";
  const auto o = b.made(s);
  EXPECT_EQ(o.pickup_point, "SPB12");
  ASSERT_EQ(o.warnings.size(), 1U);
  EXPECT_NE(o.warnings[0].find("SPB99"), std::string::npos);
}

TEST(cdek_orders, a_double_is_refused_and_the_living_one_is_found) {
  bench b;
  const auto first = b.made(shipment_for_tests());
  const auto second = b.run(b.ours->create_order(shipment_for_tests()));
  ASSERT_TRUE(second);
  EXPECT_NE(second->id, first.id);
  const auto refused = b.judged(second->id);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->phase, order_phase::refused);
  EXPECT_EQ(refused->refusal.code, errc::conflict);
  EXPECT_EQ(refused->refusal.peer_code, "error_validate_im_dep_number_has_already_had_integration");
  // CDEK shows the refused one by number; the uuid that was kept leads to the first.
  const auto found = b.run(b.ours->find_order("W-1001"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, first.id);
  EXPECT_EQ((*found)->phase, order_phase::active);
  EXPECT_EQ(b.stat("created_by_number.W-1001"), 1);
}

TEST(cdek_orders, a_lost_answer_is_unknown_and_the_lookup_adopts) {
  bench b;
  b.fault("create_order", "drop_after");
  const auto lost = b.run(b.ours->create_order(shipment_for_tests()));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::outcome_unknown);
  const auto found = b.run(b.ours->find_order("W-1001")); // adopted even before the verdict
  ASSERT_TRUE(found && *found);
  const auto o = b.judged((*found)->id);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->phase, order_phase::active);
  EXPECT_EQ(b.stat("created_by_number.W-1001"), 1);
  EXPECT_EQ(b.stat("requests.create_order"), 1);
}

TEST(cdek_orders, a_create_that_never_arrived_is_not_found) {
  bench b;
  b.fault("create_order", "drop_before");
  EXPECT_EQ(b.run(b.ours->create_order(shipment_for_tests())).error().code, errc::outcome_unknown);
  const auto found = b.run(b.ours->find_order("W-1001"));
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_FALSE(*found);
}

TEST(cdek_orders, every_bad_ending_of_a_create_is_classified) {
  struct row {
    std::string kind, body;
    int status;
    errc expected;
  };
  const row rows[] = {
      {"status", "", 500, errc::outcome_unknown},
      {"status", "", 502, errc::outcome_unknown},
      {"status", "", 503, errc::throttled},
      {"throttle", "", 429, errc::throttled},
      {"garbage", "", 202, errc::outcome_unknown},
      {"garbage", "{}", 202, errc::outcome_unknown},
      {"status", R"({"alerts":[{"type":"danger","msg":"no way","errorCode":"forbidden"}]})", 403, errc::forbidden},
      {"status", R"({"errors":[{"code":"v2_internal_error","message":"?"}]})", 400, errc::outcome_unknown},
      {"status", R"({"errors":[{"code":"v2_similar_request_still_processed","message":"?"}]})", 400, errc::unavailable},
      {"status", R"({"errors":[{"code":"v2_field_is_empty","message":"[x] is empty"}]})", 400, errc::rejected},
      {"status", "<html>no</html>", 404, errc::protocol},
  };
  for (const row& r : rows) {
    bench b;
    b.fault("create_order", r.kind, 1, r.body, r.status);
    const auto got = b.run(b.ours->create_order(shipment_for_tests()));
    ASSERT_FALSE(got) << r.kind << r.status;
    EXPECT_EQ(got.error().code, r.expected) << r.kind << " " << r.status << ": " << got.error().what;
    EXPECT_EQ(b.http->count("cdek.create_order"), 1U) << "a create is never repeated by itself";
  }
}

TEST(cdek_orders, what_cdek_tells_to_wait_is_carried_on) {
  bench b;
  b.run(b.ours->probe()).value();
  b.fault("order", "throttle");
  const auto created = b.run(b.ours->create_order(shipment_for_tests()));
  const auto got = b.run(b.ours->order(created->id));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::throttled);
  EXPECT_EQ(got.error().retry_after, std::chrono::seconds(1));
}

TEST(cdek_orders, a_refusal_injected_for_later_reaches_the_manager) {
  bench b;
  b.fault("create_order", "refuse_later", 1,
          "error_validate_receiver_phone_number_incorrect|Номер +79161234567 неверный");
  const auto o = b.judged(b.run(b.ours->create_order(shipment_for_tests()))->id);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->refusal.code, errc::rejected);
  EXPECT_EQ(o->refusal.peer_code, "error_validate_receiver_phone_number_incorrect");
  EXPECT_EQ(o->refusal.what.find("79161234567"), std::string::npos) << "no customer's phone in a fault";
  EXPECT_NE(o->refusal.what.find("неверный"), std::string::npos);
}

TEST(cdek_orders, reading_what_is_not_there) {
  bench b;
  EXPECT_EQ(b.run(b.ours->order("not-a-uuid")).error().code, errc::bad_input);
  const auto gone = b.run(b.ours->order("0f1c2b7e-6c1e-4d0c-9a51-2f5a6f1f0a11"));
  EXPECT_EQ(gone.error().code, errc::not_found);
  EXPECT_EQ(gone.error().peer_code, "v2_entity_not_found");
}

TEST(cdek_orders, deleted_before_it_moves) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  const auto gone = b.run(b.ours->cancel(o.id));
  ASSERT_TRUE(gone) << gone.error().what;
  EXPECT_EQ(gone->phase, order_phase::cancelled);
  EXPECT_EQ(b.stat("live_by_number.W-1001"), 0);
  // Again, also from another process, and by a plain read.
  b.fresh();
  EXPECT_EQ(b.run(b.ours->cancel(o.id))->phase, order_phase::cancelled);
  EXPECT_EQ(b.run(b.ours->order(o.id))->phase, order_phase::cancelled);
}

TEST(cdek_orders, a_deletion_whose_answer_is_lost_is_settled_by_asking_again) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.fault("cancel", "drop_after");
  EXPECT_EQ(b.run(b.ours->cancel(o.id)).error().code, errc::outcome_unknown);
  b.run(waybill::test::eventually([&] { return b.stat("live_by_number.W-1001") == 0; }));
  EXPECT_EQ(b.run(b.ours->cancel(o.id))->phase, order_phase::cancelled);
}

TEST(cdek_orders, refused_after_it_moved_and_followed_home) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  const auto asked = b.run(b.ours->cancel(o.id));
  ASSERT_TRUE(asked) << asked.error().what;
  EXPECT_EQ(asked->phase, order_phase::active);
  const auto refused = b.judged(o.id);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->return_order_id.empty());
  EXPECT_FALSE(refused->return_number.empty());
  EXPECT_NE(refused->return_number, refused->number);
  ASSERT_TRUE(b.run(b.ours->cancel(o.id)));
  EXPECT_EQ(b.http->count("cdek.cancel"), 1U) << "one refusal, however often it is asked for";
  // The way back: its steps count as returning, its delivery as returned.
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  const auto home = b.run(b.ours->order(o.id));
  ASSERT_TRUE(home);
  EXPECT_EQ(home->events.back().canonical, status::returned);
  EXPECT_EQ(home->number, o.number);
  bool delivered = false;
  for (const auto& e : home->events) delivered = delivered || e.canonical == status::delivered;
  EXPECT_FALSE(delivered) << "the delivery of the way back is not ours";
}

TEST(cdek_orders, delivered_cannot_be_cancelled) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  const auto got = b.run(b.ours->cancel(o.id));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::conflict);
  EXPECT_EQ(got.error().peer_code, "cdek.delivered");
}

TEST(cdek_orders, changed_while_it_may_be) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  shipment s = shipment_for_tests();
  s.recipient.phone = "+79160003344";
  s.parcels[0].weight_g = 2500;
  const auto changed = b.run(b.ours->update_order(o.id, s));
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_FALSE(changed->change_refused) << changed->change_refused->what;
  EXPECT_FALSE(changed->change_pending);
  EXPECT_GT(changed->cost->minor, o.cost->minor);
  EXPECT_EQ(b.stat("created_by_number.W-1001"), 1);
}

TEST(cdek_orders, a_change_of_the_city_is_refused_and_kept_apart_from_the_order) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  shipment s = shipment_for_tests();
  s.destination.city = "Новосибирск";
  s.destination.postal_code = "630000";
  const auto changed = b.run(b.ours->update_order(o.id, s));
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(changed->phase, order_phase::active);
  ASSERT_TRUE(changed->change_refused);
  EXPECT_EQ(changed->change_refused->peer_code, "v2_city_can_not_be_changed");
}

TEST(cdek_orders, too_late_for_a_change) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  const auto changed = b.run(b.ours->update_order(o.id, shipment_for_tests()));
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, errc::conflict);
}

TEST(cdek_orders, a_return_after_delivery_is_made_once) {
  bench b;
  const auto o = b.made(to_office());
  EXPECT_EQ(b.run(b.ours->create_return(o.id, "")).error().peer_code, "cdek.not_delivered_yet");
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  const auto back = b.run(b.ours->create_return(o.id, "pickup"));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_NE(back->id, o.id);
  EXPECT_FALSE(back->number.empty());
  EXPECT_EQ(b.run(b.ours->create_return(o.id, "pickup"))->id, back->id);
  const auto direct = [&] { return *b.run(b.ours->order(o.id)); };
  EXPECT_EQ(direct().return_order_id, back->id);
  EXPECT_EQ(direct().return_number, back->number);
  EXPECT_EQ(direct().number, o.number.empty() ? direct().number : o.number);
  EXPECT_EQ(direct().events.back().canonical, status::delivered); // nobody has handed it in yet
  ASSERT_TRUE(b.carrier_side->advance(back->number, "", ""));
  EXPECT_EQ(direct().events.back().canonical, status::returning);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(b.carrier_side->advance(back->number, "", ""));
  EXPECT_EQ(direct().events.back().canonical, status::returned);
}

TEST(cdek_orders, type_2_carries_no_goods_and_cannot_be_looked_up) {
  auto account = account_for_tests();
  account.settings["order_type"] = std::int64_t{2};
  bench b(account);
  EXPECT_EQ(b.ours->can().guard, create_guard::none);
  EXPECT_FALSE(b.ours->can().cash_on_delivery);
  shipment s = to_office();
  s.service = "express";
  const auto o = b.made(s);
  EXPECT_EQ(b.run(b.ours->find_order("W-1001")).error().peer_code, "cdek.no_lookup");
  EXPECT_EQ(bench{}.ours->can().guard, create_guard::both);
}

TEST(cdek_orders, problems_and_corrections_on_the_way) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "DELIV_PROBLEM", "13"));
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "SOMETHING_NEW", ""));
  const auto got = b.run(b.ours->order(o.id));
  ASSERT_TRUE(got);
  bool problem = false, unknown = false;
  for (const auto& e : got->events) {
    problem = problem || (e.code == "DELIV_PROBLEM/13" && e.canonical == status::problem && e.known);
    unknown = unknown || (e.code == "SOMETHING_NEW" && !e.known);
  }
  EXPECT_TRUE(problem);
  EXPECT_TRUE(unknown);
}

} // namespace
} // namespace waybill::cdek::test
