// What a carrier says of its orders by itself, by webhook or feed: a hint that makes the next look come now.
#pragma once
#include <workflow/services.hpp>

#include <string>

namespace waybill::workflow {

enum class notice_outcome { queued, merged, unknown_order };

// Queues a look at the shipment that the notice speaks of. unknown_order: none of ours (other systems share the
// client's account). Faults of the store and the queue.
awaitable<result<notice_outcome>> queue_notice(std::shared_ptr<services> s, std::string account, carrier_notice notice);

} // namespace waybill::workflow
