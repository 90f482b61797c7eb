#include "support.hpp"

#include <redis/embedded.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace waybill::redis::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

server_findings look_at(const std::vector<std::string>& arguments,
                        const std::vector<std::string_view>& less_rights = {}) {
  redis_server server{arguments};
  auto e = at(server);
  if (!less_rights.empty()) {
    asio::io_context io{1};
    args words{"ACL", "SETUSER", "bill", "on", ">hush", "~*", "+@all"};
    words.insert(words.end(), less_rights.begin(), less_rights.end());
    EXPECT_TRUE(run(io, connected(io, e)->command(words)));
    e.user = "bill";
    e.password = secret{"hush"};
  }
  asio::io_context io{1};
  auto c = connected(io, e);
  auto found = run(io, inspect(c));
  EXPECT_TRUE(found);
  return found ? *found : server_findings{};
}

TEST(inspect, a_durable_server_has_no_findings) {
  const auto f = look_at({});
  EXPECT_THAT(f.errors, IsEmpty());
  EXPECT_THAT(f.warnings, IsEmpty());
  EXPECT_THAT(f.version, HasSubstr("7."));
}

TEST(inspect, refuses_eviction) {
  const auto f = look_at({"--maxmemory-policy", "allkeys-lru"});
  EXPECT_THAT(f.errors, testing::ElementsAre(HasSubstr("allkeys-lru")));
}

TEST(inspect, refuses_eviction_also_where_config_is_forbidden) {
  const auto f = look_at({"--maxmemory-policy", "volatile-ttl"}, {"-config"});
  EXPECT_THAT(f.errors, testing::ElementsAre(HasSubstr("volatile-ttl")));
  EXPECT_THAT(f.warnings, testing::ElementsAre(HasSubstr("appendfsync cannot be read")));
}

TEST(inspect, says_so_when_nothing_can_be_read) {
  const auto f = look_at({}, {"-config", "-info"});
  EXPECT_THAT(f.errors, IsEmpty());
  EXPECT_THAT(f.warnings, Contains(HasSubstr("version cannot be read")));
  EXPECT_THAT(f.warnings, Contains(HasSubstr("maxmemory-policy cannot be read")));
}

TEST(inspect, warns_of_weak_persistence) {
  EXPECT_THAT(look_at({"--appendonly", "no"}).warnings, testing::ElementsAre(HasSubstr("appendonly is no")));
  EXPECT_THAT(look_at({"--appendfsync", "everysec"}).warnings, testing::ElementsAre(HasSubstr("everysec")));
  EXPECT_THAT(look_at({"--appendfsync", "no"}).warnings, testing::ElementsAre(HasSubstr("appendfsync is no")));
}

TEST(inspect, refuses_a_replica) {
  EXPECT_THAT(look_at({"--replicaof", "127.0.0.1 1"}).errors, Contains(HasSubstr("slave")));
}

} // namespace
} // namespace waybill::redis::test
