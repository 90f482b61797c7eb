// Whether the portal kept what we wrote: it answers with its own spelling of numbers, dates, amounts and addresses.
#pragma once
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

// Names of `sent` that the record after the write lacks or holds otherwise.
std::vector<std::string> not_kept(const boost::json::object& sent, const boost::json::object& after);
// One value, leniently.
bool same_value(const boost::json::value& sent, const boost::json::value& got);

} // namespace waybill::bitrix24
