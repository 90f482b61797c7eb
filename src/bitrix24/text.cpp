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

} // namespace waybill::bitrix24
