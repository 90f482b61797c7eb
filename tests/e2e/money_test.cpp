// The money of a delivery in the portal's store: cash that the carrier took, and the one place of the cost.
#include "store_world.hpp"

#include <csignal>
#include <thread>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* paying = "payments_paid_on_delivery = true\nunpay_on_return = true\ncost_into = \"none\"\n";

// An order with one shipment, as a manager's form saves it.
json::object make_order(world& w, std::int64_t deal, json::value payment, const char* price) {
  return w
      .portal_send("POST", "orders",
                   json::object{{"deal", deal}, {"delivery", 41}, {"payment", std::move(payment)}, {"price", price}})
      .as_object();
}

json::array payments(world& w) { return w.portal("payments").as_array(); }
json::object payment(world& w, std::int64_t id) {
  for (const auto& p : payments(w))
    if (json::integer_or(p.as_object(), "id") == id) return p.as_object();
  return {};
}
bool paid(world& w, std::int64_t id) { return json::text_or(payment(w, id), "paid") == "Y"; }
std::int64_t sum_of(world& w, std::int64_t id) { return json::minor(payment(w, id), "sum").value_or(-1); }

std::int64_t calls(world& w, const char* method) {
  const auto stats = w.portal("stats");
  return json::integer_or(*json::child(stats.as_object(), "commands"), method);
}

struct cash_deal {
  std::int64_t deal{0}, payment{0};
};
cash_deal ship_for_cash(world& w) {
  cash_deal c;
  c.deal = w.deal();
  c.payment = json::integer_or(make_order(w, c.deal, "cash", "300.00"), "payment"); // 1990 and the delivery
  w.move(c.deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(c.deal)) << w.log_of();
  return c;
}

TEST(cash, what_the_carrier_took_is_marked_paid_and_a_return_takes_it_back) {
  world w(store_options(paying));
  w.start();
  const cash_deal made = ship_for_cash(w);
  const std::int64_t deal = made.deal, pay = made.payment;
  EXPECT_EQ(stored_record(w, deal_reference(deal)).what.cash_on_delivery.minor, 229000);
  EXPECT_FALSE(paid(w, pay));
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return paid(w, pay); })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "оплата отмечена") == 1; })) << w.log_of();
  EXPECT_EQ(calls(w, "crm.item.payment.pay"), 1);

  change_record(w, deal_reference(deal), [](store::record& r) { r.latest = status::returned; });
  ASSERT_TRUE(w.eventually([&] { return !paid(w, pay); })) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "снята") == 1; })) << w.log_of();
}

TEST(cash, sums_that_differ_are_a_persons_business) {
  world w(store_options(paying));
  w.start();
  const cash_deal made = ship_for_cash(w);
  const std::int64_t deal = made.deal, pay = made.payment;
  rest(w, "sale.payment.update",
       json::object{{"id", pay}, {"fields", json::object{{"paySystemId", 6}, {"sum", 2500}}}});
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "2290.00") == 1; })) << w.log_of();
  EXPECT_EQ(count(w, deal, "2500.00"), 1);
  EXPECT_FALSE(paid(w, pay));
  EXPECT_EQ(calls(w, "crm.item.payment.pay"), 0);
}

// Two things are to be told, and one of them is looked at again with each news.
TEST(cash, sums_that_differ_are_said_once_while_an_invoice_is_awaited) {
  world w(store_options("payments_paid_on_delivery = true\ncost_into = \"invoice\"\n"));
  w.start();
  const std::int64_t deal = ship_for_cash(w).deal;
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "нет счёта") > 0; })) << w.log_of();
  change_record(w, deal_reference(deal), [](store::record& r) {
    r.latest = status::delivered;
    r.collected = money{100000, "RUB"};
  });
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "1000.00") > 0; })) << w.log_of();
  for (int news = 0; news < 3; ++news) {
    change_record(w, deal_reference(deal), [](store::record&) {});
    ASSERT_TRUE(w.eventually([&] { return !stored_record(w, deal_reference(deal)).write_due; })) << w.log_of();
    std::this_thread::sleep_for(300ms);
  }
  EXPECT_EQ(count(w, deal, "1000.00"), 1);
  EXPECT_LE(count(w, deal, "нет счёта"), 2); // once more after the other message
}

TEST(cash, a_part_is_never_marked_paid) {
  world w(store_options(paying));
  w.start();
  const cash_deal made = ship_for_cash(w);
  const std::int64_t deal = made.deal, pay = made.payment;
  change_record(w, deal_reference(deal), [](store::record& r) {
    r.latest = status::partially_delivered;
    r.collected = money{99000, "RUB"};
  });
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "выдан частично") == 1; })) << w.log_of();
  EXPECT_EQ(count(w, deal, "990.00"), 1);
  EXPECT_FALSE(paid(w, pay));
}

TEST(cash, a_return_of_what_a_person_marked_is_only_said) {
  world w(store_options("payments_paid_on_delivery = true\ncost_into = \"none\"\n"));
  w.start();
  const cash_deal made = ship_for_cash(w);
  const std::int64_t deal = made.deal, pay = made.payment;
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return paid(w, pay); })) << w.log_of();
  change_record(w, deal_reference(deal), [](store::record& r) { r.latest = status::returned; });
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "вернули ли деньги") == 1; })) << w.log_of();
  EXPECT_TRUE(paid(w, pay));
}

TEST(cash, payments_are_left_alone_unless_configured) {
  world w(store_options("cost_into = \"none\"\n"));
  w.start();
  const cash_deal made = ship_for_cash(w);
  const std::int64_t deal = made.deal, pay = made.payment;
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Доставлен"; })) << w.log_of();
  EXPECT_EQ(calls(w, "crm.item.payment.pay"), 0);
  EXPECT_FALSE(paid(w, pay));
}

TEST(cash, prepaid_orders_collect_nothing) {
  world w(store_options(paying));
  w.start();
  const auto deal = w.deal();
  make_order(w, deal, json::object{{"system", "cash"}, {"paid", true}}, "300.00");
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_EQ(stored_record(w, deal_reference(deal)).what.cash_on_delivery.minor, 0);
}

// ---- the cost as a row ---------------------------------------------------------------------------------------------

std::vector<std::int64_t> cost_rows(world& w, std::int64_t deal) {
  std::vector<std::int64_t> prices;
  const auto d = w.read(deal);
  for (const auto& row : json::at_path(d, "rows")->as_array())
    if (json::text_or(row.as_object(), "productName") == "Доставка")
      prices.push_back(json::minor(row.as_object(), "price").value_or(-1));
  return prices;
}

TEST(cost, a_row_is_added_once_repriced_and_removed) {
  world w(store_options("cost_into = \"row\"\n"));
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return cost_rows(w, deal).size() == 1; })) << w.log_of();
  EXPECT_GT(cost_rows(w, deal).front(), 0);
  EXPECT_EQ(w.field(deal, "UF_CRM_DELIVERY_COST"), ""); // it would count twice
  change_record(w, deal_reference(deal), [](store::record& r) { r.cost = money{41234, "RUB"}; });
  ASSERT_TRUE(w.eventually([&] { return cost_rows(w, deal) == std::vector<std::int64_t>{41234}; })) << w.log_of();
  EXPECT_EQ(calls(w, "crm.item.productrow.add"), 1);
  // The row is no goods: the carrier's order stays what it was.
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_EQ(count(w, deal, "обновлён"), 0);
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return cost_rows(w, deal).empty(); })) << w.log_of();
}

// ---- the cost as a part of a payment -------------------------------------------------------------------------------

constexpr const char* by_payment = "cost_into = \"payment\"\npayment_system = 7\n";

std::int64_t ship_and_bill(world& w) {
  const auto deal = w.deal();
  make_order(w, deal, nullptr, "0.00");
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
  return deal;
}

std::int64_t only_payment(world& w) {
  const auto all = payments(w);
  return all.size() == 1 ? json::integer_or(all.front().as_object(), "id") : 0;
}

TEST(cost, a_payment_is_made_once_follows_the_cost_and_goes_with_a_cancel) {
  world w(store_options(by_payment));
  w.start();
  const std::int64_t deal = ship_and_bill(w);
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "/~p") == 1; })) << w.log_of();
  const auto id = only_payment(w);
  ASSERT_GT(id, 0) << json::serialize(payments(w));
  EXPECT_EQ(sum_of(w, id), stored_record(w, deal_reference(deal)).cost->minor);
  EXPECT_EQ(json::integer_or(payment(w, id), "paySystemId"), 7);
  change_record(w, deal_reference(deal), [](store::record& r) { r.cost = money{41234, "RUB"}; });
  ASSERT_TRUE(w.eventually([&] { return sum_of(w, id) == 41234; })) << w.log_of();
  EXPECT_EQ(only_payment(w), id);
  EXPECT_EQ(count(w, deal, "/~p"), 1); // the link is the same
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return payments(w).empty(); })) << w.log_of();
}

TEST(cost, a_paid_delivery_survives_its_cancel_and_it_is_said) {
  world w(store_options(by_payment));
  w.start();
  const std::int64_t deal = ship_and_bill(w);
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "/~p") == 1; })) << w.log_of();
  const auto id = only_payment(w);
  w.portal_send("POST", "payments/" + std::to_string(id) + "/pay", json::object{});
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "уже прошла") == 1; })) << w.log_of();
  EXPECT_TRUE(paid(w, id));
}

TEST(cost, what_a_manager_billed_is_not_billed_again) {
  world w(store_options(by_payment));
  w.start();
  const auto deal = w.deal();
  const auto made = make_order(w, deal, "prepaid", "350.00"); // covers the goods and the shipment
  const auto id = json::integer_or(made, "payment");
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !stored_record(w, deal_reference(deal)).money_done.told.empty(); }))
      << w.log_of();
  EXPECT_EQ(only_payment(w), id);
  EXPECT_EQ(sum_of(w, id), 234000);
  EXPECT_EQ(count(w, deal, "/~p"), 0);
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Отменён"; })) << w.log_of();
  EXPECT_EQ(sum_of(w, id), 234000);
}

TEST(cost, without_a_shipment_nobody_is_billed_and_it_is_said) {
  world w(store_options(by_payment));
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return count(w, deal, "не добавлена в оплату") == 1; })) << w.log_of();
  EXPECT_TRUE(payments(w).empty());
}

// ---- kill -9 -------------------------------------------------------------------------------------------------------

void killed(world& w) { ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << "the step was not passed\n" << w.log_of(); }

TEST(money_crash, paid_once) {
  world w(store_options(paying));
  w.start({{"WAYBILL_FAULT_POINT", "money.paid"}});
  const cash_deal made = ship_for_cash(w);
  const std::int64_t deal = made.deal, pay = made.payment;
  w.advance(deal_reference(deal), "DELIVERED");
  killed(w);
  EXPECT_TRUE(paid(w, pay));
  w.start();
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "оплата отмечена") == 1; }, 30s)) << w.log_of();
  EXPECT_EQ(calls(w, "crm.item.payment.pay"), 1);
  const auto done = stored_record(w, deal_reference(deal)).money_done;
  ASSERT_EQ(done.cash.size(), 1U);
  EXPECT_TRUE(done.cash.front().paid); // we know that it was us
  change_record(w, deal_reference(deal), [](store::record& r) { r.latest = status::returned; });
  EXPECT_TRUE(w.eventually([&] { return !paid(w, pay); })) << w.log_of();
}

TEST(money_crash, one_row) {
  world w(store_options("cost_into = \"row\"\n"));
  w.start({{"WAYBILL_FAULT_POINT", "money.row"}});
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  killed(w);
  w.start();
  ASSERT_TRUE(w.eventually([&] { return stored_record(w, deal_reference(deal)).money_done.row != 0; }, 30s))
      << w.log_of();
  EXPECT_EQ(cost_rows(w, deal).size(), 1U);
  EXPECT_EQ(calls(w, "crm.item.productrow.add"), 1);
  w.move(deal, "LOSE"); // still ours to remove
  EXPECT_TRUE(w.eventually([&] { return cost_rows(w, deal).empty(); })) << w.log_of();
}

class billed : public testing::TestWithParam<const char*> {};

TEST_P(billed, one_payment) {
  world w(store_options(by_payment));
  w.start({{"WAYBILL_FAULT_POINT", GetParam()}});
  const auto deal = w.deal();
  make_order(w, deal, nullptr, "0.00");
  w.move(deal, "EXECUTING");
  killed(w);
  w.start();
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "/~p") == 1; }, 30s)) << w.log_of();
  EXPECT_EQ(calls(w, "crm.item.payment.add"), 1);
  EXPECT_EQ(calls(w, "crm.item.payment.delivery.add"), 1);
  const auto id = only_payment(w);
  EXPECT_EQ(sum_of(w, id), stored_record(w, deal_reference(deal)).cost->minor);
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return payments(w).empty(); })) << w.log_of();
}
INSTANTIATE_TEST_SUITE_P(money_crash, billed, testing::Values("money.payment", "money.item"),
                         [](const auto& named) { return std::string(named.param).substr(6); });

} // namespace
