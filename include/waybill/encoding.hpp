// Bytes as text and texts as digests, as peers' protocols need them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace waybill {

std::string to_base64(std::string_view bytes);
// Line breaks and blanks are skipped, padding may be missing. Nothing when any other byte stands in it.
std::optional<std::string> from_base64(std::string_view text);

// The first `length` (at most 51) of 0-9 A-V that a SHA-256 of the text gives: a short name that is always the same.
std::string short_digest(std::string_view text, std::size_t length);

} // namespace waybill
