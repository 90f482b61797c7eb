// What shipments are asked for: sale.shipmentproperty.*, sale.propertyRelation.*, payer types and property groups.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::array<std::string_view, 8> types{"STRING", "Y/N",  "NUMBER",   "ENUM",
                                                "FILE",   "DATE", "LOCATION", "ADDRESS"};
constexpr std::array<std::string_view, 6> flags_of_string{"isProfileName", "isPayer", "isEmail",
                                                          "isPhone",       "isZip",   "isAddress"};

const json::array& person_types() {
  static const json::array list{json::object{{"id", 3},
                                             {"name", "Физическое лицо"},
                                             {"code", "CRM_CONTACT"},
                                             {"active", "Y"},
                                             {"sort", "100"},
                                             {"xmlId", ""}},
                                json::object{{"id", 4},
                                             {"name", "Юридическое лицо"},
                                             {"code", "CRM_COMPANY"},
                                             {"active", "Y"},
                                             {"sort", "110"},
                                             {"xmlId", ""}}};
  return list;
}

const json::array& groups() {
  static const json::array list{
      json::object{{"id", 5}, {"name", "Личные данные"}, {"personTypeId", 3}, {"sort", 100}},
      json::object{{"id", 6}, {"name", "Данные для доставки"}, {"personTypeId", 3}, {"sort", 200}},
      json::object{{"id", 7}, {"name", "Данные компании"}, {"personTypeId", 4}, {"sort", 100}},
      json::object{{"id", 8}, {"name", "Данные для доставки"}, {"personTypeId", 4}, {"sort", 200}}};
  return list;
}

bool has_id(const json::array& list, std::optional<std::int64_t> id) {
  return id &&
         std::ranges::any_of(list, [id](const json::value& v) { return json::integer(v.as_object(), "id") == id; });
}

outcome persontype_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return listed(c, person_types(), "personTypes");
}

outcome group_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return listed(c, groups(), "propertyGroups");
}

json::object* property_by(portal& p, std::int64_t id) {
  for (auto& v : p.shop.properties)
    if (json::integer(v.as_object(), "id") == id) return &v.as_object();
  return nullptr;
}

outcome no_property() { return refused_by_number(200840400001, "property is not exists"); }

// The rules between the flags of one property.
std::optional<outcome> bad_flags(const json::object& o) {
  const auto type = text_of(o, "type");
  const bool multiple = flag_of(o, "multiple");
  if (multiple && flag_of(o, "isFiltered"))
    return refused_by_number(200850000009, "A multiple property cannot be filtered by");
  if (type == "LOCATION" && multiple) return refused_by_number(200850000011, "A location cannot be multiple");
  if (flag_of(o, "isProfileName") && !flag_of(o, "required"))
    return refused_by_number(200850000015, "The profile name must be required");
  return {};
}

// Writes what is known of the type; everything else is dropped in silence.
void write_fields(json::object& to, const json::object& sent) {
  for (const auto* name : {"name", "code", "description", "defaultValue", "xmlId"})
    if (sent.contains(name)) to[name] = text_of(sent, name);
  for (const auto* name : {"active", "util", "userProps", "isFiltered", "required", "multiple"})
    if (sent.contains(name)) to[name] = flag_of(sent, name) ? "Y" : "N";
  for (const auto* name : {"sort", "propsGroupId"})
    if (const auto n = json::integer(sent, name)) to[name] = *n;
  if (const auto* how = sent.if_contains("settings"); how != nullptr && (how->is_object() || how->is_array()))
    to["settings"] = *how;
  const auto type = text_of(to, "type");
  const auto flag = [&](std::string_view name) {
    to[name] = flag_of(sent.contains(name) ? sent : to, name) ? "Y" : "N";
  };
  if (type == "STRING") std::ranges::for_each(flags_of_string, flag);
  if (type == "LOCATION") flag("isLocation"), flag("isLocation4tax");
  if (type == "ADDRESS") flag("isAddressFrom"), flag("isAddressTo");
}

outcome property_add(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"personTypeId", "propsGroupId", "name", "type"})) return *wrong;
  if (!has_id(person_types(), json::integer(sent, "personTypeId")))
    return refused_by_number(200850000005, "Person type is not exists");
  const auto type = text_of(sent, "type");
  if (std::ranges::find(types, type) == types.end()) return error_zero("Unknown property type");
  if (!has_id(groups(), json::integer(sent, "propsGroupId"))) return refused_by_number(200850000006, "Internal error");
  json::object o{{"id", c.at.next_id()},
                 {"personTypeId", *json::integer(sent, "personTypeId")},
                 {"propsGroupId", 0},
                 {"name", ""},
                 {"type", type},
                 {"code", ""},
                 {"active", "Y"},
                 {"util", "N"},
                 {"userProps", "N"},
                 {"isFiltered", "N"},
                 {"sort", 100},
                 {"description", ""},
                 {"required", "N"},
                 {"multiple", "N"},
                 {"xmlId", ""},
                 {"defaultValue", ""},
                 {"settings", json::array{}}};
  write_fields(o, sent);
  if (auto wrong = bad_flags(o)) return *wrong;
  c.at.shop.properties.push_back(o);
  return ok(json::object{{"property", std::move(o)}});
}

outcome property_update(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id", "fields"})) return *wrong;
  auto* o = property_by(c.at, c.integer("id").value_or(0));
  if (o == nullptr) return no_property();
  if (auto wrong = required(*c.object("fields"), {"name"})) return *wrong;
  json::object changed = *o;
  write_fields(changed, *c.object("fields"));
  if (auto wrong = bad_flags(changed)) return *wrong;
  *o = changed;
  return ok(json::object{{"property", std::move(changed)}});
}

outcome property_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* o = property_by(c.at, c.integer("id").value_or(0));
  return o == nullptr ? no_property() : ok(json::object{{"property", *o}});
}

outcome property_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return listed(c, c.at.shop.properties, "properties");
}

outcome property_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto id = c.integer("id").value_or(0);
  const auto gone =
      drop_if(c.at.shop.properties, [id](const json::value& v) { return json::integer(v.as_object(), "id") == id; });
  if (gone == 0) return no_property();
  std::erase_if(c.at.shop.relations, [id](const property_relation& r) { return r.property == id; });
  for (auto& [shipment, s] : c.at.shop.shipments) s.properties.erase(id);
  return ok(true);
}

outcome property_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"type"})) return *wrong;
  if (std::ranges::find(types, c.text("type")) == types.end()) return error_zero("Unknown property type");
  auto fields = described({"name", "personTypeId", "propsGroupId", "type"},
                          {"id", "code", "active", "util", "userProps", "isFiltered", "sort", "description", "required",
                           "multiple", "xmlId", "defaultValue", "settings"});
  if (c.text("type") == "ADDRESS")
    for (auto& member : described({}, {"isAddressFrom", "isAddressTo"})) fields[member.key()] = member.value();
  return ok(json::object{{"property", std::move(fields)}});
}

json::object shown(const property_relation& r) {
  return {{"entityId", r.entity}, {"entityType", r.type}, {"propertyId", r.property}};
}

// The three fields of a relation, or what is missing.
std::expected<property_relation, outcome> relation_of(const call& c) {
  if (auto wrong = lacks(c, {"fields"})) return std::unexpected(*wrong);
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"entityId", "entityType", "propertyId"})) return std::unexpected(*wrong);
  return property_relation{json::integer_or(sent, "entityId"), text_of(sent, "entityType"),
                           json::integer_or(sent, "propertyId")};
}

outcome relation_add(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  const auto r = relation_of(c);
  if (!r) return r.error();
  if (property_by(c.at, r->property) == nullptr)
    return refused("201650000002", fmt::format("Property with id {} is not exists", r->property));
  if (std::ranges::find(c.at.shop.relations, *r) != c.at.shop.relations.end())
    return refused("201650000001", "Duplicate entry for key [entityId, entityType, propertyId]");
  c.at.shop.relations.push_back(*r);
  return ok(json::object{{"propertyRelation", shown(*r)}});
}

outcome relation_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& r : c.at.shop.relations) rows.push_back(shown(r));
  return listed(c, std::move(rows), "propertyRelations");
}

outcome relation_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  const auto r = relation_of(c);
  if (!r) return r.error();
  if (std::erase(c.at.shop.relations, *r) == 0)
    return refused_by_number(201640400004, "property relation is not exists");
  return ok(true);
}

outcome relation_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"propertyRelation", described({"entityId", "entityType", "propertyId"}, {})}});
}

constexpr auto table = std::to_array<method>({
    {"sale.persontype.list", "sale", effort::read, false, persontype_list},
    {"sale.propertygroup.list", "sale", effort::read, false, group_list},
    {"sale.shipmentproperty.add", "sale", effort::write, false, property_add},
    {"sale.shipmentproperty.update", "sale", effort::write, false, property_update},
    {"sale.shipmentproperty.get", "sale", effort::read, false, property_get},
    {"sale.shipmentproperty.list", "sale", effort::read, false, property_list},
    {"sale.shipmentproperty.delete", "sale", effort::write, false, property_delete},
    {"sale.shipmentproperty.getfieldsbytype", "sale", effort::read, false, property_fields},
    {"sale.propertyrelation.add", "sale", effort::write, false, relation_add},
    {"sale.propertyrelation.list", "sale", effort::read, false, relation_list},
    {"sale.propertyrelation.deletebyfilter", "sale", effort::write, false, relation_delete},
    {"sale.propertyrelation.getfields", "sale", effort::read, false, relation_fields},
});

} // namespace

std::span<const method> property_methods() { return table; }

} // namespace waybill::sandbox
