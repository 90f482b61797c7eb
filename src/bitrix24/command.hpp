// A command as it stands in `batch`: method?query, in the spelling that PHP's parse_str reads back.
#pragma once
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

// Like http_build_query: nested keys in brackets, everything percent-encoded once, true/false as 1/0; null and empty
// arrays and objects vanish, as PHP has no spelling for them.
std::string build_query(const boost::json::object& params);
// "crm.item.get?entityTypeId=2&id=15"
std::string encode_command(std::string_view method, const boost::json::object& params);

// The portal would replace "$result[..." and its kin inside a batch, also in text that people typed.
bool holds_reference(const boost::json::value& v);
// A null or empty list below the top level says "clear this": only a JSON body can carry it.
bool needs_json(const boost::json::object& params);

} // namespace waybill::bitrix24
