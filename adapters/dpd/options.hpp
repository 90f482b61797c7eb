// What DPD wants to know with each extra service.
#pragma once
#include "settings.hpp"

#include <waybill/soap.hpp>

#include <optional>

namespace waybill::dpd {

// The shipment's extra services after the account's; the shipment's own of the same code win.
std::vector<std::pair<std::string, std::string>> extras_of(const settings& how, const shipment& s);
bool wants_partial(const settings& how, const shipment& s);
// Writes <extraService> elements. Fault bad_input: an unknown service, or one that lacks its parameter.
result<void> write_extras(soap::writer& out, const settings& how, const shipment& s);

} // namespace waybill::dpd
