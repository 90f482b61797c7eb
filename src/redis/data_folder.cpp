#include <redis/data_folder.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace waybill::redis {

namespace fs = std::filesystem;

data_folder::data_folder(const fs::path& given) {
  std::error_code ec;
  path_ = fs::absolute(given, ec).lexically_normal();
  if (ec || given.empty()) path_ = given;
}

result<void> data_folder::prepare() const {
  const auto folder = path_.string();
  if (!path_.is_absolute()) return fail(errc::bad_input, "redis.data_dir must name a folder");
  if (const auto length = socket().string().size(); length >= sizeof(sockaddr_un::sun_path))
    return fail(
        errc::bad_input,
        fmt::format(
            "redis.data_dir is too long: the path of the socket in it would have {} bytes, the system allows {}; "
            "choose a shorter folder (or a short symbolic link to it): {}",
            length, sizeof(sockaddr_un::sun_path) - 1, folder));
  std::error_code ec;
  if (!fs::exists(path_, ec)) {
    fs::create_directories(path_, ec);
    if (!ec) fs::permissions(path_, fs::perms::owner_all, ec);
  }
  if (ec) return fail(errc::bad_input, fmt::format("redis.data_dir {} cannot be created: {}", folder, ec.message()));
  if (!fs::is_directory(path_, ec) || ::access(path_.c_str(), R_OK | W_OK | X_OK) != 0)
    return fail(errc::bad_input,
                fmt::format("redis.data_dir {} is not a folder that we may write to; make our user its owner", folder));
  return {};
}

std::vector<std::string> data_folder::command(const std::string& binary) const {
  // Every entry is on the disk before it is answered; one fsync serves a whole turn of the server.
  return {binary,
          "--port",
          "0",
          "--unixsocket",
          socket().string(),
          "--unixsocketperm",
          "700",
          "--dir",
          path_.string(),
          "--pidfile",
          pid_file().string(),
          "--logfile",
          log().string(),
          "--loglevel",
          "notice",
          "--daemonize",
          "no",
          "--save",
          "",
          "--appendonly",
          "yes",
          "--appendfsync",
          "always",
          "--no-appendfsync-on-rewrite",
          "no",
          "--aof-use-rdb-preamble",
          "yes",
          "--aof-load-truncated",
          "yes",
          "--auto-aof-rewrite-percentage",
          "100",
          "--auto-aof-rewrite-min-size",
          "64mb",
          "--maxmemory-policy",
          "noeviction"};
}

bool data_folder::is_working_folder_of(pid_t pid) const {
  // Redis goes into its data folder; a process that merely got the number of a dead one is elsewhere.
  std::error_code ec;
  return pid > 1 && fs::equivalent(fmt::format("/proc/{}/cwd", pid), path_, ec) && !ec;
}

pid_t data_folder::left_over() const {
  std::ifstream file(pid_file());
  long pid = 0;
  if (!(file >> pid) || pid <= 1 || pid > 1L << 30) return 0;
  return is_working_folder_of(static_cast<pid_t>(pid)) ? static_cast<pid_t>(pid) : 0;
}

bool data_folder::same_as(std::string_view folder) const {
  std::error_code ec;
  return fs::equivalent(fs::path(folder), path_, ec) && !ec;
}

std::string data_folder::last_words() const {
  constexpr std::streamoff tail = 4096;
  std::ifstream file(log(), std::ios::binary | std::ios::ate);
  if (!file) return "it left no log";
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - tail));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto end = text.find_last_not_of(" \r\n");
  if (end == std::string::npos) return "it left no log";
  const auto begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

int data_folder::try_lock(lock which) const {
  const auto file = path_ / (which == lock::start ? "redis.lock" : "redis.owner");
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

} // namespace waybill::redis
