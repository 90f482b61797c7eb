// Named moments at which the crash tests kill the process.
#pragma once
#include <string_view>

namespace waybill {

// Does nothing. The tests' program has another one (tests/fault_points), which ends the process like kill -9 when
// WAYBILL_FAULT_POINT names this point ("write.comment", or "write.comment:3" for the third time it is passed).
void fault_point(std::string_view name);

} // namespace waybill
