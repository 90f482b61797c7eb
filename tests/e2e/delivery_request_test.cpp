// A shipment that came by the portal's own delivery form: its request is told everything, and comes to an end.
#include "redis_link.hpp"
#include "world.hpp"

#include <queue/queue.hpp>
#include <store/store.hpp>

#include <csignal>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* request_id = "waybill-request-1";

// Until the portal stores our answer to its create call, its request is unknown there.
void make_request(world& w, std::int64_t deal) {
  w.portal_send("POST", "delivery-requests",
                json::object{{"delivery_id", 41}, {"request_id", request_id}, {"deal", deal}});
}

json::object request(world& w) {
  const auto all = w.portal("delivery-requests");
  return all.as_array().empty() ? json::object{} : all.as_array().front().as_object();
}

// Writes into the shipment what the delivery service's create call leaves there.
void attach_request(world& w, std::int64_t deal) {
  redis_link link(w.redis());
  queue::options how;
  how.prefix = "waybill";
  const auto jobs = std::make_shared<queue::queue>(link.get_executor(), link.connection(), how);
  store::shipments ships(link.connection(), jobs, "waybill");
  for (int tries = 0; tries < 50; ++tries) {
    auto found = link.run(ships.find(deal_reference(deal)));
    ASSERT_TRUE(found && *found);
    store::record r = **found;
    r.request.emplace();
    r.request->delivery_id = 41;
    r.request->request_id = request_id;
    store::history_entry note;
    note.what = "the delivery form";
    auto saved = link.run(ships.transition(std::move(r), std::move(note), {}));
    if (saved) return;
    ASSERT_EQ(saved.error().code, errc::conflict) << saved.error().what; // the daemon was just writing
  }
  FAIL() << "the shipment never held still";
}

std::string property(const json::object& of, std::string_view value) {
  for (const auto& p : of.at("properties").as_array())
    if (json::text_or(p.as_object(), "VALUE") == value) return json::text_or(p.as_object(), "NAME");
  return {};
}

TEST(delivery_request, gets_status_properties_and_its_end) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  make_request(w, deal);
  attach_request(w, deal);
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  ASSERT_TRUE(w.eventually([&] { return json::text_or(request(w), "status_text") == "Принят перевозчиком"; }))
      << json::serialize(request(w)) << w.log_of();
  auto now = request(w);
  EXPECT_EQ(json::text_or(now, "status_semantic"), "process");
  EXPECT_FALSE(json::boolean(now, "finalized").value_or(true));
  EXPECT_FALSE(property(now, w.field(deal, "UF_CRM_TRACKING_NUMBER")).empty()) << json::serialize(now);
  EXPECT_FALSE(property(now, deal_reference(deal)).empty()) << json::serialize(now);
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_TRUE(w.eventually([&] { return json::boolean(request(w), "finalized").value_or(false); })) << w.log_of();
  now = request(w);
  EXPECT_EQ(json::text_or(now, "status_text"), "Доставлен");
  EXPECT_EQ(json::text_or(now, "status_semantic"), "success");
  EXPECT_FALSE(json::boolean(now, "deleted").value_or(true));
  // Its end is told once.
  std::int64_t ends = 0;
  for (const auto& u : now.at("updates").as_array()) ends += json::text_or(u.as_object(), "FINALIZE") == "Y" ? 1 : 0;
  EXPECT_EQ(ends, 1);
}

TEST(delivery_request, of_a_cancelled_shipment_is_deleted) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  make_request(w, deal);
  attach_request(w, deal);
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return json::boolean(request(w), "deleted").value_or(false); }))
      << json::serialize(request(w)) << w.log_of();
  EXPECT_EQ(request(w).at("messages").as_array().size(), 1U);
}

TEST(delivery_request, that_the_portal_stores_late_is_waited_for) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  attach_request(w, deal); // and the portal does not know of it yet
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Принят перевозчиком"; }));
  ASSERT_TRUE(w.eventually([&] {
    const auto stats = w.portal("stats");
    return json::integer_or(*json::child(stats.as_object(), "errors"), "REQUEST_NOT_FOUND") > 0;
  })) << w.log_of();
  make_request(w, deal);
  EXPECT_TRUE(w.eventually([&] { return json::text_or(request(w), "status_text") == "Принят перевозчиком"; }, 30s))
      << w.log_of();
}

TEST(delivery_request, killed_after_its_update_tells_the_same_again_and_nothing_else) {
  world w({.lease = "1s"});
  w.start({{"WAYBILL_FAULT_POINT", "request.updated"}});
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  make_request(w, deal);
  attach_request(w, deal);
  w.advance(deal_reference(deal), "DELIVERED");
  ASSERT_EQ(w.daemon().wait(30s), 128 + SIGKILL) << w.log_of();
  w.start();
  ASSERT_TRUE(w.eventually([&] {
    std::string shown;
    w.command({"shipment", "show", deal_reference(deal), "--json"}, &shown);
    const auto o = json::parse(shown);
    return o && o->is_object() && !o->get_object().at("history").get_array().empty() &&
           json::text_or(o->get_object().at("history").get_array().back().get_object(), "what") == "written back";
  })) << w.log_of();
  const auto now = request(w);
  EXPECT_EQ(json::text_or(now, "status_text"), "Доставлен");
  EXPECT_TRUE(json::boolean(now, "finalized").value_or(false));
  EXPECT_FALSE(json::boolean(now, "deleted").value_or(true));
}

} // namespace
