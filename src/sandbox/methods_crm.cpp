// What surrounds deals: user fields, stages, pipelines, stage history, requisites, addresses.
#include <sandbox/methods.hpp>
#include <sandbox/user_fields.hpp>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

json::object shown_field(const user_field& f, const std::string& language) {
  json::object out{{"ID", std::to_string(f.id)},
                   {"ENTITY_ID", "CRM_DEAL"},
                   {"FIELD_NAME", f.name},
                   {"USER_TYPE_ID", f.type},
                   {"XML_ID", f.xml_id.empty() ? json::value(nullptr) : json::value(f.xml_id)},
                   {"SORT", std::to_string(f.sort)},
                   {"MULTIPLE", f.multiple ? "Y" : "N"},
                   {"MANDATORY", f.mandatory ? "Y" : "N"},
                   {"SHOW_FILTER", "N"},
                   {"SHOW_IN_LIST", "Y"},
                   {"EDIT_IN_LIST", "Y"},
                   {"IS_SEARCHABLE", "N"},
                   {"SETTINGS", json::array{}}};
  // Labels come only when a language is asked for.
  if (!language.empty())
    for (const auto* name : {"EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL"}) out[name] = f.label;
  if (f.type == "enumeration") {
    json::array list;
    for (const auto& i : f.list)
      list.push_back(json::object{{"ID", std::to_string(i.id)},
                                  {"SORT", std::to_string(i.sort)},
                                  {"VALUE", i.value},
                                  {"DEF", i.chosen ? "Y" : "N"},
                                  {"XML_ID", i.xml_id}});
    out["LIST"] = std::move(list);
  }
  return out;
}

outcome userfield_list(const call& c) {
  json::object filter;
  if (const auto* f = c.object("filter")) filter = *f;
  std::string language;
  if (const auto* lang = filter.if_contains("LANG")) language = php::scalar(*lang).value_or("");
  filter.erase("LANG");
  json::array rows;
  for (const auto& f : c.at.user_fields) rows.push_back(shown_field(f, language));
  const json::value filter_value = filter;
  outcome out;
  const auto count = static_cast<std::int64_t>(rows.size());
  // This list knows no pages.
  json::array shown_rows;
  for (std::int64_t start = 0; start < std::max<std::int64_t>(count, 1); start += page_size) {
    auto part = list_page(rows, {&filter_value, c.param("order"), {start, true}}, out);
    shown_rows.insert(shown_rows.end(), part.begin(), part.end());
  }
  out.next.reset();
  out.result = std::move(shown_rows);
  return out;
}

outcome userfield_add(const call& c) {
  const auto* fields = c.object("fields");
  if (fields == nullptr) return refused("", "Parameter 'fields' must be array.");
  const auto id = add_user_field(c.at, *fields);
  if (!id) return refused(json::value(id.error().code), id.error().text);
  return ok(*id);
}

outcome userfield_get(const call& c) {
  const auto id = c.integer("id").value_or(0);
  const auto it = std::ranges::find(c.at.user_fields, id, &user_field::id);
  if (it == c.at.user_fields.end())
    return refused("ERROR_NOT_FOUND", "The entity with ID '" + std::to_string(id) + "' is not found.");
  return ok(shown_field(*it, "ru"));
}

// Name, type and multiplicity stay for ever; entries of a list are changed by ID, removed with DEL, else added.
outcome userfield_update(const call& c) {
  const auto id = c.integer("id").value_or(0);
  const auto it = std::ranges::find(c.at.user_fields, id, &user_field::id);
  if (it == c.at.user_fields.end())
    return refused("ERROR_NOT_FOUND", "The entity with ID '" + std::to_string(id) + "' is not found.");
  const auto* fields = c.object("fields");
  if (fields == nullptr) return refused("", "Parameter 'fields' must be array.");
  const auto text = [fields](std::string_view key) {
    const auto* v = fields->if_contains(key);
    return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
  };
  if (fields->contains("MANDATORY")) it->mandatory = text("MANDATORY") == "Y";
  if (fields->contains("XML_ID")) it->xml_id = text("XML_ID");
  if (const auto sort = json::integer(*fields, "SORT"))
    it->sort = static_cast<int>(std::clamp<std::int64_t>(*sort, 0, 1'000'000));
  for (const auto* key : {"EDIT_FORM_LABEL", "LIST_COLUMN_LABEL"}) {
    const auto* label = fields->if_contains(key);
    if (label == nullptr) continue;
    const auto* languages = label->if_object();
    it->label = languages == nullptr ? php::scalar(*label).value_or("") : json::text_or(*languages, "ru", it->label);
  }
  const auto* list = it->type == "enumeration" ? json::list(*fields, "LIST") : nullptr;
  if (list == nullptr) return ok(true);
  for (const auto& entry : *list) {
    const auto* o = entry.if_object();
    if (o == nullptr) continue;
    const auto known = std::ranges::find(it->list, json::integer_or(*o, "ID", -1), &enum_item::id);
    if (known == it->list.end()) {
      if (!json::text_or(*o, "VALUE").empty())
        it->list.push_back({c.at.next_id(), json::text_or(*o, "VALUE"), json::text_or(*o, "XML_ID"),
                            static_cast<int>(json::integer_or(*o, "SORT", 500)), json::text_or(*o, "DEF") == "Y"});
    } else if (json::text_or(*o, "DEL") == "Y") {
      it->list.erase(known);
    } else {
      known->value = json::text_or(*o, "VALUE", known->value);
      known->xml_id = json::text_or(*o, "XML_ID", known->xml_id);
    }
  }
  return ok(true);
}

outcome status_list(const call& c) {
  json::array rows;
  std::int64_t id = 100;
  for (const auto& category : c.at.categories)
    for (const auto& s : category.stages) {
      const bool process = s.semantics == "P";
      const std::string color = process ? "#2FC6F6" : s.semantics == "S" ? "#7BD500" : "#FF5752";
      rows.push_back(json::object{
          {"ID", std::to_string(++id)},
          {"ENTITY_ID", category.id == 0 ? std::string("DEAL_STAGE") : fmt::format("DEAL_STAGE_{}", category.id)},
          {"STATUS_ID", s.id},
          {"NAME", s.name},
          {"NAME_INIT", s.system ? s.name : std::string()},
          {"SORT", std::to_string(s.sort)},
          {"SYSTEM", s.system ? "Y" : "N"},
          {"CATEGORY_ID", category.id == 0 ? json::value(nullptr) : json::value(std::to_string(category.id))},
          {"COLOR", color},
          {"SEMANTICS", process ? json::value(nullptr) : json::value(s.semantics)},
          {"EXTRA", json::object{{"SEMANTICS", process              ? "process"
                                               : s.semantics == "S" ? "success"
                                                                    : "failure"},
                                 {"COLOR", color}}}});
    }
  outcome out;
  out.result = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  return out;
}

// Of smart invoices only. The module's own scope is needed too.
outcome userfieldconfig_add(const call& c) {
  if (c.text("moduleId").empty()) return missing_parameter("moduleId");
  if (c.text("moduleId") != "crm") return refused("", "Module is not supported");
  if (!c.at.how.scopes.contains("crm"))
    return refused("insufficient_scope", "The request requires higher privileges than provided by the access token",
                   403);
  const auto* field = c.object("field");
  if (field == nullptr) return missing_parameter("field");
  if (json::text_or(*field, "entityId") != "CRM_SMART_INVOICE") return refused("", "Entity is not found");
  const auto made = add_invoice_field(c.at, *field);
  if (!made) return refused(json::value(made.error().code), made.error().text);
  const user_field& f = **made;
  return ok(json::object{{"field", json::object{{"id", f.id},
                                                {"entityId", "CRM_SMART_INVOICE"},
                                                {"fieldName", f.name},
                                                {"userTypeId", f.type},
                                                {"xmlId", f.xml_id},
                                                {"multiple", f.multiple ? "Y" : "N"},
                                                {"mandatory", f.mandatory ? "Y" : "N"},
                                                {"editFormLabel", json::object{{"ru", f.label}}}}}});
}

outcome category_list(const call& c) {
  if (c.param("entityTypeId") == nullptr) return missing_parameter("entityTypeId");
  if (c.integer("entityTypeId") != 2)
    return refused("ENTITY_TYPE_NOT_SUPPORTED", "Entity type {entityTypeId} is not supported");
  json::array rows;
  for (const auto& category : c.at.categories)
    rows.push_back(json::object{{"id", category.id},
                                {"name", category.name},
                                {"sort", category.sort},
                                {"entityTypeId", 2},
                                {"isDefault", category.id == 0 ? "Y" : "N"},
                                {"originId", ""},
                                {"originatorId", ""}});
  auto out = ok(json::object{{"categories", rows}});
  out.total = static_cast<std::int64_t>(rows.size());
  return out;
}

outcome stagehistory_list(const call& c) {
  if (c.integer("entityTypeId") != 2) return refused("", "Entity type is not supported");
  outcome out;
  auto rows = list_page(c.at.stage_history, {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : rows) cut.push_back(selected(row.as_object(), c.param("select")));
  out.result = json::object{{"items", std::move(cut)}};
  return out;
}

outcome plain_list(const call& c, const json::array& all) {
  outcome out;
  auto rows = list_page(all, {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : rows) cut.push_back(selected(row.as_object(), c.param("select")));
  out.result = std::move(cut);
  return out;
}

outcome requisite_list(const call& c) { return plain_list(c, c.at.requisites); }
outcome address_list(const call& c) { return plain_list(c, c.at.addresses); }

constexpr auto table = std::to_array<method>({
    {"crm.deal.userfield.list", "crm", effort::read, false, userfield_list},
    {"crm.deal.userfield.get", "crm", effort::read, false, userfield_get},
    {"crm.deal.userfield.add", "crm", effort::write, false, userfield_add},
    {"crm.deal.userfield.update", "crm", effort::write, false, userfield_update},
    {"userfieldconfig.add", "userfieldconfig", effort::write, false, userfieldconfig_add},
    {"crm.status.list", "crm", effort::read, false, status_list},
    {"crm.category.list", "crm", effort::read, false, category_list},
    {"crm.stagehistory.list", "crm", effort::read, false, stagehistory_list},
    {"crm.requisite.list", "crm", effort::read, false, requisite_list},
    {"crm.address.list", "crm", effort::read, false, address_list},
});

} // namespace

std::span<const method> crm_methods() { return table; }

} // namespace waybill::sandbox
