// Bodies of the calculator and of courier calls.
#include "mapping.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <charconv>

namespace waybill::cdek {
namespace {

fault wrong(std::string_view key, std::string what) {
  return {errc::bad_input, std::move(what), {}, "cdek." + std::string(key)};
}

// "hh:mm" -> minutes of the day
std::optional<int> minutes_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return {};
  const char* const at = text.data();
  int h = -1, m = -1;
  const auto [he, hc] = std::from_chars(at, at + 2, h);
  const auto [me, mc] = std::from_chars(at + 3, at + 5, m);
  if (hc != std::errc{} || mc != std::errc{} || he != at + 2 || me != at + 5) return {};
  return h >= 0 && h < 24 && m >= 0 && m < 60 ? std::optional(h * 60 + m) : std::nullopt;
}

} // namespace

result<calculation> calculation_body(const settings& how, const shipment& s, std::int64_t from_city,
                                     std::int64_t to_city) {
  calculation out;
  delivery_mode mode{0, place::door, place::door};
  json::object body;
  body[wire::type] = how.order_type;
  if (!s.service.empty()) {
    const auto t = tariff_for(how, s.service);
    if (!t) return fail(t.error());
    out.one_tariff = true;
    mode = t->mode;
    body[wire::tariff_code] = t->code;
    if (const tariff* known = find_tariff(t->code); known != nullptr && known->additional_type != 0)
      body[wire::additional_order_types] = json::array{known->additional_type};
  }
  json::object from, to;
  if (from_city > 0) from[wire::code] = from_city;
  else
    return fail(wrong("sender_place", "the account does not say which city parcels start from: set sender.city_code"));
  if (to_city > 0) to[wire::code] = to_city;
  else to = location_of(s.destination);
  if (to_city == 0 && s.destination.city.empty() && s.destination.postal_code.empty() &&
      street_line(s.destination).empty())
    return fail(wrong("no_address", "a price needs the city or the address of the recipient"));
  if (to_city == 0 && street_line(s.destination).empty()) to.erase(wire::address);
  body[wire::from_location] = std::move(from);
  body[wire::to_location] = std::move(to);

  json::array packages;
  for (const parcel& p : s.parcels) {
    if (p.weight_g <= 0) return fail(wrong("no_weight", "a price needs the weight of every parcel"));
    json::object o;
    o[wire::weight] = p.weight_g;
    if (p.length_mm > 0 && p.width_mm > 0 && p.height_mm > 0) {
      o[wire::length] = centimetres(p.length_mm);
      o[wire::width] = centimetres(p.width_mm);
      o[wire::height] = centimetres(p.height_mm);
    }
    packages.push_back(std::move(o));
  }
  if (packages.empty()) return fail(wrong("no_packages", "the shipment has no parcels"));
  body[wire::packages] = std::move(packages);
  if (!out.one_tariff) { // the list of tariffs takes no services
    out.body = std::move(body);
    return out;
  }
  auto services = services_of(how, s, mode);
  if (!services) return fail(services.error());
  // Unlike in an order, the calculator adds no insurance of its own.
  if (how.order_type == 1 && s.declared_value.minor > 0) {
    json::object insurance;
    insurance[wire::code] = "INSURANCE";
    insurance[wire::parameter] = to_decimal(s.declared_value);
    services->push_back(std::move(insurance));
  }
  if (!services->empty()) body[wire::services] = std::move(*services);
  out.body = std::move(body);
  return out;
}

result<json::value> intake_body(const settings& how, const courier_request& r, instant today) {
  const auto day = parse_instant(r.date);
  const auto from = minutes_of(r.time_from), to = minutes_of(r.time_to);
  if (!day || r.date.size() != 10) return fail(wrong("intake_date", "the courier's day is not a date (YYYY-MM-DD)"));
  // A day's tolerance, because the sender's local day may differ from ours.
  const auto ahead = *day - today;
  if (ahead < -std::chrono::hours(48) || ahead > std::chrono::days(32))
    return fail(wrong("intake_date", "a courier can be called for today and up to 31 days ahead"));
  if (!from || !to || *from < 9 * 60 || *to > 22 * 60 || *to - *from < 3 * 60)
    return fail(wrong("intake_time", "the courier needs at least three hours between 09:00 and 22:00"));
  json::object body;
  body["intake_date"] = r.date;
  body["intake_time_from"] = r.time_from;
  body["intake_time_to"] = r.time_to;
  if (!r.comment.empty()) body[wire::comment] = shortened(r.comment, 255);
  if (!r.order_id.empty()) { // cargo and address come from the order
    body[wire::order_uuid] = r.order_id;
    return body;
  }
  if (how.sender_city_code == 0 || how.sender_address.empty())
    return fail(
        wrong("sender_place", "a courier needs an address to come to: set sender.city_code and sender.address"));
  if (!is_e164(how.sender.phone) || (how.sender.name.empty() && how.sender.company.empty()))
    return fail(wrong("sender_name", "a courier needs the sender's name and phone: set them in [carriers.sender]"));
  if (r.weight_g <= 0) return fail(wrong("no_weight", "a courier needs to know the weight"));
  body["name"] = r.description.empty() ? "Посылки" : shortened(r.description, 255);
  body[wire::weight] = r.weight_g;
  body[wire::length] = how.intake_length_cm;
  body[wire::width] = how.intake_width_cm;
  body[wire::height] = how.intake_height_cm;
  json::object sender, phone, from_location;
  phone[wire::number] = how.sender.phone;
  if (!how.sender.phone_extension.empty()) phone[wire::additional] = how.sender.phone_extension;
  sender[wire::person] = how.sender.name.empty() ? how.sender.company : how.sender.name;
  if (!how.sender.company.empty()) sender[wire::company] = how.sender.company;
  sender[wire::phones] = json::array{std::move(phone)};
  from_location[wire::code] = how.sender_city_code;
  from_location[wire::address] = how.sender_address;
  body[wire::sender] = std::move(sender);
  body[wire::from_location] = std::move(from_location);
  return body;
}

} // namespace waybill::cdek
