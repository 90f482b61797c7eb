#include <waybill/metrics.hpp>

namespace waybill::metrics {
namespace {
backend* installed = nullptr;
} // namespace

void set_backend(backend* b) { installed = b; }
void count(std::string_view name, labels l, double by) {
  if (installed != nullptr) installed->count(name, l, by);
}
void gauge(std::string_view name, labels l, double value) {
  if (installed != nullptr) installed->gauge(name, l, value);
}
void observe(std::string_view name, labels l, double seconds) {
  if (installed != nullptr) installed->observe(name, l, seconds);
}

} // namespace waybill::metrics
