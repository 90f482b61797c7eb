// The pool under load and under cancellation.
#include "support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace waybill::http::test {
namespace {

struct pool_tests : with_server {
  signal changed{io.get_executor()};
  bool open{false};
  int inside{0}, most{0}, ended{0};
  std::shared_ptr<http_client> client;
  void begin(std::size_t connections) {
    serve([this](http_request rq) { return pass(this, std::move(rq)); });
    client_options how = direct();
    how.connections_per_host = connections;
    client = make_client(io.get_executor(), how);
  }
  static awaitable<http_response> pass(pool_tests* t, http_request) {
    t->most = std::max(t->most, ++t->inside);
    while (!t->open) co_await t->changed.wait();
    --t->inside;
    co_return json_response(200, "{}");
  }
  http_request request(std::chrono::milliseconds timeout = 10s) const {
    http_request rq;
    rq.method = "POST";
    rq.url = url();
    rq.timeout = timeout;
    return rq;
  }
  static awaitable<void> one(pool_tests* t) {
    auto answer = co_await t->client->send(t->request());
    EXPECT_TRUE(answer) << answer.error().what;
    ++t->ended;
  }
};

TEST_F(pool_tests, never_more_connections_than_allowed) {
  begin(2);
  play(
      this, +[](pool_tests* t) -> awaitable<void> {
        for (int i = 0; i < 10; ++i) spawn(t->io.get_executor(), "one", one(t));
        const bool busy = co_await eventually([t] { return t->inside == 2; });
        EXPECT_TRUE(busy);
        t->open = true;
        t->changed.notify_all();
        const bool all = co_await eventually([t] { return t->ended == 10; });
        EXPECT_TRUE(all);
        EXPECT_EQ(t->most, 2);
        EXPECT_EQ(t->front->connections(), 2U);
      });
}

TEST_F(pool_tests, whoever_waits_too_long_has_sent_nothing) {
  begin(1);
  play(
      this, +[](pool_tests* t) -> awaitable<void> {
        spawn(t->io.get_executor(), "one", one(t));
        co_await eventually([t] { return t->inside == 1; });
        const auto answer = co_await t->client->send(t->request(50ms));
        EXPECT_FALSE(answer);
        if (!answer) { EXPECT_EQ(answer.error().code, errc::unavailable); }
        t->open = true;
        t->changed.notify_all();
        co_await eventually([t] { return t->ended == 1; });
        const auto next = co_await t->client->send(t->request());
        EXPECT_TRUE(next);
      });
}

TEST_F(pool_tests, a_cancelled_request_gives_its_place_back) {
  begin(1);
  play(
      this, +[](pool_tests* t) -> awaitable<void> {
        // One in the middle of its exchange and one in the queue, both given up by their callers.
        const auto given_up = co_await deadline(t->client->send(t->request()), 50ms);
        EXPECT_FALSE(given_up);
        spawn(t->io.get_executor(), "one", one(t));
        co_await eventually([t] { return t->inside == 2; }); // the abandoned one is still with the server
        const auto in_queue = co_await deadline(t->client->send(t->request()), 50ms);
        EXPECT_FALSE(in_queue);
        t->open = true;
        t->changed.notify_all();
        const bool over = co_await eventually([t] { return t->ended == 1; });
        EXPECT_TRUE(over);
        const auto next = co_await t->client->send(t->request());
        EXPECT_TRUE(next);
      });
}

awaitable<void> keep(std::shared_ptr<http_client> c, http_request rq, std::optional<result<http_response>>* out) {
  *out = co_await c->send(std::move(rq));
}

TEST_F(pool_tests, a_cancelled_post_tells_that_it_may_have_been_done) {
  begin(1);
  std::optional<result<http_response>> out;
  asio::cancellation_signal stop;
  asio::co_spawn(io, keep(client, request(), &out),
                 asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
  waybill::test::run(io, eventually([this] { return inside == 1; }));
  stop.emit(asio::cancellation_type::terminal);
  waybill::test::run(io, eventually([&out] { return out.has_value(); }));
  ASSERT_TRUE(out);
  ASSERT_FALSE(*out);
  EXPECT_EQ(out->error().code, errc::outcome_unknown);
}

TEST_F(pool_tests, a_client_may_go_away_before_its_requests) {
  begin(1);
  std::optional<result<http_response>> out;
  asio::co_spawn(io, keep(client, request(), &out), [](const std::exception_ptr&) {});
  client.reset();
  waybill::test::run(io, eventually([this] { return inside == 1; }));
  open = true;
  changed.notify_all();
  waybill::test::run(io, eventually([&out] { return out.has_value(); }));
  ASSERT_TRUE(out);
  EXPECT_TRUE(*out);
}

} // namespace
} // namespace waybill::http::test
