// The services of a configuration, wired: what serve, check and the operators' commands share.
#pragma once
#include <config/config.hpp>
#include <redis/connection.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>
#include <workflow/engine.hpp>
#include <workflow/services.hpp>

#include <memory>
#include <string>
#include <vector>

namespace waybill::app {

struct core {
  std::shared_ptr<const config::file> settings;
  std::shared_ptr<redis::connection> commands;
  std::shared_ptr<http_client> http;
  std::shared_ptr<workflow::services> services;
};

// Where the configuration's Redis is; embedded: the socket in data_dir.
result<redis::endpoint> redis_endpoint(const config::file& settings);

// Connects (waiting at most `patience`), checks the data's layout and builds every portal and carrier account.
awaitable<result<core>> connect(executor ex, std::shared_ptr<const config::file> settings,
                                std::chrono::milliseconds patience);

// What the file cannot tell by itself: accounts that are used for what their systems cannot do. Each text is a sentence
// with its remedy.
std::vector<std::string> misused_accounts(const workflow::services& s);

// Unique to this process: host, process id and a random part.
std::string consumer_name();

} // namespace waybill::app
