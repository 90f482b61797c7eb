// Tokens of a local application.
#include "fake_portal.hpp"

#include <bitrix24/client.hpp>
#include <waybill/json.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;
using test::plain_answer;

// The portal accepts `valid` only; the authorization server makes the next one out of each refresh token, once.
class Oauth : public ::testing::Test {
 protected:
  void SetUp() override {
    portal = std::make_shared<test::fake_portal>();
    store = std::make_shared<test::fake_tokens>();
    tokens t;
    t.access = "access-0";
    t.refresh = "refresh-0";
    t.client_endpoint = "https://shop.bitrix24.ru/rest/";
    t.server_endpoint = "https://oauth.bitrix24.tech/rest/";
    t.member_id = "a223c6b3710f85df22e9377d6c4f7553";
    t.application_token = "app";
    store->kept = t;
    portal->first_look = [this](const http_request& rq) { return look(rq); };
    subject = make();
  }
  std::shared_ptr<client> make() {
    return std::make_shared<client>(io.get_executor(), test::oauth_portal(), portal, nullptr, nullptr, store);
  }
  std::optional<result<http_response>> look(const http_request& rq) {
    if (rq.url.find("/oauth/token/") != std::string::npos) {
      ++refreshes;
      last_form = rq;
      if (refusal) return *refusal;
      const auto form = parse_form(rq.body).value();
      const auto expected = "refresh-" + std::to_string(generation);
      if (*find_field(form, "refresh_token") != expected) return plain_answer(400, R"({"error":"invalid_grant"})");
      ++generation;
      const auto n = std::to_string(generation);
      return plain_answer(
          200,
          R"({"access_token":"access-)" + n +
              R"(","expires_in":3600,"domain":"oauth.bitrix24.tech","server_endpoint":"https://oauth.bitrix24.tech/rest/",)" +
              R"("client_endpoint":"https://shop.bitrix24.ru/rest/","member_id":"a223c6b3710f85df22e9377d6c4f7553","refresh_token":"refresh-)" +
              n + "\"}");
    }
    const auto body = bj::parse(rq.body).as_object();
    const auto auth = json::text_or(body, "auth");
    if (auth != "access-" + std::to_string(std::max(generation, needed)))
      return plain_answer(401,
                          R"({"error":"expired_token","error_description":"The access token provided has expired."})");
    if (store->kept) store->log.push_back("used " + auth);
    return {};
  }
  result<answer> call(std::shared_ptr<client> c) { return test::run(io, c->call("m", {})); }

  asio::io_context io{1};
  std::shared_ptr<test::fake_portal> portal;
  std::shared_ptr<test::fake_tokens> store;
  std::shared_ptr<client> subject;
  int generation{0}, needed{0}, refreshes{0};
  std::optional<http_response> refusal;
  http_request last_form;
};

awaitable<void> one(std::shared_ptr<client> c, std::vector<result<answer>>* out) {
  auto r = co_await c->call_alone("m", {});
  out->push_back(std::move(r));
}

TEST_F(Oauth, TheTokenTravelsInTheBody) {
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(portal->requests[0].url, "https://shop.bitrix24.ru/rest/m.json");
  EXPECT_EQ(portal->bodies[0].at("auth"), bj::value("access-0"));
  EXPECT_EQ(refreshes, 0) << "never without need";
}

TEST_F(Oauth, TenCallsWithAnExpiredTokenCauseOneRefresh) {
  needed = 1;
  std::vector<result<answer>> got;
  for (int i = 0; i < 10; ++i) spawn(io.get_executor(), "call", one(subject, &got));
  ASSERT_TRUE(test::run(io, test::eventually([&] { return got.size() == 10; })));
  for (const auto& r : got) EXPECT_TRUE(r.has_value()) << r.error().what;
  EXPECT_EQ(refreshes, 1);
  EXPECT_EQ(store->kept->refresh, "refresh-1");
  EXPECT_EQ(store->kept->application_token, "app") << "what the server does not send stays";
  EXPECT_FALSE(store->locked);
}

TEST_F(Oauth, TheFormGoesToTheServerThatThePortalNamed) {
  needed = 1;
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(last_form.method, "POST");
  EXPECT_EQ(last_form.url, "https://oauth.bitrix24.tech/oauth/token/");
  EXPECT_EQ(*find_header(last_form.headers, "Content-Type"), "application/x-www-form-urlencoded");
  const auto form = parse_form(last_form.body).value();
  EXPECT_EQ(*find_field(form, "grant_type"), "refresh_token");
  EXPECT_EQ(*find_field(form, "client_id"), "local.abc.1");
  EXPECT_EQ(*find_field(form, "client_secret"), "hush");
  EXPECT_FALSE(last_form.idempotent);
}

TEST_F(Oauth, NewTokensAreStoredBeforeTheyAreUsed) {
  needed = 1;
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(store->log, (std::vector<std::string>{"stored access-1", "used access-1"}));
}

TEST_F(Oauth, TwoProcessesRefreshOnce) {
  needed = 1;
  auto other = make();
  std::vector<result<answer>> got;
  for (int i = 0; i < 10; ++i) spawn(io.get_executor(), "call", one(i % 2 == 0 ? subject : other, &got));
  ASSERT_TRUE(test::run(io, test::eventually([&] { return got.size() == 10; })));
  for (const auto& r : got) EXPECT_TRUE(r.has_value()) << r.error().what;
  EXPECT_EQ(refreshes, 1);
}

TEST_F(Oauth, ATokenThatAnotherProcessHasRefreshedIsTakenFromTheStore) {
  ASSERT_TRUE(call(subject).has_value());
  generation = 1;
  store->kept->access = "access-1";
  store->kept->refresh = "refresh-1";
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(refreshes, 0);
}

TEST_F(Oauth, AStoredExpiryThatHasPassedRefreshesBeforeTheCall) {
  store->kept->expires = now() - std::chrono::seconds(5);
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(refreshes, 1);
  EXPECT_EQ(portal->commands.size(), 1U);
}

TEST_F(Oauth, ARefusedRefreshIsTheOperatorsBusinessAndNotRepeated) {
  needed = 1;
  struct {
    const char* body;
    int status;
  } const cases[]{{R"({"error":"invalid_grant"})", 400},
                  {R"({"error":"INVALID_CLIENT"})", 401},
                  {R"({"error":"wrong_client"})", 200},
                  {R"({"error":"PAYMENT_REQUIRED"})", 401}};
  for (const auto& c : cases) {
    refreshes = 0;
    refusal = plain_answer(c.status, c.body);
    auto fresh = make();
    for (int i = 0; i < 3; ++i) {
      const auto r = call(fresh);
      ASSERT_FALSE(r.has_value());
      EXPECT_EQ(r.error().code, errc::forbidden) << c.body;
      EXPECT_EQ(r.error().what.find("hush"), std::string::npos);
    }
    EXPECT_EQ(refreshes, 1) << c.body;
    EXPECT_FALSE(store->locked);
  }
}

TEST_F(Oauth, AServerThatIsDownIsTriedAgainLater) {
  needed = 1;
  refusal = plain_answer(502, "<html>", "text/html");
  const auto r = call(subject);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, errc::unavailable);
  refusal.reset();
  EXPECT_TRUE(call(subject).has_value());
}

TEST_F(Oauth, TokensThatCouldNotBeStoredAreNotUsedAndNotLost) {
  needed = 1;
  store->failing_replaces = 3;
  const auto r = call(subject);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, errc::unavailable);
  EXPECT_TRUE(portal->commands.empty());
  EXPECT_TRUE(call(subject).has_value());
  EXPECT_EQ(refreshes, 1) << "the refresh token is spent: the first answer is the only one";
  EXPECT_EQ(store->kept->refresh, "refresh-1");
}

TEST_F(Oauth, WithoutAnInstallationItSaysSo) {
  store->kept.reset();
  const auto r = call(subject);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, errc::forbidden);
  EXPECT_TRUE(portal->requests.empty());
}

TEST_F(Oauth, ANewInstallationIsFoundInTheStore) {
  ASSERT_TRUE(call(subject).has_value());
  portal->first_look = [](const http_request& rq) -> std::optional<result<http_response>> {
    const auto body = bj::parse(rq.body).as_object();
    if (json::text_or(body, "auth") != "reinstalled")
      return plain_answer(401, R"({"error":"invalid_token","error_description":"x"})");
    return {};
  };
  store->kept->access = "reinstalled";
  EXPECT_TRUE(call(subject).has_value());
}

TEST_F(Oauth, ForeignEndpointsOfTheAnswerAreNotTaken) {
  needed = 1;
  portal->first_look = [this](const http_request& rq) -> std::optional<result<http_response>> {
    if (rq.url.find("/oauth/token/") == std::string::npos) return look(rq);
    generation = 1;
    return plain_answer(
        200,
        R"({"access_token":"access-1","refresh_token":"r","client_endpoint":"http://10.0.0.1/rest/","server_endpoint":"https://127.0.0.1/rest/"})");
  };
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(store->kept->client_endpoint, "https://shop.bitrix24.ru/rest/");
  EXPECT_EQ(store->kept->server_endpoint, "https://oauth.bitrix24.tech/rest/");
}

TEST_F(Oauth, ARenamedPortalIsWrittenDown) {
  auto moved = plain_answer(302, "", "text/html");
  moved.headers.emplace_back("Location", "https://new.bitrix24.ru/rest/m.json");
  portal->first_look = nullptr;
  portal->scripted.push_back(moved);
  ASSERT_TRUE(call(subject).has_value());
  EXPECT_EQ(store->kept->client_endpoint, "https://new.bitrix24.ru/rest/");
  EXPECT_EQ(portal->requests[1].url, "https://new.bitrix24.ru/rest/m.json");
}

} // namespace
} // namespace waybill::bitrix24
