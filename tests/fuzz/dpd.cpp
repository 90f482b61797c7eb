// What DPD answers: envelopes, faults, packages of events, histories, points; and what is read back from the cache.
#include "fuzz.hpp"

#include <waybill/soap.hpp>

#include <string>

#include <dpd/errors.hpp>
#include <dpd/events.hpp>
#include <dpd/mapping.hpp>
#include <dpd/places.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  const std::string text(fuzz::text_of(data, size));
  soap::bounds most;
  most.bytes = 64 * 1024;
  const auto m = soap::read_message(text, most);
  if (m && m->fault) {
    const auto f = dpd::fault_from(*m->fault, {call_kind::change, true, true});
    fuzz::must(f.code != errc::unavailable); // a change is never surely undone by a fault
    return 0;
  }
  const soap::node response = m ? m->payload : soap::node();
  static const dpd::settings how{};
  if (const auto p = dpd::read_package(response, instant{}))
    for (const auto& news : p->orders) {
      fuzz::must(!news.number.empty() || !news.dpd.empty());
      fuzz::must(!news.events.empty());
      const auto kept = dpd::events_from(dpd::to_text(news.events));
      fuzz::must(kept == news.events);
    }
  for (const auto& e : dpd::read_history(response, true).events) fuzz::must(!e.code.empty() || !e.known);
  for (const auto& q : dpd::read_costs(how, response)) fuzz::must(q.cost.minor >= 0);
  (void)dpd::read_order(response, "B24-1");
  (void)dpd::read_parcels(response);
  (void)dpd::read_file(response);
  for (const auto& shop : response.child("return").children("parcelShop"))
    if (const auto p = dpd::read_place(shop)) fuzz::must(dpd::restored_place(dpd::stored(*p)).has_value());
  (void)dpd::record_from(text);
  (void)dpd::history_from(text);
  (void)dpd::split_house(text);
  (void)dpd::split_street(text);
  return 0;
}
