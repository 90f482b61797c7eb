// What the ids in PROPERTY_VALUES mean, per portal: kept ten minutes, read anew when an id turns up that is not there.
#pragma once
#include <delivery/asked.hpp>
#include <delivery/portal_reader.hpp>
#include <delivery/within.hpp>
#include <sale/orders.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace waybill::delivery {

using clock_of = std::function<steady::time_point()>;

class properties {
 public:
  struct options {
    std::chrono::milliseconds fresh{600'000};
    // A property that the portal itself does not know (or an invented id) must not make us ask at every call.
    std::chrono::milliseconds again{30'000};
  };
  properties(executor ex, std::shared_ptr<portal_reader> portals, clock_of clock, options how);

  using list = std::shared_ptr<const std::vector<sale::shipment_property>>;
  // For these shipments. An old list serves when the portal does not answer in time and the list has all that is asked;
  // else the portal's fault. One call at a time per portal, whoever waits.
  awaitable<result<list>> of(std::string portal, std::shared_ptr<const std::vector<asked>> shipments,
                             steady::time_point until);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace waybill::delivery
