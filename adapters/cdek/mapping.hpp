// Pure translation: our shipment into CDEK's bodies, CDEK's answers into our facts. No network, no clock.
#pragma once
#include "settings.hpp"

#include <waybill/carrier.hpp>
#include <waybill/error.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>
#include <waybill/shipment.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::cdek {

// ---- requests --------------------------------------------------------------------------------------------------
// Faults are bad_input with a peer_code "cdek.<what>": CDEK would surely refuse, and says so only a minute later.

// The tariff that a shipment's service stands for, and its ends.
struct chosen_tariff {
  std::int64_t code{0};
  delivery_mode mode{0, place::door, place::door};
};
result<chosen_tariff> tariff_for(const settings& how, const std::string& service);

// Body of POST /orders.
result<json::value> order_body(const settings& how, const shipment& s);
// Body of PATCH /orders: packages get the ids that `current` (an answer to GET) has for the same numbers.
result<json::value> update_body(const settings& how, const std::string& uuid, const shipment& s,
                                const json::value& current);
// Body of POST /calculator/tariff (with a service) or /calculator/tarifflist (without). The ends are given: the city
// code of the sending office and of the receiving point, 0 when not known.
struct calculation {
  bool one_tariff{false};
  json::value body;
};
result<calculation> calculation_body(const settings& how, const shipment& s, std::int64_t from_city,
                                     std::int64_t to_city);
result<json::value> intake_body(const settings& how, const courier_request& r, instant today);
json::value print_body(const settings& how, const std::string& order_uuid, label_kind kind);

// Parts of the above, for tests and for each other.
result<json::array> packages_of(const settings& how, const shipment& s);
result<json::array> services_of(const settings& how, const shipment& s, const delivery_mode& mode);
bool wants_reverse(const settings& how, const shipment& s);
std::int64_t centimetres(std::int64_t millimetres); // rounded up
json::object location_of(const address& a);
// What of a delivery address goes into `address`: street, house and flat when known, else the text as typed.
std::string street_line(const address& a);
// nullopt: send no VAT. A fault: the rate is not in CDEK's list and the account does not say what to do.
result<std::optional<int>> vat_for(const settings& how, const item& i);
std::optional<fault> check_shipment(const settings& how, const shipment& s, const chosen_tariff& t);

// ---- answers ---------------------------------------------------------------------------------------------------

// A verdict in requests[].
struct verdict {
  std::string state; // ACCEPTED, WAITING, SUCCESSFUL, INVALID; empty: no such request
  fault refusal;     // with INVALID
};
// The request of this type with the newest date_time.
verdict verdict_of(const json::value& answer, std::string_view request_type);
// The uuid of `entity`, checked.
std::optional<std::string> entity_uuid(const json::value& answer);

// A read order. `way_back` when it is itself a return order.
struct order_facts {
  carrier_order order;
  int order_type{0};
  bool way_back{false};
  std::string last_status;        // code of the newest status; empty: none
  std::string return_uuid;        // CDEK's way back of a refused parcel
  std::string client_return_uuid; // the return that we asked for after delivery
};
result<order_facts> read_order(const settings& how, const json::value& answer);
// The statuses and delivery problems of an order's body, oldest first.
std::vector<tracking_event> events_of(const json::object& entity, bool way_back);
// Deletion is possible while CDEK has no parcel.
bool is_deletable(const order_facts& f);
bool is_closed(const order_facts& f); // delivered, not delivered, or gone

result<std::vector<quote>> read_tariff_list(const settings& how, const json::value& answer);
result<quote> read_tariff(std::int64_t tariff_code, const json::value& answer);

// A print form's state.
struct form_state {
  enum class step { working, ready, failed } now{step::working};
  fault why; // with failed
};
form_state read_form(const json::value& answer);

result<std::vector<carrier_notice>> read_webhook(const http_request& request);

} // namespace waybill::cdek
