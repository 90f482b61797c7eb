// Small helpers for text that goes to or came from peers.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace waybill {

// Number of characters (code points) of valid UTF-8.
std::size_t characters(std::string_view text);
// The first `most` characters, never cutting one in two.
std::string shortened(std::string_view text, std::size_t most);
// A peer's sentence made fit for people and logs: one line, bounded, long runs of digits (phones) and e-mail
// addresses masked.
std::string harmless(std::string_view peer_text, std::size_t most = 300);
// Only [A-Za-z0-9_.-] of a peer's code, at most 80 bytes.
std::string clean_code(std::string_view code);
// Letters of ASCII only, as peers compare their codes.
std::string lower_ascii(std::string_view text);
// Letters of ASCII and of Russian Cyrillic, ё as е: for finding words in what people and peers wrote.
std::string lower_text(std::string_view text);
// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);
// + and 7 to 15 digits.
bool is_e164(std::string_view phone);
// What shipment::reference is: printable ASCII without blanks at the ends, 1 to 40 bytes.
bool is_reference(std::string_view text);

// The pieces one after the other, with one allocation.
std::string concat(std::initializer_list<std::string_view> pieces);
// The lowest `digits` hexadecimal digits, with leading zeros.
void append_hex(std::string& out, std::uint64_t value, int digits);

} // namespace waybill
