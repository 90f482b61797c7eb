#include <sandbox/limits.hpp>

#include <algorithm>

namespace waybill::sandbox {
namespace {

std::int64_t minute_of(instant at) { return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count(); }

} // namespace

bool leaky_bucket::admit(instant at, double leak, double threshold) {
  if (leak <= 0) return true;
  const std::chrono::duration<double> passed = at - last_;
  level_ = std::max(0.0, level_ - std::max(0.0, passed.count()) * leak);
  last_ = at;
  if (level_ + 1 > threshold) return false;
  level_ += 1;
  return true;
}

void operating_meter::spend(instant at, double seconds) {
  const auto minute = minute_of(at);
  auto& slot = ring_[static_cast<std::size_t>(minute % buckets)];
  if (slot.minute != minute) slot = {minute, 0};
  slot.seconds += seconds;
}

double operating_meter::used(instant at) const {
  const auto minute = minute_of(at);
  double sum = 0;
  for (const auto& slot : ring_)
    if (slot.minute > minute - buckets && slot.minute <= minute) sum += slot.seconds;
  return sum;
}

std::int64_t operating_meter::reset_at(instant at) const {
  const auto minute = minute_of(at);
  std::int64_t oldest = -1;
  for (const auto& slot : ring_)
    if (slot.seconds > 0 && slot.minute > minute - buckets && slot.minute <= minute &&
        (oldest < 0 || slot.minute < oldest))
      oldest = slot.minute;
  return oldest < 0 ? 0 : (oldest + buckets) * 60;
}

} // namespace waybill::sandbox
