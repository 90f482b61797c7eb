// Control of deals: what a manager does by hand.
#include <sandbox/control.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::int64_t manager = 7;
constexpr std::int64_t most_in_mass = 100'000;

change by_manager(const control_call& c, bool silent = false) {
  change how;
  how.user = json::integer_or(c.body, "user", manager);
  how.silent = silent || json::boolean(c.body, "silent").value_or(false);
  return how;
}

// Standard fields by either spelling and user fields by name; here an unknown name is an error, typing mistakes in
// tests must not pass in silence.
std::expected<json::object, std::string> read_fields(portal& p, const json::object& sent) {
  json::object out;
  for (const auto& [name, value] : sent) {
    const auto* spec = by_universal(entity::deal, name);
    if (spec == nullptr) spec = by_classic(entity::deal, name);
    const auto* uf = p.find_user_field(name);
    if (spec == nullptr && uf == nullptr) return std::unexpected("no field " + std::string(name));
    json::value given = value;
    // An enumeration may be set by its XML_ID or text here.
    if (uf != nullptr && uf->type == "enumeration") {
      const auto text = php::scalar(value).value_or("");
      for (const auto& i : uf->list)
        if (i.xml_id == text || i.value == text) given = i.id;
    }
    auto v = spec != nullptr ? kept(*spec, given) : kept(*uf, given, false, p.last_id_);
    if (!v) return std::unexpected(v.error().text);
    out[spec != nullptr ? std::string(spec->universal) : uf->name] = std::move(*v);
  }
  return out;
}

std::int64_t make_person(portal& p, entity e, const json::object& sent) {
  json::array fm;
  const auto add = [&](const char* key, const char* type, const char* value_type) {
    const auto* v = sent.if_contains(key);
    if (v == nullptr) return;
    const json::array many = v->is_array() ? v->get_array() : json::array{*v};
    for (const auto& one : many)
      if (const auto text = php::scalar(one).value_or(""); !text.empty())
        fm.push_back(json::object{{"id", p.next_id()}, {"valueType", value_type}, {"value", text}, {"typeId", type}});
  };
  add("phone", "PHONE", "MOBILE");
  add("email", "EMAIL", "WORK");
  json::object values{{"fm", std::move(fm)}};
  if (e == entity::company) {
    values["title"] = json::text_or(sent, "title", json::text_or(sent, "name"));
  } else {
    values["name"] = json::text_or(sent, "name");
    values["secondName"] = json::text_or(sent, "second_name");
    values["lastName"] = json::text_or(sent, "last_name");
  }
  change how;
  how.silent = true;
  const auto id = create_item(p, e, std::move(values), how);
  return id.value_or(0);
}

void change_person(portal& p, std::int64_t id, const json::object& sent) {
  auto* it = p.find(entity::contact, id);
  if (it == nullptr) return;
  const auto fresh = make_person(p, entity::contact, sent);
  auto* other = p.find(entity::contact, fresh);
  json::object values;
  for (const auto& [key, name] :
       {std::pair("name", "name"), std::pair("second_name", "secondName"), std::pair("last_name", "lastName")})
    if (sent.contains(key)) values[name] = other->values[name];
  if (sent.contains("phone") || sent.contains("email")) {
    // What is not named stays.
    json::array fm = other->values["fm"].as_array();
    for (const auto& v : it->values["fm"].as_array()) {
      const auto type = json::text_or(v.as_object(), "typeId");
      if ((type == "PHONE" && !sent.contains("phone")) || (type == "EMAIL" && !sent.contains("email"))) fm.push_back(v);
    }
    values["fm"] = std::move(fm);
  }
  p.items[entity::contact].erase(fresh);
  change how;
  how.user = manager;
  (void)change_item(p, *it, std::move(values), how).has_value();
}

json::array make_rows(portal& p, std::int64_t deal, const json::array& sent) {
  json::array out;
  for (const auto& row : sent) {
    const auto* o = row.if_object();
    if (o == nullptr) continue;
    const auto product_id = json::integer_or(*o, "productId");
    const auto* known = p.find_product(product_id);
    const auto price = json::minor(*o, "price").value_or(known == nullptr ? 0 : known->price_minor);
    const auto full = std::max(json::minor(*o, "fullPrice").value_or(price), price); // before the discount
    const auto rate = json::integer(*o, "taxRate");
    const auto untaxed = [&rate](std::int64_t sum) { return rate ? proportion(sum, 100, 100 + *rate) : sum; };
    const auto* quantity = o->if_contains("quantity");
    out.push_back(
        json::object{{"id", p.next_id()},
                     {"ownerId", deal},
                     {"ownerType", "D"},
                     {"productId", product_id},
                     {"productName", json::text_or(*o, "name", known == nullptr ? "Товар" : known->name)},
                     {"price", json::decimal(money{price})},
                     {"priceExclusive", json::decimal(money{untaxed(price)})},
                     {"priceNetto", json::decimal(money{untaxed(full)})},
                     {"priceBrutto", json::decimal(money{full})},
                     {"quantity", quantity == nullptr ? json::value(1) : *quantity},
                     {"discountTypeId", 2},
                     {"discountRate", json::decimal(money{full == 0 ? 0 : proportion(full - price, 10'000, full)})},
                     {"discountSum", json::decimal(money{untaxed(full) - untaxed(price)})},
                     {"taxRate", rate ? json::value(*rate) : json::value(nullptr)},
                     {"taxIncluded", "Y"},
                     {"customized", "Y"},
                     {"measureCode", json::integer_or(*o, "measureCode", 796)},
                     {"measureName", "шт"},
                     {"sort", static_cast<std::int64_t>(out.size() + 1) * 10},
                     {"type", json::integer_or(*o, "type", known == nullptr ? 1 : known->type)},
                     {"storeId", 0},
                     {"xmlId", json::text_or(*o, "xmlId")}});
  }
  return out;
}

void add_delivery_address(portal& p, std::int64_t contact, const json::object& a) {
  const auto id = std::to_string(p.next_id());
  p.requisites.push_back(json::object{{"ID", id},
                                      {"ENTITY_TYPE_ID", "3"},
                                      {"ENTITY_ID", std::to_string(contact)},
                                      {"NAME", "Реквизит"},
                                      {"PRESET_ID", "5"},
                                      {"ACTIVE", "Y"}});
  json::object row{{"TYPE_ID", json::text_or(a, "type", "11")},
                   {"ENTITY_TYPE_ID", "8"},
                   {"ENTITY_ID", id},
                   {"ANCHOR_TYPE_ID", "3"},
                   {"ANCHOR_ID", std::to_string(contact)},
                   {"COUNTRY_CODE", nullptr},
                   {"LOC_ADDR_ID", id}};
  for (const auto& [key, name] :
       {std::pair("address_1", "ADDRESS_1"), std::pair("address_2", "ADDRESS_2"), std::pair("city", "CITY"),
        std::pair("postal_code", "POSTAL_CODE"), std::pair("region", "REGION"), std::pair("province", "PROVINCE"),
        std::pair("country", "COUNTRY")})
    row[name] = json::text_or(a, key);
  p.addresses.push_back(std::move(row));
}

std::expected<std::int64_t, std::string> make_deal(portal& p, const json::object& body, change how) {
  json::object sent;
  if (const auto* f = json::child(body, "fields")) sent = *f;
  for (const auto* key : {"title", "opportunity"})
    if (const auto* v = body.if_contains(key)) sent[key] = *v;
  if (const auto* v = body.if_contains("responsible")) sent["assignedById"] = *v;
  if (const auto* v = body.if_contains("stage")) sent["stageId"] = *v;
  if (const auto* v = body.if_contains("category")) sent["categoryId"] = *v;
  else if (const auto c = p.category_of(json::text_or(body, "stage"))) sent["categoryId"] = *c;
  auto values = read_fields(p, sent);
  if (!values) return std::unexpected(values.error());
  std::int64_t contact = json::integer_or(body, "contactId");
  if (contact != 0 && p.find(entity::contact, contact) == nullptr) return std::unexpected("no such contact");
  if (const auto* person = json::child(body, "contact")) contact = make_person(p, entity::contact, *person);
  if (contact != 0) (*values)["contactIds"] = json::array{contact};
  if (const auto* company = json::child(body, "company"))
    (*values)["companyId"] = make_person(p, entity::company, *company);
  if (const auto* address = json::child(body, "requisite_address"); address != nullptr && contact != 0)
    add_delivery_address(p, contact, *address);
  // Rows belong to the deal before anybody hears of it: its event and its robot come last.
  change quiet = how;
  quiet.silent = true;
  const auto id = create_item(p, entity::deal, std::move(*values), quiet);
  if (!id) return std::unexpected(id.error().text);
  if (const auto* rows = json::list(body, "rows")) set_rows(p, *id, make_rows(p, *id, *rows));
  if (!how.silent) announce_created(p, *p.find(entity::deal, *id), how);
  return *id;
}

std::expected<bool, std::string> move_deal(portal& p, item& it, const json::object& body, change how) {
  json::object values;
  if (const auto stage_id = json::text(body, "stage")) {
    values["stageId"] = *stage_id;
    if (const auto c = p.category_of(*stage_id)) values["categoryId"] = *c;
  }
  if (const auto c = json::integer(body, "category")) values["categoryId"] = *c;
  if (values.empty()) return std::unexpected("stage or category is missing");
  auto done = change_item(p, it, std::move(values), how);
  if (!done) return std::unexpected(done.error().text);
  return *done;
}

json::object shown_deal(const portal& p, const item& it) {
  json::object out;
  json::object fields;
  for (const auto& [key, value] : it.values) {
    if (key.starts_with("UF_")) fields[key] = value;
    else out[key] = value;
  }
  // An enumeration is easier to read by its XML_ID; the number stands beside it.
  json::object readable;
  for (const auto& f : p.user_fields)
    if (const auto* v = it.values.if_contains(f.name); v != nullptr && f.type == "enumeration")
      for (const auto& i : f.list)
        if (json::as_integer(*v) == i.id) readable[f.name] = i.xml_id;
  out["fields"] = std::move(fields);
  out["enumerations"] = std::move(readable);
  out["stage"] = it.values.at("stageId");
  out["category"] = it.values.at("categoryId");
  const auto of = [&it](const std::map<std::int64_t, json::array>& all) {
    const auto found = all.find(it.id);
    return found == all.end() ? json::array{} : found->second;
  };
  out["rows"] = of(p.rows);
  out["comments"] = of(p.comments);
  out["todos"] = of(p.todos);
  out["log_messages"] = of(p.log_messages);
  json::array told;
  for (const auto& n : p.notifications)
    if (json::integer(n.as_object(), "user") == json::as_integer(it.values.at("assignedById"))) told.push_back(n);
  out["notifications"] = std::move(told);
  json::array history;
  for (const auto& h : p.stage_history)
    if (json::integer(h.as_object(), "OWNER_ID") == it.id) history.push_back(h);
  out["stage_history"] = std::move(history);
  return out;
}

http_response one_deal(const control_call& c, const std::shared_ptr<portal>& p) {
  const auto id = json::as_integer(json::value(c.path[1])).value_or(0);
  auto* it = p->find(entity::deal, id);
  if (it == nullptr) return control_unknown("no such deal");
  if (c.is("GET", 2)) return control_ok(shown_deal(*p, *it));
  if (c.is("DELETE", 2)) {
    delete_item(*p, entity::deal, id, by_manager(c));
    return control_ok();
  }
  if (c.is("POST", 3) && c.path[2] == "move") {
    const auto done = move_deal(*p, *it, c.body, by_manager(c));
    return done ? control_ok(json::object{{"changed", *done}}) : control_bad(done.error());
  }
  if (c.is("POST", 3) && c.path[2] == "edit") {
    const auto* fields = json::child(c.body, "fields");
    auto values = read_fields(*p, fields == nullptr ? json::object{} : *fields);
    if (!values) return control_bad(values.error());
    if (const auto* person = json::child(c.body, "contact"))
      change_person(*p, json::as_integer(it->values["contactId"]).value_or(0), *person);
    if (const auto* rows = json::list(c.body, "rows")) set_rows(*p, id, make_rows(*p, id, *rows));
    auto done = change_item(*p, *it, std::move(*values), by_manager(c));
    return done ? control_ok(json::object{{"changed", *done}}) : control_bad(done.error().text);
  }
  return control_unknown("GET, DELETE, POST move, POST edit");
}

http_response mass(const control_call& c, const std::shared_ptr<portal>& p) {
  const auto count = json::integer_or(c.body, "count");
  if (count < 1 || count > most_in_mass) return control_bad("count must be 1 to 100000");
  json::array ids;
  json::object body = c.body;
  const auto title = json::text_or(c.body, "title", "Заказ");
  for (std::int64_t i = 1; i <= count; ++i) {
    body["title"] = fmt::format("{} {}", title, i);
    const auto id = make_deal(*p, body, by_manager(c, true));
    if (!id) return control_bad(id.error());
    ids.emplace_back(*id);
  }
  return control_ok(json::object{{"ids", std::move(ids)}});
}

http_response mass_move(const control_call& c, const std::shared_ptr<portal>& p) {
  std::vector<std::int64_t> ids;
  if (const auto* list = json::list(c.body, "ids")) {
    for (const auto& v : *list) ids.push_back(json::as_integer(v).value_or(0));
  } else if (json::boolean(c.body, "all").value_or(false)) {
    for (const auto& [id, it] : p->items[entity::deal]) ids.push_back(id);
  } else {
    return control_bad("ids or all is missing");
  }
  std::int64_t moved = 0;
  for (const auto id : ids) {
    auto* it = p->find(entity::deal, id);
    if (it == nullptr) continue;
    const auto done = move_deal(*p, *it, c.body, by_manager(c));
    if (!done) return control_bad(done.error());
    moved += *done ? 1 : 0;
  }
  return control_ok(json::object{{"moved", moved}});
}

} // namespace

http_response control_deals(const control_call& c, const std::shared_ptr<portal>& p) {
  const auto& what = c.path.front();
  if (what == "mass" && c.is("POST", 1)) return mass(c, p);
  if (what == "mass-move" && c.is("POST", 1)) return mass_move(c, p);
  if (what != "deals") return control_unknown("POST mass, POST mass-move");
  if (c.is("POST", 1)) {
    const auto id = make_deal(*p, c.body, by_manager(c));
    return id ? control_ok(json::object{{"id", *id}}) : control_bad(id.error());
  }
  if (c.is("GET", 1)) {
    json::array out;
    for (const auto& [id, it] : p->items[entity::deal]) {
      json::object fields;
      for (const auto& [key, value] : it.values)
        if (key.starts_with("UF_")) fields[key] = value;
      out.push_back(json::object{{"id", id},
                                 {"title", it.values.at("title")},
                                 {"category", it.values.at("categoryId")},
                                 {"stage", it.values.at("stageId")},
                                 {"fields", std::move(fields)}});
    }
    return control_ok(std::move(out));
  }
  return c.path.size() >= 2 ? one_deal(c, p) : control_unknown("GET or POST deals");
}

} // namespace waybill::sandbox
