#include <waybill/json.hpp>
#include <workflow/desired.hpp>
#include <workflow/texts.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace waybill::workflow {
namespace {

using store::phase;

// Empty user fields come as null, "", false or [].
std::string present(const bitrix24::deal& deal, const std::string& name) {
  const auto* v = json::find(deal.fields, name);
  return v == nullptr ? std::string{} : json::as_text(*v).value_or("");
}

// 324.9, "324.90" and "324.90|RUB" are one amount.
bool same_amount(const std::string& there, std::int64_t minor) {
  const auto got = parse_minor(std::string_view(there).substr(0, there.find('|')));
  return !there.empty() && got && *got == minor;
}

std::string status_text(const config::portal& portal, const store::record& r) {
  if (r.trouble_now) return status_name(portal, status::problem);
  if (r.latest) return status_name(portal, *r.latest);
  if (r.state == phase::submitted) return say(portal, "order_pending_status");
  return r.state == phase::confirmed ? status_name(portal, status::created) : std::string{};
}

} // namespace

std::string stage_in(std::int64_t category, const std::string& stage) {
  if (category == 0 || stage.contains(':')) return stage;
  return fmt::format("C{}:{}", category, stage);
}

boost::json::object desired_fields(const config::portal& portal, const store::record& r, const bitrix24::deal& deal) {
  boost::json::object out;
  const auto want = [&](const std::string& name, const std::string& value) {
    if (!name.empty() && present(deal, name) != value) out[name] = value;
  };
  const config::deal_fields& f = portal.fields;
  want(f.order_id, r.order_id);
  want(f.tracking_number, r.number);
  want(f.tracking_url, r.tracking_url);
  want(f.status, status_text(portal, r));
  want(f.error, r.trouble_now ? explain(portal, *r.trouble_now) : std::string{});
  // With a delivery service the cost has one place in the deal.
  const bool here = !portal.service || portal.service->cost_into == config::cost_target::field;
  if (here && r.cost && !f.cost.empty() && !same_amount(present(deal, f.cost), r.cost->minor))
    out[f.cost] = to_decimal(*r.cost);
  // A date comes back as midnight with an offset.
  if (!f.planned_date.empty() && !r.planned_date.empty() && !present(deal, f.planned_date).starts_with(r.planned_date))
    out[f.planned_date] = r.planned_date;
  return out;
}

std::optional<std::string> desired_stage(const config::portal& portal, const store::record& r,
                                         const bitrix24::deal& deal, const std::vector<bitrix24::stage>& stages) {
  if (!r.latest) return {};
  const auto wanted = portal.stages.find(*r.latest);
  if (wanted == portal.stages.end()) return {};
  std::string target = stage_in(deal.category, wanted->second);
  if (target == deal.stage || deal.closed) return {};
  const auto place = [&](const std::string& id) { return std::ranges::find(stages, id, &bitrix24::stage::id); };
  const auto to = place(target), from = place(deal.stage);
  if (to == stages.end()) return {};
  bool ours = false;
  for (const auto& t : portal.triggers)
    ours = ours || (t.category == deal.category && stage_in(t.category, t.stage) == deal.stage);
  for (const auto& [s, id] : portal.stages) ours = ours || stage_in(deal.category, id) == deal.stage;
  if (!ours) return {};
  if (to->semantic != "F" && from != stages.end() && to->sort < from->sort) return {};
  return target;
}

std::optional<config::trigger_action> asked(const config::portal& portal, const bitrix24::deal& deal) {
  for (const auto& t : portal.triggers)
    if (t.category == deal.category && stage_in(t.category, t.stage) == deal.stage) return t.action;
  return {};
}

std::string deal_digest(const config::portal& portal, const bitrix24::deal& deal) {
  const config::deal_fields& f = portal.fields;
  boost::json::object seen{
      {"contacts", boost::json::value_from(deal.contacts)}, {"company", deal.company}, {"sum", deal.opportunity.minor}};
  for (const auto* name : {&f.address, &f.phone, &f.delivery_type, &f.pickup_point, &f.carrier, &f.cash_on_delivery,
                           &f.declared_value, &f.parcels, &f.comment})
    if (!name->empty())
      if (const auto* v = deal.fields.if_contains(*name)) seen[*name] = *v;
  const std::string text = json::serialize(seen);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return fmt::format("{:02x}", fmt::join(hash.begin(), hash.begin() + 12, ""));
}

} // namespace waybill::workflow
