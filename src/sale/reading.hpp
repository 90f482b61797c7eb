// The store's records as our structs; pure. Private to the room.
#pragma once
#include <sale/orders.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace waybill::sale {

shipment read_shipment(const boost::json::object& o);
payment read_payment(const boost::json::object& o);
basket_line read_basket(const boost::json::object& o, const std::string& currency);
order read_order_record(const boost::json::object& o);

// WIDTH, HEIGHT, LENGTH out of PHP's serialized text or of an object, in millimetres; 0: not given.
std::array<std::int64_t, 3> read_dimensions(const boost::json::value& v);
// The portal's rate is a share (0.2) or percents (20); nothing: no VAT.
std::optional<int> read_vat(const boost::json::object& o, std::string_view key);

} // namespace waybill::sale
