// Which item lies in which parcel, and how large the parcels are.
#include <mapping/goods.hpp>

#include <algorithm>
#include <array>
#include <functional>

namespace waybill::mapping {
namespace {

__extension__ using wide = __int128;

constexpr std::int64_t most_size_mm = 1'000'000;

// Nobody tells how the goods are packed, so the size is an estimate from below that never denies the largest item: the
// floor is as long and as wide as the longest and widest of them (each laid flat), and the height is what their volume
// fills on that floor, at least the highest item. One piece keeps its own size.
std::array<std::int64_t, 3> size_of(const std::vector<good>& lying) {
  std::int64_t length = 0, width = 0, height = 0;
  wide volume = 0;
  for (const good& g : lying) {
    std::array<std::int64_t, 3> side{g.length_mm, g.width_mm, g.height_mm};
    if (lying.size() == 1 && g.what.quantity == 1) return side;
    std::ranges::sort(side, std::greater<>{});
    length = std::max(length, side[0]);
    width = std::max(width, side[1]);
    height = std::max(height, side[2]);
    volume += wide{side[0]} * side[1] * side[2] * g.what.quantity;
  }
  if (const wide floor = wide{length} * width; floor > 0) {
    const wide filled = (volume + floor - 1) / floor;
    height = std::max(height, static_cast<std::int64_t>(std::min<wide>(filled, most_size_mm)));
  }
  std::array<std::int64_t, 3> all{length, width, height};
  std::ranges::sort(all, std::greater<>{});
  return all;
}

struct heap {
  std::vector<good> lying;
  std::int64_t weight{0}, units{0};

  void put(const good& g, std::int64_t quantity) {
    if (quantity == 0) return;
    weight += g.what.weight_g * quantity;
    units += quantity;
    good part = g;
    part.what.quantity = quantity;
    lying.push_back(std::move(part));
  }
};

} // namespace

std::vector<parcel> pack(const std::vector<good>& all, std::int64_t parcels) {
  std::int64_t units = 0;
  for (const good& g : all) units += g.what.quantity;
  const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(parcels, 1, std::max<std::int64_t>(units, 1)));
  std::vector<heap> heaps(count);
  if (count == 1) {
    for (const good& g : all) heaps[0].put(g, g.what.quantity);
  } else {
    // The heaviest first, each unit to the lightest parcel; what fills all parcels evenly goes without counting.
    std::vector<const good*> order;
    for (const good& g : all) order.push_back(&g);
    std::ranges::sort(order, [](const good* a, const good* b) {
      return a->what.weight_g != b->what.weight_g ? a->what.weight_g > b->what.weight_g : a < b;
    });
    for (const good* g : order) {
      const auto n = static_cast<std::int64_t>(count);
      std::vector<std::int64_t> share(count, g->what.quantity / n);
      auto weights = std::vector<std::int64_t>(count);
      auto filled = std::vector<std::int64_t>(count);
      for (std::size_t i = 0; i < count; ++i) {
        weights[i] = heaps[i].weight + share[i] * g->what.weight_g;
        filled[i] = heaps[i].units + share[i];
      }
      for (auto left = g->what.quantity % n; left > 0; --left) {
        std::size_t lightest = 0;
        for (std::size_t i = 1; i < count; ++i)
          if ((filled[i] == 0) != (filled[lightest] == 0) ? filled[i] == 0 : weights[i] < weights[lightest])
            lightest = i;
        ++share[lightest];
        ++filled[lightest];
        weights[lightest] += g->what.weight_g;
      }
      for (std::size_t i = 0; i < count; ++i) heaps[i].put(*g, share[i]);
    }
  }

  std::vector<parcel> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto [length, width, height] = size_of(heaps[i].lying);
    parcel p;
    p.number = std::to_string(i + 1);
    p.weight_g = heaps[i].weight;
    p.length_mm = length;
    p.width_mm = width;
    p.height_mm = height;
    for (const good& g : heaps[i].lying) p.items.push_back(g.what);
    out.push_back(std::move(p));
  }
  return out;
}

} // namespace waybill::mapping
