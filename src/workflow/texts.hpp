// What people read in the portal: templates in Russian and English, which the configuration may replace.
#pragma once
#include <config/config.hpp>
#include <store/record.hpp>
#include <waybill/shipment.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::workflow {

using text_values = std::vector<std::pair<std::string, std::string>>;

// `{name}` in the text becomes its value; what has no value stays as it is. Spaces at the end go.
std::string fill(std::string_view text, const text_values& values);

// The template of `key` in the portal's language with {name} replaced; an unknown name stays as it is, an unknown key
// gives the key itself.
std::string say(const config::portal& portal, std::string_view key, const text_values& values = {});
bool has_text(const config::portal& portal, std::string_view key);

// "В пути"
std::string status_name(const config::portal& portal, status s);

// One sentence of what happened and one of what to do about it.
std::string explain(const config::portal& portal, const store::trouble& t);

} // namespace waybill::workflow
