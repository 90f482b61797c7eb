// A circuit breaker per carrier account, in this process: after `threshold` failures in a row it opens; after a pause,
// that doubles up to a limit, one probe is let through.
#pragma once
#include <chrono>
#include <optional>

namespace waybill::limits {

class breaker {
 public:
  using clock = std::chrono::steady_clock;
  struct options {
    int threshold{5};
    std::chrono::milliseconds first_pause{2'000};
    std::chrono::milliseconds longest_pause{60'000};
  };
  breaker();
  explicit breaker(options how);
  // Nothing: go. Otherwise how long to wait.
  std::optional<std::chrono::milliseconds> refuse(clock::time_point now);
  void success();
  void failure(clock::time_point now);
  bool open() const;

 private:
  options how_;
  int failures_{0};
  bool open_{false};
  bool probing_{false};
  std::chrono::milliseconds pause_{0};
  clock::time_point until_{};
};

} // namespace waybill::limits
