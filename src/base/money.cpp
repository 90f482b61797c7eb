#include <waybill/money.hpp>

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace waybill {
namespace {

// Digits without the dot, the count of decimals, and the sign: everything that a literal says.
struct literal {
  std::string digits;
  int decimals{0};
  bool negative{false};
};

bool read_literal(std::string_view text, literal& out) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) out.negative = text[i++] == '-';
  bool dot = false, any = false;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.' && !dot) {
      dot = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      any = true;
      if (out.digits.size() > 40) return false;
      out.digits += text[i];
      if (dot) ++out.decimals;
    } else {
      return false;
    }
  }
  if (!any) return false;
  if (i == text.size()) return true;
  int exponent = 0;
  auto rest = text.substr(i + 1);
  if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
  auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
  if (ec != std::errc{} || end != rest.data() + rest.size() || exponent > 30 || exponent < -30) return false;
  out.decimals -= exponent;
  return true;
}

std::string without_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

} // namespace

result<std::int64_t> parse_minor(std::string_view text) {
  literal lit;
  if (!read_literal(without_spaces(text), lit)) return fail(errc::bad_input, "not a decimal number");
  std::string digits = std::move(lit.digits);
  bool round_up = false;
  if (lit.decimals > 2) {
    const auto cut = static_cast<std::size_t>(lit.decimals - 2);
    if (cut > digits.size()) return 0;
    round_up = digits[digits.size() - cut] >= '5';
    digits.resize(digits.size() - cut);
  } else {
    digits.append(static_cast<std::size_t>(2 - lit.decimals), '0');
  }
  std::int64_t value = 0;
  for (const char c : digits) {
    const int digit = c - '0';
    if (value > (std::numeric_limits<std::int64_t>::max() - digit - 1) / 10)
      return fail(errc::bad_input, "number too large");
    value = value * 10 + digit;
  }
  if (round_up) ++value;
  return lit.negative ? -value : value;
}

result<money> parse_money(std::string_view text, std::string currency) {
  auto minor = parse_minor(text);
  if (!minor) return fail(minor.error());
  return money{*minor, std::move(currency)};
}

std::string to_decimal(std::int64_t minor) {
  const auto magnitude = minor < 0 ? 0 - static_cast<std::uint64_t>(minor) : static_cast<std::uint64_t>(minor);
  return fmt::format("{}{}.{:02}", minor < 0 ? "-" : "", magnitude / 100, magnitude % 100);
}

std::int64_t proportion(std::int64_t minor, std::int64_t part, std::int64_t whole) {
  if (whole == 0) return 0;
  __extension__ using wide = __int128;
  const wide product = static_cast<wide>(minor) * part * 2;
  const wide divisor = static_cast<wide>(whole) * 2;
  const bool negative = (product < 0) != (divisor < 0);
  const wide n = product < 0 ? -product : product, d = divisor < 0 ? -divisor : divisor;
  const auto rounded = static_cast<std::int64_t>((n + d / 2) / d);
  return negative ? -rounded : rounded;
}

} // namespace waybill
