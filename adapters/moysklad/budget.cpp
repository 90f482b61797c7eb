#include "budget.hpp"

#include <algorithm>
#include <charconv>

namespace waybill::moysklad {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::size_t most_identical_failures = 20; // a minute; 200 cost the access
constexpr std::size_t most_puts = 30;               // of one object a minute; 100 cost the access
constexpr auto minute = 60s;
constexpr auto shut = 60s;
constexpr auto credentials_pause = 15min; // a stop after about 30 failed logins an hour is reported
constexpr std::size_t most_records = 1000;

std::optional<std::int64_t> number(const http_response& answer, std::string_view name) {
  const std::string* text = find_header(answer.headers, name);
  std::int64_t n = 0;
  if (text == nullptr) return {};
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
  return ec == std::errc{} && n >= 0 && n <= 10'000'000 ? std::optional(n) : std::nullopt;
}

void drop_old(std::deque<steady_time>& times, steady_time now, std::chrono::milliseconds age) {
  while (!times.empty() && now - times.front() >= age) times.pop_front();
}

milliseconds until(steady_time when, steady_time now) {
  return std::max(std::chrono::ceil<milliseconds>(when - now), 1ms);
}

} // namespace

milliseconds allowance::enter(steady_time now) {
  drop_old(sent_, now, how_.window);
  if (parallel_ < how_.parallel && now >= widen_at_) {
    ++parallel_;
    widen_at_ = now + minute;
  }
  if (now < paused_until_) return until(paused_until_, now);
  if (in_flight_ >= parallel_) return how_.window; // the end of another one wakes the waiting earlier
  if (sent_.size() >= static_cast<std::size_t>(how_.requests)) return until(sent_.front() + how_.window, now);
  sent_.push_back(now);
  ++in_flight_;
  return 0ms;
}

void allowance::leave(steady_time now, const http_response* answer) {
  in_flight_ = std::max(in_flight_ - 1, 0);
  if (answer == nullptr) return;
  if (answer->status == 429) {
    const auto wait = number(*answer, "X-Lognex-Retry-After").value_or(how_.window.count());
    paused_until_ = std::max(paused_until_, now + milliseconds(std::clamp<std::int64_t>(wait, 50, 60'000)));
    // Too many at once is another limit than too many in a while; the headers do not show it.
    const std::string* why = find_header(answer->headers, "X-Lognex-Auth");
    const bool crowd = (why != nullptr && *why == "429005") || answer->body.find("1073") != std::string::npos;
    if (crowd && parallel_ > 1) {
      --parallel_;
      widen_at_ = now + minute;
    }
    return;
  }
  const auto limit = number(*answer, "X-RateLimit-Limit"), left = number(*answer, "X-RateLimit-Remaining");
  if (!limit || !left || *limit <= 0) return;
  // What others of the same employee use up shows only here; a request may cost several units.
  const auto interval = std::min<std::int64_t>(number(*answer, "X-Lognex-Retry-TimeInterval").value_or(3000), 10'000);
  if (*left * 5 < *limit) paused_until_ = std::max(paused_until_, now + milliseconds((interval + 2) / 3));
}

void breaker::sweep(steady_time now) {
  for (auto it = calls_.begin(); it != calls_.end();) {
    drop_old(it->second.failures, now, minute);
    const bool idle = it->second.failures.empty() && now >= it->second.shut_until;
    it = idle ? calls_.erase(it) : std::next(it);
  }
  for (auto it = puts_.begin(); it != puts_.end();) {
    drop_old(it->second, now, minute);
    it = it->second.empty() ? puts_.erase(it) : std::next(it);
  }
}

std::optional<fault> breaker::objection(const std::string& call, const std::string& entity, steady_time now) {
  if (refused_ && now < refused_until_) {
    fault f = *refused_;
    f.retry_after = until(refused_until_, now);
    return f;
  }
  if (const auto it = calls_.find(call); it != calls_.end() && now < it->second.shut_until)
    return fault{errc::throttled, "the same request to MoySklad failed too often, so it rests for a while",
                 until(it->second.shut_until, now), "moysklad.breaker"};
  if (const auto it = puts_.find(entity); !entity.empty() && it != puts_.end()) {
    drop_old(it->second, now, minute);
    if (it->second.size() >= most_puts)
      return fault{errc::throttled, "one object in MoySklad is changed too often, so it rests for a while",
                   until(it->second.front() + minute, now), "moysklad.breaker"};
  }
  return {};
}

void breaker::sent(const std::string& entity, steady_time now) {
  if (entity.empty()) return;
  if (puts_.size() >= most_records) sweep(now);
  puts_[entity].push_back(now);
}

void breaker::succeeded(const std::string& call) {
  calls_.erase(call);
  refused_.reset();
}

void breaker::failed(const std::string& call, const fault& f, steady_time now) {
  const bool credentials = f.peer_code == "1056" || f.peer_code == "1048" || f.peer_code == "1061" ||
                           f.peer_code == "1085" || f.peer_code == "http_401";
  if (credentials) {
    refused_ = f;
    refused_until_ = now + credentials_pause;
  }
  if (calls_.size() >= most_records) sweep(now);
  record& r = calls_[call];
  drop_old(r.failures, now, minute);
  r.failures.push_back(now);
  if (r.failures.size() < most_identical_failures) return;
  r.failures.clear();
  r.shut_until = now + shut;
}

} // namespace waybill::moysklad
