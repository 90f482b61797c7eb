#include <http/url.hpp>

#include <ostream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <support/run.hpp>

namespace waybill::http {
namespace {

TEST(url_parts, are_told_apart) {
  const auto full = parse_url("HTTPS://Api.Example:8443/v2/orders?x=%20y#part");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->host, "api.example");
  EXPECT_EQ(full->port, 8443);
  EXPECT_EQ(full->target, "/v2/orders?x=%20y");
  EXPECT_EQ(full->authority(), "api.example:8443");
  const auto bare = parse_url("http://h");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->tls);
  EXPECT_EQ(bare->port, 80);
  EXPECT_EQ(bare->target, "/");
  EXPECT_EQ(bare->authority(), "h");
  EXPECT_EQ(parse_url("http://h?a=b")->target, "/?a=b");
  EXPECT_EQ(parse_url("http://h#a")->target, "/");
  EXPECT_EQ(parse_url("http://h:/a")->port, 80);
  const auto v6 = parse_url("http://[::1]:81/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->authority(), "[::1]:81");
}

struct row {
  const char* text;
  const char* host; // nullptr: refused
  friend void PrintTo(const row& r, std::ostream* out) { *out << r.text; }
};
class portal_host : public testing::TestWithParam<row> {};

TEST_P(portal_host, is_checked) {
  const auto host = check_portal_host(GetParam().text);
  if (GetParam().host == nullptr) {
    ASSERT_FALSE(host) << *host;
    EXPECT_EQ(host.error().code, errc::bad_input);
  } else {
    ASSERT_TRUE(host) << host.error().what;
    EXPECT_EQ(*host, GetParam().host);
  }
}

INSTANTIATE_TEST_SUITE_P(
    url, portal_host,
    testing::Values(
        row{"example.bitrix24.ru", "example.bitrix24.ru"}, row{"Example.Bitrix24.RU", "example.bitrix24.ru"},
        row{"https://example.bitrix24.ru/rest/1/code/", "example.bitrix24.ru"},
        row{"https://crm.xn--80a.xn--p1ai/", "crm.xn--80a.xn--p1ai"},
        row{"https://crm.company-1.de", "crm.company-1.de"}, row{"", nullptr},
        row{"http://example.bitrix24.ru/", nullptr}, row{"https://", nullptr},
        row{"ftp://example.bitrix24.ru/", nullptr}, row{"https://user@example.bitrix24.ru/", nullptr},
        row{"https://a:b@example.bitrix24.ru/", nullptr}, row{"https://example.bitrix24.ru@evil.example/", nullptr},
        row{"example.bitrix24.ru@evil.example", nullptr}, row{"https://example.bitrix24.ru:443/", nullptr},
        row{"https://example.bitrix24.ru:8443/", nullptr}, row{"https://example.bitrix24.ru:/", nullptr},
        row{"example.bitrix24.ru:443", nullptr}, row{"example.bitrix24.ru/rest", nullptr},
        row{"example.bitrix24.ru?x", nullptr}, row{"example.bitrix24.ru#x", nullptr},
        row{"https://127.0.0.1/", nullptr}, row{"10.0.0.1", nullptr}, row{"8.8.8.8", nullptr},
        row{"https://[::1]/", nullptr}, row{"https://[2001:db8::1]/", nullptr}, row{"2130706433", nullptr},
        row{"0x7f000001", nullptr}, row{"0x7f.1", nullptr}, row{"127.1", nullptr}, row{"0177.0.0.01", nullptr},
        row{"localhost", nullptr}, row{"LOCALHOST", nullptr}, row{"x.localhost", nullptr}, row{"redis", nullptr},
        row{"printer.local", nullptr}, row{"metadata.google.internal", nullptr}, row{"example.bitrix24.ru.", nullptr},
        row{".bitrix24.ru", nullptr}, row{"a..ru", nullptr}, row{"-a.ru", nullptr}, row{"a_b.ru", nullptr},
        row{"ex%61mple.bitrix24.ru", nullptr}, row{"https://ex%61mple.bitrix24.ru/", nullptr},
        row{"https://a.ru\\@evil.example/", nullptr}, row{"https://a.ru \r\n", nullptr}, row{"портал.рф", nullptr}));

TEST(address, public_or_not) {
  for (const char* yes : {"8.8.8.8", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2a02:6b8::1",
                          "2001:4860:4860::8888", "::ffff:8.8.8.8"})
    EXPECT_TRUE(is_public_address(yes)) << yes;
  for (const char* no : {"127.0.0.1",
                         "10.1.2.3",
                         "172.16.0.1",
                         "172.31.255.255",
                         "192.168.1.1",
                         "169.254.169.254",
                         "100.64.0.1",
                         "0.0.0.0",
                         "224.0.0.1",
                         "240.0.0.1",
                         "255.255.255.255",
                         "192.0.2.1",
                         "198.18.0.1",
                         "::",
                         "::1",
                         "fe80::1",
                         "fc00::1",
                         "fd12::1",
                         "ff02::1",
                         "::ffff:127.0.0.1",
                         "::ffff:10.0.0.1",
                         "64:ff9b::7f00:1",
                         "2002:7f00:1::",
                         "2001:db8::1",
                         "::127.0.0.1",
                         "",
                         "x"})
    EXPECT_FALSE(is_public_address(no)) << no;
}

TEST(address, a_name_that_leads_home_is_forbidden) {
  asio::io_context io{1};
  const auto home = waybill::test::run(io, resolve_public("localhost"));
  ASSERT_FALSE(home);
  EXPECT_EQ(home.error().code, errc::forbidden);
  const auto open = waybill::test::run(io, resolve_public("8.8.8.8"));
  ASSERT_TRUE(open);
  EXPECT_THAT(*open, testing::ElementsAre("8.8.8.8"));
  const auto none = waybill::test::run(io, resolve_public("does-not-exist.invalid"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, errc::unavailable);
}

} // namespace
} // namespace waybill::http
