// DPD's services played in this process: `waybill sandbox` and the tests talk to it. It refuses what the real ones
// refuse (namespaces, the order of elements, empty elements, letters of the wrong alphabet) and keeps every order it
// ever took.
#pragma once
#include <waybill/carrier.hpp>

#include <memory>

namespace waybill::dpd {

std::unique_ptr<stand_in> make_stand_in(stand_in_context context);

} // namespace waybill::dpd
