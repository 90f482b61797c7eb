#include <queue/queue.hpp>

#include <algorithm>

namespace waybill::queue {
namespace {

using std::chrono::milliseconds;

// A peer's "come back in a year" must not bury a job.
constexpr milliseconds longest_wish = std::chrono::hours(24);

milliseconds doubled(milliseconds first, std::int64_t times, milliseconds most) {
  for (; times > 0 && first < most; --times) first *= 2;
  return std::min(first, most);
}

milliseconds base(errc code, std::int64_t attempt) {
  using namespace std::chrono_literals;
  switch (code) {
  case errc::throttled: return doubled(1s, attempt, 60s);
  case errc::unavailable:
  case errc::timeout:
  case errc::outcome_unknown: return doubled(1s, attempt, 5min);
  case errc::cancelled: return 1s;
  case errc::protocol:
  case errc::internal: return doubled(10s, attempt, 30min);
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found:
  case errc::forbidden: return 0s;
  }
  return 0s;
}

} // namespace

milliseconds backoff(errc code, std::int64_t attempt, milliseconds retry_after, double jitter) {
  const auto wait = base(code, attempt);
  const double factor = 1.0 + 0.2 * std::clamp(jitter, -1.0, 1.0);
  const milliseconds own{static_cast<std::int64_t>(static_cast<double>(wait.count()) * factor)};
  return std::max(own, std::min(retry_after, longest_wish));
}

} // namespace waybill::queue
