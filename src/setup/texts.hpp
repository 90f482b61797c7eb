// Words that setup puts into the portal, in the portal's languages; the configuration's texts come before.
#pragma once
#include <config/config.hpp>

#include <string>
#include <string_view>

namespace waybill::setup {

// The text of `key` in this language ("ru", anything else: English); an unknown key gives the key itself. `texts` of
// the configuration replaces it in every language.
std::string word(const config::portal& portal, std::string_view key, std::string_view language);
std::string word(const config::portal& portal, std::string_view key); // in the portal's own language

} // namespace waybill::setup
