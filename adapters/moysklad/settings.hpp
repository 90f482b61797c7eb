// One MoySklad account's keys as the adapter uses them, and what `check` says of them.
#pragma once
#include <waybill/carrier.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::moysklad {

// By what a deal's article is looked for among the goods.
enum class match_by { external_code, code, article, barcode };

// Where the VAT of a position comes from.
enum class vat_source { deal, catalogue, none };

enum class fee_place { nowhere, position, attribute };

// What an additional field of order and shipment can hold; the key in [carriers.attributes] names it.
enum class fact {
  reference,
  service,
  pickup_point,
  delivery_fee,
  tracking_number,
  tracking_url,
  carrier,
  status,
  cost
};
inline constexpr std::size_t fact_count = 9;
std::string_view key_of(fact f);

// Text without "ё" and outer blanks: names of states differ in nothing else by chance.
std::string plain_name(std::string_view name);

struct settings {
  std::string base_url;
  secret token;
  std::string login;
  secret password;
  std::string organization, store; // name, external code, INN (organization) or id; empty: the only one there is
  std::vector<match_by> product_match{match_by::external_code, match_by::code, match_by::article};
  bool create_unknown{false};
  int weight_power{3}; // MoySklad's number times 10^power are grams
  int volume_power{9}; // ... are cubic millimetres
  vat_source vat{vat_source::deal};
  bool reserve{true};
  fee_place fee{fee_place::nowhere};
  std::string delivery_service; // name, code or external code of the service that delivery is sold as
  std::string sales_channel, project;
  std::string currency{"RUB"};
  bool reference_as_number{true};
  // Canonical status -> name of the state; "-": write none.
  std::map<status, std::string> order_states, demand_states, return_states;
  std::map<std::string, status> read_states;         // plain name of a state -> canonical
  std::map<std::string, std::string> deal_states;    // the deal's STATUS_ID -> name of the order's state
  std::map<fact, std::string> attributes;            // name of the additional field
  std::optional<status> demand_on{status::accepted}; // nothing: people make shipments
  std::optional<status> return_on{status::returning};
  std::string account_id; // lower case; empty: not checked until it is learnt
  int requests_per_3s{10};
  int parallel{3};
  std::string webhook_url;
};

settings settings_of(const carrier_account& account, std::string webhook_url = {});
std::span<const setting_spec> setting_specs();
// Texts "key: what is wrong and the remedy"; empty: fine.
std::vector<std::string> check_account(const carrier_account& account);

} // namespace waybill::moysklad
