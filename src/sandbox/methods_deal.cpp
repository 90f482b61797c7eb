// The classic methods crm.deal.*, crm.contact.*, crm.company.*: upper case names, all numbers as text.
#include <sandbox/methods.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

// These methods know no error codes.
outcome plain(std::string text) { return refused("", std::move(text)); }

// `id` or `ID`.
std::int64_t id_of(const call& c) {
  const auto id = c.integer("id");
  return id ? *id : c.integer("ID").value_or(0);
}

const json::object* fields_of_call(const call& c) {
  const auto* fields = c.object("fields");
  return fields != nullptr ? fields : c.object("FIELDS");
}

json::object shown(const portal& p, const item& it, bool with_user_fields) {
  static const json::value nothing;
  json::object out;
  for (const auto& spec : fields_of(it.type)) {
    if (spec.classic.empty()) continue;
    const auto* v = it.values.if_contains(spec.universal);
    out[spec.classic] = shown_classic(spec, v == nullptr ? nothing : *v);
  }
  if (it.type == entity::deal && with_user_fields)
    for (const auto& f : p.user_fields) {
      const auto* v = it.values.if_contains(f.name);
      out[f.name] = shown_classic(f, v == nullptr ? nothing : *v);
    }
  return out;
}

// PHONE and EMAIL; a kind without entries is not in the answer at all.
void add_multifields(json::object& out, const item& it) {
  const auto* fm = it.values.if_contains("fm");
  if (fm == nullptr || !fm->is_array()) return;
  for (const auto& v : fm->get_array()) {
    const auto& o = v.as_object();
    const auto type = json::text_or(o, "typeId");
    json::value& list = out[type];
    if (!list.is_array()) list = json::array{};
    list.get_array().push_back(json::object{{"ID", json::text_or(o, "id")},
                                            {"VALUE_TYPE", json::text_or(o, "valueType")},
                                            {"VALUE", json::text_or(o, "value")},
                                            {"TYPE_ID", type}});
  }
}

template <entity E> outcome get(const call& c) {
  const auto id = id_of(c);
  if (id <= 0) return plain("ID is not defined or invalid.");
  const auto* it = c.at.find(E, id);
  if (it == nullptr) return plain("Not found");
  auto out = shown(c.at, *it, true);
  if (E != entity::deal) add_multifields(out, *it);
  return ok(std::move(out));
}

// The classic spelling of a filter becomes one over kept values; a name that nobody knows is left out.
const json::value* kept_value(const portal& p, const item& it, std::string_view name) {
  static const json::value nothing;
  const auto* spec = by_classic(it.type, name);
  if (spec == nullptr && p.find_user_field(name) == nullptr) return nullptr;
  const auto* v = it.values.if_contains(spec != nullptr ? spec->universal : name);
  return v == nullptr ? &nothing : v;
}

json::object selected_deal(const portal& p, const item& it, const json::value* select) {
  const auto* names = select == nullptr ? nullptr : select->if_array();
  if (names == nullptr || names->empty()) return shown(p, it, false);
  const auto has = [names](std::string_view wanted) {
    return std::ranges::any_of(*names, [&](const json::value& v) { return php::scalar(v).value_or("") == wanted; });
  };
  auto all = shown(p, it, true);
  json::object out;
  for (auto& member : all) {
    const std::string_view name = member.key();
    const bool uf = name.starts_with("UF_");
    if (name == "ID" || has(name) || (uf && has("UF_*")) || (!uf && has("*"))) out[name] = std::move(member.value());
  }
  return out;
}

outcome deal_list(const call& c) {
  const auto* filter = c.param("filter");
  if (filter == nullptr) filter = c.param("FILTER");
  const auto* select = c.param("select");
  if (select == nullptr) select = c.param("SELECT");
  bool blind = false; // LIKE does not work on STAGE_ID
  if (filter != nullptr)
    each_filter_name(*filter,
                     [&](const filter_key& key) { blind = blind || (key.name == "STAGE_ID" && key.op.contains('%')); });
  std::vector<const item*> found;
  for (const auto& [id, it] : c.at.items[entity::deal]) {
    const auto lookup = [&](std::string_view name) { return kept_value(c.at, it, name); };
    if (!blind && (filter == nullptr || passes(*filter, lookup))) found.push_back(&it);
  }
  const auto order = parse_order(c.param("order"));
  std::ranges::sort(found, [&](const item* a, const item* b) {
    for (const auto& [name, descending] : order) {
      const auto* va = kept_value(c.at, *a, name);
      const auto* vb = kept_value(c.at, *b, name);
      const int way = va == nullptr || vb == nullptr ? 0 : compare_values(*va, *vb);
      if (way != 0) return descending ? way > 0 : way < 0;
    }
    return a->id < b->id;
  });
  const auto at = parse_page(c.param("start"));
  const auto size = static_cast<std::int64_t>(found.size());
  json::array rows;
  for (std::int64_t i = at.start; i < std::min(size, at.start + page_size); ++i)
    rows.push_back(selected_deal(c.at, *found[static_cast<std::size_t>(i)], select));
  auto out = ok(std::move(rows));
  out.total = at.counted ? size : 0;
  if (at.counted && at.start + page_size < size) out.next = at.start + page_size;
  return out;
}

std::expected<json::object, value_error> read_fields(portal& p, const json::object& sent) {
  json::object out;
  for (const auto& [name, value] : sent) {
    std::string key(name);
    std::expected<json::value, value_error> v;
    if (name == "CONTACT_IDS") {
      key = "contactIds";
      v = kept(*by_universal(entity::deal, key), value);
    } else if (const auto* spec = by_classic(entity::deal, name)) {
      if (!spec->writable) continue;
      key = spec->universal;
      v = kept(*spec, value);
    } else if (const auto* field = p.find_user_field(name)) {
      v = kept(*field, value, true, p.last_id_);
    } else {
      continue;
    }
    if (!v) return std::unexpected(v.error());
    out[key] = std::move(*v);
  }
  return out;
}

outcome deal_update(const call& c) {
  const auto id = id_of(c);
  if (id <= 0) return plain("ID is not defined or invalid.");
  const auto* sent = fields_of_call(c);
  if (sent == nullptr) return plain("Parameter 'fields' must be array.");
  auto* it = c.at.find(entity::deal, id);
  if (it == nullptr) return plain("Not found");
  auto fields = read_fields(c.at, *sent);
  if (!fields) return plain(fields.error().text);
  fields->erase("categoryId"); // another pipeline is out of this method's reach
  const auto done = change_item(c.at, *it, std::move(*fields), c.by_rest(c.at.how.classic_update_starts_robots));
  if (!done) return plain(done.error().text);
  return ok(true);
}

outcome deal_add(const call& c) {
  const auto* sent = fields_of_call(c);
  if (sent == nullptr) return plain("Parameter 'fields' must be array.");
  auto fields = read_fields(c.at, *sent);
  if (!fields) return plain(fields.error().text);
  const auto id = create_item(c.at, entity::deal, std::move(*fields), c.by_rest(c.at.how.classic_update_starts_robots));
  if (!id) return plain(id.error().text);
  return ok(*id);
}

outcome productrows_get(const call& c) {
  const auto id = id_of(c);
  if (id <= 0) return plain("ID is not defined or invalid.");
  if (c.at.find(entity::deal, id) == nullptr) return plain("Not found");
  json::array out;
  for (const auto& row : c.at.rows[id]) {
    const auto& o = row.as_object();
    out.push_back(json::object{{"ID", json::text_or(o, "id")},
                               {"OWNER_ID", std::to_string(id)},
                               {"OWNER_TYPE", "D"},
                               {"PRODUCT_ID", o.at("productId")},
                               {"PRODUCT_NAME", o.at("productName")},
                               {"PRICE", o.at("price")},
                               {"PRICE_EXCLUSIVE", o.at("priceExclusive")},
                               {"PRICE_NETTO", o.at("priceNetto")},
                               {"PRICE_BRUTTO", o.at("priceBrutto")},
                               {"QUANTITY", o.at("quantity")},
                               {"DISCOUNT_TYPE_ID", o.at("discountTypeId")},
                               {"DISCOUNT_RATE", o.at("discountRate")},
                               {"DISCOUNT_SUM", o.at("discountSum")},
                               {"TAX_RATE", o.at("taxRate")},
                               {"TAX_INCLUDED", o.at("taxIncluded")},
                               {"MEASURE_CODE", o.at("measureCode")},
                               {"MEASURE_NAME", o.at("measureName")},
                               {"SORT", o.at("sort")},
                               {"XML_ID", o.at("xmlId")},
                               {"TYPE", o.at("type")},
                               {"STORE_ID", o.at("storeId")}});
  }
  return ok(std::move(out));
}

outcome contact_items(const call& c) {
  const auto id = id_of(c);
  if (id <= 0) return plain("The parameter 'ownerEntityID' is invalid or not defined.");
  const auto* it = c.at.find(entity::deal, id);
  if (it == nullptr) return plain("Not found");
  json::array out;
  const auto* ids = it->values.if_contains("contactIds");
  if (ids != nullptr && ids->is_array())
    for (const auto& contact : ids->get_array())
      out.push_back(json::object{{"CONTACT_ID", contact},
                                 {"SORT", static_cast<std::int64_t>(out.size() + 1) * 10},
                                 {"ROLE_ID", 0},
                                 {"IS_PRIMARY", out.empty() ? "Y" : "N"}});
  return ok(std::move(out));
}

constexpr auto table = std::to_array<method>({
    {"crm.deal.get", "crm", effort::read, false, get<entity::deal>},
    {"crm.deal.list", "crm", effort::read, false, deal_list},
    {"crm.deal.update", "crm", effort::write, false, deal_update},
    {"crm.deal.add", "crm", effort::write, false, deal_add},
    {"crm.deal.productrows.get", "crm", effort::read, false, productrows_get},
    {"crm.deal.contact.items.get", "crm", effort::read, false, contact_items},
    {"crm.contact.get", "crm", effort::read, false, get<entity::contact>},
    {"crm.company.get", "crm", effort::read, false, get<entity::company>},
});

} // namespace

std::span<const method> deal_methods() { return table; }

} // namespace waybill::sandbox
