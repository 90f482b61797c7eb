// The front door and the command line, as strangers and operators meet them.
#include "world.hpp"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* form = "application/x-www-form-urlencoded";

TEST(front, refuses_clearly_what_is_no_event) {
  world w({.subscribe = false});
  w.start();
  const std::string token = std::string("&auth%5Bapplication_token%5D=") + world::token;
  const std::string good = "event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=7" + token;
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "a" + std::to_string(i) + "=1&";
  const struct {
    const char* name;
    const char* method;
    std::string path;
    std::string body;
    const char* type;
    int status;
  } rows[] = {
      {"good", "POST", "/bitrix24/main/events", good, form, 200},
      {"unknown portal", "POST", "/bitrix24/other/events", good, form, 404},
      {"wrong method", "GET", "/bitrix24/main/events", "", form, 405},
      {"wrong type", "POST", "/bitrix24/main/events", good, "application/json", 415},
      {"no token", "POST", "/bitrix24/main/events", "event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=7", form, 403},
      {"wrong token", "POST", "/bitrix24/main/events", good + "x", form, 403},
      {"no event", "POST", "/bitrix24/main/events", "x=1" + token, form, 400},
      {"no id", "POST", "/bitrix24/main/events", "event=ONCRMDEALUPDATE" + token, form, 400},
      {"negative id", "POST", "/bitrix24/main/events", "event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=-7" + token,
       form, 400},
      {"huge id", "POST", "/bitrix24/main/events",
       "event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=99999999999999999999" + token, form, 400},
      {"another event", "POST", "/bitrix24/main/events", "event=ONCRMCONTACTUPDATE&data%5BFIELDS%5D%5BID%5D=7" + token,
       form, 200},
      {"10,000 fields", "POST", "/bitrix24/main/events", many + good, form, 400},
      {"broken percent-encoding", "POST", "/bitrix24/main/events", "event=%zz" + token, form, 400},
      {"invalid UTF-8", "POST", "/bitrix24/main/events", "event=%ff%fe" + token, form, 400},
      {"1 MB", "POST", "/bitrix24/main/events", std::string(1'000'000, 'a'), form, 413},
      {"carrier, wrong secret", "POST", "/carriers/cdek-main/nope", "{}", "application/json", 403},
      {"carrier, unknown", "POST", "/carriers/other/nope", "{}", "application/json", 404},
      {"carrier, malformed", "POST", "/carriers/cdek-main/carrier-secret-0123456789", "{", "application/json", 400},
      {"nothing there", "GET", "/", "", form, 404},
  };
  for (const auto& row : rows) {
    const auto answer = w.send(row.method, w.url(row.path), row.body, row.type);
    EXPECT_EQ(answer.status, row.status) << row.name << ": " << answer.body;
    if (answer.status >= 400) {
      EXPECT_TRUE(json::parse(answer.body)) << row.name << ": " << answer.body;
      EXPECT_TRUE(answer.body.contains("\"error\"")) << row.name;
    }
  }
  const std::string log = w.log_of();
  for (const char* secret :
       {world::token, "portal-secret-0123456789", "carrier-secret-0123456789", "sandboxcode0000001"})
    EXPECT_FALSE(log.contains(secret)) << secret;
}

TEST(front, metrics_and_health) {
  world w;
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal));
  const auto metrics = w.send("GET", w.url("/metrics")).body;
  for (const char* name : {"waybill_jobs_total", "waybill_job_seconds", "waybill_upstream_seconds",
                           "waybill_events_total", "process_resident_memory_bytes"})
    EXPECT_TRUE(metrics.contains(name)) << name;
  EXPECT_EQ(w.send("GET", w.url("/health/live")).status, 200);
}

TEST(operations, sigterm_drains_and_exits_with_zero) {
  for (const bool embedded : {false, true}) {
    world w({.embedded_redis = embedded});
    w.start();
    const auto deal = w.deal();
    w.move(deal, "EXECUTING");
    w.daemon().send(SIGTERM);
    EXPECT_EQ(w.daemon().wait(30s), 0) << w.log_of();
    w.start();
    EXPECT_TRUE(w.shipped(deal, 30s)) << w.log_of();
    EXPECT_EQ(w.orders_made("B24-main-" + std::to_string(deal)), 1);
  }
}

TEST(operations, the_commands_tell_and_steer) {
  world w;
  w.start();
  const auto deal = w.deal();
  const std::string reference = "B24-main-" + std::to_string(deal);
  w.move(deal, "EXECUTING");
  ASSERT_TRUE(w.shipped(deal));
  std::string out;
  EXPECT_EQ(w.command({"shipment", "list"}, &out), 0) << out;
  EXPECT_TRUE(out.contains(reference)) << out;
  EXPECT_EQ(w.command({"shipment", "show", reference, "--json"}, &out), 0) << out;
  EXPECT_TRUE(json::parse(out)) << out;
  EXPECT_EQ(w.command({"shipment", "show", "B24-main-0"}, &out), 1);
  const auto pdf = (w.folder() / "label.pdf").string();
  EXPECT_EQ(w.command({"shipment", "label", reference, "--output", pdf}, &out), 0) << out;
  std::ifstream file(pdf);
  std::string head(5, '\0');
  file.read(head.data(), 5);
  EXPECT_EQ(head, "%PDF-");
  EXPECT_EQ(w.command({"queue", "stats"}, &out), 0) << out;
  EXPECT_TRUE(out.contains("carrier:cdek-main")) << out;
  EXPECT_EQ(w.command({"queue", "pause", "carrier:cdek-main"}, &out), 0) << out;
  const auto waiting = w.deal();
  w.move(waiting, "EXECUTING");
  EXPECT_TRUE(w.eventually([&] {
    w.command({"shipment", "show", "B24-main-" + std::to_string(waiting)}, &out);
    return out.contains("planned");
  })) << out;
  EXPECT_EQ(w.command({"queue", "resume", "carrier:cdek-main"}, &out), 0) << out;
  EXPECT_TRUE(w.shipped(waiting)) << w.log_of();
  EXPECT_EQ(w.command({"shipment", "cancel", reference}, &out), 0) << out;
  EXPECT_TRUE(w.eventually([&] { return w.field(deal, "UF_CRM_LOGISTICS_STATUS") == "Отменён"; }));
  // The deal still stands in the shipping stage, and its events go on: an order that was withdrawn stays withdrawn.
  w.edit(deal, json::object{{"fields", json::object{{"title", "Другое название"}}}});
  const auto later = w.deal();
  w.move(later, "EXECUTING");
  EXPECT_TRUE(w.shipped(later)) << w.log_of();
  EXPECT_EQ(w.orders_made(reference + "-2"), 0);
  EXPECT_EQ(w.command({"nonsense"}, &out), 2);
  EXPECT_EQ(w.command({"version"}, &out), 0);
  EXPECT_TRUE(out.contains("cdek")) << out;
}

TEST(operations, check_says_what_is_wrong) {
  world w;
  w.start();
  std::string out;
  EXPECT_EQ(w.command({"check"}, &out), 0) << out;
  EXPECT_EQ(w.command({"check", "--offline"}, &out), 0) << out;
  world broken({.portal_more = "nonsense = 1\n"});
  broken.start_without_waiting();
  EXPECT_EQ(broken.daemon().wait(10s), 2);
  EXPECT_TRUE(broken.log_of().contains("nonsense")) << broken.log_of();
}

TEST(operations, a_redis_that_may_evict_is_refused) {
  redis_server evicting({"--maxmemory-policy", "allkeys-lru"});
  world w({.redis_section = "mode = \"external\"\nurl = \"unix://" + evicting.socket() + "\""});
  w.start_without_waiting();
  EXPECT_EQ(w.daemon().wait(20s), 1);
  EXPECT_TRUE(w.log_of().contains("noeviction")) << w.log_of();
}

} // namespace
