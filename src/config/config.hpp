// The configuration as checked structs. Loading reports every error of the file at once.
#pragma once
#include <waybill/carrier.hpp>
#include <waybill/money.hpp>
#include <waybill/secret.hpp>
#include <waybill/shipment.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::config {

using std::chrono::milliseconds;

struct server {
  std::string listen{"127.0.0.1:8080"};
  std::string public_url; // without a trailing '/'
  secret console_token;
  std::string tls_certificate; // paths; both or none
  std::string tls_private_key;
  std::size_t max_connections{4096};
  std::size_t max_connections_per_address{1024};
  milliseconds drain_timeout{25'000};
};

enum class redis_mode { embedded, external };
struct redis {
  redis_mode mode{redis_mode::embedded};
  std::filesystem::path data_dir{"/var/lib/waybill"};
  secret url;                         // redis://user:password@host:port/db or unix:///path?db=0; holds a password
  std::vector<std::string> sentinels; // host:port
  std::string sentinel_master;
  std::string prefix{"waybill"};
};

struct log {
  std::string level{"info"};
  std::string format{"json"};
};

// Queue behaviour; all have defaults that suit almost everybody.
struct queue {
  milliseconds lease{30'000}; // a silent worker's job is taken over after this
  int max_attempts{12};
  std::int64_t max_depth{1'000'000}; // per lane; above it the front door answers 503
};

enum class trigger_action { ship, cancel, make_return, quote };
struct trigger {
  std::int64_t category{0};
  std::string stage;
  trigger_action action{trigger_action::ship};
};

// Names of the deal's user fields; an empty name switches that field off.
struct deal_fields {
  std::string order_id{"UF_CRM_LOGISTICS_ORDER_ID"};
  std::string tracking_number{"UF_CRM_TRACKING_NUMBER"};
  std::string tracking_url{"UF_CRM_TRACKING_URL"};
  std::string status{"UF_CRM_LOGISTICS_STATUS"};
  std::string error{"UF_CRM_LOGISTICS_ERROR"};
  std::string cost{"UF_CRM_DELIVERY_COST"};
  std::string address{"UF_CRM_DELIVERY_ADDRESS"};
  std::string phone{"UF_CRM_DELIVERY_PHONE"};
  std::string delivery_type{"UF_CRM_DELIVERY_TYPE"};
  std::string pickup_point{"UF_CRM_PVZ_CODE"};
  std::string carrier{"UF_CRM_DELIVERY_CARRIER"};
  // Off unless named:
  std::string planned_date;     // written
  std::string label;            // file field, written
  std::string cash_on_delivery; // read: boolean, money or number; true means the deal's whole amount
  std::string declared_value;   // read: money or number; default: sum of the rows
  std::string parcels;          // read: number of parcels, default 1
  std::string comment;          // read: for the courier
};

struct size_default {
  std::int64_t weight_g{0}, length_mm{0}, width_mm{0}, height_mm{0}; // 0: not given
};
struct section_default : size_default {
  std::int64_t section{0};
};
struct parcel_defaults : size_default {
  std::vector<section_default> by_section;
};

// Where the cost of delivery goes: a field of the deal or of its smart invoice, a product row of the deal, a payment;
// one of them, or it would count twice.
enum class cost_target { none, field, invoice, row, payment };

struct delivery_service {
  std::string name;
  std::string currency{"RUB"};
  milliseconds deadline{5'000};
  std::int64_t markup_percent{0};
  money markup_amount;
  money round_to;
  std::optional<money> free_from;
  int extra_days{0};
  // The manager's form: names of the profiles by delivery type, the options shown below them (absent: all that the
  // carriers offer), and the options whose price stands in the portal instead of being asked of the carrier.
  std::map<std::string, std::string> profiles;
  std::optional<std::vector<std::string>> extra_services;
  std::map<std::string, money> extra_prices;
  // What is told back to the store's half of the deal. All off but the field.
  bool payments_paid_on_delivery{false}; // cash taken by the carrier marks the payment paid
  bool unpay_on_return{false};           // and a return afterwards unpaid, if we marked it
  cost_target cost_into{cost_target::field};
  std::string cost_invoice_field; // invoice: UF_CRM_SMART_INVOICE_..., a money or number field
  std::int64_t cost_product{0};   // row: catalogue service to put in; 0: a free row
  std::string cost_row_name;      // row: its name; empty: `name`
  std::int64_t payment_system{0}; // payment: for the payment that we make; 0: the portal's default
  bool message_recipient{false};  // SMS through the portal's provider: they cost money
  bool write_shipment{false};     // status and number into a shipment that has a request: marks it for the manager
};

struct portal {
  std::string id;           // [a-z0-9-], at most 16
  std::string locale{"ru"}; // ru | en
  secret webhook_url;       // inbound webhook, with a trailing '/'; or:
  std::string client_id;    // a local application
  secret client_secret;
  std::string domain;
  std::string oauth_url{
      "https://oauth.bitrix24.tech/oauth/token/"}; // where tokens are refreshed when the portal named no server
  std::vector<secret> application_tokens;
  std::string member_id; // optional: then events must carry it
  secret webhook_secret;
  int requests_per_second{2};
  int burst{50};
  std::int64_t operating_limit_s{480}; // execution seconds per method in ten minutes
  std::vector<trigger> triggers;
  deal_fields fields;
  std::map<status, std::string> stages; // canonical status -> STATUS_ID; may hold "C2:WON" forms
  std::optional<delivery_service> service;
  parcel_defaults parcels;
  std::vector<std::string>
      delivery_row_names; // product rows that are the delivery itself; services are left out anyway
  milliseconds sweep_interval{10 * 60 * 1000};
  bool notify_responsible{true}; // im.notify on failures
  bool todo_on_failure{true};    // a to-do for the responsible person instead of only a comment
  std::string goods_from;        // account that knows weights and sizes which the catalogue lacks; empty: none
  // Where the catalogue keeps article numbers and barcodes ("property105"); the first of them that is filled counts.
  std::vector<std::string> article_properties, barcode_properties;
  bool attach_label{true};                  // label PDF into fields.label when that is named
  std::map<std::string, std::string> texts; // template key -> text, over the built-in ones of the locale
};

struct route {
  std::string portal;
  std::vector<std::string> delivery_types; // empty: any
  std::string carrier;
  std::vector<std::string> with;
};

struct file {
  server http;
  redis store;
  log logging;
  queue jobs;
  std::vector<portal> portals;
  std::vector<carrier_account> carriers;
  std::vector<route> routes;

  const portal* find_portal(std::string_view id) const;
  const carrier_account* find_carrier(std::string_view id) const;
};

// One thing wrong with the file.
struct problem {
  std::string file;
  int line{0};     // 0: the file as a whole
  std::string key; // "portals[0].triggers[1].stage"
  std::string what;
  std::string remedy;
};
// file:line: key: what; remedy. Never holds a value that may be a secret.
std::string to_text(const problem& p);

// getenv-like; tests pass their own.
using environment = std::function<std::optional<std::string>(const std::string&)>;
environment process_environment();

// Reads and checks the file; every problem at once, in the order of its lines. The text is at most 1 MiB. Relative
// paths inside are taken from the folder of the file. Carrier accounts are checked against `types`.
std::expected<file, std::vector<problem>> load(const std::filesystem::path& path,
                                               const environment& env = process_environment());
std::expected<file, std::vector<problem>> parse(std::string_view text, const std::string& file_name,
                                                const environment& env);
std::expected<file, std::vector<problem>> parse(std::string_view text, const std::string& file_name,
                                                const environment& env, std::span<const carrier_type* const> types);

} // namespace waybill::config
