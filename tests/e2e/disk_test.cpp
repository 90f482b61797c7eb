// A full disk under Redis: what cannot be kept is not answered 200, and what was answered 200 ships once.
#include "world.hpp"

#include <csignal>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using namespace std::chrono_literals;

// The append-only file that grows.
std::uintmax_t aof_size(const redis_server& redis) {
  std::uintmax_t most = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(redis.folder()))
    if (file.path().string().ends_with(".incr.aof")) most = std::max(most, file.file_size());
  return most;
}

// Files of that process may not grow past `bytes`: a write then fails as it does on a full disk.
void limit_files(pid_t pid, rlim_t bytes) {
  rlimit how{bytes, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &how, nullptr), 0);
}

// Children inherit it: without it the limit's signal would end Redis instead of failing its write.
class no_size_signal {
 public:
  no_size_signal() : before_(std::signal(SIGXFSZ, SIG_IGN)) {}
  ~no_size_signal() { std::signal(SIGXFSZ, before_); }
  no_size_signal(const no_size_signal&) = delete;
  no_size_signal& operator=(const no_size_signal&) = delete;

 private:
  void (*before_)(int);
};

struct disk_case {
  const char* name;
  const char* fsync;
  bool dies; // Redis ends by itself when it cannot keep what it promised
};

class full_disk : public testing::TestWithParam<disk_case> {};

TEST_P(full_disk, is_503_and_loses_nothing_that_was_answered_200) {
  const no_size_signal quiet;
  redis_server redis({"--appendfsync", GetParam().fsync});
  world w(
      {.redis_section = fmt::format("mode = \"external\"\nurl = \"unix://{}\"", redis.socket()), .subscribe = false});
  w.start();
  std::vector<std::int64_t> deals, kept, refused;
  for (int i = 0; i < 30; ++i) deals.push_back(w.deal({{"stage", "EXECUTING"}}));
  std::size_t i = 0;
  for (; i < 5; ++i) { // a working day begins
    ASSERT_EQ(w.announce(deals[i]), 200);
    kept.push_back(deals[i]);
  }
  limit_files(redis.pid(), aof_size(redis) + 16 * 1024);
  for (; i < deals.size(); ++i) {
    const int status = w.announce(deals[i]);
    EXPECT_TRUE(status == 200 || status == 503) << status;
    (status == 200 ? kept : refused).push_back(deals[i]);
  }
  // The work itself fills what is left of the disk; from then on nothing is taken any more.
  const auto probe = w.deal({{"stage", "EXECUTING"}});
  int taken = 0;
  ASSERT_TRUE(w.eventually([&] {
    const int status = w.announce(probe);
    taken += status == 200 ? 1 : 0;
    return status == 503;
  })) << w.log_of();
  for (int again = 0; again < 5; ++again) EXPECT_EQ(w.announce(probe), 503);
  if (GetParam().dies) {
    EXPECT_TRUE(w.eventually([&] { return !w.ready(); }));
    redis.kill_now();
    redis.start(); // with room again
  } else {
    limit_files(redis.pid(), RLIM_INFINITY); // somebody made room: Redis goes on by itself
  }
  if (taken > 0) kept.push_back(probe);
  for (const auto deal : refused) {
    EXPECT_TRUE(w.eventually([&] { return w.announce(deal) == 200; }, 20s)) << w.log_of();
    kept.push_back(deal);
  }
  EXPECT_GT(kept.size(), 5U);
  for (const auto deal : kept) {
    EXPECT_TRUE(w.shipped(deal, 40s)) << deal << "\n" << w.log_of();
    EXPECT_EQ(w.orders_made(deal_reference(deal)), 1) << deal;
    EXPECT_TRUE(w.eventually([&] { return w.comments(deal).size() == 1; }, 20s)) << deal;
  }
}

INSTANTIATE_TEST_SUITE_P(disk, full_disk,
                         testing::Values(disk_case{"fsync_always", "always", true},
                                         disk_case{"fsync_everysec", "everysec", false}),
                         [](const auto& one) { return one.param.name; });

} // namespace
