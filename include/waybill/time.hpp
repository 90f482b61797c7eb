// Instants are UTC milliseconds. Peers' texts come in many spellings and are compared as instants only.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace waybill {

using instant = std::chrono::sys_time<std::chrono::milliseconds>;

// Wall clock now; `clock` lets tests hold it.
instant now();
using clock_fn = instant (*)();

// ISO 8601 with `Z`, `+03:00`, `+0300` or no offset (then UTC), with or without fractions, or a bare date.
std::optional<instant> parse_instant(std::string_view text);
// 2026-11-21T14:05:48Z
std::string to_iso(instant when);
// 2026-11-21
std::string to_date(instant when);

// "30s", "15m", "2h", "7d", "250ms"; nothing for other text.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The shortest of these spellings that is exact: 90s, 15m, 250ms.
std::string to_text(std::chrono::milliseconds duration);

} // namespace waybill
