#include <setup/texts.hpp>
#include <setup/wishes.hpp>
#include <waybill/carrier.hpp>

#include <algorithm>
#include <map>

namespace waybill::setup {
namespace {

using accounts = std::vector<const carrier_account*>;

// Accounts that this portal's routes lead to, each once, in the order of the file.
accounts routed(const config::file& settings, const config::portal& portal) {
  accounts out;
  for (const auto& r : settings.routes) {
    if (r.portal != portal.id) continue;
    const auto* a = settings.find_carrier(r.carrier);
    if (a != nullptr && std::ranges::find(out, a) == out.end()) out.push_back(a);
  }
  return out;
}

// Delivery type -> the accounts that serve it by some route of the portal.
std::map<std::string, accounts> types_of(const config::file& settings, const config::portal& portal) {
  std::map<std::string, accounts> out;
  for (const auto& r : settings.routes) {
    const auto* a = r.portal == portal.id ? settings.find_carrier(r.carrier) : nullptr;
    if (a == nullptr) continue;
    const auto serves = [&](const std::string& type) {
      auto& who = out[type];
      if (std::ranges::find(who, a) == who.end()) who.push_back(a);
    };
    if (!r.delivery_types.empty()) std::ranges::for_each(r.delivery_types, serves);
    else
      for (const auto& [type, service] : a->services) serves(type);
  }
  return out;
}

std::string profile_name(const config::portal& portal, const std::string& type) {
  if (portal.service)
    if (const auto it = portal.service->profiles.find(type); it != portal.service->profiles.end()) return it->second;
  const auto key = "profile_" + type;
  auto built_in = word(portal, key);
  return built_in == key ? type : built_in;
}

std::string kind_of(carrier_option::shape kind) {
  switch (kind) {
  case carrier_option::shape::checkbox: return "checkbox";
  case carrier_option::shape::choice: return "enum";
  case carrier_option::shape::quantity: return "quantity";
  }
  return "checkbox";
}

sale::extra_service as_extra(const config::portal& portal, const carrier_option& o) {
  const bool russian = portal.locale == "ru";
  sale::extra_service e;
  e.code = o.code;
  e.name = russian || o.title_en.empty() ? o.title : o.title_en;
  e.type = kind_of(o.kind);
  for (const auto& c : o.choices) {
    sale::extra_service::item i;
    i.code = c.code;
    i.title = russian || c.title_en.empty() ? c.title : c.title_en;
    e.items.push_back(std::move(i));
  }
  // Without a price of its own the carrier is asked in the calculation; the portal would add its price on top.
  if (const auto it = portal.service->extra_prices.find(e.code); it != portal.service->extra_prices.end())
    e.price = it->second;
  return e;
}

std::vector<sale::extra_service> options_of(const config::portal& portal, const accounts& who) {
  std::vector<sale::extra_service> out;
  const auto& only = portal.service->extra_services;
  for (const auto* a : who) {
    const auto* type = find_carrier_type(a->type);
    if (type == nullptr) continue;
    for (const auto& o : type->options) {
      const bool wanted = !only || std::ranges::find(*only, o.code) != only->end();
      const bool there = std::ranges::any_of(out, [&](const auto& e) { return e.code == o.code; });
      if (wanted && !there) out.push_back(as_extra(portal, o));
    }
  }
  return out;
}

void add_fields(wishes& w, const config::file& settings) {
  const auto& f = w.portal.fields;
  const std::set<std::string_view> text{"string", "url"}, listed{"string", "enumeration"},
      sum{"money", "double", "integer", "string"};
  const auto add = [&](std::string key, const std::string& name, std::string type,
                       std::set<std::string_view> accepted) {
    if (!name.starts_with("UF_")) return; // switched off, or a field of the portal itself
    field_wish one;
    one.key = std::move(key);
    one.name = name;
    one.type = std::move(type);
    one.accepted = std::move(accepted);
    w.fields.push_back(std::move(one));
  };
  add("order_id", f.order_id, "string", {"string"});
  add("tracking_number", f.tracking_number, "string", {"string"});
  add("tracking_url", f.tracking_url, "url", text);
  add("status", f.status, "string", {"string"});
  add("error", f.error, "string", {"string"});
  add("cost", f.cost, "money", sum);
  add("address", f.address, "address", {"string", "address"});
  add("phone", f.phone, "string", {"string"});
  add("delivery_type", f.delivery_type, "enumeration", listed);
  add("pickup_point", f.pickup_point, "string", {});
  add("carrier", f.carrier, "enumeration", listed);
  add("planned_date", f.planned_date, "date", {"date", "datetime", "string"});
  add("label", f.label, "file", {"file"});
  add("cash_on_delivery", f.cash_on_delivery, "boolean", {"boolean", "money", "double", "integer", "string"});
  add("declared_value", f.declared_value, "money", sum);
  add("parcels", f.parcels, "integer", {"integer", "double", "string"});
  add("comment", f.comment, "string", {"string"});
  for (auto& one : w.fields) {
    if (one.key == "delivery_type")
      for (const auto& [type, who] : types_of(settings, w.portal))
        one.items.emplace_back(type, profile_name(w.portal, type));
    if (one.key != "carrier") continue;
    const auto all = routed(settings, w.portal);
    for (const auto* a : all) {
      const auto* type = find_carrier_type(a->type);
      const auto same = std::ranges::count(all, a->type, &carrier_account::type);
      std::string title(type == nullptr ? std::string_view(a->id) : type->title);
      if (same > 1) title += " (" + a->id + ")"; // several accounts of one carrier
      one.items.emplace_back(a->id, std::move(title));
    }
  }
}

void add_service(wishes& w, const config::file& settings) {
  std::vector<std::string> all, to_points;
  std::set<std::string> offered;
  for (const auto& [type, who] : types_of(settings, w.portal)) {
    profile_wish p;
    p.code = type;
    p.name = profile_name(w.portal, type);
    p.options = options_of(w.portal, who);
    for (const auto& o : p.options) offered.insert(o.code);
    all.push_back(type);
    if (type != "courier") to_points.push_back(type); // other types may mean a point: only the tariff tells
    w.profiles.push_back(std::move(p));
  }
  for (const auto& code : w.portal.service->extra_services.value_or(std::vector<std::string>{}))
    if (!offered.contains(code)) w.unknown_options.push_back(code);
  w.properties = {{"WAYBILL_FROM", "ADDRESS", "property_from", true, false, 100, all},
                  {"WAYBILL_TO", "ADDRESS", "property_to", false, true, 110, all},
                  {std::string(point_property), "STRING", "property_point", false, false, 120, to_points}};
  // "created" and "cancelled" have statuses of the portal's own: DN and DD.
  w.statuses = {{"accepted", "WA", 110},         {"in_transit", "WT", 120}, {"ready_for_pickup", "WP", 130},
                {"out_for_delivery", "WO", 140}, {"delivered", "WD", 150},  {"problem", "WE", 160},
                {"returning", "WR", 170},        {"returned", "WX", 180},   {"lost", "WL", 190}};
}

} // namespace

sale::delivery_handler wishes::handler() const {
  sale::delivery_handler h;
  h.code = handler_code;
  h.name = word(portal, "setup_handler");
  h.description = word(portal, "setup_handler_description");
  const auto path = base + "/delivery/" + portal.webhook_secret.reveal();
  h.calculate_url = path + "/calculate";
  h.create_url = path + "/create";
  h.cancel_url = path + "/cancel";
  h.delete_url = path + "/delete";
  h.cancel_action = word(portal, "setup_cancel_action");
  sale::delivery_handler::setting key{"STRING", std::string(marker), word(portal, "setup_handler_key")};
  h.settings.push_back(std::move(key));
  for (const auto& p : profiles) {
    sale::delivery_handler::profile one{p.code, p.name, {}};
    h.profiles.push_back(std::move(one));
  }
  return h;
}

std::string wishes::robot_url() const { return base + "/robot/" + portal.webhook_secret.reveal(); }

wishes wishes_of(const config::file& settings, const config::portal& portal) {
  wishes w;
  w.portal = portal;
  if (!settings.http.public_url.empty()) w.base = settings.http.public_url + "/bitrix24/" + portal.id;
  for (const auto* type : carrier_types())
    for (const auto& o : type->options) w.known_options.emplace(o.code);
  add_fields(w, settings);
  if (portal.service) add_service(w, settings);
  return w;
}

} // namespace waybill::setup
