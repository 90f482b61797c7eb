// CDEK's API played in this process: `waybill sandbox` and the tests talk to it. It checks what the real one checks,
// answers in its shapes and with its delays, and keeps every order it ever took. It shares no field names with the
// adapter, so that a slip there is refused here.
#pragma once
#include <waybill/carrier.hpp>

#include <memory>

namespace waybill::cdek {

std::unique_ptr<stand_in> make_stand_in(stand_in_context context);

} // namespace waybill::cdek
