// The portal's online store: orders, shipments, payments, and what a delivery service is set up of. Plain data and the
// few operations that keep it consistent; nothing here waits or sends.
#pragma once
#include <waybill/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::sandbox {

class portal;

// One article of an order. Quantities are thousandths everywhere in the store.
struct basket_item {
  std::int64_t id{0};
  std::int64_t row{0}; // of the deal; 0: none
  std::int64_t product{0};
  std::string name{};
  std::string sku{};
  std::int64_t price_minor{0};
  std::int64_t quantity{1000};
  std::optional<std::int64_t> weight_g{}, width_mm{}, height_mm{}, length_mm{};
  std::optional<std::int64_t> vat_rate{};
  std::int64_t measure{796};
};

struct shipment_item {
  std::int64_t id{0};
  std::int64_t basket{0};
  std::int64_t quantity{0};
  std::string xml_id{};
};

struct property_value {
  std::int64_t id{0};
  json::value value{};
};

struct store_shipment {
  std::int64_t id{0};
  std::int64_t order{0};
  std::string number{}; // 117/2
  std::int64_t service{0};
  std::string status{"DN"};
  bool allow_delivery{false}, deducted{false};
  std::string tracking_number{}, doc_number{}, comments{}, xml_id{};
  json::value doc_date{}, date_deducted{};
  std::int64_t base_price_minor{0}, price_minor{0};
  std::int64_t responsible{1}, company{0};
  bool marked{false};
  std::string reason_marked{};
  std::string inserted{};
  std::vector<shipment_item> items{};
  std::map<std::int64_t, property_value> properties{}; // by property
  std::map<std::int64_t, json::value> extras{};        // by extra service: "Y", "N", an option's code, a number
};

// What a payment pays for: an article or a shipment.
struct payable_item {
  std::int64_t id{0};
  bool delivery{false};
  std::int64_t of{0}; // basket item, or shipment
  std::int64_t quantity{1000};
};

struct store_payment {
  std::int64_t id{0};
  std::int64_t order{0};
  std::string number{};
  bool paid{false};
  json::value date_paid{}, paid_by{};
  std::int64_t system{0};
  std::int64_t sum_minor{0};
  std::string inserted{};
  json::object more{}; // payVoucherNum and its like, as they are answered
  std::vector<payable_item> items{};
};

struct store_order {
  std::int64_t id{0};
  std::int64_t owner_type{2}, owner{0}; // the binding; 0: none
  std::int64_t person_type{3};
  std::int64_t contact{0}, company{0};
  std::int64_t responsible{1};
  bool canceled{false};
  std::string status{"N"};
  std::string comment{}; // the client's own
  std::string inserted{};
  std::vector<basket_item> basket{};
};

struct extra_service {
  std::int64_t id{0};
  std::int64_t service{0};
  std::string type{}, code{}, name{}, description{};
  bool active{false};
  std::int64_t sort{100};
  std::int64_t price_minor{0};
  json::array items{}; // {TITLE, CODE, PRICE}
};

struct property_relation {
  std::int64_t entity{0};
  std::string type{};
  std::int64_t property{0};
  friend bool operator==(const property_relation&, const property_relation&) = default;
};

struct sale_status {
  std::string id{}, type{}, color{}, xml_id{}; // O of orders, D of deliveries
  bool notify{true};
  std::int64_t sort{100};
  bool system{false};
};

struct status_name {
  std::string status{}, lid{}, name{}, description{};
};

struct pay_system {
  std::int64_t id{0};
  std::string name{}, cash{"N"}, xml_id{};
  std::int64_t person_type{3};
  bool funded{true}; // false: the internal account, which has no money
};

struct store {
  std::map<std::int64_t, store_order> orders{};
  std::map<std::int64_t, store_shipment> shipments{};
  std::map<std::int64_t, store_payment> payments{};
  std::vector<extra_service> extras{};
  json::array properties{}; // sale.shipmentproperty.*, as they are answered
  std::vector<property_relation> relations{};
  std::vector<sale_status> statuses{};
  std::vector<status_name> names{};
  std::vector<pay_system> pay_systems{};
  json::array calls{}; // of the delivery handler: what was sent, what came, what the manager saw
};

void seed_store(portal& p);

// 2500 -> 2.5; a text that is no number: nothing.
json::value shown_quantity(std::int64_t thousandths);
std::optional<std::int64_t> read_quantity(const json::value& sent);

// An empty order of the deal with its clients, bound to it.
store_order& make_order(portal& p, std::int64_t deal);
// The article of a deal's row in the order; made when it is not there yet. nullptr: no such row. The row's quantity is
// what the article then has.
basket_item* basket_of_row(portal& p, store_order& o, std::int64_t row);
// The deal's rows say which article of a saved order they have become.
void mark_rows(portal& p, const store_order& o);
store_shipment& make_shipment(portal& p, const store_order& o, std::int64_t service);
store_payment& make_payment(portal& p, const store_order& o, std::int64_t system);
// The payment's sum from its items.
void recount(const portal& p, store_payment& pay);

// The deal's orders, oldest first.
std::vector<std::int64_t> orders_of(const portal& p, std::int64_t owner_type, std::int64_t owner);
// Whether the shipment is in a request that was not deleted.
bool in_request(const portal& p, std::int64_t shipment);
// How much of an article is in no shipment yet.
std::int64_t unshipped(const portal& p, const basket_item& b);

// As sale.*.get answers them.
json::object shown_order(const portal& p, const store_order& o, bool whole);
json::object shown_shipment(const portal& p, const store_shipment& s, bool whole);
json::object shown_payment(const portal& p, const store_payment& pay);

// Events of the store: their name and the id that they carry.
void tell_saved(portal& p, std::string name, std::int64_t id, std::int64_t user);

} // namespace waybill::sandbox
