// How commands become requests, and what becomes of their answers.
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
using test::refused;
using test::replied;

struct outcome {
  std::optional<result<answer>> got;
};

awaitable<void> note(std::shared_ptr<client> c, std::string method, bj::object params, effect e,
                     std::shared_ptr<outcome> out) {
  out->got = co_await c->call(std::move(method), std::move(params), e);
}

class Client : public ::testing::Test {
 protected:
  void SetUp() override {
    portal = std::make_shared<test::fake_portal>();
    subject = std::make_shared<client>(io.get_executor(), test::webhook_portal(), portal, nullptr, nullptr, nullptr);
  }
  std::shared_ptr<outcome> start(std::string method, bj::object params = {}, effect e = effect::read) {
    auto out = std::make_shared<outcome>();
    spawn(io.get_executor(), "call", note(subject, std::move(method), std::move(params), e, out));
    all.push_back(out);
    return out;
  }
  bool finish() {
    return test::run(io, test::eventually([&] {
                       return std::ranges::all_of(all, [](const auto& o) { return o->got.has_value(); });
                     }));
  }
  result<answer> call(std::string method, bj::object params = {}, effect e = effect::read) {
    return test::run(io, subject->call(std::move(method), std::move(params), e));
  }
  static errc code(const result<answer>& r) { return r ? errc::internal : r.error().code; }

  asio::io_context io{1};
  std::shared_ptr<test::fake_portal> portal;
  std::shared_ptr<client> subject;
  std::vector<std::shared_ptr<outcome>> all;
};

TEST_F(Client, ALoneCommandIsAPlainCall) {
  bj::object params;
  params["id"] = 7;
  ASSERT_TRUE(call("crm.item.get", params).has_value());
  ASSERT_EQ(portal->requests.size(), 1U);
  const auto& rq = portal->requests[0];
  EXPECT_EQ(rq.method, "POST");
  EXPECT_EQ(rq.url, "https://shop.bitrix24.ru/rest/1/s3cr3tc0de/crm.item.get.json");
  EXPECT_EQ(*find_header(rq.headers, "content-type"), "application/json");
  EXPECT_EQ(rq.label, "bitrix24.crm.item.get");
  EXPECT_TRUE(rq.idempotent);
  EXPECT_EQ(portal->bodies[0], params) << "typed values, and no auth";
}

TEST_F(Client, WhatIsCalledInOneTurnLeavesInOneBatch) {
  for (int i = 0; i < 50; ++i) {
    bj::object params;
    params["id"] = i;
    start("crm.item.get", params);
  }
  ASSERT_TRUE(finish());
  EXPECT_EQ(portal->batch_sizes(), std::vector<std::size_t>{50});
  EXPECT_EQ(portal->bodies[0].at("halt"), bj::value(0));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(portal->commands[static_cast<std::size_t>(i)].params.at("id"), bj::value(std::to_string(i))) << "order";
  EXPECT_EQ(subject->count().requests, 1U);
  EXPECT_EQ(subject->count().commands, 50U);
}

TEST_F(Client, ABatchHoldsNoMoreThanThePortalTakes) {
  for (int i = 0; i < 120; ++i) start("m");
  ASSERT_TRUE(finish());
  EXPECT_EQ(portal->batch_sizes(), (std::vector<std::size_t>{50, 50, 20}));
}

TEST_F(Client, WritesGoInSmallBatchesInTheirOrderAndApartFromReads) {
  portal->seconds = 20; // of a batch: no reason to make them larger
  for (int i = 0; i < 40; ++i) {
    bj::object params;
    params["n"] = i;
    start("w", params, effect::write);
  }
  for (int i = 0; i < 5; ++i) start("r");
  ASSERT_TRUE(finish());
  int next = 0;
  for (const auto& c : portal->calls_of("w")) EXPECT_EQ(json::integer_or(c.params, "n"), next++);
  for (const auto& body : portal->bodies) {
    if (!body.contains("cmd")) continue;
    std::set<std::string> kinds;
    for (const auto& m : body.at("cmd").as_object()) kinds.insert(std::string(m.value().as_string()).substr(0, 1));
    EXPECT_EQ(kinds.size(), 1U);
    if (kinds.contains("w")) { EXPECT_LE(body.at("cmd").as_object().size(), 15U); }
  }
  for (const auto& rq : portal->requests) EXPECT_EQ(rq.idempotent, rq.body.find("\"w?") == std::string::npos);
}

TEST_F(Client, SlowWritesMakeBatchesSmallerAndFastOnesLarger) {
  portal->seconds = 60; // 4 s each: 5 fit into 20 s
  for (int i = 0; i < 15; ++i) start("w", {}, effect::write);
  ASSERT_TRUE(finish());
  for (int i = 0; i < 12; ++i) start("w", {}, effect::write);
  ASSERT_TRUE(finish());
  ASSERT_GE(portal->batch_sizes().size(), 3U);
  EXPECT_EQ(portal->batch_sizes()[1], 5U);

  portal->requests.clear();
  auto fast = std::make_shared<test::fake_portal>();
  subject = std::make_shared<client>(io.get_executor(), test::webhook_portal(), fast, nullptr, nullptr, nullptr);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 15 + round * 15; ++i) start("w", {}, effect::write);
    ASSERT_TRUE(finish());
  }
  EXPECT_EQ(fast->batch_sizes(), (std::vector<std::size_t>{15, 30}));
}

TEST_F(Client, FewRequestsAreUnderWayAtOnceAndTheOtherKindAlwaysHasAPlace) {
  portal->closed = true;
  portal->seconds = 20;
  for (int i = 0; i < 400; ++i) start("r");
  EXPECT_TRUE(test::run(io, test::eventually([&] { return portal->waiting == 3; })));
  start("w", {}, effect::write);
  EXPECT_TRUE(test::run(io, test::eventually([&] { return portal->waiting == 4; })));
  EXPECT_NE(portal->requests.back().url.find("/w.json"), std::string::npos);
  for (int i = 0; i < 100; ++i) start("w", {}, effect::write);
  portal->closed = false;
  ASSERT_TRUE(finish());
  EXPECT_EQ(portal->most_at_once, 4);
}

TEST_F(Client, BackPressureFillsBatchesByItself) {
  portal->closed = true;
  for (int wave = 0; wave < 20; ++wave) {
    for (int i = 0; i < 10; ++i) start("r");
    test::run(io, sleep_for(std::chrono::milliseconds(0)));
  }
  EXPECT_TRUE(test::run(io, test::eventually([&] { return portal->waiting == 3; })));
  portal->closed = false;
  ASSERT_TRUE(finish());
  EXPECT_LE(portal->requests.size(), 8U) << "200 commands";
}

TEST_F(Client, OneRefusedCommandHurtsNoOther) {
  portal->methods["bad"] = [](const auto&) { return refused("INVALID_ARG_VALUE", "Неверное поле"); };
  auto a = start("good"), b = start("bad"), c = start("good");
  ASSERT_TRUE(finish());
  EXPECT_TRUE(a->got->has_value());
  EXPECT_TRUE(c->got->has_value());
  EXPECT_EQ(code(*b->got), errc::rejected);
  EXPECT_EQ(b->got->error().what, "Неверное поле");
  EXPECT_EQ(b->got->error().peer_code, "INVALID_ARG_VALUE");
  EXPECT_EQ(portal->requests.size(), 1U);
}

TEST_F(Client, TextThatLooksLikeAReferenceTravelsAlone) {
  bj::object params;
  params["fields"] = bj::object{{"COMMENT", "see $result[0][ID]"}};
  auto odd = start("comment", params, effect::write);
  start("other", {}, effect::write);
  start("other", {}, effect::write);
  ASSERT_TRUE(finish());
  EXPECT_EQ(portal->batch_sizes(), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(portal->bodies[0], params);
}

TEST_F(Client, ClearingAFieldTravelsAsJson) {
  bj::object params;
  params["fields"] = bj::object{{"UF_A", nullptr}};
  start("crm.item.update", params, effect::write);
  start("other", {}, effect::write);
  ASSERT_TRUE(finish());
  ASSERT_FALSE(portal->calls_of("crm.item.update")[0].batched);
  EXPECT_EQ(portal->calls_of("crm.item.update")[0].params, params);
}

TEST_F(Client, AReadThatWasLeftOutIsAskedAgainAndAWriteIsNot) {
  int seen = 0;
  portal->methods["r"] = [&](const auto&) {
    auto r = replied(1);
    r.skipped = ++seen == 1;
    return r;
  };
  portal->methods["w"] = [](const auto&) {
    auto r = replied(1);
    r.skipped = true;
    return r;
  };
  auto a = start("r"), b = start("other");
  auto w = start("w", {}, effect::write), v = start("other", {}, effect::write);
  ASSERT_TRUE(finish());
  EXPECT_TRUE(a->got->has_value());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(code(*w->got), errc::unavailable) << "certainly not executed";
  EXPECT_EQ(portal->calls_of("w").size(), 1U);
  EXPECT_TRUE(b->got->has_value() && v->got->has_value());
}

struct loss {
  std::string name;
  result<http_response> answer;
  errc read, write;
};
result<http_response> lost(errc e) { return fail(e, "https://shop.bitrix24.ru/rest/1/s3cr3tc0de/ broke"); }

TEST_F(Client, ALostAnswerIsAnUnknownOutcomeOfAWriteOnly) {
  const std::vector<loss> table{
      {"never sent", lost(errc::unavailable), errc::unavailable, errc::unavailable},
      {"no answer", lost(errc::outcome_unknown), errc::unavailable, errc::outcome_unknown},
      {"too late", lost(errc::timeout), errc::timeout, errc::outcome_unknown},
      {"broken", lost(errc::protocol), errc::protocol, errc::outcome_unknown},
      {"gateway", plain_answer(502, "<html>", "text/html"), errc::unavailable, errc::outcome_unknown},
      {"page", plain_answer(200, "<html>", "text/html"), errc::protocol, errc::outcome_unknown},
      {"forbidden page", plain_answer(403, "<html>", "text/html"), errc::forbidden, errc::forbidden},
      {"half", plain_answer(200, R"({"result":)"), errc::protocol, errc::outcome_unknown},
      {"neither", plain_answer(200, R"({"time":{}})"), errc::protocol, errc::outcome_unknown},
      {"500", plain_answer(500, R"({"error":"INTERNAL_SERVER_ERROR","error_description":"x"})"), errc::unavailable,
       errc::outcome_unknown}};
  for (const auto& row : table) {
    for (const auto e : {effect::read, effect::write}) {
      portal->scripted.push_back(row.answer);
      const auto r = call("m", {}, e);
      ASSERT_FALSE(r.has_value()) << row.name;
      EXPECT_EQ(to_string(r.error().code), to_string(e == effect::read ? row.read : row.write)) << row.name;
      EXPECT_EQ(r.error().what.find("s3cr3t"), std::string::npos) << row.name;
    }
  }
}

TEST_F(Client, ALostBatchTellsEachOfItsWrites) {
  portal->scripted.push_back(lost(errc::outcome_unknown));
  for (int i = 0; i < 5; ++i) start("w", {}, effect::write);
  ASSERT_TRUE(finish());
  for (const auto& o : all) EXPECT_EQ(code(*o->got), errc::outcome_unknown);
  EXPECT_EQ(portal->requests.size(), 1U) << "nothing is repeated behind the caller's back";
}

TEST_F(Client, TooManyRequestsAreRepeatedSinceNothingWasDone) {
  for (int i = 0; i < 2; ++i)
    portal->scripted.push_back(
        plain_answer(503, R"({"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"})"));
  start("w", {}, effect::write);
  start("w", {}, effect::write);
  ASSERT_TRUE(finish());
  for (const auto& o : all) EXPECT_TRUE(o->got->has_value());
  EXPECT_EQ(portal->requests.size(), 3U);
  EXPECT_EQ(portal->calls_of("w").size(), 2U) << "executed once each";
}

TEST_F(Client, EndlessRefusalsEndAsThrottled) {
  for (int i = 0; i < 50; ++i)
    portal->scripted.push_back(
        plain_answer(503, R"({"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"})"));
  const auto r = call("m");
  EXPECT_EQ(code(r), errc::throttled);
  EXPECT_LE(portal->requests.size(), 6U);
}

TEST_F(Client, AnErrorOfTheWholeBatchReachesEveryCommand) {
  portal->scripted.push_back(
      plain_answer(401, R"({"error":"INVALID_CREDENTIALS","error_description":"Invalid request credentials"})"));
  start("a");
  start("b");
  ASSERT_TRUE(finish());
  for (const auto& o : all) EXPECT_EQ(code(*o->got), errc::forbidden);
}

TEST_F(Client, CallAloneIsNeverBatched) {
  auto lonely = std::make_shared<outcome>();
  start("a");
  start("b");
  ASSERT_TRUE(test::run(io, subject->call_alone("profile", {})).has_value());
  ASSERT_TRUE(finish());
  EXPECT_FALSE(portal->calls_of("profile")[0].batched);
}

TEST_F(Client, LateParametersAreMadeWhenTheRequestIs) {
  portal->closed = true;
  for (int i = 0; i < 3; ++i) {
    start("busy");
    test::run(io, test::eventually([&] { return portal->waiting == i + 1; }));
  }
  std::vector<int> ids{1};
  int made = 0;
  const std::function<bj::object()> make = [&] {
    ++made;
    bj::object o;
    o["n"] = ids.size();
    return o;
  };
  std::optional<result<answer>> got;
  asio::co_spawn(io, subject->call_late("late", make),
                 [&](std::exception_ptr, result<answer> r) { got = std::move(r); });
  test::run(io, sleep_for(std::chrono::milliseconds(5)));
  EXPECT_EQ(made, 0);
  ids.push_back(2);
  portal->closed = false;
  EXPECT_TRUE(test::run(io, test::eventually([&] { return got.has_value(); })));
  EXPECT_EQ(made, 1);
  EXPECT_EQ(portal->calls_of("late")[0].params.at("n"), bj::value(2));
}

TEST_F(Client, APortalThatMovedIsFollowedWithTheBodyAndRemembered) {
  auto moved = plain_answer(302, "<html>", "text/html");
  moved.headers.emplace_back("Location", "https://new-name.bitrix24.ru/rest/1/s3cr3tc0de/crm.item.get.json");
  portal->scripted.push_back(moved);
  std::string told;
  subject->on_moved([&](std::string host) { told = std::move(host); });
  bj::object params;
  params["id"] = 5;
  ASSERT_TRUE(call("crm.item.get", params, effect::write).has_value());
  ASSERT_EQ(portal->requests.size(), 2U);
  EXPECT_EQ(portal->requests[1].url, "https://new-name.bitrix24.ru/rest/1/s3cr3tc0de/crm.item.get.json");
  EXPECT_EQ(portal->requests[1].method, "POST");
  EXPECT_EQ(portal->requests[1].body, portal->requests[0].body);
  EXPECT_EQ(told, "new-name.bitrix24.ru");
  ASSERT_TRUE(call("profile").has_value());
  EXPECT_TRUE(portal->requests[2].url.starts_with("https://new-name.bitrix24.ru/rest/1/s3cr3tc0de/"));
}

TEST_F(Client, ItIsNotLedAstray) {
  for (const auto* location :
       {"http://new.bitrix24.ru/", "https://127.0.0.1/", "https://10.0.0.1/", "https://user@new.bitrix24.ru/",
        "https://new.bitrix24.ru:8443/", "https://localhost/", "https://metadata.internal/", "//new.bitrix24.ru/",
        "/login", "", "https://shop.bitrix24.ru/auth/", "https://[::1]/", "file:///etc/passwd",
        "https://new.bitrix24.ru\r\nX: y/"}) {
    auto moved = plain_answer(302, "", "text/html");
    moved.headers.emplace_back("Location", location);
    portal->scripted.push_back(moved);
    const auto before = portal->requests.size();
    EXPECT_EQ(code(call("m")), errc::protocol) << location;
    EXPECT_EQ(portal->requests.size(), before + 1) << location;
  }
}

TEST_F(Client, AStandInOnPlainHttpMayMoveOnTheLoopbackOnly) {
  auto settings = test::webhook_portal();
  settings.webhook_url = secret("http://127.0.0.1:8080/bitrix24/rest/1/code");
  subject = std::make_shared<client>(io.get_executor(), settings, portal, nullptr, nullptr, nullptr);
  auto moved = plain_answer(302, "", "text/html");
  moved.headers.emplace_back("Location", "http://127.0.0.1:9090/x");
  portal->scripted.push_back(moved);
  ASSERT_TRUE(call("m").has_value());
  EXPECT_EQ(portal->requests[0].url, "http://127.0.0.1:8080/bitrix24/rest/1/code/m.json");
  EXPECT_EQ(portal->requests[1].url, "http://127.0.0.1:9090/bitrix24/rest/1/code/m.json");
}

TEST_F(Client, ACancelledCallerLeavesTheQueue) {
  portal->closed = true;
  for (int i = 0; i < 3; ++i) {
    start("busy");
    test::run(io, test::eventually([&] { return portal->waiting == i + 1; }));
  }
  const auto r = test::run(io, deadline(subject->call("late", {}), std::chrono::milliseconds(20)));
  EXPECT_FALSE(r.has_value());
  portal->closed = false;
  ASSERT_TRUE(finish());
  test::run(io, sleep_for(std::chrono::milliseconds(5)));
  EXPECT_TRUE(portal->calls_of("late").empty());
}

} // namespace
} // namespace waybill::bitrix24
