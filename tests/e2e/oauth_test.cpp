// The portal as a local application: tokens expire in the middle of work, and of all processes one refreshes.
#include "redis_link.hpp"
#include "world.hpp"

#include <app/token_store.hpp>
#include <waybill/time.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

constexpr const char* access = R"(client_id = "local.sandbox0000000.00000001"
client_secret = "sandboxclientsecret0001"
domain = "127.0.0.1"
oauth_url = "http://@sandbox@/bitrix24/main/oauth/token/")";

// What the installation of the application leaves in Redis.
bitrix24::tokens install(world& w) {
  const auto answer = w.portal_send("POST", "install", json::object{{"user", 1}});
  const auto& o = answer.as_object();
  bitrix24::tokens t;
  t.access = json::text_or(o, "access_token");
  t.refresh = json::text_or(o, "refresh_token");
  t.client_endpoint = json::text_or(o, "client_endpoint");
  t.server_endpoint = json::text_or(o, "server_endpoint");
  t.member_id = json::text_or(o, "member_id");
  t.application_token = json::text_or(o, "application_token");
  t.expires = now() + 1h;
  redis_link link(w.redis());
  const auto store = app::make_token_store(link.connection(), "waybill");
  const auto stored = link.run(store->replace("main", "", t));
  EXPECT_TRUE(stored && *stored);
  return t;
}

void expect_done(world& w, const std::vector<std::int64_t>& deals) {
  for (const auto deal : deals) {
    EXPECT_TRUE(w.shipped(deal, 40s)) << deal << "\n" << w.log_of();
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
    EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; })) << deal;
  }
}

TEST(oauth, tokens_that_expire_in_the_middle_of_work_are_refreshed_once_for_all_processes) {
  world w({.portal_access = access});
  install(w);
  w.start({}, 0);
  w.start({}, 1);
  for (int round = 1; round <= 3; ++round) {
    std::vector<std::int64_t> deals;
    for (int i = 0; i < 12; ++i) deals.push_back(w.deal());
    for (std::size_t i = 0; i < deals.size(); ++i) {
      w.move(deals[i], "EXECUTING");
      EXPECT_EQ(w.announce(deals[i], 1), 200);
      if (i == 5) w.portal_send("POST", "expire-tokens", json::object{});
    }
    expect_done(w, deals);
    EXPECT_EQ(w.stat("token_refreshes"), round);
  }
  // Neither process ever used a refresh token twice, and none is in a log.
  const auto stats = w.portal("stats");
  EXPECT_EQ(json::integer_or(*json::child(stats.as_object(), "errors"), "invalid_grant"), 0);
}

TEST(oauth, a_refresh_while_the_authorization_server_is_down_waits_for_it) {
  world w({.portal_access = access});
  const auto tokens = install(w);
  w.start();
  w.portal_fault({{"kind", "down"}, {"method", "oauth.token"}, {"seconds", 2}});
  w.portal_send("POST", "expire-tokens", json::object{});
  const auto deal = w.deal();
  w.move(deal, "EXECUTING");
  expect_done(w, {deal});
  EXPECT_EQ(w.stat("token_refreshes"), 1);
  const auto log = w.log_of();
  EXPECT_FALSE(log.contains(tokens.access));
  EXPECT_FALSE(log.contains(tokens.refresh));
  EXPECT_FALSE(log.contains("sandboxclientsecret0001"));
}

TEST(oauth, without_an_installation_the_daemon_runs_and_ships_once_it_is_installed) {
  world w({.sweep_interval = "1s", .portal_access = access});
  w.start();
  const auto deal = w.deal();
  w.move(deal, "EXECUTING"); // kept, though nobody can read the deal yet
  ASSERT_TRUE(w.eventually([&] { return w.log_of().contains("not installed"); })) << w.log_of();
  install(w);
  expect_done(w, {deal});
}

} // namespace
