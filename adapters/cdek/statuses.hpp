// CDEK's dictionaries: statuses with their older names, reasons, delivery problems, failed calls.
#pragma once
#include <waybill/shipment.hpp>

#include <span>
#include <string>
#include <string_view>

namespace waybill::cdek {

struct status_row {
  std::string_view code;
  std::string_view alias; // an older name; empty: none
  std::string_view name;  // Russian, as CDEK writes it
  status canonical;
  int legacy; // the number in webhooks; 0: none. Several statuses share one
};
std::span<const status_row> status_rows();
// By code or alias, blanks around it ignored. nullptr: unknown.
const status_row* find_status(std::string_view code);

struct code_row {
  int code;
  std::string_view text;
};
std::span<const code_row> reason_rows();
std::span<const code_row> problem_rows();
std::span<const code_row> failed_call_rows();
// The wording for a code given as text; empty when unknown.
std::string_view reason_text(std::string_view code);
std::string_view problem_text(std::string_view code);
std::string_view failed_call_text(std::string_view code);

// What a status means for the direct order. `way_back`: the status belongs to a return order, whose delivery is our
// "returned" and whose every other step is "returning". An unknown code gives known = false.
struct meaning {
  status canonical{status::created};
  bool known{true};
};
meaning meaning_of(std::string_view code, std::string_view reason, bool way_back);

} // namespace waybill::cdek
