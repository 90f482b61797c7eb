// Money is an integer of minor units (kopecks) and a currency, from edge to edge; never a double.
#pragma once
#include <waybill/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace waybill {

struct money {
  std::int64_t minor{0};
  std::string currency{"RUB"};
  friend bool operator==(const money&, const money&) = default;
};

// "350", "350.5", "350.00", "-12.30", also with an exponent ("1.4905E3", as some peers print doubles).
// More than two decimals are rounded half away from zero. Text that is no number, or too large: bad_input.
result<std::int64_t> parse_minor(std::string_view text);
result<money> parse_money(std::string_view text, std::string currency = "RUB");

// "350.00"
std::string to_decimal(std::int64_t minor);
inline std::string to_decimal(const money& m) { return to_decimal(m.minor); }

// Share of `minor` for `part` of `whole`, rounded half away from zero (VAT out of a gross sum, cost per unit).
std::int64_t proportion(std::int64_t minor, std::int64_t part, std::int64_t whole);

} // namespace waybill
