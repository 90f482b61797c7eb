// Pure: several parcels of one deal. Which shipment of the portal is which record's, what each contains, what each
// collects, and what the deal shows of all.
#pragma once
#include <bitrix24/crm.hpp>
#include <sale/orders.hpp>
#include <store/record.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace waybill::workflow {

// The parcel is this shipment of the portal.
bool stands_for(const store::record& r, std::int64_t shipment);
// The parcel carries what the deal has, whatever its shipments in the store hold.
bool is_whole(const store::record& r);
// The carrier knows nothing of it, so that its content is still open.
bool is_unsent(const store::record& r);

// Leaves in the bundle what this shipment holds, with its quantities: by the row that became the basket's article, else
// by product and name. What no row of the deal is comes from the basket. Values of the deal as a whole (declared
// value, number of parcels) are left out.
void keep_goods_of(bitrix24::deal_bundle& bundle, const config::portal& portal, const sale::order& o,
                   const sale::shipment& s);

// What a parcel's goods and its delivery cost in the store, in minor units.
std::int64_t worth_of(const sale::order& o, const sale::shipment& s);
// The part of `sum` that falls to one of the parcels by their worth, to the kopeck: all parts together are `sum`, or
// all that the parcels are worth when that is less.
std::int64_t part_of(std::int64_t sum, const std::vector<std::int64_t>& worths, std::size_t which);

// What the deal shows: `r` when it is the deal's only parcel that was not cancelled; else all their numbers, the status
// of the one that is furthest behind, the trouble of one that has any, the sum of the costs.
store::record face_of(std::vector<store::record> all, const store::record& r);

} // namespace waybill::workflow
