#include <telemetry/notify.hpp>

#include <algorithm>
#include <string>

#include <time.h>

#include <systemd/sd-daemon.h>

namespace waybill::telemetry {

void notify_ready() { ::sd_notify(0, "READY=1"); }
void notify_stopping() { ::sd_notify(0, "STOPPING=1"); }
void notify_watchdog() { ::sd_notify(0, "WATCHDOG=1"); }

// notify-reload wants the moment, to tell this reload's READY from one before it.
void notify_reloading() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  const auto micros = static_cast<long long>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1'000;
  const std::string text = "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros);
  ::sd_notify(0, text.c_str());
}

void notify_status(std::string_view text) {
  std::string line = "STATUS=" + std::string(text);
  std::ranges::replace(line, '\n', ' '); // a second line would be a second assignment
  ::sd_notify(0, line.c_str());
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t micros = 0;
  if (::sd_watchdog_enabled(0, &micros) <= 0) return std::nullopt;
  return std::chrono::milliseconds(std::max<std::uint64_t>(micros / 2'000, 1));
}

awaitable<void> feed_watchdog() {
  const auto interval = watchdog_interval();
  if (!interval) co_return;
  for (;;) {
    notify_watchdog();
    co_await sleep_for(*interval);
  }
}

} // namespace waybill::telemetry
