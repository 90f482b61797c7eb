// An account's table of the configuration, read once into what mapping needs.
#pragma once
#include "tariffs.hpp"

#include <waybill/carrier.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace waybill::cdek {

// What to do with a VAT rate that CDEK's list (0, 5, 7, 10, 16, 22) lacks, on goods paid at delivery.
enum class unlisted_vat { refuse, omit, send };

struct settings {
  std::string base_url;
  std::string account;
  secret password;
  int order_type{1};                // 1 online shop, 2 delivery
  std::int64_t sender_city_code{0}; // CDEK's; 0: not given
  std::string sender_address;
  std::string shipment_point; // office where we hand over; empty: none
  party sender;
  std::map<std::string, std::string> services;              // delivery type -> tariff code as text
  std::map<std::int64_t, int> tariff_modes;                 // corrections and additions to the table
  std::vector<std::pair<std::string, std::string>> options; // for every order: service code -> parameter
  unlisted_vat vat{unlisted_vat::refuse};
  std::optional<int> fee_vat;     // percent inside the delivery fee; nothing: no VAT
  std::string comment;            // for every order without its own
  std::string country_code{"RU"}; // of looked-up cities
  std::string barcode_format{"A6"};
  int waybill_copies{2};
  int barcode_copies{1};
  std::int64_t intake_length_cm{30}, intake_width_cm{20}, intake_height_cm{15}; // of a courier call without an order
  std::string tracking_url;                                                     // {number} is replaced
};

std::span<const setting_spec> setting_specs();
// The additional services that a manager may tick for one shipment.
std::span<const carrier_option> offered_options();
settings settings_of(const carrier_account& account);
// Texts "key: what is wrong and the remedy"; empty: fine.
std::vector<std::string> check_account(const carrier_account& account);

// The mode of a tariff: the setting, then the table. Nothing: unknown.
std::optional<delivery_mode> mode_of_tariff(const settings& how, std::int64_t tariff_code);
// A whole positive number, nothing else in the text.
std::optional<std::int64_t> tariff_number(std::string_view text);

} // namespace waybill::cdek
