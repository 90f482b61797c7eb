// The form in which a manager makes an order with a shipment, before and after it is saved.
#pragma once
#include <sandbox/portal.hpp>

#include <cstdint>
#include <expected>
#include <string>

namespace waybill::sandbox {

// Not in the portal yet: the ids are 0, but for articles that the order had before.
struct draft {
  store_order order{};
  store_shipment shipment{};
};

// From {deal or order, delivery or profile, rows?, properties, extras, comment}. The text of an error names what is
// unknown: typing mistakes do not pass.
std::expected<draft, std::string> read_draft(portal& p, const json::object& body);

struct saved_draft {
  std::int64_t order{0}, shipment{0}, payment{0}; // payment 0: none was asked for
};

// `payment` of the body: "cash", "prepaid", the id of a pay system, or {system, paid}. It covers goods and delivery.
std::expected<saved_draft, std::string> save_draft(portal& p, const draft& d, const json::object& body,
                                                   std::int64_t user);

} // namespace waybill::sandbox
