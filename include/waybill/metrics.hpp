// Counters, gauges and histograms as the rooms see them; src/telemetry keeps them in prometheus-cpp.
// Names and labels are ours, never from outside.
#pragma once
#include <initializer_list>
#include <string_view>
#include <utility>

namespace waybill::metrics {

using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

void count(std::string_view name, labels l = {}, double by = 1);
void gauge(std::string_view name, labels l, double value);
void observe(std::string_view name, labels l, double seconds);

// Installed by telemetry at start; before it calls do nothing.
struct backend {
  virtual ~backend() = default;
  virtual void count(std::string_view name, labels l, double by) = 0;
  virtual void gauge(std::string_view name, labels l, double value) = 0;
  virtual void observe(std::string_view name, labels l, double seconds) = 0;
};
void set_backend(backend* b);

} // namespace waybill::metrics
