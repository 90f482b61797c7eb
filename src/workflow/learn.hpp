// What a call of a carrier teaches its circuit breaker.
#pragma once
#include <waybill/metrics.hpp>
#include <workflow/services.hpp>

namespace waybill::workflow {

// Whether such a fault speaks of a carrier that is out of order; a refusal is an answer.
bool hurts_breaker(errc code);

// The breaker learns from every answer; a refusal is an answer.
template <class T> void learn(carrier_link* link, const result<T>& answer) {
  if (answer || !hurts_breaker(answer.error().code)) link->breaker.success();
  else link->breaker.failure(std::chrono::steady_clock::now());
  metrics::gauge("waybill_breaker_open", {{"carrier", link->account->id}}, link->breaker.open() ? 1 : 0);
}

} // namespace waybill::workflow
