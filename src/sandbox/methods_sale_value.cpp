// sale.shipmentpropertyvalue.*: what stands in a shipment's properties.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

namespace waybill::sandbox {
namespace {

const json::object* property_by(const portal& p, std::int64_t id) {
  for (const auto& v : p.shop.properties)
    if (json::integer(v.as_object(), "id") == id) return &v.as_object();
  return nullptr;
}

json::object shown(const portal& p, std::int64_t shipment, std::int64_t property, const property_value& v) {
  const auto* o = property_by(p, property);
  return {{"id", v.id},
          {"shipmentId", shipment},
          {"shipmentPropsId", property},
          {"shipmentPropsXmlId", o == nullptr ? std::string() : text_of(*o, "xmlId")},
          {"code", o == nullptr ? std::string() : text_of(*o, "code")},
          {"name", o == nullptr ? std::string() : text_of(*o, "name")},
          {"value", v.value}};
}

json::array all_values(const portal& p) {
  json::array rows;
  for (const auto& [id, s] : p.shop.shipments)
    for (const auto& [property, v] : s.properties) rows.push_back(shown(p, id, property, v));
  return rows;
}

outcome value_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return listed(c, all_values(c.at), "propertyValues");
}

outcome no_value() { return refused_by_number(201040400001, "property value is not exists"); }

outcome value_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  for (auto& row : all_values(c.at))
    if (json::integer(row.as_object(), "id") == c.integer("id"))
      return ok(json::object{{"propertyValue", std::move(row)}});
  return no_value();
}

outcome value_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto id = c.integer("id").value_or(0);
  for (auto& [shipment, s] : c.at.shop.shipments)
    if (std::erase_if(s.properties, [id](const auto& one) { return one.second.id == id; }) != 0) return ok(true);
  return no_value();
}

outcome value_modify(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto* sent = json::child(*c.object("fields"), "shipment");
  if (sent == nullptr) return error_zero("Required fields: shipment");
  if (auto wrong = required(*sent, {"id", "propertyValues"})) return *wrong;
  const auto id = json::integer(*sent, "id");
  if (!id || *id <= 0) return refused_by_number(201040400006, "shipment id is not valid");
  const auto it = c.at.shop.shipments.find(*id);
  if (it == c.at.shop.shipments.end()) return refused_by_number(201040400007, "shipment is not exists");
  const auto* list = json::list(*sent, "propertyValues");
  if (list == nullptr) return error_zero("Required fields: propertyValues");
  for (const auto& one : *list) {
    const auto* o = one.if_object();
    if (o == nullptr) return error_zero("Required fields: shipmentPropsId, value");
    if (auto wrong = required(*o, {"shipmentPropsId"})) return *wrong;
    const auto* property = property_by(c.at, json::integer_or(*o, "shipmentPropsId"));
    if (property == nullptr) return refused_by_number(201040400008, "order is not saved: no such property");
    const auto* value = o->if_contains("value");
    // The form of an address here is nowhere written down; only the one of the webhooks is taken.
    if (text_of(*property, "type") == "ADDRESS" && value != nullptr && !value->is_object() && !value->is_null())
      return refused_by_number(201040400008, "order is not saved: an address is expected");
  }
  json::array out;
  for (const auto& one : *list) {
    const auto& o = one.as_object();
    const auto property = json::integer_or(o, "shipmentPropsId");
    auto& kept = it->second.properties[property];
    if (kept.id == 0) kept.id = c.at.next_id();
    const auto* value = o.if_contains("value");
    kept.value = value == nullptr     ? json::value(nullptr)
                 : value->is_object() ? *value
                                      : json::value(text_of(o, "value"));
    out.push_back(shown(c.at, *id, property, kept));
  }
  if (in_request(c.at, *id)) {
    it->second.marked = true;
    it->second.reason_marked = "DELIVERY_REQUEST_NOT_UPDATED";
  }
  tell_saved(c.at, "ONSHIPMENTENTITYSAVED", *id, c.who.user);
  return ok(json::object{{"propertyValues", std::move(out)}});
}

outcome value_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"propertyValue", described({"shipmentPropsId", "value"},
                                                     {"id", "shipmentId", "shipmentPropsXmlId", "code", "name"})}});
}

constexpr auto table = std::to_array<method>({
    {"sale.shipmentpropertyvalue.list", "sale", effort::read, false, value_list},
    {"sale.shipmentpropertyvalue.get", "sale", effort::read, false, value_get},
    {"sale.shipmentpropertyvalue.modify", "sale", effort::write, false, value_modify},
    {"sale.shipmentpropertyvalue.delete", "sale", effort::write, false, value_delete},
    {"sale.shipmentpropertyvalue.getfields", "sale", effort::read, false, value_fields},
});

} // namespace

std::span<const method> property_value_methods() { return table; }

} // namespace waybill::sandbox
