// How much one account may be asked: a window of requests, few at once, and stops that MoySklad or we ourselves set.
// All of it is state and clock; the client does the waiting. Not thread-safe.
#pragma once
#include <waybill/error.hpp>
#include <waybill/http.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace waybill::moysklad {

using steady_time = std::chrono::steady_clock::time_point;

// The account's allowance. MoySklad tells what remains; every program of the same employee eats from it.
class allowance {
 public:
  struct limits {
    int requests{10}; // in one window
    int parallel{3};
    std::chrono::milliseconds window{3'000};
  };
  explicit allowance(limits how) : how_(how), parallel_(how.parallel) {}

  // Zero: the request may go, and is counted. Otherwise look again after this long, or when one has ended.
  std::chrono::milliseconds enter(steady_time now);
  // A request has ended; what its answer says of the limits counts at once.
  void leave(steady_time now, const http_response* answer);
  int in_flight() const { return in_flight_; }
  int parallel() const { return parallel_; }

 private:
  limits how_;
  int parallel_;
  int in_flight_{0};
  std::deque<steady_time> sent_;
  steady_time paused_until_{};
  steady_time widen_at_{};
};

// Keeps failing calls from being repeated until MoySklad shuts the account out. A call is known by a text that is the
// same for identical requests.
class breaker {
 public:
  // Why this call must not be made now; nothing: go ahead. `entity`: what a PUT changes, else empty.
  std::optional<fault> objection(const std::string& call, const std::string& entity, steady_time now);
  void sent(const std::string& entity, steady_time now);
  void succeeded(const std::string& call);
  void failed(const std::string& call, const fault& f, steady_time now);

 private:
  struct record {
    std::deque<steady_time> failures;
    steady_time shut_until{};
  };
  void sweep(steady_time now);

  std::map<std::string, record> calls_;
  std::map<std::string, std::deque<steady_time>> puts_;
  std::optional<fault> refused_; // the credentials
  steady_time refused_until_{};
};

} // namespace waybill::moysklad
