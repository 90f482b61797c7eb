// Additional fields, the shipment document and the return.
#include "ids.hpp"
#include "mapping.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::moysklad {
namespace {

// What both documents inherit from the one before them.
void inherit(json::object& out, const json::object& from) {
  for (const auto key : {wire::organization, wire::agent, wire::store, wire::project, wire::sales_channel})
    if (const std::string id = linked_id(from, key); !id.empty()) {
      const std::string type = linked_type(from, key);
      out[key] = link_to(type, id);
    }
  for (const auto key : {wire::vat_enabled, wire::vat_included})
    if (const auto flag = json::boolean(from, key)) out[key] = *flag;
}

// A position for another document: never its id or account, MoySklad refuses those.
std::optional<json::object> carried(const json::object& p, std::int64_t thousandths_left) {
  const std::string id = linked_id(p, wire::assortment), type = linked_type(p, wire::assortment);
  if (id.empty() || type.empty() || thousandths_left <= 0) return {};
  json::object o;
  o[wire::assortment] = link_to(type, id);
  o[wire::quantity] = decimal_of(thousandths_left, 3);
  for (const auto key : {wire::price, wire::discount, wire::vat, wire::vat_enabled})
    if (const auto* v = json::find(p, key)) o[key] = *v;
  return o;
}

// In the shape that the field's kind wants; nothing: a kind that we do not fill.
std::optional<json::value> attribute_value(const attribute_info& a, const std::string& text) {
  if (text.empty()) return json::value();
  if (a.kind == "string" || a.kind == "link") return json::value(shortened(text, 255));
  if (a.kind == "text") return json::value(shortened(text, 4096));
  if (a.kind == "double")
    if (const auto n = scaled(text, 2)) return decimal_of(*n, 2);
  if (a.kind == "long")
    if (const auto n = scaled(text, 0)) return json::value(*n);
  if (a.kind == "customentity") return json::value(json::object{{"name", shortened(text, 255)}});
  return {};
}

bool holds(const json::value* present, const json::value& wanted) {
  if (present == nullptr || present->is_null()) return wanted.is_null();
  if (wanted.is_null()) return json::as_text(*present).value_or("").empty();
  if (const auto* entity = wanted.if_object()) {
    const auto* have = present->if_object();
    return have != nullptr && json::text_or(*have, wire::title) == json::text_or(*entity, wire::title);
  }
  const auto have = json::as_text(*present), want = json::as_text(wanted);
  if (!have || !want) return false;
  if (*have == *want) return true;
  // 350 and 350.00 are one number, but two texts.
  const bool number = wanted.is_int64() || (wanted.is_string() && wanted.get_string().starts_with(json::decimal_mark));
  const auto a = scaled(*have, 2), b = scaled(*want, 2);
  return number && a && b && *a == *b;
}

} // namespace

fact_values facts_of(const settings& how, const shipment& s) {
  fact_values out{{fact::reference, s.reference}, {fact::service, s.service}, {fact::pickup_point, s.pickup_point}};
  if (how.fee == fee_place::attribute)
    out.emplace_back(fact::delivery_fee, s.delivery_fee.minor > 0 ? to_decimal(s.delivery_fee) : std::string());
  return out;
}

fact_values facts_of(const progress& p) {
  fact_values out;
  // What is not known is left as it is: nobody's entry is wiped out.
  const auto add = [&out](fact f, std::string text) {
    if (!text.empty()) out.emplace_back(f, std::move(text));
  };
  add(fact::tracking_number, p.number);
  add(fact::tracking_url, p.tracking_url);
  add(fact::carrier, p.carrier);
  if (p.reached) add(fact::status, std::string(words_for(*p.reached)));
  if (p.cost) add(fact::cost, to_decimal(*p.cost));
  return out;
}

json::array changed_attributes(const settings& how, const account_facts& facts, document d, const fact_values& values,
                               const json::object& present, std::vector<std::string>* missing) {
  json::array out;
  const auto* have = json::list(present, wire::attributes);
  for (const auto& [what, text] : values) {
    const auto named = how.attributes.find(what);
    if (named == how.attributes.end()) continue;
    const attribute_info* a = facts.attribute_named(d, named->second);
    const auto value = a == nullptr ? std::nullopt : attribute_value(*a, text);
    if (!value) {
      if (missing != nullptr) missing->push_back(named->second);
      continue;
    }
    const json::value* now = nullptr;
    if (have != nullptr)
      for (const auto& each : *have)
        if (const auto* o = each.if_object(); o != nullptr && lower_ascii(json::text_or(*o, wire::id)) == a->id)
          now = json::find(*o, wire::value);
    if (holds(now, *value)) continue;
    json::object o = link_to(std::string(type_of(d)) + "/metadata/attributes", "attributemetadata", a->id);
    o[wire::value] = *value;
    out.push_back(std::move(o));
  }
  return out;
}

std::optional<json::object> demand_body(const account_facts& facts, const json::object& order,
                                        const json::array& positions, const std::string& reference) {
  json::object o;
  inherit(o, order);
  if (!o.contains(wire::store) && !facts.store_id.empty()) o[wire::store] = link_to(wire::store, facts.store_id);
  o[wire::customer_order] = link_to(wire::order, lower_ascii(json::text_or(order, wire::id)));
  o[wire::external_code] = reference;
  o[wire::sync_id] = sync_id(wire::demand, reference);
  o[wire::applicable] = true;
  if (const auto* a = json::child(order, wire::address_full)) {
    json::object address;
    for (const auto key :
         {wire::postal_code, wire::city, wire::street, wire::house, wire::apartment, wire::add_info, wire::comment})
      if (auto text = json::text(*a, key)) address[key] = std::move(*text);
    if (!address.empty()) o[wire::address_full] = std::move(address);
  }
  json::array lines;
  for (const auto& each : positions)
    if (const auto* p = each.if_object()) {
      const auto left = thousandths(*p, wire::quantity).value_or(0) - thousandths(*p, wire::shipped).value_or(0);
      if (auto one = carried(*p, left)) lines.push_back(std::move(*one));
    }
  if (lines.empty()) return {};
  o[wire::positions] = std::move(lines);
  return o;
}

std::optional<json::object> return_body(const json::object& demand, const json::array& positions,
                                        const std::string& reference) {
  json::object o;
  inherit(o, demand);
  o[wire::demand] = link_to(wire::demand, lower_ascii(json::text_or(demand, wire::id)));
  o[wire::external_code] = reference;
  o[wire::sync_id] = sync_id(wire::sales_return, reference);
  o[wire::applicable] = true;
  json::array lines;
  for (const auto& each : positions)
    if (const auto* p = each.if_object())
      if (auto one = carried(*p, thousandths(*p, wire::quantity).value_or(0))) lines.push_back(std::move(*one));
  if (lines.empty()) return {};
  o[wire::positions] = std::move(lines);
  return o;
}

} // namespace waybill::moysklad
