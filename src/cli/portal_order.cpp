// `waybill portal bind|unbind`: ties an order of the store (a shop's, an ERP's) to the deal that it belongs to, so that
// its shipments report into the deal.
#include <bitrix24/crm.hpp>
#include <cli/portal_client.hpp>
#include <sale/rows.hpp>
#include <sale/shipments.hpp>

#include <algorithm>
#include <iostream>

namespace waybill::cli {
namespace {

constexpr int deal_type = 2;

int failed(const fault& f) {
  std::cerr << "waybill: " << f.what;
  if (!f.peer_code.empty()) std::cerr << " (" << f.peer_code << ")";
  std::cerr << "\n";
  return 1;
}

const char* name_of(const sale::owner& whose) { return whose.type == deal_type ? "deal" : "invoice"; }

} // namespace

awaitable<int> bind_or_unbind(executor ex, settings_ptr settings, portal_options o) {
  auto client = co_await portal_client_of(ex, settings, o.id);
  if (!client) co_return failed(client.error());
  const bool binds = o.verb == "bind";
  auto there = co_await sale::bindings_of_order(*client, o.order);
  if (!there) co_return failed(there.error());
  auto shipments = co_await sale::shipments_of_order(*client, o.order);
  if (!shipments) co_return failed(shipments.error());
  auto order = co_await sale::read_order(*client, o.order);
  if (!order) co_return failed(order.error());
  bitrix24::crm crm(*client);
  auto deal = co_await crm.deal(o.deal);
  if (!deal && (binds || deal.error().code != errc::not_found)) co_return failed(deal.error());

  std::cout << "order " << o.order << " (" << order->number << "), shipments:";
  for (const auto& s : *shipments)
    std::cout << ' ' << s.id << (s.tracking_number.empty() ? "" : "=" + s.tracking_number);
  std::cout << "\n";
  bool bound = false;
  for (const auto& b : *there) {
    std::cout << "bound to " << name_of(b.whose) << ' ' << b.whose.id << "\n";
    bound = bound || (b.whose.type == deal_type && b.whose.id == o.deal);
  }
  if (bound == binds) {
    std::cout << "nothing to do\n";
    co_return 0;
  }
  // The portal keeps one binding an order: a new one takes it away from whoever has it.
  if (binds && !there->empty()) std::cout << "it will be bound to deal " << o.deal << " instead\n";
  else std::cout << (binds ? "it will be bound to deal " : "it will be untied from deal ") << o.deal << "\n";
  if (o.dry_run) co_return 0;
  if (!agreed(o)) {
    std::cout << "nothing was changed\n";
    co_return 1;
  }
  sale::order_binding what;
  what.order = o.order;
  what.whose.id = o.deal;
  result<void> done;
  if (binds) done = co_await sale::bind_order(*client, what);
  else done = co_await sale::unbind_order(*client, what);
  if (!done) co_return failed(done.error());
  std::cout << "done\n";
  co_return 0;
}

} // namespace waybill::cli
