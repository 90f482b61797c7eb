// Making user fields: of deals, as crm.deal.userfield.add does it, and of smart invoices, as userfieldconfig.add.
#pragma once
#include <sandbox/portal.hpp>

namespace waybill::sandbox {

// `fields` in the spelling of the method. The prefix UF_CRM_ is always there in the end, whatever was given.
std::expected<std::int64_t, value_error> add_user_field(portal& p, const json::object& fields);

// `field` in the spelling of userfieldconfig.add; its entityId is CRM_SMART_INVOICE.
std::expected<const user_field*, value_error> add_invoice_field(portal& p, const json::object& field);

} // namespace waybill::sandbox
