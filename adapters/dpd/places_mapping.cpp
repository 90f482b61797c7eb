// DPD's points and cities into ours, ours into the cache and back, and what fits where.
#include "places.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::dpd {
namespace {

std::string line_of(const soap::node& a) {
  std::string line;
  const auto add = [&](std::string_view before, std::string_view name) {
    if (const auto text = soap::text(a, name)) line += (line.empty() ? "" : ", ") + std::string(before) + *text;
  };
  if (const auto street = soap::text(a, "street"))
    line = soap::text_or(a, "streetAbbr") + (soap::text(a, "streetAbbr") ? " " : "") + *street;
  add("", "houseNo");
  add("корп. ", "building");
  add("стр. ", "structure");
  add("влад. ", "ownership");
  return line;
}

bool is_open(const soap::node& p) {
  const std::string state = lower_ascii(soap::text_or(p, "state", "open"));
  return state == "open";
}

std::int64_t number_of(std::string_view text) {
  std::int64_t n = 0;
  const auto [to, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  return ec == std::errc{} && to == text.data() + text.size() ? n : 0;
}

std::string plain(std::string_view name) {
  std::string lower = lower_text(name);
  for (const std::string_view prefix : {"г. ", "г.", "г ", "город "})
    if (lower.starts_with(prefix)) return lower.substr(prefix.size());
  return lower;
}

fault too_big(std::string what) { return {errc::address, std::move(what), {}, "dpd.point_limits"}; }

std::string kilograms(std::int64_t g) { return soap::decimal(g, 3) + " kg"; }

} // namespace

std::optional<place> read_place(const soap::node& p) {
  place out;
  pickup_point& point = out.point;
  point.code = clean_code(soap::text_or(p, "code", soap::text_or(p, "terminalCode")));
  if (point.code.empty() || !is_open(p)) return {};
  const std::string type = soap::text_or(p, "parcelShopType");
  point.kind = type == "П" ? "locker" : "office";
  const soap::node a = p.child("address");
  point.name = harmless(soap::text_or(p, "terminalName", soap::text_or(p, "brand", point.code)), 120);
  out.city_id = soap::integer(a, "cityId").value_or(0);
  out.city_code = clean_code(soap::text_or(a, "cityCode"));
  point.location.country_code = clean_code(soap::text_or(a, "countryCode", "RU"));
  point.location.region = soap::text_or(a, "regionName");
  point.location.city = soap::text_or(a, "cityName");
  point.location.postal_code = clean_code(soap::text_or(a, "index"));
  point.location.raw = shortened(line_of(a), 250);
  point.note = shortened(soap::text_or(a, "descript"), 250);
  const soap::node where = p.child("geoCoordinates");
  point.location.latitude = soap::real(where, "latitude");
  point.location.longitude = soap::real(where, "longitude");
  const soap::node l = p.child("limits");
  out.heaviest_parcel_g = soap::grams(l, "maxWeight").value_or(0);
  out.heaviest_shipment_g = soap::grams(l, "maxShipmentWeight").value_or(0);
  out.length_mm = soap::millimetres(l, "maxLength").value_or(0);
  out.width_mm = soap::millimetres(l, "maxWidth").value_or(0);
  out.height_mm = soap::millimetres(l, "maxHeight").value_or(0);
  out.sides_sum_mm = soap::millimetres(l, "dimensionSum").value_or(0);
  point.max_weight_g = out.heaviest_shipment_g > 0 ? out.heaviest_shipment_g : out.heaviest_parcel_g;
  point.hands_out = point.takes_in = false;
  for (const soap::node& s : p.children("schedule")) {
    const std::string operation = soap::text_or(s, "operation");
    if (operation == "SelfPickup") point.takes_in = true;
    if (operation == "SelfDelivery") point.hands_out = true;
    if (operation == "Payment") point.cash = true;
    if (operation == "PaymentByBankCard") point.card = true;
    if (operation != "SelfDelivery" && !(operation == "SelfPickup" && point.work_time.empty())) continue;
    std::string hours;
    for (const soap::node& t : s.children("timetable"))
      hours += (hours.empty() ? "" : "; ") + soap::text_or(t, "weekDays") + " " + soap::text_or(t, "workTime");
    point.work_time = shortened(hours, 200);
  }
  for (const soap::node& s : p.children("extraService")) {
    if (soap::text_or(s, "esCode") != "НПП") continue;
    out.cash_offered = true;
    for (const soap::node& param : s.children("params"))
      if (soap::text_or(param, "name") == "sum_npp") out.most_cash = soap::minor(param, "value").value_or(-1);
  }
  point.cash_on_delivery = out.cash_offered && (point.cash || point.card);
  for (const soap::node& code : p.child("services").children("serviceCode"))
    out.services.push_back(clean_code(code.value()));
  return out;
}

std::optional<city> read_city(const soap::node& row) {
  city c;
  c.id = soap::integer(row, "cityId").value_or(0);
  c.country = clean_code(soap::text_or(row, "countryCode"));
  c.region = soap::text_or(row, "regionName");
  c.name = soap::text_or(row, "cityName");
  c.first_index = number_of(soap::text_or(row, "indexMin"));
  c.last_index = number_of(soap::text_or(row, "indexMax"));
  if (c.id <= 0 || c.name.empty()) return {};
  return c;
}

json::value stored(const place& p) {
  const pickup_point& o = p.point;
  json::array services;
  for (const std::string& s : p.services) services.emplace_back(s);
  json::object v{{"c", o.code},
                 {"n", o.name},
                 {"k", o.kind},
                 {"cc", o.location.country_code},
                 {"r", o.location.region},
                 {"t", o.location.city},
                 {"z", o.location.postal_code},
                 {"a", o.location.raw},
                 {"w", o.work_time},
                 {"d", o.note},
                 {"i", p.city_id},
                 {"ic", p.city_code},
                 {"f", (o.cash ? 1 : 0) + (o.card ? 2 : 0) + (o.hands_out ? 4 : 0) + (o.takes_in ? 8 : 0) +
                           (p.cash_offered ? 16 : 0)},
                 {"s", std::move(services)}};
  // Most points have most of the limits; those without one save their room.
  const auto number = [&](std::string_view key, std::int64_t n, std::int64_t none) {
    if (n != none) v[key] = n;
  };
  number("pw", p.heaviest_parcel_g, 0), number("sw", p.heaviest_shipment_g, 0), number("l", p.length_mm, 0);
  number("b", p.width_mm, 0), number("h", p.height_mm, 0), number("su", p.sides_sum_mm, 0),
      number("m", p.most_cash, -1);
  if (o.location.latitude && o.location.longitude) {
    v["y"] = static_cast<std::int64_t>(*o.location.latitude * 1e6);
    v["x"] = static_cast<std::int64_t>(*o.location.longitude * 1e6);
  }
  return v;
}

std::optional<place> restored_place(const json::value& value) {
  const auto* v = value.if_object();
  if (v == nullptr) return {};
  place p;
  pickup_point& o = p.point;
  o.code = json::text_or(*v, "c"), o.name = json::text_or(*v, "n"), o.kind = json::text_or(*v, "k");
  o.location.country_code = json::text_or(*v, "cc"), o.location.region = json::text_or(*v, "r");
  o.location.city = json::text_or(*v, "t"), o.location.postal_code = json::text_or(*v, "z");
  o.location.raw = json::text_or(*v, "a"), o.work_time = json::text_or(*v, "w"), o.note = json::text_or(*v, "d");
  p.city_id = json::integer_or(*v, "i"), p.city_code = json::text_or(*v, "ic");
  const auto flags = json::integer_or(*v, "f");
  o.cash = (flags & 1) != 0, o.card = (flags & 2) != 0, o.hands_out = (flags & 4) != 0, o.takes_in = (flags & 8) != 0;
  p.cash_offered = (flags & 16) != 0;
  o.cash_on_delivery = p.cash_offered && (o.cash || o.card);
  p.heaviest_parcel_g = json::integer_or(*v, "pw"), p.heaviest_shipment_g = json::integer_or(*v, "sw");
  o.max_weight_g = p.heaviest_shipment_g > 0 ? p.heaviest_shipment_g : p.heaviest_parcel_g;
  p.length_mm = json::integer_or(*v, "l"), p.width_mm = json::integer_or(*v, "b");
  p.height_mm = json::integer_or(*v, "h"), p.sides_sum_mm = json::integer_or(*v, "su");
  p.most_cash = json::integer_or(*v, "m", -1);
  if (const auto y = json::integer(*v, "y"), x = json::integer(*v, "x"); y && x) {
    o.location.latitude = static_cast<double>(*y) / 1e6;
    o.location.longitude = static_cast<double>(*x) / 1e6;
  }
  if (const auto* list = json::list(*v, "s"))
    for (const auto& s : *list)
      if (auto code = json::as_text(s)) p.services.push_back(std::move(*code));
  if (o.code.empty()) return {};
  return p;
}

json::value stored(const city& c) {
  return json::array{c.id, c.country, c.region, c.name, c.first_index, c.last_index};
}

std::optional<city> restored_city(const json::value& value) {
  const auto* v = value.if_array();
  if (v == nullptr || v->size() != 6) return {};
  city c;
  c.id = json::as_integer((*v)[0]).value_or(0);
  c.country = json::as_text((*v)[1]).value_or("");
  c.region = json::as_text((*v)[2]).value_or("");
  c.name = json::as_text((*v)[3]).value_or("");
  c.first_index = json::as_integer((*v)[4]).value_or(0);
  c.last_index = json::as_integer((*v)[5]).value_or(0);
  return c;
}

bool fits(const place& p, const pickup_query& query) {
  if (!query.code.empty()) return p.point.code == query.code;
  if (!p.point.hands_out) return false;
  if (!query.city_code.empty() && query.city_code != p.city_code && query.city_code != std::to_string(p.city_id))
    return false;
  if (query.weight_g > 0 && p.point.max_weight_g > 0 && query.weight_g > p.point.max_weight_g) return false;
  return !query.cash_on_delivery || p.point.cash_on_delivery;
}

std::optional<fault> unfit(const place& p, const shipment& s, const std::string& tariff) {
  const auto at = "the pickup point " + p.point.code;
  if (!p.point.hands_out) return too_big(at + " does not hand out parcels: choose another one");
  std::int64_t total = 0;
  for (const parcel& each : s.parcels) {
    total += each.weight_g;
    if (p.heaviest_parcel_g > 0 && each.weight_g > p.heaviest_parcel_g)
      return too_big(at + " takes parcels up to " + kilograms(p.heaviest_parcel_g));
    std::array<std::int64_t, 3> ours{each.length_mm, each.width_mm, each.height_mm};
    std::array<std::int64_t, 3> theirs{p.length_mm, p.width_mm, p.height_mm};
    if (p.sides_sum_mm > 0 && ours[0] + ours[1] + ours[2] > p.sides_sum_mm)
      return too_big(at + " takes parcels whose sides add up to " + soap::decimal(p.sides_sum_mm, 1) + " cm at most");
    // A parcel may be turned, so the longest side is held against the longest.
    std::ranges::sort(ours);
    std::ranges::sort(theirs);
    if (theirs[0] == 0) continue; // one of them is not limited
    for (std::size_t i = 0; i < 3; ++i)
      if (ours[i] > theirs[i]) return too_big(at + " has no room for a parcel of this size");
  }
  if (p.heaviest_shipment_g > 0 && total > p.heaviest_shipment_g)
    return too_big(at + " takes shipments up to " + kilograms(p.heaviest_shipment_g));
  if (s.cash_on_delivery.minor > 0) {
    if (!p.point.cash_on_delivery) return too_big(at + " takes no payment at delivery: choose another one");
    if (p.most_cash >= 0 && s.cash_on_delivery.minor > p.most_cash)
      return too_big(at + " takes payments up to " + to_decimal(p.most_cash));
  }
  if (!p.services.empty() && std::ranges::find(p.services, tariff) == p.services.end())
    return too_big(at + " does not work with the tariff " + tariff);
  return {};
}

const city* find_city(const std::vector<city>& all, const address& a) {
  const std::string wanted = plain(a.city), region = lower_text(a.region);
  const auto index = number_of(a.postal_code);
  const city* found = nullptr;
  int best = 0;
  bool twice = false;
  for (const city& c : all) {
    if (c.country != a.country_code) continue;
    const bool named = !wanted.empty() && lower_text(c.name) == wanted;
    const bool indexed = index > 0 && c.first_index > 0 && c.first_index <= index && index <= c.last_index;
    if (!named && (!wanted.empty() || !indexed)) continue;
    const std::string theirs = lower_text(c.region);
    const bool same_region =
        !region.empty() && !theirs.empty() && (region.starts_with(theirs) || theirs.starts_with(region));
    const int score = (named ? 1 : 0) + (indexed ? 4 : 0) + (same_region ? 2 : 0);
    twice = score == best ? true : score > best ? false : twice;
    if (score <= best) continue;
    best = score;
    found = &c;
  }
  return twice ? nullptr : found;
}

} // namespace waybill::dpd
