// The operator's rules on top of what the carrier asks, and how a term is told. Pure; kopecks all the way.
#pragma once
#include <config/config.hpp>
#include <waybill/error.hpp>
#include <waybill/shipment.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::delivery {

struct price {
  money cost; // what the client pays; 0 only when the operator's own rules say so
  int days_min{0}, days_max{0};
  bool days_known{false};
};

// The cheapest quote that can be true; nothing when there is none (no price, a price of nothing or below).
std::optional<quote> best_of(const std::vector<quote>& all);

// Percent, then the amount, then rounded up; days are added. From `free_from` of goods on nothing is to be paid.
// protocol: the carrier's currency is not the service's, or the sum is beyond all reason.
result<price> price_of(const quote& q, const money& goods, const config::delivery_service& rules);

// "2–4 дня", "1 день", "5 days".
std::string days_text(int days_min, int days_max, std::string_view locale);

} // namespace waybill::delivery
