// The cost of delivery in a field of the deal's smart invoice: what all parcels of the deal cost together. Writing the
// same value twice does no harm, so nothing is noted beforehand.
#include <sale/invoices.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/money.hpp>

#include <algorithm>

namespace waybill::workflow {

using store::record;

namespace {

// "432.5|RUB", "432.50" and 432.5 are one amount.
bool holds(const sale::invoice& one, const std::optional<money>& sum) {
  const auto amount = std::string_view(one.value).substr(0, one.value.find('|'));
  if (!sum) return amount.empty();
  const auto there = parse_minor(amount);
  return !amount.empty() && there && *there == sum->minor;
}

// The one that we wrote into stays ours while it counts; else the newest that is not lost.
const sale::invoice* choose(const std::vector<sale::invoice>& all, std::int64_t ours) {
  const sale::invoice* newest = nullptr;
  for (const auto& one : all) {
    if (sale::is_lost(one)) continue;
    if (one.id == ours) return &one;
    newest = &one;
  }
  return newest;
}

} // namespace

awaitable<result<record>> engine::impl::settle_cost_invoice(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const auto wanted = cost_wanted(*portal->settings, r, config::cost_target::invoice);
  if (!wanted && r.money_done.invoice == 0) co_return r;
  const std::string field = portal->settings->service->cost_invoice_field;
  if (field.empty()) co_return r; // the cost has another place by now: what was written stays
  auto all = co_await s->shipments->all_of(r.portal, r.deal);
  if (!all) co_return fail(all.error());
  const auto sum = cost_of_all(*portal->settings, *all);
  const auto client = portal->crm->shared_portal();
  auto invoices = co_await sale::invoices_of_deal(client, r.deal, field);
  if (!invoices) co_return fail(refused_by_portal(invoices.error()));
  const sale::invoice* chosen = choose(*invoices, r.money_done.invoice);
  if (chosen == nullptr) {
    r.money_done.invoice = 0;
    if (wanted) say_of_money(r, "cost_no_invoice", {{"cost", to_decimal(*wanted)}, {"currency", wanted->currency}});
    co_return r;
  }
  if (!holds(*chosen, sum)) {
    auto type = co_await sale::invoice_field_type(client, field);
    if (!type) co_return fail(refused_by_portal(type.error()));
    if (!*type) {
      r.money_done.invoice = 0;
      if (wanted)
        say_of_money(r, "cost_no_invoice_field",
                     {{"cost", to_decimal(*wanted)}, {"currency", wanted->currency}, {"field", field}});
      co_return r;
    }
    auto done = co_await sale::set_invoice_field(client, chosen->id, field, **type == "money", sum);
    if (!done) co_return fail(refused_by_portal(done.error()));
  }
  r.money_done.invoice = wanted ? chosen->id : 0;
  co_return r;
}

awaitable<result<void>> engine::impl::look_for_invoice(const portal_link* portal, std::int64_t deal,
                                                       std::string trace) {
  const auto self = shared_from_this();
  const auto& service = portal->settings->service;
  if (!service || service->cost_into != config::cost_target::invoice) co_return result<void>{};
  auto all = co_await s->shipments->all_of(portal->settings->id, deal);
  if (!all) co_return fail(all.error());
  for (const record& r : *all) {
    if (!awaits_invoice(*portal->settings, r)) continue;
    job money = money_job(r);
    money.trace = trace;
    auto queued = co_await s->jobs->enqueue(std::move(money), "money:" + r.reference);
    if (!queued) co_return fail(queued.error());
  }
  co_return result<void>{};
}

} // namespace waybill::workflow
