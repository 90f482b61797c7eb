// The shapes of requests. Written apart from the adapter's own writing, so that a slip there is refused here.
#include "sandbox_world.hpp"

#include <waybill/time.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::dpd::sandbox {
namespace {

using enum leaf;

constexpr std::array auth_fields{field{"clientNumber", number, true}, field{"clientKey", text, true}};
constexpr field auth{"auth", group, true, false, auth_fields};

constexpr std::array address_fields{field{"code"},
                                    field{"name", text, true},
                                    field{"terminalCode"},
                                    field{"addressString"},
                                    field{"countryName"},
                                    field{"index"},
                                    field{"region"},
                                    field{"city"},
                                    field{"street"},
                                    field{"streetAbbr"},
                                    field{"house"},
                                    field{"houseKorpus"},
                                    field{"str"},
                                    field{"vlad"},
                                    field{"extraInfo"},
                                    field{"office"},
                                    field{"flat"},
                                    field{"workTimeFrom"},
                                    field{"workTimeTo"},
                                    field{"dinnerTimeFrom"},
                                    field{"dinnerTimeTo"},
                                    field{"contactFio", text, true},
                                    field{"contactPhone", text, true},
                                    field{"contactEmail"},
                                    field{"instructions"},
                                    field{"needPass", yes_no}};
constexpr std::array parameter_fields{field{"name", text, true}, field{"value", text, true}};
constexpr std::array parcel_fields{field{"number", text, true},     field{"dpdParcelNumber", number},
                                   field{"number_for_print"},       field{"box_needed", number},
                                   field{"weight", decimal},        field{"length", decimal},
                                   field{"width", decimal},         field{"height", decimal},
                                   field{"insuranceCost", decimal}, field{"insuranceCostVat", decimal},
                                   field{"codAmount", decimal}};
constexpr std::array unit_fields{field{"article"},
                                 field{"descript", text, true},
                                 field{"client_code"},
                                 field{"declared_value", decimal, true},
                                 field{"parcel_num"},
                                 field{"npp_amount", decimal, true},
                                 field{"vat_percent", number},
                                 field{"without_vat", yes_no},
                                 field{"count", number, true},
                                 field{"GTIN"},
                                 field{"serial"}};
constexpr std::array extra_fields{field{"esCode", text, true}, field{"param", group, false, true, parameter_fields}};
constexpr std::array header_fields{field{"datePickup", day, true}, field{"payer", number},
                                   field{"senderAddress", group, true, false, address_fields},
                                   field{"pickupTimePeriod", text, true}, field{"regularNum"}};
constexpr std::array order_fields{field{"orderNumberInternal", text, true},
                                  field{"serviceCode", text, true},
                                  field{"serviceVariant", text, true},
                                  field{"cargoNumPack", number, true},
                                  field{"cargoWeight", decimal, true},
                                  field{"cargoVolume", decimal},
                                  field{"cargoRegistered", yes_no, true},
                                  field{"cargoValue", decimal},
                                  field{"cargoCategory", text, true},
                                  field{"deliveryTimePeriod"},
                                  field{"paymentType"},
                                  field{"extraParam", group, false, true, parameter_fields},
                                  field{"receiverAddress", group, true, false, address_fields},
                                  field{"returnAddress", group, false, false, address_fields},
                                  field{"extraService", group, false, true, extra_fields},
                                  field{"parcel", group, false, true, parcel_fields},
                                  field{"unitLoad", group, false, true, unit_fields}};
constexpr std::array orders_fields{auth, field{"header", group, true, false, header_fields},
                                   field{"order", group, true, true, order_fields}};
constexpr std::array create_shape{field{"orders", group, true, false, orders_fields}};

constexpr std::array number_fields{field{"orderNumberInternal", text, true}, field{"datePickup", day}};
constexpr std::array status_fields{auth, field{"order", group, true, true, number_fields}};
constexpr std::array status_shape{field{"orderStatus", group, true, false, status_fields}};

constexpr std::array cancel_one{field{"orderNumberInternal"}, field{"orderNum"}, field{"pickupdate", day}};
constexpr std::array cancel_fields{auth, field{"cancel", group, true, true, cancel_one}};
constexpr std::array cancel_shape{field{"orders", group, true, false, cancel_fields}};

constexpr std::array correction_fields{auth,
                                       field{"orderNum", text, true},
                                       field{"orderNumberInternal"},
                                       field{"cargoNumPack", number, true},
                                       field{"cargoWeight", decimal, true},
                                       field{"cargoVolume", decimal},
                                       field{"cargoValue", decimal},
                                       field{"cargoCategory"},
                                       field{"parcel", group, true, true, parcel_fields}};
constexpr std::array correction_shape{field{"parcels", group, true, false, correction_fields}};

constexpr std::array invoice_fields{auth, field{"orderNum", text, true}, field{"parcelCount", number},
                                    field{"cargoValue", decimal}};
constexpr std::array invoice_shape{field{"request", group, true, false, invoice_fields}};

constexpr std::array label_order{field{"orderNum", text, true}, field{"parcelsNumber", number, true}};
constexpr std::array label_fields{auth, field{"fileFormat", text, true}, field{"pageSize", text, true},
                                  field{"order", group, true, true, label_order}};
constexpr std::array label_shape{field{"getLabelFile", group, true, false, label_fields}};

constexpr std::array events_fields{auth, field{"dateFrom", moment}, field{"dateTo", moment},
                                   field{"maxRowCount", number}};
constexpr std::array events_shape{field{"request", group, true, false, events_fields}};
constexpr std::array confirm_fields{auth, field{"docId", number, true}};
constexpr std::array confirm_shape{field{"request", group, true, false, confirm_fields}};
constexpr std::array states_fields{auth, field{"clientOrderNr", text, true}, field{"pickupDate", day}};
constexpr std::array states_shape{field{"request", group, true, false, states_fields}};

constexpr std::array shops_fields{auth, field{"countryCode"}, field{"regionCode"}, field{"cityCode"},
                                  field{"cityName"}};
constexpr std::array shops_shape{field{"request", group, true, false, shops_fields}};
constexpr std::array terminals_shape{auth};
constexpr std::array cities_fields{auth, field{"countryCode"}};
constexpr std::array cities_shape{field{"request", group, true, false, cities_fields}};

constexpr std::array city_fields{field{"cityId", number}, field{"index"}, field{"cityName"},
                                 field{"regionCode", number}, field{"countryCode"}};
constexpr std::array cost_fields{auth,
                                 field{"pickup", group, true, false, city_fields},
                                 field{"delivery", group, true, false, city_fields},
                                 field{"selfPickup", yes_no, true},
                                 field{"selfDelivery", yes_no, true},
                                 field{"weight", decimal, true},
                                 field{"volume", decimal},
                                 field{"serviceCode"},
                                 field{"pickupDate", day},
                                 field{"maxDays", number},
                                 field{"maxCost", decimal},
                                 field{"declaredValue", decimal}};
constexpr std::array cost_shape{field{"request", group, true, false, cost_fields}};
constexpr std::array sized_fields{field{"weight", decimal, true}, field{"length", decimal, true},
                                  field{"width", decimal, true}, field{"height", decimal, true},
                                  field{"quantity", number}};
constexpr std::array parcels_cost_fields{auth,
                                         field{"pickup", group, true, false, city_fields},
                                         field{"delivery", group, true, false, city_fields},
                                         field{"selfPickup", yes_no, true},
                                         field{"selfDelivery", yes_no, true},
                                         field{"serviceCode"},
                                         field{"pickupDate", day},
                                         field{"maxDays", number},
                                         field{"maxCost", decimal},
                                         field{"declaredValue", decimal},
                                         field{"parcel", group, true, true, sized_fields}};
constexpr std::array parcels_cost_shape{field{"request", group, true, false, parcels_cost_fields}};

constexpr std::array<operation, 14> operations{{
    {"order2", "createOrder2", "create_order", create_shape},
    {"order2", "getOrderStatus", "order", status_shape},
    {"order2", "cancelOrder", "cancel", cancel_shape},
    {"order2", "addParcels", "update_order", correction_shape},
    {"order2", "removeParcels", "update_order", correction_shape},
    {"order2", "getInvoiceFile", "make_label", invoice_shape},
    {"label-print", "createLabelFile", "make_label", label_shape},
    {"event-tracking", "getEvents", "read_feed", events_shape},
    {"event-tracking", "confirm", "confirm_feed", confirm_shape},
    {"tracing", "getStatesByClientOrder", "history", states_shape},
    {"geography2", "getParcelShops", "pickup_points", shops_shape},
    {"geography2", "getTerminalsSelfDelivery2", "pickup_points", terminals_shape},
    {"geography2", "getCitiesCashPay", "cities", cities_shape},
    {"calculator2", "getServiceCost2", "quote_for", cost_shape},
}};
constexpr operation by_parcels{"calculator2", "getServiceCostByParcels2", "quote_for", parcels_cost_shape};

struct service_row {
  std::string_view path, space;
};
constexpr std::array<service_row, 6> services{{
    {"order2", "http://dpd.ru/ws/order2/2012-04-04"},
    {"calculator2", "http://dpd.ru/ws/calculator/2012-03-20"},
    {"geography2", "http://dpd.ru/ws/geography/2015-05-20"},
    {"event-tracking", "http://dpd.ru/ws/event-tracking/2016-02-15"},
    {"tracing", "http://dpd.ru/ws/tracing/2011-11-18"},
    {"label-print", "http://dpd.ru/ws/label-print/2018-02-20"}, // known from the description only
}};

bool good(leaf kind, const soap::node& e) {
  const std::string value = e.value();
  switch (kind) {
  case text: return true;
  case number: return !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
  case decimal: return soap::scaled(value, 2).has_value() && !value.starts_with('-');
  case yes_no: return value == "true" || value == "false";
  case day: return value.size() == 10 && parse_instant(value).has_value();
  case moment: return parse_instant(value).has_value();
  case group: return true;
  }
  return false;
}

} // namespace

std::string_view space_of(std::string_view service) {
  const auto it = std::ranges::find(services, service, &service_row::path);
  return it == services.end() ? std::string_view{} : it->space;
}

const operation* find_operation(std::string_view service, std::string_view name) {
  if (service == by_parcels.service && name == by_parcels.name) return &by_parcels;
  for (const operation& o : operations)
    if (o.service == service && o.name == name) return &o;
  return nullptr;
}

std::optional<std::string> misshapen(const soap::node& in, std::span<const field> shape) {
  std::size_t at = 0;
  std::vector<std::size_t> seen(shape.size(), 0);
  for (const soap::node& e : in.elements()) {
    if (!e.space().empty()) return fmt::format("unexpected element (uri:\"{}\", local:\"{}\")", e.space(), e.name());
    while (at < shape.size() && shape[at].name != e.name()) ++at;
    if (at == shape.size())
      return fmt::format("unexpected element (uri:\"\", local:\"{}\"), or not in its place", e.name());
    const field& f = shape[at];
    if (++seen[at] > 1 && !f.many) return fmt::format("element {} occurs twice", f.name);
    if (f.kind == group) {
      if (auto wrong = misshapen(e, f.inside)) return wrong;
    } else {
      if (!e.elements().empty() || e.value().empty()) return fmt::format("element {} is empty", f.name);
      if (!good(f.kind, e)) return fmt::format("element {} has a value of another kind", f.name);
    }
  }
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i].required && seen[i] == 0) return fmt::format("element {} is missing", shape[i].name);
  return {};
}

} // namespace waybill::dpd::sandbox
