// Logging as the rooms see it: one line of JSON an event, behind a function, so that spdlog is compiled once.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace waybill::log {

enum class level { trace, debug, info, warn, error };

// Fields of an event. Values are escaped by the sink; secrets and customers' data never belong here.
using fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

void write(level l, std::string_view message, fields f = {});
inline void debug(std::string_view message, fields f = {}) { write(level::debug, message, f); }
inline void info(std::string_view message, fields f = {}) { write(level::info, message, f); }
inline void warn(std::string_view message, fields f = {}) { write(level::warn, message, f); }
inline void error(std::string_view message, fields f = {}) { write(level::error, message, f); }

// Where the lines go; telemetry installs the real one at start, before it nothing is printed.
using sink_fn = void (*)(level, std::string_view, fields);
void set_sink(sink_fn sink);
bool enabled(level l);
void set_level(level l);

// What people call personal, cut down for logs: "+7916*****67", "И***".
std::string masked(std::string_view personal);

} // namespace waybill::log
