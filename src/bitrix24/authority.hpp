// The access token of a local application: loaded from the store, refreshed when the portal says that it has expired,
// by one coroutine of one process at a time.
#pragma once
#include <bitrix24/client.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <memory>
#include <optional>
#include <string>

namespace waybill::bitrix24 {

class authority {
 public:
  authority(executor ex, const config::portal& portal, std::shared_ptr<http_client> http,
            std::shared_ptr<token_store> store);

  // A token that should work now. forbidden: not installed, or the authorization server refused; unavailable: the
  // store or that server does not answer.
  awaitable<result<tokens>> current();
  // After a call with `stale` was answered expired_token: a newer one, from the store when another process was first.
  awaitable<result<tokens>> newer_than(std::string stale);
  // After other refusals of `stale`: what the store has by now, if it is another one (the application was reinstalled).
  awaitable<std::optional<tokens>> stored_other_than(std::string stale);
  // The portal has a new name.
  awaitable<void> moved(std::string client_endpoint);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::bitrix24
