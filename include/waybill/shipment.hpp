// The canonical types that every system is mapped to and from. Units are in the names or beside them.
#pragma once
#include <waybill/money.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill {

enum class status {
  created,  // the carrier has the order
  accepted, // the carrier has the parcel
  in_transit,
  ready_for_pickup,
  out_for_delivery,
  delivered,
  partially_delivered,
  problem, // a person must act
  returning,
  returned,
  cancelled,
  lost,
};
std::string_view to_string(status s);
std::optional<status> status_from(std::string_view name);
// Nothing more is expected after it.
bool is_final(status s);

struct address {
  std::string raw; // as people typed it; adapters fall back to it
  std::string country_code{"RU"};
  std::string postal_code;
  std::string region;
  std::string city;
  std::string street;
  std::string house;
  std::string flat;
  std::optional<double> latitude;
  std::optional<double> longitude;
};

struct party {
  std::string name;
  std::string company;
  std::string phone;           // E.164: +79161234567
  std::string phone_extension; // digits
  std::string email;
};

struct item {
  std::string name;
  std::string sku;
  // What the catalogue knows it by besides, for systems that keep goods of their own; empty: unknown. No carrier is
  // told of them, so they stand in no fingerprint.
  std::string external_code; // XML_ID
  std::string code;          // symbolic code of the catalogue
  std::string article;
  std::string barcode;
  money full_price; // per unit, with tax, before the shop's discount; 0: no discount is known
  std::int64_t quantity{1};
  std::int64_t weight_g{0};       // per unit
  money price;                    // per unit, with tax, after discount: the declared value
  money cash_on_delivery;         // per unit, to be collected; 0 when prepaid
  std::optional<int> vat_percent; // absent: no VAT
  std::string marking;            // Chestny ZNAK code
};

struct parcel {
  std::string number; // unique inside the shipment
  std::int64_t weight_g{0};
  std::int64_t length_mm{0};
  std::int64_t width_mm{0};
  std::int64_t height_mm{0};
  std::vector<item> items;
};

// What is to be moved. Made from a deal by mapping; adapters turn it into the carrier's own form.
struct shipment {
  std::string reference; // ours, unique and deterministic; printable ASCII, at most 40
  std::string service;   // delivery type: key of [carriers.services]
  party sender;          // empty fields: the account's own sender
  party recipient;
  address destination;
  std::string pickup_point; // the carrier's code; then the destination is only informative
  std::vector<parcel> parcels;
  money declared_value;   // of all
  money cash_on_delivery; // of all: goods and delivery_fee
  money delivery_fee;     // collected from the recipient on top of the goods
  std::string comment;
  std::vector<std::pair<std::string, std::string>> options; // the carrier's own service code -> parameter
};

// A stable digest of what the carrier would be told (not of the reference): equal digests need no new order.
std::string fingerprint(const shipment& s);

struct tracking_event {
  status canonical{status::created};
  std::string code; // the carrier's own
  std::string text; // the carrier's own, for people
  instant when{};
  std::string place;
  bool known{true}; // false: a code that our dictionary lacks; it is recorded and moves nothing
  friend bool operator==(const tracking_event&, const tracking_event&) = default;
};

struct quote {
  std::string service; // the carrier's tariff code
  std::string service_name;
  money cost;
  int days_min{0}; // calendar days
  int days_max{0};
};

struct pickup_point {
  std::string code;
  std::string name;
  std::string kind; // "office" | "locker"
  address location;
  std::string work_time;
  std::string phone;
  std::string note;
  std::int64_t max_weight_g{0}; // 0: not limited
  bool cash{false};
  bool card{false};
  bool cash_on_delivery{false};
  bool hands_out{true}; // gives parcels to recipients
  bool takes_in{false}; // accepts parcels from senders
};

struct pickup_query {
  std::string city;
  std::string city_code; // the carrier's own
  std::string postal_code;
  std::string code; // exactly this point
  std::int64_t weight_g{0};
  bool cash_on_delivery{false};
};

enum class label_kind { waybill, barcode };
struct label {
  std::string file_name;
  std::string content_type{"application/pdf"};
  std::string bytes;
};

// When the carrier's courier shall come to the sender.
struct courier_request {
  std::string order_id;  // the carrier's; empty: for the sender's address as such
  std::string date;      // YYYY-MM-DD, local to the sender
  std::string time_from; // hh:mm
  std::string time_to;
  std::string comment;
  std::int64_t weight_g{0}; // without an order
  std::string description;
};

} // namespace waybill
