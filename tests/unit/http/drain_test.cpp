// How the server ends: the busy finish, the idle are closed, nobody new comes in.
#include "support.hpp"

namespace waybill::http::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// A handler that answers when the test opens the gate.
struct gate {
  explicit gate(asio::io_context& io) : changed(io.get_executor()) {}
  signal changed;
  bool open{false};
  int inside{0}, most{0};
  http_handler handler() {
    return [this](http_request rq) { return pass(this, std::move(rq)); };
  }
  static awaitable<http_response> pass(gate* g, http_request rq) {
    g->most = std::max(g->most, ++g->inside);
    while (!g->open) co_await g->changed.wait();
    --g->inside;
    co_return co_await echo(std::move(rq));
  }
};

struct drained : with_server {
  gate g{io};
};

TEST_F(drained, the_busy_finish_and_the_idle_are_closed) {
  serve(g.handler());
  play(
      this, +[](drained* t) -> awaitable<void> {
        caller fresh(t->io), idle(t->io), busy(t->io), late(t->io);
        const auto port = t->front->port();
        co_await fresh.connect(port);
        co_await idle.connect(port);
        t->g.open = true;
        co_await idle.send("GET /before HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto before = co_await idle.answer();
        EXPECT_THAT(before, EndsWith("GET|/before||"));
        t->g.open = false;
        co_await busy.connect(port);
        co_await busy.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
        const bool inside = co_await eventually([t] { return t->g.inside == 1 && t->front->connections() == 3; });
        EXPECT_TRUE(inside);
        bool done = false;
        asio::co_spawn(t->io, t->front->drain(10s), [&done](const std::exception_ptr&) { done = true; });
        const auto a = co_await fresh.rest();
        EXPECT_EQ(a, "");
        const auto b = co_await idle.rest();
        EXPECT_EQ(b, "");
        const bool connected = co_await late.connect(port);
        EXPECT_FALSE(connected);
        EXPECT_FALSE(done);
        t->g.open = true;
        t->g.changed.notify_all();
        const auto answer = co_await busy.rest();
        EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
        EXPECT_THAT(answer, EndsWith("GET|/busy||"));
        busy.socket.close();
        const bool ended = co_await eventually([&done] { return done; });
        EXPECT_TRUE(ended);
        EXPECT_EQ(t->front->connections(), 0U);
      });
}

TEST_F(drained, a_request_half_read_is_still_served) {
  g.open = true;
  serve(g.handler());
  play(
      this, +[](drained* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        co_await c.send("POST /half HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
        for (int i = 0; i < 10; ++i) co_await asio::post(t->io, asio::use_awaitable);
        asio::co_spawn(t->io, t->front->drain(10s), [](const std::exception_ptr&) {});
        for (int i = 0; i < 10; ++i) co_await asio::post(t->io, asio::use_awaitable);
        co_await c.send("cd");
        const auto answer = co_await c.rest();
        EXPECT_THAT(answer, EndsWith("POST|/half||abcd"));
      });
}

TEST_F(drained, whoever_does_not_finish_is_cut_off) {
  serve(g.handler());
  play(
      this, +[](drained* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        co_await c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        co_await eventually([t] { return t->g.inside == 1; });
        co_await t->front->drain(50ms);
        EXPECT_EQ(t->front->connections(), 0U);
        const auto answer = co_await c.rest();
        EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1")));
      });
}

TEST_F(drained, a_server_may_go_away_in_the_middle_of_a_request) {
  serve(g.handler());
  play(
      this, +[](drained* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        co_await c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        co_await eventually([t] { return t->g.inside == 1; });
        t->front.reset();
        const auto answer = co_await c.rest();
        EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1")));
      });
}

} // namespace
} // namespace waybill::http::test
