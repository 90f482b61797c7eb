// Named moments at which the crash tests kill the process. In shipped builds there is nothing of it.
#pragma once
#include <string_view>

namespace waybill {

#ifdef WAYBILL_FAULT_POINTS
// Ends the process like kill -9 when WAYBILL_FAULT_POINT names this point ("write.comment", or "write.comment:3" for
// the third time it is passed).
void fault_point(std::string_view name);
#else
inline void fault_point(std::string_view) {}
#endif

} // namespace waybill
