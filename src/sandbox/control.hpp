// The parts of the control API.
#pragma once
#include <sandbox/world.hpp>

#include <optional>
#include <string>
#include <vector>

namespace waybill::sandbox {

struct control_call {
  world& in;
  std::string method;            // GET, POST, PUT, DELETE
  std::vector<std::string> path; // segments after the ones already read
  json::object body;             // {} when there is none; a list arrives under "list"

  bool is(std::string_view verb, std::size_t segments) const { return method == verb && path.size() == segments; }
};

http_response control_ok(json::value body = json::object{{"ok", true}});
http_response control_bad(std::string_view message);     // 400
http_response control_unknown(std::string_view message); // 404

// /sandbox/portals/{id}/...
http_response control_deals(const control_call& c, const std::shared_ptr<portal>& p);  // path begins behind "deals"
http_response control_portal(const control_call& c, const std::shared_ptr<portal>& p); // path begins behind the id
http_response control_carrier(const control_call& c);                                  // path begins behind "carriers"
// What needs an answer of the daemon: a manager's work with deliveries, the application's pages. Whoever calls keeps
// the world alive. Nothing: the path is none of these.
awaitable<std::optional<http_response>> control_sale(control_call c, std::shared_ptr<portal> p);
awaitable<std::optional<http_response>> control_application(control_call c, std::shared_ptr<portal> p);

// Settings and subscriptions from JSON; an error text when something in it is wrong.
std::optional<std::string> apply_settings(portal& p, const json::object& body);
json::object shown_settings(const portal& p);
std::optional<std::string> replace_subscriptions(portal& p, const json::array& list);
std::optional<std::string> add_fault(world& in, portal& p, const json::object& body);

} // namespace waybill::sandbox
