// What the manager reads in the delivery form when something cannot be done, and beside a price.
#pragma once
#include <config/config.hpp>
#include <mapping/mapping.hpp>
#include <waybill/error.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::delivery {

using text_values = std::vector<std::pair<std::string, std::string>>;

// The text of `key` ("delivery.no_route") in the portal's language with {name} replaced; portal.texts may replace it.
// Keys that this room lacks are the workflow's.
std::string say(const config::portal& portal, std::string_view key, const text_values& values = {});
// All obstacles in one text, each with what to do about it.
std::string say_obstacles(const config::portal& portal, const std::vector<mapping::obstacle>& all);
// Why a carrier's price is not known, without what only the operator may read.
std::string say_no_price(const config::portal& portal, const std::string& carrier, const fault& why);

} // namespace waybill::delivery
