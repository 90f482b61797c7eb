// An account's table of the configuration, read once into what mapping needs.
#pragma once
#include <waybill/carrier.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::dpd {

enum class end { door, point };

// What a delivery type of the shop stands for at DPD.
struct service_choice {
  std::string code;        // "PCL"
  std::optional<end> from; // nothing: follows from what the account and the shipment say
  std::optional<end> to;
};
// "PCL" or "PCL:ДТ". The fault's text names the remedy, also for Latin letters that look like the Cyrillic ones.
result<service_choice> parse_service(std::string_view text);
// "ДД", "ДТ", "ТД", "ТТ": Cyrillic, first from, second to.
std::string_view variant(end from, end to);

struct sender_place {
  std::string terminal_code; // where we bring parcels to; empty: the courier comes
  std::int64_t city_id{0};
  std::string postal_code, region, city, street, street_abbr, house, office, instructions;
  bool needs_pass{false};
};

struct settings {
  std::string base_url;
  std::string client_number; // digits
  secret client_key;
  std::string country{"RU"};
  std::string currency{"RUB"}; // of the account
  party sender;
  sender_place place;
  std::map<std::string, std::string> services; // delivery type -> "PCL:ДТ"
  std::string pickup_period{"9-18"};
  std::string delivery_period;
  int days_ahead{1};    // from today to the day of the handover
  int cutoff_hour{15};  // after it a day more
  bool weekends{false}; // parcels are handed over on Saturdays and Sundays too
  std::chrono::hours utc_offset{3};
  std::string category{"Товары"};
  std::string payer, regular_number, payment_type;
  std::vector<std::pair<std::string, std::string>> options; // of every order: esCode -> parameter
  std::optional<int> fee_vat;                               // percent inside the delivery fee; nothing: no VAT
  std::string label_format{"PDF"}, label_page{"A6"};
  std::string tracking_url; // {number} is replaced; empty: none
  int events_at_once{500};
};

std::span<const setting_spec> setting_specs();
// The extra services that a manager may tick for one shipment.
std::span<const carrier_option> offered_options();
settings settings_of(const carrier_account& account);
// Texts "key: what is wrong and the remedy"; empty: fine.
std::vector<std::string> check_account(const carrier_account& account);

// Letters of the other alphabet in a text that looks right: "T" for "Т".
bool has_latin(std::string_view text);
bool has_cyrillic(std::string_view text);
// Where DPD delivers: "Россия" for RU. Empty: not served.
std::string_view country_name(std::string_view code);

} // namespace waybill::dpd
