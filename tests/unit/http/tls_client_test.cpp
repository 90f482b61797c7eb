// Whom the client believes, and how it passes proxies.
#include "support.hpp"

#include <http/proxy.hpp>
#include <http/tls.hpp>

#include <cstdlib>

#include <openssl/ssl.h>

namespace waybill::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct tls_client : with_server {
  authority ca;
  client_options how;
  tls_client() {
    how.ca_file = ca.ca();
    how.proxy_from_environment = false;
  }
  void serve_as(const authority& issuer, const std::string& names) {
    issuer.issue("server", names);
    server_options options;
    options.tls_certificate = issuer.file("server.pem");
    options.tls_private_key = issuer.file("server.key");
    serve(echo, options);
  }
  result<http_response> get(const std::string& url) {
    const auto client = make_client(io.get_executor(), how);
    http_request rq;
    rq.url = url;
    return waybill::test::run(io, client->send(rq));
  }
  std::string secure(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(front->port()) + "/x?token=hunter2";
  }
  void expect_refused(const result<http_response>& answer) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, errc::unavailable);
    EXPECT_EQ(answer.error().peer_code, "tls");
    EXPECT_THAT(answer.error().what, Not(HasSubstr("hunter2")));
  }
};

TEST_F(tls_client, believes_the_right_name) {
  serve_as(ca, "DNS:localhost,IP:127.0.0.1");
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto answer = get(secure(host));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->body, "GET|/x|token=hunter2|");
  }
}

TEST_F(tls_client, refuses_a_wrong_name) {
  serve_as(ca, "DNS:other.example");
  expect_refused(get(secure("localhost")));
  expect_refused(get(secure("127.0.0.1")));
}

TEST_F(tls_client, refuses_an_unknown_issuer) {
  const authority stranger;
  serve_as(stranger, "DNS:localhost");
  expect_refused(get(secure("localhost")));
  how.ca_file.clear();
  expect_refused(get(secure("localhost")));
}

// In both directions; what the peer would agree to does not matter.
TEST_F(tls_client, speaks_nothing_older_than_tls_1_2) {
  ca.issue("server", "DNS:localhost");
  const auto out = make_client_tls({});
  const auto in = make_server_tls(ca.file("server.pem"), ca.file("server.key"));
  ASSERT_TRUE(out && in);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*out)->native_handle()), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*in)->native_handle()), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_verify_mode((*out)->native_handle()), SSL_VERIFY_PEER);
}

TEST_F(tls_client, an_unreadable_authority_fails_the_request) {
  serve_as(ca, "DNS:localhost");
  how.ca_file = ca.file("nothing.pem");
  const auto answer = get(secure("localhost"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::bad_input);
  EXPECT_THAT(answer.error().what, HasSubstr("nothing.pem"));
}

TEST_F(tls_client, a_peer_that_speaks_no_tls_gets_nothing) {
  serve();
  const auto answer = get(secure("localhost"));
  expect_refused(answer);
}

TEST_F(tls_client, a_handshake_that_never_ends_is_unavailable) {
  std::string received;
  scripted_peer silent(io, [&received](std::shared_ptr<caller> c, std::size_t) {
    return [](std::shared_ptr<caller> s, std::string* out) -> awaitable<void> {
      *out = co_await s->rest();
    }(std::move(c), &received);
  });
  how.connect_timeout = 60ms;
  const auto answer = get("https://127.0.0.1:" + std::to_string(silent.port()) + "/hunter2");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::unavailable);
}

TEST_F(tls_client, connections_are_kept) {
  serve_as(ca, "DNS:localhost");
  const auto client = make_client(io.get_executor(), how);
  for (int i = 0; i < 4; ++i) {
    http_request rq;
    rq.method = "POST";
    rq.url = secure("localhost");
    rq.body = std::string(100'000, 'x');
    const auto answer = waybill::test::run(io, client->send(rq));
    ASSERT_TRUE(answer) << answer.error().what;
  }
  EXPECT_EQ(front->connections(), 1U);
}

// --- proxies

// Connects whoever asks to the server, whatever name was asked for; refuses without the right password when one is set.
struct proxied : tls_client {
  std::optional<scripted_peer> proxy;
  std::vector<std::string> asked;
  std::string required;
  void SetUp() override {
    proxy.emplace(io, [this](std::shared_ptr<caller> c, std::size_t) { return relay(this, std::move(c)); });
    how.proxy_from_environment = true;
    for (const char* name : {"https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"})
      ::unsetenv(name);
  }
  void TearDown() override {
    for (const char* name : {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"}) ::unsetenv(name);
  }
  std::string address(const std::string& user = {}) const {
    return "http://" + user + "127.0.0.1:" + std::to_string(proxy->port());
  }
  static awaitable<void> relay(proxied* self, std::shared_ptr<caller> c) {
    auto head = co_await c->answer();
    self->asked.push_back(head);
    if (!self->required.empty() && head.find("Proxy-Authorization: " + self->required + "\r\n") == std::string::npos) {
      co_await c->send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      co_return;
    }
    auto up = std::make_shared<caller>(self->io);
    co_await up->connect(self->front->port());
    if (head.starts_with("CONNECT ")) co_await c->send("HTTP/1.1 200 Connection established\r\n\r\n");
    else co_await up->send(head);
    spawn(self->io.get_executor(), "pump", pump(up, c));
    co_await pump(c, up);
  }
  static awaitable<void> pump(std::shared_ptr<caller> from, std::shared_ptr<caller> to) {
    char part[4096];
    for (;;) {
      const auto [ec, n] = co_await from->socket.async_read_some(asio::buffer(part), as_result);
      if (ec) break;
      std::string bytes(part, n);
      co_await to->send(std::move(bytes));
    }
    boost::system::error_code ignored;
    to->socket.shutdown(tcp::socket::shutdown_both, ignored);
  }
};

TEST_F(proxied, https_goes_through_a_tunnel_and_is_verified) {
  serve_as(ca, "DNS:carrier.example");
  ::setenv("HTTPS_PROXY", address().c_str(), 1);
  const auto answer = get("https://carrier.example/x?token=hunter2");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "GET|/x|token=hunter2|");
  EXPECT_EQ(asked.at(0), "CONNECT carrier.example:443 HTTP/1.1\r\nHost: carrier.example:443\r\n\r\n");
  expect_refused(get("https://other.example/x"));
}

TEST_F(proxied, http_names_the_whole_url) {
  serve();
  ::setenv("HTTP_PROXY", address("us%40er:pass@").c_str(), 1);
  required = "Basic dXNAZXI6cGFzcw==";
  const auto answer = get("http://carrier.example:8080/x?y");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "GET|/x|y|");
  EXPECT_THAT(
      asked.at(0),
      StartsWith("GET http://carrier.example:8080/x?y HTTP/1.1\r\nHost: carrier.example:8080\r\nProxy-Authorization: " +
                 required + "\r\n"));
}

TEST_F(proxied, a_proxy_that_refuses_means_unavailable) {
  serve_as(ca, "DNS:carrier.example");
  required = "Basic something";
  ::setenv("HTTPS_PROXY", address("user:hunter2@").c_str(), 1);
  const auto answer = get("https://carrier.example/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::unavailable);
  EXPECT_THAT(answer.error().what, HasSubstr("407"));
  EXPECT_THAT(answer.error().what, Not(HasSubstr("hunter2")));
}

TEST_F(proxied, a_variable_that_is_no_proxy_fails_requests_with_its_name) {
  serve();
  ::setenv("HTTPS_PROXY", "socks5://user:hunter2@h:1080", 1);
  const auto answer = get(url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::bad_input);
  EXPECT_THAT(answer.error().what, HasSubstr("HTTPS_PROXY"));
  EXPECT_THAT(answer.error().what, Not(HasSubstr("hunter2")));
}

struct rule_row {
  const char* name;
  const char* no_proxy;
  const char* url;
  bool direct;
  friend void PrintTo(const rule_row& r, std::ostream* out) { *out << r.name; }
};
class exceptions : public testing::TestWithParam<rule_row> {};

TEST_P(exceptions, from_no_proxy) {
  const auto& [name, no_proxy, url, direct] = GetParam();
  static const char* list;
  list = no_proxy;
  const auto rules = proxy_rules::from([](const char* n) -> const char* {
    const std::string_view variable = n;
    return variable == "NO_PROXY"                                  ? list
           : variable == "HTTPS_PROXY" || variable == "HTTP_PROXY" ? "proxy.example:3128"
                                                                   : nullptr;
  });
  ASSERT_TRUE(rules);
  const auto parsed = parse_url(url);
  ASSERT_TRUE(parsed);
  const auto* chosen = rules->pick(*parsed);
  EXPECT_EQ(chosen == nullptr, direct);
  if (chosen != nullptr) { EXPECT_EQ(chosen->host + ":" + std::to_string(chosen->port), "proxy.example:3128"); }
}

INSTANTIATE_TEST_SUITE_P(proxy, exceptions,
                         testing::Values(rule_row{"none", "", "https://a.example/", false},
                                         rule_row{"exact", "a.example", "https://a.example/", true},
                                         rule_row{"capitals", "A.Example", "https://a.EXAMPLE/", true},
                                         rule_row{"below", "example", "https://a.example/", true},
                                         rule_row{"not_a_suffix_of_a_label", "ple.example", "https://apple.example/",
                                                  false},
                                         rule_row{"leading_dot", ".a.example", "https://b.a.example/", true},
                                         rule_row{"leading_dot_itself", ".a.example", "https://a.example/", true},
                                         rule_row{"star_dot", "*.a.example", "https://b.a.example/", true},
                                         rule_row{"list", "x.example, a.example", "https://a.example/", true},
                                         rule_row{"star", "*", "http://anything.example/", true},
                                         rule_row{"port", "a.example:8443", "https://a.example:8443/", true},
                                         rule_row{"other_port", "a.example:8443", "https://a.example/", false},
                                         rule_row{"address", "192.0.2.1", "http://192.0.2.1/", true},
                                         rule_row{"network", "10.0.0.0/8", "http://10.1.2.3/", true},
                                         rule_row{"outside_the_network", "10.0.0.0/8", "http://11.1.2.3/", false},
                                         rule_row{"v6", "2001:db8::1", "http://[2001:db8::1]/", true},
                                         rule_row{"v6_with_port", "[2001:db8::1]:81", "http://[2001:db8::1]:81/", true},
                                         rule_row{"v6_network", "2001:db8::/32", "http://[2001:db8:1::1]/", true},
                                         rule_row{"nonsense", ",, :,/8,[", "https://a.example/", false},
                                         rule_row{"this_machine", "", "http://localhost:8080/", true},
                                         rule_row{"loopback", "", "http://127.0.0.2/", true},
                                         rule_row{"loopback_v6", "", "http://[::1]/", true}),
                         [](const auto& tested) { return tested.param.name; });

} // namespace
} // namespace waybill::http::test
