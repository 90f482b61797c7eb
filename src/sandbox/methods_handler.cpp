// sale.delivery.handler.*, sale.delivery.*, sale.delivery.config.*: registering a delivery service.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_code = 50;

outcome not_defined(std::string_view name) { return check_failure(fmt::format("Parameter {} is not defined", name)); }

// What an application made is closed to all others; what a webhook made is open to any administrator.
std::optional<outcome> foreign(const call& c, const json::object& handler) {
  const auto owner = text_of(handler, "_OWNER");
  if (owner.empty() || (c.who.application && owner == c.at.how.client_id)) return {};
  return refused("ACCESS_DENIED", "Access denied!", 403);
}

json::object* handler_by(portal& p, std::string_view key, const std::string& value) {
  for (auto& h : p.handlers)
    if (text_of(h.as_object(), key) == value) return &h.as_object();
  return nullptr;
}

std::optional<outcome> bad_settings(const call& c) {
  const auto* how = c.object("SETTINGS");
  if (how == nullptr || php::is_empty(how->if_contains("CALCULATE_URL"))) return not_defined("SETTINGS[CALCULATE_URL]");
  const auto* config = how->if_contains("CONFIG");
  if (php::is_empty(config) || !config->is_array()) return not_defined("SETTINGS[CONFIG]");
  static constexpr std::array<std::string_view, 6> types{"STRING", "Y/N", "NUMBER", "ENUM", "DATE", "LOCATION"};
  for (const auto& entry : config->get_array()) {
    const auto* o = entry.if_object();
    if (o == nullptr || php::is_empty(o->if_contains("CODE")))
      return check_failure("[SETTINGS][CONFIG][] Item CODE is not specified");
    if (std::ranges::find(types, text_of(*o, "TYPE")) == types.end())
      return check_failure("[SETTINGS][CONFIG][] Item TYPE is not specified");
    if (php::is_empty(o->if_contains("NAME"))) return check_failure("[SETTINGS][CONFIG][] Item NAME is not specified");
  }
  return {};
}

std::optional<outcome> bad_profiles(const call& c) {
  const auto* list = c.param("PROFILES");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return not_defined("PROFILES");
  std::set<std::string> codes;
  for (const auto& one : list->get_array()) {
    const auto* o = one.if_object();
    if (o == nullptr || php::is_empty(o->if_contains("CODE"))) return not_defined("PROFILES[][CODE]");
    if (php::is_empty(o->if_contains("NAME"))) return not_defined("PROFILES[][NAME]");
    if (!codes.insert(text_of(*o, "CODE")).second) return check_failure("Parameter PROFILES has equal CODE values");
  }
  return {};
}

outcome handler_list(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  json::array out = c.at.handlers;
  for (auto& h : out) h.as_object().erase("_OWNER");
  return ok(std::move(out));
}

outcome handler_add(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  for (const auto* name : {"NAME", "CODE", "SETTINGS", "PROFILES"})
    if (php::is_empty(c.param(name))) return not_defined(name);
  if (auto wrong = bad_settings(c)) return *wrong;
  if (auto wrong = bad_profiles(c)) return *wrong;
  if (c.text("NAME").size() > longest_name * 2 || c.text("CODE").size() > longest_code)
    return refused("ERROR_HANDLER_ADD", "The value is too long");
  if (handler_by(c.at, "CODE", c.text("CODE")) != nullptr)
    return refused("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!");
  const auto id = c.at.next_id();
  c.at.handlers.push_back(json::object{{"ID", std::to_string(id)},
                                       {"NAME", c.text("NAME")},
                                       {"CODE", c.text("CODE")},
                                       {"SORT", std::to_string(c.integer("SORT").value_or(100))},
                                       {"DESCRIPTION", c.text("DESCRIPTION")},
                                       {"SETTINGS", *c.param("SETTINGS")},
                                       {"PROFILES", *c.param("PROFILES")},
                                       {"_OWNER", c.who.application ? c.at.how.client_id : std::string()}});
  return ok(id);
}

outcome handler_update(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  if (php::is_empty(c.param("ID"))) return not_defined("ID");
  auto* h = handler_by(c.at, "ID", c.text("ID"));
  if (h == nullptr) return refused("ERROR_HANDLER_NOT_FOUND", "Handler not found");
  if (auto wrong = foreign(c, *h)) return *wrong;
  for (const auto* name : {"NAME", "CODE"})
    if (c.param(name) != nullptr && php::is_empty(c.param(name))) return not_defined(name);
  if (c.param("SETTINGS") != nullptr)
    if (auto wrong = bad_settings(c)) return *wrong;
  if (c.param("PROFILES") != nullptr)
    if (auto wrong = bad_profiles(c)) return *wrong;
  const auto* other = handler_by(c.at, "CODE", c.text("CODE"));
  if (c.param("CODE") != nullptr && other != nullptr && other != h)
    return refused("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!");
  for (const auto* name : {"NAME", "CODE", "SORT", "DESCRIPTION"})
    if (c.param(name) != nullptr) (*h)[name] = c.text(name);
  for (const auto* name : {"SETTINGS", "PROFILES"})
    if (const auto* v = c.param(name)) (*h)[name] = *v; // replaced whole; services keep their profiles
  return ok(true);
}

outcome handler_delete(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  if (php::is_empty(c.param("ID"))) return not_defined("ID");
  const auto* h = handler_by(c.at, "ID", c.text("ID"));
  if (h == nullptr) return refused("ERROR_HANDLER_NOT_FOUND", "Handler not found");
  if (auto wrong = foreign(c, *h)) return *wrong;
  std::string used;
  for (const auto& s : c.at.services)
    if (s.parent == 0 && s.rest_code == text_of(*h, "CODE")) used += (used.empty() ? "" : ", ") + std::to_string(s.id);
  if (!used.empty()) return refused("ERROR_HANDLER_DELETE", "There are deliveries with this handler: " + used);
  drop_if(c.at.handlers, [&c](const json::value& v) { return text_of(v.as_object(), "ID") == c.text("ID"); });
  return ok(true);
}

json::object shown(const delivery_service& s) {
  return {{"ID", s.id},
          {"PARENT_ID", s.parent == 0 ? json::value(nullptr) : json::value(s.parent)},
          {"NAME", s.name},
          {"ACTIVE", s.active ? "Y" : "N"},
          {"DESCRIPTION", s.description},
          {"CURRENCY", s.currency},
          {"SORT", s.sort},
          {"LOGOTYPE", s.logotype}};
}

// CONFIG as a list of {CODE, VALUE}; numbers come back as text.
std::optional<json::array> read_config(const json::value* sent) {
  if (php::is_empty(sent) || !sent->is_array()) return {};
  json::array out;
  for (const auto& one : sent->get_array()) {
    const auto* o = one.if_object();
    if (o == nullptr || php::is_empty(o->if_contains("CODE"))) return {};
    out.push_back(json::object{{"CODE", text_of(*o, "CODE")}, {"VALUE", text_of(*o, "VALUE")}});
  }
  return out;
}

outcome service_add(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  for (const auto* name : {"REST_CODE", "NAME", "CURRENCY", "CONFIG"})
    if (php::is_empty(c.param(name))) return not_defined(name);
  auto config = read_config(c.param("CONFIG"));
  if (!config) return check_failure("[CONFIG][] Item CODE is not specified");
  const auto* handler = handler_by(c.at, "CODE", c.text("REST_CODE"));
  if (handler == nullptr)
    return refused("ERROR_HANDLER_NOT_FOUND", fmt::format("Handler \"{}\" not exists", c.text("REST_CODE")));
  if (auto wrong = foreign(c, *handler)) return *wrong;
  delivery_service parent;
  parent.id = c.at.next_id();
  parent.rest_code = c.text("REST_CODE");
  parent.name = c.text("NAME");
  parent.currency = c.text("CURRENCY");
  parent.config = std::move(*config);
  parent.description = c.text("DESCRIPTION");
  parent.active = c.param("ACTIVE") == nullptr || flag_of(c.params, "ACTIVE");
  parent.sort = c.integer("SORT").value_or(100);
  c.at.services.push_back(parent);
  json::array profiles;
  for (const auto& p : handler->at("PROFILES").as_array()) {
    delivery_service profile = parent;
    profile.id = c.at.next_id();
    profile.parent = parent.id;
    profile.name = text_of(p.as_object(), "NAME");
    profile.description = text_of(p.as_object(), "DESCRIPTION");
    profile.profile = text_of(p.as_object(), "CODE");
    profile.config = {json::object{{"CODE", "PROFILE_TYPE"}, {"VALUE", profile.profile}}};
    profiles.push_back(shown(profile));
    c.at.services.push_back(std::move(profile));
  }
  return ok(json::object{{"parent", shown(parent)}, {"profiles", std::move(profiles)}});
}

// The service that a call speaks of. Only those of REST handlers may be touched.
std::expected<delivery_service*, outcome> service_of(const call& c, bool writes) {
  if (auto wrong = needs_admin(c)) return std::unexpected(*wrong);
  if (php::is_empty(c.param("ID"))) return std::unexpected(not_defined("ID"));
  const auto it = std::ranges::find(c.at.services, c.integer("ID").value_or(0), &delivery_service::id);
  if (it == c.at.services.end()) return std::unexpected(refused("ERROR_DELIVERY_NOT_FOUND", "Delivery not found"));
  if (writes && it->rest_code.empty()) return std::unexpected(refused("ACCESS_DENIED", "Access denied!", 403));
  if (const auto* h = handler_by(c.at, "CODE", it->rest_code); writes && h != nullptr)
    if (auto wrong = foreign(c, *h)) return std::unexpected(*wrong);
  return &*it;
}

outcome service_update(const call& c) {
  const auto found = service_of(c, true);
  if (!found) return found.error();
  auto& s = **found;
  for (const auto* name : {"NAME", "CURRENCY"})
    if (c.param(name) != nullptr && php::is_empty(c.param(name))) return not_defined(name);
  if (c.param("NAME") != nullptr) s.name = c.text("NAME");
  if (c.param("CURRENCY") != nullptr) s.currency = c.text("CURRENCY");
  if (c.param("DESCRIPTION") != nullptr) s.description = c.text("DESCRIPTION");
  if (c.param("SORT") != nullptr) s.sort = c.integer("SORT").value_or(s.sort);
  if (c.param("ACTIVE") != nullptr) s.active = flag_of(c.params, "ACTIVE");
  return ok(true);
}

outcome service_list(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  static constexpr std::array<std::string_view, 8> fields{"ID",          "PARENT_ID", "NAME",     "ACTIVE",
                                                          "DESCRIPTION", "SORT",      "CURRENCY", "LOGOTYPE"};
  const auto known = [](std::string_view name) { return std::ranges::find(fields, name) != fields.end(); };
  std::string wrong;
  if (const auto* select = c.param("SELECT"); select != nullptr && select->is_array())
    for (const auto& v : select->get_array())
      if (const auto name = php::scalar(v).value_or(""); !known(name) && name != "*")
        return check_failure(name + " not allowed for select");
  if (const auto* filter = c.param("FILTER"))
    each_filter_name(*filter, [&](const filter_key& key) {
      if (!known(key.name)) wrong = key.name;
    });
  if (!wrong.empty()) return check_failure(wrong + " not allowed for filter");
  for (const auto& [name, descending] : parse_order(c.param("ORDER")))
    if (!known(name)) return check_failure(name + " not allowed for order");
  json::array rows;
  for (const auto& s : c.at.services) rows.push_back(shown(s));
  return ok(unpaged(rows, c.param("FILTER"), c.param("ORDER"), c.param("SELECT")));
}

outcome service_delete(const call& c) {
  const auto found = service_of(c, true);
  if (!found) return found.error();
  std::set<std::int64_t> gone{(*found)->id};
  for (const auto& s : c.at.services)
    if (s.parent == (*found)->id) gone.insert(s.id);
  for (const auto& [id, s] : c.at.shop.shipments)
    if (gone.contains(s.service))
      return refused("ERROR_DELIVERY_DELETE", fmt::format("The delivery service is used in the shipment {}", s.number));
  std::erase_if(c.at.services, [&gone](const delivery_service& s) { return gone.contains(s.id); });
  std::erase_if(c.at.shop.extras, [&gone](const extra_service& e) { return gone.contains(e.service); });
  std::erase_if(c.at.shop.relations,
                [&gone](const property_relation& r) { return r.type == "D" && gone.contains(r.entity); });
  return ok(true);
}

outcome config_get(const call& c) {
  const auto found = service_of(c, false);
  return found ? ok((*found)->config) : found.error();
}

outcome config_update(const call& c) {
  const auto found = service_of(c, true);
  if (!found) return found.error();
  auto config = read_config(c.param("CONFIG"));
  if (!config) return not_defined("CONFIG");
  (*found)->config = std::move(*config); // the whole set: what is not named is gone
  return ok(true);
}

constexpr auto table = std::to_array<method>({
    {"sale.delivery.handler.list", "delivery", effort::read, false, handler_list},
    {"sale.delivery.handler.add", "delivery", effort::write, false, handler_add},
    {"sale.delivery.handler.update", "delivery", effort::write, false, handler_update},
    {"sale.delivery.handler.delete", "delivery", effort::write, false, handler_delete},
    {"sale.delivery.add", "delivery", effort::write, false, service_add},
    {"sale.delivery.update", "delivery", effort::write, false, service_update},
    {"sale.delivery.getlist", "delivery", effort::read, false, service_list},
    {"sale.delivery.delete", "delivery", effort::write, false, service_delete},
    {"sale.delivery.config.get", "delivery", effort::read, false, config_get},
    {"sale.delivery.config.update", "delivery", effort::write, false, config_update},
});

} // namespace

std::span<const method> handler_methods() { return table; }

} // namespace waybill::sandbox
