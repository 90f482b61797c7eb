// What CDEK would surely refuse, said at once and in words for the manager; additional services.
#include "mapping.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace waybill::cdek {
namespace {

constexpr std::int64_t locker_most_g = 15'000, needs_size_from_g = 100, integers_to = 1'000'000;
constexpr std::int64_t fee_most = 50'000'000LL * 100;
constexpr std::size_t most_packages = 255, most_positions = 126;

fault wrong(std::string_view key, std::string what) {
  return {errc::bad_input, std::move(what), {}, "cdek." + std::string(key)};
}

std::string nth(std::size_t index) { return "parcel " + std::to_string(index + 1); }

std::optional<fault> check_parcel(const settings& how, const parcel& p, std::size_t index) {
  if (p.weight_g <= 0) return wrong("no_weight", nth(index) + " has no weight");
  if (p.weight_g > integers_to) return wrong("too_heavy", nth(index) + " is heavier than a ton");
  const int sides = (p.length_mm > 0) + (p.width_mm > 0) + (p.height_mm > 0);
  if (sides != 3 && (sides != 0 || p.weight_g >= needs_size_from_g))
    return wrong("no_dimensions", nth(index) + " lacks length, width or height");
  if (std::max({p.length_mm, p.width_mm, p.height_mm}) > integers_to)
    return wrong("no_dimensions", nth(index) + " is too long");
  if (how.order_type != 1) return {};
  if (p.items.empty()) return wrong("no_items", nth(index) + " has no goods: orders of an online shop list them");
  for (const item& i : p.items) {
    if (i.name.empty()) return wrong("item_name", "goods in " + nth(index) + " have no name");
    if (i.quantity < 1 || i.quantity > integers_to)
      return wrong("item_amount", "the quantity of goods in " + nth(index) + " is not a positive number");
    if (!i.marking.empty() && i.quantity != 1)
      return wrong("marking_amount", "goods with a marking code must stand one by one, each with its own code");
    if (i.price.minor < 0 || i.cash_on_delivery.minor < 0)
      return wrong("negative_price", "goods in " + nth(index) + " have a negative price");
    if (i.weight_g < 0 || i.weight_g > integers_to)
      return wrong("no_weight", "goods in " + nth(index) + " have an impossible weight");
  }
  return {};
}

std::optional<fault> check_parcels(const settings& how, const shipment& s) {
  if (s.parcels.empty()) return wrong("no_packages", "the shipment has no parcels");
  if (s.parcels.size() > most_packages)
    return wrong("too_many_packages", "CDEK takes at most 255 parcels in one order");
  std::set<std::string> numbers;
  std::int64_t positions = 0;
  for (std::size_t n = 0; n < s.parcels.size(); ++n) {
    if (auto f = check_parcel(how, s.parcels[n], n)) return f;
    if (!s.parcels[n].number.empty() && !numbers.insert(s.parcels[n].number).second)
      return wrong("package_number", "two parcels carry the same number");
    for (const item& i : s.parcels[n].items) positions += (i.quantity + 998) / 999;
  }
  if (how.order_type == 1 && positions > static_cast<std::int64_t>(most_positions))
    return wrong("too_many_items", "CDEK takes at most 126 positions of goods in one order");
  return {};
}

std::optional<fault> check_money(const settings& how, const shipment& s) {
  std::int64_t units_sum = s.delivery_fee.minor, units = 0;
  for (const parcel& p : s.parcels)
    for (const item& i : p.items) {
      units_sum += i.cash_on_delivery.minor * i.quantity;
      units += i.quantity;
    }
  if (s.delivery_fee.minor < 0 || s.delivery_fee.minor > fee_most)
    return wrong("fee_range", "the delivery fee is out of range");
  if (how.order_type != 1 && (units_sum > 0 || s.cash_on_delivery.minor > 0))
    return wrong("cod_order_type", "cash on delivery needs orders of type 1 (the contract of an online shop)");
  // CDEK collects what stands at the goods and the fee. A kopeck a unit is rounding, more would be a wrong sum.
  if (s.cash_on_delivery.minor > 0 && std::llabs(s.cash_on_delivery.minor - units_sum) > units + 100)
    return wrong("cod_mismatch", "the cash on delivery of the goods and the fee do not add up to the shipment's " +
                                     to_decimal(s.cash_on_delivery));
  return {};
}

std::optional<fault> check_locker(const shipment& s) {
  if (s.parcels.size() != 1) return wrong("locker_one_package", "a parcel locker takes exactly one parcel");
  const parcel& p = s.parcels.front();
  if (p.weight_g > locker_most_g) return wrong("locker_too_heavy", "a parcel locker takes at most 15 kg");
  if (p.length_mm <= 0 || p.width_mm <= 0 || p.height_mm <= 0)
    return wrong("locker_no_dimensions", "a parcel locker needs the parcel's length, width and height");
  return {};
}

struct service_row {
  std::string_view code;
  bool needs_parameter;
  bool shop_only; // order type 1
  bool not_locker;
};
constexpr service_row service_table[]{
    {"INSURANCE", true, false, false},
    {"TAKE_SENDER", false, false, false},
    {"DELIV_RECEIVER", false, false, false},
    {"TRYING_ON", false, true, true},
    {"PART_DELIV", false, true, true},
    {"DANGER_CARGO", false, false, false},
    {"SMS", true, false, false},
    {"BAN_ATTACHMENT_INSPECTION", false, false, false},
    {"THERMAL_MODE", false, false, false},
    {"GET_UP_FLOOR_BY_HAND", true, false, false},
    {"GET_UP_FLOOR_BY_ELEVATOR", true, false, false},
    {"ADULT_GOODS", false, false, false},
    {"PHOTO_OF_DOCUMENTS", false, false, false},
    {"NOTIFY_ORDER_CREATED", false, false, false},
    {"NOTIFY_ORDER_DELIVERY", false, false, false},
    {"BUBBLE_WRAP", true, false, false},
    {"WASTE_PAPER", true, false, false},
};

const service_row* find_service(std::string_view code) {
  for (const service_row& r : service_table)
    if (r.code == code) return &r;
  return nullptr;
}

// The account's services, then the shipment's, which replace those of the same code.
std::vector<std::pair<std::string, std::string>> merged(const settings& how, const shipment& s) {
  auto all = how.options;
  for (const auto& option : s.options) {
    std::erase_if(all, [&](const auto& each) { return each.first == option.first; });
    all.push_back(option);
  }
  return all;
}

bool is_reverse(std::string_view code) { return code == "REVERSE" || lower_ascii(code) == wire::has_reverse_order; }

} // namespace

result<chosen_tariff> tariff_for(const settings& how, const std::string& service) {
  const auto it = how.services.find(service);
  const std::string& text = it == how.services.end() ? service : it->second;
  const auto code = tariff_number(text);
  if (!code)
    return fail(
        wrong("no_tariff", "no CDEK tariff is configured for this delivery type: add it to [carriers.services]"));
  const auto mode = mode_of_tariff(how, *code);
  if (!mode)
    return fail(wrong("unknown_tariff_mode", "the delivery mode of tariff " + std::to_string(*code) +
                                                 " is not known: name it in tariff_modes"));
  return chosen_tariff{*code, *mode};
}

bool wants_reverse(const settings& how, const shipment& s) {
  return std::ranges::any_of(merged(how, s), [](const auto& o) { return is_reverse(o.first); });
}

result<json::array> services_of(const settings& how, const shipment& s, const delivery_mode& mode) {
  json::array out;
  std::set<std::string> codes;
  for (const auto& [code, given] : merged(how, s)) {
    std::string parameter = given;
    if (is_reverse(code)) continue;                           // a field of the order since 2025
    if (code == "INSURANCE" && how.order_type == 1) continue; // CDEK insures by items.cost itself
    const service_row* row = find_service(code);
    if (row == nullptr && !code.starts_with("CARTON_BOX_"))
      return fail(wrong("unknown_service", "CDEK has no additional service '" + clean_code(code) + "'"));
    if (row != nullptr && row->shop_only && how.order_type != 1)
      return fail(wrong("service_order_type", "the service " + code + " needs orders of type 1"));
    if (row != nullptr && row->not_locker && mode.to == place::locker)
      return fail(wrong("locker_service", "the service " + code + " is not possible at a parcel locker"));
    if (code == "SMS" && parameter.empty()) parameter = s.recipient.phone;
    if (code == "INSURANCE" && parameter.empty()) parameter = to_decimal(s.declared_value);
    if ((row == nullptr || row->needs_parameter) && parameter.empty())
      return fail(wrong("service_parameter", "the service " + code + " needs a parameter"));
    json::object o;
    o[wire::code] = code;
    if (!parameter.empty()) o[wire::parameter] = parameter; // always text, also numbers
    if (codes.insert(code).second) out.push_back(std::move(o));
  }
  // Type 2 carries no goods, so the declared value travels as this service; without it CDEK insures one rouble.
  if (how.order_type == 2 && !codes.contains("INSURANCE") && s.declared_value.minor > 0) {
    json::object o;
    o[wire::code] = "INSURANCE";
    o[wire::parameter] = to_decimal(s.declared_value);
    out.push_back(std::move(o));
  }
  const bool inspected = codes.contains("TRYING_ON") || codes.contains("PART_DELIV");
  if (inspected && codes.contains("BAN_ATTACHMENT_INSPECTION"))
    return fail(wrong("service_conflict", "trying on and partial delivery exclude the ban on inspection"));
  if (codes.contains("GET_UP_FLOOR_BY_HAND") && codes.contains("GET_UP_FLOOR_BY_ELEVATOR"))
    return fail(wrong("service_conflict", "choose one way of lifting to the floor, by hand or by elevator"));
  return out;
}

std::optional<fault> check_shipment(const settings& how, const shipment& s, const chosen_tariff& t) {
  if (auto lack = check_recipient(s, "cdek")) return lack;
  if (t.mode.to == place::door) {
    const std::string line = street_line(s.destination);
    if (line.empty()) return wrong("no_address", "delivery to the door needs an address");
    if (characters(line) > 255) return wrong("address_too_long", "the delivery address is longer than 255 characters");
  } else if (s.pickup_point.empty()) {
    return wrong("no_point", "this delivery type goes to a pickup point, and none is chosen");
  }
  const bool from_address = !how.sender_address.empty() && how.sender_city_code > 0;
  if (t.mode.from == place::door ? !from_address : how.shipment_point.empty() && !from_address)
    return wrong("sender_place", "the account does not say where tariff " + std::to_string(t.code) +
                                     " starts: set the sender's " +
                                     (t.mode.from == place::door ? "city_code and address" : "shipment_point"));
  if (how.order_type == 2 && how.sender.name.empty() && how.sender.company.empty() && s.sender.name.empty() &&
      s.sender.company.empty())
    return wrong("sender_name", "orders of type 2 need the sender's name");
  if (auto f = check_parcels(how, s)) return f;
  const tariff* known = find_tariff(t.code);
  if (known != nullptr && (known->order_types & how.order_type) == 0)
    return wrong("tariff_order_type", "tariff " + std::to_string(t.code) + " does not go with orders of type " +
                                          std::to_string(how.order_type));
  for (const parcel& p : s.parcels)
    if (known != nullptr && known->max_kg > 0 && p.weight_g > known->max_kg * 1000)
      return wrong("too_heavy", "tariff " + std::to_string(t.code) + " takes parcels up to " +
                                    std::to_string(known->max_kg) + " kg");
  if (t.mode.to == place::locker)
    if (auto f = check_locker(s)) return f;
  return check_money(how, s);
}

} // namespace waybill::cdek
