// A child process with its output in a file, ended for sure when this goes.
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace waybill::test {

class process {
 public:
  // `environment` is added to ours. Standard output and errors go to `log` (appended).
  process(std::vector<std::string> words, std::filesystem::path log,
          std::map<std::string, std::string> environment = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void send(int signal);
  // The exit code; 128 + signal for a killed one; nothing when it still runs after the limit.
  std::optional<int> wait(std::chrono::milliseconds limit);
  void kill_now(); // SIGKILL, and waits

 private:
  pid_t pid_{-1};
  std::optional<int> ended_;
};

// A folder of its own below the temporary one, removed at the end.
class temporary_folder {
 public:
  explicit temporary_folder(const std::string& name);
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A TCP port of 127.0.0.1 that is free now.
int free_port();

} // namespace waybill::test
