// Runs one coroutine to its end on an io_context of its own, with a limit, and gives back what it returned.
#pragma once
#include <waybill/async.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace waybill::test {

// Keeps running `io` until the task is done; what else lives on `io` goes on in the background until then.
template <class T>
T run(asio::io_context& io, awaitable<T> task, std::chrono::seconds limit = std::chrono::seconds(30)) {
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> out;
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>)
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) {
      error = e;
      out.emplace(true);
    });
  else
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
      error = e;
      out.emplace(std::move(value));
    });
  io.restart();
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!out && std::chrono::steady_clock::now() < until) io.run_one_until(until);
  if (!out) throw std::runtime_error("the task did not end in time");
  if (error) std::rethrow_exception(error);
  if constexpr (!std::is_void_v<T>) return std::move(*out);
}

// Looks at `condition` every few milliseconds until it holds; false after the limit.
template <class F> awaitable<bool> eventually(F condition, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) co_return false;
    co_await sleep_for(std::chrono::milliseconds(5));
  }
  co_return true;
}

} // namespace waybill::test
