// One coroutine to its end on a loop of its own: how the short commands run.
#pragma once
#include <waybill/async.hpp>

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace waybill::cli {

template <class T> T run_to_end(asio::io_context& io, awaitable<T> task) {
  std::optional<T> out;
  std::exception_ptr error;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
    error = std::move(e);
    out.emplace(std::move(value));
    io.stop();
  });
  io.run();
  if (error) std::rethrow_exception(error);
  return std::move(*out);
}

} // namespace waybill::cli
