// A parcel of which the recipient took only a part: the payment and the shipments are brought to what was taken.
#include <mapping/text.hpp>
#include <sale/shipments.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/money.hpp>
#include <workflow/part.hpp>

#include <algorithm>
#include <numeric>

namespace waybill::workflow {

using store::record;

namespace {

constexpr std::size_t longest_name = 100; // what differs behind it is the same article

std::size_t items_of(const shipment& what) {
  std::size_t n = 0;
  for (const parcel& box : what.parcels) n += box.items.size();
  return n;
}

// One row of a payment as it is and as it should be.
struct row_step {
  std::int64_t item{0}; // of the payment; 0: to be put in again
  std::int64_t row{0};
  std::int64_t now{0}, wanted{0};
  std::int64_t price{0};
};

sale::owner deal_of(const record& r) {
  sale::owner whose;
  whose.id = r.deal;
  return whose;
}

// What is to change in a payment; nothing: its rows are not all of this parcel, or cannot be counted in units.
std::optional<std::vector<row_step>> steps_of(const std::vector<sale::paid_row>& inside,
                                              const std::vector<sale::row>& rows, taken_units& taken,
                                              bool changed_before) {
  std::vector<row_step> out;
  for (const auto& row : rows) {
    const auto paid = std::ranges::find(inside, row.id, &sale::paid_row::row);
    const bool there = paid != inside.end();
    if (!there && (!changed_before || !taken.has(row.name, row.price))) continue;
    if (!taken.has(row.name, row.price)) return {};
    row_step one;
    one.item = there ? paid->id : 0;
    one.row = row.id;
    one.now = there ? units_of(paid->quantity) : 0;
    const std::int64_t most = units_of(row.quantity);
    if (one.now < 0 || most < 0) return {};
    one.wanted = taken.take(row.name, row.price, changed_before ? most : one.now);
    one.price = row.price.minor;
    out.push_back(one);
  }
  for (const auto& p : inside)
    if (std::ranges::find(rows, p.row, &sale::row::id) == rows.end()) return {};
  return out;
}

awaitable<result<void>> set_row(sale::portal_client client, sale::owner whose, std::int64_t payment, row_step step) {
  if (step.now == step.wanted) co_return result<void>{};
  if (step.wanted == 0) co_return co_await sale::remove_paid_row(client, step.item);
  std::string quantity = std::to_string(step.wanted);
  if (step.item != 0) co_return co_await sale::set_paid_quantity(client, step.item, std::move(quantity));
  // The carrier has corrected itself: put in again, as far as nobody has billed it elsewhere meanwhile.
  auto open = co_await sale::rows_to_pay(client, whose);
  if (open) {
    const auto it = std::ranges::find(*open, step.row, &sale::row::id);
    if (it == open->end() || units_of(it->quantity) < step.wanted) co_return result<void>{};
  } else if (is_transient(open.error().code)) {
    co_return fail(open.error());
  }
  auto put = co_await sale::put_paid_row(client, payment, step.row, std::move(quantity));
  if (!put) co_return fail(put.error());
  co_return result<void>{};
}

} // namespace

bool knows_what_was_taken(const record& r) {
  return !r.handed_over.empty() && r.handed_over.size() == items_of(r.what);
}

taken_units::article taken_units::of(std::string_view name, const money& price) {
  return {mapping::cut(mapping::simplified(name), longest_name), price.minor};
}

taken_units::taken_units(const record& r) {
  if (!knows_what_was_taken(r)) return;
  auto units = r.handed_over.begin();
  for (const parcel& box : r.what.parcels)
    for (const item& i : box.items) left_[of(i.name, i.price)] += std::clamp<std::int64_t>(*units++, 0, i.quantity);
}

bool taken_units::has(std::string_view name, const money& price) const { return left_.contains(of(name, price)); }

std::int64_t taken_units::take(std::string_view name, const money& price, std::int64_t most) {
  const auto it = left_.find(of(name, price));
  if (it == left_.end()) return 0;
  const std::int64_t units = std::min(it->second, most);
  it->second -= units;
  return units;
}

std::int64_t units_of(std::string_view quantity) {
  const auto hundredths = parse_minor(quantity);
  return hundredths && *hundredths >= 0 && *hundredths % 100 == 0 ? *hundredths / 100 : -1;
}

// The unpaid payments are now what was taken and collected. Nothing: a person must do it, and nothing was changed.
awaitable<result<std::optional<record>>> engine::impl::fit_payments(const portal_link* portal, record r,
                                                                    std::vector<sale::crm_payment> there) {
  const auto self = shared_from_this();
  const bool shared = std::ranges::any_of(r.money_done.cash, &store::cash_payment::shared);
  const bool paid = std::ranges::any_of(there, &sale::crm_payment::paid);
  const auto not_ours = [] { return result<std::optional<record>>(std::optional<record>{}); };
  if (!knows_what_was_taken(r) || shared || paid || there.empty() || r.deal == 0) co_return not_ours();
  const auto client = portal->crm->shared_portal();
  const sale::owner whose = deal_of(r);
  auto rows = co_await sale::rows_of(client, whose);
  if (!rows) co_return fail(refused_by_portal(rows.error()));
  taken_units taken(r);
  std::vector<std::vector<row_step>> all;
  std::int64_t sum = 0;
  for (const auto& p : there) {
    auto inside = co_await sale::paid_rows(client, p.id);
    if (!inside) co_return fail(refused_by_portal(inside.error()));
    auto steps = steps_of(*inside, *rows, taken, !r.money_done.part_told.empty());
    if (!steps) co_return not_ours();
    sum += p.sum.minor;
    for (const auto& step : *steps) sum += step.price * (step.wanted - step.now);
    all.push_back(std::move(*steps));
  }
  // The portal's sum must come out as what was collected: else there is a discount or a fee that we do not know.
  if (sum != r.collected->minor) co_return not_ours();
  if (r.money_done.part_told.empty()) { // before it is done: what was taken out may have to be put in again
    r.money_done.part_told = to_decimal(*r.collected);
    auto noted = co_await save_quietly(std::move(r), "payments are about to be corrected");
    if (!noted) co_return fail(noted.error());
    r = std::move(*noted);
  }
  for (std::size_t i = 0; i < there.size(); ++i)
    for (const row_step& step : all[i]) {
      auto done = co_await set_row(client, whose, there[i].id, step);
      if (!done) co_return fail(refused_by_portal(done.error()));
      if (step.now != step.wanted) fault_point("money.part");
    }
  co_return std::optional(std::move(r));
}

// The shipments hold what was taken; the rest is free in the order again, to be shipped or written off.
awaitable<result<void>> engine::impl::fit_shipments(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  taken_units taken(r);
  for (const std::int64_t id : r.in_store.shipments) {
    auto shipment = co_await sale::read_shipment_by_id(client, id);
    if (!shipment && shipment.error().code == errc::not_found) continue;
    if (!shipment) co_return fail(shipment.error());
    if (shipment->deducted) continue; // the stock has them written off: a person's business
    auto order = co_await sale::read_order(client, shipment->order);
    if (!order) co_return fail(order.error());
    auto lines = co_await sale::lines_of_shipment(client, id);
    if (!lines) co_return fail(lines.error());
    for (const auto& b : order->basket) {
      const auto line = std::ranges::find(*lines, b.id, &sale::shipment::line::basket);
      const std::int64_t most = units_of(b.quantity);
      if (!taken.has(b.name, b.price) || most < 0) continue; // not this parcel's, or not counted in units
      const std::int64_t units = taken.take(b.name, b.price, most);
      result<void> done;
      if (line == lines->end() && units > 0) {
        auto put = co_await sale::put_line(client, id, b.id, std::to_string(units));
        if (!put) done = fail(put.error());
      } else if (line != lines->end() && units == 0) {
        done = co_await sale::remove_line(client, line->id);
      } else if (line != lines->end() && units_of(line->quantity) != units) {
        done = co_await sale::set_line_quantity(client, line->id, std::to_string(units));
      }
      if (!done) co_return done;
      fault_point("write.part");
    }
  }
  co_return result<void>{};
}

} // namespace waybill::workflow
