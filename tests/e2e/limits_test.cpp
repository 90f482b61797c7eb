// The portal's two limits: nothing is refused that could have waited, and everything is written in the end.
#include "redis_link.hpp"
#include "world.hpp"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

std::int64_t error_count(world& w, const std::string& code) {
  const auto all = w.portal("stats");
  const auto* errors = json::child(all.as_object(), "errors");
  return errors == nullptr ? 0 : json::integer_or(*errors, code);
}

std::int64_t commands(world& w, const std::string& method) {
  const auto all = w.portal("stats");
  const auto* by_method = json::child(all.as_object(), "commands");
  return by_method == nullptr ? 0 : json::integer_or(*by_method, method);
}

// Two requests a second for two daemons together, ten at once: what a small plan gives.
TEST(limits, thirty_deals_at_once_fit_into_two_requests_a_second) {
  world w({.portal_more = "attach_label = false", .requests_per_second = 2, .burst = 10});
  w.start({}, 0);
  w.start({}, 1);
  std::vector<std::int64_t> deals;
  for (int i = 0; i < 30; ++i) deals.push_back(w.deal());
  w.portal_send("DELETE", "stats", json::object{});
  for (const auto deal : deals) {
    w.move(deal, "EXECUTING");
    EXPECT_EQ(w.announce(deal, 1), 200);
  }
  for (const auto deal : deals) EXPECT_TRUE(w.shipped(deal, 60s)) << deal;
  for (const auto deal : deals) {
    EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; }, 60s)) << deal;
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
  }
  EXPECT_EQ(w.stat("refused_503"), 0);
  EXPECT_EQ(error_count(w, "QUERY_LIMIT_EXCEEDED"), 0);
  EXPECT_GT(w.stat("commands_in_batches"), w.stat("requests")); // that is how they fit
}

// Another program of the same address has eaten the bucket: refusals are waited out, nothing is lost.
TEST(limits, a_bucket_that_somebody_else_emptied_is_waited_for) {
  world w({.portal_more = "attach_label = false", .requests_per_second = 20, .burst = 20});
  w.start();
  const auto deal = w.deal();
  w.portal_send("PUT", "settings", json::object{{"requests_per_second", 2}, {"burst", 2}});
  const std::string url = "http://" + w.sandbox() + "/bitrix24/main/rest/1/sandboxcode0000001/server.time.json";
  for (int i = 0; i < 4; ++i) w.send("POST", url, "{}");
  w.move(deal, "EXECUTING");
  EXPECT_TRUE(w.shipped(deal, 60s)) << w.log_of();
  EXPECT_GT(w.stat("refused_503"), 0);
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
  EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; }, 60s));
}

// Execution seconds are counted over ten minutes, which no test waits for: the passing of the window is played by
// raising the limit on both sides, taking away what Redis knows of it and starting the daemon again.
TEST(limits, a_method_near_its_execution_limit_is_spread_and_everything_is_written_in_the_end) {
  world w({.portal_more = "attach_label = false\noperating_limit_s = 4"});
  w.portal_send("PUT", "settings",
                json::object{{"operating_limit_s", 4}, {"method_ms", json::object{{"crm.item.update", 200}}}});
  w.start();
  std::vector<std::int64_t> deals;
  for (int i = 0; i < 30; ++i) deals.push_back(w.deal()); // six seconds of updates, and four are to be had
  for (const auto deal : deals) w.move(deal, "EXECUTING");
  for (const auto deal : deals)
    EXPECT_TRUE(w.eventually([&] { return w.orders_made(deal_reference(deal)) == 1; }, 30s)) << deal; // carriers go on
  // Four fifths of the limit at full speed are sixteen updates; then it is quiet: the daemon does not hammer.
  std::int64_t done = 0;
  EXPECT_TRUE(w.eventually(
      [&] {
        const auto before = std::pair(commands(w, "crm.item.update"), w.stat("refused_429"));
        std::this_thread::sleep_for(1500ms);
        done = commands(w, "crm.item.update");
        return before.first >= 14 && std::pair(done, w.stat("refused_429")) == before;
      },
      30s))
      << done;
  EXPECT_LE(done, 22); // the limit, and what was let in before it was known
  // Refused is only what was on its way in the batch that used the limit up.
  EXPECT_LE(w.stat("refused_429"), 10) << "of " << done;

  w.daemon().kill_now();
  w.portal_send("PUT", "settings", json::object{{"operating_limit_s", 0}});
  w.options().portal_more = "attach_label = false\noperating_limit_s = 3600";
  {
    redis_link redis(w.redis());
    EXPECT_EQ(redis.ask({"DEL", "waybill:limit:main:operating:crm.item.update"}).integer, 1);
  }
  w.start();
  for (const auto deal : deals) {
    EXPECT_TRUE(w.shipped(deal, 60s)) << deal;
    EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; }, 30s)) << deal;
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
  }
}

} // namespace
