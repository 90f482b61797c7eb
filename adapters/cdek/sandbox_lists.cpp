// Tokens, directories and subscriptions of the stand-in.
#include "sandbox_places.hpp"
#include "sandbox_world.hpp"
#include "tariffs.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace waybill::cdek::sandbox {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds token_lives{3599};

std::int64_t number_of(const form_fields& query, std::string_view key, std::int64_t fallback) {
  const std::string* text = find_field(query, key);
  std::int64_t n = fallback;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

std::string text_of(const form_fields& query, std::string_view key) {
  const std::string* text = find_field(query, key);
  return text == nullptr ? std::string() : *text;
}

// `page` counts from 0 and goes only with `size`.
std::optional<http_response> cut(const form_fields& query, json::array& rows, std::int64_t default_size) {
  const bool has_size = find_field(query, "size") != nullptr, has_page = find_field(query, "page") != nullptr;
  if (has_page && !has_size) return refuse_plain({{"v2_field_is_empty", "[size] is empty"}});
  const auto size = number_of(query, "size", default_size), page = number_of(query, "page", 0);
  if (size <= 0 || page < 0) return refuse_plain({{"v2_invalid_format", "[size]"}});
  const auto all = static_cast<std::int64_t>(rows.size());
  const auto begin = std::min(all, page * size), end = std::min(all, begin + size);
  json::array part;
  for (auto i = begin; i < end; ++i) part.push_back(rows[static_cast<std::size_t>(i)]);
  rows = std::move(part);
  return {};
}

json::object point_json(const point& p) {
  const city& c = *find_city(p.city_code);
  json::object location{{"country_code", "RU"},
                        {"region_code", c.region_code},
                        {"region", c.region},
                        {"city_code", c.code},
                        {"city", c.name},
                        {"fias_guid", c.fias},
                        {"postal_code", c.postal_code},
                        {"longitude", json::decimal(p.longitude)},
                        {"latitude", json::decimal(p.latitude)},
                        {"address", p.address},
                        {"address_full", fmt::format("{}, Россия, {}, {}", c.postal_code, c.name, p.address)}};
  const bool locker = p.type == "POSTAMAT";
  json::object o{{"code", p.code},
                 {"type", p.type},
                 {"owner_code", "CDEK"},
                 {"location", std::move(location)},
                 {"work_time", locker ? "Круглосуточно" : "Пн-Пт 10:00-20:00, Сб 10:00-16:00"},
                 {"phones", json::array{json::object{{"number", "+78005553535"}}}},
                 {"take_only", !p.reception},
                 {"is_handout", true},
                 {"is_reception", p.reception},
                 {"is_dressing_room", p.dressing_room},
                 {"is_ltl", false},
                 {"have_cash", p.cash},
                 {"have_cashless", p.cashless},
                 {"allowed_cod", p.allowed_cod},
                 {"weight_min", 0},
                 {"weight_max", json::decimal(p.weight_max)},
                 {"fulfillment", false}};
  // Newer answers leave the name out at times.
  if (!locker) o["name"] = fmt::format("{}, {}, {}", p.code, c.name, p.address);
  if (locker) o["dimensions"] = json::array{json::object{{"width", 40}, {"height", 30}, {"depth", 60}}};
  return o;
}

bool yes(const std::string& text) { return text == "1" || text == "true"; }

bool matches(const point& p, const form_fields& query) {
  const std::string code = text_of(query, "code"), type = text_of(query, "type"),
                    postal = text_of(query, "postal_code");
  const std::string country = text_of(query, "country_code");
  if (!code.empty() && p.code != code) return false;
  if (!type.empty() && type != "ALL" && p.type != type) return false;
  if (const auto city_code = number_of(query, "city_code", 0); city_code != 0 && city_code != p.city_code) return false;
  if (!postal.empty() && city_by_postal(postal) != find_city(p.city_code)) return false;
  if (!country.empty() && country != "RU") return false;
  if (yes(text_of(query, "allowed_cod")) && !p.allowed_cod) return false;
  if (yes(text_of(query, "is_reception")) && !p.reception) return false;
  const auto wanted = parse_minor(text_of(query, "weight_max")), most = parse_minor(p.weight_max); // kilograms
  return !wanted || !most || *most >= *wanted;
}

} // namespace

http_response world::token(const http_request& rq) {
  const auto denied = [](std::string_view code, std::string_view text) {
    return reply(401, json::object{{"error", code}, {"error_description", text}});
  };
  const std::string* kind = find_header(rq.headers, "Content-Type");
  const auto form = parse_form(rq.body.empty() ? rq.query : rq.body);
  if (!form || (!rq.body.empty() && (kind == nullptr || !kind->starts_with("application/x-www-form-urlencoded"))))
    return denied("invalid_client", "Bad client credentials");
  if (text_of(*form, "grant_type") != "client_credentials")
    return reply(400, json::object{{"error", "unsupported_grant_type"}});
  // Any account works here; a secret with "wrong" in it is how one tries the refusal.
  const std::string id = text_of(*form, "client_id"), password = text_of(*form, "client_secret");
  if (id.empty() || password.empty() || password.find("wrong") != std::string::npos)
    return denied("invalid_client", "Bad client credentials");
  // About as long as the real one.
  std::string text = "eyJhbGciOiJSUzI1NiJ9.";
  while (text.size() < 1000) text += new_uuid();
  std::erase_if(tokens, [](const auto& each) { return each.second < steady::now(); });
  tokens[text] = steady::now() + token_lives;
  return reply(200, json::object{{"access_token", text},
                                 {"token_type", "bearer"},
                                 {"expires_in", token_lives.count()},
                                 {"scope", "location:all order:all payment:all"},
                                 {"jti", new_uuid()}});
}

http_response world::list_points(const form_fields& query) {
  json::array rows;
  for (const point& p : points())
    if (!p.closed && matches(p, query)) rows.push_back(point_json(p));
  if (auto refused = cut(query, rows, 100'000)) return *refused;
  return reply(200, std::move(rows));
}

http_response world::list_cities(const form_fields& query) {
  json::array rows;
  const std::string name = text_of(query, "city"), postal = text_of(query, "postal_code"),
                    countries = text_of(query, "country_codes");
  for (const city& c : cities()) {
    if (!name.empty() && c.name != name) continue;
    // Together with a name only the city's main postal code is known.
    if (!postal.empty() && (name.empty() ? city_by_postal(postal) != &c : c.postal_code != postal)) continue;
    if (const auto code = number_of(query, "code", 0); code != 0 && code != c.code) continue;
    if (!countries.empty() && countries.find("RU") == std::string::npos) continue;
    rows.push_back({{"code", c.code},
                    {"city_uuid", new_uuid()},
                    {"city", c.name},
                    {"fias_guid", c.fias},
                    {"country_code", "RU"},
                    {"country", "Россия"},
                    {"region", c.region},
                    {"region_code", c.region_code},
                    {"longitude", json::decimal(c.longitude)},
                    {"latitude", json::decimal(c.latitude)},
                    {"time_zone", "Europe/Moscow"},
                    {"payment_limit", -1}});
  }
  if (auto refused = cut(query, rows, 1000)) return *refused;
  return reply(200, std::move(rows));
}

http_response world::all_tariffs() {
  json::array list;
  for (const tariff& t : known_tariffs())
    list.push_back({{"tariff_name", fmt::format("Тариф {}", t.code)},
                    {"order_types", t.order_types == 3 ? json::array{"1", "2"} : json::array{"1"}},
                    {"delivery_modes",
                     json::array{json::object{{"delivery_mode", std::to_string(t.mode)}, {"tariff_code", t.code}}}}});
  return reply(200, json::object{{"tariff_codes", std::move(list)}});
}

http_response world::subscribe(const json::value& body) {
  const json::object& o = body.get_object();
  static constexpr std::string_view types[] = {
      "ORDER_STATUS",         "ORDER_MODIFIED",      "PRINT_FORM",    "RECEIPT",         "PREALERT_CLOSED",
      "ACCOMPANYING_WAYBILL", "OFFICE_AVAILABILITY", "DELIV_PROBLEM", "DELIV_AGREEMENT", "COURIER_INFO"};
  subscription s{new_uuid(), json::text_or(o, "type"), json::text_or(o, "url")};
  if (s.url.empty()) return refuse("CREATE", {{"v2_field_is_empty", "[url] is empty"}});
  if (std::ranges::find(types, s.type) == std::end(types))
    return refuse("CREATE", {{"v2_webhook_type_incorrect", "Unknown type"}});
  subscriptions.push_back(s); // also when it is there already: double delivery
  const request r{new_uuid(), "CREATE", "SUCCESSFUL", now(), {}, {}};
  return reply(200,
               json::object{{"entity", json::object{{"uuid", s.uuid}}}, {"requests", json::array{request_json(r)}}});
}

http_response world::list_subscriptions(std::string_view uuid) {
  json::array all;
  for (const subscription& s : subscriptions) {
    json::object one{{"uuid", s.uuid}, {"type", s.type}, {"url", s.url}};
    if (!uuid.empty() && s.uuid == uuid) return reply(200, json::object{{"entity", std::move(one)}});
    all.push_back(std::move(one));
  }
  return uuid.empty() ? reply(200, std::move(all)) : not_found("v2_entity_not_found");
}

http_response world::unsubscribe(std::string_view uuid) {
  if (std::erase_if(subscriptions, [&](const subscription& s) { return s.uuid == uuid; }) == 0)
    return not_found("v2_entity_not_found");
  const request r{new_uuid(), "DELETE", "SUCCESSFUL", now(), {}, {}};
  return reply(200, json::object{{"entity", json::object{{"uuid", uuid}}}, {"requests", json::array{request_json(r)}}});
}

} // namespace waybill::cdek::sandbox
