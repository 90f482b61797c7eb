// DPD's dictionaries: events of the inbox and states of the history.
#pragma once
#include <waybill/shipment.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace waybill::dpd {

struct event_row {
  int number; // eventNumber; eventCode is only the name of a group
  std::string_view name;
  std::optional<status> canonical; // nothing: told to people, and the status stays
};
std::span<const event_row> event_rows();
const event_row* find_event(std::string_view number);

struct meaning {
  status canonical{status::created};
  bool moves{false};  // false: recorded only
  bool listed{false}; // false: the dictionary lacks it
};
// `refused_items`: the goods that came with the event show some that were not taken.
meaning meaning_of_event(std::string_view number, bool refused_items);

// newState of the history. `way_back`: the row belongs to the parcel's return.
meaning meaning_of_state(std::string_view state, bool to_point, bool way_back);
// An end for one parcel: an order of several has come to its end when all of them have.
bool ends_a_parcel(std::string_view state);

} // namespace waybill::dpd
