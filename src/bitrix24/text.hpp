// Small things about text that the portal takes.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace waybill::bitrix24 {

// At most `most` characters of UTF-8; what was cut shows as an ellipsis, which counts.
std::string shortened(std::string_view text, std::size_t most);

} // namespace waybill::bitrix24
