#include <workflow/desired.hpp>
#include <workflow/money.hpp>
#include <workflow/texts.hpp>

#include <algorithm>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::workflow;
using config::cost_target;
using store::record;

config::portal portal(cost_target into = cost_target::field, bool pays = true) {
  config::portal p;
  p.id = "main";
  auto& s = p.service.emplace();
  s.name = "Доставка";
  s.cost_into = into;
  s.payments_paid_on_delivery = pays;
  return p;
}

sale::payment payment(std::int64_t id, std::int64_t minor, bool cash = true, bool paid = false,
                      std::string currency = "RUB") {
  sale::payment p;
  p.id = id;
  p.sum = {minor, std::move(currency)};
  p.cash = cash;
  p.paid = paid;
  return p;
}

sale::order order(std::vector<sale::payment> payments, bool canceled = false) {
  sale::order o;
  o.payments = std::move(payments);
  o.canceled = canceled;
  return o;
}

TEST(money, cash_is_what_the_unpaid_cash_payments_sum_up_to) {
  const struct {
    const char* name;
    std::vector<sale::order> orders;
    std::vector<std::int64_t> taken;
    std::optional<std::int64_t> sum;
    std::vector<std::int64_t> ids;
  } rows[] = {
      {"no order", {}, {}, {}, {}},
      {"an order without payments leaves it to the field", {order({})}, {}, {}, {}},
      {"one", {order({payment(5, 199000)})}, {}, 199000, {5}},
      {"over two orders", {order({payment(5, 199000)}), order({payment(6, 100)})}, {}, 199100, {5, 6}},
      {"paid in advance", {order({payment(5, 199000, true, true)})}, {}, 0, {}},
      {"online is not for the courier", {order({payment(5, 199000, false)})}, {}, 0, {}},
      {"a part of each", {order({payment(5, 100), payment(6, 200, false), payment(7, 300, true, true)})}, {}, 100, {5}},
      {"a cancelled order", {order({payment(5, 199000)}, true)}, {}, {}, {}},
      {"another parcel collects it", {order({payment(5, 199000)})}, {5}, {}, {}},
      {"an empty payment", {order({payment(5, 0)})}, {}, 0, {}},
  };
  for (const auto& row : rows) {
    const auto plan = plan_cash(row.orders, row.taken);
    ASSERT_TRUE(plan) << row.name;
    ASSERT_EQ(plan->has_value(), row.sum.has_value()) << row.name;
    if (!row.sum) continue;
    EXPECT_EQ((*plan)->sum.minor, *row.sum) << row.name;
    std::vector<std::int64_t> ids;
    for (const auto& p : (*plan)->payments) ids.push_back(p.id);
    EXPECT_EQ(ids, row.ids) << row.name;
  }
  const auto mixed = plan_cash({order({payment(5, 100), payment(6, 100, true, false, "KZT")})}, {});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, errc::bad_input);
}

TEST(money, payments_of_other_live_parcels_are_theirs) {
  record cancelled, live, mine;
  cancelled.reference = "a", live.reference = "b", mine.reference = "c";
  cancelled.latest = status::cancelled;
  store::cash_payment p;
  p.id = 1, cancelled.money_done.cash.push_back(p);
  p.id = 2, live.money_done.cash.push_back(p);
  p.id = 3, mine.money_done.cash.push_back(p);
  mine.money_done.payment = 9; // made for the cost: never collected by a courier
  mine.money_done.payment_ours = true;
  EXPECT_EQ(taken_payments({cancelled, live, mine}, "c"), (std::vector<std::int64_t>{2, 9}));
}

TEST(money, the_sum_is_spread_over_goods_and_fee_to_the_kopeck) {
  const struct {
    const char* name;
    std::int64_t sum, fee;
  } rows[] = {{"less than the goods", 100001, 0},
              {"the goods", 299700, 0},
              {"with the delivery", 329700, 30000},
              {"nothing", 0, 0}};
  for (const auto& row : rows) {
    shipment what;
    what.parcels.resize(2);
    for (parcel& box : what.parcels) {
      item i;
      i.price.minor = 99900;
      i.cash_on_delivery.minor = 777; // of an earlier plan
      box.items.push_back(i);
    }
    what.parcels[1].items[0].quantity = 2;
    set_cash(what, {row.sum, "RUB"});
    std::int64_t spread = what.delivery_fee.minor;
    for (const parcel& box : what.parcels)
      for (const item& i : box.items) spread += i.cash_on_delivery.minor * i.quantity;
    EXPECT_EQ(spread, row.sum) << row.name;
    EXPECT_EQ(what.delivery_fee.minor, row.fee) << row.name;
    EXPECT_EQ(what.cash_on_delivery.minor, row.sum) << row.name;
  }
}

TEST(money, what_the_status_calls_for) {
  const struct {
    const char* name;
    bool pays, cash;
    std::optional<status> latest;
    std::optional<std::int64_t> collected;
    bool was_delivered;
    cash_step expected;
  } rows[] = {
      {"delivered", true, true, status::delivered, 199000, true, cash_step::collect},
      {"the carrier has not said yet", true, true, status::delivered, {}, true, cash_step::none},
      {"not configured", false, true, status::delivered, 199000, true, cash_step::none},
      {"no cash payments", true, false, status::delivered, 199000, true, cash_step::none},
      {"on its way", true, true, status::in_transit, 199000, false, cash_step::none},
      {"in part", true, true, status::partially_delivered, 100, true, cash_step::part},
      {"back after the delivery", true, true, status::returned, 199000, true, cash_step::back},
      {"never delivered", true, true, status::returned, {}, false, cash_step::none},
      {"nothing known", true, true, {}, {}, false, cash_step::none},
  };
  for (const auto& row : rows) {
    record r;
    if (row.cash) r.money_done.cash.emplace_back().id = 5;
    r.latest = row.latest;
    if (row.collected) r.collected = money{*row.collected, "RUB"};
    if (row.was_delivered) r.events.emplace_back().canonical = status::delivered;
    EXPECT_EQ(cash_step_of(portal(cost_target::none, row.pays), r), row.expected) << row.name;
  }
}

TEST(money, the_cost_has_one_place) {
  const struct {
    const char* name;
    cost_target into;
    std::optional<std::int64_t> cost;
    std::optional<status> latest;
    std::int64_t deal;
    bool row, payment;
  } rows[] = {
      {"row", cost_target::row, 30000, status::created, 7, true, false},
      {"payment", cost_target::payment, 30000, status::created, 7, false, true},
      {"field", cost_target::field, 30000, status::created, 7, false, false},
      {"invoice", cost_target::invoice, 30000, status::created, 7, false, false},
      {"none", cost_target::none, 30000, status::created, 7, false, false},
      {"unknown", cost_target::row, {}, status::created, 7, false, false},
      {"free", cost_target::row, 0, status::created, 7, false, false},
      {"cancelled", cost_target::row, 30000, status::cancelled, 7, false, false},
      {"returned still costs", cost_target::payment, 30000, status::returned, 7, false, true},
      {"a shop order without a deal", cost_target::row, 30000, status::created, 0, false, false},
  };
  for (const auto& row : rows) {
    record r;
    r.deal = row.deal;
    r.latest = row.latest;
    if (row.cost) r.cost = money{*row.cost, "RUB"};
    const auto p = portal(row.into);
    EXPECT_EQ(cost_wanted(p, r, cost_target::row).has_value(), row.row) << row.name;
    EXPECT_EQ(cost_wanted(p, r, cost_target::payment).has_value(), row.payment) << row.name;
    bitrix24::deal deal;
    const bool field = desired_fields(p, r, deal).contains(p.fields.cost);
    EXPECT_EQ(field, row.into == cost_target::field && row.cost.has_value()) << row.name;
  }
}

TEST(money, an_invoice_holds_what_all_parcels_cost) {
  const auto p = portal(cost_target::invoice);
  const auto parcel = [](std::int64_t cost, status latest) {
    record r;
    r.deal = 7;
    r.latest = latest;
    r.cost = money{cost, "RUB"};
    return r;
  };
  std::vector<record> all{parcel(30000, status::created), parcel(1250, status::delivered)};
  EXPECT_EQ(cost_of_all(p, all), (money{31250, "RUB"}));
  all.push_back(parcel(500, status::cancelled));
  EXPECT_EQ(cost_of_all(p, all), (money{31250, "RUB"}));
  all.push_back(parcel(700, status::created));
  all.back().beside = all.front().reference = "B24-main-7"; // a warehouse's half
  EXPECT_EQ(cost_of_all(p, all), (money{31250, "RUB"}));
  all.push_back(parcel(900, status::created));
  all.back().cost->currency = "KZT"; // cannot be added
  EXPECT_EQ(cost_of_all(p, all), (money{31250, "RUB"}));
  EXPECT_FALSE(cost_of_all(p, {}));
  EXPECT_FALSE(cost_of_all(portal(cost_target::row), all));
}

TEST(money, without_an_invoice_the_job_stays_due) {
  const auto p = portal(cost_target::invoice);
  record r;
  r.deal = 7;
  r.cost = money{30000, "RUB"};
  r.money_done.told = money_digest(p, r);
  EXPECT_TRUE(money_due(p, r));
  r.money_done.invoice = 12;
  r.money_done.told = money_digest(p, r);
  EXPECT_FALSE(money_due(p, r));
  r.cost = money{30100, "RUB"};
  EXPECT_TRUE(money_due(p, r));
  r.latest = status::cancelled;
  EXPECT_TRUE(money_due(p, r)); // to be taken out again
  r.money_done.invoice = 0;
  r.money_done.told.clear();
  EXPECT_FALSE(money_due(p, r));
}

TEST(money, a_job_is_due_when_there_is_something_new) {
  const auto p = portal(cost_target::row);
  record r;
  r.deal = 7;
  const auto settle = [&] {
    EXPECT_TRUE(money_due(p, r));
    r.money_done.told = money_digest(p, r);
    EXPECT_FALSE(money_due(p, r));
  };
  EXPECT_FALSE(money_due(p, r));
  r.cost = money{30000, "RUB"};
  settle();
  r.money_done.row = 11;
  EXPECT_FALSE(money_due(p, r));
  r.latest = status::in_transit; // moves no money
  EXPECT_FALSE(money_due(p, r));
  r.cost = money{35000, "RUB"};
  settle();
  r.money_done.cash.emplace_back().id = 5;
  r.latest = status::delivered;
  EXPECT_FALSE(money_due(p, r));
  r.collected = money{199000, "RUB"};
  settle();
  r.events.emplace_back().canonical = status::delivered;
  r.latest = status::returned;
  settle();
  r.latest = status::cancelled; // the row has to go
  settle();
  config::portal without;
  EXPECT_FALSE(money_due(without, r));
}

TEST(money, our_row_is_no_goods_and_collects_nothing) {
  auto p = portal(cost_target::row);
  const auto bundle = [] {
    bitrix24::deal_bundle b;
    b.deal.opportunity.minor = 229000;
    b.rows.resize(3);
    b.rows[0].name = "Книга";
    b.rows[1].name = "Доставка";
    b.rows[2].product = 106;
    b.rows[2].name = "Доставка до двери";
    return b;
  };
  record r;
  r.money_done.row_ours = true;
  r.money_done.row_price = money{30000, "RUB"};
  auto by_name = bundle();
  leave_cost_row_out(p, r, by_name);
  ASSERT_EQ(by_name.rows.size(), 2U);
  EXPECT_EQ(by_name.rows[1].product, 106);
  EXPECT_EQ(by_name.deal.opportunity.minor, 199000);

  p.service->cost_product = 106;
  r.money_done.row_ours = false; // a manager's own row is a part of what he charges
  auto by_product = bundle();
  leave_cost_row_out(p, r, by_product);
  ASSERT_EQ(by_product.rows.size(), 2U);
  EXPECT_EQ(by_product.rows[1].name, "Доставка");
  EXPECT_EQ(by_product.deal.opportunity.minor, 229000);

  auto untouched = bundle();
  leave_cost_row_out(portal(cost_target::field), r, untouched);
  EXPECT_EQ(untouched.rows.size(), 3U);
}

TEST(money, what_was_done_is_kept_with_the_shipment) {
  record r;
  r.reference = "B24-main-7";
  store::money_state& m = r.money_done;
  store::cash_payment p;
  p.id = 5;
  p.begun = p.paid = true;
  m.cash.push_back(p);
  m.told = "row:300.00RUB";
  m.said = "cash_paid|1990.00";
  m.row = 11;
  m.row_begun = m.row_ours = true;
  m.row_price = money{30000, "RUB"};
  m.payment = 12;
  m.payment_begun = m.payment_ours = true;
  m.payments_before = {3, 4};
  m.billed.emplace_back().shipment = 14;
  m.billed.back().item = 13;
  m.billed.back().price = money{43250, "RUB"};
  m.price_ours = m.link_told = true;
  const auto back = store::decode(store::encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(store::encode(*back), store::encode(r));
  EXPECT_TRUE(back->money_done.cash.at(0).begun && back->money_done.cash.at(0).paid);
  EXPECT_FALSE(back->money_done.cash.at(0).unpaid);
  EXPECT_EQ(back->money_done.payments_before, m.payments_before);
  ASSERT_EQ(back->money_done.billed.size(), 1U);
  EXPECT_EQ(back->money_done.billed.front().item, 13);
  EXPECT_EQ(back->money_done.billed.front().price, m.billed.front().price);
  EXPECT_EQ(back->money_done.row, 11);
}

TEST(money, every_line_has_its_words_in_both_languages) {
  for (const char* locale : {"ru", "en"}) {
    config::portal p;
    p.locale = locale;
    for (const char* key : {"cash_paid", "cash_differs", "cash_partial", "cash_unpaid", "cash_returned",
                            "cost_no_shipment", "cost_paid_stays", "pay_link", "money_refused", "bad_payments"}) {
      ASSERT_TRUE(has_text(p, key)) << key;
      const auto text = say(p, key,
                            {{"carrier", "C"},
                             {"reference", "R"},
                             {"collected", "1"},
                             {"due", "2"},
                             {"cost", "3"},
                             {"currency", "RUB"},
                             {"url", "U"},
                             {"text", "T"}});
      EXPECT_FALSE(text.contains('{')) << text;
    }
  }
}

} // namespace
