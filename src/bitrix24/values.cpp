#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

// Whole units out of a decimal: grams and millimetres come as 480, 480.0 or "480.5".
std::int64_t rounded(const bj::object& o, std::string_view key) {
  const auto hundredths = json::minor(o, key).value_or(0);
  return hundredths <= 0 ? 0 : (hundredths + 50) / 100;
}

// catalog.* wraps properties: {"value": "101", "valueId": "9867"}.
std::int64_t property(const bj::object& o, std::string_view key) {
  if (const auto* wrapped = json::child(o, key)) return json::integer_or(*wrapped, "value");
  return json::integer_or(o, key);
}

// The same as text; of several values the first that is filled, and of several properties.
std::string property_text(const bj::value& v) {
  if (const auto* list = v.if_array()) {
    for (const auto& each : *list)
      if (auto text = property_text(each); !text.empty()) return text;
    return {};
  }
  const auto* wrapped = v.if_object();
  return wrapped == nullptr ? json::as_text(v).value_or("") : json::text_or(*wrapped, "value");
}

std::string property_text(const bj::object& o, const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (const auto* v = json::find(o, name))
      if (auto text = property_text(*v); !text.empty() && text.size() <= 255) return text;
  return {};
}

int rank(std::string_view kind) { return kind == "MOBILE" ? 0 : kind == "WORK" ? 1 : 2; }

// Phones and mails out of the multi-field, else out of its short forms.
void read_multi(const bj::object& item, contact& c) {
  std::multimap<int, std::string> phones; // by rank, in the card's order within it
  if (const auto* fm = json::find(item, "fm")) {
    for (const auto* entry : records(*fm)) {
      auto value = json::text_or(*entry, "value");
      if (value.empty()) continue;
      const auto type = json::text_or(*entry, "typeId");
      if (type == "PHONE") phones.emplace(rank(json::text_or(*entry, "valueType")), std::move(value));
      else if (type == "EMAIL") c.emails.push_back(std::move(value));
    }
  }
  for (auto& [_, value] : phones) c.phones.push_back(std::move(value));
  if (c.phones.empty())
    for (const auto* key : {"phoneMobile", "phoneWork", "phone"})
      if (auto value = json::text(item, key); value && std::ranges::find(c.phones, *value) == c.phones.end())
        c.phones.push_back(std::move(*value));
  if (c.emails.empty())
    if (auto value = json::text(item, "email")) c.emails.push_back(std::move(*value));
}

void join(std::string& line, std::string_view part) {
  if (part.empty()) return;
  if (!line.empty()) line += ", ";
  line += part;
}

bool is_made_up(std::string_view xml_id) {
  return xml_id.size() == 32 &&
         std::ranges::all_of(xml_id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace

std::vector<const bj::object*> records(const bj::value& result, std::string_view wrapper) {
  const bj::value* list = &result;
  if (!wrapper.empty())
    if (const auto* o = result.if_object())
      if (const auto* inner = o->if_contains(wrapper)) list = inner;
  std::vector<const bj::object*> all;
  if (const auto* a = list->if_array()) {
    for (const auto& v : *a)
      if (const auto* o = v.if_object()) all.push_back(o);
  } else if (const auto* o = list->if_object()) {
    for (const auto& member : *o)
      if (const auto* inner = member.value().if_object()) all.push_back(inner);
  }
  return all;
}

bool is_blank(const bj::value* v) {
  if (v == nullptr || v->is_null()) return true;
  if (const auto* s = v->if_string()) return s->empty();
  if (const auto* a = v->if_array()) return a->empty();
  if (const auto* o = v->if_object()) return o->empty();
  return v->is_bool() && !v->get_bool();
}

result<deal> read_deal(const bj::object& item) {
  auto id = json::require_integer(item, "id");
  if (!id) return fail(id.error());
  deal d;
  d.id = *id;
  d.title = json::text_or(item, "title");
  d.category = json::integer_or(item, "categoryId");
  d.stage = json::text_or(item, "stageId");
  d.semantic = json::text_or(item, "stageSemanticId");
  d.closed = json::boolean(item, "closed").value_or(false);
  d.opportunity.minor = json::minor(item, "opportunity").value_or(0);
  d.opportunity.currency = json::text_or(item, "currencyId", "RUB");
  d.company = json::integer_or(item, "companyId");
  const auto add = [&d](std::int64_t contact) {
    if (contact > 0 && std::ranges::find(d.contacts, contact) == d.contacts.end()) d.contacts.push_back(contact);
  };
  add(json::integer_or(item, "contactId"));
  if (const auto* ids = json::find(item, "contactIds")) {
    if (const auto* a = ids->if_array())
      for (const auto& v : *a) add(json::as_integer(v).value_or(0));
    else if (const auto* o = ids->if_object())
      for (const auto& member : *o) add(json::as_integer(member.value()).value_or(0));
  }
  d.responsible = json::integer_or(item, "assignedById");
  d.updated = json::text_or(item, "updatedTime");
  d.moved = json::text_or(item, "movedTime");
  d.fields = item;
  return d;
}

product_row read_row(const bj::object& row) {
  product_row r;
  r.product = json::integer_or(row, "productId");
  r.name = json::text_or(row, "productName");
  r.price.minor = json::minor(row, "price").value_or(0);
  r.full_price.minor = json::minor(row, "priceBrutto").value_or(r.price.minor);
  r.quantity = json::text_or(row, "quantity", "0");
  if (const auto hundredths = json::minor(row, "taxRate"))
    r.tax_percent = static_cast<int>(std::clamp<std::int64_t>(*hundredths / 100, 0, 100));
  r.type = static_cast<int>(std::clamp<std::int64_t>(json::integer_or(row, "type", 1), 0, 1000));
  r.measure_code = static_cast<int>(std::clamp<std::int64_t>(json::integer_or(row, "measureCode", 796), 0, 1'000'000));
  r.xml_id = json::text_or(row, "xmlId");
  return r;
}

contact read_contact(const bj::object& item) {
  contact c;
  c.id = json::integer_or(item, "id");
  c.name = json::text_or(item, "name");
  c.second_name = json::text_or(item, "secondName");
  c.last_name = json::text_or(item, "lastName");
  read_multi(item, c);
  return c;
}

contact read_company(const bj::object& item) {
  contact c;
  c.id = json::integer_or(item, "id");
  c.name = json::text_or(item, "title");
  read_multi(item, c);
  return c;
}

catalog_product read_product(const bj::object& product, const std::vector<std::string>& article_properties,
                             const std::vector<std::string>& barcode_properties) {
  catalog_product p;
  p.id = json::integer_or(product, "id");
  p.parent = property(product, "parentId");
  p.section = json::integer_or(product, "iblockSectionId");
  p.name = json::text_or(product, "name");
  p.xml_id = json::text_or(product, "xmlId");
  p.code = json::text_or(product, "code");
  p.article = property_text(product, article_properties);
  p.barcode = property_text(product, barcode_properties);
  p.weight_g = rounded(product, "weight");
  p.length_mm = rounded(product, "length");
  p.width_mm = rounded(product, "width");
  p.height_mm = rounded(product, "height");
  p.type = static_cast<int>(std::clamp<std::int64_t>(json::integer_or(product, "type", 1), 0, 1000));
  return p;
}

stage read_stage(const bj::object& status) {
  stage s;
  s.id = json::text_or(status, "STATUS_ID");
  s.name = json::text_or(status, "NAME");
  s.semantic = json::text_or(status, "SEMANTICS", "P");
  s.sort = static_cast<int>(std::clamp<std::int64_t>(json::integer_or(status, "SORT"), 0, 1'000'000));
  return s;
}

timeline_comment read_comment(const bj::object& comment) {
  timeline_comment c;
  c.id = json::integer_or(comment, "ID");
  c.text = json::text_or(comment, "COMMENT");
  c.created = parse_instant(json::text_or(comment, "CREATED")).value_or(instant{});
  return c;
}

address read_address(const bj::object& a) {
  address out;
  out.postal_code = json::text_or(a, "POSTAL_CODE");
  out.region = json::text_or(a, "PROVINCE");
  const auto district = json::text_or(a, "REGION");
  if (out.region.empty()) out.region = district;
  out.city = json::text_or(a, "CITY");
  out.street = json::text_or(a, "ADDRESS_1");
  out.flat = json::text_or(a, "ADDRESS_2");
  if (const auto code = json::text_or(a, "COUNTRY_CODE"); code.size() == 2) out.country_code = code;
  join(out.raw, out.postal_code);
  join(out.raw, json::text_or(a, "COUNTRY"));
  join(out.raw, out.region);
  if (district != out.region) join(out.raw, district);
  if (out.city != out.region) join(out.raw, out.city);
  join(out.raw, out.street);
  join(out.raw, out.flat);
  return out;
}

std::map<std::string, std::string> read_enumeration(const bj::object& user_field) {
  std::map<std::string, std::string> names;
  const auto* list = json::find(user_field, "LIST");
  if (list == nullptr) return names;
  for (const auto* item : records(*list)) {
    const auto id = json::text_or(*item, "ID");
    if (id.empty()) continue;
    auto name = json::text_or(*item, "XML_ID");
    if (name.empty() || is_made_up(name)) name = json::text_or(*item, "VALUE");
    names.emplace(id, std::move(name));
  }
  return names;
}

std::vector<std::string> enumeration_ids(const bj::value* v) {
  std::vector<std::string> ids;
  if (is_blank(v)) return ids;
  const auto add = [&ids](const bj::value& one) {
    if (auto text = json::as_text(one); text && *text != "0") ids.push_back(std::move(*text));
  };
  if (const auto* a = v->if_array()) {
    for (const auto& one : *a) add(one);
  } else {
    add(*v);
  }
  return ids;
}

} // namespace waybill::bitrix24
