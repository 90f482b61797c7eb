// A real redis-server on a unix socket in a folder of its own, for tests. Started in the constructor, killed in the
// destructor.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace waybill::test {

class redis_server {
 public:
  explicit redis_server(std::vector<std::string> more_arguments = {});
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  std::string socket() const { return (folder_ / "s").string(); }
  const std::filesystem::path& folder() const { return folder_; }
  pid_t pid() const { return pid_; }
  void kill_now(); // SIGKILL
  void start();    // again, on the same data
  void freeze();   // SIGSTOP
  void thaw();     // SIGCONT

 private:
  std::filesystem::path folder_;
  std::vector<std::string> more_;
  pid_t pid_{-1};
};

} // namespace waybill::test
