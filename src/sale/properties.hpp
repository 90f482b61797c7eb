// Properties of shipments (address, pickup point): definitions, to which services they belong, and values.
#pragma once
#include <sale/orders.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace waybill::sale {

struct person_type {
  std::int64_t id{0};
  std::string name;
};
awaitable<result<std::vector<person_type>>> person_types(portal_client portal);

struct property_group {
  std::int64_t id{0};
  std::int64_t person_type{0};
  std::string name;
};
awaitable<result<std::vector<property_group>>> property_groups(portal_client portal);
awaitable<result<std::int64_t>> add_property_group(portal_client portal, std::int64_t person_type, std::string name);

struct new_property {
  std::int64_t person_type{0};
  std::int64_t group{0};
  std::string name, code, type; // STRING, ADDRESS ...
  bool address_from{false}, address_to{false};
  int sort{100};
};
// Repeated after an unknown outcome only when no property of this code and person type is there: the answer is its id.
awaitable<result<std::int64_t>> add_shipment_property(portal_client portal, new_property what);
awaitable<result<void>> rename_shipment_property(portal_client portal, std::int64_t id, std::string name);
awaitable<result<void>> delete_shipment_property(portal_client portal, std::int64_t id); // gone already: done

// Shown only for this profile service; without any relation a property is shown for all services.
struct property_relation {
  std::int64_t property{0};
  std::int64_t service{0};
  friend bool operator==(const property_relation&, const property_relation&) = default;
};
awaitable<result<std::vector<property_relation>>> property_relations(portal_client portal);
awaitable<result<void>> add_property_relation(portal_client portal, property_relation r);    // there already: done
awaitable<result<void>> delete_property_relation(portal_client portal, property_relation r); // gone already: done

struct property_value {
  std::int64_t id{0};
  std::int64_t property{0};
  std::string code;
  std::string value; // of ADDRESS: empty, its form is not text
};
awaitable<result<std::vector<property_value>>> property_values(portal_client portal, std::int64_t shipment_id);
// Text properties only. One that holds the value already is left alone.
awaitable<result<void>> set_property_value(portal_client portal, std::int64_t shipment_id, std::int64_t property,
                                           std::string value);

} // namespace waybill::sale
