// What DPD's faults and refusals mean for us.
#pragma once
#include <waybill/calls.hpp>
#include <waybill/error.hpp>
#include <waybill/http.hpp>
#include <waybill/soap.hpp>

#include <span>
#include <string>
#include <string_view>

namespace waybill::dpd {

// Where a word was found.
enum class said_in {
  fault,       // any SOAP fault: its text, its detail's code and message
  lookup,      // a fault of a question about an order
  calculation, // a fault of the calculator
  order,       // the message of a refused order
};
struct word_row {
  said_in where;
  std::string_view word; // as lower_text gives it
  errc meaning;
};
std::span<const word_row> word_rows();

// What a call is about, as far as its faults are concerned.
struct asked_about {
  call_kind kind{call_kind::read};
  bool lookup{false};      // "no data" means that there is no such order
  bool calculation{false}; // names of places are judged
};

// Of a SOAP fault. What no row names is unavailable for a read and outcome_unknown for a change.
fault fault_from(const soap::fault_said& f, const asked_about& about);
// Of an answer that is no SOAP.
fault fault_from(const http_response& answer, call_kind kind);

// "OrderError" and its kind: address when the text speaks of a place, else rejected.
fault refused_order(const std::string& message);
// A label that was not printed.
fault refused_label(const std::string& message);

} // namespace waybill::dpd
