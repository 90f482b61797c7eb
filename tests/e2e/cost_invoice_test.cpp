// The cost of delivery in a field of the deal's smart invoice.
#include "store_world.hpp"

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* by_invoice = "cost_into = \"invoice\"\n";
constexpr const char* cost_field = "UF_CRM_SMART_INVOICE_DELIVERY_COST";

void make_field(world& w, const char* type = "money") {
  rest(
      w, "userfieldconfig.add",
      json::object{
          {"moduleId", "crm"},
          {"field", json::object{{"entityId", "CRM_SMART_INVOICE"}, {"fieldName", cost_field}, {"userTypeId", type}}}});
}

std::int64_t make_invoice(world& w, std::int64_t deal) {
  const auto answer =
      rest(w, "crm.item.add", json::object{{"entityTypeId", 31}, {"fields", json::object{{"parentId2", deal}}}});
  return json::integer_or(json::at_path(answer, "item")->as_object(), "id");
}

void change_invoice(world& w, std::int64_t id, json::object fields) {
  rest(w, "crm.item.update", json::object{{"entityTypeId", 31}, {"id", id}, {"fields", std::move(fields)}});
}

std::string cost_in(world& w, std::int64_t id) {
  const auto answer =
      rest(w, "crm.item.get", json::object{{"entityTypeId", 31}, {"id", id}, {"useOriginalUfNames", "Y"}});
  return json::text_or(json::at_path(answer, "item")->as_object(), cost_field);
}

std::string cost_of(world& w, const std::string& reference) {
  const auto r = stored_record(w, reference);
  return r.cost ? to_decimal(*r.cost) : std::string{};
}

TEST(invoice, gets_the_cost_follows_it_and_loses_it_with_a_cancel) {
  world w(store_options(by_invoice));
  w.start();
  make_field(w);
  const auto deal = w.deal();
  const auto lost = make_invoice(w, deal), id = make_invoice(w, deal), of_another = make_invoice(w, w.deal());
  change_invoice(w, lost, json::object{{"stageId", "DT31_1:D"}});
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return !cost_in(w, id).empty(); })) << w.log_of();
  EXPECT_EQ(cost_in(w, id), cost_of(w, deal_reference(deal)) + "|RUB");
  EXPECT_EQ(w.field(deal, "UF_CRM_DELIVERY_COST"), ""); // it would count twice
  change_record(w, deal_reference(deal), [](store::record& r) { r.cost = money{41234, "RUB"}; });
  ASSERT_TRUE(w.eventually([&] { return cost_in(w, id) == "412.34|RUB"; })) << w.log_of();
  // A later invoice is for something else.
  const auto later = make_invoice(w, deal);
  change_record(w, deal_reference(deal), [](store::record& r) { r.cost = money{50000, "RUB"}; });
  ASSERT_TRUE(w.eventually([&] { return cost_in(w, id) == "500.00|RUB"; })) << w.log_of();
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return cost_in(w, id).empty(); })) << w.log_of();
  for (const auto other : {lost, of_another, later}) EXPECT_EQ(cost_in(w, other), "");
}

TEST(invoice, that_is_made_later_gets_the_cost_with_the_next_news) {
  world w(store_options(by_invoice));
  w.start();
  make_field(w, "double");
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "нет счёта") == 1; })) << w.log_of();
  const auto id = make_invoice(w, deal);
  w.edit(deal, {{"fields", json::object{{"COMMENTS", "позвонить"}}}});
  ASSERT_TRUE(w.eventually([&] { return !cost_in(w, id).empty(); })) << w.log_of();
  EXPECT_EQ(cost_in(w, id), cost_of(w, deal_reference(deal))); // a number field takes no currency
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, "ручен") > 0; })) << w.log_of();
  EXPECT_EQ(count(w, deal, "нет счёта"), 1);
}

TEST(invoice, without_the_field_the_manager_is_told_once_and_it_gets_there_when_it_is_made) {
  world w(store_options(by_invoice));
  w.start();
  const auto deal = w.deal();
  const auto id = make_invoice(w, deal);
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return count(w, deal, cost_field) == 1; })) << w.log_of();
  make_field(w);
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return !cost_in(w, id).empty(); })) << w.log_of();
  EXPECT_EQ(count(w, deal, cost_field), 1);
}

} // namespace
