// How the portal knows us: the handler with its addresses, the delivery services made of it, and their extra services.
// Every call needs an administrator. Deleting what is gone already counts as done.
#pragma once
#include <sale/orders.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::sale {

struct delivery_handler {
  std::int64_t id{0};
  std::string code, name, description;
  std::string calculate_url, create_url, cancel_url, delete_url;
  std::string cancel_action; // what the button says
  bool tracks{true};         // HAS_CALLBACK_TRACKING_SUPPORT: our statuses show in the deal
  struct setting {
    std::string type, code, name; // STRING ...
    friend bool operator==(const setting&, const setting&) = default;
  };
  std::vector<setting> settings; // at least one: the portal insists
  struct profile {
    std::string code, name, description;
    friend bool operator==(const profile&, const profile&) = default;
  };
  std::vector<profile> profiles; // at least one
};
awaitable<result<std::vector<delivery_handler>>> handlers(portal_client portal); // foreign ones too
// The new handler's id; also when one of this code turns out to be there already.
awaitable<result<std::int64_t>> add_handler(portal_client portal, delivery_handler what);
awaitable<result<void>> update_handler(portal_client portal, delivery_handler what); // whole; by id
// rejected: services still use it.
awaitable<result<void>> delete_handler(portal_client portal, std::int64_t id);

struct delivery_service {
  std::int64_t id{0};
  std::int64_t parent{0}; // 0: a parent itself
  std::string name, description, currency;
  bool active{true};
};
awaitable<result<std::vector<delivery_service>>> delivery_services(portal_client portal); // all of the portal

using service_settings = std::vector<std::pair<std::string, std::string>>; // CODE, VALUE
struct new_service {
  std::string handler; // REST_CODE
  std::string name, description, currency{"RUB"};
  service_settings settings; // at least one: the portal insists
};
struct made_service {
  delivery_service parent;
  std::vector<delivery_service> profiles;
};
// outcome_unknown: look for the marker among the services before repeating.
awaitable<result<made_service>> add_service(portal_client portal, new_service what);
struct service_change {
  std::optional<std::string> name, currency;
  std::optional<bool> active;
};
awaitable<result<void>> update_service(portal_client portal, std::int64_t id, service_change change);
// rejected: orders use it.
awaitable<result<void>> delete_service(portal_client portal, std::int64_t id);

// Of a parent: our settings; of a profile: PROFILE_TYPE. not_found also for services that are no handler's.
awaitable<result<service_settings>> settings_of_service(portal_client portal, std::int64_t id);
// The whole set at once. Never without PROFILE_TYPE on a profile.
awaitable<result<void>> set_settings_of_service(portal_client portal, std::int64_t id, service_settings settings);

struct extra_service {
  std::int64_t id{0};
  std::string code, name, description;
  std::string type{"checkbox"}; // checkbox | enum | quantity
  bool active{true};
  money price; // added by the portal to what we answer
  struct item {
    std::string code, title;
    money price;
  };
  std::vector<item> items; // enum
};
awaitable<result<std::vector<extra_service>>> extra_services(portal_client portal, std::int64_t profile);
// The id; also when one of this code turns out to be there after a lost answer.
awaitable<result<std::int64_t>> add_extra_service(portal_client portal, std::int64_t profile, extra_service what);
awaitable<result<void>> update_extra_service(portal_client portal, extra_service what); // by id; never its type
awaitable<result<void>> delete_extra_service(portal_client portal, std::int64_t id);

} // namespace waybill::sale
