// The process's own numbers under their customary names. Private to the room.
#pragma once
#include <vector>

#include <prometheus/collectable.h>

namespace waybill::telemetry {

// Reads /proc at each collection; what cannot be read is left out.
class process_metrics : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

} // namespace waybill::telemetry
