// What the configuration wants of a portal. Pure.
#pragma once
#include <config/config.hpp>
#include <sale/delivery.hpp>
#include <sale/own.hpp>
#include <waybill/money.hpp>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::setup {

using sale::handler_code;
using sale::marker;
using sale::point_property;
inline constexpr std::string_view robot_code = "create_shipment";

struct field_wish {
  std::string key;                                        // of [portals.fields]
  std::string name;                                       // UF_CRM_...
  std::string type;                                       // USER_TYPE_ID when we make it
  std::set<std::string_view> accepted;                    // types that serve as well; empty: any
  std::vector<std::pair<std::string, std::string>> items; // enumeration: XML_ID, text
};

struct profile_wish {
  std::string code; // delivery type
  std::string name;
  std::vector<sale::extra_service> options;
};

struct property_wish {
  std::string code, type, word; // word: key of its name
  bool from{false}, to{false};
  int sort{100};
  std::vector<std::string> profiles; // codes for which it is shown
};

struct status_wish {
  std::string canonical; // "in_transit"
  std::string id;        // preferred
  int sort{100};
  std::string xml_id() const { return sale::status_mark(canonical); }
};

struct wishes {
  config::portal portal;
  std::string base; // {public_url}/bitrix24/{id}; empty: no public_url
  std::vector<field_wish> fields;
  std::vector<profile_wish> profiles; // empty: no delivery service wanted
  std::vector<property_wish> properties;
  std::vector<status_wish> statuses;
  std::set<std::string> known_options;      // codes that some built-in carrier has: ours, when found in the portal
  std::vector<std::string> unknown_options; // in the configuration, offered by no routed carrier

  sale::delivery_handler handler() const;
  std::string events_url() const { return base + "/events"; }
  std::string robot_url() const;
  std::string tab_url() const { return base + "/app/deal"; }
};

wishes wishes_of(const config::file& settings, const config::portal& portal);

} // namespace waybill::setup
