// A deal moved by its stage alone while the portal's store has shipments of our delivery service: they are told what
// becomes of their parcels, and several of them are several orders.
#include "store_world.hpp"

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

struct parted {
  std::int64_t deal{0}, order{0}, first{0}, second{0};
};

// Two of the first article in one shipment, the second article in another one of the same order.
parted part_deal(world& w, json::object first = {}, json::object second = {}) {
  parted p;
  p.deal = w.deal({{"rows", two_rows()}});
  const auto rows = row_ids(w, p.deal);
  first["rows"] = json::array{some_of(rows.at(0), 2)};
  const auto made = save_form(w, p.deal, std::move(first));
  p.order = json::integer_or(made, "order");
  p.first = json::integer_or(made, "shipment");
  second["order"] = p.order;
  second["rows"] = json::array{some_of(rows.at(1), 1)};
  p.second = json::integer_or(save_form(w, p.deal, std::move(second)), "shipment");
  return p;
}

bool both_made(world& w, std::int64_t deal) {
  return w.eventually(
      [&] {
        return !stored_record(w, deal_reference(deal)).number.empty() &&
               !stored_record(w, deal_reference(deal, 2)).number.empty();
      },
      40s);
}

TEST(store_shipment, the_stages_order_tells_it_number_and_status) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  const auto price = json::minor(shipment_of(w, shipment), "priceDelivery");
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !number_of_shipment(w, shipment).empty(); })) << w.log_of();
  EXPECT_EQ(number_of_shipment(w, shipment), w.field(deal, "UF_CRM_TRACKING_NUMBER"));
  w.advance(deal_reference(deal), "TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY");
  EXPECT_TRUE(w.eventually([&] { return status_of_shipment(w, shipment) == "in_transit"; }))
      << json::serialize(shipment_of(w, shipment)) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  EXPECT_TRUE(w.eventually([&] { return status_of_shipment(w, shipment) == "delivered"; }))
      << json::serialize(shipment_of(w, shipment)) << w.log_of();
  EXPECT_EQ(json::minor(shipment_of(w, shipment), "priceDelivery"), price) << "an update must wipe nothing";
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

TEST(store_shipment, a_cancelled_one_is_free_again) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return !number_of_shipment(w, shipment).empty(); })) << w.log_of();
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return number_of_shipment(w, shipment).empty(); })) << w.log_of();
  EXPECT_EQ(status_of_shipment(w, shipment), "DN");
}

// With a request the portal marks each change of its shipments: they are left alone unless that is configured.
TEST(store_shipment, with_a_request_it_is_written_only_on_demand) {
  for (const bool written : {false, true}) {
    world w(store_options(written ? "write_shipment = true\n" : ""));
    w.start();
    set_up_store(w);
    const auto deal = w.deal();
    const auto shipment = json::integer_or(save_form(w, deal), "shipment");
    ASSERT_TRUE(json::boolean(press_button(w, {shipment}), "success").value_or(false)) << w.log_of();
    ASSERT_TRUE(w.shipped(deal)) << w.log_of();
    w.advance(deal_reference(deal), "DELIVERED");
    ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
    if (written) {
      EXPECT_TRUE(w.eventually([&] { return status_of_shipment(w, shipment) == "delivered"; })) << w.log_of();
      EXPECT_EQ(number_of_shipment(w, shipment), w.field(deal, "UF_CRM_TRACKING_NUMBER"));
    } else {
      ASSERT_TRUE(w.eventually([&] { return !stored_record(w, deal_reference(deal)).write_due; })) << w.log_of();
      EXPECT_EQ(calls_of(w, "sale.shipment.update"), 0);
      EXPECT_EQ(number_of_shipment(w, shipment), "");
    }
  }
}

// The status that a person gave the shipment is his; the number is ours.
TEST(store_shipment, a_persons_status_stays) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  const auto there = shipment_of(w, shipment);
  const auto url = "http://" + w.sandbox() + "/bitrix24/main/rest/1/sandboxcode0000001/sale.shipment.update.json";
  const json::object fields{
      {"allowDelivery", "N"}, {"deducted", "N"}, {"deliveryId", there.at("deliveryId")}, {"statusId", "DF"}};
  ASSERT_EQ(w.send("POST", url, json::serialize(json::object{{"id", shipment}, {"fields", fields}})).status, 200);
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return !number_of_shipment(w, shipment).empty(); })) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !stored_record(w, deal_reference(deal)).write_due; })) << w.log_of();
  EXPECT_EQ(status_of_shipment(w, shipment), "DF");
}

TEST(parcels, two_shipments_are_two_orders_with_their_own_goods) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const parted p = part_deal(w);
  w.move(p.deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, p.deal)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(p.deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 2)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 3)), 0);
  const auto a = stored_record(w, deal_reference(p.deal)), b = stored_record(w, deal_reference(p.deal, 2));
  ASSERT_EQ(content_of(a).size(), 1U);
  EXPECT_EQ(content_of(a).front().second, 2);
  ASSERT_EQ(content_of(b).size(), 1U);
  EXPECT_EQ(content_of(b).front(), std::pair(std::string("Чехол"), std::int64_t{1}));
  EXPECT_EQ(a.what.declared_value.minor, 398000);
  EXPECT_EQ(b.what.declared_value.minor, 50000);
  ASSERT_TRUE(w.eventually([&] { return !number_of_shipment(w, p.second).empty(); })) << w.log_of();
  EXPECT_EQ(number_of_shipment(w, p.first), a.number);
  EXPECT_EQ(number_of_shipment(w, p.second), b.number);
  // The deal shows both, and the one that is behind.
  EXPECT_TRUE(w.eventually([&] { return w.field(p.deal, "UF_CRM_TRACKING_NUMBER") == a.number + ", " + b.number; }))
      << w.field(p.deal, "UF_CRM_TRACKING_NUMBER") << w.log_of();
  w.advance(deal_reference(p.deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return status_of_shipment(w, p.first) == "delivered"; })) << w.log_of();
  EXPECT_NE(json::text_or(w.read(p.deal).as_object(), "stage"), "WON") << "the other one is still on its way";
  EXPECT_EQ(status_of_shipment(w, p.second), "DN");
  w.advance(deal_reference(p.deal, 2), "DELIVERED");
  EXPECT_TRUE(w.eventually([&] { return w.field(p.deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
}

// The catalogue does not weigh the first article, the warehouse does.
TEST(parcels, goods_are_weighed_by_the_warehouse) {
  world_options how;
  how.beside = "moysklad";
  how.portal_more = "goods_from = \"moysklad-main\"\n";
  world w(store_options({}, how));
  w.start();
  set_up_store(w);
  json::array rows{json::object{{"productId", 103}, {"price", 300}, {"quantity", 2}},
                   json::object{{"productId", 201}, {"price", 1990}, {"quantity", 1}}};
  const auto deal = w.deal({{"rows", std::move(rows)}});
  const auto ids = row_ids(w, deal);
  const auto made = save_form(w, deal, {{"rows", json::array{some_of(ids.at(0), 2)}}});
  save_form(w, deal, {{"order", made.at("order")}, {"rows", json::array{some_of(ids.at(1), 1)}}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !w.comments(deal).empty(); }));
  EXPECT_EQ(count(w, deal, "вес по умолчанию"), 0);
}

TEST(parcels, the_cancel_stage_withdraws_all) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const parted p = part_deal(w);
  w.move(p.deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, p.deal)) << w.log_of();
  w.move(p.deal, "LOSE");
  for (const int number : {1, 2})
    EXPECT_TRUE(w.eventually([&] {
      const auto r = stored_record(w, deal_reference(p.deal, number));
      return r.state == store::phase::closed && r.latest == status::cancelled;
    })) << number
        << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return (number_of_shipment(w, p.first) + number_of_shipment(w, p.second)).empty(); }))
      << w.log_of();
  // Moved back, both ship anew under numbers of their own.
  w.move(p.deal, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] {
    return w.orders_made(deal_reference(p.deal, 3)) == 1 && w.orders_made(deal_reference(p.deal, 4)) == 1;
  })) << w.log_of();
}

// Whatever comes first: each shipment is ordered once.
TEST(parcels, button_and_stage_order_each_once) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const parted by_stage = part_deal(w), by_button = part_deal(w), together = part_deal(w);
  w.move(by_stage.deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, by_stage.deal)) << w.log_of();
  EXPECT_TRUE(json::boolean(press_button(w, {by_stage.second}), "success").value_or(false)) << w.log_of();
  EXPECT_TRUE(json::boolean(press_button(w, {by_stage.first}), "success").value_or(false)) << w.log_of();

  ASSERT_TRUE(json::boolean(press_button(w, {by_button.second}), "success").value_or(false)) << w.log_of();
  w.move(by_button.deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, by_button.deal)) << w.log_of();

  // Both in one request: one order, and the stage adds nothing.
  ASSERT_TRUE(json::boolean(press_button(w, {together.first, together.second}), "success").value_or(false));
  w.move(together.deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(together.deal)) << w.log_of();
  EXPECT_EQ(content_of(stored_record(w, deal_reference(together.deal))).size(), 2U);

  const auto joined = stored_record(w, deal_reference(by_stage.deal, 2));
  ASSERT_TRUE(joined.request);
  EXPECT_FALSE(joined.request->from_form);
  EXPECT_EQ(joined.in_store.shipments, std::vector<std::int64_t>{by_stage.second});
  for (const auto& [deal, orders] :
       {std::pair(by_stage.deal, 2), std::pair(by_button.deal, 2), std::pair(together.deal, 1)}) {
    for (int number = 1; number <= 3; ++number)
      EXPECT_EQ(w.orders_made(deal_reference(deal, number)), number <= orders ? 1 : 0) << deal << " " << number;
  }
}

// What the stage has only planned travels in the request that holds it, and is not planned again.
TEST(parcels, one_request_takes_over_what_is_only_planned) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const parted p = part_deal(w);
  w.carrier_fault(json::object{{"operation", "create_order"}, {"kind", "throttle"}, {"count", -1}});
  w.move(p.deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return stored_record(w, deal_reference(p.deal, 2)).version > 0; })) << w.log_of();
  ASSERT_TRUE(json::boolean(press_button(w, {p.first, p.second}), "success").value_or(false)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] {
    return content_of(stored_record(w, deal_reference(p.deal))).size() == 2 &&
           stored_record(w, deal_reference(p.deal, 2)).latest == status::cancelled;
  })) << w.log_of();
  w.carrier_fault(json::object{{"operation", "*"}, {"kind", "latency"}, {"count", 0}});
  ASSERT_TRUE(w.shipped(p.deal, 60s)) << w.log_of();
  const auto looks = calls_of(w, "crm.item.delivery.list");
  w.move(p.deal, "PREPARATION");
  w.move(p.deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return calls_of(w, "crm.item.delivery.list") > looks; })) << w.log_of();
  EXPECT_FALSE(w.eventually([&] { return stored_record(w, deal_reference(p.deal, 3)).version > 0; }, 1s));
  EXPECT_EQ(w.orders_made(deal_reference(p.deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 2)), 0);
}

// Goods that are on their way with the whole deal are not sent once more because they got a shipment of their own.
TEST(parcels, a_shipment_that_comes_too_late_is_left_to_a_person) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const auto deal = w.deal({{"rows", two_rows()}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  // Written back before the store has anything: else the first shipment would be taken for this order's.
  ASSERT_TRUE(w.eventually([&] {
    const auto r = stored_record(w, deal_reference(deal));
    return r.version > 0 && r.label_done && !r.write_due;
  }));
  const auto rows = row_ids(w, deal);
  const auto made = save_form(w, deal, {{"rows", json::array{some_of(rows.at(0), 2)}}});
  save_form(w, deal, {{"order", made.at("order")}, {"rows", json::array{some_of(rows.at(1), 1)}}});
  w.edit(deal, {{"fields", json::object{{"UF_CRM_DELIVERY_PHONE", "+79217654321"}}}});
  EXPECT_TRUE(w.eventually([&] { return comments_with(w, deal, "не заказана") == 2; })) << w.log_of();
  // It follows the deal as before.
  EXPECT_TRUE(w.eventually([&] {
    return stored_record(w, deal_reference(deal)).what.recipient.phone == "+79217654321";
  })) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(deal, 2)), 0);
}

TEST(parcels, each_collects_its_part_and_the_payment_waits_for_all) {
  world w(store_options("payments_paid_on_delivery = true\ncost_into = \"none\"\n"));
  w.start();
  set_up_store(w);
  const auto deal = w.deal({{"rows", two_rows()}});
  const auto rows = row_ids(w, deal);
  const auto made = save_form(w, deal, {{"rows", json::array{some_of(rows.at(0), 2)}}, {"price", "0.00"}});
  const auto order = json::integer_or(made, "order");
  const auto second = save_form(
      w, deal,
      {{"order", order}, {"rows", json::array{some_of(rows.at(1), 1)}}, {"price", "0.00"}, {"payment", "cash"}});
  const auto pay = json::integer_or(second, "payment");
  // One payment for all of the order.
  const auto url =
      "http://" + w.sandbox() + "/bitrix24/main/rest/1/sandboxcode0000001/crm.item.payment.product.add.json";
  ASSERT_EQ(
      w.send("POST", url, json::serialize(json::object{{"paymentId", pay}, {"rowId", rows.at(0)}, {"quantity", 2}}))
          .status,
      200);
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, deal)) << w.log_of();
  EXPECT_EQ(stored_record(w, deal_reference(deal)).what.cash_on_delivery.minor, 398000);
  EXPECT_EQ(stored_record(w, deal_reference(deal, 2)).what.cash_on_delivery.minor, 50000);
  const auto is_paid = [&] {
    const auto answer = w.portal("payments");
    for (const auto& p : answer.as_array())
      if (json::integer_or(p.as_object(), "id") == pay) return json::text_or(p.as_object(), "paid") == "Y";
    return false;
  };
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return stored_record(w, deal_reference(deal)).money_done.told.contains("collect"); }))
      << w.log_of();
  EXPECT_FALSE(is_paid());
  w.advance(deal_reference(deal, 2), "DELIVERED");
  EXPECT_TRUE(w.eventually(is_paid)) << w.log_of();
  EXPECT_EQ(comments_with(w, deal, "Оплата не отмечена"), 0);
}

// Each travels as its own profile and pickup point say, whatever the deal's fields are.
TEST(parcels, each_goes_its_own_way_and_learns_of_a_replaced_point) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const parted p = part_deal(w, {}, {{"profile", "pickup"}, {"properties", json::object{{"WAYBILL_PVZ", "SPB12"}}}});
  w.move(p.deal, "EXECUTING");
  ASSERT_TRUE(both_made(w, p.deal)) << w.log_of();
  const auto a = stored_record(w, deal_reference(p.deal)), b = stored_record(w, deal_reference(p.deal, 2));
  EXPECT_EQ(a.what.service, "courier");
  EXPECT_EQ(a.what.pickup_point, "");
  EXPECT_EQ(b.what.service, "pickup");
  EXPECT_EQ(b.what.pickup_point, "SPB12");
  change_record(w, deal_reference(p.deal, 2), [](store::record& r) { r.pickup_point = "SPB77"; });
  EXPECT_TRUE(w.eventually([&] { return json::serialize(shipment_of(w, p.second)).contains("SPB77"); }))
      << json::serialize(shipment_of(w, p.second)) << w.log_of();
}

// One parcel was ordered by the button, the event of the move is lost: the deal has an order number, and still lacks
// one.
TEST(parcels, a_lost_move_is_swept_up_although_one_is_ordered) {
  world w(store_options({}, {.sweep_interval = "2s"}));
  w.start();
  set_up_store(w);
  const parted p = part_deal(w);
  ASSERT_TRUE(json::boolean(press_button(w, {p.first}), "success").value_or(false)) << w.log_of();
  ASSERT_TRUE(w.shipped(p.deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !stored_record(w, deal_reference(p.deal)).write_due; }));
  w.daemon().kill_now();
  w.move(p.deal, "EXECUTING");
  w.start();
  EXPECT_TRUE(both_made(w, p.deal)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(p.deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 2)), 1);
}

// The lost move was before the button: what the button ordered knows the stage, and is no sign that it was looked at.
TEST(parcels, a_lost_move_is_swept_up_although_the_button_came_after_it) {
  world w(store_options({}, {.sweep_interval = "2s", .subscribe = false}));
  w.start();
  set_up_store(w);
  const parted p = part_deal(w);
  w.move(p.deal, "EXECUTING");
  ASSERT_TRUE(json::boolean(press_button(w, {p.first}), "success").value_or(false)) << w.log_of();
  EXPECT_TRUE(both_made(w, p.deal)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(p.deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 2)), 1);
}

// Stage and button in any order, with the daemon killed at any moment: all goods are ordered, and none of them twice.
TEST(parcels, both_ways_at_once_order_all_goods_once) {
  const char* text = std::getenv("WAYBILL_CRASH_ROUNDS"); // NOLINT(concurrency-mt-unsafe): nobody sets it
  const int rounds = text == nullptr ? 8 : std::atoi(text);
  world w(store_options({}, {.sweep_interval = "2s", .speed = 10}));
  w.start();
  set_up_store(w);
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  std::vector<parted> all;
  for (int round = 0; round < rounds; ++round) {
    const parted p = part_deal(w);
    all.push_back(p);
    std::vector<int> steps{0, 1, 2, 3};
    std::ranges::shuffle(steps, random);
    const int killed_before = pick(8);
    for (int i = 0; i < 4; ++i) {
      if (i == killed_before) w.daemon().kill_now();
      switch (steps[static_cast<std::size_t>(i)]) {
      case 0: w.move(p.deal, "EXECUTING"); break;
      case 1: press_button(w, {p.first}); break;
      case 2: press_button(w, {p.second}); break;
      default: press_button(w, {p.first, p.second}); break; // refused where one is ordered already
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(pick(60)));
    }
    if (killed_before < 4) w.start();
  }
  for (const parted& p : all) {
    std::map<std::string, std::int64_t> units;
    const auto ordered = [&] {
      units.clear();
      bool settled = true;
      for (int number = 1; number <= 4; ++number) {
        const auto r = stored_record(w, deal_reference(p.deal, number));
        if (r.version == 0 || r.latest == status::cancelled) continue;
        settled = settled && !r.number.empty();
        for (const auto& [name, n] : content_of(r)) units[name] += n;
      }
      return settled && units.size() == 2;
    };
    EXPECT_TRUE(w.eventually(ordered, 60s)) << p.deal << w.log_of();
    EXPECT_EQ(units["Чехол"], 1) << p.deal;
    for (const auto& [name, n] : units) EXPECT_EQ(n, name == "Чехол" ? 1 : 2) << p.deal << name;
    for (int number = 1; number <= 4; ++number) EXPECT_LE(w.orders_made(deal_reference(p.deal, number)), 1) << p.deal;
  }
}

class parcel_step : public testing::TestWithParam<const char*> {};

TEST_P(parcel_step, killed_there_each_is_ordered_once) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const parted p = part_deal(w);
  w.daemon().kill_now();
  w.start({{"WAYBILL_FAULT_POINT", GetParam()}});
  w.move(p.deal, "EXECUTING");
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of();
  w.start();
  ASSERT_TRUE(both_made(w, p.deal)) << w.log_of();
  EXPECT_TRUE(w.eventually([&] {
    return !number_of_shipment(w, p.first).empty() && !number_of_shipment(w, p.second).empty();
  })) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(p.deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 2)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(p.deal, 3)), 0);
}

INSTANTIATE_TEST_SUITE_P(crash, parcel_step, testing::Values("parcels.planned", "carry.created", "write.shipment"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

} // namespace
