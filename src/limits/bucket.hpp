// Limits of outside systems, shared by all processes through Redis.
#pragma once
#include <redis/connection.hpp>
#include <waybill/async.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace waybill::limits {

// A leaky bucket: `rate` leaks a second, at most `burst` inside. Bitrix24 counts requests so, per portal and address.
class bucket {
 public:
  // `key` is the full Redis key. The server's clock is used, so processes need not agree on theirs.
  bucket(std::shared_ptr<redis::connection> redis, std::string key, double rate, double burst);
  // Waits until one unit fits. unavailable: Redis is down. throttled: it would take longer than `patience`.
  awaitable<result<void>> take(std::chrono::milliseconds patience);
  // The peer said that we are over: the bucket counts as full now.
  awaitable<void> full();
  // Share of the bucket in use at the last look, 0..1; for metrics.
  double fill() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

// Bitrix24's `operating`: execution seconds per method in a window of ten minutes.
class operating_budget {
 public:
  operating_budget(std::shared_ptr<redis::connection> redis, std::string key_prefix, double limit_s);
  // Before a call: how long this method must wait (0: go). From 80 % of the limit on, calls are spread over what is
  // left.
  awaitable<std::chrono::milliseconds> wait_for(std::string method);
  // After each answer: the portal's own sum for the method and when it falls (Unix seconds). Cheap: told to Redis
  // behind the caller's back, on the executor of the first wait_for(), and only when others need to know.
  void report(const std::string& method, double operating_s, std::int64_t reset_at);
  // The portal refused the method.
  void blocked(const std::string& method);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::limits
