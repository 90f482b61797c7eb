// What the deal's payments say before the carrier is asked to collect anything.
#include <waybill/log.hpp>
#include <workflow/money.hpp>

namespace waybill::workflow {
namespace {

constexpr std::size_t most_orders = 20;

} // namespace

awaitable<result<std::optional<cash_plan>>> cash_of(portal_link portal, std::int64_t deal, std::int64_t order,
                                                    std::vector<std::int64_t> taken) {
  const auto none = [] { return result<std::optional<cash_plan>>(std::optional<cash_plan>{}); };
  if (!portal.settings->service || (deal == 0 && order == 0)) co_return none();
  const auto client = portal.crm->shared_portal();
  std::vector<std::int64_t> ids;
  if (order != 0) {
    ids.push_back(order);
  } else {
    auto found = co_await sale::orders_of_deal(client, deal);
    if (!found && found.error().code == errc::forbidden && !portal.settings->service->payments_paid_on_delivery) {
      // A portal without the store: what is collected stands in the deal's field.
      log::warn("the store's orders may not be read", {{"portal", portal.settings->id}, {"why", found.error().what}});
      co_return none();
    }
    if (!found) co_return fail(found.error());
    ids = std::move(*found);
  }
  if (ids.size() > most_orders) co_return fail(errc::bad_input, "the deal has too many orders to tell its payments");
  std::vector<sale::order> orders;
  for (const std::int64_t id : ids) {
    auto one = co_await sale::read_order(client, id);
    if (!one && one.error().code == errc::not_found) continue; // deleted meanwhile
    if (!one && one.error().code == errc::forbidden && !portal.settings->service->payments_paid_on_delivery) {
      log::warn("the store's orders may not be read", {{"portal", portal.settings->id}, {"why", one.error().what}});
      co_return none();
    }
    if (!one) co_return fail(one.error());
    orders.push_back(std::move(*one));
  }
  co_return plan_cash(orders, taken);
}

} // namespace waybill::workflow
