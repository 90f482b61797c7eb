// Weights and sizes of goods from a system that keeps them (an ERP), where the portal's catalogue has none.
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>

#include <cmath>

namespace waybill::workflow {
namespace {

// A box of this volume: what is known of a thing whose sides are not.
std::int64_t side_of(std::int64_t volume_mm3) {
  return static_cast<std::int64_t>(std::ceil(std::cbrt(static_cast<double>(volume_mm3))));
}

bool lacks(const bitrix24::catalog_product& p) {
  return p.weight_g <= 0 || p.length_mm <= 0 || p.width_mm <= 0 || p.height_mm <= 0;
}

} // namespace

awaitable<bitrix24::deal_bundle> engine::impl::with_goods(const portal_link* portal, bitrix24::deal_bundle bundle) {
  const auto self = shared_from_this();
  if (portal->settings->goods_from.empty()) co_return bundle;
  carrier_link* link = s->carrier_of(portal->settings->goods_from);
  if (link == nullptr || !link->api->can().goods) co_return bundle;
  std::vector<item> wanted;
  std::vector<std::int64_t> ids;
  for (const auto& row : bundle.rows) {
    const auto found = bundle.products.find(row.product);
    if (found == bundle.products.end() || !lacks(found->second) || std::ranges::find(ids, row.product) != ids.end())
      continue;
    item& one = wanted.emplace_back();
    one.name = row.name;
    one.external_code = found->second.xml_id.empty() ? row.xml_id : found->second.xml_id;
    one.code = found->second.code;
    one.article = found->second.article;
    one.barcode = found->second.barcode;
    ids.push_back(row.product);
  }
  if (wanted.empty()) co_return bundle;
  auto facts = co_await link->api->goods_facts(std::move(wanted));
  if (!facts) {
    // The defaults apply then, and the timeline says so: better than a deal that waits for a second system.
    log::warn("weights could not be asked", {{"account", link->account->id}, {"why", facts.error().what}});
    metrics::count("waybill_goods_facts_total", {{"account", link->account->id}, {"outcome", "failed"}});
    co_return bundle;
  }
  metrics::count("waybill_goods_facts_total", {{"account", link->account->id}, {"outcome", "answered"}});
  for (std::size_t i = 0; i < ids.size() && i < facts->size(); ++i) {
    bitrix24::catalog_product& p = bundle.products[ids[i]];
    const goods_fact& fact = (*facts)[i];
    if (p.weight_g <= 0) p.weight_g = fact.weight_g;
    if (fact.volume_mm3 > 0 && (p.length_mm <= 0 || p.width_mm <= 0 || p.height_mm <= 0))
      p.length_mm = p.width_mm = p.height_mm = side_of(fact.volume_mm3);
  }
  co_return bundle;
}

} // namespace waybill::workflow
