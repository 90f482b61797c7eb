#include <waybill/async.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace waybill {
namespace {

std::function<void(const std::string&, const std::string&)>& sink() {
  static std::function<void(const std::string&, const std::string&)> f;
  return f;
}

void report(const std::string& name, const std::exception_ptr& error) {
  std::string what = "unknown exception";
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted) return; // cancelled while draining
    what = e.what();
  } catch (const std::exception& e) { what = e.what(); } catch (...) { // the text above says all that is known
  }
  log::error("a task ended with an exception", {{"task", name}, {"what", what}});
  metrics::count("waybill_stray_exceptions_total");
  if (sink()) sink()(name, what);
}

} // namespace

void spawn(executor ex, std::string name, awaitable<void> task) {
  asio::co_spawn(std::move(ex), std::move(task), [name = std::move(name)](const std::exception_ptr& error) {
    if (error) report(name, error);
  });
}

void on_stray_exception(std::function<void(const std::string&, const std::string&)> f) { sink() = std::move(f); }

awaitable<void> sleep_for(std::chrono::milliseconds duration) {
  auto ex = co_await asio::this_coro::executor;
  asio::steady_timer timer{ex, duration};
  co_await timer.async_wait(as_result);
}

awaitable<void> signal::wait(std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  auto ex = co_await asio::this_coro::executor;
  asio::steady_timer timer{ex, limit};
  co_await (timer_.async_wait(as_result) || timer.async_wait(as_result));
}

} // namespace waybill
