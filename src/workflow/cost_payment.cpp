// The cost of delivery as a part of a payment that the client makes by himself: the shipment's price, put into an
// unpaid payment that nobody collects in cash, or into one that is made for it. Never in two payments.
#include <sale/shipments.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/money.hpp>

#include <algorithm>

namespace waybill::workflow {

using store::money_state;
using store::record;

namespace {

using portal_client = sale::portal_client;

sale::owner deal_of(const record& r) {
  sale::owner whose;
  whose.id = r.deal;
  return whose;
}

void forget_payment(money_state& m) {
  m.payment = 0;
  m.payment_begun = m.payment_ours = m.price_ours = false;
  m.payments_before.clear();
  m.billed.clear();
}

store::billed_shipment* billed_of(money_state& m, std::int64_t shipment) {
  const auto it = std::ranges::find(m.billed, shipment, &store::billed_shipment::shipment);
  return it == m.billed.end() ? nullptr : &*it;
}

awaitable<result<bool>> covers_nothing(portal_client client, std::int64_t payment) {
  auto rows = co_await sale::paid_rows(client, payment);
  if (!rows) co_return fail(refused_by_portal(rows.error()));
  auto deliveries = co_await sale::paid_deliveries(client, payment);
  if (!deliveries) co_return fail(refused_by_portal(deliveries.error()));
  co_return rows->empty() && deliveries->empty();
}

// The payment whose making a crash interrupted: one that was not there before and covers nothing. 0: none.
awaitable<result<std::int64_t>> find_begun(portal_client client, sale::owner whose, std::vector<std::int64_t> before) {
  auto all = co_await sale::payments_of(client, whose);
  if (!all) co_return fail(refused_by_portal(all.error()));
  for (const auto& p : *all) {
    if (p.paid || std::ranges::find(before, p.id) != before.end()) continue;
    auto empty = co_await covers_nothing(client, p.id);
    if (!empty) co_return fail(empty.error());
    if (*empty) co_return p.id;
  }
  co_return 0;
}

// Where a shipment is paid for.
struct place {
  std::int64_t payment{0}; // 0: nowhere
  std::int64_t item{0};
  bool paid{false};
};
awaitable<result<place>> place_of(portal_client client, std::vector<sale::payment> all, std::int64_t shipment) {
  place found;
  for (const auto& p : all) {
    auto inside = co_await sale::paid_deliveries(client, p.id);
    if (!inside) co_return fail(refused_by_portal(inside.error()));
    for (const auto& d : *inside)
      if (d.shipment == shipment) {
        found.payment = p.id;
        found.item = d.id;
        found.paid = p.paid;
        co_return found;
      }
  }
  co_return found;
}

} // namespace

// The store's shipments that the parcel is: its own, the request's, else the only one of the deal. None: nobody can
// tell.
awaitable<result<std::vector<std::int64_t>>> engine::impl::shipments_to_pay(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  if (r.request) {
    auto kept = co_await s->requests->find(r.portal, r.request->request_id);
    if (!kept) co_return fail(kept.error());
    if (*kept && !(*kept)->shipments.empty() && r.request->from_form) co_return (*kept)->shipments;
    if (*kept && !(*kept)->shipments.empty() && r.in_store.shipments.empty()) co_return (*kept)->shipments;
  }
  auto all = co_await sale::deliveries_of_deal(portal->crm->shared_portal(), r.deal);
  if (!all) co_return fail(refused_by_portal(all.error()));
  std::vector<std::int64_t> there;
  for (const auto& d : *all)
    if (std::ranges::find(r.in_store.shipments, d.shipment) != r.in_store.shipments.end()) there.push_back(d.shipment);
  if (!there.empty()) co_return there;
  for (const auto& d : *all)
    if (billed_of(r.money_done, d.shipment) != nullptr) there.push_back(d.shipment);
  if (there.empty() && all->size() == 1) there.push_back(all->front().shipment);
  co_return there;
}

awaitable<result<record>> engine::impl::settle_cost_payment(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const auto wanted = cost_wanted(*portal->settings, r, config::cost_target::payment);
  const bool anything = r.money_done.payment != 0 || r.money_done.payment_begun;
  if (!wanted && !anything) co_return r;
  if (!wanted) co_return co_await withdraw_cost(portal, std::move(r));
  record copy = r;
  auto which = co_await shipments_to_pay(portal, std::move(copy));
  if (!which) co_return fail(which.error());
  if (which->empty()) {
    say_of_money(r, "cost_no_shipment", {{"cost", to_decimal(*wanted)}, {"currency", wanted->currency}});
    co_return r;
  }
  bool due = false;
  for (std::size_t i = 0; i < which->size(); ++i) {
    // The carrier's price is of the whole parcel: of several shipments the first bears it, the others what they had.
    std::optional<money> price;
    if (i == 0) price = wanted;
    auto billed = co_await bill_shipment(portal, std::move(r), which->at(i), std::move(price));
    if (!billed) co_return billed;
    r = std::move(*billed);
    due = due || billed_of(r.money_done, which->at(i)) != nullptr;
  }
  if (!due && (r.money_done.payment != 0 || r.money_done.payment_begun))
    co_return co_await withdraw_cost(portal, std::move(r));
  co_return co_await tell_link(portal, std::move(r));
}

// `wanted`: what the shipment costs when the portal has never calculated it.
awaitable<result<record>> engine::impl::bill_shipment(const portal_link* portal, record r, std::int64_t which,
                                                      std::optional<money> wanted) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  auto shipment = co_await sale::read_shipment_by_id(client, which);
  if (!shipment) co_return fail(refused_by_portal(shipment.error()));

  // What the portal has calculated stands: with our margin in it, or free by our rules. Only a shipment that was never
  // calculated gets the carrier's price.
  money price = shipment->price;
  if (wanted && !r.request && (price.minor == 0 || r.money_done.price_ours) && price.minor != wanted->minor) {
    if (!r.money_done.price_ours) {
      r.money_done.price_ours = true;
      auto noted = co_await save_quietly(std::move(r), "the shipment's price is about to be written");
      if (!noted) co_return fail(noted.error());
      r = std::move(*noted);
    }
    sale::shipment_change change;
    change.price = *wanted;
    auto changed = co_await sale::change_shipment(client, which, std::move(change));
    if (!changed) co_return fail(refused_by_portal(changed.error()));
    price = *wanted;
  }
  if (price.minor != 0) co_return co_await put_cost(portal, std::move(r), shipment->order, which, std::move(price));
  if (billed_of(r.money_done, which) == nullptr) co_return r;
  co_return co_await unbill(portal, std::move(r), which);
}

// It costs nothing any more.
awaitable<result<record>> engine::impl::unbill(const portal_link* portal, record r, std::int64_t shipment) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  auto inside = co_await sale::paid_deliveries(client, r.money_done.payment);
  if (!inside && inside.error().code != errc::not_found) co_return fail(refused_by_portal(inside.error()));
  if (inside)
    for (const auto& d : *inside) {
      if (d.shipment != shipment) continue;
      auto gone = co_await sale::remove_paid_delivery(client, d.id);
      if (!gone) co_return fail(refused_by_portal(gone.error()));
    }
  std::erase_if(r.money_done.billed, [&](const store::billed_shipment& b) { return b.shipment == shipment; });
  co_return r;
}

awaitable<result<record>> engine::impl::put_cost(const portal_link* portal, record r, std::int64_t order,
                                                 std::int64_t shipment, money price) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  auto payments = co_await sale::payments_of_order(client, order);
  if (!payments) co_return fail(refused_by_portal(payments.error()));
  auto all = *payments;
  auto at = co_await place_of(client, std::move(all), shipment);
  if (!at) co_return fail(at.error());
  store::billed_shipment* mine = billed_of(r.money_done, shipment);
  if (mine != nullptr && mine->item == 0 && at->payment != 0 && at->payment == r.money_done.payment)
    mine->item = at->item; // the answer to our call was lost
  const bool ours = at->payment != 0 && mine != nullptr && at->item == mine->item;
  if (at->payment != 0 && !ours) co_return r; // a manager put it there
  if (ours && !at->paid && mine->price && mine->price->minor != price.minor) {
    // A payment does not follow its shipment's price by itself.
    auto gone = co_await sale::remove_paid_delivery(client, at->item);
    if (!gone) co_return fail(refused_by_portal(gone.error()));
    *at = place{};
  }
  if (at->payment == 0 && mine == nullptr) {
    // The parcel has another shipment now: what was billed for one that it has no more is moved.
    const auto& held = r.in_store.shipments;
    const auto old = std::ranges::find_if(r.money_done.billed, [&](const store::billed_shipment& b) {
      return b.item != 0 && std::ranges::find(held, b.shipment) == held.end();
    });
    if (old != r.money_done.billed.end()) {
      auto moved = co_await sale::move_paid_delivery(client, old->item, shipment);
      if (!moved && moved.error().code != errc::not_found) co_return fail(refused_by_portal(moved.error()));
      if (moved) {
        old->shipment = shipment;
        at->payment = r.money_done.payment;
      } else {
        r.money_done.billed.erase(old);
      }
    }
  }
  if (at->payment == 0) {
    auto chosen = co_await choose_payment(portal, std::move(r), std::move(*payments));
    if (!chosen) co_return chosen;
    r = std::move(*chosen);
    if (auto* known = billed_of(r.money_done, shipment)) known->item = 0;
    else r.money_done.billed.emplace_back().shipment = shipment;
    auto noted = co_await save_quietly(std::move(r), "the cost is about to be billed");
    if (!noted) co_return fail(noted.error());
    r = std::move(*noted);
    auto item = co_await sale::put_paid_delivery(client, r.money_done.payment, shipment);
    if (!item) co_return fail(refused_by_portal(item.error()));
    fault_point("money.item");
    billed_of(r.money_done, shipment)->item = *item;
  }
  if (auto* known = billed_of(r.money_done, shipment); known != nullptr && !at->paid) known->price = price;
  co_return r;
}

// The link to pay is told once, when all that the parcel costs is in the payment.
awaitable<result<record>> engine::impl::tell_link(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  if (r.money_done.link_told || r.money_done.payment == 0 || r.money_done.billed.empty()) co_return r;
  const auto client = portal->crm->shared_portal();
  auto paid = co_await sale::payment_by_id(client, r.money_done.payment);
  if (!paid && paid.error().code != errc::not_found) co_return fail(refused_by_portal(paid.error()));
  if (!paid || paid->paid) co_return r;
  money price;
  for (const auto& b : r.money_done.billed) {
    if (!b.price) continue;
    price.currency = b.price->currency;
    price.minor += b.price->minor;
  }
  auto link = co_await sale::link_to_pay(client, r.money_done.payment);
  if (!link && is_transient(link.error().code)) co_return fail(link.error());
  if (!link) {
    log::warn("no link to pay: is the scope salescenter granted?", {{"ref", r.reference}, {"what", link.error().what}});
    co_return r;
  }
  r.money_done.link_told = true;
  say_of_money(r, "pay_link",
               {{"cost", to_decimal(price)},
                {"currency", price.currency},
                {"url", link->short_url.empty() ? link->url : link->short_url}});
  co_return r;
}

// An unpaid payment of this order that no courier collects, else one that is made for it.
awaitable<result<record>> engine::impl::choose_payment(const portal_link* portal, record r,
                                                       std::vector<sale::payment> payments) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  const auto open = [&](std::int64_t id) {
    return std::ranges::any_of(payments, [id](const sale::payment& p) { return p.id == id && !p.paid; });
  };
  if (r.money_done.payment != 0 && open(r.money_done.payment)) co_return r;
  if (r.money_done.payment_ours &&
      std::ranges::find(payments, r.money_done.payment, &sale::payment::id) == payments.end()) {
    auto elsewhere = co_await sale::payment_by_id(client, r.money_done.payment);
    if (elsewhere) co_return fail(errc::rejected, "the payment for the delivery belongs to another order of the deal");
    if (elsewhere.error().code != errc::not_found) co_return fail(refused_by_portal(elsewhere.error()));
  }
  r.money_done.payment = 0;
  r.money_done.payment_ours = false;
  const auto found = std::ranges::find_if(payments, [](const sale::payment& p) { return !p.paid && !p.cash; });
  if (found != payments.end() && !r.money_done.payment_begun) {
    r.money_done.payment = found->id;
    co_return r;
  }
  if (r.money_done.payment_begun) {
    auto lost = co_await find_begun(client, deal_of(r), r.money_done.payments_before);
    if (!lost) co_return fail(lost.error());
    r.money_done.payment = *lost;
  } else {
    auto before = co_await sale::payments_of(client, deal_of(r));
    if (!before) co_return fail(refused_by_portal(before.error()));
    for (const auto& p : *before) r.money_done.payments_before.push_back(p.id);
    r.money_done.payment_begun = true;
    auto noted = co_await save_quietly(std::move(r), "a payment is about to be made");
    if (!noted) co_return fail(noted.error());
    r = std::move(*noted);
  }
  if (r.money_done.payment == 0) {
    auto made = co_await sale::add_payment(client, deal_of(r));
    if (!made) co_return fail(refused_by_portal(made.error()));
    fault_point("money.payment");
    r.money_done.payment = *made;
  }
  r.money_done.payment_ours = true;
  r.money_done.payment_begun = false;
  r.money_done.payments_before.clear();
  const std::int64_t system = portal->settings->service->payment_system;
  if (system == 0) co_return r;
  auto set = co_await sale::set_pay_system(client, r.money_done.payment, system);
  if (!set) co_return fail(refused_by_portal(set.error()));
  co_return r;
}

// Nothing is to be paid any more. A paid payment is closed: only a person can give money back.
awaitable<result<record>> engine::impl::withdraw_cost(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  money_state& m = r.money_done;
  if (m.payment == 0 && m.payment_begun) {
    auto lost = co_await find_begun(client, deal_of(r), m.payments_before);
    if (!lost) co_return fail(lost.error());
    m.payment = *lost;
    m.payment_ours = true;
  }
  if (m.payment != 0) {
    auto p = co_await sale::payment_by_id(client, m.payment);
    if (!p && p.error().code != errc::not_found) co_return fail(refused_by_portal(p.error()));
    if (p && p->paid) {
      if (!m.billed.empty())
        say_of_money(r, "cost_paid_stays", {{"due", to_decimal(p->sum)}, {"currency", p->sum.currency}});
    } else if (p) {
      auto inside = co_await sale::paid_deliveries(client, m.payment);
      if (!inside) co_return fail(refused_by_portal(inside.error()));
      for (const auto& d : *inside) {
        if (billed_of(m, d.shipment) == nullptr) continue;
        auto gone = co_await sale::remove_paid_delivery(client, d.id);
        if (!gone) co_return fail(refused_by_portal(gone.error()));
        fault_point("money.item_gone");
      }
      if (m.payment_ours) {
        auto empty = co_await covers_nothing(client, m.payment);
        if (!empty) co_return fail(empty.error());
        if (*empty) {
          auto gone = co_await sale::delete_payment(client, m.payment);
          if (!gone) co_return fail(refused_by_portal(gone.error()));
        }
      }
    }
  }
  forget_payment(m);
  co_return r;
}

} // namespace waybill::workflow
