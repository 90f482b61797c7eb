#include <redis/process.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace waybill::redis {
namespace {

namespace fs = std::filesystem;

std::string in_path(const std::string& name) {
  if (name.contains('/')) return ::access(name.c_str(), X_OK) == 0 ? name : std::string{};
  const char* variable = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe)
  std::string_view folders = variable != nullptr ? variable : "/usr/bin:/bin";
  while (!folders.empty()) {
    const auto folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
    auto file = fmt::format("{}/{}", folder, name);
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

// Between fork and exec: only what is safe after a fork of a process with threads.
[[noreturn]] void become(const char* file, char* const* words, const char* folder, int log, int failure, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(126); // it ended before prctl
  ::setpgid(0, 0);                         // Ctrl-C is for us: the server ends last
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr); // NOLINT(concurrency-mt-unsafe): a forked child has one thread
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) ::signal(number, SIG_DFL);
  ::umask(077);
  const int nothing = ::open("/dev/null", O_RDONLY);
  // Ours, such as the listening socket, would otherwise outlive us in the server. 3 tells the parent why exec failed.
  if (::chdir(folder) == 0 && ::dup2(nothing, 0) == 0 && ::dup2(log, 1) == 1 && ::dup2(log, 2) == 2 &&
      (failure == 3 || ::dup2(failure, 3) == 3) && ::fcntl(3, F_SETFD, FD_CLOEXEC) == 0) {
    if (::syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
      for (int fd = 4; fd < 65'536; ++fd) ::close(fd);
    failure = 3;
    ::execv(file, words);
  }
  const int error = errno;
  [[maybe_unused]] const auto told = ::write(failure, &error, sizeof(error));
  ::_exit(127);
}

} // namespace

result<std::shared_ptr<process>> process::start(executor ex, std::vector<std::string> words, const fs::path& folder,
                                                const fs::path& log) {
  const auto file = in_path(words.at(0));
  if (file.empty())
    return fail(errc::unavailable,
                words[0] + " is not installed (Debian: the package redis-server); install it, or use a Redis "
                           "of your own with redis.mode = \"external\"");
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0)
    return fail(errc::unavailable, fmt::format("{}: {}", log.string(), std::generic_category().message(errno)));
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
    ::close(out);
    return fail(errc::unavailable, "no pipe for a child process: too many open files?");
  }
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const auto where = folder.string();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(file.c_str(), argv.data(), where.c_str(), out, failure[1], parent);
  const int fork_error = errno;
  ::close(out);
  ::close(failure[1]);
  int error = pid < 0 ? fork_error : 0;
  if (pid > 0 && ::read(failure[0], &error, sizeof(error)) != sizeof(error)) error = 0; // closed by exec: it runs
  ::close(failure[0]);
  if (error != 0) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return fail(errc::unavailable,
                fmt::format("{} cannot be started: {}", file, std::generic_category().message(error)));
  }
  return std::make_shared<process>(std::move(ex), pid, true);
}

std::shared_ptr<process> process::adopt(executor ex, pid_t pid) {
  return std::make_shared<process>(std::move(ex), pid, false);
}

process::process(executor ex, pid_t pid, bool child) : pid_(pid), child_(child), pidfd_(std::move(ex)) {
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)); // close-on-exec by itself
  if (fd < 0) return;
  boost::system::error_code ec;
  pidfd_.assign(fd, ec);
  if (ec) ::close(fd);
}

bool process::running() {
  if (!ending_.empty()) return false;
  if (child_) {
    int status = 0;
    const auto got = ::waitpid(pid_, &status, WNOHANG);
    if (got == 0) return true;
    if (got == pid_ && WIFSIGNALED(status)) ending_ = fmt::format("signal {}", WTERMSIG(status));
    else if (got == pid_) ending_ = fmt::format("exit code {}", WEXITSTATUS(status));
    else ending_ = "ended";
    return false;
  }
  bool alive = ::kill(pid_, 0) == 0 || errno == EPERM;
  if (pidfd_.is_open()) {
    pollfd p{pidfd_.native_handle(), POLLIN, 0};
    alive = ::poll(&p, 1, 0) == 0;
  }
  if (!alive) ending_ = "ended";
  return alive;
}

void process::send(int signal_number) {
  if (!running()) return;
  if (pidfd_.is_open()) ::syscall(SYS_pidfd_send_signal, pidfd_.native_handle(), signal_number, nullptr, 0U);
  else ::kill(pid_, signal_number);
}

awaitable<bool> process::ended(std::shared_ptr<process> p, std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  const auto until = std::chrono::steady_clock::now() + limit;
  auto ex = co_await asio::this_coro::executor;
  while (p->running()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= std::chrono::steady_clock::duration::zero()) co_return false;
    asio::steady_timer timer{ex};
    if (p->pidfd_.is_open()) {
      timer.expires_after(left);
      co_await (p->pidfd_.async_wait(asio::posix::stream_descriptor::wait_read, as_result) ||
                timer.async_wait(as_result));
    } else {
      timer.expires_after(std::min<std::chrono::steady_clock::duration>(left, std::chrono::milliseconds(50)));
      co_await timer.async_wait(as_result);
    }
  }
  co_return true;
}

} // namespace waybill::redis
