// The daemon's log: where waybill::log's lines go. One event is one line, written by a thread of its own.
#pragma once
#include <waybill/error.hpp>
#include <waybill/log.hpp>
#include <waybill/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::telemetry {

enum class log_format { json, text };

struct log_options {
  log::level level{log::level::info};
  log_format format{log_format::json};
  std::string file; // appended to; empty: standard error
};

// Installs the sink; called again it replaces the former one. bad_input: the file cannot be opened.
result<void> start_log(log_options how);
// Writes out what waits. stop_log() also uninstalls the sink; call it last, after the loops have ended.
void flush_log();
void stop_log();
// Lines lost because they came faster than they could be written.
std::size_t lost_log_lines();

// "trace", "debug", "info", "warn", "error"; nothing for other words. For configuration and changes at run time
// (waybill::log::set_level).
std::optional<log::level> level_from(std::string_view name);

// One line without its newline; pure, for the sink and for tests. Control bytes, quotes and broken UTF-8 in a value
// cannot end the line or forge a field. Fields whose names say secret, password or token are left out; names that the
// line has already (time, level, msg) get a trailing underscore.
using field_list = std::vector<std::pair<std::string_view, std::string_view>>;
std::string format_line(log_format format, instant when, log::level l, std::string_view message,
                        const field_list& fields);

} // namespace waybill::telemetry
