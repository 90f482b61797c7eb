// What the commands of a portal share.
#pragma once
#include <bitrix24/client.hpp>
#include <cli/commands.hpp>
#include <waybill/async.hpp>

#include <memory>
#include <string>

namespace waybill::cli {

// A portal's client with the shared limits; with an inbound webhook it works without Redis too, so that a portal can be
// set up before the daemon has ever run. A local application's tokens are in Redis.
awaitable<result<std::shared_ptr<bitrix24::client>>> portal_client_of(executor ex, settings_ptr settings,
                                                                      std::string id);

// Asks, unless `--yes` said so.
bool agreed(const portal_options& o);

// `portal bind` and `portal unbind`: a shop's order and the deal that it belongs to.
awaitable<int> bind_or_unbind(executor ex, settings_ptr settings, portal_options o);

} // namespace waybill::cli
