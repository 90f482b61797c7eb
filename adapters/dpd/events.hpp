// Events of the inbox as they are kept for an order, and the order's history; both become our tracking events here.
#pragma once
#include "record.hpp"

#include <waybill/carrier.hpp>
#include <waybill/soap.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::dpd {

// Raw facts, so that a better dictionary reads old events anew.
struct stored_event {
  std::string number; // eventNumber
  std::string text;   // for people
  instant when{};
  bool refused_items{false};
  friend bool operator==(const stored_event&, const stored_event&) = default;
};
std::string to_text(const std::vector<stored_event>& all);
std::vector<stored_event> events_from(const std::string& text);
// Each event once (number and moment), oldest first; of too many the oldest that move nothing go first.
void merge(std::vector<stored_event>& all, std::vector<stored_event> more);

// What one package of the inbox says of one order.
struct order_news {
  std::string number; // ours; empty: only DPD's is known
  std::string dpd;    // DPD's, also of an order that had none so far
  std::vector<stored_event> events;
};
struct package {
  std::int64_t receipt{0}; // docId
  bool complete{true};
  std::vector<order_news> orders;
};
// Fault protocol: no package. `now` stands in for a moment that cannot be read.
result<package> read_package(const soap::node& response, instant now);

// The history of an order.
struct history {
  std::vector<tracking_event> events;
  std::string planned_date, return_number;
};
history read_history(const soap::node& response, bool to_point);
std::string to_text(const history& h, instant read_at);
struct kept_history {
  history what;
  instant read_at{};
};
std::optional<kept_history> history_from(const std::string& text);

// The inbox is the better source. Of the history counts what is newer than all of it, old enough that the inbox would
// have brought it, and no step behind an end.
std::vector<tracking_event> all_events(const std::vector<stored_event>& inbox, const history& h, instant now);

// DPD writes moments without a zone; they are Moscow's.
std::optional<instant> moscow_instant(std::string_view text);

} // namespace waybill::dpd
