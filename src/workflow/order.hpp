// Pure: what a carrier's answer means for a shipment. No I/O, no clock.
#pragma once
#include <store/record.hpp>
#include <waybill/carrier.hpp>
#include <workflow/texts.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace waybill::workflow {

// Something that people should read: a key into the texts.
struct news {
  std::string key;
  text_values values;
};

struct applied {
  bool changed{false}; // anything that is stored or written back
  std::vector<news> said;
};

// Takes over what the carrier says of the order; sets state, events, trouble, write_due. `title` names the carrier.
applied apply_order(store::record& r, const carrier_order& o, const std::string& title);

// Adds events by (code, time); true when the newest known status is another one than before.
bool merge_events(store::record& r, const std::vector<tracking_event>& events);

// When the shipment should be looked at next, counted from now; zero: never.
std::chrono::milliseconds next_look(const store::record& r, const carrier_account& account, const capabilities& can,
                                    instant at);

// A carrier's refusal as trouble of the right owner. `values` are completed with carrier and reference.
store::trouble trouble_of(const store::record& r, const fault& f, const std::string& title);

} // namespace waybill::workflow
