#include <telemetry/log.hpp>

#include <cerrno>
#include <cstring>
#include <memory>

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace waybill::telemetry {
namespace {

constexpr std::size_t queued_lines = 8192;

// Torn down from below: the pool first, which joins its thread, so that the logger and its file never end on that
// thread.
struct running_log {
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  log_format format{log_format::json};
};

std::unique_ptr<running_log>& current() {
  static std::unique_ptr<running_log> log;
  return log;
}

spdlog::level::level_enum to_spdlog(log::level l) {
  switch (l) {
  case log::level::trace: return spdlog::level::trace;
  case log::level::debug: return spdlog::level::debug;
  case log::level::info: return spdlog::level::info;
  case log::level::warn: return spdlog::level::warn;
  case log::level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The line is made here, by the thread that logs: the fields only live as long as the call.
void sink(log::level l, std::string_view message, log::fields fields) {
  const auto& log = current();
  if (!log) return;
  const auto line = format_line(log->format, now(), l, message, field_list(fields));
  log->logger->log(to_spdlog(l), spdlog::string_view_t(line.data(), line.size()));
}

} // namespace

result<void> start_log(log_options how) {
  auto made = std::make_unique<running_log>();
  spdlog::sink_ptr out;
  try {
    if (how.file.empty()) out = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else out = std::make_shared<spdlog::sinks::basic_file_sink_mt>(how.file);
  } catch (const spdlog::spdlog_ex&) {
    return fail(errc::bad_input,
                "cannot write the log to " + how.file + ": " + std::strerror(errno)); // NOLINT: at start, one thread
  }
  made->format = how.format;
  made->pool = std::make_shared<spdlog::details::thread_pool>(queued_lines, 1);
  // The newest line tells more about trouble than the oldest, and the loop never waits for a disk.
  made->logger = std::make_shared<spdlog::async_logger>("waybill", std::move(out), made->pool,
                                                        spdlog::async_overflow_policy::overrun_oldest);
  made->logger->set_pattern("%v");
  made->logger->set_level(spdlog::level::trace); // waybill::log decides
  made->logger->flush_on(
      spdlog::level::trace); // by the writing thread: a quiet daemon must not keep its last lines to itself
  made->logger->set_error_handler([](const std::string&) {}); // a full disk must not end the daemon
  stop_log();
  current() = std::move(made);
  log::set_level(how.level);
  log::set_sink(sink);
  return {};
}

void flush_log() {
  if (const auto& log = current()) log->logger->flush();
}

// The thread pool's destructor writes everything that is queued, and joins.
void stop_log() {
  log::set_sink(nullptr);
  if (auto& log = current()) {
    log->logger->flush();
    log.reset();
  }
}

std::size_t lost_log_lines() {
  const auto& log = current();
  return log ? log->pool->overrun_counter() : 0;
}

} // namespace waybill::telemetry
