// DPD's own names: services, their namespaces, and what statuses are called on the wire.
#pragma once
#include <string_view>

namespace waybill::dpd::wire {

struct service {
  std::string_view path;  // below base_url
  std::string_view space; // target namespace; empty: read from the description
};

inline constexpr service order{"order2", "http://dpd.ru/ws/order2/2012-04-04"};
inline constexpr service calculator{"calculator2", "http://dpd.ru/ws/calculator/2012-03-20"}; // "calculator" without 2
inline constexpr service geography{"geography2", "http://dpd.ru/ws/geography/2015-05-20"};
inline constexpr service events{"event-tracking", "http://dpd.ru/ws/event-tracking/2016-02-15"};
inline constexpr service tracing{"tracing", "http://dpd.ru/ws/tracing/2011-11-18"};
inline constexpr service label_print{"label-print", ""};

// Of a created order.
inline constexpr std::string_view ok = "OK", pending = "OrderPending", duplicate = "OrderDuplicate",
                                  error = "OrderError", order_cancelled = "OrderCancelled", not_found = "NotFound";
// Of a cancellation: other words than those of the order's status.
inline constexpr std::string_view cancelled = "Canceled", cancelled_before = "CanceledPreviously", call_dpd = "CallDPD";

} // namespace waybill::dpd::wire
