#include <waybill/log.hpp>

#include <algorithm>

namespace waybill::log {
namespace {

sink_fn current_sink = nullptr;
level least = level::info;

// Length of the UTF-8 sequence that begins with this byte.
std::size_t sequence(unsigned char c) { return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4; }

} // namespace

void set_sink(sink_fn sink) { current_sink = sink; }
void set_level(level l) { least = l; }
bool enabled(level l) { return current_sink != nullptr && l >= least; }

void write(level l, std::string_view message, fields f) {
  if (enabled(l)) current_sink(l, message, f);
}

std::string masked(std::string_view personal) {
  if (personal.empty()) return {};
  if (personal.front() == '+' && personal.size() > 8)
    return std::string(personal.substr(0, 5)) + "*****" + std::string(personal.substr(personal.size() - 2));
  return std::string(
             personal.substr(0, std::min(personal.size(), sequence(static_cast<unsigned char>(personal.front()))))) +
         "***";
}

} // namespace waybill::log
