#include <telemetry/notify.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/run.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace waybill::telemetry {
namespace {

// Stands in for systemd: a datagram socket whose path is in NOTIFY_SOCKET.
class notifications : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "waybill-notify.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    const std::string path = (folder / "s").string();
    fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    path.copy(where.sun_path, sizeof(where.sun_path) - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof(where)), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::close(fd);
    std::filesystem::remove_all(folder);
  }
  std::string received() const {
    char text[512];
    const auto n = ::recv(fd, text, sizeof text, 0);
    return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
  }
  std::filesystem::path folder;
  int fd{-1};
};

TEST_F(notifications, say_what_systemd_expects) {
  notify_ready();
  EXPECT_EQ(received(), "READY=1");
  notify_stopping();
  EXPECT_EQ(received(), "STOPPING=1");
  notify_watchdog();
  EXPECT_EQ(received(), "WATCHDOG=1");
  notify_reloading();
  const auto reload = received();
  EXPECT_TRUE(reload.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reload;
  EXPECT_GT(std::stoll(reload.substr(reload.rfind('=') + 1)), 0);
  notify_status("two\nREADY=1");
  EXPECT_EQ(received(), "STATUS=two READY=1");
}

TEST_F(notifications, the_watchdog_is_fed_at_half_its_time) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
  ::setenv("WATCHDOG_PID", "1", 1); // meant for another process
  EXPECT_EQ(watchdog_interval(), std::nullopt);
}

TEST_F(notifications, the_loop_feeds_the_watchdog) {
  ::setenv("WATCHDOG_USEC", "20000", 1);
  asio::io_context io{1};
  int fed = 0;
  asio::co_spawn(io, feed_watchdog(), [](const std::exception_ptr&) {});
  const bool twice = test::run(io, test::eventually([&] {
                                 while (received() == "WATCHDOG=1") ++fed;
                                 return fed >= 2;
                               }));
  EXPECT_TRUE(twice);
}

TEST_F(notifications, without_a_watchdog_there_is_nothing_to_feed) {
  asio::io_context io{1};
  test::run(io, feed_watchdog());
  EXPECT_EQ(received(), "");
}

} // namespace
} // namespace waybill::telemetry
