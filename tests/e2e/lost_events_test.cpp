// Events that are lost, doubled, late and out of order, and webhooks that lie: the deal and the order are the truth.
#include "store_world.hpp"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

// All lanes are empty: what was accepted has been worked off.
bool idle(world& w) {
  std::string text;
  if (w.command({"queue", "stats", "--json"}, &text) != 0) return false;
  const auto parsed = json::parse(text);
  if (!parsed) return false;
  const auto& all = parsed->is_array() ? parsed->get_array() : parsed->get_object().at("lanes").get_array();
  return std::ranges::all_of(all, [](const json::value& lane) {
    const auto& o = lane.get_object();
    return json::integer_or(o, "ready", 1) + json::integer_or(o, "running", 1) + json::integer_or(o, "waiting", 1) == 0;
  });
}

std::vector<std::int64_t> many(world& w, int count) {
  std::vector<std::int64_t> deals;
  for (int i = 0; i < count; ++i) deals.push_back(w.deal());
  return deals;
}

void expect_each_ships_once(world& w, const std::vector<std::int64_t>& deals) {
  for (const auto deal : deals) EXPECT_TRUE(w.shipped(deal)) << deal << "\n" << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return idle(w); }));
  for (const auto deal : deals) {
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
    EXPECT_EQ(w.comments(deal).size(), 1U) << deal;
  }
}

TEST(lost_events, the_sweep_finds_every_deal_whose_event_never_came) {
  world w({.sweep_interval = "1s"});
  w.portal_send("PUT", "settings", json::object{{"lose_events", 1'000'000}});
  const auto deals = many(w, 12);
  w.start();
  for (const auto deal : deals) w.move(deal, "EXECUTING");
  expect_each_ships_once(w, deals);
  EXPECT_EQ(w.stat("events_sent"), 0); // it was the sweep alone
  EXPECT_GE(w.stat("events_lost"), 12);
}

// As if its jobs had been buried, or lost with a Redis that lost its last second.
void lose_jobs(world& w, const std::string& lane) {
  redis_link link(w.redis());
  queue::options how;
  how.prefix = "waybill";
  const queue::queue jobs(link.get_executor(), link.connection(), how);
  const std::string stream = jobs.stream_key(lane), delayed = jobs.later_key(lane);
  ASSERT_TRUE(link.run(link.connection()->command(std::vector<std::string_view>{"DEL", stream, delayed})));
}

void let_time_pass(world& w, const std::string& reference, bool tell) {
  change_record(
      w, reference,
      [&](store::record& r) {
        r.next_look = now() - 10min;
        r.write_due = tell;
        if (tell) r.number = "1234567890";
      },
      false);
}

TEST(lost_events, a_shipment_whose_job_is_gone_is_taken_up_and_sent_once) {
  world w({.sweep_interval = "1s"});
  w.start();
  ASSERT_EQ(w.command({"queue", "pause", "carrier:cdek-main"}), 0);
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.eventually([&] { return stored_record(w, deal_reference(deal)).version > 0; })) << w.log_of();
  lose_jobs(w, "carrier:cdek-main");
  ASSERT_EQ(w.command({"queue", "resume", "carrier:cdek-main"}), 0);
  EXPECT_GT(stored_record(w, deal_reference(deal)).next_look, now()) << "nobody would ever look after it";
  let_time_pass(w, deal_reference(deal), false);
  EXPECT_TRUE(w.shipped(deal)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

TEST(lost_events, what_a_closed_shipment_still_had_to_tell_is_told) {
  world w({.sweep_interval = "1s"});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.advance(deal_reference(deal), "DELIVERED");
  const auto closed = [&] {
    const auto r = stored_record(w, deal_reference(deal));
    return r.state == store::phase::closed && !r.write_due;
  };
  ASSERT_TRUE(w.eventually(closed)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return idle(w); }));
  let_time_pass(w, deal_reference(deal), true);
  ASSERT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_TRACKING_NUMBER") == "1234567890"; })) << w.log_of();
  // Nothing is left to be done: it is not looked after for ever.
  ASSERT_TRUE(w.eventually(closed)) << w.log_of();
  let_time_pass(w, deal_reference(deal), false);
  EXPECT_TRUE(w.eventually([&] { return stored_record(w, deal_reference(deal)).next_look == instant{}; }))
      << w.log_of();
}

TEST(lost_events, a_cancel_whose_event_was_lost_is_found_too) {
  world w({.sweep_interval = "1s"});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  w.portal_send("PUT", "settings", json::object{{"lose_events", 1'000'000}});
  w.move(deal, "LOSE");
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Отменён"; })) << w.log_of();
}

TEST(lost_events, doubled_events_are_one_order) {
  world w;
  w.start();
  const auto deals = many(w, 12);
  w.portal_send("PUT", "settings", json::object{{"double_events", 1'000'000}});
  for (const auto deal : deals) w.move(deal, "EXECUTING");
  expect_each_ships_once(w, deals);
  EXPECT_GE(w.stat("events_sent"), 24);
}

TEST(lost_events, reordered_events_lead_to_where_the_deal_stands_now) {
  world w;
  w.start();
  const auto deals = many(w, 8);
  w.portal_send("PUT", "settings", json::object{{"reorder_window", 8}});
  for (const auto deal : deals) {
    w.move(deal, "EXECUTING");
    w.move(deal, "PREPARATION");
    w.move(deal, "EXECUTING");
  }
  w.portal_send("PUT", "settings", json::object{{"reorder_window", 0}});
  expect_each_ships_once(w, deals);
}

TEST(lost_events, an_event_that_comes_after_the_deal_moved_away_does_nothing) {
  world w;
  w.start();
  const auto deal = w.deal(), other = w.deal();
  w.portal_send("PUT", "settings", json::object{{"reorder_window", 100}}); // holds them back
  w.move(deal, "EXECUTING");
  w.move(other, "EXECUTING");
  w.move(deal, "LOSE");
  w.portal_send("PUT", "settings", json::object{{"reorder_window", 0}}); // lets them go
  EXPECT_TRUE(w.shipped(other)) << w.log_of();
  EXPECT_TRUE(w.eventually([&] { return idle(w); }));
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 0);
  EXPECT_EQ(w.comments(deal).size(), 0U);
}

// ---- webhooks of the carrier; it does not know our address, so that only the test posts them --------------------

struct carrier_post {
  world& w;
  std::string uuid, reference;

  int status(const std::string& code) const {
    const json::object body{{"type", "ORDER_STATUS"},
                            {"date_time", "2026-01-01T00:00:00+0000"},
                            {"uuid", uuid},
                            {"attributes", json::object{{"is_return", false},
                                                        {"is_reverse", false},
                                                        {"is_client_return", false},
                                                        {"cdek_number", "1"},
                                                        {"number", reference},
                                                        {"code", code},
                                                        {"status_code", "4"},
                                                        {"status_date_time", "2026-01-01T00:00:00+0000"}}}};
    return w.send("POST", w.url("/carriers/cdek-main/carrier-secret-0123456789"), json::serialize(body)).status;
  }
};

carrier_post posts_of(world& w, std::int64_t deal) {
  const auto state = w.carrier();
  for (const auto& o : state.as_object().at("orders").as_array())
    if (json::text_or(o.as_object(), "number") == deal_reference(deal))
      return {w, json::text_or(o.as_object(), "uuid"), deal_reference(deal)};
  ADD_FAILURE() << "the carrier has no order of deal " << deal;
  return {w, "", ""};
}

// How often the order has been read back.
std::ptrdiff_t looks(world& w, std::int64_t deal) {
  std::string text;
  w.command({"shipment", "show", deal_reference(deal), "--json"}, &text);
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) return -1;
  const auto& steps = parsed->get_object().at("history").get_array();
  return std::ranges::count_if(steps,
                               [](const json::value& s) { return json::text_or(s.get_object(), "what") == "looked"; });
}

std::string status_of(world& w, std::int64_t deal) { return w.field(deal, "UF_CRM_LOGISTICS_STATUS"); }

// Posts it and waits until the order was read back because of it.
void post_and_wait(world& w, std::int64_t deal, const carrier_post& post, const std::string& code) {
  const auto before = looks(w, deal);
  ASSERT_EQ(post.status(code), 200);
  ASSERT_TRUE(w.eventually([&] { return looks(w, deal) > before; })) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return idle(w); }));
}

TEST(webhooks, doubled_late_and_reordered_never_turn_the_status_back) {
  world w({.carrier_announces = false});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  const auto post = posts_of(w, deal);
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  for (int i = 0; i < 5; ++i) ASSERT_EQ(post.status("RECEIVED_AT_SHIPMENT_WAREHOUSE"), 200);
  ASSERT_TRUE(w.eventually([&] { return status_of(w, deal) == "Принят перевозчиком"; })) << w.log_of();

  w.advance(deal_reference(deal), "SENT_TO_RECIPIENT_CITY");
  w.advance(deal_reference(deal), "TAKEN_BY_COURIER");
  post_and_wait(w, deal, post, "TAKEN_BY_COURIER"); // overtook the one before it
  EXPECT_EQ(status_of(w, deal), "Передан курьеру");
  for (const char* late : {"SENT_TO_RECIPIENT_CITY", "RECEIVED_AT_SHIPMENT_WAREHOUSE", "CREATED"}) {
    post_and_wait(w, deal, post, late);
    EXPECT_EQ(status_of(w, deal), "Передан курьеру") << late;
  }
  w.advance(deal_reference(deal), "DELIVERED");
  post_and_wait(w, deal, post, "DELIVERED");
  EXPECT_EQ(status_of(w, deal), "Доставлен");
  for (const char* late : {"TAKEN_BY_COURIER", "DELIVERED", "CREATED"}) {
    post_and_wait(w, deal, post, late);
    EXPECT_EQ(status_of(w, deal), "Доставлен") << late;
  }
  // Each step was told once, and in order.
  const auto said = w.comments(deal);
  const auto count = [&](std::string_view part) {
    return std::ranges::count_if(said, [&](const std::string& c) { return c.contains(part); });
  };
  EXPECT_EQ(count("Принят перевозчиком"), 1) << fmt::format("{}", fmt::join(said, "\n"));
  EXPECT_EQ(count("Передан курьеру"), 1);
  EXPECT_EQ(count("Доставлен"), 1);
  const auto d = w.read(deal);
  EXPECT_EQ(json::text_or(d.as_object(), "stage"), "WON");
}

TEST(webhooks, a_forged_one_changes_nothing_because_the_order_is_read_back) {
  world w({.carrier_announces = false});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal)) << w.log_of();
  ASSERT_TRUE(w.eventually([&] { return idle(w); }));
  const auto said = w.comments(deal);
  const auto post = posts_of(w, deal);
  for (const char* code : {"DELIVERED", "NOT_DELIVERED", "REMOVED"}) {
    post_and_wait(w, deal, post, code);
    EXPECT_EQ(status_of(w, deal), "Заказ создан") << code;
  }
  const auto d = w.read(deal);
  EXPECT_EQ(json::text_or(d.as_object(), "stage"), "EXECUTING");
  EXPECT_EQ(w.comments(deal), said);
  // The truth still gets through.
  w.advance(deal_reference(deal), "RECEIVED_AT_SHIPMENT_WAREHOUSE");
  post_and_wait(w, deal, post, "DELIVERED");
  EXPECT_EQ(status_of(w, deal), "Принят перевозчиком");
}

TEST(webhooks, of_an_order_of_somebody_else_are_accepted_and_forgotten) {
  world w({.carrier_announces = false});
  w.start();
  const carrier_post stranger{w, "72753031-1111-4222-a333-0123456789ab", "SHOP-1"};
  EXPECT_EQ(stranger.status("DELIVERED"), 200);
  EXPECT_TRUE(w.eventually([&] { return idle(w); }));
  EXPECT_TRUE(w.send("GET", w.url("/metrics")).body.contains("outcome=\"unknown_order\""));
}

} // namespace
