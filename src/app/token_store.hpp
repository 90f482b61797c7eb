// The tokens of local applications, in Redis, for all processes.
#pragma once
#include <bitrix24/client.hpp>
#include <ingress/application.hpp>
#include <redis/connection.hpp>

#include <memory>
#include <string>

namespace waybill::app {

std::shared_ptr<bitrix24::token_store> make_token_store(std::shared_ptr<redis::connection> redis, std::string prefix);

// The same tokens, as the installation writes them.
std::shared_ptr<ingress::installation_store> make_installation_store(std::shared_ptr<redis::connection> redis,
                                                                     std::string prefix);

} // namespace waybill::app
