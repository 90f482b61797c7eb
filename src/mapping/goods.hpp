// From product rows to items with weights and sizes, and into parcels. All sums are exact integers.
#pragma once
#include <mapping/mapping.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace waybill::mapping {

// An item and the size of one unit.
struct good {
  item what;
  std::int64_t length_mm{0}, width_mm{0}, height_mm{0};
};

struct goods {
  std::vector<good> all;
  std::vector<remark> remarks;
  std::vector<obstacle> obstacles;
};

// What the rows say is shipped: services and the delivery itself left out.
goods goods_of(const bitrix24::deal_bundle& bundle, const config::portal& portal);

// At least one parcel, numbered from "1"; at most as many as there are units.
std::vector<parcel> pack(const std::vector<good>& all, std::int64_t parcels);

// Σ price × quantity in minor units.
std::int64_t value_of(const std::vector<good>& all);

// Spreads `amount` over the items, so that Σ cash_on_delivery × quantity plus the result is exactly `amount`: first up
// to the items' own prices, what is above them or cannot be spread evenly is the result, the delivery fee.
std::int64_t spread_cash(std::vector<good>& all, std::int64_t amount);

} // namespace waybill::mapping
