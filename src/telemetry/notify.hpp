// What systemd is told (Type=notify or notify-reload, WatchdogSec=). Without systemd every call does nothing.
#pragma once
#include <waybill/async.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace waybill::telemetry {

void notify_ready();
void notify_reloading(); // notify_ready() afterwards ends the reload
void notify_stopping();
void notify_status(std::string_view text); // one line for `systemctl status`
void notify_watchdog();
// How often to call notify_watchdog(): half of what the unit allows; nothing when it has no watchdog for this process.
std::optional<std::chrono::milliseconds> watchdog_interval();
// Calls it from the loop until cancelled, so that a loop that hangs is restarted. Returns at once without a watchdog.
awaitable<void> feed_watchdog();

} // namespace waybill::telemetry
