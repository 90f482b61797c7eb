#include <delivery/asked.hpp>
#include <delivery/asked_parts.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::delivery {
namespace {

using namespace parts;

std::unexpected<fault> wrong(std::string what) { return fail(errc::bad_input, std::move(what)); }

result<asked> read_shipment(const json::object& o) {
  asked out;
  const auto id = id_of(o, "ID");
  if (!id) return wrong("SHIPMENT.ID is no id");
  out.shipment = *id;
  const auto price = amount(o, "PRICE");
  if (!price) return wrong("SHIPMENT.PRICE is no amount");
  out.price.minor = *price;
  out.price.currency = json::text_or(o, "CURRENCY", "RUB");
  if (out.price.currency.size() != 3 ||
      !std::ranges::all_of(out.price.currency, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return wrong("SHIPMENT.CURRENCY is no currency");
  const auto weight = whole(o, "WEIGHT", most_weight_g * 10);
  if (!weight) return wrong("SHIPMENT.WEIGHT is no weight");
  out.weight_g = *weight;
  for (const auto read : {read_service, read_properties, read_items, read_options})
    if (const auto done = read(o, out); !done) return fail(done.error());
  out.recipient = contact_of(o, "RECIPIENT_CONTACT");
  out.responsible = contact_of(o, "RESPONSIBLE_CONTACT");
  return out;
}

result<json::object> read_body(std::string_view body) {
  auto parsed = json::parse(body, longest_body);
  if (!parsed) return wrong("the body is no JSON");
  if (!parsed->is_object()) return wrong("the body is no JSON object");
  return std::move(parsed->get_object());
}

} // namespace

const std::string& asked_address::part(std::string_view name) const {
  static const std::string none;
  const auto it = std::ranges::find(parts, name, &std::pair<std::string, std::string>::first);
  return it == parts.end() ? none : it->second;
}

result<asked> read_calculation(std::string_view body) {
  const auto all = read_body(body);
  if (!all) return fail(all.error());
  const auto* one = json::child(*all, "SHIPMENT");
  if (one == nullptr) return wrong("SHIPMENT is missing");
  return read_shipment(*one);
}

result<std::vector<asked>> read_order(std::string_view body) {
  const auto all = read_body(body);
  if (!all) return fail(all.error());
  const auto* rows = json::list(*all, "SHIPMENTS");
  if (rows == nullptr || rows->empty()) return wrong("SHIPMENTS is missing");
  if (rows->size() > most_shipments) return wrong("SHIPMENTS has too many entries");
  std::vector<asked> out;
  for (const auto& row : *rows) {
    const auto* o = row.if_object();
    if (o == nullptr) return wrong("SHIPMENTS has an entry that is no object");
    auto one = read_shipment(*o);
    if (!one) return fail(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

result<asked_request> read_request(std::string_view body) {
  const auto all = read_body(body);
  if (!all) return fail(all.error());
  asked_request out;
  const auto id = id_of(*all, "DELIVERY_ID");
  if (!id || *id == 0) return wrong("DELIVERY_ID is no id");
  out.delivery_id = *id;
  out.request_id = json::text_or(*all, "REQUEST_ID");
  if (!is_code(out.request_id) || out.request_id == "0") return wrong("REQUEST_ID is missing");
  return out;
}

} // namespace waybill::delivery
