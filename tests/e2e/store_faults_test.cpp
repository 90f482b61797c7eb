// A slow, a dead and a lying carrier behind each call of the portal's delivery form: the portal always gets an answer
// that it understands, and what was asked for comes to its end when the carrier is well again.
#include "store_world.hpp"

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

struct ill {
  const char* name;
  json::object fault;
};

std::vector<ill> illnesses() {
  // The stand-in's time runs twenty times as fast: eight seconds are too slow for a form and not for a job, after 45
  // nobody listens any more.
  return {{"slow", json::object{{"kind", "latency"}, {"latency_ms", 160'000}}},
          {"silent", json::object{{"kind", "latency"}, {"latency_ms", 900'000}}},
          {"dead", json::object{{"kind", "drop_before"}}},
          {"lying", json::object{{"kind", "garbage"}}},
          {"failing", json::object{{"kind", "status"}, {"status", 500}}}};
}

void fall_ill(world& w, json::object fault, const char* operation = "*") {
  fault["operation"] = operation;
  fault["count"] = -1;
  w.carrier_fault(std::move(fault));
}
void heal(world& w) { w.carrier_fault(json::object{{"operation", "*"}, {"kind", "latency"}, {"count", 0}}); }

// What the last call of our handler was answered with; the portal understands nothing but 200 with an object.
void understood(world& w, const char* where) {
  const auto calls = w.portal("handler-calls").as_array();
  ASSERT_FALSE(calls.empty());
  const auto& last = calls.back().as_object();
  EXPECT_TRUE(json::boolean(last, "reached").value_or(false)) << where << json::serialize(last);
  EXPECT_EQ(json::integer_or(last, "status"), 200) << where << json::serialize(last);
}

json::object end_request(world& w, const std::string& id, const char* how) {
  return w.portal_send("POST", "delivery-requests/" + id + "/" + how, json::object{}).as_object();
}
json::object request_of(world& w, const std::string& id) {
  const auto answer = w.portal("delivery-requests");
  for (const auto& r : answer.as_array())
    if (json::text_or(r.as_object(), "request_id") == id) return r.as_object();
  return {};
}
bool succeeded(const json::object& seen) { return json::boolean(seen, "success").value_or(false); }

world_options quick() {
  world_options how;
  how.settle_time = "300ms";
  return store_options("deadline = \"1s\"\n", how);
}

class carrier_illness : public testing::TestWithParam<int> {
 protected:
  static ill which() { return illnesses().at(static_cast<std::size_t>(GetParam())); }
};

TEST_P(carrier_illness, a_calculation_is_refused_with_a_reason_and_never_free) {
  world w(quick());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  fall_ill(w, which().fault);
  const auto seen =
      w.portal_send("POST", "orders/calculate",
                    json::object{{"deal", deal},
                                 {"profile", "courier"},
                                 {"properties", json::object{{"to", "119071, г Москва, Ленинский проспект, 41"}}}})
          .as_object();
  EXPECT_FALSE(succeeded(seen)) << json::serialize(seen);
  EXPECT_FALSE(seen.at("errors").as_array().empty()) << json::serialize(seen);
  understood(w, which().name);
}

TEST_P(carrier_illness, an_order_is_kept_and_made_once_when_the_carrier_is_well) {
  world w(quick());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  fall_ill(w, which().fault);
  const auto seen = press_button(w, {shipment});
  EXPECT_TRUE(succeeded(seen)) << json::serialize(seen) << w.log_of();
  EXPECT_FALSE(json::text_or(seen, "request_id").empty());
  understood(w, which().name);
  ASSERT_TRUE(w.eventually([&] { return w.log_of().contains("B24-main-"); })) << w.log_of();
  heal(w);
  ASSERT_TRUE(w.shipped(deal, 90s)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_EQ(w.orders_made(deal_reference(deal, 2)), 0);
}

// "Y" only when the parcel really stays: until then the manager reads that it is not certain yet.
TEST_P(carrier_illness, a_cancel_is_not_confirmed_before_it_is_true) {
  world w(quick());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  const auto id = json::text_or(press_button(w, {shipment}), "request_id");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  fall_ill(w, which().fault);
  const auto seen = end_request(w, id, "cancel");
  EXPECT_FALSE(succeeded(seen)) << json::serialize(seen);
  EXPECT_FALSE(seen.at("errors").as_array().empty());
  understood(w, which().name);
  EXPECT_FALSE(json::boolean(request_of(w, id), "deleted").value_or(true));
  heal(w);
  EXPECT_TRUE(w.eventually([&] { return json::boolean(request_of(w, id), "deleted").value_or(false); }, 90s))
      << w.log_of();
  EXPECT_EQ(stored_record(w, deal_reference(deal)).latest, status::cancelled);
}

TEST_P(carrier_illness, a_deletion_keeps_the_request_until_the_order_is_withdrawn) {
  world w(quick());
  w.start();
  set_up_store(w);
  const auto deal = w.deal();
  const auto shipment = json::integer_or(save_form(w, deal), "shipment");
  const auto id = json::text_or(press_button(w, {shipment}), "request_id");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  fall_ill(w, which().fault);
  const auto seen = end_request(w, id, "delete");
  EXPECT_FALSE(succeeded(seen)) << json::serialize(seen);
  understood(w, which().name);
  EXPECT_FALSE(json::boolean(request_of(w, id), "deleted").value_or(true)) << "the order is alive at the carrier";
  heal(w);
  EXPECT_TRUE(w.eventually([&] { return json::boolean(request_of(w, id), "deleted").value_or(false); }, 90s))
      << w.log_of();
  EXPECT_EQ(stored_record(w, deal_reference(deal)).latest, status::cancelled);
}

INSTANTIATE_TEST_SUITE_P(store_faults, carrier_illness, testing::Range(0, 5), [](const auto& named) {
  return std::string(illnesses().at(static_cast<std::size_t>(named.param)).name);
});

} // namespace
