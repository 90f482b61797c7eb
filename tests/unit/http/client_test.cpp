// The client against peers that misbehave: what is repeated, what is not, and what each end is called.
#include "support.hpp"

namespace waybill::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct client_tests : testing::Test {
  asio::io_context io{1};
  std::shared_ptr<http_client> client = make_client(io.get_executor(), direct());
  std::optional<scripted_peer> peer;
  std::vector<std::string> received;

  // A peer that reads each request (without a body) and answers with `bytes`, then closes if told so.
  void answering(std::string bytes, bool close = false) {
    peer.emplace(io, [this, bytes, close](std::shared_ptr<caller> c, std::size_t) {
      return reply(this, std::move(c), bytes, close);
    });
  }
  static awaitable<void> reply(client_tests* self, std::shared_ptr<caller> c, std::string bytes, bool close) {
    for (;;) {
      auto rq = co_await c->answer(); // the framing of requests is the same
      if (rq.ends_with("<closed>")) co_return;
      self->received.push_back(std::move(rq));
      co_await c->send(bytes);
      if (close) co_return;
    }
  }
  http_request request(const std::string& method = "GET", const std::string& path = "/a?b=c") const {
    http_request rq;
    rq.method = method;
    rq.url = peer ? peer->url(path) : "http://127.0.0.1:1" + path;
    if (method == "POST") rq.body = "body";
    return rq;
  }
  result<http_response> send(http_request rq) { return waybill::test::run(io, client->send(std::move(rq))); }
  result<http_response> get() { return send(request()); }
};

TEST_F(client_tests, sends_what_was_asked_and_gives_what_came) {
  answering("HTTP/1.1 201 Created\r\nX-One: 1\r\nx-two: 2\r\nContent-Length: 3\r\n\r\nabc");
  auto rq = request("POST");
  rq.headers = {
      {"Content-Type", "text/plain"}, {"Host", "forged"}, {"Content-Length", "99"}, {"Transfer-Encoding", "chunked"}};
  const auto answer = send(rq);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "abc");
  EXPECT_EQ(*find_header(answer->headers, "x-one"), "1");
  EXPECT_EQ(*find_header(answer->headers, "X-Two"), "2");
  EXPECT_EQ(received.at(0), "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer->port()) +
                                "\r\nUser-Agent: waybill/" WAYBILL_VERSION
                                "\r\nAccept: */*\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody");
}

struct row {
  const char* name;
  std::string bytes;
  int status; // 0: protocol
  std::string body;
  bool close{false};
  friend void PrintTo(const row& r, std::ostream* out) { *out << r.name; }
};
class answers : public client_tests, public testing::WithParamInterface<row> {};

TEST_P(answers, are_read) {
  const auto& [name, bytes, status, body, close] = GetParam();
  answering(bytes, close);
  auto rq = request("POST");
  rq.max_response_bytes = 1000;
  const auto answer = send(rq);
  EXPECT_EQ(received.size(), 1U) << "never twice";
  if (status == 0) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, errc::protocol) << answer.error().what;
    EXPECT_THAT(answer.error().what, Not(HasSubstr("b=c")));
    return;
  }
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, status);
  EXPECT_EQ(answer->body, body);
}

INSTANTIATE_TEST_SUITE_P(
    client, answers,
    testing::Values(
        row{"length", fine, 200, "ok"},
        row{"error_status_is_a_value", "HTTP/1.1 500 Oops\r\nContent-Length: 1\r\n\r\nx", 500, "x"},
        row{"no_content", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        row{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200,
            "abcde"},
        row{"until_the_end", "HTTP/1.1 200 OK\r\n\r\nabc", 200, "abc", true},
        row{"old_protocol", "HTTP/1.0 200 OK\r\n\r\nabc", 200, "abc", true},
        row{"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + fine, 200, "ok"},
        row{"redirect_is_not_followed", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 302,
            ""},
        row{"largest", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'), 200,
            std::string(1000, 'x')},
        row{"too_large", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'), 0, ""},
        row{"too_large_in_chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') +
                "\r\n1\r\nx\r\n0\r\n\r\n",
            0, ""},
        row{"too_large_until_the_end", "HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'), 0, "", true},
        row{"endless_header", "HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x'), 0, ""},
        row{"garbage", "SSH-2.0-OpenSSH\r\n\r\n", 0, ""},
        row{"other_coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", 0, "", true},
        row{"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 0, ""},
        row{"bad_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0, ""},
        row{"another_protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 0, ""},
        row{"endless_interim_answers",
            [] {
              std::string made;
              for (int i = 0; i < 50; ++i) made += "HTTP/1.1 100 Continue\r\n\r\n";
              return made;
            }(),
            0, ""}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(client_tests, head_has_no_body) {
  answering("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  EXPECT_TRUE(send(request("HEAD")));
  const auto again = send(request("HEAD"));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->body, "");
  EXPECT_EQ(peer->connections, 1U);
}

// --- the pool

TEST_F(client_tests, a_connection_is_used_again) {
  answering(fine);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(get());
  EXPECT_EQ(peer->connections, 1U);
}

TEST_F(client_tests, a_connection_that_says_close_is_not) {
  answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(get());
  EXPECT_EQ(peer->connections, 2U);
}

TEST_F(client_tests, nor_one_with_bytes_nobody_asked_for) {
  answering(fine + fine);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(get());
  EXPECT_EQ(peer->connections, 2U);
}

TEST_F(client_tests, nor_one_that_idled_or_aged_too_long) {
  answering(fine);
  for (auto limit : {&client_options::idle_most, &client_options::age_most}) {
    auto how = direct();
    how.*limit = 0ms;
    client = make_client(io.get_executor(), how);
    const auto before = peer->connections;
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(get());
    EXPECT_EQ(peer->connections, before + 2);
  }
}

TEST_F(client_tests, a_connection_closed_in_the_meantime_is_noticed_before_it_is_used) {
  answering(fine, true); // promises keep-alive, closes
  EXPECT_TRUE(get());
  for (int i = 0; i < 3; ++i) {
    const auto posted = send(request("POST"));
    EXPECT_TRUE(posted) << posted.error().what;
  }
  EXPECT_EQ(peer->connections, 4U);
}

// The first request of each connection is answered, the second one read and dropped.
awaitable<void> answer_once(client_tests* self, std::shared_ptr<caller> c) {
  self->received.push_back(co_await c->answer());
  co_await c->send(fine);
  self->received.push_back(co_await c->answer());
}
void dropping_the_second(client_tests* t) {
  t->peer.emplace(t->io, [t](std::shared_ptr<caller> c, std::size_t) { return answer_once(t, std::move(c)); });
}

TEST_F(client_tests, what_is_lost_on_a_pooled_connection_is_repeated_when_that_is_harmless) {
  dropping_the_second(this);
  EXPECT_TRUE(get());
  EXPECT_TRUE(get());
  EXPECT_EQ(peer->connections, 2U);
  auto keyed = request("POST");
  keyed.idempotent = true;
  EXPECT_TRUE(send(keyed));
  EXPECT_EQ(peer->connections, 3U);
}

TEST_F(client_tests, and_otherwise_its_outcome_is_unknown) {
  dropping_the_second(this);
  EXPECT_TRUE(get());
  const auto answer = send(request("POST"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::outcome_unknown);
  EXPECT_EQ(peer->connections, 1U);
  EXPECT_THAT(answer.error().what, HasSubstr("127.0.0.1"));
  EXPECT_THAT(answer.error().what, Not(HasSubstr("b=c")));
}

TEST_F(client_tests, a_fresh_connection_is_no_reason_to_repeat) {
  answering("", true);
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unavailable);
  EXPECT_EQ(peer->connections, 1U);
  const auto posted = send(request("POST"));
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, errc::outcome_unknown);
  EXPECT_EQ(peer->connections, 2U);
}

TEST_F(client_tests, half_an_answer_is_none_and_not_repeated) {
  answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", true);
  const auto posted = send(request("POST"));
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, errc::outcome_unknown);
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unavailable);
  EXPECT_EQ(received.size(), 2U);
}

TEST_F(client_tests, nobody_listens) {
  std::uint16_t port = 0;
  {
    tcp::acceptor gone(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = gone.local_endpoint().port();
  }
  auto rq = request("POST", "/secret?token=hunter2");
  rq.url = "http://127.0.0.1:" + std::to_string(port) + "/secret?token=hunter2";
  const auto answer = send(rq);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::unavailable);
  EXPECT_THAT(answer.error().what, Not(HasSubstr("hunter2")));
  EXPECT_THAT(answer.error().what, Not(HasSubstr("secret")));
}

TEST_F(client_tests, a_name_that_does_not_exist_is_unavailable) {
  auto rq = request("POST");
  rq.url = "http://does-not-exist.invalid/";
  rq.timeout = 20s;
  const auto answer = send(rq);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::unavailable);
}

TEST_F(client_tests, silence_ends_at_the_deadline) {
  answering("");
  for (const auto& [method, idempotent, expected] :
       std::initializer_list<std::tuple<const char*, bool, errc>>{{"GET", false, errc::timeout},
                                                                  {"HEAD", false, errc::timeout},
                                                                  {"POST", false, errc::outcome_unknown},
                                                                  {"POST", true, errc::timeout},
                                                                  {"DELETE", false, errc::outcome_unknown}}) {
    auto rq = request(method);
    rq.timeout = 50ms;
    rq.idempotent = idempotent;
    const auto answer = send(rq);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, expected) << method;
  }
}

TEST_F(client_tests, an_answer_that_drips_ends_at_the_deadline_too) {
  peer.emplace(io, [this](std::shared_ptr<caller> c, std::size_t) {
    return [](client_tests* t, std::shared_ptr<caller> s) -> awaitable<void> {
      t->received.push_back(co_await s->answer());
      co_await s->send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      for (bool open = true; open;) {
        open = co_await s->send("x");
        co_await sleep_for(2ms);
      }
    }(this, std::move(c));
  });
  auto rq = request("POST");
  rq.timeout = 60ms;
  const auto answer = send(rq);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::outcome_unknown);
}

// --- what is refused before anything is sent

TEST_F(client_tests, requests_that_cannot_be_meant) {
  answering(fine);
  const auto expect_bad = [&](http_request rq, const char* what) {
    const auto answer = send(std::move(rq));
    ASSERT_FALSE(answer) << what;
    EXPECT_EQ(answer.error().code, errc::bad_input) << what;
    EXPECT_THAT(answer.error().what, Not(HasSubstr("hunter2"))) << what;
  };
  for (const char* url :
       {"", "hunter2", "ftp://h/hunter2", "http://user:hunter2@127.0.0.1/", "http:///hunter2", "http://h:99999/hunter2",
        "http://h:0/hunter2", "https://h/hunter2 x", "http://h/\r\nhunter2"}) {
    auto rq = request();
    rq.url = url;
    expect_bad(std::move(rq), url);
  }
  for (const char* method : {"", "GET /hunter2", "G\r\nX: hunter2", "CONNECT"}) expect_bad(request(method), method);
  for (const auto& [name, value] : http_headers{
           {"X", "a\r\nY: hunter2"}, {"X\r\nhunter2", "a"}, {"", "hunter2"}, {"X Y", "hunter2"}, {"X", "a\nhunter2"}}) {
    auto rq = request();
    rq.headers = {{name, value}};
    expect_bad(std::move(rq), "header");
  }
  EXPECT_EQ(peer->connections, 0U);
}

TEST_F(client_tests, private_addresses_are_refused_when_asked_to) {
  answering(fine);
  auto how = direct();
  how.public_addresses_only = true;
  client = make_client(io.get_executor(), how);
  for (const std::string host : {"127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "[::1]", "169.254.169.254"}) {
    auto rq = request();
    rq.url = "http://" + host + ":" + std::to_string(peer->port()) + "/";
    const auto answer = send(rq);
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, errc::forbidden) << host;
  }
  EXPECT_EQ(peer->connections, 0U);
}

} // namespace
} // namespace waybill::http::test
