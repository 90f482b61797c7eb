// The portal's records as our structs. Pure: JSON in, values out; numbers come as numbers or as text.
#pragma once
#include <bitrix24/crm.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

// Elements of `result`, of `result.<wrapper>`, or of a map there: PHP writes lists in all three ways.
std::vector<const boost::json::object*> records(const boost::json::value& result, std::string_view wrapper = {});

result<deal> read_deal(const boost::json::object& item); // protocol: no id
product_row read_row(const boost::json::object& row);    // currency: RUB, the caller knows better
contact read_contact(const boost::json::object& item);
contact read_company(const boost::json::object& item);
// A variation has a parent. Of the named properties the first that is filled counts.
catalog_product read_product(const boost::json::object& product,
                             const std::vector<std::string>& article_properties = {},
                             const std::vector<std::string>& barcode_properties = {});
stage read_stage(const boost::json::object& status);
timeline_comment read_comment(const boost::json::object& comment);
address read_address(const boost::json::object& a);

// A list field: item id -> XML_ID, else its text. XML_IDs that the portal made up itself (32 hex digits) are no names.
std::map<std::string, std::string> read_enumeration(const boost::json::object& user_field);
// Ids in a value of a list field, single or multiple.
std::vector<std::string> enumeration_ids(const boost::json::value* v);
// null, "", false, [] and {}: Bitrix24 writes "nothing" in all of these ways.
bool is_blank(const boost::json::value* v);

} // namespace waybill::bitrix24
