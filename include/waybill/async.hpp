// Coroutines on Asio: the alias, deadlines, and the only way in which we start one.
#pragma once
#include <waybill/error.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace waybill {

namespace asio = boost::asio;
template <class T> using awaitable = asio::awaitable<T>;
using executor = asio::any_io_executor;

// For operations where failure is normal: auto [ec, n] = co_await s.async_read_some(b, as_result);
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// Starts a coroutine that nobody awaits. An exception ends it, is logged with `name` and counted; never rethrown.
void spawn(executor ex, std::string name, awaitable<void> task);
// What spawn() reports exceptions to; telemetry sets it at start. (name, what)
void on_stray_exception(std::function<void(const std::string&, const std::string&)> sink);

awaitable<void> sleep_for(std::chrono::milliseconds duration);

// `op` must not throw: with as_tuple-style operations a failure ends the wait at once.
template <class T> awaitable<result<T>> deadline(awaitable<result<T>> op, std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  auto ex = co_await asio::this_coro::executor;
  asio::steady_timer timer{ex, limit};
  auto first = co_await (std::move(op) || timer.async_wait(as_result));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(errc::timeout, "no answer within " + std::to_string(limit.count()) + " ms");
}

// A condition that coroutines of one thread wait for and others signal. Not thread-safe.
class signal {
 public:
  explicit signal(executor ex) : timer_(std::move(ex)) {
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
  }
  // Returns at the next notify_all(), or after `limit`: the caller looks at its condition again.
  awaitable<void> wait(std::chrono::milliseconds limit = std::chrono::hours(24));
  void notify_all() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

} // namespace waybill
