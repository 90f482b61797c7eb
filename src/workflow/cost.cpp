// The cost of delivery as a product row of the deal: one row, added, repriced, removed.
#include <waybill/fault_point.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/money.hpp>

#include <algorithm>

namespace waybill::workflow {

using store::money_state;
using store::record;

namespace {

sale::owner deal_of(const record& r) {
  sale::owner whose;
  whose.id = r.deal;
  return whose;
}

void forget_row(money_state& m) {
  m.row = 0;
  m.row_begun = m.row_ours = false;
  m.row_price.reset();
}

// A row of the deal's other parcels is theirs.
bool is_of_another(const std::vector<record>& all, const std::string& reference, std::int64_t row) {
  return std::ranges::any_of(
      all, [&](const record& other) { return other.reference != reference && other.money_done.row == row; });
}

} // namespace

awaitable<result<record>> engine::impl::settle_cost_row(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const auto wanted = cost_wanted(*portal->settings, r, config::cost_target::row);
  if (!wanted && r.money_done.row == 0 && !r.money_done.row_begun) co_return r;
  const auto client = portal->crm->shared_portal();
  const config::delivery_service& service = *portal->settings->service;

  // Lost ids are found again: by what the row is, among those that no other parcel of the deal has.
  if (r.money_done.row != 0) {
    auto known = co_await sale::row_by_id(client, r.money_done.row);
    if (!known && known.error().code != errc::not_found) co_return fail(refused_by_portal(known.error()));
    if (!known) {
      forget_row(r.money_done);
    } else {
      r.money_done.row_price = known->price;
    }
  }
  if (r.money_done.row == 0) {
    auto rows = co_await sale::rows_of(client, deal_of(r));
    if (!rows) co_return fail(refused_by_portal(rows.error()));
    auto all = co_await s->shipments->all_of(r.portal, r.deal);
    if (!all) co_return fail(all.error());
    const auto it = std::ranges::find_if(*rows, [&](const sale::row& one) {
      return is_cost_row(service, one.product, one.name) && !is_of_another(*all, r.reference, one.id);
    });
    if (it != rows->end()) {
      r.money_done.row = it->id;
      r.money_done.row_ours = r.money_done.row_begun; // begun by us, or found there
      r.money_done.row_price = it->price;
    } else if (!wanted) {
      forget_row(r.money_done);
      co_return r;
    }
  }

  if (!wanted) {
    if (r.money_done.row_ours) {
      auto gone = co_await sale::delete_row(client, r.money_done.row);
      if (!gone) co_return fail(refused_by_portal(gone.error()));
      fault_point("money.row_gone");
    }
    forget_row(r.money_done);
    co_return r;
  }
  if (r.money_done.row != 0) {
    if (r.money_done.row_price->minor != wanted->minor) {
      sale::row_change change;
      change.price = *wanted;
      auto changed = co_await sale::change_row(client, r.money_done.row, std::move(change));
      if (!changed) co_return fail(refused_by_portal(changed.error()));
    }
    r.money_done.row_price = *wanted;
    co_return r;
  }

  r.money_done.row_begun = true;
  auto noted = co_await save_quietly(std::move(r), "the cost's row is about to be added");
  if (!noted) co_return fail(noted.error());
  r = std::move(*noted);
  sale::row fresh;
  fresh.product = service.cost_product;
  fresh.name = cost_row_name(service);
  fresh.price = *wanted;
  auto id = co_await sale::add_row(client, deal_of(r), std::move(fresh));
  if (!id) co_return fail(refused_by_portal(id.error()));
  fault_point("money.row");
  r.money_done.row = *id;
  r.money_done.row_ours = true;
  r.money_done.row_price = *wanted;
  co_return r;
}

} // namespace waybill::workflow
