// What carriers and people do, told into MoySklad and read out of it.
#include "support.hpp"

namespace waybill::moysklad::test {
namespace {

TEST(moysklad_progress, the_parcel_s_way_is_written_once) {
  bench b(with_fields());
  const auto o = b.made(two_kettles());
  const auto told = b.told(o.id, travelling());
  EXPECT_EQ(told.number, "10040000001");
  EXPECT_EQ(told.tracking_url, "https://track.test/10040000001");
  ASSERT_EQ(b.many("demands"), 1U);
  EXPECT_EQ(b.word("demands.0.tracking"), "10040000001");
  EXPECT_EQ(b.word("demands.0.status"), "Отгружен");
  EXPECT_EQ(b.word("demands.0.fields.Перевозчик"), "СДЭК");
  EXPECT_EQ(b.word("orders.0.status"), "Отгружен");
  EXPECT_EQ(b.word("orders.0.fields.Трек-номер"), "10040000001");
  EXPECT_EQ(b.word("orders.0.fields.Стоимость доставки"), "412.5");
  EXPECT_EQ(b.word("orders.0.fields.Статус доставки"), "В пути");
  EXPECT_EQ(b.stat("orders.0.reserved"), 0) << "what is shipped is reserved no longer";
  const auto before = b.changes();
  b.fresh();
  b.told(o.id, travelling());
  EXPECT_EQ(b.changes(), before);
}

class moysklad_told_lost : public testing::TestWithParam<std::pair<const char*, const char*>> {};
TEST_P(moysklad_told_lost, however_an_answer_is_lost_there_is_one_of_each) {
  bench b(with_fields());
  const auto o = b.made(two_kettles());
  progress back = travelling();
  back.reached = status::returning;
  b.fault(GetParam().first, GetParam().second);
  const auto first = b.run(b.ours->tell_progress(o.id, back));
  if (!first) { EXPECT_TRUE(is_transient(first.error().code)) << first.error().what; }
  b.fresh();
  b.told(o.id, back);
  EXPECT_EQ(b.many("demands"), 1U);
  EXPECT_EQ(b.many("returns"), 1U);
  EXPECT_EQ(b.word("orders.0.fields.Трек-номер"), "10040000001");
}
INSTANTIATE_TEST_SUITE_P(all, moysklad_told_lost,
                         testing::Values(std::pair{"create_demand", "drop_after"},
                                         std::pair{"create_demand", "drop_before"},
                                         std::pair{"create_demand", "garbage"},
                                         std::pair{"create_return", "drop_after"},
                                         std::pair{"create_return", "garbage"}, std::pair{"update_order", "drop_after"},
                                         std::pair{"positions", "status"}));

struct way_row {
  status reached;
  std::size_t demands, returns;
  const char* order_state;
};
class moysklad_way : public testing::TestWithParam<way_row> {};
TEST_P(moysklad_way, each_status_has_its_documents_and_state) {
  bench b;
  const auto o = b.made(two_kettles());
  progress p = travelling();
  p.reached = GetParam().reached;
  b.told(o.id, p);
  EXPECT_EQ(b.many("demands"), GetParam().demands);
  EXPECT_EQ(b.many("returns"), GetParam().returns);
  EXPECT_EQ(b.word("orders.0.status"), GetParam().order_state);
}
INSTANTIATE_TEST_SUITE_P(
    all, moysklad_way,
    testing::Values(way_row{status::created, 0, 0, "Новый"}, way_row{status::accepted, 1, 0, "Собран"},
                    way_row{status::in_transit, 1, 0, "Отгружен"}, way_row{status::ready_for_pickup, 1, 0, "Отгружен"},
                    way_row{status::out_for_delivery, 1, 0, "Отгружен"}, way_row{status::delivered, 1, 0, "Доставлен"},
                    way_row{status::partially_delivered, 1, 0, "Новый"}, way_row{status::problem, 0, 0, "Новый"},
                    way_row{status::returning, 1, 1, "Новый"}, way_row{status::returned, 1, 1, "Возврат"},
                    way_row{status::cancelled, 0, 0, "Новый"}, way_row{status::lost, 1, 0, "Новый"}));

TEST(moysklad_progress, stages_of_the_deal_move_the_order_until_the_parcel_does) {
  auto account = account_for_tests();
  account.settings["deal_states"] = std::vector<std::string>{"EXECUTING = Подтвержден"};
  bench b(account);
  const auto o = b.made(two_kettles());
  progress p;
  p.stage = "EXECUTING";
  b.told(o.id, p);
  EXPECT_EQ(b.word("orders.0.status"), "Подтвержден");
  p.reached = status::in_transit;
  b.told(o.id, p);
  EXPECT_EQ(b.word("orders.0.status"), "Отгружен");
}

TEST(moysklad_progress, what_people_chose_afterwards_stays) {
  bench b;
  const auto o = b.made(two_kettles());
  progress p = travelling();
  p.reached = status::accepted;
  b.told(o.id, p);
  b.moved("Подтвержден");
  b.told(o.id, p);
  EXPECT_EQ(b.word("orders.0.status"), "Подтвержден");
  b.moved("Доставлен");
  p.reached = status::in_transit;
  b.told(o.id, p);
  EXPECT_EQ(b.word("orders.0.status"), "Доставлен") << "what is behind does not overwrite what is ahead";
}

TEST(moysklad_progress, shipments_and_returns_of_people_are_used) {
  bench b(with_fields());
  const auto o = b.made(two_kettles());
  b.moved("DEMAND");
  b.told(o.id, travelling());
  EXPECT_EQ(b.many("demands"), 1U);
  EXPECT_EQ(b.word("demands.0.tracking"), "10040000001");
  b.moved("RETURN");
  progress back = travelling();
  back.reached = status::returned;
  b.told(o.id, back);
  EXPECT_EQ(b.many("returns"), 1U);
}

TEST(moysklad_progress, people_may_keep_the_documents_to_themselves) {
  auto account = account_for_tests();
  account.settings["demand_on"] = std::string("never");
  account.settings["return_on"] = std::string("never");
  bench b(account);
  const auto o = b.made(two_kettles());
  progress p = travelling();
  p.reached = status::returned;
  b.told(o.id, p);
  EXPECT_EQ(b.many("demands"), 0U);
  EXPECT_EQ(b.word("orders.0.status"), "Возврат");
  account.settings["demand_on"] = std::string("in_transit");
  bench later(account);
  const auto second = later.made(two_kettles());
  p.reached = status::accepted;
  later.told(second.id, p);
  EXPECT_EQ(later.many("demands"), 0U);
  p.reached = status::in_transit;
  later.told(second.id, p);
  EXPECT_EQ(later.many("demands"), 1U);
}

TEST(moysklad_progress, goods_that_are_not_there_cannot_leave_but_the_order_learns_its_number) {
  bench b(with_fields());
  b.peer->inject({"", "ship_stock_only", 1, 0, {}, {}});
  const auto o = b.made(shipment_of({item_of("CH-7", 12)}));
  const auto told = b.run(b.ours->tell_progress(o.id, travelling()));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, errc::rejected);
  EXPECT_EQ(told.error().peer_code, "3007");
  EXPECT_EQ(b.word("orders.0.fields.Трек-номер"), "10040000001");
}

TEST(moysklad_progress, a_cancelled_order_ships_nothing) {
  bench b;
  const auto o = b.made(two_kettles());
  ASSERT_TRUE(b.run(b.ours->cancel(o.id)));
  const auto before = b.changes();
  EXPECT_EQ(b.told(o.id, travelling()).phase, order_phase::cancelled);
  EXPECT_EQ(b.changes(), before);
}

TEST(moysklad_progress, a_state_that_the_account_lacks_is_the_operator_s_and_stops_nothing_else) {
  auto account = with_fields();
  account.settings["states.in_transit"] = std::string("У перевозчика");
  bench b(account);
  const auto o = b.made(two_kettles());
  const auto told = b.run(b.ours->tell_progress(o.id, travelling()));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, errc::forbidden);
  EXPECT_NE(told.error().what.find("У перевозчика"), std::string::npos);
  EXPECT_EQ(b.many("demands"), 1U);
  EXPECT_EQ(b.word("orders.0.fields.Трек-номер"), "10040000001");
}

// ---- reading ---------------------------------------------------------------------------------------------------

TEST(moysklad_reading, the_natural_way_of_an_order) {
  bench b;
  const auto o = b.made(two_kettles());
  EXPECT_EQ(b.looked(o.id).events.back().canonical, status::created);
  b.moved("");
  EXPECT_EQ(b.looked(o.id).events.back().canonical, status::created);
  b.moved("");
  EXPECT_EQ(b.looked(o.id).events.back().canonical, status::accepted);
  b.moved("");
  EXPECT_EQ(b.looked(o.id).events.back().canonical, status::in_transit);
  b.moved("");
  const auto done = b.looked(o.id);
  EXPECT_EQ(done.events.back().canonical, status::delivered);
  EXPECT_FALSE(done.collected);
  EXPECT_FALSE(b.peer->advance("B24-main-1001", "", ""));
}

TEST(moysklad_reading, a_shipment_speaks_though_the_order_s_state_lags) {
  bench b;
  const auto o = b.made(two_kettles());
  b.moved("DEMAND", "RR123456789RU");
  const auto shipped = b.looked(o.id);
  EXPECT_EQ(shipped.events.back().canonical, status::accepted);
  EXPECT_EQ(shipped.number, "RR123456789RU");
  b.moved("RETURN");
  const auto back = b.looked(o.id);
  EXPECT_EQ(back.events.back().canonical, status::returning);
  EXPECT_FALSE(back.return_number.empty());
}

TEST(moysklad_reading, the_time_of_a_state_is_that_of_its_first_sight) {
  bench b(with_fields());
  const auto o = b.made(two_kettles());
  b.moved("Собран");
  const auto first = b.looked(o.id).events.back();
  clock_shift() = std::chrono::hours(1);
  b.fresh();
  progress p;
  p.number = "1"; // a change of the document that is none of the state
  b.told(o.id, p);
  const auto again = b.looked(o.id).events.back();
  EXPECT_EQ(first, again);
}

TEST(moysklad_reading, cancelled_after_shipping_is_a_problem_and_no_withdrawal) {
  bench b;
  const auto o = b.made(two_kettles());
  b.moved("DEMAND");
  b.moved("Отменен");
  const auto now_is = b.looked(o.id);
  EXPECT_EQ(now_is.phase, order_phase::active);
  EXPECT_EQ(now_is.events.back().canonical, status::problem);
}

TEST(moysklad_reading, a_part_that_left_is_told) {
  bench b;
  const auto o = b.made(two_kettles());
  b.moved("DEMAND");
  ASSERT_TRUE(b.looked(o.id).warnings.empty());
  // One more kettle is put on the order by hand, after the shipment.
  http_request rq;
  for (const auto& seen : b.http->seen)
    if (seen.label == "moysklad.create_order") rq = seen;
  auto body = json::parse(rq.body);
  json::object change;
  change["positions"] = body->at("positions");
  change["positions"].as_array()[0].as_object()["quantity"] = 3;
  rq.method = "PUT";
  rq.url += "/" + o.id;
  rq.body = json::serialize(change);
  const auto put = b.run(b.http->send(rq));
  ASSERT_TRUE(put && put->status == 200) << put->body;
  EXPECT_EQ(b.looked(o.id).warnings.size(), 1U);
}

} // namespace
} // namespace waybill::moysklad::test
