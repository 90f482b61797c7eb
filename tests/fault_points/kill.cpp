// The fault points of the program that the crash tests run: all else in it is the shipped one, object by object.
#include <waybill/fault_point.hpp>

#include <csignal>
#include <cstdlib>
#include <string>

namespace waybill {

void fault_point(std::string_view name) {
  static const std::string wanted = [] {
    const char* text = std::getenv("WAYBILL_FAULT_POINT"); // NOLINT(concurrency-mt-unsafe): nobody sets it
    return std::string(text == nullptr ? "" : text);
  }();
  static const auto colon = wanted.find(':');
  static const long nth = colon == std::string::npos ? 1 : std::strtol(wanted.c_str() + colon + 1, nullptr, 10);
  static long passed = 0;
  if (wanted.empty() || name != std::string_view(wanted).substr(0, colon)) return;
  if (++passed == nth) std::raise(SIGKILL);
}

} // namespace waybill
