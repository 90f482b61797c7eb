// What the calls of this room share: faults of the store's half, paging, small readers. Private to the room.
#pragma once
#include <bitrix24/client.hpp>
#include <sale/orders.hpp>
#include <waybill/money.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace waybill::sale {

// The store's numeric codes in our taxonomy: not_found (gone), conflict (a duplicate: what was wanted is there),
// forbidden (rights). The client knows the text codes already.
fault refined(fault f);

// One read or write; faults are refined.
awaitable<result<bitrix24::answer>> ask(portal_client portal, std::string method, boost::json::object params);
awaitable<result<bitrix24::answer>> tell(portal_client portal, std::string method, boost::json::object params);
// A write whose answer says nothing that we need.
awaitable<result<void>> tell_only(portal_client portal, std::string method, boost::json::object params);

// All pages of a list with `start` and `next`; the records stand in `result[wrapper]`. protocol: more than 100 pages.
awaitable<result<std::vector<boost::json::object>>> list_all(portal_client portal, std::string method,
                                                             boost::json::object params, std::string wrapper);
// A list without pages: `result` is the array itself.
awaitable<result<std::vector<boost::json::object>>> list_plain(portal_client portal, std::string method,
                                                               boost::json::object params);

// `result[wrapper]` as an object. protocol: it is none.
result<boost::json::object> wrapped(const bitrix24::answer& got, std::string_view wrapper, std::string_view method);
// A new record's id, where `result` is the bare number. protocol: it is none.
result<std::int64_t> new_id(const bitrix24::answer& got, std::string_view method);

bool yes(const boost::json::object& o, std::string_view key); // "Y", also true: absent is no
std::string_view flag(bool on);                               // "Y" | "N"
money amount(const boost::json::object& o, std::string_view key, const std::string& currency);
// A whole number where the portal may write a decimal; never below zero.
std::int64_t whole(const boost::json::object& o, std::string_view key);

} // namespace waybill::sale
