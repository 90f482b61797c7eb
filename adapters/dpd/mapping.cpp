// The bodies of orders, changes, labels and prices.
#include "mapping.hpp"

#include "options.hpp"

#include <waybill/encoding.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <tuple>

namespace waybill::dpd {
namespace {

constexpr std::int64_t cubic_mm_of_m3 = 1'000'000'000;

std::int64_t total_weight(const std::vector<box>& boxes) {
  std::int64_t sum = 0;
  for (const box& b : boxes) sum += b.weight_g;
  return sum;
}

// Cubic millimetres; 0 when a size is missing.
std::int64_t total_volume(const std::vector<box>& boxes) {
  std::int64_t sum = 0;
  for (const box& b : boxes) {
    const std::int64_t one = b.length_mm * b.width_mm * b.height_mm;
    if (one <= 0) return 0;
    sum += one;
  }
  return sum;
}

// Cubic metres with six decimals, rounded up: half a litre must not become nothing.
void put_volume(soap::writer& out, std::string_view name, std::int64_t cubic_mm) {
  constexpr std::int64_t unit = cubic_mm_of_m3 / 1'000'000;
  if (cubic_mm > 0) out.put_scaled(name, (cubic_mm + unit - 1) / unit, 6);
}

void write_box(soap::writer& out, const box& b) {
  out.open("parcel").put("number", b.number).put_scaled("weight", b.weight_g, 3);
  if (b.length_mm > 0)
    out.put_scaled("length", b.length_mm, 1).put_scaled("width", b.width_mm, 1).put_scaled("height", b.height_mm, 1);
  out.close();
}

void write_sender(soap::writer& out, const settings& how, const shipment& s, end from) {
  address a;
  a.country_code = how.country;
  a.postal_code = how.place.postal_code;
  a.region = how.place.region;
  a.city = how.place.city;
  a.street = how.place.street_abbr.empty() ? how.place.street : how.place.street_abbr + " " + how.place.street;
  a.house = how.place.house;
  address_extras more;
  if (from == end::point) more.terminal = how.place.terminal_code;
  more.office = how.place.office;
  more.instructions = how.place.instructions;
  more.needs_pass = how.place.needs_pass && from == end::door;
  write_address(out, "senderAddress", a, sender_of(how.sender, s), more);
}

void write_receiver(soap::writer& out, const shipment& s, end to) {
  address_extras more;
  if (to == end::point) more.terminal = s.pickup_point;
  more.instructions = s.comment;
  write_address(out, "receiverAddress", s.destination, s.recipient, more);
}

void write_place(soap::writer& out, std::string_view element, const place_asked& p) {
  out.open(element);
  // The surest alone: a postal code of another part of the city would only contradict.
  if (p.city_id > 0) out.put_integer("cityId", p.city_id);
  else if (!p.postal_code.empty()) out.put("index", p.postal_code);
  else out.put("cityName", p.city);
  if (p.city_id == 0) out.put("countryCode", p.country);
  out.close();
}

} // namespace

void write_auth(soap::writer& out, const settings& how) {
  out.open("auth").put("clientNumber", how.client_number).put("clientKey", how.client_key.reveal()).close();
}

result<chosen_service> service_for(const settings& how, const shipment& s) {
  const auto it = how.services.find(s.service);
  const std::string& text = it == how.services.end() ? s.service : it->second;
  auto choice = parse_service(text);
  if (!choice && it == how.services.end())
    return fail(errc::bad_input, "no DPD tariff is configured for this delivery type: add it to [carriers.services]",
                "dpd.no_tariff");
  if (!choice) return fail(choice.error());
  chosen_service out;
  out.code = std::move(choice->code);
  out.from = choice->from.value_or(how.place.terminal_code.empty() ? end::door : end::point);
  out.to = choice->to.value_or(s.pickup_point.empty() ? end::door : end::point);
  return out;
}

std::string pickup_date(const settings& how, instant at) {
  using namespace std::chrono;
  const auto local = at + how.utc_offset;
  const auto today = floor<days>(local);
  int ahead = how.days_ahead;
  if (local - today >= hours(how.cutoff_hour)) ++ahead;
  auto day = today + days(ahead);
  while (!how.weekends) {
    const weekday w{day};
    if (w != Saturday && w != Sunday) break;
    day += days(1);
  }
  return to_date(instant(day));
}

bool is_past(const settings& how, const std::string& date, instant at) { return date < to_date(at + how.utc_offset); }

std::vector<box> boxes_of(const shipment& s) {
  std::vector<box> out;
  for (std::size_t n = 0; n < s.parcels.size(); ++n) {
    const parcel& p = s.parcels[n];
    out.push_back(
        {p.number.empty() ? std::to_string(n + 1) : p.number, p.weight_g, p.length_mm, p.width_mm, p.height_mm});
  }
  return out;
}

std::string rest_of(const shipment& s) {
  shipment same = s;
  std::vector<item> all;
  for (const parcel& p : s.parcels) all.insert(all.end(), p.items.begin(), p.items.end());
  const auto key = [](const item& i) {
    return std::tuple(i.sku, i.name, i.price.minor, i.cash_on_delivery.minor, i.vat_percent, i.marking, i.weight_g);
  };
  std::ranges::sort(all, {}, key);
  // In which box a thing lies, and in how many lines it is written, changes nothing of the order.
  std::vector<item> pooled;
  for (item& i : all) {
    if (!pooled.empty() && key(pooled.back()) == key(i)) pooled.back().quantity += i.quantity;
    else pooled.push_back(std::move(i));
  }
  parcel one;
  one.items = std::move(pooled);
  same.parcels = {std::move(one)};
  return fingerprint(same);
}

result<void> write_goods(soap::writer& out, const settings& how, const shipment& s) {
  const auto vat = [&](std::optional<int> percent) {
    if (percent) out.put_integer("vat_percent", *percent);
    else out.put_boolean("without_vat", true);
  };
  const auto numbers = boxes_of(s);
  for (std::size_t n = 0; n < s.parcels.size(); ++n)
    for (const item& i : s.parcels[n].items) {
      out.open("unitLoad").put("article", shortened(i.sku, 50)).put("descript", shortened(i.name, 255));
      out.put_money("declared_value", i.price.minor);
      if (s.parcels.size() > 1) out.put("parcel_num", numbers[n].number);
      out.put_money("npp_amount", i.cash_on_delivery.minor);
      vat(i.vat_percent);
      out.put_integer("count", i.quantity);
      if (!i.marking.empty()) {
        // (01) 14 digits of the article, (21) the serial number up to the separator.
        const std::string& code = i.marking;
        const bool shaped = code.size() > 18 && code.starts_with("01") && code.substr(16, 2) == "21" &&
                            code.find_first_not_of("0123456789") >= 16;
        if (!shaped)
          return fail(errc::bad_input, "a marking code does not begin with 01, 14 digits and 21", "dpd.marking");
        out.put("GTIN", code.substr(2, 14)).put("serial", code.substr(18, code.find('\x1D') - 18));
      }
      out.close();
    }
  if (s.delivery_fee.minor > 0) {
    out.open("unitLoad").put("descript", "Доставка").put_money("declared_value", 0);
    out.put_money("npp_amount", s.delivery_fee.minor);
    vat(how.fee_vat);
    out.put_integer("count", 1).close();
  }
  return {};
}

result<std::string> order_request(const settings& how, const shipment& s, const order_record& r) {
  const auto way = service_for(how, s);
  if (!way) return fail(way.error());
  if (auto wrong = check_shipment(how, s, *way)) return fail(std::move(*wrong));
  const bool inside = s.destination.country_code == "RU" && how.country == "RU";
  // Inside Russia the goods' lines carry value and payment for the receipt; without a payment the value alone is told.
  const bool lines = inside && (s.cash_on_delivery.minor > 0 || wants_partial(how, s));
  const bool marked = lines && std::ranges::any_of(s.parcels, [](const parcel& p) {
                        return std::ranges::any_of(p.items, [](const item& i) { return !i.marking.empty(); });
                      });
  const auto boxes = boxes_of(s);

  soap::writer out;
  out.open("orders");
  write_auth(out, how);
  out.open("header").put("datePickup", r.date).put("payer", how.payer);
  write_sender(out, how, s, way->from);
  out.put("pickupTimePeriod", how.pickup_period).put("regularNum", how.regular_number).close();

  out.open("order").put("orderNumberInternal", r.number).put("serviceCode", way->code);
  out.put("serviceVariant", variant(way->from, way->to)).put_integer("cargoNumPack", std::ssize(boxes));
  out.put_scaled("cargoWeight", total_weight(boxes), 3);
  put_volume(out, "cargoVolume", total_volume(boxes));
  out.put_boolean("cargoRegistered", false);
  if (!lines && s.declared_value.minor > 0) out.put_money("cargoValue", s.declared_value.minor);
  out.put("cargoCategory", how.category);
  if (way->to == end::door) out.put("deliveryTimePeriod", how.delivery_period);
  out.put("paymentType", how.payment_type);
  if (marked) out.open("extraParam").put("name", "is_unique_marking").put("value", "1").close();
  write_receiver(out, s, way->to);
  if (const auto done = write_extras(out, how, s); !done) return fail(done.error());
  if (!inside && s.cash_on_delivery.minor > 0) {
    out.open("extraService").put("esCode", "НПП").open("param").put("name", "sum_npp");
    out.put_money("value", s.cash_on_delivery.minor).close().close();
  }
  for (const box& b : boxes) write_box(out, b);
  if (lines)
    if (const auto done = write_goods(out, how, s); !done) return fail(done.error());
  return out.take();
}

std::string status_request(const settings& how, const std::string& number, const std::string& date) {
  soap::writer out;
  out.open("orderStatus");
  write_auth(out, how);
  out.open("order").put("orderNumberInternal", number).put("datePickup", date);
  return out.take();
}

std::string cancel_request(const settings& how, const order_record& r) {
  soap::writer out;
  out.open("orders");
  write_auth(out, how);
  out.open("cancel").put("orderNumberInternal", r.number).put("orderNum", r.dpd);
  // DPD may have moved the day, so it goes only where its own number is not known. The letter is small here.
  if (r.dpd.empty()) out.put("pickupdate", r.date);
  return out.take();
}

std::string parcels_request(const settings& how, const order_record& r, const std::vector<box>& moved,
                            const std::vector<box>& after) {
  soap::writer out;
  out.open("parcels");
  write_auth(out, how);
  out.put("orderNum", r.dpd).put("orderNumberInternal", r.number).put_integer("cargoNumPack", std::ssize(after));
  out.put_scaled("cargoWeight", total_weight(after), 3);
  put_volume(out, "cargoVolume", total_volume(after));
  out.put("cargoCategory", how.category);
  for (const box& b : moved) write_box(out, b);
  return out.take();
}

std::string label_request(const settings& how, const std::string& dpd_number, std::size_t parcels) {
  soap::writer out;
  out.open("getLabelFile");
  write_auth(out, how);
  out.put("fileFormat", how.label_format).put("pageSize", how.label_page);
  out.open("order").put("orderNum", dpd_number).put_integer("parcelsNumber", static_cast<std::int64_t>(parcels));
  return out.take();
}

std::string invoice_request(const settings& how, const std::string& dpd_number) {
  soap::writer out;
  out.open("request");
  write_auth(out, how);
  out.put("orderNum", dpd_number);
  return out.take();
}

result<calculation> cost_request(const settings& how, const shipment& s, const place_asked& from,
                                 const place_asked& to) {
  end from_end = how.place.terminal_code.empty() ? end::door : end::point;
  end to_end = s.pickup_point.empty() ? end::door : end::point;
  std::string codes;
  if (!s.service.empty()) {
    const auto way = service_for(how, s);
    if (!way) return fail(way.error());
    from_end = way->from;
    to_end = way->to;
    codes = way->code;
  } else {
    for (const auto& [delivery_type, text] : how.services)
      if (const auto choice = parse_service(text); choice && codes.find(choice->code) == std::string::npos)
        codes += (codes.empty() ? "" : ",") + choice->code;
  }
  if (to.city_id == 0 && to.postal_code.empty() && to.city.empty())
    return fail(errc::bad_input, "the destination has neither a city nor a postal code", "dpd.no_city");
  if (from.city_id == 0 && from.postal_code.empty() && from.city.empty())
    return fail(errc::bad_input, "the account does not say which city the parcels start in: set sender.city",
                "dpd.no_sender_city");
  const auto boxes = boxes_of(s);
  if (boxes.empty() || std::ranges::any_of(boxes, [](const box& b) { return b.weight_g <= 0; }))
    return fail(errc::bad_input, "a parcel without a weight has no price", "dpd.no_weight");
  calculation out;
  out.by_parcels =
      std::ranges::all_of(boxes, [](const box& b) { return b.length_mm > 0 && b.width_mm > 0 && b.height_mm > 0; });
  soap::writer w;
  w.open("request");
  write_auth(w, how);
  write_place(w, "pickup", from);
  write_place(w, "delivery", to);
  // "self" means a point: we bring it there, the recipient fetches it there.
  w.put_boolean("selfPickup", from_end == end::point).put_boolean("selfDelivery", to_end == end::point);
  if (!out.by_parcels) {
    w.put_scaled("weight", total_weight(boxes), 3);
    put_volume(w, "volume", total_volume(boxes));
  }
  w.put("serviceCode", codes);
  if (s.declared_value.minor > 0) w.put_money("declaredValue", s.declared_value.minor);
  for (const box& b : boxes) {
    if (!out.by_parcels) break;
    w.open("parcel").put_scaled("weight", b.weight_g, 3).put_scaled("length", b.length_mm, 1);
    w.put_scaled("width", b.width_mm, 1).put_scaled("height", b.height_mm, 1).close();
  }
  out.request = w.take();
  return out;
}

} // namespace waybill::dpd
