// CDEK's refusals in all their shapes, and what each means for us.
#pragma once
#include <waybill/calls.hpp>
#include <waybill/error.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::cdek {

// One error as CDEK told it. `code` keeps its own letter case.
struct peer_error {
  std::string code;
  std::string message;
};

struct error_row {
  std::string_view code; // lower case
  errc meaning;
};
std::span<const error_row> error_rows();

// The code that a second order with a taken number ends with.
inline constexpr std::string_view duplicate_number = "error_validate_im_dep_number_has_already_had_integration";
bool is_duplicate_number(std::string_view code);

// Without regard to letter case. Codes that the table lacks are judged by their form, the rest is `rejected`.
errc meaning_of_code(std::string_view code);

// errors at the top, in requests[], the gateway's alerts, and the token endpoint's error/error_description.
std::vector<peer_error> errors_in(const json::value& body);
// Of requests[] and the top; code and message.
std::vector<peer_error> warnings_in(const json::value& body);

// One fault out of several errors: the code that a person must mend first leads, the messages are joined.
fault fault_from(std::span<const peer_error> errors);

// Of an answer that is no success. Understands JSON of every shape, HTML, and nothing at all.
fault fault_from(const http_response& answer, call_kind kind);

} // namespace waybill::cdek
