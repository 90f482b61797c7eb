// One pickup point: CDEK's form, ours, and the form in the cache.
#include "offices.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

namespace waybill::cdek {
namespace {

// Kilograms with decimals on the wire: read as hundredths, so that no double is needed.
std::int64_t grams(const json::object& o, std::string_view key) {
  const auto hundredths = json::minor(o, key);
  return hundredths && *hundredths > 0 && *hundredths < 1'000'000'00 ? *hundredths * 10 : 0;
}

bool flag(const json::object& o, std::string_view key, bool fallback = false) {
  return json::boolean(o, key).value_or(fallback);
}

} // namespace

std::optional<office> read_office(const json::value& v) {
  const auto* o = v.if_object();
  if (o == nullptr) return {};
  office out;
  pickup_point& p = out.point;
  p.code = clean_code(json::text_or(*o, wire::code));
  const auto* location = json::child(*o, "location");
  if (p.code.empty() || location == nullptr) return {};
  out.city_code = json::integer_or(*location, wire::city_code);
  p.kind = json::text_or(*o, wire::type) == "POSTAMAT" ? "locker" : "office";
  const std::string line = json::text_or(*location, wire::address);
  p.location.raw = shortened(json::text_or(*location, "address_full", line), 300);
  p.location.country_code = json::text_or(*location, wire::country_code, "RU");
  p.location.postal_code = json::text_or(*location, wire::postal_code);
  p.location.region = json::text_or(*location, wire::region);
  p.location.city = json::text_or(*location, wire::city);
  p.location.street = shortened(line, 255);
  p.location.latitude = json::real(*location, wire::latitude);
  p.location.longitude = json::real(*location, wire::longitude);
  p.name = shortened(json::text_or(*o, "name", p.code + ", " + line), 200);
  p.work_time = shortened(json::text_or(*o, "work_time"), 200);
  p.note = shortened(json::text_or(*o, "note", json::text_or(*o, "address_comment")), 300);
  if (const auto* phones = json::list(*o, wire::phones); phones != nullptr && !phones->empty())
    if (const auto* phone = phones->front().if_object()) p.phone = shortened(json::text_or(*phone, wire::number), 32);
  p.max_weight_g = grams(*o, "weight_max");
  p.cash = flag(*o, "have_cash");
  p.card = flag(*o, "have_cashless");
  p.cash_on_delivery = flag(*o, "allowed_cod") && (p.cash || p.card || flag(*o, "have_fast_payment_system"));
  p.hands_out = flag(*o, "is_handout", true);
  p.takes_in = flag(*o, "is_reception", !flag(*o, "take_only"));
  return out;
}

json::value stored(const office& o) {
  const pickup_point& p = o.point;
  const auto number = [](const std::optional<double>& d) {
    return d ? json::value(std::to_string(*d)) : json::value(nullptr);
  };
  // A list and not an object: ten thousand points repeat no names.
  return json::array{p.code,
                     p.name,
                     p.kind,
                     p.location.raw,
                     p.location.country_code,
                     p.location.postal_code,
                     p.location.region,
                     p.location.city,
                     p.location.street,
                     number(p.location.latitude),
                     number(p.location.longitude),
                     p.work_time,
                     p.phone,
                     p.note,
                     p.max_weight_g,
                     (p.cash ? 1 : 0) + (p.card ? 2 : 0) + (p.cash_on_delivery ? 4 : 0) + (p.hands_out ? 8 : 0) +
                         (p.takes_in ? 16 : 0),
                     o.city_code};
}

std::optional<office> restored(const json::value& v) {
  const auto* a = v.if_array();
  if (a == nullptr || a->size() != 17) return {};
  const auto text = [a](std::size_t i) { return json::as_text((*a)[i]).value_or(std::string()); };
  const auto number = [a](std::size_t i) { return json::as_integer((*a)[i]).value_or(0); };
  const auto real = [a](std::size_t i) {
    json::object one;
    one["n"] = (*a)[i];
    return json::real(one, "n");
  };
  office out;
  pickup_point& p = out.point;
  p.code = text(0);
  p.name = text(1);
  p.kind = text(2);
  p.location.raw = text(3);
  p.location.country_code = text(4);
  p.location.postal_code = text(5);
  p.location.region = text(6);
  p.location.city = text(7);
  p.location.street = text(8);
  p.location.latitude = real(9);
  p.location.longitude = real(10);
  p.work_time = text(11);
  p.phone = text(12);
  p.note = text(13);
  p.max_weight_g = number(14);
  const auto flags = number(15);
  p.cash = (flags & 1) != 0;
  p.card = (flags & 2) != 0;
  p.cash_on_delivery = (flags & 4) != 0;
  p.hands_out = (flags & 8) != 0;
  p.takes_in = (flags & 16) != 0;
  out.city_code = number(16);
  return p.code.empty() ? std::nullopt : std::optional(std::move(out));
}

bool fits(const office& o, const pickup_query& query) {
  const pickup_point& p = o.point;
  if (!query.code.empty()) return p.code == query.code; // one that is asked for by name is shown as it is
  if (!p.hands_out) return false;
  if (query.cash_on_delivery && !p.cash_on_delivery) return false;
  const auto most = p.kind == "locker" && (p.max_weight_g == 0 || p.max_weight_g > 15'000) ? 15'000 : p.max_weight_g;
  return query.weight_g <= 0 || most == 0 || query.weight_g <= most;
}

} // namespace waybill::cdek
