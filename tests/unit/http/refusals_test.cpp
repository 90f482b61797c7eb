// What the server refuses, and that it says so and closes.
#include "support.hpp"

#include <http/core.hpp>
#include <waybill/log.hpp>

namespace waybill::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct row {
  const char* name;
  std::string bytes;
  std::string status; // of the only answer
  bool half_close{false};
  friend void PrintTo(const row& r, std::ostream* out) { *out << r.name; }
};

class refused : public with_server, public testing::WithParamInterface<row> {};

TEST_P(refused, with_a_status_and_closed) {
  serve();
  const auto& [name, bytes, status, half_close] = GetParam();
  const auto answer = talk(bytes, half_close);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status + " "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: "));
  EXPECT_THAT(answer, HasSubstr("{\"error\":\""));
  EXPECT_THAT(answer, Not(HasSubstr("<reset>")));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "what followed was read as a request";
}

const std::string host = "Host: h\r\n";

INSTANTIATE_TEST_SUITE_P(
    server, refused,
    testing::Values(
        row{"no_host", "GET / HTTP/1.1\r\n\r\n", "400"},
        row{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        row{"two_equal_hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "400"},
        row{"host_list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"},
        row{"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        row{"xchunked",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" +
                host + "\r\n",
            "400"},
        row{"chunked_identity",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n" +
                host + "\r\n",
            "400"},
        row{"gzip_chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"},
        row{"two_encodings",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400"},
        row{"chunked_twice",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400"},
        row{"empty_encoding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n", "400"},
        row{"encoding_and_length",
            "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        row{"length_and_other_encoding",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: x\r\nContent-Length: 1\r\n\r\na", "400"},
        row{"encoding_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        row{"folded", "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", "400"},
        row{"folded_with_tab", "GET / HTTP/1.1\r\n" + host + "X: a\r\n\tb\r\n\r\n", "400"},
        row{"folded_first", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400"},
        row{"folded_length", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n 3\r\n\r\nabc", "400"},
        row{"two_lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
        row{"negative_length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", "400"},
        row{"signed_length", "POST / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\na", "400"},
        row{"huge_length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999999\r\n\r\n", "400"},
        row{"space_before_colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400"},
        row{"nul_in_header", "GET / HTTP/1.1\r\nHost: h\r\nX: a" + std::string(1, '\0') + "b\r\n\r\n", "400"},
        row{"bare_line_feed", "GET / HTTP/1.1\nHost: h\n\n", "400"},
        row{"bare_line_feed_in_header", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", "400"},
        row{"no_version", "GET /\r\n\r\n", "400"}, row{"version_2", "GET / HTTP/2.0\r\n" + host + "\r\n", "400"},
        row{"version_0_9", "GET / HTTP/0.9\r\n\r\n", "400"},
        row{"garbage", "\x16\x03\x01\x02\x01garbage\r\n\r\n", "400"},
        row{"blank_in_target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "400"},
        row{"authority_target", "CONNECT h:443 HTTP/1.1\r\n" + host + "\r\n", "400"},
        row{"star_target", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "400"},
        row{"other_scheme", "GET gopher://h/ HTTP/1.1\r\n" + host + "\r\n", "400"},
        row{"bad_chunk_size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
            "400"},
        row{"bad_chunk_end", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n",
            "400"},
        row{"other_expectation", "POST / HTTP/1.1\r\n" + host + "Expect: miracles\r\nContent-Length: 1\r\n\r\n", "417"},
        row{"cut_off_header", "GET / HTTP/1.1\r\nHost: h\r\n", "400", true},
        row{"cut_off_body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 10\r\n\r\nabc", "400", true},
        row{"cut_off_chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n5\r\nab", "400", true},
        row{"long_header", "GET / HTTP/1.1\r\n" + host + "X: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
        row{"long_target", "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n" + host + "\r\n", "431"},
        row{"endless_header", "GET / HTTP/1.1\r\n" + host + "X: " + std::string(100'000, 'x'), "431"},
        row{"many_fields",
            [] {
              std::string made = "GET / HTTP/1.1\r\nHost: h\r\n";
              for (int i = 0; i < 150; ++i) made += "A: b\r\n";
              return made + "\r\n";
            }(),
            "431"},
        row{"endless_trailers",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(100'000, 'x'),
            "431"},
        row{"large_body", post("/", std::string(1024 * 1024, 'x')), "413"},
        row{"large_claim", "POST / HTTP/1.1\r\n" + host + "Content-Length: 262145\r\n\r\n", "413"},
        row{"large_claim_expected",
            "POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 262145\r\n\r\n", "413"},
        row{"large_chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n40001\r\n", "413"},
        row{"large_in_chunks",
            [] {
              std::string made = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
              for (int i = 0; i < 40; ++i) made += "2000\r\n" + std::string(8192, 'x') + "\r\n";
              return made;
            }(),
            "413"}),
    [](const auto& tested) { return tested.param.name; });

class limits : public with_server {};

// Each field alone is short, and arrives alone.
TEST_F(limits, a_header_that_trickles_in_is_measured_as_a_whole) {
  serve();
  play(
      this, +[](limits* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        co_await c.send("GET / HTTP/1.1\r\nHost: h\r\n");
        const std::string field = "X: " + std::string(995, 'x') + "\r\n";
        for (int i = 0; i < 40; ++i) {
          const bool sent = co_await c.send(field);
          if (!sent) break;
          co_await asio::post(t->io, asio::use_awaitable); // let the server read it
          co_await asio::post(t->io, asio::use_awaitable);
        }
        const auto answer = co_await c.rest();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
      });
}

TEST_F(limits, a_slow_sender_is_told_and_closed) {
  server_options how;
  how.request_timeout = 80ms;
  serve(echo, how);
  EXPECT_THAT(talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(talk("POST / HT"), StartsWith("HTTP/1.1 408 "));
}

// The deadline is the request's: bytes that keep coming do not prolong it.
TEST_F(limits, a_sender_of_single_bytes_is_cut_off_too) {
  server_options how;
  how.request_timeout = 100ms;
  serve(echo, how);
  play(
      this, +[](limits* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        co_await c.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
        bool open = true;
        while (open && t->front->connections() > 0 && c.socket.available() == 0) {
          open = co_await c.send("x");
          co_await sleep_for(2ms);
        }
        const auto answer = co_await c.rest();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
      });
}

TEST_F(limits, an_idle_connection_is_closed_without_a_word) {
  server_options how;
  how.idle_timeout = 80ms;
  serve(echo, how);
  EXPECT_EQ(talk(""), "");
  const auto after_one = talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(after_one, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(after_one.find("408"), std::string::npos);
}

TEST_F(limits, a_connection_ends_after_its_share_of_requests) {
  server_options how;
  how.max_requests_per_connection = 2;
  serve(echo, how);
  const std::string one = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto answers = talk(one + one + one);
  EXPECT_EQ(answers.find("Connection: close"), answers.rfind("Connection: close"));
  EXPECT_THAT(answers, Not(HasSubstr("<reset>")));
  std::size_t count = 0;
  for (auto at = answers.find("HTTP/1.1 200"); at != std::string::npos; at = answers.find("HTTP/1.1 200", at + 1))
    ++count;
  EXPECT_EQ(count, 2U);
}

TEST_F(limits, when_full_the_next_waits_its_turn) {
  server_options how;
  how.max_connections = 2;
  serve(echo, how);
  play(
      this, +[](limits* t) -> awaitable<void> {
        caller first(t->io), second(t->io), third(t->io);
        const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        co_await first.connect(t->front->port());
        co_await second.connect(t->front->port());
        co_await first.send(one);
        const auto a = co_await first.answer();
        EXPECT_THAT(a, StartsWith("HTTP/1.1 200 "));
        co_await second.send(one);
        const auto b = co_await second.answer();
        EXPECT_THAT(b, StartsWith("HTTP/1.1 200 "));
        co_await third.connect(t->front->port()); // the kernel takes it, the server does not
        co_await third.send(one);
        co_await second.send(one);
        const auto c = co_await second.answer();
        EXPECT_THAT(c, StartsWith("HTTP/1.1 200 ")) << "those inside are served all the while";
        EXPECT_EQ(t->front->connections(), 2U);
        EXPECT_EQ(third.socket.available(), 0U);
        first.socket.close();
        const auto d = co_await third.answer();
        EXPECT_THAT(d, StartsWith("HTTP/1.1 200 "));
      });
}

TEST_F(limits, one_address_has_its_share) {
  server_options how;
  how.max_connections_per_address = 1;
  serve(echo, how);
  play(
      this, +[](limits* t) -> awaitable<void> {
        const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        {
          caller first(t->io), second(t->io);
          co_await first.connect(t->front->port());
          co_await first.send(one);
          const auto a = co_await first.answer();
          EXPECT_THAT(a, StartsWith("HTTP/1.1 200 "));
          co_await second.connect(t->front->port());
          const auto b = co_await second.rest();
          EXPECT_THAT(b, Not(HasSubstr("HTTP/1.1")));
        }
        const bool gone = co_await eventually([t] { return t->front->connections() == 0; });
        EXPECT_TRUE(gone);
        caller later(t->io);
        co_await later.connect(t->front->port());
        co_await later.send(one);
        const auto c = co_await later.answer();
        EXPECT_THAT(c, StartsWith("HTTP/1.1 200 "));
      });
}

TEST(listen_address, is_read_or_refused) {
  EXPECT_EQ(parse_listen("127.0.0.1:8080")->port(), 8080);
  EXPECT_EQ(parse_listen("[::1]:0")->address().to_string(), "::1");
  EXPECT_EQ(parse_listen("localhost:1")->address().to_string(), "127.0.0.1");
  EXPECT_EQ(parse_listen(":80")->address().to_string(), "::");
  EXPECT_EQ(parse_listen("0.0.0.0:80")->address().to_string(), "0.0.0.0");
  for (const char* wrong : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:80x", "::1:80",
                            "[127.0.0.1]:80", "name.example:80", "127.0.0.1:-1"})
    EXPECT_EQ(parse_listen(wrong).error().code, errc::bad_input) << wrong;
}

} // namespace
} // namespace waybill::http::test
