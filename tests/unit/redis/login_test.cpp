// AUTH, SELECT, names, TCP, and what is logged when a server refuses us.
#include "support.hpp"

#include <waybill/log.hpp>

#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace waybill::redis::test {
namespace {

std::vector<std::string>& lines() {
  static std::vector<std::string> l;
  return l;
}

struct captured_log {
  captured_log() {
    lines().clear();
    log::set_sink([](log::level l, std::string_view message, log::fields fields) {
      std::string line = l == log::level::error ? "error " : "";
      line += message;
      for (const auto& [name, value] : fields) line.append(" ").append(name).append("=").append(value);
      lines().push_back(std::move(line));
    });
  }
  ~captured_log() { log::set_sink(nullptr); }
};

// A port that was free a moment ago.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(any);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&any), size), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size), 0);
  ::close(fd);
  return ntohs(any.sin_port);
}

TEST(login, by_password_alone) {
  redis_server server;
  configure(server, {"CONFIG", "SET", "requirepass", "hush"});
  asio::io_context io{1};
  auto e = at(server);
  e.password = secret{"hush"};
  auto c = connected(io, e);
  EXPECT_EQ(ask(io, *c, {"ACL", "WHOAMI"})->text, "default");
}

TEST(login, by_user_and_password_with_few_rights) {
  redis_server server;
  configure(server, {"ACL", "SETUSER", "bill", "on", ">hush", "~waybill:*", "+@all", "-@dangerous", "-client|setname",
                     "-client|id", "-script", "-config", "-acl"});
  asio::io_context io{1};
  auto e = at(server);
  e.user = "bill";
  e.password = secret{"hush"};
  auto c = connected(io, e);
  EXPECT_EQ(ask(io, *c, {"ACL", "WHOAMI"}).error().code, errc::forbidden);
  EXPECT_TRUE(ask(io, *c, {"SET", "waybill:x", "1"}));
  const auto denied = ask(io, *c, {"SET", "other", "1"});
  EXPECT_EQ(denied.error().code, errc::forbidden);
  EXPECT_EQ(denied.error().peer_code, "NOPERM");
  EXPECT_EQ(c->client_id(), 0);
}

TEST(login, a_wrong_password_stays_down_with_a_clear_line_and_without_the_password) {
  redis_server server;
  configure(server, {"CONFIG", "SET", "requirepass", "right"});
  asio::io_context io{1};
  captured_log logged;
  for (const auto* wrong : {"hush", ""}) {
    lines().clear();
    auto e = at(server);
    e.password = secret{wrong};
    auto c = std::make_shared<connection>(io.get_executor(), e, quick());
    c->start();
    const auto up = run(io, c->wait_up(300ms));
    ASSERT_FALSE(up);
    EXPECT_THAT(up.error().what, testing::AnyOf(testing::HasSubstr("WRONGPASS"), testing::HasSubstr("NOAUTH")));
    ASSERT_EQ(lines().size(), 1U); // tried many times, told once
    EXPECT_THAT(lines()[0], testing::StartsWith("error redis: the server refuses us; check user, password"));
    EXPECT_THAT(lines()[0], testing::Not(testing::HasSubstr("hush")));
  }
}

TEST(login, chooses_the_database_and_gives_its_name) {
  redis_server server;
  asio::io_context io{1};
  auto e = at(server);
  e.database = 3;
  options how;
  how.client_name = "way bill\n";
  auto c = connected(io, e, how);
  ASSERT_TRUE(ask(io, *c, {"SET", "k", "in three"}));
  EXPECT_EQ(ask(io, *c, {"CLIENT", "GETNAME"})->text, "way_bill_");
  EXPECT_TRUE(ask(io, *connected(io, at(server)), {"GET", "k"})->is_nil());
}

TEST(login, a_database_that_is_not_there_is_told) {
  redis_server server;
  asio::io_context io{1};
  auto e = at(server);
  e.database = 99;
  auto c = std::make_shared<connection>(io.get_executor(), e, quick());
  c->start();
  EXPECT_THAT(run(io, c->wait_up(300ms)).error().what, testing::HasSubstr("DB index is out of range"));
}

TEST(login, over_tcp_by_name_and_by_address) {
  const auto port = free_port();
  redis_server server{{"--port", std::to_string(port), "--bind", "127.0.0.1"}};
  asio::io_context io{1};
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    endpoint e;
    e.host = host;
    e.port = static_cast<std::uint16_t>(port);
    auto c = connected(io, e);
    EXPECT_THAT(ask(io, *c, {"CLIENT", "INFO"})->text, testing::HasSubstr("addr=127.0.0.1:")) << host;
  }
}

} // namespace
} // namespace waybill::redis::test
