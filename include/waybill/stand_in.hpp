// What every stand-in of a carrier needs: the faults that it is told to play.
#pragma once
#include <waybill/carrier.hpp>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace waybill {

// The faults that wait for their operation. One instance belongs to one stand-in.
class fault_list {
 public:
  // `count` 0 takes faults of the operation back ("*": all).
  void inject(stand_in_fault f);
  // What the next request of `operation` meets, counted off: any number of latencies and one ending at most.
  std::vector<stand_in_fault> take(const std::string& operation);

 private:
  std::vector<stand_in_fault> waiting_;
};

// How a system words what the fault kinds make it say.
struct fault_shapes {
  std::function<http_response()> throttled;
  std::string content_type{"text/html"}; // of "status" without a body of its own
  std::string garbage;                   // a success cut short
};

// Lets one request meet its faults. `work` does what was asked; its argument is the body of a "refuse_later" fault,
// null when there is none. A dropped connection is status 0.
awaitable<http_response> with_faults(std::shared_ptr<fault_list> faults, std::string operation, double speed,
                                     fault_shapes shapes,
                                     std::function<http_response(const std::string* refuse_later)> work);

// A simulated delay at this speed, 1 ms at least.
std::chrono::milliseconds scaled(std::chrono::milliseconds delay, double speed);

// Version 4, of a generator that need not be secret.
std::string random_uuid(std::mt19937_64& random);

} // namespace waybill
