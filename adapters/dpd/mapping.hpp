// Pure translation: our shipment into DPD's elements, DPD's answers into our facts. No network, no clock of its own.
#pragma once
#include "record.hpp"
#include "settings.hpp"

#include <waybill/carrier.hpp>
#include <waybill/error.hpp>
#include <waybill/shipment.hpp>
#include <waybill/soap.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::dpd {

// ---- requests --------------------------------------------------------------------------------------------------
// Faults are bad_input with a peer_code "dpd.<what>".

// The tariff and the ends that a shipment's service stands for.
struct chosen_service {
  std::string code;
  end from{end::door}, to{end::door};
};
result<chosen_service> service_for(const settings& how, const shipment& s);

// The day of the handover for an order made at `at`, in the sender's own time.
std::string pickup_date(const settings& how, instant at);
// Whether that day has passed there.
bool is_past(const settings& how, const std::string& date, instant at);

// Everything that DPD would surely refuse.
std::optional<fault> check_shipment(const settings& how, const shipment& s, const chosen_service& way);

void write_auth(soap::writer& out, const settings& how);
// The content of createOrder2.
result<std::string> order_request(const settings& how, const shipment& s, const order_record& r);
std::string status_request(const settings& how, const std::string& number, const std::string& date);
std::string cancel_request(const settings& how, const order_record& r);
// addParcels and removeParcels: the boxes that come or go, and what the order then is.
std::string parcels_request(const settings& how, const order_record& r, const std::vector<box>& moved,
                            const std::vector<box>& after);
std::string label_request(const settings& how, const std::string& dpd_number, std::size_t parcels);
std::string invoice_request(const settings& how, const std::string& dpd_number);

// A place for the calculator; the surest that is known.
struct place_asked {
  std::int64_t city_id{0};
  std::string postal_code, city, country;
};
struct calculation {
  bool by_parcels{false}; // else by weight and volume
  std::string request;
};
result<calculation> cost_request(const settings& how, const shipment& s, const place_asked& from,
                                 const place_asked& to);

// Parts of the above.
struct address_extras {
  std::string terminal; // a point: street and house are left out
  std::string office, instructions;
  bool needs_pass{false};
};
void write_address(soap::writer& out, std::string_view element, const address& a, const party& who,
                   const address_extras& more);
result<void> write_goods(soap::writer& out, const settings& how, const shipment& s);
std::vector<box> boxes_of(const shipment& s);
// A digest of all but the boxes: what differs here needs a new order.
std::string rest_of(const shipment& s);
// "пр-т" and "Мира" of "пр-кт Мира"; the first empty when there is no type of street in it.
std::pair<std::string, std::string> split_street(std::string_view street);
struct house_parts {
  std::string house, korpus, building, estate; // дом, корпус, строение, владение
};
house_parts split_house(std::string_view house);

// ---- answers ---------------------------------------------------------------------------------------------------

// One <return> of createOrder2, getOrderStatus or cancelOrder.
struct order_answer {
  std::string status, number, dpd, message, pickup_date, date_flag;
};
// The row of our number; a single row without one counts as well. Nothing: there is none.
std::optional<order_answer> read_order(const soap::node& response, const std::string& number);
std::vector<quote> read_costs(const settings& how, const soap::node& response);
// Of addParcels and removeParcels; a fault when the order or one of the parcels was refused.
result<void> read_parcels(const soap::node& response);
// The PDF of a label; the order's own refusal as a fault.
result<std::string> read_file(const soap::node& response);

} // namespace waybill::dpd
