// crm.item.*: deals, contacts, companies and smart invoices in the universal spelling.
#include <sandbox/methods.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::optional<entity> entity_of(const call& c) {
  switch (c.integer("entityTypeId").value_or(0)) {
  case 2: return entity::deal;
  case 3: return entity::contact;
  case 4: return entity::company;
  case 31: return entity::invoice;
  default: return {};
  }
}

// The boolean of this family: only Y switches it on.
bool original_names(const call& c) { return c.text("useOriginalUfNames") == "Y"; }

bool is_person(entity e) { return e == entity::contact || e == entity::company; }

// "phone", "phoneMobile", "emailWork"..: the first of its kind out of fm.
void add_fm_aliases(json::object& out, const json::array& fm) {
  const auto first = [&fm](std::string_view type, std::string_view value_type) -> json::value {
    for (const auto& v : fm) {
      const auto& o = v.as_object();
      if (json::text_or(o, "typeId") == type && (value_type.empty() || json::text_or(o, "valueType") == value_type))
        return o.at("value");
    }
    return "";
  };
  out["phoneMobile"] = first("PHONE", "MOBILE");
  out["phoneWork"] = first("PHONE", "WORK");
  out["phoneMailing"] = first("PHONE", "MAILING");
  out["emailHome"] = first("EMAIL", "HOME");
  out["emailWork"] = first("EMAIL", "WORK");
  out["emailMailing"] = first("EMAIL", "MAILING");
  out["email"] = first("EMAIL", "");
  out["phone"] = first("PHONE", "");
}

json::object shown(const portal& p, const item& it, bool original) {
  static const json::value nothing;
  json::object out;
  for (const auto& spec : fields_of(it.type)) {
    const auto* v = it.values.if_contains(spec.universal);
    out[spec.universal] = shown_universal(spec, v == nullptr ? nothing : *v);
  }
  for (const auto& f : p.fields_made_for(it.type)) {
    const auto* v = it.values.if_contains(f.name);
    out[original ? f.name : camel_name(f.name)] = shown_universal(f, v == nullptr ? nothing : *v);
  }
  if (is_person(it.type)) {
    const auto* fm = it.values.if_contains("fm");
    const json::array list = fm != nullptr && fm->is_array() ? fm->get_array() : json::array{};
    add_fm_aliases(out, list);
    out["fm"] = list;
  }
  out["entityTypeId"] = static_cast<std::int64_t>(it.type);
  return out;
}

// fm as it is sent: entries with an id change or (DELETE = Y) remove one, others are added.
std::expected<json::value, value_error> changed_fm(portal& p, const item* it, const json::value& sent) {
  const auto* list = sent.if_array();
  if (list == nullptr)
    return std::unexpected(value_error{"100", "Expected iterable value for multiple field, but got `string` instead"});
  json::array fm;
  if (it != nullptr)
    if (const auto* before = it->values.if_contains("fm"); before != nullptr && before->is_array())
      fm = before->get_array();
  for (const auto& one : *list) {
    const auto* o = one.if_object();
    if (o == nullptr) continue;
    const auto id = json::integer_or(*o, "id");
    const auto old =
        std::ranges::find_if(fm, [id](const json::value& v) { return json::integer_or(v.as_object(), "id") == id; });
    if (id != 0 && old != fm.end()) {
      if (json::text_or(*o, "DELETE") == "Y" || json::text_or(*o, "value").empty()) fm.erase(old);
      else old->as_object()["value"] = json::text_or(*o, "value");
      continue;
    }
    const auto type = json::text_or(*o, "typeId");
    if (type != "PHONE" && type != "EMAIL" && type != "WEB" && type != "IM") continue;
    fm.push_back(json::object{{"id", p.next_id()},
                              {"valueType", json::text_or(*o, "valueType", "WORK")},
                              {"value", json::text_or(*o, "value")},
                              {"typeId", type}});
  }
  return json::value(std::move(fm));
}

// What of the sent fields is known and writable, in the form in which it is kept. The rest is ignored without a word.
std::expected<json::object, value_error> read_fields(portal& p, entity e, const item* it, const json::object& sent,
                                                     bool original) {
  json::object out;
  for (const auto& [name, value] : sent) {
    std::expected<json::value, value_error> v;
    std::string key(name);
    if (const auto* spec = by_universal(e, name)) {
      if (!spec->writable) continue;
      v = kept(*spec, value);
    } else if (const auto* field = user_field_by(p, e, name, original)) {
      key = field->name;
      v = kept(*field, value, false, p.last_id_);
    } else if (name == "fm" && is_person(e)) {
      v = changed_fm(p, it, value);
    } else {
      continue;
    }
    if (!v) return std::unexpected(v.error());
    out[key] = std::move(*v);
  }
  return out;
}

outcome not_valid(const value_error& e) { return refused(json::value(e.code), e.text); }

outcome unknown_type() { return refused("NOT_FOUND", "Смарт-процесс не найден"); }

outcome item_get(const call& c) {
  if (c.param("entityTypeId") == nullptr) return missing_parameter("entityTypeId");
  if (c.param("id") == nullptr) return missing_parameter("id");
  const auto e = entity_of(c);
  if (!e) return unknown_type();
  const auto* it = c.at.find(*e, c.integer("id").value_or(0));
  if (it == nullptr) return refused("NOT_FOUND", "Элемент не найден");
  return ok(json::object{{"item", shown(c.at, *it, original_names(c))}});
}

outcome item_update(const call& c) {
  if (c.param("entityTypeId") == nullptr) return missing_parameter("entityTypeId");
  if (c.param("id") == nullptr) return missing_parameter("id");
  if (c.param("fields") == nullptr) return missing_parameter("fields");
  const auto* sent = c.object("fields");
  if (sent == nullptr) return refused("100", "Invalid value {fields}. Should be value of type array");
  const auto e = entity_of(c);
  if (!e) return unknown_type();
  auto* it = c.at.find(*e, c.integer("id").value_or(0));
  if (it == nullptr) return refused("NOT_FOUND", "Элемент не найден");
  auto fields = read_fields(c.at, *e, it, *sent, original_names(c));
  if (!fields) return not_valid(fields.error());
  const auto done = change_item(c.at, *it, std::move(*fields), c.by_rest(true));
  if (!done) return not_valid(done.error());
  return ok(json::object{{"item", shown(c.at, *it, original_names(c))}});
}

outcome item_add(const call& c) {
  if (c.param("entityTypeId") == nullptr) return missing_parameter("entityTypeId");
  const auto* sent = c.object("fields");
  if (sent == nullptr) return missing_parameter("fields");
  const auto e = entity_of(c);
  if (!e) return unknown_type();
  auto fields = read_fields(c.at, *e, nullptr, *sent, original_names(c));
  if (!fields) return not_valid(fields.error());
  const auto id = create_item(c.at, *e, std::move(*fields), c.by_rest(true));
  if (!id) return not_valid(id.error());
  return ok(json::object{{"item", shown(c.at, *c.at.find(*e, *id), original_names(c))}});
}

// Names that a filter or an order may use. LIKE on the stage never finds anything.
bool filterable(const portal& p, entity e, std::string_view name, bool original) {
  const auto* spec = by_universal(e, name);
  if (spec != nullptr) return spec->universal != "observers";
  return user_field_by(p, e, name, original) != nullptr;
}

const json::value* kept_value(const portal& p, const item& it, std::string_view name, bool original) {
  static const json::value nothing;
  const auto* field = user_field_by(p, it.type, name, original);
  const auto* v = it.values.if_contains(field != nullptr ? std::string_view(field->name) : name);
  return v == nullptr ? &nothing : v;
}

json::object selected_item(const portal& p, const item& it, const json::value* select, bool original) {
  auto all = shown(p, it, original);
  const auto* names = select == nullptr ? nullptr : select->if_array();
  const auto has = [names](std::string_view wanted) {
    return std::ranges::any_of(*names, [&](const json::value& v) { return php::scalar(v).value_or("") == wanted; });
  };
  all.erase("entityTypeId");
  if (names == nullptr || names->empty() || has("*")) return all;
  json::object out;
  for (auto& member : all) {
    const bool uf = user_field_by(p, it.type, member.key(), original) != nullptr;
    if (member.key() == "id" || has(member.key()) || (uf && has("UF_*"))) out[member.key()] = std::move(member.value());
  }
  return out;
}

outcome item_list(const call& c) {
  if (c.param("entityTypeId") == nullptr) return missing_parameter("entityTypeId");
  const auto e = entity_of(c);
  if (!e) return unknown_type();
  const bool original = original_names(c);
  const auto* filter = c.param("filter");
  std::string wrong;
  bool blind = false;
  if (filter != nullptr) {
    each_filter_name(*filter, [&](const filter_key& key) {
      if (!filterable(c.at, *e, key.name, original) && wrong.empty()) wrong = key.name;
      if (key.name == "stageId" && key.op.contains('%')) blind = true;
    });
    if (!wrong.empty())
      return refused("INVALID_ARG_VALUE", fmt::format("Invalid filter: field '{}' is not allowed in filter", wrong));
  }
  const auto order = parse_order(c.param("order"));
  for (const auto& [name, descending] : order)
    if (!filterable(c.at, *e, name, original))
      return refused("INVALID_ARG_VALUE", fmt::format("Invalid order: field '{}' is not allowed in order", name));
  std::vector<const item*> found;
  for (const auto& [id, it] : c.at.items[*e]) {
    const auto lookup = [&](std::string_view name) { return kept_value(c.at, it, name, original); };
    if (!blind && (filter == nullptr || passes(*filter, lookup))) found.push_back(&it);
  }
  std::ranges::sort(found, [&](const item* a, const item* b) {
    for (const auto& [name, descending] : order) {
      const int way = compare_values(*kept_value(c.at, *a, name, original), *kept_value(c.at, *b, name, original));
      if (way != 0) return descending ? way > 0 : way < 0;
    }
    return a->id < b->id;
  });
  const auto at = parse_page(c.param("start"));
  const auto size = static_cast<std::int64_t>(found.size());
  json::array items;
  for (std::int64_t i = at.start; i < std::min(size, at.start + page_size); ++i)
    items.push_back(selected_item(c.at, *found[static_cast<std::size_t>(i)], c.param("select"), original));
  auto out = ok(json::object{{"items", std::move(items)}});
  out.total = at.counted ? size : 0;
  if (at.counted && at.start + page_size < size) out.next = at.start + page_size;
  return out;
}

outcome item_delete(const call& c) {
  const auto e = entity_of(c);
  if (!e) return unknown_type();
  const auto id = c.integer("id").value_or(0);
  if (c.at.find(*e, id) == nullptr) return refused("NOT_FOUND", "Элемент не найден");
  delete_item(c.at, *e, id, c.by_rest(false));
  return ok(json::array{});
}

std::string_view name_of(kind k) {
  switch (k) {
  case kind::integer:
  case kind::id_list: return "integer";
  case kind::text: return "string";
  case kind::amount: return "double";
  case kind::datetime: return "datetime";
  case kind::date: return "date";
  case kind::flag: return "boolean";
  }
  return "string";
}

json::object described(std::string_view title, std::string_view type, bool read_only, bool multiple, bool own) {
  return json::object{{"type", type},         {"isRequired", false},    {"isReadOnly", read_only},
                      {"isImmutable", false}, {"isMultiple", multiple}, {"isDynamic", own},
                      {"title", title}};
}

outcome item_fields(const call& c) {
  if (c.param("entityTypeId") == nullptr) return missing_parameter("entityTypeId");
  const auto e = entity_of(c);
  if (!e) return unknown_type();
  json::object fields;
  for (const auto& spec : fields_of(*e)) {
    auto one = described(spec.universal, name_of(spec.type), !spec.writable, spec.type == kind::id_list, false);
    if (!spec.classic.empty()) one["upperName"] = spec.classic;
    fields[spec.universal] = std::move(one);
  }
  for (const auto& f : c.at.fields_made_for(*e)) {
    auto one = described(f.label, f.type, false, f.multiple, true);
    one["upperName"] = f.name;
    fields[original_names(c) ? f.name : camel_name(f.name)] = std::move(one);
  }
  return ok(json::object{{"fields", std::move(fields)}});
}

constexpr auto table = std::to_array<method>({
    {"crm.item.fields", "crm", effort::read, false, item_fields},
    {"crm.item.get", "crm", effort::read, false, item_get},
    {"crm.item.list", "crm", effort::read, false, item_list},
    {"crm.item.update", "crm", effort::write, false, item_update},
    {"crm.item.add", "crm", effort::write, false, item_add},
    {"crm.item.delete", "crm", effort::write, false, item_delete},
});

} // namespace

std::span<const method> item_methods() { return table; }

} // namespace waybill::sandbox
