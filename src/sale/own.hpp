// Which of the portal's delivery services and statuses are ours, found again by what setup wrote into them.
#pragma once
#include <sale/delivery.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::sale {

inline constexpr std::string_view handler_code = "waybill";
inline constexpr std::string_view marker = "WAYBILL_KEY"; // setting of the parent service; its value: the portal's id
inline constexpr std::string_view point_property = "WAYBILL_PVZ"; // shipment property: the chosen pickup point

struct own_profile {
  delivery_service service;
  std::string code; // PROFILE_TYPE: the delivery type; empty: the portal does not tell
};
struct own_service {
  delivery_service parent;
  std::vector<own_profile> profiles;
};
// Parent services that carry our marker, with their profiles; the active ones first.
awaitable<result<std::vector<own_service>>> own_services(portal_client portal);

// Parents that have our setting with nothing in it: somebody has emptied the key in the portal's form.
awaitable<result<std::vector<own_service>>> unmarked_services(portal_client portal);

// How our status is recognised among the store's: "waybill:in_transit".
std::string status_mark(std::string_view canonical);

} // namespace waybill::sale
