// Redis with a replica and a sentinel: the master is killed in the middle of work, and what was answered 200 ships
// once.
#include "redis_link.hpp"
#include "world.hpp"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

std::vector<std::string> on(int port) {
  return {"--port",
          std::to_string(port),
          "--bind",
          "127.0.0.1",
          "--repl-diskless-sync-delay",
          "0",
          "--min-replicas-to-write",
          "1",
          "--min-replicas-max-lag",
          "10"};
}

std::vector<std::string> replica_of(int master, int port) {
  auto words = on(port);
  words.insert(words.end(), {"--replicaof", fmt::format("127.0.0.1 {}", master)});
  return words;
}

std::unique_ptr<process> start_sentinel(const std::filesystem::path& folder, int port, int master) {
  const auto file = (folder / "sentinel.conf").string();
  std::ofstream(file) << "port " << port << "\nbind 127.0.0.1\ndir " << folder.string()
                      << "\nsentinel monitor waybill 127.0.0.1 " << master << " 1\n"
                      << "sentinel down-after-milliseconds waybill 500\nsentinel failover-timeout waybill 3000\n";
  const std::vector<std::string> words{"redis-server", file, "--sentinel"};
  return std::make_unique<process>(words, folder / "sentinel.log");
}

// The replicas that the sentinel knows with a sound link to their master.
bool knows_a_sound_replica(redis_link& sentinel) {
  const auto replicas = sentinel.ask({"SENTINEL", "replicas", "waybill"});
  for (const auto& one : replicas.items)
    for (std::size_t k = 0; k + 1 < one.items.size(); k += 2)
      if (one.items[k].text == "master-link-status" && one.items[k + 1].text == "ok") return true;
  return false;
}

// For up to a second after its first copy a replica counts for min-replicas-to-write and is sent nothing yet: a
// failover in that second loses everything, whoever the client is. WAIT tells when it is over.
bool replicates(int master_port) {
  redis::endpoint where;
  where.port = static_cast<std::uint16_t>(master_port);
  redis_link master(where);
  // Refused while the master does not count the replica yet.
  const auto written = master.run(master.connection()->command("SET", "probe", "1"));
  return written && master.ask({"WAIT", "1", "4000"}).integer == 1;
}

std::string log_of(const redis_server& server) {
  std::ifstream file(server.folder() / "log");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(failover, what_was_answered_200_survives_the_death_of_the_master) {
  const int first_port = free_port(), second_port = free_port(), third_port = free_port(), own = free_port();
  temporary_folder folder("waybill-sentinel");
  redis_server first(on(first_port)), second(replica_of(first_port, second_port));
  const auto sentinel = start_sentinel(folder.path(), own, first_port);
  world w({.redis_section =
               fmt::format("mode = \"external\"\nsentinels = [\"127.0.0.1:{}\"]\nsentinel_master = \"waybill\"", own),
           .subscribe = false});
  redis::endpoint where;
  where.port = static_cast<std::uint16_t>(own);
  redis_link asker(where);
  ASSERT_TRUE(w.eventually([&] { return knows_a_sound_replica(asker); }, 30s));
  ASSERT_TRUE(w.eventually([&] { return replicates(first_port); }));
  w.start();

  std::vector<std::int64_t> deals;
  for (int i = 0; i < 40; ++i) deals.push_back(w.deal({{"stage", "EXECUTING"}}));
  std::vector<std::int64_t> refused;
  std::unique_ptr<redis_server> third;
  for (std::size_t i = 0; i < deals.size(); ++i) {
    if (i == 20) first.kill_now();
    const int status = w.announce(deals[i]);
    EXPECT_TRUE(status == 200 || status == 503) << status;
    if (status != 200) refused.push_back(deals[i]);
  }
  EXPECT_FALSE(refused.empty()); // otherwise the master died too late
  ASSERT_TRUE(w.eventually(
      [&] {
        const auto master = asker.ask({"SENTINEL", "get-master-addr-by-name", "waybill"});
        return master.items.size() == 2 && master.items[1].text == std::to_string(second_port);
      },
      30s));
  // The new master takes no writes before it has a replica of its own.
  third = std::make_unique<redis_server>(replica_of(second_port, third_port));
  // The managers save their deals once more, as often as it takes.
  for (const auto deal : refused)
    EXPECT_TRUE(w.eventually([&] { return w.announce(deal) == 200; }, 30s)) << deal << "\n" << w.log_of();
  for (const auto deal : deals) {
    EXPECT_TRUE(w.shipped(deal, 15s)) << deal << "\n" << w.log_of() << "the new master:\n" << log_of(second);
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
    EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; }, 20s)) << deal;
  }
}

TEST(failover, a_master_without_its_replica_answers_503_and_not_200) {
  const int first_port = free_port(), second_port = free_port(), own = free_port();
  temporary_folder folder("waybill-sentinel");
  redis_server first(on(first_port)), second(replica_of(first_port, second_port));
  const auto sentinel = start_sentinel(folder.path(), own, first_port);
  world w({.redis_section =
               fmt::format("mode = \"external\"\nsentinels = [\"127.0.0.1:{}\"]\nsentinel_master = \"waybill\"", own),
           .subscribe = false});
  redis::endpoint where;
  where.port = static_cast<std::uint16_t>(own);
  redis_link asker(where);
  ASSERT_TRUE(w.eventually([&] { return knows_a_sound_replica(asker); }, 30s));
  ASSERT_TRUE(w.eventually([&] { return replicates(first_port); }));
  w.start();
  const auto deal = w.deal({{"stage", "EXECUTING"}});
  second.kill_now();
  // Another deal each time: one that waits already (announced, or found by the first sweep, while the replica counted)
  // is answered 200 by right.
  ASSERT_TRUE(w.eventually([&] { return w.announce(w.deal()) == 503; }, 20s));
  EXPECT_EQ(w.announce(w.deal()), 503);
  second.start();
  EXPECT_TRUE(w.eventually([&] { return w.announce(deal) == 200; }, 20s));
  EXPECT_TRUE(w.shipped(deal, 30s)) << w.log_of();
  EXPECT_EQ(w.orders_made(deal_reference(deal)), 1);
}

} // namespace
