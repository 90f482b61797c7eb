// The server behind a certificate.
#include "support.hpp"

#include <fstream>

namespace waybill::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct served_with_tls : with_server {
  authority ca;
  std::shared_ptr<http_client> client;
  server_options options(const std::string& name) const {
    server_options how;
    how.tls_certificate = ca.file(name + ".pem");
    how.tls_private_key = ca.file(name + ".key");
    return how;
  }
  result<http_response> get(const std::string& host) {
    client_options how;
    how.ca_file = ca.ca();
    client = make_client(io.get_executor(), how);
    http_request rq;
    rq.url = "https://" + host + ":" + std::to_string(front->port()) + "/x";
    return waybill::test::run(io, client->send(rq));
  }
};

TEST_F(served_with_tls, answers_and_takes_a_new_certificate) {
  ca.issue("server", "DNS:localhost");
  serve(echo, options("server"));
  auto answer = get("localhost");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "GET|/x||");
  EXPECT_FALSE(get("127.0.0.1")) << "the first certificate is for the name only";
  ca.issue("server", "IP:127.0.0.1");
  const auto reloaded = front->reload_certificate();
  ASSERT_TRUE(reloaded) << reloaded.error().what;
  EXPECT_TRUE(get("127.0.0.1"));
  EXPECT_FALSE(get("localhost"));
  std::ofstream(ca.file("server.key")) << "nonsense";
  const auto broken = front->reload_certificate();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, errc::bad_input);
  EXPECT_TRUE(get("127.0.0.1")) << "the one before stays in use";
}

TEST_F(served_with_tls, large_bodies_both_ways) {
  ca.issue("server", "DNS:localhost");
  auto how = options("server");
  how.max_body_bytes = 4'000'000;
  serve(echo, how);
  client_options options;
  options.ca_file = ca.ca();
  client = make_client(io.get_executor(), options);
  http_request rq;
  rq.method = "POST";
  rq.url = "https://localhost:" + std::to_string(front->port()) + "/x";
  rq.body = std::string(3'000'000, 'x');
  const auto answer = waybill::test::run(io, client->send(rq));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "POST|/x||" + rq.body);
}

TEST_F(served_with_tls, a_plain_caller_gets_nothing) {
  ca.issue("server", "DNS:localhost");
  serve(echo, options("server"));
  EXPECT_THAT(talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Not(HasSubstr("HTTP/1.1 200")));
}

TEST_F(served_with_tls, a_caller_that_never_shakes_hands_is_closed) {
  ca.issue("server", "DNS:localhost");
  auto how = options("server");
  how.request_timeout = 80ms;
  serve(echo, how);
  talk("");
  EXPECT_EQ(front->connections(), 0U);
}

TEST_F(served_with_tls, wrong_files_are_told_at_the_start) {
  ca.issue("server", "DNS:localhost");
  ca.issue("other", "DNS:localhost");
  auto mixed = options("server"), half = options("server"), missing = options("nobody");
  mixed.tls_private_key = ca.file("other.key");
  half.tls_private_key.clear();
  for (auto how : {mixed, half, missing}) {
    how.listen = "127.0.0.1:0";
    server s(io.get_executor(), how, echo);
    const auto started = waybill::test::run(io, s.start());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, errc::bad_input);
  }
}

} // namespace
} // namespace waybill::http::test
