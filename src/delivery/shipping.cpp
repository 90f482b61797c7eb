#include <delivery/shipping.hpp>
#include <mapping/goods.hpp>
#include <mapping/text.hpp>
#include <waybill/log.hpp>

#include <algorithm>
#include <iterator>

namespace waybill::delivery {
namespace {

using mapping::destination_kind;

const sale::shipment_property* find(const std::vector<sale::shipment_property>& all, std::int64_t id) {
  const auto it = std::ranges::find(all, id, &sale::shipment_property::id);
  return it == all.end() ? nullptr : &*it;
}

bool is_filled(const asked_property& p) { return p.is_address ? !p.address.empty() : !p.text.empty(); }

// The property that says "to". When none does (a portal with an address property of its own making), the only address
// that is not a "from".
address destination_of(const asked& a, const std::vector<sale::shipment_property>& properties) {
  const asked_property *marked = nullptr, *other = nullptr;
  int others = 0;
  for (const auto& p : a.properties) {
    if (!p.is_address || p.address.empty()) continue;
    const auto* known = find(properties, p.id);
    if (known != nullptr && known->address_from) continue;
    if (known != nullptr && known->address_to) {
      if (marked == nullptr) marked = &p;
    } else {
      other = &p;
      ++others;
    }
  }
  if (marked == nullptr && others == 1) marked = other;
  return marked == nullptr ? address{} : to_address(marked->address);
}

std::string point_of(const asked& a, const std::vector<sale::shipment_property>& properties) {
  for (const auto& p : a.properties) {
    const auto* known = find(properties, p.id);
    if (!p.is_address && known != nullptr && known->code == point_property && !p.text.empty())
      return mapping::cut(p.text, 50);
  }
  return {};
}

// What the basket does not say of its weight, but the shipment as a whole does: even shares for the items without one.
std::int64_t weight_of_unweighed(const asked& a) {
  std::int64_t known = 0, unknown_units = 0;
  for (const auto& i : a.items) {
    const auto units = std::strtoll(i.quantity.c_str(), nullptr, 10);
    const bool fractional =
        i.quantity.contains('.') && i.quantity.find_first_not_of("0", i.quantity.find('.') + 1) != std::string::npos;
    if (units <= 0 || units > 1'000'000 || fractional) return 0;
    if (i.weight_g > 0) known += i.weight_g * units;
    else unknown_units += units;
  }
  if (unknown_units == 0 || a.weight_g <= known) return 0;
  return (a.weight_g - known + unknown_units - 1) / unknown_units;
}

// The items as rows of a deal with a catalogue beside them: what is assumed when a weight or a size is missing, what is
// no goods at all and how pieces are counted is the mapping's business, once for both ways into the product.
mapping::goods goods_of(const asked& a, const config::portal& portal) {
  bitrix24::deal_bundle bundle;
  const auto share = weight_of_unweighed(a);
  std::int64_t number = 0;
  for (const auto& i : a.items) {
    bitrix24::product_row row;
    row.product = ++number;
    row.name = i.name;
    row.price = {i.price, a.price.currency};
    row.quantity = i.quantity;
    bundle.rows.push_back(std::move(row));
    bitrix24::catalog_product product;
    product.id = number;
    product.weight_g = i.weight_g > 0 ? i.weight_g : share;
    product.length_mm = i.length_mm;
    product.width_mm = i.width_mm;
    product.height_mm = i.height_mm;
    bundle.products.emplace(number, std::move(product));
  }
  auto goods = mapping::goods_of(bundle, portal);
  // Our numbers are no articles of the shop.
  for (auto& g : goods.all) g.what.sku.clear();
  return goods;
}

void read_recipient(const asked& a, shipping& out) {
  out.what.recipient.name = a.recipient.name;
  if (a.recipient.name.empty()) out.obstacles.push_back({"missing_name", {}});
  for (const std::string& typed : a.recipient.phones) {
    auto found = mapping::normalize_phone(typed);
    if (!found) continue;
    out.what.recipient.phone = std::move(found->e164);
    out.what.recipient.phone_extension = std::move(found->extension);
    return;
  }
  if (a.recipient.phones.empty()) out.obstacles.push_back({"missing_phone", {}});
  else out.obstacles.push_back({"bad_phone", {{"phone", log::masked(a.recipient.phones.front())}}});
}

void read_place(const asked& a, const std::vector<sale::shipment_property>& properties, shipping& out) {
  out.what.destination = destination_of(a, properties);
  out.what.pickup_point = point_of(a, properties);
  const auto kind = mapping::kind_of(a.delivery_type);
  if (kind == destination_kind::door && !out.what.pickup_point.empty()) {
    // A point that was chosen before the service was changed.
    out.remarks.push_back({"pickup_point_ignored", {{"point", out.what.pickup_point}}});
    out.what.pickup_point.clear();
  }
  if (!out.what.pickup_point.empty()) return;
  if (kind == destination_kind::point) out.obstacles.push_back({"missing_pickup_point", {}});
  else if (out.what.destination.raw.empty()) out.obstacles.push_back({"missing_address", {}});
}

void read_options(const asked& a, shipping& out) {
  for (const auto& o : a.options) {
    const auto it = std::ranges::find(out.what.options, o.code, &std::pair<std::string, std::string>::first);
    // A ticked box says nothing but "yes"; what the carrier wants to know besides, its adapter fills in.
    if (it == out.what.options.end()) out.what.options.emplace_back(o.code, o.value == "Y" ? std::string{} : o.value);
  }
}

template <class T> void add_missing(std::vector<T>& all, std::vector<T> more) {
  for (auto& one : more)
    if (!std::ranges::any_of(all, [&](const T& have) { return have.key == one.key && have.values == one.values; }))
      all.push_back(std::move(one));
}

bool same_place(const asked& a, const asked& b, const std::vector<sale::shipment_property>& properties) {
  return a.service == b.service && a.delivery_type == b.delivery_type && a.price.currency == b.price.currency &&
         point_of(a, properties) == point_of(b, properties) &&
         destination_of(a, properties).raw == destination_of(b, properties).raw;
}

} // namespace

bool has_unknown_property(const asked& a, const std::vector<sale::shipment_property>& known) {
  return std::ranges::any_of(a.properties,
                             [&](const asked_property& p) { return is_filled(p) && find(known, p.id) == nullptr; });
}

shipping to_shipment(const std::vector<asked>& all, const std::vector<sale::shipment_property>& properties,
                     const config::portal& portal) {
  shipping out;
  if (all.empty()) {
    out.obstacles.push_back({"missing_rows", {}});
    return out;
  }
  const asked& first = all.front();
  out.what.service = first.delivery_type;
  out.what.declared_value.currency = out.what.cash_on_delivery.currency = out.what.delivery_fee.currency =
      first.price.currency;
  if (!std::ranges::all_of(all, [&](const asked& a) { return same_place(first, a, properties); }))
    out.obstacles.push_back({"mixed_shipments", {}});
  read_recipient(first, out);
  read_place(first, properties, out);
  for (const asked& a : all) {
    read_options(a, out);
    auto goods = goods_of(a, portal);
    for (auto& g : goods.all) g.what.cash_on_delivery.currency = g.what.price.currency;
    out.what.declared_value.minor += mapping::value_of(goods.all);
    auto parcels = mapping::pack(goods.all, 1);
    for (auto& p : parcels) {
      p.number = std::to_string(out.what.parcels.size() + 1);
      out.what.parcels.push_back(std::move(p));
    }
    add_missing(out.remarks, std::move(goods.remarks));
    add_missing(out.obstacles, std::move(goods.obstacles));
  }
  return out;
}

} // namespace waybill::delivery
