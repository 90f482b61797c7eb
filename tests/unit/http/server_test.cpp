// What the server serves: framing, keep-alive, answers.
#include "support.hpp"

#include <http/router.hpp>
#include <waybill/log.hpp>

namespace waybill::http::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class served : public with_server {};

const std::string last = "Host: h\r\nConnection: close\r\n";

struct row {
  const char* name;
  std::string bytes;
  std::string body; // of the answer
  friend void PrintTo(const row& r, std::ostream* out) { *out << r.name; }
};
class understood : public with_server, public testing::WithParamInterface<row> {};

TEST_P(understood, and_answered) {
  serve();
  const auto answer = talk(GetParam().bytes);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n" + GetParam().body));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: " + std::to_string(GetParam().body.size()) + "\r\n"));
}

INSTANTIATE_TEST_SUITE_P(
    server, understood,
    testing::Values(
        row{"plain", "GET /a/b?c=d&e HTTP/1.1\r\n" + last + "\r\n", "GET|/a/b|c=d&e|"},
        row{"body", "POST /p HTTP/1.1\r\n" + last + "Content-Length: 3\r\n\r\nabc", "POST|/p||abc"},
        row{"empty_body", "POST /p HTTP/1.1\r\n" + last + "Content-Length: 0\r\n\r\n", "POST|/p||"},
        row{"chunked",
            "POST /p HTTP/1.1\r\n" + last + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n",
            "POST|/p||abcde"},
        row{"chunked_in_capitals",
            "POST /p HTTP/1.1\r\n" + last + "Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "POST|/p||a"},
        row{"trailers", "POST /p HTTP/1.1\r\n" + last + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n",
            "POST|/p||a"},
        row{"blank_line_before", "\r\nGET /a HTTP/1.1\r\n" + last + "\r\n", "GET|/a||"},
        row{"absolute_target", "GET http://other.example:81/a?b HTTP/1.1\r\n" + last + "\r\n", "GET|/a|b|"},
        row{"absolute_target_without_path", "GET http://other.example HTTP/1.1\r\n" + last + "\r\n", "GET|/||"},
        row{"absolute_target_with_query_only", "GET http://other.example?a=b HTTP/1.1\r\n" + last + "\r\n",
            "GET|/|a=b|"},
        row{"bytes_in_target", "GET /\xd0\x9c%D0%BE?\xff HTTP/1.1\r\n" + last + "\r\n", "GET|/\xd0\x9c%D0%BE|\xff|"},
        row{"old_protocol", "POST /p HTTP/1.0\r\nContent-Length: 1\r\n\r\na", "POST|/p||a"},
        row{"old_protocol_with_host", "GET /p HTTP/1.0\r\nHost: h\r\n\r\n", "GET|/p||"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(served, several_requests_on_one_connection) {
  serve();
  play(
      this, +[](served* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        for (int i = 0; i < 5; ++i) {
          co_await c.send(post("/n" + std::to_string(i), std::string(static_cast<std::size_t>(i) * 3000, 'x')));
          const auto answer = co_await c.answer();
          EXPECT_THAT(answer, HasSubstr("POST|/n" + std::to_string(i) + "||"));
          EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
        }
        EXPECT_EQ(t->front->connections(), 1U);
      });
}

TEST_F(served, pipelined_requests_in_their_order) {
  serve();
  std::string bytes;
  for (int i = 0; i < 50; ++i) bytes += post("/n" + std::to_string(i), "body");
  bytes += "GET /end HTTP/1.1\r\n" + last + "\r\n";
  const auto answers = talk(bytes);
  std::size_t at = 0;
  for (int i = 0; i < 50 && at != std::string::npos; ++i)
    at = answers.find("POST|/n" + std::to_string(i) + "||body", at);
  EXPECT_NE(at, std::string::npos);
  EXPECT_THAT(answers, EndsWith("GET|/end||"));
}

TEST_F(served, a_request_that_comes_byte_by_byte) {
  serve();
  play(
      this, +[](served* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        const std::string bytes =
            "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n";
        for (const char b : bytes) {
          co_await c.send(std::string(1, b));
          for (int turns = 0; turns < 3; ++turns) co_await asio::post(t->io, asio::use_awaitable);
        }
        const auto answer = co_await c.answer();
        EXPECT_THAT(answer, EndsWith("POST|/p||abc"));
      });
}

TEST_F(served, http_1_0_keeps_alive_only_when_asked) {
  serve();
  EXPECT_THAT(talk("GET / HTTP/1.0\r\n\r\n"), HasSubstr("\r\nConnection: close\r\n"));
  play(
      this, +[](served* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        for (int i = 0; i < 2; ++i) {
          co_await c.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
          const auto answer = co_await c.answer();
          EXPECT_THAT(answer, HasSubstr("\r\nConnection: keep-alive\r\n"));
        }
      });
}

TEST_F(served, waits_with_the_body_until_told) {
  serve();
  play(
      this, +[](served* t) -> awaitable<void> {
        caller c(t->io);
        co_await c.connect(t->front->port());
        co_await c.send("POST /p HTTP/1.1\r\n" + last + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        const auto interim = co_await c.answer();
        EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
        co_await c.send("abc");
        const auto answer = co_await c.rest();
        EXPECT_THAT(answer, EndsWith("POST|/p||abc"));
      });
}

TEST_F(served, an_impatient_body_needs_no_interim_answer) {
  serve();
  const auto answer = talk("POST /p HTTP/1.1\r\n" + last + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEST_F(served, a_caller_that_has_said_everything_still_hears_the_answer) {
  serve();
  EXPECT_THAT(talk("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", true), EndsWith("GET|/x||"));
}

TEST_F(served, the_peer_is_an_address) {
  serve(+[](http_request rq) -> awaitable<http_response> { co_return json_response(200, rq.peer); });
  EXPECT_THAT(talk("GET / HTTP/1.1\r\n" + last + "\r\n"), EndsWith("\r\n\r\n127.0.0.1"));
}

TEST_F(served, over_ipv6) {
  server_options how;
  how.listen = "[::1]:0";
  server v6(
      io.get_executor(), how,
      +[](http_request rq) -> awaitable<http_response> { co_return json_response(200, rq.peer); });
  const auto started = waybill::test::run(io, v6.start());
  if (!started) GTEST_SKIP() << "no IPv6 here: " << started.error().what;
  const auto client = make_client(io.get_executor());
  http_request rq;
  rq.url = "http://[::1]:" + std::to_string(v6.port()) + "/";
  const auto answer = waybill::test::run(io, client->send(rq));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "::1");
}

TEST_F(served, a_long_answer_arrives_whole) {
  serve(+[](http_request) -> awaitable<http_response> { co_return json_response(200, std::string(5'000'000, 'x')); });
  const auto answer = talk("GET / HTTP/1.1\r\n" + last + "\r\n");
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 5'000'000U);
}

TEST_F(served, an_answer_without_content_has_no_length) {
  serve(+[](http_request) -> awaitable<http_response> { co_return http_response{204, {}, "not for the wire"}; });
  const auto answer = talk("GET / HTTP/1.1\r\n" + last + "\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(served, status_0_closes_without_an_answer) {
  serve(+[](http_request) -> awaitable<http_response> { co_return http_response{0, {}, {}}; });
  EXPECT_EQ(talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

TEST_F(served, an_answers_header_cannot_be_split) {
  serve(+[](http_request rq) -> awaitable<http_response> {
    http_response r;
    r.headers.emplace_back("Location", "/" + *percent_decode(rq.query));
    co_return r;
  });
  const auto answer = talk("GET /?a%0D%0ASet-Cookie:%20x HTTP/1.1\r\n" + last + "\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
}

TEST_F(served, a_handlers_framing_headers_are_ignored) {
  serve(+[](http_request) -> awaitable<http_response> {
    http_response r;
    r.headers = {
        {"Content-Length", "999"}, {"Transfer-Encoding", "chunked"}, {"connection", "upgrade"}, {"X-Kept", "yes"}};
    r.body = "ab";
    co_return r;
  });
  const auto answer = talk("GET / HTTP/1.1\r\n" + last + "\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Kept: yes\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, Not(HasSubstr("upgrade")));
}

std::string& logged() {
  static std::string text;
  return text;
}
void remember(log::level, std::string_view message, log::fields fields) {
  logged() += message;
  for (const auto& [name, value] : fields) ((logged() += ' ') += name) += '=', logged() += value;
  logged() += '\n';
}

TEST_F(served, an_exception_is_a_500_and_a_line_without_the_callers_data) {
  serve(+[](http_request rq) -> awaitable<http_response> {
    if (rq.path == "/now") throw std::runtime_error("quotes " + rq.body);
    co_await sleep_for(1ms);
    throw std::invalid_argument("quotes " + rq.body);
  });
  logged().clear();
  log::set_sink(remember);
  const auto answers = talk(post("/later/hunter2", "hunter2") + post("/now", "hunter2", "Connection: close\r\n"));
  log::set_sink(nullptr);
  EXPECT_THAT(answers, MatchesRegex("HTTP/1.1 500 (.|\n|\r)*HTTP/1.1 500 (.|\n|\r)*"));
  EXPECT_THAT(answers, HasSubstr(R"({"error":"internal","message":)"));
  EXPECT_THAT(logged(), HasSubstr("std::runtime_error"));
  EXPECT_THAT(logged(), HasSubstr("std::invalid_argument"));
  EXPECT_THAT(logged(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(answers, Not(HasSubstr("hunter2")));
}

TEST_F(served, a_route_may_take_more_than_the_rest) {
  router r;
  r.add("POST", "/small", [](http_request rq, path_values) { return echo(std::move(rq)); });
  r.add("POST", "/big/{name}", [](http_request rq, path_values) { return echo(std::move(rq)); }, 2000);
  server_options how;
  how.max_body_bytes = 1000;
  how.body_limit_of = [&r](std::string_view method, std::string_view path) { return r.body_limit(method, path); };
  serve(r.as_handler(), how);
  const std::string chunked =
      "HTTP/1.1\r\n" + last + "Transfer-Encoding: chunked\r\n\r\n5dc\r\n" + std::string(1500, 'x') + "\r\n0\r\n\r\n";
  EXPECT_THAT(talk(post("/small", std::string(1500, 'x'), "Connection: close\r\n")), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(talk(post("/big/a", std::string(1500, 'x'), "Connection: close\r\n")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(talk("POST /small " + chunked), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(talk("POST /big/a " + chunked), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(talk(post("/big/a", std::string(2500, 'x'), "Connection: close\r\n")), StartsWith("HTTP/1.1 413 "));
}

TEST_F(served, a_taken_port_is_unavailable) {
  serve();
  server_options how;
  how.listen = "127.0.0.1:" + std::to_string(front->port());
  server second(io.get_executor(), how, echo);
  const auto started = waybill::test::run(io, second.start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, errc::unavailable);
}

} // namespace
} // namespace waybill::http::test
