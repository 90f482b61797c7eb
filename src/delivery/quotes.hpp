// Carriers' prices for the delivery form: asked once for equal parcels, kept for some minutes, never waited for longer
// than the caller can.
#pragma once
#include <delivery/properties.hpp>
#include <delivery/within.hpp>
#include <waybill/carrier.hpp>
#include <waybill/shipment.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace waybill::delivery {

class quotes {
 public:
  struct options {
    std::chrono::milliseconds fresh{300'000};
    std::size_t most_kept{2'000};
    std::size_t most_under_way{128};               // above it: throttled
    std::chrono::milliseconds longest_ask{60'000}; // a carrier's call that takes longer is not joined any more
  };
  quotes(executor ex, clock_of clock, options how);

  // The price of the parcels, places and options; who receives them does not matter and is not told. timeout: the
  // carrier is still being asked, and its answer will be kept for the next call. Refusals are not kept.
  awaitable<result<std::vector<quote>>> of(std::string account, std::shared_ptr<carrier> api, shipment what,
                                           steady::time_point until);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace waybill::delivery
