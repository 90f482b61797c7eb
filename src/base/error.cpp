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

} // namespace waybill
