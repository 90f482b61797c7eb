// What happens to commands and to the link when the server dies, freezes and comes back.
#include "support.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace waybill::redis::test {
namespace {

awaitable<void> keep(std::shared_ptr<connection> c, std::vector<result<reply>>& out) {
  out.push_back(co_await c->command("BLPOP", "never", "0"));
}

awaitable<void> keep_ping(std::shared_ptr<connection> c, std::vector<result<reply>>& out) {
  out.push_back(co_await c->command("PING"));
}

// By another connection, so that what `c` has sent is surely there.
std::string clients(asio::io_context& io, const endpoint& where) {
  auto other = connected(io, where);
  return ask(io, *other, {"INFO", "clients"})->text;
}

TEST(failure, waiting_commands_end_with_outcome_unknown_when_the_server_dies) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server));
  std::vector<result<reply>> out;
  for (int i = 0; i < 50; ++i) spawn(io.get_executor(), "keep", keep(c, out));
  EXPECT_THAT(clients(io, at(server)), testing::HasSubstr("blocked_clients:1"));
  server.kill_now();
  EXPECT_TRUE(run(io, eventually([&] { return out.size() == 50; })));
  for (const auto& r : out) EXPECT_EQ(r.error().code, errc::outcome_unknown);
  EXPECT_TRUE(run(io, eventually([&] { return !c->up(); })));
}

TEST(failure, it_reconnects_after_a_restart_and_tells_so) {
  redis_server server;
  asio::io_context io{1};
  auto c = std::make_shared<connection>(io.get_executor(), at(server), quick());
  int connects = 0;
  bool up_at_callback = true;
  c->on_connect([&] {
    ++connects;
    up_at_callback = up_at_callback && c->up();
  });
  c->start();
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(connects, 1);
  const auto id = c->client_id();
  ASSERT_TRUE(ask(io, *c, {"SET", "k", "kept"}));
  ASSERT_TRUE(ask(io, *c, {"INCR", "n"}));
  server.kill_now();
  EXPECT_TRUE(run(io, eventually([&] { return !c->up(); })));
  EXPECT_EQ(ask(io, *c, {"PING"}).error().code, errc::unavailable);
  EXPECT_EQ(c->client_id(), 0);
  server.start();
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(connects, 2);
  EXPECT_TRUE(up_at_callback);
  EXPECT_GT(id, 0);
  EXPECT_GT(c->client_id(), 0);
  EXPECT_EQ(ask(io, *c, {"GET", "k"})->text, "kept");
}

TEST(failure, a_frozen_server_times_out_the_link_is_torn_down_and_heals) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server), quick());
  server.freeze();
  std::vector<result<reply>> out;
  for (int i = 0; i < 20; ++i) spawn(io.get_executor(), "ping", keep_ping(c, out));
  EXPECT_TRUE(run(io, eventually([&] { return out.size() == 20; })));
  for (const auto& r : out) EXPECT_EQ(r.error().code, errc::outcome_unknown);
  EXPECT_TRUE(run(io, eventually([&] { return !c->up(); })));
  EXPECT_EQ(ask(io, *c, {"PING"}).error().code, errc::unavailable);
  server.thaw();
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(ask(io, *c, {"ECHO", "again"})->text, "again");
}

TEST(failure, what_never_left_is_unavailable_and_memory_is_bounded) {
  redis_server server;
  asio::io_context io{1};
  auto c = connected(io, at(server), quick());
  server.freeze();
  const std::string big(8U << 20U, 'x');
  std::vector<awaitable<result<reply>>> waiting;
  for (int i = 0; i < 10; ++i) waiting.push_back(c->command({"SET", "k", big}));
  std::vector<errc> codes;
  std::string last;
  for (auto& w : waiting) {
    const auto r = run(io, std::move(w));
    ASSERT_FALSE(r);
    codes.push_back(r.error().code);
    last = r.error().what;
  }
  EXPECT_EQ(codes.front(), errc::outcome_unknown); // some of its bytes left
  for (std::size_t i = 1; i < codes.size(); ++i) EXPECT_EQ(codes[i], errc::unavailable);
  EXPECT_THAT(last, testing::HasSubstr("keep up"));
}

// Says OK to everything, but spells the answer to "slow" out letter by letter.
awaitable<void> slow_speller(std::shared_ptr<asio::ip::tcp::acceptor> acceptor) {
  auto ex = co_await asio::this_coro::executor;
  asio::ip::tcp::socket peer{ex};
  co_await acceptor->async_accept(peer, as_result);
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto [ec, n] = co_await peer.async_read_some(asio::buffer(buffer), as_result);
    if (ec) co_return;
    const std::string_view got(buffer.data(), n);
    const std::string word = "$20\r\nabcdefghijklmnopqrst\r\n";
    const bool slow = got.contains("slow");
    if (slow) {
      for (std::size_t i = 0; i < word.size(); ++i) {
        co_await asio::async_write(peer, asio::buffer(&word[i], 1), as_result);
        co_await sleep_for(30ms);
      }
    }
    std::string answers;
    for (auto commands = std::ranges::count(got, '*') - (slow ? 1 : 0); commands > 0; --commands) answers += "+OK\r\n";
    co_await asio::async_write(peer, asio::buffer(answers), as_result);
  }
}

TEST(failure, a_late_answer_is_dropped_and_a_link_that_still_speaks_is_kept) {
  asio::io_context io{1};
  auto acceptor =
      std::make_shared<asio::ip::tcp::acceptor>(io, asio::ip::tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0});
  endpoint e;
  e.port = acceptor->local_endpoint().port();
  spawn(io.get_executor(), "slow", slow_speller(acceptor));
  auto c = connected(io, e, quick());
  int connects = 0;
  c->on_connect([&] { ++connects; });
  EXPECT_EQ(ask(io, *c, {"GET", "slow"}).error().code, errc::outcome_unknown); // after 300 ms of the 800
  std::vector<result<reply>> out;
  while (out.empty() || !out.back()) out.push_back(ask(io, *c, {"PING"}));
  EXPECT_EQ(out.back()->text, "OK"); // its own answer, not the late one
  EXPECT_EQ(connects, 0);
}

awaitable<bool> somebody_blocks(std::shared_ptr<connection> c) {
  for (int i = 0; i < 1000; ++i) {
    const auto info = co_await c->command("INFO", "clients");
    if (info && info->text.contains("blocked_clients:1")) co_return true;
  }
  co_return false;
}

TEST(failure, no_limit_for_the_blocking_connection) {
  redis_server server;
  asio::io_context io{1};
  auto how = quick();
  how.command_timeout = 0ms;
  auto blocking = connected(io, at(server), how);
  auto c = connected(io, at(server), quick());
  std::vector<result<reply>> out, limited;
  spawn(io.get_executor(), "keep", keep(blocking, out));
  ASSERT_TRUE(run(io, somebody_blocks(c)));
  const auto id = std::to_string(blocking->client_id());
  auto third = connected(io, at(server), quick());
  spawn(io.get_executor(), "keep", keep(third, limited));
  ASSERT_TRUE(run(io, eventually([&] { return !limited.empty(); }))); // the limit of the others has passed
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(ask(io, *c, {"CLIENT", "UNBLOCK", id})->integer, 1);
  ASSERT_TRUE(run(io, eventually([&] { return !out.empty(); })));
  EXPECT_TRUE(out[0] && out[0]->is_nil());
}

TEST(failure, a_peer_that_is_not_redis_keeps_it_down) {
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}};
  asio::ip::tcp::socket peer{io};
  acceptor.async_accept(peer, [&](boost::system::error_code) {
    peer.async_write_some(asio::buffer("SSH-2.0-x\r\n", 11), [](auto, auto) {});
  });
  endpoint e;
  e.port = acceptor.local_endpoint().port();
  auto how = quick();
  how.backoff_first = how.backoff_most = 10s;
  auto c = std::make_shared<connection>(io.get_executor(), e, how);
  c->start();
  EXPECT_THAT(run(io, c->wait_up(300ms)).error().what, testing::HasSubstr("Protocol error"));
}

} // namespace
} // namespace waybill::redis::test
