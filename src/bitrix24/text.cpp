#include <bitrix24/text.hpp>

#include <cstdint>

namespace waybill::bitrix24 {

std::string shortened(std::string_view text, std::size_t most) {
  std::size_t count = 0, keep = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) continue;
    if (most > 0 && count == most - 1) keep = i; // where the last character that fits beside an ellipsis ends
    if (count++ == most) return std::string(text.substr(0, keep)) + "…";
  }
  return std::string(text);
}

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const std::uint32_t three = at(0) << 16U | at(1) << 8U | at(2);
    out += alphabet[three >> 18U & 63U];
    out += alphabet[three >> 12U & 63U];
    out += i + 1 < bytes.size() ? alphabet[three >> 6U & 63U] : '=';
    out += i + 2 < bytes.size() ? alphabet[three & 63U] : '=';
  }
  return out;
}

} // namespace waybill::bitrix24
