// Keeps one link up: connect, introduce ourselves, wait for its end, back off, again. Inside the room only.
#pragma once
#include <redis/connection.hpp>
#include <redis/link.hpp>
#include <redis/operation.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace waybill::redis {

class connector {
 public:
  connector(executor ex, endpoint where, options how);
  connector(const connector&) = delete;
  connector& operator=(const connector&) = delete;

  void start(std::shared_ptr<connector> self);
  void stop();
  // Null while down.
  const std::shared_ptr<link>& current() const { return link_; }
  static awaitable<result<void>> wait_up(std::shared_ptr<connector> self, std::chrono::milliseconds limit);
  std::int64_t client_id() const { return client_id_; }
  const endpoint& where() const { return *where_; }
  const std::string& last_fault() const { return last_fault_; }
  void on_connect(std::function<void()> callback) { callbacks_.push_back(std::move(callback)); }

  // Remembers a script for every later link; a new one is loaded on the present link ahead of its first call.
  void know(const script& s);
  const std::shared_ptr<resumer>& queue() const { return queue_; }
  fault down() const;

 private:
  struct ender;
  static awaitable<void> run(std::shared_ptr<connector> self, std::uint64_t life);
  static awaitable<result<std::shared_ptr<link>>> establish(std::shared_ptr<connector> self);
  static awaitable<result<void>> introduce(std::shared_ptr<connector> self, std::shared_ptr<link> l);
  static awaitable<void> until_lost(std::shared_ptr<connector> self, std::shared_ptr<link> l);
  static awaitable<bool> master_moved(std::shared_ptr<connector> self);
  void went_up(std::shared_ptr<link> l);
  void went_down();
  void report(const fault& why);
  std::chrono::milliseconds next_pause();

  executor ex_;
  std::shared_ptr<endpoint> where_;
  options how_;
  std::shared_ptr<resumer> queue_;
  signal wake_;                   // stop() for the loop
  signal changed_;                // up or stopped, for wait_up
  std::shared_ptr<link> link_;    // while up
  std::shared_ptr<link> opening_; // while it introduces itself
  target at_;
  std::int64_t client_id_{0};
  std::int64_t next_client_id_{0};
  std::uint64_t life_{0};
  bool running_{false};
  bool refused_{false}; // the last attempt failed for what only a person can mend
  unsigned failures_{0};
  std::string last_fault_;
  std::chrono::steady_clock::time_point last_report_{};
  std::unordered_set<std::string> known_;
  std::vector<std::string_view> scripts_; // in the order of their first use
  std::vector<std::function<void()>> callbacks_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace waybill::redis
