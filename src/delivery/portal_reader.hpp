// What the delivery service asks of a portal. An interface, so that tests can play a portal that lies or sleeps.
#pragma once
#include <sale/orders.hpp>
#include <waybill/async.hpp>
#include <workflow/services.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace waybill::delivery {

struct portal_reader {
  virtual ~portal_reader() = default;
  virtual awaitable<result<sale::place_of_shipment>> place_of(std::string portal, std::int64_t shipment) = 0;
  virtual awaitable<result<std::vector<sale::shipment_property>>> properties(std::string portal) = 0;
};

// The portals of the configuration, by their REST.
std::shared_ptr<portal_reader> make_portal_reader(std::shared_ptr<workflow::services> s);

} // namespace waybill::delivery
