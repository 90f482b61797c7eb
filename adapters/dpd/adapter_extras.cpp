// Prices, points, labels, the probe.
#include "adapter.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::dpd {
namespace {

using namespace std::chrono_literals;

} // namespace

// ---- prices ----------------------------------------------------------------------------------------------------

awaitable<place_asked> adapter::start_place() {
  place_asked out;
  out.city_id = how_.place.city_id;
  out.postal_code = how_.place.postal_code;
  out.city = how_.place.city;
  out.country = how_.country;
  if (out.city_id > 0) co_return out;
  if (!how_.place.terminal_code.empty()) {
    const auto point = co_await places_->known_place(how_.place.terminal_code);
    if (point && point->city_id > 0) {
      out.city_id = point->city_id;
      co_return out;
    }
  }
  address a;
  a.country_code = how_.country;
  a.postal_code = how_.place.postal_code;
  a.region = how_.place.region;
  a.city = how_.place.city;
  const auto c = co_await places_->known_city(std::move(a));
  if (c) out.city_id = c->id;
  co_return out;
}

awaitable<place_asked> adapter::end_place(shipment s) {
  place_asked out;
  out.postal_code = s.destination.postal_code;
  out.city = s.destination.city;
  out.country = s.destination.country_code;
  if (!s.pickup_point.empty()) {
    const auto point = co_await places_->known_place(s.pickup_point);
    if (point && point->city_id > 0) {
      out.city_id = point->city_id;
      co_return out;
    }
  }
  address a = s.destination;
  const auto c = co_await places_->known_city(std::move(a));
  if (c) out.city_id = c->id;
  co_return out;
}

awaitable<result<std::vector<quote>>> adapter::quote_for(shipment s) {
  const place_asked from = co_await start_place();
  place_asked to = co_await end_place(s);
  auto asked = cost_request(how_, s, from, to);
  if (!asked) co_return fail(asked.error());
  call c;
  c.to = wire::calculator;
  c.operation = asked->by_parcels ? "getServiceCostByParcels2" : "getServiceCost2";
  c.body = std::move(asked->request);
  c.about.calculation = true;
  c.timeout = 10s;
  auto answer = co_await api_->ask(c);
  if (!answer && answer.error().peer_code == "dpd.ambiguous_city" && to.city_id == 0) {
    // The name of the city and not its postal code may say it; both together never go.
    const bool other = !to.postal_code.empty() && !to.city.empty();
    if (other) {
      to.postal_code.clear();
      auto again = cost_request(how_, s, from, to);
      if (!again) co_return fail(again.error());
      c.body = std::move(again->request);
      answer = co_await api_->ask(c);
    }
  }
  if (!answer) co_return fail(answer.error());
  co_return read_costs(how_, answer->response);
}

awaitable<result<std::vector<pickup_point>>> adapter::pickup_points(pickup_query query) {
  co_return co_await places_->find(std::move(query));
}

// ---- labels ----------------------------------------------------------------------------------------------------

awaitable<result<label>> adapter::make_label(std::string id, label_kind kind) {
  auto record = co_await records_.find(id);
  if (!record) co_return fail(record.error());
  order_record r;
  if (*record) r = std::move(**record);
  else r.number = id;
  if (r.dpd.empty()) {
    auto said = co_await look(r);
    if (!said) co_return fail(said.error());
    if (!*said) co_return fail(errc::not_found, "DPD has no order of this number", "dpd.no_order");
    auto known = co_await taken(r, std::move(**said));
    if (!known) co_return fail(known.error());
    if (known->phase == order_phase::refused || known->phase == order_phase::cancelled)
      co_return fail(errc::conflict, "the order does not stand at DPD, so there is nothing to print", "dpd.no_order");
    r.dpd = known->number;
  }
  if (r.dpd.empty())
    co_return fail(errc::unavailable, "DPD has not numbered the order yet, so there is nothing to print",
                   "dpd.no_number", 60s);
  call c;
  if (kind == label_kind::waybill) {
    c.operation = "getInvoiceFile";
    c.body = invoice_request(how_, r.dpd);
  } else {
    c.to = wire::label_print;
    c.operation = "createLabelFile";
    c.body = label_request(how_, r.dpd, std::max<std::size_t>(1, r.boxes.size()));
  }
  c.timeout = 60s;
  c.max_bytes = 24 * 1024 * 1024;
  c.subject = "label:" + id;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  auto file = read_file(answer->response);
  if (!file) co_return fail(file.error());
  const bool pdf = kind == label_kind::waybill || how_.label_format == "PDF";
  if (pdf && !file->starts_with("%PDF")) co_return fail(errc::protocol, "what DPD printed is no PDF");
  label out;
  out.file_name = "dpd-" + r.dpd + (kind == label_kind::waybill ? "-waybill." : "-label.") + (pdf ? "pdf" : "fp3");
  if (!pdf) out.content_type = "application/octet-stream";
  out.bytes = std::move(*file);
  co_return out;
}

// ---- probe -----------------------------------------------------------------------------------------------------

// The key is tried by a question about an order that cannot be there, the services by their descriptions.
awaitable<result<std::string>> adapter::probe() {
  const auto nobody = co_await ask_status("waybill-probe", std::string());
  if (!nobody) co_return fail(nobody.error());
  std::string text = "number and key accepted";
  const std::vector<wire::service> services{wire::order,  wire::calculator, wire::geography,
                                            wire::events, wire::tracing,    wire::label_print};
  for (const wire::service& s : services) {
    const auto space = co_await api_->described_space(s);
    if (!space) text += fmt::format("; {}: no description ({})", s.path, space.error().what);
    else if (!s.space.empty() && *space != s.space)
      text += fmt::format("; {}: another version, tell waybill's makers", s.path);
  }
  text += "; one inbox of events per client number: nobody else may confirm them";
  co_return text;
}

} // namespace waybill::dpd
