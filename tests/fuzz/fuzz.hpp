// What the fuzz targets share: the promise that must hold for every input, and cutting one input into several.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waybill::fuzz {

// A broken promise ends the process, so that libFuzzer keeps the input.
inline void must(bool holds) {
  if (!holds) __builtin_trap();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the text up to the next line break off the front.
inline std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

} // namespace waybill::fuzz
