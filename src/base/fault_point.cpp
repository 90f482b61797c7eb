#include <waybill/fault_point.hpp>

namespace waybill {

// Weak: a program may bring its own.
[[gnu::weak]] void fault_point(std::string_view) {}

} // namespace waybill
