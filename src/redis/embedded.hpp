// A private redis-server child on a unix socket: `redis.mode = "embedded"`.
#pragma once
#include <redis/connection.hpp>
#include <waybill/async.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace waybill::redis {

struct embedded_options {
  std::filesystem::path data_dir; // holds redis.sock, appendonlydir, redis.pid, redis.log
  std::string server_binary{"redis-server"};
  // A left-over server that neither answers nor ends so long is killed (all that it answered is on the disk).
  std::chrono::milliseconds left_over_limit{10'000};
};

// appendonly yes, appendfsync always, maxmemory-policy noeviction, no TCP port, the socket for the owner only.
// The child dies with us (PR_SET_PDEATHSIG) unless the process is killed between fork and exec. One server per
// data_dir, found by its socket: that of a live daemon is shared, one whose daemon died is ended (it may be about to
// end anyway, at any moment of our start) and followed by our own. That signal is sent when the *thread* that called
// start() ends, so call it from the thread that lives longest. The child has a process group of its own: Ctrl-C reaches
// us alone.
class embedded_server {
 public:
  embedded_server(executor ex, embedded_options how);
  ~embedded_server();
  // Starts it, or shares that of another daemon; returns when it answers PING.
  awaitable<result<void>> start();
  // Restarts it with back-off whenever it dies, until stop().
  awaitable<void> watch();
  // SHUTDOWN (saves), then SIGTERM, then SIGKILL after a limit. The last thing that the daemon stops.
  awaitable<void> stop();
  endpoint where() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

// What the daemon demands of any Redis before it starts: version >= 7, maxmemory-policy noeviction (refused otherwise),
// appendonly and appendfsync (a warning tells what could be lost). Each text says what is wrong and the remedy.
struct server_findings {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  std::string version;
};
awaitable<result<server_findings>> inspect(std::shared_ptr<connection> redis);

} // namespace waybill::redis
