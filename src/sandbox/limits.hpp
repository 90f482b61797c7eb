// The portal's two limits: requests by a leaky bucket, and execution seconds of a method in a sliding window.
#pragma once
#include <waybill/time.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace waybill::sandbox {

// Requests of one source address. Above `threshold` a request is refused; `leak` a second run out. A leak of 0 switches
// it off.
class leaky_bucket {
 public:
  bool admit(instant at, double leak, double threshold);

 private:
  double level_{0};
  instant last_{};
};

// Execution seconds of one method for one caller, in ten buckets of a minute. The check is before the call, so a long
// one may overshoot.
class operating_meter {
 public:
  void spend(instant at, double seconds);
  double used(instant at) const;
  // When the oldest bucket that counts leaves the window; 0 when nothing is counted.
  std::int64_t reset_at(instant at) const;

 private:
  static constexpr std::int64_t buckets = 10;
  struct bucket {
    std::int64_t minute{-1};
    double seconds{0};
  };
  std::array<bucket, buckets> ring_{};
};

} // namespace waybill::sandbox
