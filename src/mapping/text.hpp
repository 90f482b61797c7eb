// Text as people type it: UTF-8 with every kind of space, dash and invisible character.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace waybill::mapping {

// Spaces of all kinds (and line ends) become ' ', dashes '-', full-width digits and signs plain ones; invisible
// characters and broken UTF-8 vanish. Letters stay.
std::string simplified(std::string_view text);

// Small letters, Latin and Cyrillic; other characters stay.
std::string lower(std::string_view text);
// The same with "ё" as "е", for comparing words.
std::string folded(std::string_view text);

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char at); // trimmed pieces, empty ones too
// Runs of letters and digits, folded.
std::vector<std::string> words(std::string_view text);

// At most `bytes`, never through the middle of a character; "..." marks the cut.
std::string cut(std::string_view text, std::size_t bytes);

bool is_digits(std::string_view text); // at least one, nothing else

} // namespace waybill::mapping
