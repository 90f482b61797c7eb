// What the portal holds, read once for a plan; apply() keeps `made` up to date, as later steps need the ids that
// earlier ones brought. Private to the room.
#pragma once
#include <sale/delivery.hpp>
#include <sale/own.hpp>
#include <sale/payments.hpp>
#include <sale/properties.hpp>
#include <sale/statuses.hpp>
#include <setup/setup.hpp>
#include <setup/wishes.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace waybill::setup {

using portal_client = std::shared_ptr<bitrix24::client>;
using site_ptr = std::shared_ptr<site>;
// Nothing: not read, as it is not wanted. A fault: the portal would not tell.
template <class T> using part = std::optional<result<T>>;

struct user_field {
  std::int64_t id{0};
  std::string name, type;
  boost::json::array items; // as read: enumeration
};

using our_profile = sale::own_profile;
using our_service = sale::own_service;

struct event_binding {
  std::string event, handler;
  bool offline{false};
};
struct placement {
  std::string code, handler;
};

struct site {
  portal_client portal;
  wishes want;

  std::string user;
  bool admin{false};
  std::optional<std::set<std::string>> scopes; // nothing: the portal would not tell

  part<std::vector<user_field>> fields;
  part<std::vector<sale::delivery_handler>> handlers;
  part<std::vector<our_service>> services; // by our marker; the active ones first
  part<std::vector<sale::person_type>> person_types;
  part<std::vector<sale::property_group>> groups;
  part<std::vector<sale::shipment_property>> properties;
  part<std::vector<sale::property_relation>> relations;
  std::map<std::int64_t, result<std::vector<sale::extra_service>>> extras; // by profile service
  part<std::vector<sale::store_status>> statuses;
  part<std::vector<sale::status_name>> status_names;
  std::vector<std::string> languages; // of the store; the portal's own when it would not tell
  part<std::vector<sale::pay_system>> pay_systems;
  part<std::vector<std::string>> row_fields;
  part<std::optional<std::string>> invoice_field; // its type; nothing in it: there is none
  bool unmarked{false}; // the service of `services` is ours by its settings, but somebody has emptied its key
  part<std::vector<event_binding>> events;
  std::set<std::string> known_events; // empty: the portal would not tell
  bool offline_events{false};
  part<std::vector<std::string>> robots;
  part<std::vector<placement>> placements;

  struct {
    std::int64_t handler{0};
    std::map<std::string, std::int64_t> profiles;                            // code -> service
    std::map<std::pair<std::string, std::int64_t>, std::int64_t> properties; // code, person type -> property
  } made;

  std::vector<std::string> remarks; // by steps, while they are done

  bool has_scope(const std::string& scope) const { return !scopes || scopes->contains(scope); }
  // "scopes sale, delivery are missing" or why else this part is closed to us; empty: it is open.
  std::string closed(const std::vector<std::string>& needed, bool administrator) const;
};

// profile and scope first: a fault when the portal does not accept us; then everything that is wanted.
awaitable<result<site_ptr>> read_site(portal_client portal, std::shared_ptr<const config::file> settings);
// Its profiles become those that later steps work on.
void remember(site& s, const our_service& service);
// The parts that only a local application may read.
awaitable<void> read_application(site_ptr s);

// Deletes it; one that orders use is switched off instead, and a remark says so.
awaitable<result<void>> retire_service(site_ptr s, our_service old);

std::string shown(const fault& f);
std::string joined(const std::vector<std::string>& all);

// A call of the CRM or the application's half.
awaitable<result<void>> write(portal_client portal, std::string method, boost::json::object params);

using steps = std::vector<step>;
step make_step(verb v, std::string what, std::string reason);

} // namespace waybill::setup
