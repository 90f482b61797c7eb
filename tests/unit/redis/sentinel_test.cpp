// A master, a replica and real sentinels; the master is killed, and the connection must follow.
#include "support.hpp"

#include <redis/embedded.hpp>

#include <csignal>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace waybill::redis::test {
namespace {

std::uint16_t free_port() {
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

std::vector<std::string> on(std::uint16_t port) { return {"--port", std::to_string(port), "--bind", "127.0.0.1"}; }

struct sentinel {
  sentinel(const std::filesystem::path& folder, std::uint16_t own, std::uint16_t master) : port(own) {
    const auto file = (folder / ("sentinel" + std::to_string(own) + ".conf")).string();
    std::ofstream(file) << "port " << own << "\nbind 127.0.0.1\ndir " << folder.string() << "\nlogfile "
                        << folder.string() << "/sentinel.log\n"
                        << "sentinel monitor waybill 127.0.0.1 " << master << " 1\n"
                        << "sentinel down-after-milliseconds waybill 400\nsentinel failover-timeout waybill 3000\n";
    std::string words[]{"redis-server", file, "--sentinel"};
    char* argv[]{words[0].data(), words[1].data(), words[2].data(), nullptr};
    EXPECT_EQ(::posix_spawnp(&pid, "redis-server", nullptr, nullptr, argv, environ), 0);
  }
  ~sentinel() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  std::uint16_t port;
  pid_t pid{-1};
};

awaitable<bool> sentinel_knows_the_replica(std::shared_ptr<connection> c) {
  for (int i = 0; i < 600; ++i) {
    const auto replicas = co_await c->command("SENTINEL", "replicas", "waybill");
    if (replicas && replicas->items.size() == 1) {
      const auto& fields = replicas->items[0].items;
      for (std::size_t k = 0; k + 1 < fields.size(); k += 2)
        if (fields[k].text == "master-link-status" && fields[k + 1].text == "ok") co_return true;
    }
    co_await sleep_for(50ms);
  }
  co_return false;
}

TEST(sentinel, the_connection_follows_a_failover) {
  const auto first_port = free_port(), second_port = free_port();
  redis_server first{on(first_port)};
  auto words = on(second_port);
  words.insert(words.end(),
               {"--replicaof", "127.0.0.1 " + std::to_string(first_port), "--repl-diskless-sync-delay", "0"});
  redis_server second{words};
  sentinel watcher{first.folder(), free_port(), first_port};
  asio::io_context io{1};

  endpoint of_sentinel;
  of_sentinel.port = watcher.port;
  auto asker = std::make_shared<connection>(io.get_executor(), of_sentinel, quick());
  asker->start();
  ASSERT_TRUE(run(io, asker->wait_up(10s)));

  endpoint e;
  e.sentinels = {"127.0.0.1:1", "127.0.0.1:" + std::to_string(watcher.port)}; // the first is dead
  e.sentinel_master = "waybill";
  auto c = connected(io, e, quick());
  ASSERT_TRUE(ask(io, *c, {"SET", "k", "kept"}));
  EXPECT_THAT(ask(io, *c, {"INFO", "server"})->text, testing::HasSubstr("tcp_port:" + std::to_string(first_port)));
  ASSERT_TRUE(run(io, sentinel_knows_the_replica(asker), 40s));
  ASSERT_EQ(ask(io, *c, {"WAIT", "1", "5000"}).value_or(reply{}).integer, 1);
  const auto found = run(io, inspect(c));
  ASSERT_TRUE(found);
  EXPECT_THAT(found->errors, testing::IsEmpty());
  EXPECT_THAT(found->warnings, testing::ElementsAre(testing::HasSubstr("min-replicas-to-write is 0")));

  first.kill_now();
  ASSERT_TRUE(run(io, eventually([&] { return !c->up(); })));
  ASSERT_TRUE(run(io, c->wait_up(30s), 40s));
  EXPECT_THAT(ask(io, *c, {"INFO", "server"})->text, testing::HasSubstr("tcp_port:" + std::to_string(second_port)));
  EXPECT_EQ(ask(io, *c, {"GET", "k"})->text, "kept");
  EXPECT_TRUE(ask(io, *c, {"SET", "k", "written after the failover"}));
}

TEST(sentinel, an_unknown_master_is_told) {
  const auto port = free_port();
  redis_server master{on(port)};
  sentinel watcher{master.folder(), free_port(), port};
  asio::io_context io{1};
  endpoint e;
  e.sentinels = {"127.0.0.1:" + std::to_string(watcher.port)};
  e.sentinel_master = "other";
  auto c = std::make_shared<connection>(io.get_executor(), e, quick());
  c->start();
  std::string why;
  EXPECT_TRUE(
      run(io, eventually([&] { return (why = c->last_fault()).contains("does not know the master \"other\""); })))
      << why;
}

} // namespace
} // namespace waybill::redis::test
