// The object SHIPMENT.
#include <sandbox/handler.hpp>
#include <sandbox/store_call.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

const delivery_service* service_by(const portal& p, std::int64_t id) {
  const auto it = std::ranges::find(p.services, id, &delivery_service::id);
  return it == p.services.end() ? nullptr : &*it;
}

json::value shown_service(const portal& p, std::int64_t id) {
  const auto* s = service_by(p, id);
  if (s == nullptr) return nullptr;
  json::object out{{"ID", s->id}, {"CONFIG", s->config}};
  if (const auto* parent = service_by(p, s->parent))
    out["PARENT"] = json::object{{"ID", parent->id}, {"CONFIG", parent->config}};
  return out;
}

// Only filled parts of an address leave; PHP makes [] of none.
json::value shown_address(const json::value& kept) {
  const auto* o = kept.if_object();
  if (o == nullptr) return nullptr;
  json::object fields;
  if (const auto* given = json::child(*o, "FIELDS"))
    for (const auto& [name, v] : *given)
      if (!php::is_empty(&v)) fields[name] = v;
  const auto coordinate = [o](std::string_view name) {
    const auto* v = o->if_contains(name);
    return v == nullptr ? json::value(nullptr) : *v;
  };
  return json::object{{"LATITUDE", coordinate("LATITUDE")},
                      {"LONGITUDE", coordinate("LONGITUDE")},
                      {"FIELDS", fields.empty() ? json::value(json::array{}) : json::value(std::move(fields))}};
}

// A property that is bound to services shows for these only.
bool shows_for(const portal& p, std::int64_t property, std::int64_t service) {
  bool bound = false;
  for (const auto& r : p.shop.relations) {
    if (r.property != property || r.type != "D") continue;
    if (r.entity == service) return true;
    bound = true;
  }
  return !bound;
}

json::array shown_properties(const portal& p, const store_order& order, const store_shipment& s) {
  json::array out;
  for (const auto& v : p.shop.properties) {
    const auto& property = v.as_object();
    const auto id = json::integer_or(property, "id");
    const auto type = text_of(property, "type");
    if (type != "STRING" && type != "ADDRESS") continue;
    if (text_of(property, "active") != "Y" || json::integer(property, "personTypeId") != order.person_type ||
        !shows_for(p, id, s.service))
      continue;
    const auto given = s.properties.find(id);
    json::value value = given == s.properties.end() ? json::value(nullptr) : given->second.value;
    if (type == "ADDRESS") value = shown_address(value);
    out.push_back(json::object{{"ID", id}, {"TYPE", type}, {"VALUE", std::move(value)}});
  }
  return out;
}

json::array shown_extras(const portal& p, const store_shipment& s) {
  json::array out;
  for (const auto& e : p.shop.extras) {
    if (e.service != s.service || !e.active) continue;
    const auto given = s.extras.find(e.id);
    json::value value = e.type == "checkbox"   ? json::value("N")
                        : e.type == "quantity" ? json::value(0)
                                               : json::value("");
    if (given != s.extras.end()) value = given->second;
    else if (e.type == "enum" && !e.items.empty()) value = text_of(e.items.front().as_object(), "CODE");
    out.push_back(json::object{{"ID", e.id},
                               {"CODE", e.code.empty() ? json::value(nullptr) : json::value(e.code)},
                               {"VALUE", std::move(value)}});
  }
  return out;
}

json::value shown_recipient(const portal& p, const store_order& o) {
  const bool person = o.contact != 0;
  const auto type = person ? entity::contact : entity::company;
  const auto all = p.items.find(type);
  if (all == p.items.end()) return nullptr;
  const auto it = all->second.find(person ? o.contact : o.company);
  if (it == all->second.end()) return nullptr;
  const auto& values = it->second.values;
  auto name = person ? fmt::format("{} {}", json::text_or(values, "name"), json::text_or(values, "lastName"))
                     : json::text_or(values, "title");
  while (name.ends_with(' ')) name.pop_back();
  while (name.starts_with(' ')) name.erase(0, 1);
  json::object out{{"NAME", name}};
  json::array phones;
  if (const auto* fm = json::list(values, "fm"))
    for (const auto& v : *fm)
      if (text_of(v.as_object(), "typeId") == "PHONE")
        phones.push_back(
            json::object{{"TYPE", text_of(v.as_object(), "valueType")}, {"VALUE", text_of(v.as_object(), "value")}});
  if (!phones.empty()) out["PHONES"] = std::move(phones); // none: the key is absent
  return out;
}

json::value shown_responsible(const portal& p, std::int64_t id) {
  for (const auto& u : p.users)
    if (u.id == id) return json::object{{"NAME", u.name + ' ' + u.last_name}, {"PHONES", json::array{}}};
  return nullptr;
}

} // namespace

json::object shipment_object(const portal& p, const store_order& o, const store_shipment& s, bool unsaved) {
  json::array items;
  std::int64_t price = 0, weight = 0;
  for (const auto& line : s.items) {
    const auto b = std::ranges::find(o.basket, line.basket, &basket_item::id);
    if (b == o.basket.end()) continue;
    price += proportion(b->price_minor, line.quantity, 1000);
    weight += proportion(b->weight_g.value_or(0), line.quantity, 1000);
    const bool sized = b->width_mm.value_or(0) > 0 && b->height_mm.value_or(0) > 0 && b->length_mm.value_or(0) > 0;
    json::value sizes = nullptr;
    if (sized) sizes = json::object{{"WIDTH", *b->width_mm}, {"HEIGHT", *b->height_mm}, {"LENGTH", *b->length_mm}};
    items.push_back(
        json::object{{"NAME", b->name},
                     {"PRICE", json::decimal(money{b->price_minor})},
                     {"CURRENCY", "RUB"},
                     {"WEIGHT", b->weight_g.value_or(0) > 0 ? json::value(*b->weight_g) : json::value(nullptr)},
                     {"QUANTITY", shown_quantity(line.quantity)},
                     {"DIMENSIONS", std::move(sizes)}});
  }
  return {{"ID", unsaved ? json::value(nullptr) : json::value(s.id)},
          {"DELIVERY_SERVICE", shown_service(p, s.service)},
          {"PRICE", json::decimal(money{price})},
          {"CURRENCY", "RUB"},
          {"WEIGHT", weight},
          {"PROPERTY_VALUES", shown_properties(p, o, s)},
          {"ITEMS", std::move(items)},
          {"EXTRA_SERVICES_VALUES", shown_extras(p, s)},
          {"RESPONSIBLE_CONTACT", shown_responsible(p, s.responsible)},
          {"RECIPIENT_CONTACT", shown_recipient(p, o)}};
}

std::string handler_setting(const portal& p, std::int64_t service, std::string_view name) {
  const auto* s = service_by(p, service);
  if (s == nullptr || s->rest_code.empty()) return {};
  for (const auto& h : p.handlers)
    if (text_of(h.as_object(), "CODE") == s->rest_code)
      if (const auto* how = json::child(h.as_object(), "SETTINGS")) return text_of(*how, name);
  return {};
}

std::int64_t price_of_extras(const portal& p, const store_shipment& s) {
  std::int64_t sum = 0;
  for (const auto& e : p.shop.extras) {
    const auto given = s.extras.find(e.id);
    if (e.service != s.service || !e.active || given == s.extras.end()) continue;
    const auto text = php::scalar(given->second).value_or("");
    if (e.type == "checkbox" && text == "Y") sum += e.price_minor;
    if (e.type == "quantity") sum += e.price_minor * json::as_integer(given->second).value_or(0);
    if (e.type == "enum")
      for (const auto& i : e.items)
        if (text_of(i.as_object(), "CODE") == text) sum += json::minor(i.as_object(), "PRICE").value_or(0);
  }
  return sum;
}

} // namespace waybill::sandbox
