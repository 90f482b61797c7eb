#include "support.hpp"

#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace waybill::redis::test {
namespace {

TEST(connection, answers_every_kind_of_reply) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  EXPECT_EQ(ask(io, *c, {"SET", "k", "v"})->type, reply::kind::status);
  EXPECT_EQ(ask(io, *c, {"GET", "k"})->text, "v");
  EXPECT_TRUE(ask(io, *c, {"GET", "none"})->is_nil());
  EXPECT_EQ(ask(io, *c, {"INCRBY", "n", "-7"})->integer, -7);
  const std::string binary{"a\0\r\nb", 5};
  EXPECT_EQ(ask(io, *c, {"RPUSH", "l", "1", binary, ""})->integer, 3);
  const auto list = ask(io, *c, {"LRANGE", "l", "0", "-1"});
  ASSERT_EQ(list->items.size(), 3U);
  EXPECT_EQ(list->items[1].text, binary);
  EXPECT_EQ(list->items[2].text, "");
  EXPECT_GT(c->client_id(), 0);
}

TEST(connection, an_error_reply_is_a_fault_with_its_first_word) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  (void)ask(io, *c, {"SET", "k", "v"});
  const auto wrong = ask(io, *c, {"LPUSH", "k", "1"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, errc::rejected);
  EXPECT_EQ(wrong.error().peer_code, "WRONGTYPE");
  const auto unknown = ask(io, *c, {"NOSUCH", "customer's phone"});
  EXPECT_THAT(unknown.error().what, testing::HasSubstr("unknown command"));
  EXPECT_THAT(unknown.error().what, testing::Not(testing::HasSubstr("phone")));
  (void)ask(io, *c, {"CONFIG", "SET", "maxmemory", "1"});
  const auto full = ask(io, *c, {"SET", "k", "w"});
  EXPECT_EQ(full.error().code, errc::unavailable);
  EXPECT_EQ(full.error().peer_code, "OOM");
}

TEST(connection, refuses_what_would_break_the_shared_link) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  EXPECT_EQ(run(io, c->command(args{})).error().code, errc::bad_input);
  for (const auto* word : {"subscribe", "MONITOR", "hello", "Quit", "SELECT"})
    EXPECT_EQ(ask(io, *c, {word, "1"}).error().code, errc::bad_input) << word;
  EXPECT_TRUE(ask(io, *c, {"PING"}));
}

awaitable<void> add(std::shared_ptr<connection> c, int number, std::vector<std::int64_t>& lengths, int& done) {
  const auto text = std::to_string(number);
  const auto pushed = co_await c->command("RPUSH", "l", text);
  if (pushed) lengths[static_cast<std::size_t>(number)] = pushed->integer;
  ++done;
}

TEST(connection, thousands_at_once_each_get_their_own_answer_in_order) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  constexpr int count = 20'000;
  std::vector<std::int64_t> lengths(count);
  int done = 0;
  for (int i = 0; i < count; ++i) spawn(io.get_executor(), "add", add(c, i, lengths, done));
  EXPECT_TRUE(run(io, eventually([&] { return done == count; }, 25s)));
  for (int i = 0; i < count; ++i) ASSERT_EQ(lengths[static_cast<std::size_t>(i)], i + 1);
}

TEST(connection, formats_at_the_call_and_sends_without_being_awaited) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  std::string value = "first";
  {
    auto dropped = c->command({"SET", "k", value});
    value = "other";
  }
  auto kept = c->command({"GET", "k"});
  EXPECT_EQ(run(io, std::move(kept))->text, "first");
}

TEST(connection, carries_large_values_both_ways) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  const std::string big(20U << 20U, 'x');
  EXPECT_TRUE(ask(io, *c, {"SET", "big", big}));
  EXPECT_EQ(ask(io, *c, {"GET", "big"})->text.size(), big.size());
}

TEST(connection, down_commands_fail_at_once) {
  asio::io_context io{1};
  endpoint nowhere;
  nowhere.unix_socket = "/tmp/waybill-no-such-socket";
  auto c = std::make_shared<connection>(io.get_executor(), nowhere, quick());
  EXPECT_EQ(ask(io, *c, {"PING"}).error().code, errc::unavailable);
  c->start();
  const auto up = run(io, c->wait_up(50ms));
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().code, errc::unavailable);
  EXPECT_THAT(up.error().what, testing::HasSubstr("No such file"));
  EXPECT_EQ(ask(io, *c, {"PING"}).error().code, errc::unavailable);
  EXPECT_FALSE(c->up());
  EXPECT_EQ(c->client_id(), 0);
}

TEST(connection, a_name_that_does_not_resolve_and_a_closed_port_are_told) {
  asio::io_context io{1};
  endpoint e;
  e.port = 1;
  auto c = std::make_shared<connection>(io.get_executor(), e, quick());
  c->start();
  EXPECT_THAT(run(io, c->wait_up(100ms)).error().what, testing::HasSubstr("127.0.0.1:1: Connection refused"));
}

TEST(connection, stop_ends_waiting_commands) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  server.freeze();
  auto waiting = c->command({"PING"});
  c->stop();
  EXPECT_EQ(run(io, std::move(waiting)).error().code, errc::cancelled); // not a byte had left
  EXPECT_FALSE(c->up());
  server.thaw();
  c->start();
  EXPECT_TRUE(run(io, c->wait_up(10s)));
}

awaitable<void> hold(std::shared_ptr<connection> c) { (void)co_await c->command("BLPOP", "never", "0"); }

// Under the address sanitizer: no leak, no use after free.
TEST(connection, the_context_may_be_destroyed_while_commands_wait) {
  redis_server server;
  {
    asio::io_context io{1};
    auto c = connected(io, at(server));
    for (int i = 0; i < 10; ++i) spawn(io.get_executor(), "hold", hold(c));
    EXPECT_TRUE(ask(io, *connected(io, at(server)), {"PING"}));
  }
  asio::io_context io{1};
  EXPECT_THAT(ask(io, *connected(io, at(server)), {"INFO", "clients"})->text,
              testing::HasSubstr("connected_clients:1\r"));
}

awaitable<result<reply>> impatient(std::shared_ptr<connection> c) {
  auto task = c->command({"BLPOP", "never", "0.2"});
  co_return co_await deadline(std::move(task), 20ms);
}

TEST(connection, a_cancelled_command_returns_and_its_late_reply_is_dropped) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  EXPECT_EQ(run(io, impatient(c)).error().code, errc::timeout);
  EXPECT_EQ(ask(io, *c, {"ECHO", "mine"})->text, "mine");
}

awaitable<void> cancellable(std::shared_ptr<connection> c, std::optional<result<reply>>& out) {
  co_await asio::this_coro::throw_if_cancelled(false);
  out = co_await c->command("BLPOP", "never", "0.2");
}

TEST(connection, a_cancelled_command_is_outcome_unknown) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  asio::cancellation_signal cancel;
  std::optional<result<reply>> out;
  asio::co_spawn(io, cancellable(c, out), asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  EXPECT_TRUE(ask(io, *connected(io, at(server)), {"PING"}));
  cancel.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(run(io, eventually([&] { return out.has_value(); })));
  EXPECT_EQ(out->error().code, errc::outcome_unknown);
}

} // namespace
} // namespace waybill::redis::test
