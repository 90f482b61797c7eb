// Pure: what of a parcel the recipient took, told by the articles of the portal.
#pragma once
#include <sale/orders.hpp>
#include <sale/rows.hpp>
#include <store/record.hpp>
#include <waybill/money.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::workflow {

// The carrier says item by item what it handed over.
bool knows_what_was_taken(const store::record& r);

// Hands out the units that were taken to rows of the same article, in the order in which it is asked.
class taken_units {
 public:
  explicit taken_units(const store::record& r);
  // The parcel had such an article at all.
  bool has(std::string_view name, const money& price) const;
  // Of at most `most` units of it, how many were taken.
  std::int64_t take(std::string_view name, const money& price, std::int64_t most);

 private:
  using article = std::pair<std::string, std::int64_t>; // name, price
  static article of(std::string_view name, const money& price);
  std::map<article, std::int64_t> left_;
};

// Whole units of a quantity of the portal; -1: it is none, or has a fraction.
std::int64_t units_of(std::string_view quantity);

} // namespace waybill::workflow
