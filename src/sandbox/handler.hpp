// The portal's side of a delivery handler: what it sends to calculate, create, cancel and delete, and what it makes of
// the answers. The manager sees what stands in `errors`.
#pragma once
#include <sandbox/rest.hpp>
#include <sandbox/sale.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace waybill::sandbox {

struct calculation {
  bool success{false};
  std::int64_t price_minor{0};  // with the extra services that the portal prices itself
  std::int64_t extras_minor{0}; // of it
  std::vector<std::string> errors{};
  json::object shown{}; // what the manager reads: price, period, description
};

struct handled {
  bool success{false};
  std::string request_id{};
  std::vector<std::string> errors{};
  bool called{false}; // false: refused before the handler was asked
};

// The SHIPMENT of section "webhooks"; `unsaved`: without an id.
json::object shipment_object(const portal& p, const store_order& o, const store_shipment& s, bool unsaved);
// A handler's setting of the service (or of its parent): "" when there is none.
std::string handler_setting(const portal& p, std::int64_t service, std::string_view name);
// The extra services of a shipment that have a price of their own.
std::int64_t price_of_extras(const portal& p, const store_shipment& s);

// The order and shipment are copies: they may be gone, or never have been, when the answer comes.
awaitable<calculation> calculate(rest_context ctx, store_order order, store_shipment s, bool unsaved);
awaitable<handled> create_request(rest_context ctx, std::vector<std::int64_t> shipments, std::int64_t user);
awaitable<handled> cancel_request(rest_context ctx, std::int64_t service, std::string request_id);
// Asks the handler when it has a url for it, and keeps the request unless that agrees.
awaitable<handled> delete_request(rest_context ctx, std::int64_t service, std::string request_id);

json::object shown_handled(const handled& h);
json::object shown_calculation(const calculation& c);

} // namespace waybill::sandbox
