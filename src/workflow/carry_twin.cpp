// Two creates of one number. A carrier that takes orders first and judges them later refuses one of them as a double,
// and the one that it keeps may be the one whose answer never came: whoever learned of it adopts it.
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/learn.hpp>

namespace waybill::workflow {

using store::phase;
using store::record;

namespace {

bool lives(const carrier_order& o) { return o.phase == order_phase::active || o.phase == order_phase::pending; }

// No order stands: one of our number that lives is the shipment's.
bool lacks_order(const record& r) {
  return r.order_id.empty() && r.submit_count > 0 &&
         (r.state == phase::submitting || r.state == phase::needs_attention ||
          (r.state == phase::planned && r.unclear));
}

} // namespace

bool names_another_order(const record& r, const std::string& order_id) {
  return !order_id.empty() && order_id != r.order_id && order_id != r.return_order_id &&
         (lacks_order(r) || r.state == phase::submitted);
}

awaitable<result<std::optional<carrier_order>>> engine::impl::named_order(record r, carrier_link* link) {
  std::optional<carrier_order> none;
  if (r.named_order.empty() || r.named_order == r.order_id) co_return none;
  std::string id = r.named_order;
  auto order = co_await link->api->order(std::move(id));
  learn(link, order);
  if (!order) {
    if (is_transient(order.error().code)) co_return fail(std::move(order.error()));
    co_return none;
  }
  // A notice is not signed: only the order itself tells whose it is.
  if (order->reference != r.reference || !lives(*order)) co_return none;
  std::optional<carrier_order> live(std::move(*order));
  co_return live;
}

awaitable<std::optional<outcome>> engine::impl::follow_name(record* r, std::string order_id, carrier_link* link) {
  const auto self = shared_from_this();
  if (r->named_order != order_id) {
    r->named_order = std::move(order_id);
    auto saved = co_await save_quietly(std::move(*r), "another order of our number was named");
    if (!saved) co_return after_failed_save(saved.error());
    *r = std::move(*saved);
  }
  // While our own order is being judged the verdict decides.
  if (!lacks_order(*r)) co_return std::nullopt;
  auto named = co_await named_order(*r, link);
  if (!named) co_return outcome::retry(std::move(named.error()));
  if (!*named) co_return std::nullopt;
  co_return co_await adopt(std::move(*r), std::move(**named), link);
}

awaitable<result<std::optional<carrier_order>>> engine::impl::living_twin(record r, carrier_link* link) {
  auto named = co_await named_order(r, link);
  if (!named || *named || !looks_up(link->api->can())) co_return named;
  const std::string refused = r.order_id;
  auto found = co_await link->api->find_order(r.reference);
  learn(link, found);
  if (!found) {
    if (is_transient(found.error().code)) co_return fail(std::move(found.error()));
    co_return named; // nobody
  }
  if (*found && lives(**found) && (*found)->id != refused) co_return std::move(*found);
  co_return named;
}

awaitable<outcome> engine::impl::adopt(record r, carrier_order o, carrier_link* link) {
  const auto self = shared_from_this();
  log::info("an order that was taken for lost is the shipment's", {{"ref", r.reference}, {"order", o.id}});
  r.order_id.clear();
  r.named_order.clear();
  r.state = phase::submitting;
  if (r.trouble_now) {
    r.trouble_now.reset();
    r.write_due = true;
  }
  co_return co_await store_order(std::move(r), std::move(o), link, "adopted");
}

} // namespace waybill::workflow
