// A shipment as MoySklad's order.
#include "mapping.hpp"

#include "ids.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

constexpr std::size_t most_positions = 1000;
constexpr std::int64_t most_quantity = 1'000'000;
constexpr std::int64_t most_kopecks = 1'000'000'000'000; // ten billion roubles a line

fault wrong(std::string what, std::string code) { return {errc::bad_input, std::move(what), {}, std::move(code)}; }

std::string joined(std::initializer_list<std::string_view> parts, std::string_view between) {
  std::string out;
  for (const auto part : parts)
    if (!part.empty()) out += (out.empty() ? "" : std::string(between)) + std::string(part);
  return out;
}

void put_vat(json::object& o, const line& l) {
  o[wire::vat] = l.vat;
  o[wire::vat_enabled] = l.vat_enabled;
}

json::object position_of(const settings& how, const line& l) {
  json::object o;
  o[wire::assortment] = link_to(l.type, l.id);
  o[wire::quantity] = l.quantity;
  o[wire::price] = l.price;
  o[wire::discount] = decimal_of(l.discount, 3);
  put_vat(o, l);
  if (how.reserve && l.reservable) o[wire::reserve] = l.quantity;
  return o;
}

constexpr std::int64_t whole = 100'000; // thousandths of a percent

std::int64_t discounted(std::int64_t price, std::int64_t discount) { return price * (whole - discount) / whole; }

// The percent that takes `full` to `paid` exactly, for every quantity; 0: there is none.
std::int64_t exact_discount(std::int64_t full, std::int64_t paid) {
  if (full <= paid || full > std::numeric_limits<std::int64_t>::max() / whole) return 0;
  const auto off = (full - paid) * whole;
  return off % full == 0 ? off / full : 0;
}

bool same_text(const json::object& present, const json::object& wanted, std::string_view key) {
  return json::text_or(present, key) == json::text_or(wanted, key);
}

} // namespace

result<void> check_shipment(const settings& how, const shipment& s) {
  if (!is_reference(s.reference)) return fail(wrong("the shipment has no usable reference", "moysklad.reference"));
  std::size_t count = 0;
  for (const parcel& p : s.parcels)
    for (const item& i : p.items) {
      ++count;
      const std::string name = shortened(i.name, 80);
      if (i.quantity < 1 || i.quantity > most_quantity)
        return fail(wrong("the quantity of \"" + name + "\" is not usable", "moysklad.quantity"));
      if (i.price.minor < 0 || i.price.minor > most_kopecks || i.price.minor > most_kopecks / i.quantity)
        return fail(wrong("the price of \"" + name + "\" is not usable", "moysklad.price"));
      if (i.price.minor != 0 && i.price.currency != how.currency)
        return fail(wrong("\"" + name + "\" is priced in " + clean_code(i.price.currency) +
                              ", but orders in MoySklad are made in " + how.currency,
                          "moysklad.currency"));
      if (i.vat_percent && (*i.vat_percent < 0 || *i.vat_percent > 100))
        return fail(wrong("the VAT of \"" + name + "\" is not usable", "moysklad.vat"));
      if (keys_of(how, i).empty())
        return fail(wrong("\"" + name + "\" has nothing that it could be found by in MoySklad (product_match)",
                          "moysklad.no_code"));
    }
  if (count == 0) return fail(wrong("the deal has no goods, so MoySklad has nothing to order", "moysklad.no_goods"));
  if (count + 1 > most_positions) return fail(wrong("MoySklad takes at most 1000 positions", "moysklad.positions"));
  if (s.delivery_fee.minor < 0 || s.delivery_fee.minor > most_kopecks)
    return fail(wrong("the delivery fee is not usable", "moysklad.fee"));
  if (s.delivery_fee.minor > 0 && how.fee == fee_place::position && s.delivery_fee.currency != how.currency)
    return fail(wrong("the delivery fee is not in " + how.currency, "moysklad.currency"));
  return {};
}

std::vector<item> items_of(const shipment& s) {
  std::vector<item> out;
  for (const parcel& p : s.parcels) out.insert(out.end(), p.items.begin(), p.items.end());
  return out;
}

std::vector<line> lines_of(const settings& how, const account_facts& facts, const shipment& s,
                           const std::vector<good>& found) {
  std::vector<line> out;
  const auto add = [&out](line l) {
    const auto same = std::ranges::find_if(out, [&](const line& have) {
      return have.id == l.id && have.price == l.price && have.discount == l.discount && have.vat == l.vat &&
             have.vat_enabled == l.vat_enabled;
    });
    if (same == out.end()) out.push_back(std::move(l));
    else same->quantity += l.quantity;
  };
  const auto items = items_of(s);
  for (std::size_t i = 0; i < items.size() && i < found.size(); ++i) {
    line l;
    l.type = found[i].type;
    l.id = found[i].id;
    l.quantity = items[i].quantity;
    l.discount = exact_discount(items[i].full_price.minor, items[i].price.minor);
    l.price = l.discount > 0 ? items[i].full_price.minor : items[i].price.minor;
    l.reservable = l.type != wire::service;
    switch (how.vat) {
    case vat_source::deal:
      l.vat_enabled = items[i].vat_percent.has_value();
      l.vat = items[i].vat_percent.value_or(0);
      break;
    case vat_source::catalogue:
      l.vat_enabled = found[i].vat_enabled;
      l.vat = found[i].vat_enabled ? found[i].vat : 0;
      break;
    case vat_source::none: break;
    }
    add(std::move(l));
  }
  if (how.fee == fee_place::position && s.delivery_fee.minor > 0) {
    line l;
    l.type = facts.delivery_type;
    l.id = facts.delivery_id;
    l.quantity = 1;
    l.price = s.delivery_fee.minor;
    l.reservable = false;
    if (how.vat != vat_source::none) {
      l.vat_enabled = facts.delivery_vat_enabled;
      l.vat = facts.delivery_vat_enabled ? facts.delivery_vat : 0;
    }
    add(std::move(l));
  }
  return out;
}

std::int64_t total_of(const std::vector<line>& lines) {
  std::int64_t sum = 0;
  for (const line& l : lines) sum += discounted(l.price, l.discount) * l.quantity;
  return sum;
}

json::object address_of(const shipment& s) {
  const address& a = s.destination;
  json::object o;
  const auto put = [&o](std::string_view key, std::string_view text, std::size_t most) {
    if (!text.empty()) o[key] = shortened(text, most);
  };
  const std::string point = s.pickup_point.empty() ? std::string() : "ПВЗ " + s.pickup_point;
  if (a.city.empty() && a.street.empty()) {
    put(wire::add_info, joined({point, a.raw}, ", "), 255);
  } else {
    const bool fits = characters(a.house) <= 30 && characters(a.flat) <= 30;
    put(wire::postal_code, a.postal_code.size() <= 6 ? a.postal_code : std::string(), 6);
    put(wire::city, a.city, 255);
    put(wire::street, a.street, 255);
    if (fits) {
      put(wire::house, a.house, 30);
      put(wire::apartment, a.flat, 30);
    }
    // Cut short a house number would be another house.
    put(wire::add_info, joined({a.region, fits ? "" : a.house, fits ? "" : a.flat, point}, ", "), 255);
  }
  put(wire::comment, s.comment, 255);
  return o;
}

json::value order_body(const settings& how, const account_facts& facts, const shipment& s,
                       const std::vector<line>& lines, const std::string& customer_id) {
  json::object o;
  if (how.reference_as_number) o[wire::title] = s.reference;
  o[wire::external_code] = s.reference;
  o[wire::sync_id] = sync_id(wire::order, s.reference);
  o[wire::organization] = link_to(wire::organization, facts.organization_id);
  o[wire::agent] = link_to(wire::counterparty, customer_id);
  if (!facts.store_id.empty()) o[wire::store] = link_to(wire::store, facts.store_id);
  if (!facts.sales_channel_id.empty())
    o[wire::sales_channel] = link_to(wire::sales_channel_type, facts.sales_channel_id);
  if (!facts.project_id.empty()) o[wire::project] = link_to(wire::project, facts.project_id);
  if (const auto wanted = state_for(how, document::order, status::created))
    if (const auto* state = facts.state_named(document::order, wanted->name))
      o[wire::state] = state_link(wire::order, state->id);
  o[wire::applicable] = true;
  o[wire::vat_included] = true;
  o[wire::vat_enabled] = std::ranges::any_of(lines, &line::vat_enabled);
  std::string about = joined({s.service.empty() ? std::string() : "Доставка: " + s.service,
                              s.pickup_point.empty() ? std::string() : "ПВЗ " + s.pickup_point, s.comment},
                             ". ");
  if (!about.empty()) o[wire::description] = shortened(about, 4096);
  if (auto a = address_of(s); !a.empty()) o[wire::address_full] = std::move(a);
  json::array positions;
  for (const line& l : lines) positions.push_back(position_of(how, l));
  o[wire::positions] = std::move(positions);
  auto attributes = changed_attributes(how, facts, document::order, facts_of(how, s), json::object());
  if (!attributes.empty()) o[wire::attributes] = std::move(attributes);
  return o;
}

std::optional<json::array> changed_positions(const settings& how, const std::vector<line>& lines,
                                             const json::array& present) {
  std::vector<const json::object*> left;
  for (const auto& each : present)
    if (const auto* o = each.if_object()) left.push_back(o);
  bool differs = left.size() != lines.size();
  const auto take = [&left](const line& l, bool same_price) -> const json::object* {
    const auto it = std::ranges::find_if(left, [&](const json::object* o) {
      return linked_id(*o, wire::assortment) == l.id && (!same_price || kopecks(*o, wire::price) == l.price);
    });
    if (it == left.end()) return nullptr;
    const json::object* o = *it;
    left.erase(it);
    return o;
  };
  std::vector<const json::object*> match(lines.size(), nullptr);
  for (const bool same_price : {true, false})
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (match[i] == nullptr) match[i] = take(lines[i], same_price);
  json::array out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const line& l = lines[i];
    json::object o = position_of(how, l);
    if (const json::object* was = match[i]) {
      o[wire::id] = json::text_or(*was, wire::id);
      const bool same =
          thousandths(*was, wire::quantity) == l.quantity * 1000 && kopecks(*was, wire::price) == l.price &&
          thousandths(*was, wire::discount).value_or(0) == l.discount && json::integer_or(*was, wire::vat) == l.vat &&
          json::boolean(*was, wire::vat_enabled).value_or(false) == l.vat_enabled;
      differs = differs || !same;
      // Without a wish of ours people's reservations stay, as far as the new quantity allows.
      if (!how.reserve && l.reservable)
        o[wire::reserve] = decimal_of(std::min(thousandths(*was, wire::reserve).value_or(0), l.quantity * 1000), 3);
    } else {
      differs = true;
    }
    out.push_back(std::move(o));
  }
  return differs ? std::optional(std::move(out)) : std::nullopt;
}

json::object changed_order(const account_facts& facts, const settings& how, const shipment& s,
                           const json::object& present, const std::string& customer_id) {
  json::object o;
  if (!customer_id.empty() && linked_id(present, wire::agent) != customer_id)
    o[wire::agent] = link_to(wire::counterparty, customer_id);
  const json::object none;
  const auto* had = json::child(present, wire::address_full);
  const json::object& before = had == nullptr ? none : *had;
  json::object wanted = address_of(s);
  bool differs = false;
  for (const auto key :
       {wire::postal_code, wire::city, wire::street, wire::house, wire::apartment, wire::add_info, wire::comment}) {
    if (same_text(before, wanted, key)) continue;
    differs = true;
    if (!wanted.contains(key)) wanted[key] = ""; // what is left out might stay
  }
  if (differs) o[wire::address_full] = std::move(wanted);
  auto attributes = changed_attributes(how, facts, document::order, facts_of(how, s), present);
  if (!attributes.empty()) o[wire::attributes] = std::move(attributes);
  return o;
}

json::array unreserved(const json::array& present) {
  json::array out;
  for (const auto& each : present) {
    const auto* was = each.if_object();
    if (was == nullptr) continue;
    json::object o;
    // Whole lines: what a replacing PUT leaves out has no documented meaning.
    for (const auto key : {wire::id, wire::quantity, wire::price, wire::discount, wire::vat, wire::vat_enabled})
      if (const auto* v = json::find(*was, key)) o[key] = *v;
    if (const std::string id = linked_id(*was, wire::assortment); !id.empty())
      o[wire::assortment] = link_to(linked_type(*was, wire::assortment), id);
    o[wire::reserve] = 0;
    out.push_back(std::move(o));
  }
  return out;
}

} // namespace waybill::moysklad
