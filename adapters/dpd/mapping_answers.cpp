#include "errors.hpp"
#include "mapping.hpp"

#include <waybill/encoding.hpp>
#include <waybill/text.hpp>

namespace waybill::dpd {

std::optional<order_answer> read_order(const soap::node& response, const std::string& number) {
  const auto rows = response.children("return");
  for (const soap::node& row : rows) {
    const auto theirs = soap::text(row, "orderNumberInternal");
    if (theirs ? *theirs != number : rows.size() > 1) continue;
    order_answer a;
    a.status = soap::text_or(row, "status");
    a.number = number;
    a.dpd = clean_code(soap::text_or(row, "orderNum"));
    a.message = soap::text_or(row, "errorMessage");
    a.pickup_date = soap::date(row, "pickupDate").value_or("");
    a.date_flag = soap::text_or(row, "dateFlag");
    return a;
  }
  return {};
}

std::vector<quote> read_costs(const settings& how, const soap::node& response) {
  std::vector<quote> out;
  for (const soap::node& row : response.children("return")) {
    quote q;
    q.service = clean_code(soap::text_or(row, "serviceCode"));
    q.service_name = harmless(soap::text_or(row, "serviceName"), 80);
    const auto cost = soap::minor(row, "cost");
    const auto days = soap::integer(row, "days").value_or(0);
    if (q.service.empty() || !cost || *cost < 0 || days < 0 || days > 365) continue;
    q.cost = {*cost, how.currency};
    q.days_min = q.days_max = static_cast<int>(days);
    out.push_back(std::move(q));
  }
  return out;
}

result<void> read_parcels(const soap::node& response) {
  const soap::node answer = response.child("return");
  if (!answer) return fail(errc::outcome_unknown, "DPD answered the change without saying what came of it");
  for (const soap::node& p : answer.children("parcelStatus"))
    if (soap::text_or(p, "status") != "OK")
      return fail(refused_order(soap::text_or(p, "errorMessage", soap::text_or(p, "status"))));
  const std::string status = soap::text_or(answer, "status");
  if (status != "OK") return fail(refused_order(soap::text_or(answer, "errorMessage", status)));
  return {};
}

result<std::string> read_file(const soap::node& response) {
  const soap::node answer = response.child("return");
  for (const soap::node& order : answer.children("order"))
    if (const auto status = soap::text(order, "status"); status && *status != "OK" && !answer.child("file"))
      return fail(refused_label(soap::text_or(order, "errorMessage", *status)));
  const auto text = soap::text(answer, "file");
  if (!text) {
    const auto orders = answer.children("order");
    if (!orders.empty()) return fail(refused_label(soap::text_or(orders.front(), "errorMessage")));
    return fail(errc::unavailable, "DPD gave no file", "dpd.no_file");
  }
  auto bytes = from_base64(*text);
  if (!bytes || bytes->empty()) return fail(errc::protocol, "DPD's file is no base64");
  return std::move(*bytes);
}

} // namespace waybill::dpd
