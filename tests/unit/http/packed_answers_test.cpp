// Packed answers through the pool.
#include "support.hpp"

#include <waybill/gzip.hpp>

#include <optional>

namespace waybill::http::test {
namespace {

struct packed_answers : testing::Test {
  asio::io_context io{1};
  std::shared_ptr<http_client> client = make_client(io.get_executor(), direct());
  std::optional<scripted_peer> peer;

  void answering(std::string bytes) {
    peer.emplace(io, [bytes](std::shared_ptr<caller> c, std::size_t) { return reply(std::move(c), bytes); });
  }
  static awaitable<void> reply(std::shared_ptr<caller> c, std::string bytes) {
    for (;;) {
      const auto rq = co_await c->answer();
      if (rq.ends_with("<closed>")) co_return;
      co_await c->send(bytes);
    }
  }
  static std::string packed(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  result<http_response> get(bool asks, std::size_t most = 1000, const char* method = "GET") {
    http_request rq;
    rq.method = method;
    rq.url = peer->url("/");
    rq.max_response_bytes = most;
    if (asks) rq.headers.emplace_back("Accept-Encoding", "gzip");
    return waybill::test::run(io, client->send(std::move(rq)));
  }
};

TEST_F(packed_answers, arrive_unpacked_for_those_who_asked) {
  answering(packed(gzip("{\"a\":1}")));
  const auto answer = get(true);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "{\"a\":1}");
  EXPECT_EQ(find_header(answer->headers, "Content-Encoding"), nullptr);
  ASSERT_TRUE(get(true)) << "the connection is fit for more";
  EXPECT_EQ(peer->connections, 1U);
  const auto raw = get(false);
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->body, gzip("{\"a\":1}"));
  EXPECT_NE(find_header(raw->headers, "Content-Encoding"), nullptr);
}

TEST_F(packed_answers, bombs_and_broken_ones_are_the_peer_s_fault) {
  answering(packed(gzip(std::string(100'000, '0'))));
  EXPECT_TRUE(get(true, 100'000));
  const auto bomb = get(true, 99'999);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, errc::protocol);
  answering(packed(gzip("text").substr(0, 12)));
  const auto broken = get(true);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, errc::protocol);
}

TEST_F(packed_answers, an_answer_without_a_body_may_carry_the_header) {
  answering("HTTP/1.1 415 No\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n");
  const auto answer = get(true);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 415);
  EXPECT_TRUE(answer->body.empty());
}

} // namespace
} // namespace waybill::http::test
