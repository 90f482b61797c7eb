#include <cli/commands.hpp>
#include <cli/run.hpp>
#include <sandbox/sandbox.hpp>
#include <telemetry/log.hpp>

#include <csignal>
#include <iostream>

#include <boost/asio/signal_set.hpp>

namespace waybill::cli {
namespace {

awaitable<int> play(executor ex, sandbox::options how) {
  asio::signal_set signals(ex, SIGTERM, SIGINT);
  sandbox::sandbox box(ex, std::move(how));
  auto started = co_await box.start();
  if (!started) {
    std::cerr << "waybill: " << started.error().what << "\n";
    co_return 1;
  }
  std::cout << "sandbox on port " << box.port() << std::endl; // flushed: scripts wait for this line
  co_await signals.async_wait(as_result);
  co_await box.stop();
  co_return 0;
}

} // namespace

int sandbox(const std::string& listen, double speed) {
  telemetry::log_options logging;
  logging.level = log::level::warn;
  logging.format = telemetry::log_format::text;
  const auto logged = telemetry::start_log(std::move(logging));
  if (!logged) return 1;
  asio::io_context io{1};
  sandbox::options how;
  how.listen = listen;
  how.speed = speed;
  const int code = run_to_end(io, play(io.get_executor(), std::move(how)));
  telemetry::stop_log();
  return code;
}

} // namespace waybill::cli
