#include "settings.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::dpd {
namespace {

constexpr std::array specs{
    setting_spec{"", "client_number", setting_kind::text_or_integer, true,
                 "the client number of the DPD contract: 1001030000"},
    setting_spec{"", "client_key", setting_kind::secret, true,
                 "the key that DPD issued for the integration (the test host has another one)"},
    setting_spec{"", "country", setting_kind::text, false,
                 "country of the contract; each country is an account of its own", "RU|KZ|BY|AM|KG"},
    setting_spec{"", "pickup_time_period", setting_kind::text, false,
                 "hours in which the parcels are handed over, as \"9-18\" (the default)"},
    setting_spec{"", "delivery_time_period", setting_kind::text, false,
                 "hours of delivery to the door, as \"9-18\"; absent: any"},
    setting_spec{"", "pickup_days_ahead", setting_kind::integer, false,
                 "days from the order to the handover, 0 to 14; 1 when absent"},
    setting_spec{"", "pickup_cutoff_hour", setting_kind::integer, false,
                 "orders after this hour are handed over a day later, 1 to 24 (24: never); 15 when absent"},
    setting_spec{"", "pickup_on_weekends", setting_kind::boolean, false,
                 "true: parcels are handed over on Saturdays and Sundays too"},
    setting_spec{"", "utc_offset_hours", setting_kind::integer, false,
                 "the sender's time before UTC, 2 to 12; 3 (Moscow) when absent"},
    setting_spec{"", "cargo_category", setting_kind::text, false,
                 "what the parcels hold, in words; Товары when absent"},
    setting_spec{"", "payer", setting_kind::text_or_integer, false, "client number of another payer"},
    setting_spec{"", "regular_number", setting_kind::text, false,
                 "number of a standing pickup order, from DPD's manager"},
    setting_spec{"", "payment_type", setting_kind::text, false,
                 "who pays DPD's fee: absent: the sender by contract, ОУП the recipient, ОУО the sender in cash",
                 "ОУП|ОУО"},
    setting_spec{"", "options", setting_kind::text_list, false,
                 "extra services of every order, as [\"SMS\", \"ОЖД=ПРИМ\"]; a shipment's own of the same code win"},
    setting_spec{"", "fee_vat_percent", setting_kind::integer, false,
                 "VAT inside the delivery fee taken from the recipient; absent: none"},
    setting_spec{"", "label_format", setting_kind::text, false, "file of the labels", "PDF|FP3"},
    setting_spec{"", "label_page", setting_kind::text, false, "paper of the labels", "A5|A6"},
    setting_spec{"", "tracking_url", setting_kind::text, false,
                 "link shown to people; {number} is replaced by DPD's number"},
    setting_spec{"", "events_at_once", setting_kind::integer, false,
                 "how many events DPD hands out in one package, 1 to 1000; 500 when absent"},
    setting_spec{"sender", "terminal_code", setting_kind::text, false,
                 "code of the DPD point where parcels are handed over; or sender.city, sender.street and sender.house"},
    setting_spec{"sender", "city", setting_kind::text, false, "city that the courier collects in, without \"г\""},
    setting_spec{"sender", "region", setting_kind::text, false, "region of that city"},
    setting_spec{"sender", "city_id", setting_kind::integer, false, "DPD's id of that city: prices are surer with it"},
    setting_spec{"sender", "postal_code", setting_kind::text, false, "postal code of the sender"},
    setting_spec{"sender", "street", setting_kind::text, false, "street without its type: Ленина"},
    setting_spec{"sender", "street_abbr", setting_kind::text, false, "type of the street: ул, пр-т, б-р"},
    setting_spec{"sender", "house", setting_kind::text, false, "house that the courier comes to"},
    setting_spec{"sender", "office", setting_kind::text, false, "office or flat"},
    setting_spec{"sender", "instructions", setting_kind::text, false, "a word for the courier"},
    setting_spec{"sender", "need_pass", setting_kind::boolean, false, "true: the courier needs a pass"},
};

struct country_row {
  std::string_view code, name, currency;
};
constexpr std::array<country_row, 5> countries{{{"RU", "Россия", "RUB"},
                                                {"KZ", "Казахстан", "KZT"},
                                                {"BY", "Беларусь", "BYN"},
                                                {"AM", "Армения", "AMD"},
                                                {"KG", "Киргизия", "KGS"}}};

const country_row* find_country(std::string_view code) {
  const auto it = std::ranges::find(countries, code, &country_row::code);
  return it == countries.end() ? nullptr : &*it;
}

std::pair<std::string, std::string> split(const std::string& text) {
  const auto at = text.find('=');
  return at == std::string::npos ? std::pair(text, std::string()) : std::pair(text.substr(0, at), text.substr(at + 1));
}

bool digits(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "9-18": two hours, the first before the second.
bool is_period(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto hour = [](std::string_view part) {
    int n = -1;
    const auto [to, ec] = std::from_chars(part.data(), part.data() + part.size(), n);
    return ec == std::errc{} && to == part.data() + part.size() && n >= 0 && n <= 24 ? n : -1;
  };
  const int first = hour(text.substr(0, dash)), last = hour(text.substr(dash + 1));
  return first >= 0 && last > first;
}

std::optional<end> end_from(std::string_view& letters) {
  constexpr std::string_view door = "Д", point = "Т";
  for (const auto& [letter, meaning] : {std::pair(door, end::door), std::pair(point, end::point)})
    if (letters.starts_with(letter)) {
      letters.remove_prefix(letter.size());
      return meaning;
    }
  return {};
}

std::unexpected<fault> wrong_service(std::string what) { return fail(errc::bad_input, std::move(what), "dpd.service"); }

} // namespace

bool has_latin(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

bool has_cyrillic(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::string_view country_name(std::string_view code) {
  const auto* row = find_country(code);
  return row == nullptr ? std::string_view{} : row->name;
}

std::string_view variant(end from, end to) {
  if (from == end::door) return to == end::door ? "ДД" : "ДТ";
  return to == end::door ? "ТД" : "ТТ";
}

result<service_choice> parse_service(std::string_view text) {
  service_choice out;
  const auto colon = text.find(':');
  out.code = std::string(text.substr(0, colon));
  if (has_cyrillic(out.code))
    return wrong_service(
        "the DPD tariff has Cyrillic letters that look like Latin ones: type it anew in Latin letters (PCL)");
  const bool good = out.code.size() == 3 && std::ranges::all_of(out.code, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!good) return wrong_service("this is no DPD tariff; write its three letters, such as PCL, or PCL:ДТ");
  if (colon == std::string_view::npos) return out;
  auto letters = text.substr(colon + 1);
  if (has_latin(letters))
    return wrong_service("the variant after the colon has Latin letters: type it anew in Cyrillic (ДД, ДТ, ТД or ТТ)");
  out.from = end_from(letters);
  out.to = end_from(letters);
  if (!out.from || !out.to || !letters.empty())
    return wrong_service("the variant after the colon is one of ДД, ДТ, ТД, ТТ: Д is a door, Т a point; first from, "
                         "then to");
  return out;
}

std::span<const setting_spec> setting_specs() { return specs; }

settings settings_of(const carrier_account& account) {
  settings s;
  const auto given = [&](std::string_view key, std::string& into) {
    if (const std::string& text = account.text(key); !text.empty()) into = text;
  };
  const auto number = [&](std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
    return static_cast<int>(std::clamp(account.integer(key, fallback), least, most));
  };
  s.base_url = account.base_url;
  s.client_number = account.text("client_number");
  s.client_key = secret(account.text("client_key"));
  given("country", s.country);
  if (const auto* row = find_country(s.country)) s.currency = row->currency;
  s.sender = account.sender;
  s.services = account.services;
  given("pickup_time_period", s.pickup_period);
  given("delivery_time_period", s.delivery_period);
  s.days_ahead = number("pickup_days_ahead", 1, 0, 14);
  s.cutoff_hour = number("pickup_cutoff_hour", 15, 1, 24);
  s.weekends = account.flag("pickup_on_weekends");
  s.utc_offset = std::chrono::hours(number("utc_offset_hours", 3, 2, 12));
  given("cargo_category", s.category);
  given("payer", s.payer);
  given("regular_number", s.regular_number);
  given("payment_type", s.payment_type);
  for (const std::string& text : account.texts("options")) s.options.push_back(split(text));
  if (const auto vat = account.integer("fee_vat_percent", -1); vat >= 0) s.fee_vat = static_cast<int>(vat);
  given("label_format", s.label_format);
  given("label_page", s.label_page);
  given("tracking_url", s.tracking_url);
  s.events_at_once = number("events_at_once", 500, 1, 1000);
  given("sender.terminal_code", s.place.terminal_code);
  given("sender.city", s.place.city);
  given("sender.region", s.place.region);
  s.place.city_id = account.integer("sender.city_id");
  given("sender.postal_code", s.place.postal_code);
  given("sender.street", s.place.street);
  given("sender.street_abbr", s.place.street_abbr);
  given("sender.house", s.place.house);
  given("sender.office", s.place.office);
  given("sender.instructions", s.place.instructions);
  s.place.needs_pass = account.flag("sender.need_pass");
  return s;
}

std::vector<std::string> check_account(const carrier_account& account) {
  std::vector<std::string> wrong;
  const settings how = settings_of(account);
  const bool door = !how.place.city.empty() && !how.place.street.empty() && !how.place.house.empty();
  const bool terminal = !how.place.terminal_code.empty();
  if (!digits(how.client_number, 18)) wrong.push_back("client_number: write the digits of the contract: 1001030000");
  if (!how.payer.empty() && !digits(how.payer, 18)) wrong.push_back("payer: write the digits of a client number");
  if (account.base_url.find("dpd.ru") != std::string::npos && !account.base_url.ends_with("/services"))
    wrong.push_back("base_url: DPD's services stand below /services; write https://ws.dpd.ru/services");
  if (account.base_url.starts_with("http://") && account.base_url.find("dpd.ru") != std::string::npos)
    wrong.push_back("base_url: the key would travel in the clear; write https://");
  for (const auto& [key, text] :
       {std::pair("pickup_time_period", how.pickup_period), std::pair("delivery_time_period", how.delivery_period)})
    if (!text.empty() && !is_period(text)) wrong.push_back(std::string(key) + ": write two hours as \"9-18\"");
  const auto range = [&](std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
    if (const auto n = account.integer(key, fallback); n < least || n > most)
      wrong.push_back(std::string(key) + ": choose " + std::to_string(least) + " to " + std::to_string(most));
  };
  range("pickup_days_ahead", 1, 0, 14);
  range("pickup_cutoff_hour", 15, 1, 24);
  range("utc_offset_hours", 3, 2, 12);
  range("events_at_once", 500, 1, 1000);
  range("fee_vat_percent", 0, 0, 99);
  if (!terminal && !door)
    wrong.push_back("sender.terminal_code: say where parcels start: a DPD point (sender.terminal_code), or sender.city "
                    "with sender.street and sender.house");
  if (terminal && (has_cyrillic(how.place.terminal_code) || how.place.terminal_code.size() > 10))
    wrong.push_back("sender.terminal_code: a point's code has up to 10 Latin letters and digits; type it anew");
  if (terminal && how.place.city.empty())
    wrong.push_back("sender.city: DPD wants the city of the sender beside sender.terminal_code");
  if (how.sender.name.empty() && how.sender.company.empty())
    wrong.push_back("sender.company: DPD wants the sender's name");
  if (!is_e164(how.sender.phone)) wrong.push_back("sender.phone: write it in the international form, +74951234567");
  for (const auto& [code, parameter] : how.options) {
    const auto known = std::ranges::find(offered_options(), code, &carrier_option::code);
    if (known == offered_options().end())
      wrong.push_back("options: \"" + code +
                      "\" is no extra service that waybill knows; check the alphabet of its letters");
    else if (!known->choices.empty() && !parameter.empty() &&
             std::ranges::find(known->choices, parameter, &carrier_option::item::code) == known->choices.end())
      wrong.push_back("options: \"" + code + "=" + parameter + "\" has a parameter that DPD does not list");
  }
  for (const auto& [delivery_type, text] : how.services) {
    const std::string key = "services." + delivery_type + ": ";
    const auto choice = parse_service(text);
    if (!choice) {
      wrong.push_back(key + choice.error().what);
      continue;
    }
    const auto from = choice->from.value_or(terminal ? end::point : end::door);
    if (from == end::point && !terminal) wrong.push_back(key + text + " starts at a point; set sender.terminal_code");
    if (from == end::door && !door)
      wrong.push_back(key + text + " starts at the door; set sender.city, sender.street and sender.house");
  }
  return wrong;
}

} // namespace waybill::dpd
