#include "support.hpp"

#include <redis/data_folder.hpp>
#include <redis/embedded.hpp>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/asio/local/stream_protocol.hpp>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace waybill::redis::test {
namespace {

namespace fs = std::filesystem;

struct folder {
  folder() {
    std::string pattern = (fs::temp_directory_path() / "waybill-data.XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~folder() {
    if (const auto pid = data_folder{path}.left_over(); pid != 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

embedded_options in(const folder& f) {
  embedded_options o;
  o.data_dir = f.path;
  return o;
}

pid_t pid_of(asio::io_context& io, connection& c) {
  const auto info = ask(io, c, {"INFO", "server"})->text;
  return static_cast<pid_t>(std::stol(info.substr(info.find("process_id:") + 11)));
}

bool gone(pid_t pid) { return ::kill(pid, 0) != 0; }

// Reads the counter from whichever server it is that stays.
awaitable<std::string> sure(std::shared_ptr<connection> c) {
  for (int i = 0; i < 200; ++i) {
    const auto r = co_await c->command("GET", "n");
    if (r) co_return r->text;
    co_await sleep_for(20ms);
  }
  co_return "nothing";
}

TEST(embedded, runs_with_the_durable_settings_and_for_us_alone) {
  folder f;
  asio::io_context io{1};
  embedded_server server{io.get_executor(), in(f)};
  const auto up = run(io, server.start());
  ASSERT_TRUE(up) << up.error().what;
  auto c = connected(io, server.where());
  const auto is = [&](std::string_view name) { return ask(io, *c, {"CONFIG", "GET", name})->items.at(1).text; };
  EXPECT_EQ(is("appendonly"), "yes");
  EXPECT_EQ(is("appendfsync"), "always");
  EXPECT_EQ(is("maxmemory-policy"), "noeviction");
  EXPECT_EQ(is("save"), "");
  EXPECT_EQ(is("port"), "0");
  struct stat socket{};
  ASSERT_EQ(::stat(server.where().unix_socket.c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777U, 0700U);
  const auto found = run(io, inspect(c));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->errors.empty() && found->warnings.empty());
  const auto pid = pid_of(io, *c);
  run(io, server.stop());
  EXPECT_TRUE(gone(pid));
  EXPECT_FALSE(fs::exists(server.where().unix_socket));
}

TEST(embedded, keeps_its_data_over_stop_and_start) {
  folder f;
  asio::io_context io{1};
  for (int life = 1; life <= 2; ++life) {
    embedded_server server{io.get_executor(), in(f)};
    ASSERT_TRUE(run(io, server.start()));
    EXPECT_EQ(ask(io, *connected(io, server.where()), {"INCR", "lives"})->integer, life);
    run(io, server.stop());
  }
}

TEST(embedded, a_killed_server_comes_back_with_its_data) {
  folder f;
  asio::io_context io{1};
  embedded_server server{io.get_executor(), in(f)};
  ASSERT_TRUE(run(io, server.start()));
  spawn(io.get_executor(), "watch", server.watch());
  auto c = connected(io, server.where(), quick());
  ASSERT_TRUE(ask(io, *c, {"SET", "k", "kept"}));
  const auto first = pid_of(io, *c);
  ::kill(first, SIGKILL);
  ASSERT_TRUE(run(io, eventually([&] { return !c->up(); })));
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(ask(io, *c, {"GET", "k"})->text, "kept");
  const auto second = pid_of(io, *c);
  EXPECT_NE(first, second);
  run(io, server.stop());
  EXPECT_TRUE(gone(second));
}

// Another process started the server and died without a word; with PDEATHSIG taken away the server stayed. Usually it
// is about to end, which must not happen in the middle of our start: it is ended first.
TEST(embedded, a_server_that_lost_its_daemon_is_ended_and_followed_by_our_own) {
  folder f;
  const auto words = data_folder{f.path}.command("redis-server");
  const pid_t middle = ::fork();
  if (middle == 0) {
    if (::fork() == 0) {
      std::vector<char*> argv;
      for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
      argv.push_back(nullptr);
      ::execvp("redis-server", argv.data());
    }
    ::_exit(0);
  }
  ::waitpid(middle, nullptr, 0);
  asio::io_context io{1};
  endpoint e;
  e.unix_socket = data_folder{f.path}.socket();
  auto c = connected(io, e, quick());
  const auto pid = pid_of(io, *c);
  ASSERT_TRUE(ask(io, *c, {"SET", "k", "kept"}));

  embedded_server server{io.get_executor(), in(f)};
  const auto up = run(io, server.start());
  ASSERT_TRUE(up) << up.error().what;
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_NE(pid_of(io, *c), pid);
  EXPECT_EQ(ask(io, *c, {"GET", "k"})->text, "kept");
  run(io, server.stop());
}

TEST(embedded, the_server_of_a_live_daemon_is_shared_watched_and_stopped) {
  folder f;
  asio::io_context io{1};
  embedded_server owner{io.get_executor(), in(f)};
  ASSERT_TRUE(run(io, owner.start()));
  auto c = connected(io, owner.where(), quick());
  const auto pid = pid_of(io, *c);
  ASSERT_TRUE(ask(io, *c, {"SET", "k", "kept"}));
  ASSERT_TRUE(ask(io, *c, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}));

  embedded_server guest{io.get_executor(), in(f)};
  ASSERT_TRUE(run(io, guest.start()));
  EXPECT_EQ(pid_of(io, *c), pid);
  EXPECT_EQ(ask(io, *c, {"CONFIG", "GET", "maxmemory-policy"})->items.at(1).text, "noeviction");
  spawn(io.get_executor(), "watch", guest.watch());
  ::kill(pid, SIGKILL); // not its child, and its end is noticed all the same
  ASSERT_TRUE(run(io, eventually([&] { return !c->up(); })));
  ASSERT_TRUE(run(io, c->wait_up(10s)));
  EXPECT_EQ(ask(io, *c, {"GET", "k"})->text, "kept");
  const auto now = pid_of(io, *c);
  run(io, guest.stop());
  EXPECT_TRUE(gone(now));
  run(io, owner.stop());
}

// A daemon that is killed between two instructions: its server is ending, or has ended, when the next one starts.
TEST(embedded, the_next_start_succeeds_at_once_after_kill_9_of_the_daemon) {
  folder f;
  for (int life = 1; life <= 3; ++life) {
    std::array<int, 2> told{};
    ASSERT_EQ(::pipe(told.data()), 0);
    const pid_t daemon = ::fork();
    if (daemon == 0) {
      asio::io_context io{1};
      embedded_server server{io.get_executor(), in(f)};
      const bool up =
          run(io, server.start()).has_value() && ask(io, *connected(io, server.where()), {"INCR", "n"}).has_value();
      const char word = up ? 'y' : 'n';
      if (::write(told[1], &word, 1) == 1) ::pause();
      ::_exit(1);
    }
    char word = 0;
    ASSERT_EQ(::read(told[0], &word, 1), 1);
    EXPECT_EQ(word, 'y');
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);
    ::close(told[0]);
    ::close(told[1]);
    asio::io_context io{1};
    embedded_server next{io.get_executor(), in(f)};
    const auto up = run(io, next.start());
    ASSERT_TRUE(up) << up.error().what;
    auto c = connected(io, next.where()); // nothing of the daemon that died takes it away again
    const auto counted = ask(io, *c, {"GET", "n"});
    ASSERT_TRUE(counted);
    EXPECT_EQ(counted->text, std::to_string(life));
    run(io, next.stop());
  }
}

TEST(embedded, a_left_over_server_that_hangs_does_not_block_the_start) {
  folder f;
  asio::io_context io{1};
  embedded_server first{io.get_executor(), in(f)};
  ASSERT_TRUE(run(io, first.start()));
  auto c = connected(io, first.where(), quick());
  ASSERT_TRUE(ask(io, *c, {"SET", "n", "kept"}));
  const auto hung = pid_of(io, *c);
  ::kill(hung, SIGSTOP);
  auto how = in(f);
  how.left_over_limit = 300ms;
  embedded_server second{io.get_executor(), how};
  const auto up = run(io, second.start());
  ASSERT_TRUE(up) << up.error().what;
  EXPECT_EQ(run(io, sure(c)), "kept");
  EXPECT_NE(pid_of(io, *c), hung);
  run(io, second.stop());
}

TEST(embedded, a_dead_socket_file_and_an_old_pid_file_are_no_obstacle) {
  folder f;
  asio::io_context io{1};
  const data_folder data{f.path};
  { asio::local::stream_protocol::acceptor dead{io, asio::local::stream_protocol::endpoint{data.socket().string()}}; }
  ASSERT_TRUE(fs::exists(data.socket()));
  std::ofstream(data.pid_file()) << ::getpid() << '\n'; // a live process, but not one of this folder
  embedded_server server{io.get_executor(), in(f)};
  const auto up = run(io, server.start());
  ASSERT_TRUE(up) << up.error().what;
  run(io, server.stop());
}

TEST(embedded, a_server_with_another_data_folder_is_not_taken) {
  folder f;
  asio::io_context io{1};
  redis_server other;
  fs::create_symlink(other.socket(), data_folder{f.path}.socket());
  embedded_server server{io.get_executor(), in(f)};
  const auto up = run(io, server.start());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().code, errc::conflict);
  EXPECT_TRUE(ask(io, *connected(io, at(other)), {"PING"})); // and was left alone
}

TEST(embedded, says_what_is_wrong) {
  folder f;
  asio::io_context io{1};
  auto how = in(f);
  how.server_binary = "no-such-server";
  EXPECT_THAT(run(io, embedded_server{io.get_executor(), how}.start()).error().what,
              testing::HasSubstr("not installed"));
  how = in(f);
  how.data_dir = f.path / std::string(100, 'd');
  const auto too_long = run(io, embedded_server{io.get_executor(), how}.start());
  EXPECT_EQ(too_long.error().code, errc::bad_input);
  EXPECT_THAT(too_long.error().what, testing::HasSubstr("too long"));
  how.data_dir = "/proc/nowhere";
  EXPECT_THAT(run(io, embedded_server{io.get_executor(), how}.start()).error().what,
              testing::HasSubstr("cannot be created"));
  fs::create_directory(f.path / "appendonlydir");
  std::ofstream(f.path / "appendonlydir" / "appendonly.aof.manifest") << "rubbish\n";
  const auto broken = run(io, embedded_server{io.get_executor(), in(f)}.start());
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().what, testing::HasSubstr("exit code 1"));
  EXPECT_THAT(broken.error().what, testing::HasSubstr("manifest"));
}

} // namespace
} // namespace waybill::redis::test
