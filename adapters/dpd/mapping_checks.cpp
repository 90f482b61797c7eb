// What DPD would surely refuse, said at once and in words for the manager.
#include "mapping.hpp"
#include "options.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <set>

namespace waybill::dpd {
namespace {

constexpr std::int64_t heaviest_g = 1'000'000, longest_mm = 10'000, most_units = 100'000;
constexpr std::size_t most_parcels = 200, most_lines = 500;

fault wrong(std::string_view key, std::string what) {
  return {errc::bad_input, std::move(what), {}, "dpd." + std::string(key)};
}

std::string nth(std::size_t index) { return "parcel " + std::to_string(index + 1); }

std::optional<fault> check_parcels(const shipment& s) {
  if (s.parcels.empty()) return wrong("no_parcels", "there is no parcel to be ordered");
  if (s.parcels.size() > most_parcels) return wrong("too_many_parcels", "an order takes at most 200 parcels");
  std::set<std::string> numbers;
  for (std::size_t n = 0; n < s.parcels.size(); ++n) {
    const parcel& p = s.parcels[n];
    if (p.weight_g <= 0) return wrong("no_weight", nth(n) + " has no weight");
    if (p.weight_g > heaviest_g) return wrong("too_heavy", nth(n) + " is heavier than 1000 kg");
    if (p.length_mm < 0 || p.width_mm < 0 || p.height_mm < 0 ||
        std::max({p.length_mm, p.width_mm, p.height_mm}) > longest_mm)
      return wrong("size", nth(n) + " has a size that cannot be");
    const bool some = p.length_mm > 0 || p.width_mm > 0 || p.height_mm > 0;
    if (some && std::min({p.length_mm, p.width_mm, p.height_mm}) == 0)
      return wrong("size", nth(n) + " lacks one of its sizes: give all three or none");
    if (characters(p.number) > 50)
      return wrong("parcel_number", "the number of " + nth(n) + " is longer than 50 characters");
    if (!p.number.empty() && !numbers.insert(p.number).second)
      return wrong("parcel_number", "the number of " + nth(n) + " is used twice");
  }
  return {};
}

std::optional<fault> check_money(const settings& how, const shipment& s) {
  for (const money* m : {&s.declared_value, &s.cash_on_delivery, &s.delivery_fee}) {
    if (m->minor < 0) return wrong("amount", "an amount is below zero");
    if (m->minor > 0 && m->currency != how.currency)
      return wrong("currency", "the deal is in " + clean_code(m->currency) + ", and this DPD account works in " +
                                   how.currency + ": choose the account of that country");
  }
  std::int64_t sum = 0;
  std::size_t lines = 0;
  for (const parcel& p : s.parcels)
    for (const item& i : p.items) {
      ++lines;
      if (i.quantity <= 0 || i.quantity > most_units)
        return wrong("item_amount", "an item's amount is not 1 to 100000");
      if (i.price.minor < 0 || i.cash_on_delivery.minor < 0) return wrong("amount", "an item's price is below zero");
      if (i.vat_percent && (*i.vat_percent < 0 || *i.vat_percent > 99))
        return wrong("vat_rate", "an item's VAT rate is not 0 to 99");
      if (!i.marking.empty() && i.quantity != 1)
        return wrong("marking_amount", "a marked item must stand alone: one line for each code");
      if (i.cash_on_delivery.minor > 100'000'000'000 / i.quantity)
        return wrong("amount", "an item's price is too large");
      sum += i.cash_on_delivery.minor * i.quantity;
    }
  if (lines > most_lines) return wrong("too_many_items", "an order takes at most 500 lines of goods");
  if (s.cash_on_delivery.minor == 0) {
    if (sum > 0 || s.delivery_fee.minor > 0)
      return wrong("cod_mismatch", "the items are to be paid, and the order is not");
    return {};
  }
  if (sum + s.delivery_fee.minor != s.cash_on_delivery.minor)
    return wrong("cod_mismatch", "the amounts of the items and of the delivery do not add up to the cash on delivery");
  for (const parcel& p : s.parcels)
    for (const item& i : p.items)
      if (i.name.empty()) return wrong("item_name", "an item that is paid at delivery has no name for the receipt");
  return {};
}

std::optional<fault> check_door(const shipment& s) {
  const address& a = s.destination;
  if (a.city.empty() && a.raw.empty()) return wrong("no_address", "delivery to the door needs an address");
  if (a.street.empty()) {
    if (a.raw.empty()) return wrong("no_address", "delivery to the door needs a street and a house");
    if (characters(a.raw) > 250) return wrong("address_too_long", "the delivery address is longer than 250 characters");
    return {};
  }
  if (a.city.empty()) return wrong("no_city", "the delivery address has no city that DPD could be told");
  const auto [abbr, street] = split_street(a.street);
  const house_parts h = split_house(a.house);
  const struct {
    std::string_view what;
    const std::string& text;
    std::size_t most;
  } limits[] = {{"street", street, 50},       {"house", h.house, 10},     {"building", h.korpus, 10},
                {"building", h.building, 10}, {"building", h.estate, 10}, {"flat", a.flat, 10}};
  for (const auto& [what, text, most] : limits)
    if (characters(text) > most)
      return wrong("address_too_long", "the " + std::string(what) + " of the delivery address is longer than " +
                                           std::to_string(most) + " characters: shorten it in the deal");
  return {};
}

} // namespace

std::optional<fault> check_shipment(const settings& how, const shipment& s, const chosen_service& way) {
  if (auto lack = check_recipient(s, "dpd")) return lack;
  if (country_name(s.destination.country_code).empty())
    return wrong("country", "DPD does not deliver to " + clean_code(s.destination.country_code));
  if (way.from == end::point && how.place.terminal_code.empty())
    return wrong("sender_place", "the tariff starts at a point: set sender.terminal_code of the account");
  if (way.from == end::door && (how.place.city.empty() || how.place.street.empty()))
    return wrong("sender_place", "the tariff starts at the door: set sender.city, sender.street and sender.house");
  if (way.to == end::point) {
    if (s.pickup_point.empty())
      return wrong("no_point", "this delivery type goes to a pickup point, and none is chosen");
    if (has_cyrillic(s.pickup_point) || s.pickup_point.size() > 10)
      return wrong("point_code", "the code of the pickup point is none of DPD's: choose it anew from the list");
  } else if (auto f = check_door(s)) {
    return f;
  }
  if (auto f = check_parcels(s)) return f;
  return check_money(how, s);
}

} // namespace waybill::dpd
