// User fields of a deal as the portal sends them: text, number, list, "1500.00|RUB", Y/N.
#pragma once
#include <waybill/money.hpp>

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::mapping {

// All texts of a field, trimmed, without empty ones; a multiple field has several. An empty name: none.
std::vector<std::string> field_texts(const boost::json::object& fields, const std::string& name);
std::string field_text(const boost::json::object& fields, const std::string& name); // the first; empty: none
// "1500.00|RUB", "1500", 1500; the currency of the deal where the field names none. Absent or no amount: nothing.
std::optional<money> field_money(const boost::json::object& fields, const std::string& name,
                                 const std::string& currency);
// Y/N, true/false, 1/0; nothing for other values. A number field with 1 reads as yes too.
std::optional<bool> field_flag(const boost::json::object& fields, const std::string& name);

} // namespace waybill::mapping
