// Cash on delivery over the items, to the kopeck.
#include <mapping/goods.hpp>

#include <algorithm>

namespace waybill::mapping {

std::int64_t value_of(const std::vector<good>& all) {
  std::int64_t sum = 0;
  for (const good& g : all) sum += g.what.price.minor * g.what.quantity;
  return sum;
}

std::int64_t spread_cash(std::vector<good>& all, std::int64_t amount) {
  __extension__ using wide = __int128;
  const auto goods_sum = value_of(all);
  auto left = amount;
  for (good& g : all) {
    item& i = g.what;
    i.cash_on_delivery = {0, i.price.currency};
    if (amount <= 0 || goods_sum <= 0) continue;
    // Rounded down, so that the sum never exceeds the amount.
    i.cash_on_delivery.minor =
        amount >= goods_sum ? i.price.minor : static_cast<std::int64_t>(wide{i.price.minor} * amount / goods_sum);
    left -= i.cash_on_delivery.minor * i.quantity;
  }
  if (amount >= goods_sum) return std::max<std::int64_t>(left, 0);
  // The kopecks that rounding left: to lines of many units first, single units take what remains. Never above the
  // price.
  std::vector<item*> order;
  for (good& g : all) order.push_back(&g.what);
  std::ranges::sort(order, [](const item* a, const item* b) {
    return a->quantity != b->quantity ? a->quantity > b->quantity : a < b;
  });
  for (item* i : order) {
    const auto more = std::min(left / i->quantity, i->price.minor - i->cash_on_delivery.minor);
    i->cash_on_delivery.minor += more;
    left -= more * i->quantity;
  }
  return std::max<std::int64_t>(left, 0);
}

} // namespace waybill::mapping
