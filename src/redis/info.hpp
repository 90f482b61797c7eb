// Reading the text of INFO. Inside the room only.
#pragma once
#include <string_view>

namespace waybill::redis {

// The value of a line "name:value"; empty when there is none.
std::string_view info_field(std::string_view info, std::string_view name);

} // namespace waybill::redis
