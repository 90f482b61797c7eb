// The words of a command as Redis reads them (RESP2). Inside the room only.
#pragma once
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace waybill::redis::wire {

inline void header(std::string& out, char mark, std::size_t count) {
  std::array<char, 24> digits{};
  digits[0] = mark;
  auto* end = std::to_chars(digits.data() + 1, digits.data() + digits.size() - 2, count).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(digits.data(), end);
}
inline void array(std::string& out, std::size_t words) { header(out, '*', words); }
inline void word(std::string& out, std::string_view text) {
  header(out, '$', text.size());
  out.append(text);
  out.append("\r\n", 2);
}
inline void number(std::string& out, std::size_t value) {
  std::array<char, 24> digits{};
  const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  word(out, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

} // namespace waybill::redis::wire
