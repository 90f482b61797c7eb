#include <sale/answers.hpp>
#include <sale/properties.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

shipment_property read_property(const bj::object& o) {
  shipment_property p;
  p.id = json::integer_or(o, "id");
  p.person_type = json::integer_or(o, "personTypeId");
  p.code = json::text_or(o, "code");
  p.type = json::text_or(o, "type");
  p.name = json::text_or(o, "name");
  p.address_from = yes(o, "isAddressFrom");
  p.address_to = yes(o, "isAddressTo");
  return p;
}

bj::object relation_fields(const property_relation& r) {
  bj::object fields{{"entityId", r.service}, {"entityType", "D"}, {"propertyId", r.property}};
  bj::object params;
  params["fields"] = std::move(fields);
  return params;
}

} // namespace

awaitable<result<std::vector<shipment_property>>> shipment_properties(portal_client portal) {
  bj::object params{
      {"select", bj::array{"id", "personTypeId", "code", "type", "name", "isAddressFrom", "isAddressTo"}}};
  auto all = co_await list_all(std::move(portal), "sale.shipmentproperty.list", std::move(params), "properties");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<shipment_property> out;
  for (const auto& o : *all) out.push_back(read_property(o));
  co_return out;
}

awaitable<result<std::vector<person_type>>> person_types(portal_client portal) {
  bj::object params;
  auto all = co_await list_all(std::move(portal), "sale.persontype.list", std::move(params), "personTypes");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<person_type> out;
  for (const auto& o : *all) {
    person_type t;
    t.id = json::integer_or(o, "id");
    t.name = json::text_or(o, "name");
    if (t.id > 0) out.push_back(std::move(t));
  }
  co_return out;
}

awaitable<result<std::vector<property_group>>> property_groups(portal_client portal) {
  bj::object params;
  auto all = co_await list_all(std::move(portal), "sale.propertygroup.list", std::move(params), "propertyGroups");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<property_group> out;
  for (const auto& o : *all) {
    property_group g;
    g.id = json::integer_or(o, "id");
    g.person_type = json::integer_or(o, "personTypeId");
    g.name = json::text_or(o, "name");
    out.push_back(std::move(g));
  }
  co_return out;
}

awaitable<result<std::int64_t>> add_property_group(portal_client portal, std::int64_t person_type, std::string name) {
  bj::object fields{{"personTypeId", person_type}, {"name", name}, {"sort", 200}};
  bj::object params;
  params["fields"] = std::move(fields);
  auto got = co_await tell(std::move(portal), "sale.propertygroup.add", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "propertyGroup", "sale.propertygroup.add");
  if (!record) co_return fail(record.error());
  co_return json::integer_or(*record, "id");
}

awaitable<result<std::int64_t>> add_shipment_property(portal_client portal, new_property what) {
  bj::object fields{{"personTypeId", what.person_type},
                    {"propsGroupId", what.group},
                    {"name", what.name},
                    {"code", what.code},
                    {"type", what.type},
                    {"active", "Y"},
                    {"required", "N"},
                    {"multiple", "N"},
                    {"sort", what.sort}};
  if (what.type == "ADDRESS") {
    fields["isAddressFrom"] = flag(what.address_from);
    fields["isAddressTo"] = flag(what.address_to);
  }
  bj::object params;
  params["fields"] = std::move(fields);
  auto got = co_await tell(portal, "sale.shipmentproperty.add", std::move(params));
  if (got) {
    auto record = wrapped(*got, "property", "sale.shipmentproperty.add");
    if (!record) co_return fail(record.error());
    co_return json::integer_or(*record, "id");
  }
  if (got.error().code != errc::outcome_unknown) co_return fail(std::move(got.error()));
  auto there = co_await shipment_properties(std::move(portal));
  if (there)
    for (const auto& p : *there)
      if (p.code == what.code && p.person_type == what.person_type) co_return p.id;
  co_return fail(std::move(got.error()));
}

awaitable<result<void>> rename_shipment_property(portal_client portal, std::int64_t id, std::string name) {
  bj::object fields{{"name", name}};
  bj::object params;
  params["id"] = id;
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "sale.shipmentproperty.update", std::move(params));
}

awaitable<result<void>> delete_shipment_property(portal_client portal, std::int64_t id) {
  bj::object params{{"id", id}};
  auto done = co_await tell_only(std::move(portal), "sale.shipmentproperty.delete", std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

awaitable<result<std::vector<property_relation>>> property_relations(portal_client portal) {
  bj::object filter{{"entityType", "D"}};
  bj::object params;
  params["filter"] = std::move(filter);
  auto all = co_await list_all(std::move(portal), "sale.propertyRelation.list", std::move(params), "propertyRelations");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<property_relation> out;
  for (const auto& o : *all) {
    property_relation r;
    r.property = json::integer_or(o, "propertyId");
    r.service = json::integer_or(o, "entityId");
    out.push_back(r);
  }
  co_return out;
}

awaitable<result<void>> add_property_relation(portal_client portal, property_relation r) {
  auto done = co_await tell_only(std::move(portal), "sale.propertyRelation.add", relation_fields(r));
  if (!done && done.error().code == errc::conflict) co_return result<void>{};
  co_return done;
}

awaitable<result<void>> delete_property_relation(portal_client portal, property_relation r) {
  auto done = co_await tell_only(std::move(portal), "sale.propertyRelation.deleteByFilter", relation_fields(r));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

awaitable<result<std::vector<property_value>>> property_values(portal_client portal, std::int64_t shipment_id) {
  bj::object filter{{"shipmentId", shipment_id}};
  bj::object params;
  params["filter"] = std::move(filter);
  auto all =
      co_await list_all(std::move(portal), "sale.shipmentpropertyvalue.list", std::move(params), "propertyValues");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<property_value> out;
  for (const auto& o : *all) {
    property_value v;
    v.id = json::integer_or(o, "id");
    v.property = json::integer_or(o, "shipmentPropsId");
    v.code = json::text_or(o, "code");
    v.value = json::text_or(o, "value");
    out.push_back(std::move(v));
  }
  co_return out;
}

awaitable<result<void>> set_property_value(portal_client portal, std::int64_t shipment_id, std::int64_t property,
                                           std::string value) {
  auto now = co_await property_values(portal, shipment_id);
  if (!now) co_return fail(std::move(now.error()));
  const auto same = [&](const property_value& v) { return v.property == property && v.value == value; };
  if (std::ranges::any_of(*now, same)) co_return result<void>{};
  bj::object one{{"shipmentPropsId", property}, {"value", value}};
  bj::object shipment;
  shipment["id"] = shipment_id;
  shipment["propertyValues"] = bj::array{bj::value(std::move(one))};
  bj::object fields;
  fields["shipment"] = std::move(shipment);
  bj::object params;
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "sale.shipmentpropertyvalue.modify", std::move(params));
}

} // namespace waybill::sale
