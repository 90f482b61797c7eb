// asked -> Shipment. Pure.
#pragma once
#include <config/config.hpp>
#include <delivery/asked.hpp>
#include <mapping/mapping.hpp>
#include <sale/orders.hpp>
#include <sale/own.hpp>
#include <waybill/shipment.hpp>

#include <string_view>
#include <vector>

namespace waybill::delivery {

using sale::point_property; // of the handler: the chosen pickup point

struct shipping {
  shipment what; // without reference
  std::vector<mapping::remark> remarks;
  std::vector<mapping::obstacle> obstacles; // keys as in mapping; not empty: `what` is incomplete
};

// Shipments ordered together become one, each with a parcel of its own; they must go to one place by one delivery
// type, else the obstacle "mixed_shipments". `properties` tells what their values mean.
shipping to_shipment(const std::vector<asked>& all, const std::vector<sale::shipment_property>& properties,
                     const config::portal& portal);

// Ids of filled properties that `known` lacks: it is out of date then.
bool has_unknown_property(const asked& a, const std::vector<sale::shipment_property>& known);

// An address property as an address; what its parts leave open is read from its lines of text.
address to_address(const asked_address& a);

} // namespace waybill::delivery
