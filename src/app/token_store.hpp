// The tokens of local applications, in Redis, for all processes.
#pragma once
#include <bitrix24/client.hpp>
#include <redis/connection.hpp>

#include <memory>
#include <string>

namespace waybill::app {

std::shared_ptr<bitrix24::token_store> make_token_store(std::shared_ptr<redis::connection> redis, std::string prefix);

} // namespace waybill::app
