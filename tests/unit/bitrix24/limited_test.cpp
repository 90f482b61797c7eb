// The client under the portal's limits, with a real Redis.
#include "fake_portal.hpp"

#include <bitrix24/crm.hpp>
#include <waybill/json.hpp>

#include <gtest/gtest.h>
#include <unit/limits/redis_fixture.hpp>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;
using namespace std::chrono_literals;
using test::portal_command;
using test::refused;
using test::replied;

class Limited : public test::redis_fixture {
 protected:
  void limit(double rate, double burst) {
    bucket = std::make_shared<limits::bucket>(link, "t:bucket", rate, burst);
    operating = std::make_shared<limits::operating_budget>(link, "t:operating", 480);
    connection =
        std::make_shared<client>(io.get_executor(), test::webhook_portal(), portal, bucket, operating, nullptr);
  }
  static std::int64_t unix_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
  }
  result<answer> call(std::string method, effect e = effect::read) {
    return test::run(io, connection->call(std::move(method), {}, e));
  }

  std::shared_ptr<test::fake_portal> portal{std::make_shared<test::fake_portal>()};
  std::shared_ptr<limits::bucket> bucket;
  std::shared_ptr<limits::operating_budget> operating;
  std::shared_ptr<client> connection;
};

// What a worker does with a deal: read it, write it, comment on it.
awaitable<void> work(std::shared_ptr<crm> c, std::int64_t id, int* done) {
  auto d = co_await c->deal(id);
  if (!d) co_return;
  bj::object fields;
  fields["UF_CRM_TRACKING_NUMBER"] = std::to_string(id);
  auto u = co_await c->update_deal(id, std::move(fields));
  if (!u) co_return;
  auto k = co_await c->add_comment(id, "text");
  if (k) ++*done;
}

TEST_F(Limited, AMassChangeFitsIntoFewRequests) {
  limit(50, 1);
  portal->methods["crm.item.list"] = [](const portal_command& c) {
    bj::array items;
    for (const auto& id : c.params.at("filter").as_object().at("@id").as_array())
      items.push_back(bj::object{{"id", id}});
    return replied(bj::object{{"items", items}});
  };
  portal->methods["crm.item.update"] = [](const portal_command& c) {
    return replied(bj::object{{"item", bj::object{{"UF_CRM_TRACKING_NUMBER", json::text_or(c.params, "id")}}}});
  };
  portal->methods["crm.timeline.comment.add"] = [](const portal_command&) { return replied(5); };
  auto c = std::make_shared<crm>(connection);
  int done = 0;
  for (std::int64_t id = 1; id <= 500; ++id) spawn(io.get_executor(), "work", work(c, id, &done));
  ASSERT_TRUE(test::run(io, test::eventually([&] { return done == 500; }, 25s)));
  EXPECT_LE(portal->calls_of("crm.item.list").size(), 12U);
  EXPECT_EQ(portal->calls_of("crm.item.update").size(), 500U);
  EXPECT_EQ(portal->calls_of("crm.timeline.comment.add").size(), 500U);
  // 1000 writes: 15, 30 and then 50 a batch.
  EXPECT_LE(portal->requests.size(), 40U);
  EXPECT_EQ(connection->count().requests, portal->requests.size());
}

awaitable<void> count(std::shared_ptr<crm> c, std::int64_t id, int* done) {
  auto d = co_await c->deal(id);
  ++*done;
}

TEST_F(Limited, DealsThatTurnUpWhileThePermitIsAwaitedJoin) {
  limit(5, 1);
  auto c = std::make_shared<crm>(connection);
  int done = 0;
  spawn(io.get_executor(), "deal", count(c, 9'999, &done)); // takes the only permit
  ASSERT_TRUE(test::run(io, test::eventually([&] { return done == 1; })));
  for (std::int64_t id = 1; id <= 500; ++id) {
    spawn(io.get_executor(), "deal", count(c, id, &done));
    if (id % 100 == 0) test::run(io, sleep_for(1ms));
  }
  ASSERT_TRUE(test::run(io, test::eventually([&] { return done == 501; }, 25s)));
  EXPECT_EQ(portal->calls_of("crm.item.list").size(), 11U);
  EXPECT_EQ(portal->requests.size(), 2U);
}

TEST_F(Limited, ThePortalsRefusalFillsTheSharedBucket) {
  limit(20, 50);
  portal->scripted.push_back(
      test::plain_answer(503, R"({"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"})"));
  EXPECT_TRUE(call("m").has_value()) << "waits and repeats";
  EXPECT_EQ(portal->requests.size(), 2U);
  EXPECT_GT(bucket->fill(), 0.9);
}

TEST_F(Limited, AMethodOverItsTimeStepsAsideAndOthersPass) {
  limit(50, 50);
  portal->methods["slow"] = [](const portal_command&) {
    auto r = replied(true);
    r.operating = 481;
    r.reset_at = unix_now() + 300;
    return r;
  };
  ASSERT_TRUE(call("slow").has_value());
  const auto second = call("slow");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, errc::throttled);
  EXPECT_GT(second.error().retry_after, 200s);
  const auto third = call("slow");
  ASSERT_FALSE(third.has_value());
  EXPECT_GT(third.error().retry_after, 200s) << "at once, and with the right moment";
  EXPECT_EQ(portal->calls_of("slow").size(), 1U);
  EXPECT_TRUE(call("other").has_value());
}

awaitable<void> keep(std::shared_ptr<client> c, std::string method, std::optional<result<answer>>* out) {
  *out = co_await c->call(std::move(method), {});
}

TEST_F(Limited, ACommandThatTheBatchRefusedForItsTimeWaitsAlone) {
  limit(50, 50);
  portal->methods["slow"] = [](const portal_command&) {
    return refused("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429);
  };
  std::optional<result<answer>> slow, other;
  spawn(io.get_executor(), "a", keep(connection, "slow", &slow));
  spawn(io.get_executor(), "b", keep(connection, "other", &other));
  ASSERT_TRUE(test::run(io, test::eventually([&] { return other.has_value(); })));
  EXPECT_TRUE(other->has_value());
  EXPECT_TRUE(call("third").has_value());
  ASSERT_TRUE(test::run(io, test::eventually([&] { return slow.has_value(); })));
  ASSERT_FALSE(slow->has_value());
  EXPECT_EQ(slow->error().code, errc::throttled);
  EXPECT_GE(slow->error().retry_after, 50s);
  EXPECT_LE(portal->calls_of("slow").size(), 2U);
}

TEST_F(Limited, WithoutRedisNothingIsSent) {
  limit(50, 50);
  link->stop();
  const auto r = call("m");
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, errc::unavailable);
  EXPECT_TRUE(portal->requests.empty());
}

} // namespace
} // namespace waybill::bitrix24
