// `waybill portal` through the built binary: twice, after damage, with too few rights, and the way back.
#include "store_world.hpp"

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* service_name = "Перевозчики портала";

world_options with_service() {
  world_options how;
  how.portal_more = std::string("[portals.delivery_service]\nname = \"") + service_name + "\"\n";
  how.lease = "1s";
  return how;
}

struct ran {
  int code{-1};
  std::string said;
};
ran portal_command(world& w, std::vector<std::string> words) {
  words.insert(words.begin(), "portal");
  ran r;
  r.code = w.command(std::move(words), &r.said);
  return r;
}

// Ids of records that carry our mark, whatever their list is called.
std::vector<std::int64_t> ours(const json::value& list, const char* key, std::string_view begins) {
  std::vector<std::int64_t> out;
  for (const auto& one : list.as_array())
    if (json::text_or(one.as_object(), key).starts_with(begins)) out.push_back(json::integer_or(one.as_object(), "id"));
  return out;
}

struct held {
  std::size_t handlers{0}, services{0}, properties{0}, statuses{0};
  friend bool operator==(const held&, const held&) = default;
};
held what_it_holds(world& w) {
  held h;
  const auto handlers = rest(w, "sale.delivery.handler.list");
  for (const auto& one : handlers.as_array())
    if (json::text_or(one.as_object(), "CODE") == "waybill") ++h.handlers;
  const auto services = rest(w, "sale.delivery.getlist");
  for (const auto& one : services.as_array())
    if (json::text_or(one.as_object(), "NAME") == service_name ||
        json::text_or(one.as_object(), "NAME") == "Курьер до двери")
      ++h.services;
  const auto properties = rest(w, "sale.shipmentproperty.list");
  h.properties = ours(*json::at_path(properties, "properties"), "code", "WAYBILL_").size();
  const auto statuses = rest(w, "sale.status.list");
  h.statuses = ours(*json::at_path(statuses, "statuses"), "xmlId", "waybill:").size();
  return h;
}

// The configuration file is written by a start.
void written(world& w) {
  w.start();
  w.daemon().kill_now();
}

TEST(portal_setup, twice_is_once) {
  world w(with_service());
  written(w);
  const ran first = portal_command(w, {"setup", "main", "--yes"});
  ASSERT_EQ(first.code, 0) << first.said;
  const held made = what_it_holds(w);
  EXPECT_EQ(made.handlers, 1U);
  EXPECT_GT(made.properties, 0U);
  EXPECT_EQ(made.statuses, 9U);
  const ran second = portal_command(w, {"setup", "main", "--yes"});
  EXPECT_EQ(second.code, 0);
  EXPECT_TRUE(second.said.contains("nothing to do")) << second.said;
  EXPECT_EQ(what_it_holds(w), made);
}

TEST(portal_setup, what_somebody_deleted_comes_back_and_only_that) {
  world w(with_service());
  written(w);
  ASSERT_EQ(portal_command(w, {"setup", "main", "--yes"}).code, 0);
  const held whole = what_it_holds(w);
  // Half of it.
  const auto properties = rest(w, "sale.shipmentproperty.list");
  const auto all = ours(*json::at_path(properties, "properties"), "code", "WAYBILL_");
  for (std::size_t i = 0; i < all.size(); i += 2) rest(w, "sale.shipmentproperty.delete", {{"id", all[i]}});
  rest(w, "sale.status.delete", {{"id", "WT"}});
  rest(w, "sale.status.delete", {{"id", "WL"}});
  EXPECT_NE(what_it_holds(w), whole);
  const ran shown = portal_command(w, {"setup", "main", "--dry-run"});
  EXPECT_EQ(shown.code, 0) << shown.said;
  EXPECT_TRUE(shown.said.contains("create")) << shown.said;
  EXPECT_NE(what_it_holds(w), whole) << "a dry run changes nothing";
  const ran again = portal_command(w, {"setup", "main", "--yes"});
  EXPECT_EQ(again.code, 0) << again.said;
  EXPECT_EQ(what_it_holds(w), whole) << again.said;
  // The service itself.
  const auto services = rest(w, "sale.delivery.getlist");
  for (const auto& one : services.as_array())
    if (json::text_or(one.as_object(), "NAME") == service_name)
      rest(w, "sale.delivery.delete", {{"ID", one.as_object().at("ID")}});
  const ran third = portal_command(w, {"setup", "main", "--yes"});
  EXPECT_EQ(third.code, 0) << third.said;
  EXPECT_EQ(what_it_holds(w), whole) << third.said;
  EXPECT_TRUE(portal_command(w, {"setup", "main", "--yes"}).said.contains("nothing to do"));
}

TEST(portal_setup, too_few_rights_are_named_and_the_rest_is_done) {
  world w(with_service());
  written(w);
  w.portal_send("PUT", "settings", json::object{{"scopes", json::array{"crm", "catalog", "im"}}});
  const ran r = portal_command(w, {"setup", "main", "--yes"});
  EXPECT_EQ(r.code, 1) << r.said;
  EXPECT_TRUE(r.said.contains("CANNOT")) << r.said;
  EXPECT_TRUE(r.said.contains("sale, delivery")) << r.said;
  w.portal_send(
      "PUT", "settings",
      json::object{{"scopes", json::array{"crm", "catalog", "im", "sale", "delivery", "salescenter", "pay_system"}}});
  EXPECT_EQ(portal_command(w, {"setup", "main", "--yes"}).code, 0);
  EXPECT_EQ(what_it_holds(w).handlers, 1U);
}

TEST(portal_setup, the_way_back_leaves_what_orders_use) {
  world w(with_service());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return status_of_shipment(w, shipment) == "delivered"; })) << w.log_of();
  const ran r = portal_command(w, {"remove", "main", "--yes"});
  EXPECT_EQ(r.code, 0) << r.said;
  const held left = what_it_holds(w);
  EXPECT_EQ(left.handlers, 1U) << "a service that orders use needs it";
  EXPECT_EQ(left.statuses, 1U) << r.said;
  EXPECT_EQ(left.properties, 0U);
  const auto services = rest(w, "sale.delivery.getlist");
  for (const auto& one : services.as_array())
    if (json::text_or(one.as_object(), "NAME") == service_name) {
      EXPECT_EQ(json::text_or(one.as_object(), "ACTIVE"), "N");
    }
  // And forth again.
  const ran again = portal_command(w, {"setup", "main", "--yes"});
  EXPECT_EQ(again.code, 0) << again.said;
  EXPECT_EQ(what_it_holds(w).statuses, 9U);
}

TEST(portal_setup, an_unused_service_goes_without_a_trace) {
  world w(with_service());
  written(w);
  ASSERT_EQ(portal_command(w, {"setup", "main", "--yes"}).code, 0);
  const ran r = portal_command(w, {"remove", "main", "--yes"});
  EXPECT_EQ(r.code, 0) << r.said;
  EXPECT_EQ(what_it_holds(w), held{}) << r.said;
  EXPECT_TRUE(portal_command(w, {"remove", "main", "--yes"}).said.contains("nothing to do"));
}

TEST(portal_setup, an_order_of_a_shop_is_tied_to_its_deal_and_reports_there) {
  world w(with_service());
  w.start();
  set_up_store(w);
  const auto deal = w.deal(), other = w.deal();
  const auto made = save_form(w, other);
  const auto order = std::to_string(json::integer_or(made, "order"));
  const auto shipment = json::integer_or(made, "shipment");
  const auto words = [&](const char* verb, std::int64_t to) {
    return std::vector<std::string>{verb, "main", "--order", order, "--deal", std::to_string(to), "--yes"};
  };
  EXPECT_EQ(portal_command(w, words("unbind", other)).code, 0);
  const ran bound = portal_command(w, words("bind", deal));
  EXPECT_EQ(bound.code, 0) << bound.said;
  const ran again = portal_command(w, words("bind", deal));
  EXPECT_EQ(again.code, 0);
  EXPECT_TRUE(again.said.contains("nothing to do")) << again.said;
  EXPECT_EQ(portal_command(w, words("bind", 999'999)).code, 1);
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] { return !number_of_shipment(w, shipment).empty(); })) << w.log_of();
  EXPECT_EQ(number_of_shipment(w, shipment), w.field(deal, "UF_CRM_TRACKING_NUMBER"));
}

} // namespace
