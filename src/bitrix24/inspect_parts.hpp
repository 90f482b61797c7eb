// What the questions of `waybill check` share. Private to the room.
#pragma once
#include <bitrix24/crm.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::bitrix24 {

using findings = std::vector<finding>;

finding good(std::string what);
finding bad(std::string what, std::string remedy);
std::string shown(const fault& f); // with the peer's code

// Scopes that this configuration makes use of, no more.
std::vector<std::string> needed_scopes(const config::portal& settings, bool by_webhook);
// Methods of the online store's half that it makes use of; none without a delivery service.
std::vector<std::string_view> store_methods(const config::portal& settings);
// Whether the store is there and our delivery service stands in it; nothing without one in the configuration.
awaitable<findings> check_store(std::shared_ptr<client> portal);

} // namespace waybill::bitrix24
