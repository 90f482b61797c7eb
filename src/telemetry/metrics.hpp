// waybill::metrics on prometheus-cpp's registry, and the text that /metrics answers with.
#pragma once
#include <string>
#include <string_view>

namespace waybill::telemetry {

// Installs the backend; once, at start. Families and children come into being when they are first counted.
void start_metrics();
// The help text of a metric, before it is first counted; without it the text is made from the name.
void describe(std::string_view name, std::string_view help);
// Everything counted so far, and the process's own numbers, in Prometheus' text format.
std::string render();
inline constexpr std::string_view render_content_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace waybill::telemetry
