// What the portal asks of its delivery service: the SHIPMENT objects of its webhooks, read and bounded. Pure. Nothing
// in them is signed, so all of it is hostile until checked.
#pragma once
#include <waybill/error.hpp>
#include <waybill/money.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

namespace waybill::delivery {

// An address property's value: its parts by the portal's own names (LOCALITY, STREET ...), or one line of text.
struct asked_address {
  std::vector<std::pair<std::string, std::string>> parts; // only filled ones
  std::string line;                                       // of a value that was plain text
  std::optional<double> latitude, longitude;
  const std::string& part(std::string_view name) const; // empty when absent
  bool empty() const { return parts.empty() && line.empty(); }
  friend bool operator==(const asked_address&, const asked_address&) = default;
};

// A property of the shipment. Its id alone tells what it means: sale::shipment_properties.
struct asked_property {
  std::int64_t id{0};
  bool is_address{false};
  std::string text;      // TYPE STRING; empty: not filled
  asked_address address; // TYPE ADDRESS
  friend bool operator==(const asked_property&, const asked_property&) = default;
};

struct asked_item {
  std::string name;
  std::int64_t price{0}; // of one unit, minor units of the shipment's currency
  std::string quantity;  // decimal text; may be fractional
  std::int64_t weight_g{0};
  std::int64_t length_mm{0}, width_mm{0}, height_mm{0}; // 0: unknown, as the weight
  friend bool operator==(const asked_item&, const asked_item&) = default;
};

// An extra service as the manager left it: "Y", the code of a choice, a number above zero. Others are left out.
struct asked_option {
  std::string code;
  std::string value;
  friend bool operator==(const asked_option&, const asked_option&) = default;
};

struct asked_contact {
  std::string name;
  std::vector<std::string> phones; // as typed, the mobile one first
  friend bool operator==(const asked_contact&, const asked_contact&) = default;
};

struct asked {
  std::int64_t shipment{0}; // 0: not saved yet
  std::int64_t service{0};  // the profile service
  std::string delivery_type;
  std::vector<std::pair<std::string, std::string>> settings; // of the parent service
  money price;                                               // the goods, after discounts
  std::int64_t weight_g{0};                                  // of all; 0: unknown
  std::vector<asked_property> properties;
  std::vector<asked_item> items;
  std::vector<asked_option> options;
  asked_contact recipient, responsible;
  friend bool operator==(const asked&, const asked&) = default;
};

inline constexpr std::size_t most_shipments = 20;
inline constexpr std::size_t longest_body = 1024 * 1024;

// {"SHIPMENT": {...}}. bad_input names what is wrong by its key and never repeats a value.
result<asked> read_calculation(std::string_view body);
// {"SHIPMENTS": [{...}, ...]}: 1 to most_shipments of them.
result<std::vector<asked>> read_order(std::string_view body);
// The portal's call about a request that we made.
struct asked_request {
  std::int64_t delivery_id{0};
  std::string request_id;
};
result<asked_request> read_request(std::string_view body);

// {"SHIPMENTS": [...]} again, in the portal's own form, with only what is read of it.
std::string write_order(const std::vector<asked>& all);

} // namespace waybill::delivery
