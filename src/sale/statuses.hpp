// Statuses of shipments in the store, and their names in the portal's languages.
#pragma once
#include <sale/orders.hpp>

#include <string>
#include <vector>

namespace waybill::sale {

struct store_status {
  std::string id;        // at most two characters, one space for orders and deliveries
  std::string type{"D"}; // D delivery, O order
  std::string xml_id;
  std::string color; // "#RRGGBB"
  int sort{100};
};
awaitable<result<std::vector<store_status>>> store_statuses(portal_client portal); // of both types
// conflict: the id is taken (also by ourselves, after a lost answer: look at its xml_id).
awaitable<result<void>> add_status(portal_client portal, store_status what);
awaitable<result<void>> update_status(portal_client portal, store_status what);
awaitable<result<void>> delete_status(portal_client portal, std::string id); // gone already: done
// Whether any shipment has it.
awaitable<result<bool>> status_in_use(portal_client portal, std::string id);

struct status_name {
  std::string status, language, name;
};
awaitable<result<std::vector<std::string>>> store_languages(portal_client portal); // the active ones: "ru", "en"
awaitable<result<std::vector<status_name>>> status_names(portal_client portal);
// Sets or replaces: the portal knows no update, so an old name is deleted first.
awaitable<result<void>> name_status(portal_client portal, status_name what, bool replaces);

} // namespace waybill::sale
