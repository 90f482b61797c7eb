// The pure half: what is to be collected, what is due, what a digest says of it.
#include <mapping/goods.hpp>
#include <workflow/money.hpp>

#include <algorithm>
#include <iterator>

namespace waybill::workflow {
namespace {

using store::record;

bool was_delivered(const record& r) {
  return std::ranges::any_of(r.events,
                             [](const tracking_event& e) {
                               return e.known &&
                                      (e.canonical == status::delivered || e.canonical == status::partially_delivered);
                             }) ||
         std::ranges::any_of(r.money_done.cash, &store::cash_payment::paid);
}

std::string_view name_of(cash_step step) {
  switch (step) {
  case cash_step::none: return "none";
  case cash_step::collect: return "collect";
  case cash_step::part: return "part";
  case cash_step::back: return "back";
  }
  return "none";
}

} // namespace

result<std::optional<cash_plan>> plan_cash(const std::vector<sale::order>& orders,
                                           const std::vector<std::int64_t>& taken) {
  std::optional<cash_plan> plan;
  for (const sale::order& o : orders) {
    if (o.canceled) continue;
    for (const sale::payment& p : o.payments) {
      if (std::ranges::find(taken, p.id) != taken.end()) continue;
      if (!plan) plan.emplace().sum.currency = p.sum.currency;
      if (p.paid || !p.cash || p.sum.minor <= 0) continue;
      if (plan->payments.empty()) plan->sum.currency = p.sum.currency;
      if (plan->sum.currency != p.sum.currency)
        return fail(errc::bad_input, "the deal's cash payments are in several currencies");
      plan->sum.minor += p.sum.minor;
      store::cash_payment one;
      one.id = p.id;
      plan->payments.push_back(one);
    }
  }
  return plan;
}

std::vector<std::int64_t> taken_payments(const std::vector<record>& all, const std::string& but_of) {
  std::vector<std::int64_t> taken;
  for (const record& r : all) {
    if (r.money_done.payment_ours) taken.push_back(r.money_done.payment);
    // A cancelled parcel collects nothing any more; its payments are the next one's.
    if (r.reference == but_of || r.latest == status::cancelled) continue;
    for (const auto& p : r.money_done.cash) taken.push_back(p.id);
  }
  return taken;
}

void set_cash(shipment& what, const money& sum) {
  std::vector<mapping::good> all;
  for (const parcel& box : what.parcels)
    for (const item& i : box.items) all.emplace_back().what = i;
  what.delivery_fee = {mapping::spread_cash(all, sum.minor), sum.currency};
  what.cash_on_delivery = sum;
  auto spread = all.begin();
  for (parcel& box : what.parcels)
    for (item& i : box.items) i.cash_on_delivery = (spread++)->what.cash_on_delivery;
}

cash_step cash_step_of(const config::portal& portal, const record& r) {
  if (!portal.service || !portal.service->payments_paid_on_delivery || r.money_done.cash.empty() || !r.latest)
    return cash_step::none;
  if (*r.latest == status::delivered && r.collected) return cash_step::collect;
  if (*r.latest == status::partially_delivered && r.collected) return cash_step::part;
  if (*r.latest == status::returned && was_delivered(r)) return cash_step::back;
  return cash_step::none;
}

money sum_of(const std::vector<sale::crm_payment>& all) {
  money sum;
  if (!all.empty()) sum.currency = all.front().sum.currency;
  for (const auto& p : all) sum.minor += p.sum.minor;
  return sum;
}

std::optional<money> cost_wanted(const config::portal& portal, const record& r, config::cost_target place) {
  if (!portal.service || portal.service->cost_into != place || r.deal == 0) return {};
  if (!r.cost || r.cost->minor <= 0 || r.latest == status::cancelled) return {};
  return r.cost;
}

std::optional<money> cost_of_all(const config::portal& portal, const std::vector<record>& all) {
  std::optional<money> sum;
  for (const record& r : all) {
    const auto one = cost_wanted(portal, r, config::cost_target::invoice);
    if (!one || !r.beside.empty() || (sum && sum->currency != one->currency)) continue;
    if (!sum) sum = money{0, one->currency};
    sum->minor += one->minor;
  }
  return sum;
}

bool awaits_invoice(const config::portal& portal, const record& r) {
  return r.money_done.invoice == 0 && r.beside.empty() && cost_wanted(portal, r, config::cost_target::invoice);
}

std::string cost_row_name(const config::delivery_service& service) {
  return service.cost_row_name.empty() ? service.name : service.cost_row_name;
}

bool is_cost_row(const config::delivery_service& service, std::int64_t product, const std::string& name) {
  return service.cost_product > 0 ? product == service.cost_product : product == 0 && name == cost_row_name(service);
}

void leave_cost_row_out(const config::portal& portal, const std::optional<record>& r, bitrix24::deal_bundle& bundle) {
  if (!portal.service || portal.service->cost_into != config::cost_target::row) return;
  const auto gone = std::erase_if(bundle.rows, [&](const bitrix24::product_row& row) {
    return is_cost_row(*portal.service, row.product, row.name);
  });
  // The deal's whole amount grew by our row; collecting it too would raise the carrier's cost and the row again.
  if (gone > 0 && r && r->money_done.row_ours && r->money_done.row_price)
    bundle.deal.opportunity.minor =
        std::max<std::int64_t>(0, bundle.deal.opportunity.minor - r->money_done.row_price->minor);
}

std::string money_digest(const config::portal& portal, const record& r) {
  const store::money_state& m = r.money_done;
  std::string out;
  if (const auto step = cash_step_of(portal, r); step != cash_step::none) {
    out += "cash:" + std::string(name_of(step));
    if (step != cash_step::back) out += ":" + to_decimal(*r.collected);
  }
  const auto cost = [&](std::string_view place, const std::optional<money>& wanted, bool there) {
    if (!wanted && !there) return;
    out += "|" + std::string(place) + ":" + (wanted ? to_decimal(*wanted) + wanted->currency : std::string("-"));
  };
  cost("row", cost_wanted(portal, r, config::cost_target::row), m.row != 0 || m.row_begun);
  cost("invoice", cost_wanted(portal, r, config::cost_target::invoice), m.invoice != 0);
  const auto paid = cost_wanted(portal, r, config::cost_target::payment);
  cost("payment", paid, m.payment != 0 || m.payment_begun);
  if (paid && r.request) out += ":" + r.request->request_id;
  return out;
}

bool money_due(const config::portal& portal, const record& r) {
  if (!portal.service) return false;
  return awaits_invoice(portal, r) || money_digest(portal, r) != r.money_done.told;
}

fault refused_by_portal(fault f) {
  if (f.code == errc::conflict) f.code = errc::rejected;
  return f;
}

} // namespace waybill::workflow
