#include "redis_server.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace waybill::test {
namespace {

bool answers(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof(where.sun_path) - 1);
  bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0;
  if (ok) {
    char pong[8]{};
    ok = ::write(fd, "PING\r\n", 6) == 6 && ::read(fd, pong, sizeof(pong)) > 0 && pong[0] == '+';
  }
  ::close(fd);
  return ok;
}

} // namespace

redis_server::redis_server(std::vector<std::string> more_arguments) : more_(std::move(more_arguments)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "waybill-redis.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  start();
}

redis_server::~redis_server() {
  thaw();
  kill_now();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void redis_server::start() {
  std::vector<std::string> words{"redis-server",
                                 "--port",
                                 "0",
                                 "--unixsocket",
                                 socket(),
                                 "--dir",
                                 folder_.string(),
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",
                                 "always",
                                 "--maxmemory-policy",
                                 "noeviction",
                                 "--loglevel",
                                 "warning",
                                 "--logfile",
                                 (folder_ / "log").string()};
  words.insert(words.end(), more_.begin(), more_.end());
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  if (::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, argv.data(), environ) != 0)
    throw std::runtime_error("redis-server is not installed");
  for (int i = 0; i < 1000; ++i) {
    if (answers(socket())) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("redis-server does not answer");
}

void redis_server::kill_now() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void redis_server::freeze() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}
void redis_server::thaw() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

} // namespace waybill::test
