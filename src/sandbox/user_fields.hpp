// Making user fields of deals, as crm.deal.userfield.add does it.
#pragma once
#include <sandbox/portal.hpp>

namespace waybill::sandbox {

// `fields` in the spelling of the method. The prefix UF_CRM_ is always there in the end, whatever was given.
std::expected<std::int64_t, value_error> add_user_field(portal& p, const json::object& fields);

} // namespace waybill::sandbox
