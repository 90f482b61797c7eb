// A recipient who took only a part: the payment and the shipment of the portal's store come to what was taken.
#include "store_world.hpp"

#include <csignal>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* paying = "payments_paid_on_delivery = true\ncost_into = \"none\"\n";

struct bought {
  std::int64_t deal{0}, shipment{0}, payment{0};
};

bought ship_for_cash(world& w, json::array rows) {
  bought b;
  b.deal = w.deal({{"rows", std::move(rows)}});
  const auto made = save_form(w, b.deal, {{"payment", "cash"}, {"price", "300.00"}});
  b.shipment = json::integer_or(made, "shipment");
  b.payment = json::integer_or(made, "payment");
  w.move(b.deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(b.deal)) << w.log_of();
  return b;
}

json::object payment_of(world& w, std::int64_t id) {
  const auto answer = w.portal("payments");
  for (const auto& p : answer.as_array())
    if (json::integer_or(p.as_object(), "id") == id) return p.as_object();
  return {};
}
bool is_paid(world& w, std::int64_t id) { return json::text_or(payment_of(w, id), "paid") == "Y"; }

std::vector<std::string> quantities(world& w, std::int64_t shipment) {
  std::vector<std::string> out;
  const auto answer = shipment_of(w, shipment);
  for (const auto& i : answer.at("shipmentItems").as_array()) out.push_back(json::text_or(i.as_object(), "quantity"));
  return out;
}

// The carrier's stand-in leaves one unit of the last article with the courier.
TEST(part, an_article_that_was_refused_leaves_payment_and_shipment) {
  world w(store_options(paying));
  w.start();
  set_up_store(w);
  const bought b = ship_for_cash(w, two_rows());
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 478000);
  w.advance(deal_reference(b.deal), "DELIVERED", "20");
  ASSERT_TRUE(w.eventually([&] { return is_paid(w, b.payment); }))
      << json::serialize(payment_of(w, b.payment)) << w.log_of();
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 428000);
  EXPECT_EQ(calls_of(w, "crm.item.payment.product.delete"), 1);
  EXPECT_TRUE(w.eventually([&] { return comments_with(w, b.deal, "оплата отмечена") == 1; })) << w.log_of();
  EXPECT_EQ(json::text_or(payment_of(w, b.payment), "payVoucherNum"), w.field(b.deal, "UF_CRM_TRACKING_NUMBER"));
  EXPECT_TRUE(w.eventually([&] { return quantities(w, b.shipment) == std::vector<std::string>{"2"}; }))
      << json::serialize(shipment_of(w, b.shipment)) << w.log_of();
  EXPECT_EQ(status_of_shipment(w, b.shipment), "delivered");
  EXPECT_TRUE(w.eventually([&] { return w.field(b.deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен частично"; }));
}

TEST(part, a_unit_that_was_refused_lowers_the_quantities) {
  world w(store_options(paying));
  w.start();
  set_up_store(w);
  const bought b = ship_for_cash(w, {json::object{{"productId", 201}, {"price", 1990}, {"quantity", 3}}});
  w.advance(deal_reference(b.deal), "DELIVERED", "20");
  ASSERT_TRUE(w.eventually([&] { return is_paid(w, b.payment); })) << w.log_of();
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 428000);
  EXPECT_EQ(calls_of(w, "crm.item.payment.product.setquantity"), 1);
  EXPECT_TRUE(w.eventually([&] { return quantities(w, b.shipment) == std::vector<std::string>{"2"}; }))
      << json::serialize(shipment_of(w, b.shipment)) << w.log_of();
}

// A sum that does not come out is a person's business, and nothing is touched.
TEST(part, a_payment_that_would_not_come_out_stays_as_it_is) {
  world w(store_options(paying));
  w.start();
  set_up_store(w);
  const bought b = ship_for_cash(w, two_rows());
  const auto url = "http://" + w.sandbox() + "/bitrix24/main/rest/1/sandboxcode0000001/sale.payment.update.json";
  const json::object fields{{"paySystemId", 6}, {"sum", 4000}};
  ASSERT_EQ(w.send("POST", url, json::serialize(json::object{{"id", b.payment}, {"fields", fields}})).status, 200);
  w.advance(deal_reference(b.deal), "DELIVERED", "20");
  EXPECT_TRUE(w.eventually([&] { return comments_with(w, b.deal, "выдан частично") == 1; })) << w.log_of();
  EXPECT_FALSE(is_paid(w, b.payment));
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 400000);
  EXPECT_EQ(calls_of(w, "crm.item.payment.product.delete"), 0);
}

// What the carrier takes back is put back: the goods are out, and the shipment says so.
TEST(part, a_correction_of_the_carrier_fills_the_shipment_again) {
  world w(store_options());
  w.start();
  set_up_store(w);
  const bought b = ship_for_cash(w, two_rows());
  w.advance(deal_reference(b.deal), "DELIVERED", "20");
  ASSERT_TRUE(w.eventually([&] { return quantities(w, b.shipment) == std::vector<std::string>{"2"}; }))
      << json::serialize(shipment_of(w, b.shipment)) << w.log_of();
  change_record(w, deal_reference(b.deal), [](store::record& r) {
    r.handed_over = {2, 1};
    r.latest = status::delivered;
  });
  EXPECT_TRUE(w.eventually([&] { return quantities(w, b.shipment) == std::vector<std::string>{"2", "1"}; }))
      << json::serialize(shipment_of(w, b.shipment)) << w.log_of();
  EXPECT_EQ(calls_of(w, "sale.shipmentitem.add"), 1);
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 478000) << "payments are none of our business here";
}

class part_step : public testing::TestWithParam<const char*> {};

TEST_P(part_step, killed_there_it_comes_out_the_same) {
  world w(store_options(paying));
  w.start({{"WAYBILL_FAULT_POINT", GetParam()}});
  set_up_store(w);
  const bought b = ship_for_cash(w, two_rows());
  w.advance(deal_reference(b.deal), "DELIVERED", "20");
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of();
  w.start();
  EXPECT_TRUE(w.eventually([&] { return is_paid(w, b.payment); }, 30s)) << w.log_of();
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 428000);
  EXPECT_TRUE(w.eventually([&] { return quantities(w, b.shipment) == std::vector<std::string>{"2"}; }))
      << json::serialize(shipment_of(w, b.shipment)) << w.log_of();
  EXPECT_EQ(calls_of(w, "crm.item.payment.pay"), 1);
}

// Killed between the correction and the mark "paid", and the carrier has corrected itself meanwhile.
TEST(part, what_was_taken_out_of_a_payment_is_put_in_again) {
  world w(store_options(paying));
  w.start({{"WAYBILL_FAULT_POINT", "money.part"}});
  set_up_store(w);
  const bought b = ship_for_cash(w, two_rows());
  w.advance(deal_reference(b.deal), "DELIVERED", "20");
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of();
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 428000);
  change_record(w, deal_reference(b.deal), [](store::record& r) {
    r.handed_over = {2, 1};
    r.collected = money{478000, "RUB"};
    r.latest = status::delivered;
  });
  w.start();
  EXPECT_TRUE(w.eventually([&] { return is_paid(w, b.payment); }, 30s)) << w.log_of();
  EXPECT_EQ(json::minor(payment_of(w, b.payment), "sum"), 478000);
  EXPECT_EQ(calls_of(w, "crm.item.payment.product.add"), 1);
}

INSTANTIATE_TEST_SUITE_P(crash, part_step, testing::Values("money.part", "money.paid", "write.part"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

} // namespace
