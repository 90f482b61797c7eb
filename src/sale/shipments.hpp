// Shipments of an order: their lists, their contents, and the short form that a deal shows.
#pragma once
#include <sale/orders.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace waybill::sale {

awaitable<result<shipment>> read_shipment_by_id(portal_client portal, std::int64_t id);                // not_found
awaitable<result<std::vector<shipment>>> shipments_of_order(portal_client portal, std::int64_t order); // without lines
// One shipment as the deal shows it (crm scope only). not_found.
awaitable<result<deal_delivery>> delivery_of(portal_client portal, std::int64_t shipment_id);

// Contents: which basket lines travel in this shipment.
awaitable<result<std::vector<shipment::line>>> lines_of_shipment(portal_client portal, std::int64_t shipment_id);
// A line that is there already keeps its id and gets this quantity.
awaitable<result<std::int64_t>> put_line(portal_client portal, std::int64_t shipment_id, std::int64_t basket,
                                         std::string quantity);
awaitable<result<void>> set_line_quantity(portal_client portal, std::int64_t line, std::string quantity);
awaitable<result<void>> remove_line(portal_client portal, std::int64_t line); // gone already: done

} // namespace waybill::sale
