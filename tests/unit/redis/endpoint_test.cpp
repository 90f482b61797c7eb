#include <redis/connection.hpp>
#include <redis/locate.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waybill::redis::test {
namespace {

struct good {
  const char* url;
  const char* socket;
  const char* host;
  int port;
  const char* user;
  const char* password;
  int database;
};

class good_urls : public testing::TestWithParam<good> {};

TEST_P(good_urls, are_read) {
  const auto& p = GetParam();
  const auto e = parse_endpoint(p.url);
  ASSERT_TRUE(e) << e.error().what;
  EXPECT_EQ(e->unix_socket, p.socket);
  EXPECT_EQ(e->host, p.host);
  EXPECT_EQ(e->port, p.port);
  EXPECT_EQ(e->user, p.user);
  EXPECT_EQ(e->password.reveal(), p.password);
  EXPECT_EQ(e->database, p.database);
}

INSTANTIATE_TEST_SUITE_P(
    endpoint, good_urls,
    testing::Values(
        good{"redis://", "", "127.0.0.1", 6379, "", "", 0}, good{"redis://h", "", "h", 6379, "", "", 0},
        good{"redis://h:7000/3", "", "h", 7000, "", "", 3}, good{"redis://h/", "", "h", 6379, "", "", 0},
        good{"redis://:pw@h", "", "h", 6379, "", "pw", 0}, good{"redis://u:pw@h:1/0", "", "h", 1, "u", "pw", 0},
        good{"redis://u:@h", "", "h", 6379, "u", "", 0},
        good{"redis://u%40x:p%2F%3A%25@h", "", "h", 6379, "u@x", "p/:%", 0},
        good{"redis://u:a:b@c@h", "", "h", 6379, "u", "a:b@c", 0}, good{"redis://[::1]:7/2", "", "::1", 7, "", "", 2},
        good{"redis://[fe80::1]", "", "fe80::1", 6379, "", "", 0}, good{"redis://h?db=4", "", "h", 6379, "", "", 4},
        good{"redis:///5", "", "127.0.0.1", 6379, "", "", 5},
        good{"unix:///run/redis.sock", "/run/redis.sock", "127.0.0.1", 6379, "", "", 0},
        good{"unix:///a%20b/s?db=2", "/a b/s", "127.0.0.1", 6379, "", "", 2},
        good{"unix://u:p@/run/s", "/run/s", "127.0.0.1", 6379, "u", "p", 0},
        good{"unix:///run/s?user=u&password=p%26&db=1", "/run/s", "127.0.0.1", 6379, "u", "p&", 1}));

struct wrong {
  std::string url;
  const char* says;
};

class wrong_urls : public testing::TestWithParam<wrong> {};

TEST_P(wrong_urls, are_refused_with_the_reason_and_without_the_password) {
  const auto e = parse_endpoint(GetParam().url);
  ASSERT_FALSE(e);
  EXPECT_EQ(e.error().code, errc::bad_input);
  EXPECT_THAT(e.error().what, testing::HasSubstr(GetParam().says));
  EXPECT_THAT(e.error().what, testing::Not(testing::HasSubstr("hush")));
}

INSTANTIATE_TEST_SUITE_P(
    endpoint, wrong_urls,
    testing::Values(
        wrong{"", "must begin with"}, wrong{"localhost:6379", "must begin with"}, wrong{"http://h", "must begin with"},
        wrong{"rediss://:hush@h", "TLS"}, wrong{"redis://hush@h", "user without a password"},
        wrong{"redis://:hush%2@h", "password has a %"}, wrong{"redis://:hush%zz@h", "password has a %"},
        wrong{"redis://:hush%00@h", "password has a %"}, wrong{"redis://h:0", "port"}, wrong{"redis://h:65536", "port"},
        wrong{"redis://h:", "port"}, wrong{"redis://h:6379x", "port"}, wrong{"redis://::1", "brackets"},
        wrong{"redis://[::1", "bracket"}, wrong{"redis://[::1]x", "brackets"}, wrong{"redis://h/-1", "database"},
        wrong{"redis://h/1/2", "database"}, wrong{"redis://h/99999999999", "database"},
        wrong{"redis://h?database=1", "unknown parameter"}, wrong{"redis://:hush@h#x", "#"},
        wrong{"redis://:hu sh@h", "blank"}, wrong{"redis://h\n", "control"},
        wrong{"unix://run/redis.sock", "three slashes"}, wrong{"unix://", "path"}, wrong{"unix:///", "path"},
        wrong{"unix:///" + std::string(107, 'x'), "108 bytes"}, wrong{"redis://" + std::string(5000, 'x'), "4096"}));

TEST(endpoint, is_described_without_user_and_password) {
  EXPECT_EQ(describe(*parse_endpoint("redis://u:pw@h:7/1")), "h:7");
  EXPECT_EQ(describe(*parse_endpoint("redis://[::1]")), "[::1]:6379");
  EXPECT_EQ(describe(*parse_endpoint("unix://u:pw@/run/s")), "unix:/run/s");
}

TEST(endpoint, a_sentinel_has_a_port_of_its_own) {
  const auto bare = parse_host_port("10.0.0.1", 26379);
  EXPECT_EQ(bare->port, 26379);
  const auto full = parse_host_port("[::1]:5", 26379);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 5);
}

} // namespace
} // namespace waybill::redis::test
