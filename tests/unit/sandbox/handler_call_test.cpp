// The call of a delivery handler over real sockets: HTTP/1.0 as the portal's client speaks it, and bad servers.
#include <http/server.hpp>
#include <sandbox/handler_call.hpp>

#include <array>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::sandbox {
namespace {

using tcp = asio::ip::tcp;

struct heard {
  std::vector<http_request> requests;
};

awaitable<http_response> answer(std::shared_ptr<heard> h, http_request rq) {
  http_response r;
  const auto path = rq.path;
  h->requests.push_back(std::move(rq));
  if (path == "/moved" || path == "/kept") {
    r.status = path == "/moved" ? 302 : 307;
    r.headers.emplace_back("Location", "/end");
  } else if (path == "/loop") {
    r.status = 301;
    r.headers.emplace_back("Location", "/loop");
  } else {
    r.body = R"({"SUCCESS":"Y"})";
  }
  co_return r;
}

struct tried {
  handler_reply reply;
  std::shared_ptr<heard> seen;
};

awaitable<tried> try_path(executor ex, std::string path) {
  tried t;
  t.seen = std::make_shared<heard>();
  http::server_options how;
  how.listen = "127.0.0.1:0";
  http::server server(ex, how, [seen = t.seen](http_request rq) { return answer(seen, std::move(rq)); });
  const auto started = co_await server.start();
  EXPECT_TRUE(started.has_value());
  handler_transport by;
  const auto url = fmt::format("http://127.0.0.1:{}{}", server.port(), path);
  t.reply = co_await post_to_handler(by, url, R"({"SHIPMENT":{}})");
  co_await server.drain(std::chrono::milliseconds(500));
  co_return t;
}

TEST(handler_call, is_a_bare_http_1_0_post) {
  asio::io_context io{1};
  const auto t = test::run(io, try_path(io.get_executor(), "/bitrix24/main/delivery/secret/calculate?x=1"));
  EXPECT_TRUE(t.reply.reached);
  EXPECT_EQ(t.reply.status, 200);
  EXPECT_EQ(t.reply.body, R"({"SUCCESS":"Y"})");
  ASSERT_EQ(t.seen->requests.size(), 1U);
  const auto& rq = t.seen->requests[0];
  EXPECT_TRUE(rq.http_1_0);
  EXPECT_EQ(rq.method, "POST");
  EXPECT_EQ(rq.path, "/bitrix24/main/delivery/secret/calculate");
  EXPECT_EQ(rq.query, "x=1");
  EXPECT_EQ(*find_header(rq.headers, "Content-Type"), "application/json");
  EXPECT_EQ(find_header(rq.headers, "Authorization"), nullptr);
  EXPECT_EQ(rq.body, R"({"SHIPMENT":{}})");
}

TEST(handler_call, follows_redirects_and_loses_the_post_on_some) {
  asio::io_context io{1};
  const auto moved = test::run(io, try_path(io.get_executor(), "/moved"));
  ASSERT_EQ(moved.seen->requests.size(), 2U);
  EXPECT_EQ(moved.seen->requests[1].method, "GET");
  EXPECT_TRUE(moved.seen->requests[1].body.empty());
  const auto kept = test::run(io, try_path(io.get_executor(), "/kept"));
  ASSERT_EQ(kept.seen->requests.size(), 2U);
  EXPECT_EQ(kept.seen->requests[1].method, "POST");
  EXPECT_FALSE(kept.seen->requests[1].body.empty());
  const auto loop = test::run(io, try_path(io.get_executor(), "/loop"));
  EXPECT_EQ(loop.seen->requests.size(), 6U); // five redirects, then it is an answer like any other
  EXPECT_EQ(loop.reply.status, 301);
}

// A server that says these bytes and hangs up, or (none) hangs up at once, or (hold) says nothing at all.
awaitable<void> say(std::shared_ptr<tcp::acceptor> acceptor, std::string bytes, bool hold) {
  auto [ec, socket] = co_await acceptor->async_accept(as_result);
  if (ec) co_return;
  std::array<char, 4096> in{};
  boost::system::error_code ignored;
  co_await socket.async_read_some(asio::buffer(in), asio::redirect_error(asio::use_awaitable, ignored));
  if (hold)
    co_await socket.async_read_some(
        asio::buffer(in), asio::redirect_error(asio::use_awaitable, ignored)); // until the other side gives up
  else co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ignored));
}

handler_reply from(std::string bytes, bool hold = false) {
  asio::io_context io{1};
  const auto acceptor =
      std::make_shared<tcp::acceptor>(io.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  spawn(io.get_executor(), "test.server", say(acceptor, std::move(bytes), hold));
  handler_transport how;
  how.limit = std::chrono::milliseconds(hold ? 50 : 10'000);
  return test::run(io,
                   post_to_handler(how, fmt::format("http://127.0.0.1:{}/x", acceptor->local_endpoint().port()), "{}"));
}

TEST(handler_call, reads_what_a_server_of_its_age_says) {
  const auto to_the_end = from("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"SUCCESS\":\"Y\"}");
  EXPECT_TRUE(to_the_end.reached);
  EXPECT_EQ(to_the_end.body, R"({"SUCCESS":"Y"})");
  const auto bounded = from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}rest");
  EXPECT_EQ(bounded.body, "{}");
  // Chunks are not understood: their sizes stand in the body.
  const auto chunked = from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.body, "2\r\n{}\r\n0\r\n\r\n");
}

TEST(handler_call, a_bad_server_is_no_answer) {
  EXPECT_FALSE(from("").reached);
  EXPECT_FALSE(from("SSH-2.0-OpenSSH\r\n\r\n").reached);
  EXPECT_FALSE(from("HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\n{\"SUCC").reached); // cut off
  EXPECT_FALSE(from("", true).reached);                                               // no answer in time
  asio::io_context io{1};
  handler_transport how;
  EXPECT_FALSE(test::run(io, post_to_handler(how, "http://127.0.0.1:1/x", "{}")).reached);
  EXPECT_FALSE(test::run(io, post_to_handler(how, "https://127.0.0.1/x", "{}")).reached); // no client was given
  EXPECT_FALSE(test::run(io, post_to_handler(how, "nonsense", "{}")).reached);
}

} // namespace
} // namespace waybill::sandbox
