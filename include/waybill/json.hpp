// Boost.JSON with what peers need: decimals kept as text, readers that name the path in the fault.
#pragma once
#include <waybill/error.hpp>
#include <waybill/money.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace waybill::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// Parses at most `max_bytes`, 32 levels deep. A number with a fraction or an exponent, or past 64 bits, never
// becomes a double: it arrives as a decimal (see below), so money is read from the text that the peer sent.
result<value> parse(std::string_view text, std::size_t max_bytes = 16 * 1024 * 1024);

// A decimal is a JSON string that begins with this byte, followed by the literal: "\x01" "1490.50".
// `serialize` prints it as a bare number, if it really is one; from a peer's string it would only read as a number.
inline constexpr char decimal_mark = '\x01';
value decimal(std::string_view literal);
value decimal(const money& m);
std::string serialize(const value& v);

// Readers for what peers send. A missing key, JSON null and (for text and numbers) the empty string are "absent".
// Numbers are accepted as numbers, decimals and numeric strings; text as strings and numbers: peers mix them.
const value* find(const object& o, std::string_view key);      // null counts as absent
const value* at_path(const value& v, std::string_view dotted); // "entity.uuid", "items.0.id"
std::optional<std::string> text(const object& o, std::string_view key);
std::optional<std::int64_t> integer(const object& o, std::string_view key);
std::optional<bool> boolean(const object& o, std::string_view key);       // true/false, 1/0, "Y"/"N", "true"/"false"
std::optional<std::int64_t> minor(const object& o, std::string_view key); // roubles on the wire -> kopecks
std::optional<double> real(const object& o, std::string_view key);        // coordinates only
const object* child(const object& o, std::string_view key);               // an object; PHP's [] for {} is absent
const array* list(const object& o, std::string_view key);                 // an array; absent otherwise
std::string text_or(const object& o, std::string_view key, std::string fallback = {});
std::int64_t integer_or(const object& o, std::string_view key, std::int64_t fallback = 0);

std::optional<std::string> as_text(const value& v);
std::optional<std::int64_t> as_integer(const value& v);
std::optional<std::int64_t> as_minor(const value& v);

// Required: a fault `protocol` that names the key.
result<std::string> require_text(const object& o, std::string_view key);
result<std::int64_t> require_integer(const object& o, std::string_view key);

} // namespace waybill::json
