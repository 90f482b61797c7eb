// "Did you mean X?"
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace waybill::config {

// Changes (insert, delete, replace, swap of neighbours) that turn one into the other; letters' case does not count.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest name, or empty when none is near enough to be meant.
std::string nearest(std::string_view typed, const std::vector<std::string>& names);

// `did you mean "X"?`, else `known here: a, b, c`, else the fallback.
std::string suggest(std::string_view typed, const std::vector<std::string>& names, std::string_view none_known = {});

} // namespace waybill::config
