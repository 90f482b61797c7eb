#include "support.hpp"

#include <vector>

namespace waybill::redis::test {
namespace {

const script add{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};
const script broken{"return this is not lua"};

TEST(script, has_the_digest_that_redis_computes) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  EXPECT_EQ(ask(io, *c, {"SCRIPT", "LOAD", add.text()})->text, add.sha1());
}

TEST(script, runs_by_its_digest_and_comes_back_after_a_flush) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  EXPECT_EQ(run(io, c->eval(add, {"n"}, {"2"}))->integer, 2);
  ASSERT_TRUE(ask(io, *c, {"SCRIPT", "FLUSH"}));
  EXPECT_EQ(run(io, c->eval(add, {"n"}, {"3"}))->integer, 5); // by EVAL, once
  EXPECT_EQ(ask(io, *c, {"SCRIPT", "EXISTS", add.sha1()})->items.at(0).integer, 1);
  const auto stats = ask(io, *c, {"INFO", "commandstats"})->text;
  EXPECT_THAT(stats, testing::HasSubstr("cmdstat_eval:calls=1,"));
  EXPECT_THAT(stats, testing::HasSubstr("cmdstat_evalsha:calls=2,"));
}

TEST(script, is_loaded_again_before_a_restarted_server_counts_as_up) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server), quick());
  EXPECT_EQ(run(io, c->eval(add, {"n"}, {"2"}))->integer, 2);
  server.kill_now();
  ASSERT_TRUE(run(io, eventually([&] { return !c->up(); })));
  server.start();
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(run(io, c->eval(add, {"n"}, {"2"}))->integer, 4);
  EXPECT_THAT(ask(io, *c, {"INFO", "commandstats"})->text, testing::Not(testing::HasSubstr("cmdstat_eval:")));
}

TEST(script, first_used_while_down_is_known_later) {
  redis_server server;
  asio::io_context io{1};
  auto c = std::make_shared<connection>(io.get_executor(), at(server), quick());
  EXPECT_EQ(run(io, c->eval(add, {"n"}, {"2"})).error().code, errc::unavailable);
  c->start();
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(ask(io, *c, {"SCRIPT", "EXISTS", add.sha1()})->items.at(0).integer, 1);
}

awaitable<void> one(std::shared_ptr<connection> c, std::vector<std::int64_t>& out) {
  const args keys{"n"}, values{"1"};
  const auto r = co_await c->eval(add, keys, values);
  out.push_back(r ? r->integer : -1);
}

TEST(script, many_at_once_after_a_flush_all_run_once) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  ASSERT_TRUE(run(io, c->eval(add, {"n"}, {"0"})));
  ASSERT_TRUE(ask(io, *c, {"SCRIPT", "FLUSH"}));
  std::vector<std::int64_t> out;
  for (int i = 0; i < 500; ++i) spawn(io.get_executor(), "one", one(c, out));
  ASSERT_TRUE(run(io, eventually([&] { return out.size() == 500; })));
  EXPECT_EQ(ask(io, *c, {"GET", "n"})->text, "500");
}

TEST(script, that_does_not_compile_is_rejected_and_harms_nobody) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server), quick());
  const auto r = run(io, c->eval(broken, {}, {}));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, errc::rejected);
  server.kill_now();
  ASSERT_TRUE(run(io, eventually([&] { return !c->up(); })));
  server.start();
  ASSERT_TRUE(run(io, c->wait_up(10s)));
}

} // namespace
} // namespace waybill::redis::test
