// The other way: what was read, in the portal's own form, so that one reader serves what comes and what is stored.
#include <delivery/asked.hpp>
#include <waybill/json.hpp>

#include <fmt/format.h>

namespace waybill::delivery {
namespace {

json::value config_json(const std::vector<std::pair<std::string, std::string>>& rows) {
  json::array out;
  for (const auto& [code, value] : rows) out.push_back(json::object{{"CODE", code}, {"VALUE", value}});
  return out;
}

json::value address_json(const asked_address& a) {
  if (a.empty()) return nullptr;
  if (a.parts.empty()) return json::value(a.line);
  json::object fields;
  for (const auto& [name, value] : a.parts) fields[name] = value;
  json::object out{{"LATITUDE", nullptr}, {"LONGITUDE", nullptr}, {"FIELDS", std::move(fields)}};
  if (a.latitude && a.longitude) {
    out["LATITUDE"] = json::decimal(fmt::format("{:.7f}", *a.latitude));
    out["LONGITUDE"] = json::decimal(fmt::format("{:.7f}", *a.longitude));
  }
  return out;
}

json::value number_or_null(std::int64_t n) { return n == 0 ? json::value(nullptr) : json::value(n); }

json::value contact_json(const asked_contact& c) {
  if (c.name.empty() && c.phones.empty()) return nullptr;
  json::object out{{"NAME", c.name}};
  json::array phones;
  for (const auto& p : c.phones) phones.push_back(json::object{{"TYPE", "MOBILE"}, {"VALUE", p}});
  if (!phones.empty()) out["PHONES"] = std::move(phones);
  return out;
}

json::value item_json(const asked_item& i, const std::string& currency) {
  json::object out{{"NAME", i.name},         {"PRICE", json::decimal(to_decimal(i.price))},
                   {"CURRENCY", currency},   {"WEIGHT", number_or_null(i.weight_g)},
                   {"QUANTITY", i.quantity}, {"DIMENSIONS", nullptr}};
  if (i.length_mm != 0 || i.width_mm != 0 || i.height_mm != 0)
    out["DIMENSIONS"] = json::object{{"WIDTH", i.width_mm}, {"HEIGHT", i.height_mm}, {"LENGTH", i.length_mm}};
  return out;
}

json::value shipment_json(const asked& a) {
  const json::array profile{json::object{{"CODE", "PROFILE_TYPE"}, {"VALUE", a.delivery_type}}};
  json::array properties, items, options;
  for (const auto& p : a.properties) {
    json::object one{{"ID", p.id}, {"TYPE", p.is_address ? "ADDRESS" : "STRING"}};
    one["VALUE"] = p.is_address ? address_json(p.address) : json::value(p.text);
    properties.push_back(std::move(one));
  }
  for (const auto& i : a.items) items.push_back(item_json(i, a.price.currency));
  for (const auto& o : a.options) options.push_back(json::object{{"CODE", o.code}, {"VALUE", o.value}});
  json::object out;
  out["ID"] = number_or_null(a.shipment);
  out["DELIVERY_SERVICE"] = json::object{
      {"ID", a.service}, {"CONFIG", profile}, {"PARENT", json::object{{"CONFIG", config_json(a.settings)}}}};
  out["PRICE"] = json::decimal(a.price);
  out["CURRENCY"] = a.price.currency;
  out["WEIGHT"] = a.weight_g;
  out["PROPERTY_VALUES"] = std::move(properties);
  out["ITEMS"] = std::move(items);
  out["EXTRA_SERVICES_VALUES"] = std::move(options);
  out["RESPONSIBLE_CONTACT"] = contact_json(a.responsible);
  out["RECIPIENT_CONTACT"] = contact_json(a.recipient);
  return out;
}

} // namespace

std::string write_order(const std::vector<asked>& all) {
  json::array rows;
  for (const auto& one : all) rows.push_back(shipment_json(one));
  return json::serialize(json::object{{"SHIPMENTS", std::move(rows)}});
}

} // namespace waybill::delivery
