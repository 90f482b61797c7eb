// MoySklad's refusals as faults. Codes decide, never texts: those come in the language of the account.
#pragma once
#include <waybill/calls.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::moysklad {

struct error_row {
  std::int64_t code;
  errc meaning;
};
std::span<const error_row> error_rows();

struct peer_error {
  std::int64_t code{0}; // 0: none given
  std::string text, parameter;
};
// At most 20 of them; also of the array form that answers to many objects have.
std::vector<peer_error> errors_in(const json::value& body);
errc meaning_of_code(const peer_error& e);

// Of any answer that is no success.
fault fault_from(const http_response& answer, call_kind kind);

// The peer_code says that something we refer to is gone or not the account's: what we remember is out of date.
bool is_stale_reference(const fault& f);
// Such a fault of a change as the caller should take it: nothing was done, and the next try reads everything anew.
fault to_be_repeated(fault f);

} // namespace waybill::moysklad
