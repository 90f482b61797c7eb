// The store's own orders: without a deal their news reach the manager by the request's messages; a request with several
// shipments is one parcel, and all of it is billed.
#include "store_world.hpp"

#include <csignal>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

std::string rest_url(world& w, const std::string& method) {
  return "http://" + w.sandbox() + "/bitrix24/main/rest/1/sandboxcode0000001/" + method + ".json";
}

json::object request_of(world& w, const std::string& id) {
  const auto answer = w.portal("delivery-requests");
  for (const auto& r : answer.as_array())
    if (json::text_or(r.as_object(), "request_id") == id) return r.as_object();
  return {};
}

bool message_says(world& w, const std::string& id, std::string_view part) {
  return json::serialize(request_of(w, id)).contains(part);
}

// A shop order: made in a deal, as the stand-in knows no other way, and then untied from it.
struct shop_order {
  std::int64_t shipment{0}, payment{0};
};
shop_order untied(world& w) {
  const auto deal = w.deal();
  const auto made = save_form(w, deal, {{"payment", "cash"}, {"price", "300.00"}});
  const json::object fields{{"orderId", made.at("order")}, {"ownerTypeId", 2}, {"ownerId", deal}};
  EXPECT_EQ(
      w.send("POST", rest_url(w, "crm.orderentity.deletebyfilter"), json::serialize(json::object{{"fields", fields}}))
          .status,
      200);
  shop_order s;
  s.shipment = json::integer_or(made, "shipment");
  s.payment = json::integer_or(made, "payment");
  return s;
}

TEST(shop, money_of_an_order_without_a_deal_reaches_the_manager) {
  world w(store_options("payments_paid_on_delivery = true\ncost_into = \"none\"\n"));
  w.start();
  set_up_store(w);
  const shop_order made = untied(w);
  const auto pressed = press_button(w, {made.shipment});
  ASSERT_TRUE(json::boolean(pressed, "success").value_or(false)) << json::serialize(pressed) << w.log_of();
  const auto id = json::text_or(pressed, "request_id");
  const std::string reference = "B24-main-S" + std::to_string(made.shipment);
  ASSERT_TRUE(w.eventually([&] { return w.orders_made(reference) == 1; })) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !stored_record(w, reference).number.empty(); })) << w.log_of();
  const json::object fields{{"paySystemId", 6}, {"sum", 2500}};
  ASSERT_EQ(w.send("POST", rest_url(w, "sale.payment.update"),
                   json::serialize(json::object{{"id", made.payment}, {"fields", fields}}))
                .status,
            200);
  w.advance(reference, "DELIVERED");
  // The request is over with the delivery, so that its news about the money go to the responsible person.
  EXPECT_TRUE(w.eventually([&] {
    return message_says(w, id, "Оплата не отмечена") ||
           json::serialize(w.portal("notifications")).contains("Оплата не отмечена");
  })) << json::serialize(request_of(w, id))
      << w.log_of();
  EXPECT_EQ(stored_record(w, reference).outbox.size(), 0U);
}

TEST(shop, trouble_of_an_order_without_a_deal_is_the_requests_message) {
  world w(store_options());
  w.start();
  set_up_store(w);
  w.carrier_fault(json::object{{"operation", "create_order"},
                               {"kind", "refuse_later"},
                               {"count", 1},
                               {"body", "v2_recipient_location_not_recognized|No such place"}});
  const shop_order made = untied(w);
  const auto pressed = press_button(w, {made.shipment});
  ASSERT_TRUE(json::boolean(pressed, "success").value_or(false)) << json::serialize(pressed) << w.log_of();
  const auto id = json::text_or(pressed, "request_id");
  ASSERT_TRUE(w.eventually([&] { return json::boolean(request_of(w, id), "deleted").value_or(false); })) << w.log_of();
  EXPECT_EQ(request_of(w, id).at("messages").as_array().size(), 1U) << json::serialize(request_of(w, id));
  EXPECT_TRUE(message_says(w, id, "No such place") || message_says(w, id, "адрес"))
      << json::serialize(request_of(w, id));
}

TEST(shop, a_request_with_two_shipments_bills_both) {
  world w(store_options("cost_into = \"payment\"\npayment_system = 7\n"));
  w.start();
  set_up_store(w);
  const auto deal = w.deal({{"rows", two_rows()}});
  const auto rows = row_ids(w, deal);
  const auto made = save_form(w, deal, {{"rows", json::array{some_of(rows.at(0), 2)}}});
  const auto first = json::integer_or(made, "shipment");
  const auto second = json::integer_or(
      save_form(w, deal, {{"order", made.at("order")}, {"rows", json::array{some_of(rows.at(1), 1)}}}), "shipment");
  ASSERT_TRUE(json::boolean(press_button(w, {first, second}), "success").value_or(false)) << w.log_of();
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  const auto due = json::minor(shipment_of(w, first), "priceDelivery").value_or(0) +
                   json::minor(shipment_of(w, second), "priceDelivery").value_or(0);
  const auto sums = [&] {
    std::int64_t sum = 0;
    const auto answer = w.portal("payments");
    for (const auto& p : answer.as_array()) sum += json::minor(p.as_object(), "sum").value_or(0);
    return sum;
  };
  EXPECT_TRUE(w.eventually([&] { return sums() == due; })) << sums() << " of " << due << w.log_of();
  EXPECT_EQ(w.portal("payments").as_array().size(), 1U);
  EXPECT_EQ(calls_of(w, "crm.item.payment.delivery.add"), 2);
  EXPECT_TRUE(w.eventually([&] { return comments_with(w, deal, "/~p") == 1; })) << w.log_of();
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return w.portal("payments").as_array().empty(); })) << w.log_of();
}

} // namespace
