// The job that settles a shipment's money in the portal: cash that the carrier took, then the cost of delivery.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/money.hpp>

#include <algorithm>

namespace waybill::workflow {

using store::record;

namespace {

// The portal answers a save that met another one with a refusal that says nothing; a few repeats tell them apart.
constexpr std::int64_t tries_of_a_refusal = 3;

enum class verdict { again, operators, managers };

verdict verdict_on(errc code) {
  switch (code) {
  case errc::throttled:
  case errc::unavailable:
  case errc::timeout:
  case errc::cancelled:
  case errc::outcome_unknown: return verdict::again;
  case errc::forbidden:
  case errc::protocol:
  case errc::internal: return verdict::operators;
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found: break;
  }
  return verdict::managers;
}

} // namespace

awaitable<outcome> engine::impl::settle_money(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  auto found = co_await s->shipments->find(p.reference);
  if (!found) co_return outcome::retry(found.error());
  if (!*found) co_return outcome::done();
  const portal_link* portal = s->portal((*found)->portal);
  if (portal == nullptr || !money_due(*portal->settings, **found)) co_return outcome::done();
  const std::string before = store::encode(**found);
  // Else the invoice alone is still awaited: what was settled, and said, is not gone through again with each news.
  const bool anew = money_digest(*portal->settings, **found) != (*found)->money_done.told;
  result<record> settled = std::move(**found);
  if (anew) settled = co_await settle_cash(portal, std::move(*settled));
  if (settled && anew) settled = co_await settle_cost_row(portal, std::move(*settled));
  if (settled) settled = co_await settle_cost_invoice(portal, std::move(*settled));
  if (settled && anew) settled = co_await settle_cost_payment(portal, std::move(*settled));
  if (!settled) {
    fault f = settled.error();
    if (f.code == errc::conflict) co_return after_failed_save(f);
    const verdict what = verdict_on(f.code);
    if (what == verdict::again || (what == verdict::managers && j.attempt + 1 < tries_of_a_refusal))
      co_return outcome::retry(std::move(f));
    if (what == verdict::operators) co_return outcome::dead(std::move(f));
    log::warn("the portal refused a step of the money", {{"ref", p.reference}, {"what", f.what}});
    metrics::count("waybill_money_refused_total", {{"portal", portal->settings->id}});
    // As stored: what was noted before the refused step is kept.
    auto again = co_await s->shipments->find(p.reference);
    if (!again) co_return outcome::retry(again.error());
    if (!*again) co_return outcome::done();
    record refused = std::move(**again);
    say_of_money(refused, "money_refused", {{"text", f.what}});
    settled = std::move(refused);
  }
  settled->money_done.told = money_digest(*portal->settings, *settled);
  if (store::encode(*settled) == before) co_return outcome::done(); // still no invoice
  auto saved = co_await save(std::move(*settled), "money settled");
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

void engine::impl::say_of_money(record& r, std::string key, text_values values) const {
  std::string digest = key;
  for (const auto& [name, value] : values) digest += "|" + value;
  if (r.money_done.said == digest) return;
  r.money_done.said = std::move(digest);
  values.emplace_back("carrier", title_of(r.account));
  values.emplace_back("reference", r.reference);
  std::vector<news> said(1);
  said.front().key = std::move(key);
  said.front().values = std::move(values);
  announce(r, said);
}

awaitable<result<std::optional<cash_plan>>> engine::impl::plan_cash_of(const portal_link* portal, std::int64_t deal,
                                                                       std::int64_t order, std::string but_of) {
  const auto self = shared_from_this();
  if (!portal->settings->service) co_return std::optional<cash_plan>{};
  auto all = co_await s->shipments->all_of(portal->settings->id, deal, order);
  if (!all) co_return fail(all.error());
  auto taken = taken_payments(*all, but_of);
  portal_link link = *portal;
  co_return co_await cash_of(std::move(link), deal, order, std::move(taken));
}

awaitable<result<record>> engine::impl::settle_cash(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const cash_step step = cash_step_of(*portal->settings, r);
  if (step == cash_step::none) co_return r;
  const auto client = portal->crm->shared_portal();
  record copy = r;
  auto read = co_await payments_there(portal, std::move(copy));
  if (!read) co_return fail(read.error());
  std::vector<sale::crm_payment> there = std::move(*read);
  if (step == cash_step::back) co_return co_await take_back(portal, std::move(r), std::move(there));

  const bool changed_before = !r.money_done.part_told.empty();
  if (step == cash_step::part || changed_before) {
    record taken = r;
    std::vector<sale::crm_payment> as_they_are = there;
    auto fitted = co_await fit_payments(portal, std::move(taken), std::move(as_they_are));
    if (!fitted) co_return fail(fitted.error());
    // A crash may have come after the mark "paid": then they have come out already.
    const bool came_out = changed_before && sum_of(there) == *r.collected;
    if (!*fitted && step == cash_step::part && !came_out) {
      const money owed = sum_of(there);
      say_of_money(
          r, "cash_partial",
          {{"collected", to_decimal(*r.collected)}, {"due", to_decimal(owed)}, {"currency", r.collected->currency}});
      co_return r;
    }
    if (*fitted) {
      r = std::move(**fitted);
      record again = r;
      auto fresh = co_await payments_there(portal, std::move(again));
      if (!fresh) co_return fail(fresh.error());
      there = std::move(*fresh);
    }
  }
  record of_all = r;
  auto together = co_await collected_together(std::move(of_all));
  if (!together) co_return fail(together.error());
  if (!*together) co_return r; // the last parcel settles it
  const money collected = **together;
  const money due = sum_of(there);
  const text_values sums{
      {"collected", to_decimal(collected)}, {"due", to_decimal(due)}, {"currency", collected.currency}};
  if (due != collected) {
    say_of_money(r, "cash_differs", sums);
    co_return r;
  }

  // Noted before it is done: after a crash a payment that is found paid was marked by us.
  std::vector<std::int64_t> fresh;
  for (auto& c : r.money_done.cash) {
    const auto p = std::ranges::find(there, c.id, &sale::crm_payment::id);
    if (p == there.end() || p->paid || c.begun) continue;
    c.begun = true;
    fresh.push_back(c.id);
  }
  if (!fresh.empty()) {
    auto noted = co_await save_quietly(std::move(r), "payments are about to be marked");
    if (!noted) co_return fail(noted.error());
    r = std::move(*noted);
  }
  bool any = false;
  for (auto& c : r.money_done.cash) {
    const bool exists = std::ranges::find(there, c.id, &sale::crm_payment::id) != there.end();
    if (!c.begun || c.paid || !exists) continue;
    auto marked = co_await sale::mark_paid(client, c.id);
    if (!marked) co_return fail(refused_by_portal(marked.error()));
    fault_point("money.paid");
    record told = r;
    auto noted = co_await note_document(portal, std::move(told), c.id);
    if (!noted) co_return fail(noted.error());
    // Somebody else may have been quicker since we looked; that is not ours to take back later.
    c.paid = *marked || std::ranges::find(fresh, c.id) == fresh.end();
    any = any || c.paid;
  }
  if (any) say_of_money(r, "cash_paid", sums);
  co_return r;
}

awaitable<result<std::vector<sale::crm_payment>>> engine::impl::payments_there(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  std::vector<sale::crm_payment> there;
  for (const auto& c : r.money_done.cash) {
    auto one = co_await sale::payment_by_id(portal->crm->shared_portal(), c.id);
    if (one) there.push_back(std::move(*one));
    else if (one.error().code != errc::not_found) co_return fail(refused_by_portal(one.error()));
  }
  co_return there;
}

awaitable<result<std::optional<money>>> engine::impl::collected_together(record r) {
  const auto self = shared_from_this();
  std::optional<money> sum = r.collected;
  if (std::ranges::none_of(r.money_done.cash, &store::cash_payment::shared)) co_return sum;
  auto all = co_await s->shipments->all_of(r.portal, r.deal);
  if (!all) co_return fail(all.error());
  const auto shares = [&](const record& other) {
    return std::ranges::any_of(other.money_done.cash, [&](const store::cash_payment& c) {
      return c.shared &&
             std::ranges::find(r.money_done.cash, c.id, &store::cash_payment::id) != r.money_done.cash.end();
    });
  };
  for (const record& other : *all) {
    if (other.reference == r.reference || other.latest == status::cancelled || !shares(other)) continue;
    if (other.latest != status::delivered || !other.collected || other.collected->currency != sum->currency)
      co_return std::optional<money>{};
    sum->minor += other.collected->minor;
  }
  co_return sum;
}

// The carrier's number of the order as the payment's document, for those who compare its register with the store. The
// mark "paid" does not depend on it.
awaitable<result<void>> engine::impl::note_document(const portal_link* portal, record r, std::int64_t payment) {
  const auto self = shared_from_this();
  const std::string number = r.number.empty() ? r.reference : r.number;
  auto done = co_await sale::set_payment_document(portal->crm->shared_portal(), payment, number, to_date(r.latest_at));
  if (done || is_transient(done.error().code)) co_return done;
  log::warn("the payment's document was not noted", {{"ref", r.reference}, {"what", done.error().what}});
  co_return result<void>{};
}

// Delivered, paid, and returned afterwards.
awaitable<result<record>> engine::impl::take_back(const portal_link* portal, record r,
                                                  std::vector<sale::crm_payment> there) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  std::vector<sale::crm_payment> back, left;
  for (auto& c : r.money_done.cash) {
    const auto p = std::ranges::find(there, c.id, &sale::crm_payment::id);
    if (p == there.end()) continue;
    if (c.paid && portal->settings->service->unpay_on_return) {
      auto done = co_await sale::mark_unpaid(client, c.id);
      if (!done) co_return fail(refused_by_portal(done.error()));
      fault_point("money.unpaid");
      c.unpaid = true;
      back.push_back(*p);
    } else if (p->paid) {
      left.push_back(*p);
    }
  }
  // Both may be: a payment of ours, and one that a person marked.
  if (!back.empty()) {
    const money sum = sum_of(back);
    say_of_money(r, "cash_unpaid", {{"due", to_decimal(sum)}, {"currency", sum.currency}});
  }
  if (!left.empty()) {
    const money sum = sum_of(left);
    say_of_money(r, "cash_returned", {{"due", to_decimal(sum)}, {"currency", sum.currency}});
  }
  co_return r;
}

} // namespace waybill::workflow
