#include "mapping.hpp"

#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace waybill::cdek {
namespace {

constexpr std::size_t most_text = 255, most_key = 20;

json::array phones_of(const party& p) {
  json::object phone{{"number", p.phone}};
  if (!p.phone_extension.empty()) phone[wire::additional] = p.phone_extension;
  return json::array{std::move(phone)};
}

json::object contact_of(const party& p) {
  json::object o;
  o[wire::person] = shortened(p.name.empty() ? p.company : p.name, most_text);
  if (!p.company.empty()) o[wire::company] = shortened(p.company, most_text);
  if (!p.email.empty()) o[wire::email] = p.email;
  if (is_e164(p.phone)) o[wire::phones] = phones_of(p);
  return o;
}

json::object money_with_vat(std::int64_t minor, std::optional<int> vat) {
  json::object o;
  o[wire::value] = json::decimal(money{minor});
  if (vat && minor > 0) {
    o[wire::vat_rate] = *vat;
    o[wire::vat_sum] = json::decimal(money{proportion(minor, *vat, 100 + *vat)});
  }
  return o;
}

// CDEK makes a repeated key unique by adding 8 characters of its own; ours stay readable instead.
std::string unique_key(std::string wanted, std::set<std::string>& taken) {
  std::string key = shortened(wanted, most_key);
  for (int n = 2; !taken.insert(key).second; ++n) {
    const std::string suffix = "-" + std::to_string(n);
    key = shortened(wanted, most_key - suffix.size()) + suffix;
  }
  return key;
}

// Grams of one unit: as given, else an even share of the parcel, never 0.
std::int64_t unit_weight(const item& i, const parcel& p) {
  if (i.weight_g > 0) return i.weight_g;
  std::int64_t units = 0;
  for (const item& each : p.items) units += each.quantity;
  return std::max<std::int64_t>(1, p.weight_g / std::max<std::int64_t>(1, units));
}

result<json::array> items_of(const settings& how, const parcel& p) {
  json::array out;
  std::set<std::string> taken;
  for (std::size_t n = 0; n < p.items.size(); ++n) {
    const item& i = p.items[n];
    const auto vat = vat_for(how, i);
    if (!vat) return fail(vat.error());
    // One position carries at most 999 units; more become several positions of the same goods.
    for (std::int64_t left = i.quantity; left > 0; left -= wire::most_amount) {
      json::object o;
      o[wire::item_name] = shortened(i.name, most_text);
      o[wire::ware_key] = unique_key(i.sku.empty() ? "item-" + std::to_string(n + 1) : i.sku, taken);
      o[wire::payment] = money_with_vat(i.cash_on_delivery.minor, *vat);
      o[wire::cost] = json::decimal(money{i.price.minor});
      o[wire::weight] = unit_weight(i, p);
      o[wire::amount] = std::min(left, wire::most_amount);
      if (!i.marking.empty()) o[wire::marking] = i.marking;
      out.push_back(std::move(o));
    }
  }
  return out;
}

// Which end fields a mode asks for.
void put_ends(const settings& how, const shipment& s, const delivery_mode& mode, json::object& body) {
  if (mode.from != place::door && !how.shipment_point.empty()) {
    body[wire::shipment_point] = how.shipment_point;
  } else {
    json::object from;
    if (how.sender_city_code > 0) from[wire::code] = how.sender_city_code;
    from[wire::address] = how.sender_address;
    body[wire::from_location] = std::move(from);
  }
  if (mode.to == place::door) body[wire::to_location] = location_of(s.destination);
  else body[wire::delivery_point] = s.pickup_point;
}

} // namespace

std::int64_t centimetres(std::int64_t millimetres) { return millimetres <= 0 ? 0 : (millimetres + 9) / 10; }

std::string street_line(const address& a) {
  if (a.street.empty()) return a.raw;
  std::string line = a.street;
  if (!a.house.empty()) line += ", " + a.house;
  if (!a.flat.empty()) line += ", кв. " + a.flat;
  return line;
}

json::object location_of(const address& a) {
  json::object o;
  if (!a.postal_code.empty()) o[wire::postal_code] = a.postal_code;
  o[wire::country_code] = a.country_code.empty() ? "RU" : a.country_code;
  if (!a.region.empty()) o[wire::region] = a.region;
  if (!a.city.empty()) o[wire::city] = a.city;
  // CDEK trusts coordinates more than the postal code and the city, so they go only where neither is known.
  if (a.city.empty() && a.postal_code.empty() && a.latitude && a.longitude) {
    o[wire::longitude] = json::decimal(fmt::format("{:.6f}", *a.longitude));
    o[wire::latitude] = json::decimal(fmt::format("{:.6f}", *a.latitude));
  }
  o[wire::address] = street_line(a);
  return o;
}

result<std::optional<int>> vat_for(const settings& how, const item& i) {
  if (!i.vat_percent || i.cash_on_delivery.minor == 0) return std::optional<int>{}; // prepaid: no receipt at delivery
  switch (*i.vat_percent) {
  case 0:
  case 5:
  case 7:
  case 10:
  case 16:
  case 22: return i.vat_percent;
  default: break;
  }
  if (how.vat == unlisted_vat::omit) return std::optional<int>{};
  if (how.vat == unlisted_vat::send) return i.vat_percent;
  return fail(errc::bad_input,
              "goods paid at delivery have a VAT of " + std::to_string(*i.vat_percent) +
                  "%, which CDEK does not list (0, 5, 7, 10, 16, 22): correct the rate of the product",
              "cdek.vat_rate");
}

result<json::array> packages_of(const settings& how, const shipment& s) {
  json::array out;
  for (std::size_t n = 0; n < s.parcels.size(); ++n) {
    const parcel& p = s.parcels[n];
    json::object o;
    o[wire::number] = shortened(p.number.empty() ? s.reference + "-" + std::to_string(n + 1) : p.number, most_text);
    o[wire::weight] = p.weight_g;
    if (p.length_mm > 0) {
      o[wire::length] = centimetres(p.length_mm);
      o[wire::width] = centimetres(p.width_mm);
      o[wire::height] = centimetres(p.height_mm);
    }
    if (how.order_type == 1) {
      auto items = items_of(how, p);
      if (!items) return fail(items.error());
      o[wire::items] = std::move(*items);
    }
    out.push_back(std::move(o));
  }
  return out;
}

result<json::value> order_body(const settings& how, const shipment& s) {
  const auto t = tariff_for(how, s.service);
  if (!t) return fail(t.error());
  if (auto wrong = check_shipment(how, s, *t)) return fail(std::move(*wrong));
  auto packages = packages_of(how, s);
  if (!packages) return fail(packages.error());
  auto services = services_of(how, s, t->mode);
  if (!services) return fail(services.error());

  json::object body;
  body[wire::type] = how.order_type;
  if (how.order_type == 1) body[wire::number] = s.reference; // elsewhere the number guards nothing and is not taken
  body[wire::tariff_code] = t->code;
  if (const tariff* known = find_tariff(t->code); known != nullptr && known->additional_type != 0)
    body[wire::additional_order_types] = json::array{known->additional_type};
  if (const std::string& text = s.comment.empty() ? how.comment : s.comment; !text.empty())
    body[wire::comment] = shortened(text, most_text);
  put_ends(how, s, t->mode, body);
  if (s.delivery_fee.minor > 0) body[wire::delivery_recipient_cost] = money_with_vat(s.delivery_fee.minor, how.fee_vat);
  const party sender = sender_of(how.sender, s);
  if (!sender.name.empty() || !sender.company.empty()) body[wire::sender] = contact_of(sender);
  body[wire::recipient] = contact_of(s.recipient);
  if (wants_reverse(how, s)) body[wire::has_reverse_order] = true;
  if (!services->empty()) body[wire::services] = std::move(*services);
  body[wire::packages] = std::move(*packages);
  return body;
}

result<json::value> update_body(const settings& how, const std::string& uuid, const shipment& s,
                                const json::value& current) {
  auto whole = order_body(how, s);
  if (!whole) return fail(whole.error());
  json::object& body = whole->get_object();
  // Neither may change, and PATCH does not know them.
  body.erase(wire::number);
  body.erase(wire::additional_order_types);
  body.erase(wire::has_reverse_order);
  body[wire::uuid] = uuid;

  const json::value* old = json::at_path(current, "entity.packages");
  const json::array* known = old == nullptr ? nullptr : old->if_array();
  json::array& packages = body[wire::packages].get_array();
  for (std::size_t n = 0; known != nullptr && n < packages.size(); ++n) {
    json::object& p = packages[n].get_object();
    const std::string number = json::text_or(p, wire::number);
    for (const auto& each : *known)
      if (const auto* o = each.if_object(); o != nullptr && json::text_or(*o, wire::number) == number)
        if (auto id = json::text(*o, wire::package_id)) p[wire::package_id] = *id;
    // Renumbered packages are still the same ones, in the same order.
    if (!p.contains(wire::package_id) && known->size() == packages.size())
      if (const auto* o = (*known)[n].if_object())
        if (auto id = json::text(*o, wire::package_id)) p[wire::package_id] = *id;
  }
  return whole;
}

json::value print_body(const settings& how, const std::string& order_uuid, label_kind kind) {
  json::object body;
  body["orders"] = json::array{json::object{{wire::order_uuid, order_uuid}}};
  body["copy_count"] = kind == label_kind::waybill ? how.waybill_copies : how.barcode_copies;
  if (kind == label_kind::waybill) {
    body[wire::type] = "tpl_russia";
  } else {
    body["format"] = how.barcode_format;
    body["lang"] = "RUS";
  }
  return body;
}

} // namespace waybill::cdek
