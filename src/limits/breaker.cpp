#include <limits/breaker.hpp>

#include <algorithm>

namespace waybill::limits {

breaker::breaker() : breaker(options{}) {}
breaker::breaker(options how) : how_(how) {}

std::optional<std::chrono::milliseconds> breaker::refuse(clock::time_point now) {
  if (!open_) return {};
  if (now < until_) return std::chrono::ceil<std::chrono::milliseconds>(until_ - now);
  // One probe. Should its verdict never come (its job died), another is let through after a further pause.
  probing_ = true;
  until_ = now + pause_;
  return {};
}

void breaker::success() {
  failures_ = 0;
  open_ = false;
  probing_ = false;
  pause_ = std::chrono::milliseconds{0};
}

void breaker::failure(clock::time_point now) {
  if (open_) {
    // A failure without a probe is a late answer of a call that began before: it says nothing new.
    if (!probing_) return;
    probing_ = false;
    pause_ = std::min(pause_ * 2, how_.longest_pause);
    until_ = now + pause_;
    return;
  }
  if (++failures_ < how_.threshold) return;
  open_ = true;
  pause_ = how_.first_pause;
  until_ = now + pause_;
}

bool breaker::open() const { return open_; }

} // namespace waybill::limits
