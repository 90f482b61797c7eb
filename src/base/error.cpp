#include <waybill/error.hpp>

#include <array>
#include <utility>

namespace waybill {
namespace {

constexpr std::array<std::pair<errc, std::string_view>, 13> names{{
    {errc::bad_input, "bad_input"},
    {errc::address, "address"},
    {errc::rejected, "rejected"},
    {errc::conflict, "conflict"},
    {errc::not_found, "not_found"},
    {errc::forbidden, "forbidden"},
    {errc::throttled, "throttled"},
    {errc::unavailable, "unavailable"},
    {errc::timeout, "timeout"},
    {errc::cancelled, "cancelled"},
    {errc::outcome_unknown, "outcome_unknown"},
    {errc::protocol, "protocol"},
    {errc::internal, "internal"},
}};

} // namespace

std::string_view to_string(errc code) {
  for (const auto& [value, name] : names)
    if (value == code) return name;
  return "internal";
}

errc errc_from(std::string_view name) {
  for (const auto& [value, text] : names)
    if (text == name) return value;
  return errc::internal;
}

bool is_transient(errc code) {
  switch (code) {
  case errc::throttled:
  case errc::unavailable:
  case errc::timeout:
  case errc::cancelled:
  case errc::outcome_unknown: return true;
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found:
  case errc::forbidden:
  case errc::protocol:
  case errc::internal: return false;
  }
  return false;
}

int rank(errc code) {
  switch (code) {
  case errc::forbidden: return 0;
  case errc::conflict: return 1;
  case errc::address: return 2;
  case errc::bad_input:
  case errc::rejected: return 3;
  case errc::not_found: return 4;
  case errc::protocol:
  case errc::internal: return 5;
  case errc::throttled:
  case errc::unavailable:
  case errc::timeout:
  case errc::cancelled:
  case errc::outcome_unknown: return 6;
  }
  return 6;
}

} // namespace waybill
