// Tokens of a local application in Redis: who may replace whom.
#include <app/token_store.hpp>

#include <memory>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace {

using namespace waybill;
using namespace std::chrono_literals;

struct TokenStore : testing::Test {
  TokenStore() {
    redis::endpoint where;
    where.unix_socket = server.socket();
    link = std::make_shared<redis::connection>(io.get_executor(), where);
    link->start();
    EXPECT_TRUE(run(link->wait_up(10s)));
    store = app::make_token_store(link, "t");
    installations = app::make_installation_store(link, "t");
  }
  ~TokenStore() override { link->stop(); }
  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }

  static bitrix24::tokens pair(const std::string& name, std::string application = "app-1") {
    bitrix24::tokens t;
    t.access = "access-" + name;
    t.refresh = "refresh-" + name;
    t.client_endpoint = "https://shop.bitrix24.ru/rest/";
    t.server_endpoint = "https://oauth.bitrix24.tech/rest/";
    t.member_id = "0123456789abcdef0123456789abcdef";
    t.application_token = std::move(application);
    t.expires = instant{std::chrono::milliseconds(1'700'000'000'123)};
    return t;
  }
  std::optional<bitrix24::tokens> loaded(const std::string& portal = "main") {
    auto got = run(store->load(portal));
    EXPECT_TRUE(got) << got.error().what;
    return got ? *got : std::nullopt;
  }

  test::redis_server server;
  asio::io_context io{1};
  std::shared_ptr<redis::connection> link;
  std::shared_ptr<bitrix24::token_store> store;
  std::shared_ptr<ingress::installation_store> installations;
};

TEST_F(TokenStore, what_was_kept_comes_back_whole_and_for_one_portal_only) {
  EXPECT_FALSE(loaded());
  ASSERT_TRUE(run(installations->install("main", pair("a"))));
  const auto got = loaded();
  ASSERT_TRUE(got);
  const auto want = pair("a");
  EXPECT_EQ(got->access, want.access);
  EXPECT_EQ(got->refresh, want.refresh);
  EXPECT_EQ(got->client_endpoint, want.client_endpoint);
  EXPECT_EQ(got->server_endpoint, want.server_endpoint);
  EXPECT_EQ(got->member_id, want.member_id);
  EXPECT_EQ(got->application_token, want.application_token);
  EXPECT_EQ(got->expires, want.expires);
  EXPECT_FALSE(loaded("other"));
  const auto installed = run(installations->load("main"));
  ASSERT_TRUE(installed && *installed);
  EXPECT_EQ((*installed)->access, want.access);
}

TEST_F(TokenStore, only_the_holder_of_the_stored_refresh_token_replaces_it) {
  ASSERT_TRUE(run(installations->install("main", pair("a"))));
  const auto first = run(store->replace("main", "refresh-a", pair("b")));
  ASSERT_TRUE(first);
  EXPECT_TRUE(*first);
  const auto late = run(store->replace("main", "refresh-a", pair("c"))); // another process was quicker
  ASSERT_TRUE(late);
  EXPECT_FALSE(*late);
  EXPECT_EQ(loaded()->access, "access-b");
}

// The first tokens of a portal come without one before.
TEST_F(TokenStore, an_empty_place_takes_only_the_first_tokens) {
  EXPECT_FALSE(*run(store->replace("main", "refresh-a", pair("b"))));
  EXPECT_FALSE(loaded());
  EXPECT_TRUE(*run(store->replace("main", "", pair("a"))));
  EXPECT_EQ(loaded()->access, "access-a");
}

// A refresh that began before an installation must not bring its application token back.
TEST_F(TokenStore, the_application_token_changes_by_installation_only) {
  ASSERT_TRUE(run(installations->install("main", pair("a", "app-1"))));
  ASSERT_TRUE(run(installations->set_application_token("main", "app-2")));
  EXPECT_TRUE(*run(store->replace("main", "refresh-a", pair("b", "app-1"))));
  EXPECT_EQ(loaded()->application_token, "app-2");
  ASSERT_TRUE(run(installations->install("main", pair("c", ""))));
  EXPECT_EQ(loaded()->application_token, "app-2") << "an installation without a token leaves the known one";
  ASSERT_TRUE(run(installations->install("main", pair("d", "app-3"))));
  EXPECT_EQ(loaded()->application_token, "app-3");
}

TEST_F(TokenStore, what_is_forgotten_comes_back_by_no_refresh_and_no_token) {
  ASSERT_TRUE(run(installations->install("main", pair("a"))));
  ASSERT_TRUE(run(installations->forget("main")));
  EXPECT_FALSE(loaded());
  ASSERT_TRUE(run(installations->set_application_token("main", "app-9")));
  EXPECT_FALSE(loaded());
  EXPECT_FALSE(*run(store->replace("main", "refresh-a", pair("b"))));
  EXPECT_FALSE(loaded());
}

TEST_F(TokenStore, one_process_refreshes_at_a_time) {
  EXPECT_TRUE(*run(store->lock_refresh("main", 10s)));
  EXPECT_FALSE(*run(store->lock_refresh("main", 10s)));
  EXPECT_TRUE(*run(store->lock_refresh("other", 10s)));
  ASSERT_TRUE(run(store->unlock_refresh("main")));
  EXPECT_TRUE(*run(store->lock_refresh("main", 10s)));
}

TEST_F(TokenStore, what_is_unreadable_is_a_fault_and_not_an_absent_installation) {
  const redis::args words{"HSET", "t:tokens:main", "refresh", "r", "body", "{broken"};
  ASSERT_TRUE(run(link->command(words)));
  const auto got = run(store->load("main"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::internal);
}

TEST_F(TokenStore, a_dead_redis_is_a_fault_that_passes) {
  server.kill_now();
  const auto got = run(store->load("main"));
  ASSERT_FALSE(got);
  EXPECT_TRUE(is_transient(got.error().code)) << got.error().what;
}

} // namespace
