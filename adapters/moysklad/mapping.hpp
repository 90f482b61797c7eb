// Pure translation: a shipment into an order, documents into facts, progress into changes. No network, no clock.
#pragma once
#include "directory.hpp"
#include "goods.hpp"
#include "settings.hpp"
#include "statuses.hpp"

#include <waybill/carrier.hpp>
#include <waybill/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waybill::moysklad {

// ---- out -------------------------------------------------------------------------------------------------------

// One line of an order as it should be. Equal goods at an equal price are one line. A discount is shown where price,
// percent and quantity give the deal's sum to the kopeck without rounding, whose rules are not documented; otherwise
// the price is what is paid.
struct line {
  std::string type, id; // of the good
  std::int64_t quantity{0};
  std::int64_t price{0};    // kopecks per unit, VAT inside, before the discount
  std::int64_t discount{0}; // thousandths of a percent
  std::int64_t vat{0};
  bool vat_enabled{false};
  bool reservable{true}; // services are not
};

// What must be right before anything is asked: reference, goods, amounts, currency. bad_input otherwise.
result<void> check_shipment(const settings& how, const shipment& s);
std::vector<item> items_of(const shipment& s);
// `found` has one good per item.
std::vector<line> lines_of(const settings& how, const account_facts& facts, const shipment& s,
                           const std::vector<good>& found);
std::int64_t total_of(const std::vector<line>& lines); // kopecks, discounts taken off

json::object address_of(const shipment& s);
// The whole order, to be made.
json::value order_body(const settings& how, const account_facts& facts, const shipment& s,
                       const std::vector<line>& lines, const std::string& customer_id);
// Lines of an order in place: known ones keep their ids; nullopt when nothing differs.
std::optional<json::array> changed_positions(const settings& how, const std::vector<line>& lines,
                                             const json::array& present);
// What a PUT must hold so that the order is as the shipment wants it; empty: nothing. Positions not included.
json::object changed_order(const account_facts& facts, const settings& how, const shipment& s,
                           const json::object& present, const std::string& customer_id);
// All positions with their ids and nothing reserved.
json::array unreserved(const json::array& present);

// Facts for people, by the additional fields that the account names.
using fact_values = std::vector<std::pair<fact, std::string>>;
fact_values facts_of(const settings& how, const shipment& s);
fact_values facts_of(const progress& p);
// Values for the document's additional fields that differ from what `present` holds. Names that the document lacks
// are added to `missing`.
json::array changed_attributes(const settings& how, const account_facts& facts, document d, const fact_values& values,
                               const json::object& present, std::vector<std::string>* missing = nullptr);

// The shipment document for what is not yet shipped of an order; nullopt: nothing is left to ship.
std::optional<json::object> demand_body(const account_facts& facts, const json::object& order,
                                        const json::array& positions, const std::string& reference);
// The return of everything that a shipment document holds.
std::optional<json::object> return_body(const json::object& demand, const json::array& positions,
                                        const std::string& reference);

// ---- in --------------------------------------------------------------------------------------------------------

struct order_documents {
  json::object order;
  std::vector<json::object> demands; // linked, posted or not
  std::vector<json::object> returns;
  std::optional<instant> state_since; // when its present state was first seen; absent: when it was last changed
};
bool is_posted(const json::object& document);
std::string state_id_of(const json::object& document);
// The order's state, where the account knows it.
const state_info* state_of(const account_facts& facts, document d, const json::object& doc);
carrier_order read_order(const settings& how, const account_facts& facts, const order_documents& docs);

} // namespace waybill::moysklad
