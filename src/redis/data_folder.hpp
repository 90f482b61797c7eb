// The folder of the private server: its files, who runs on it, and the lock that lets only one start at a time.
// Inside the room only.
#pragma once
#include <waybill/error.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace waybill::redis {

class data_folder {
 public:
  explicit data_folder(const std::filesystem::path& given);
  // Creates it (0700); bad_input when it cannot be used, with the remedy.
  result<void> prepare() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path socket() const { return path_ / "redis.sock"; }
  std::filesystem::path log() const { return path_ / "redis.log"; }
  std::filesystem::path pid_file() const { return path_ / "redis.pid"; }

  // The command line of the server.
  std::vector<std::string> command(const std::string& binary) const;
  // Of a live process that works in this folder and is named in the pid file; 0: none.
  pid_t left_over() const;
  bool is_working_folder_of(pid_t pid) const;
  bool same_as(std::string_view folder) const;
  // The last thing that the server had to say.
  std::string last_words() const;

  // `start`: held while a server is started here. `ownership`: by the daemon to which the server belongs, while it
  // lives.
  enum class lock { start, ownership };
  // The file that holds it; -1: another process does.
  int try_lock(lock which) const;

 private:
  std::filesystem::path path_;
};

} // namespace waybill::redis
