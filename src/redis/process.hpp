// A process that we started, or found running: watched, signalled and waited for without blocking the loop.
// Inside the room only.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/types.h>

namespace waybill::redis {

class process {
 public:
  // Starts words[0] (looked up in PATH) in its own process group, in `folder`, with nothing of ours open, umask 077,
  // and SIGTERM as soon as the calling *thread* ends. Its standard output and error are appended to `log`.
  static result<std::shared_ptr<process>> start(executor ex, std::vector<std::string> words,
                                                const std::filesystem::path& folder, const std::filesystem::path& log);
  // Watches a process that need not be our child.
  static std::shared_ptr<process> adopt(executor ex, pid_t pid);

  process(executor ex, pid_t pid, bool child);
  pid_t pid() const { return pid_; }
  bool child() const { return child_; }
  bool running();
  void send(int signal_number);
  // True once it has ended, false after the limit. Reaps a child.
  static awaitable<bool> ended(std::shared_ptr<process> p, std::chrono::milliseconds limit);
  // "exit code 1", "signal 9"; empty while it runs, "ended" when it is not our child.
  const std::string& ending() const { return ending_; }

 private:
  pid_t pid_;
  bool child_;
  asio::posix::stream_descriptor pidfd_; // closed on kernels without pidfd_open
  std::string ending_;
};

} // namespace waybill::redis
