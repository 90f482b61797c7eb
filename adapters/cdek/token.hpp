// The access token of one account: kept in memory and in the account's cache, fetched by one caller at a time, renewed
// before its end. Wrong credentials are remembered for a while, so that a misconfigured account does not hammer CDEK.
#pragma once
#include "settings.hpp"

#include <waybill/async.hpp>
#include <waybill/carrier.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace waybill::cdek {

class token_source {
 public:
  token_source(settings how, std::shared_ptr<http_client> http, std::shared_ptr<carrier_cache> cache, clock_fn clock);

  // A token good for some minutes at least. Faults: forbidden (wrong credentials), transient kinds.
  awaitable<result<std::string>> get();
  // CDEK refused this one: the next get() fetches another, unless somebody already has.
  void spoil(const std::string& token);

 private:
  struct kept {
    std::string text;
    instant renew_at{};
  };
  // One fetch under way, and who waits for it.
  struct flight {
    explicit flight(executor ex) : landed(std::move(ex)) {}
    signal landed;
    std::optional<result<std::string>> outcome;
  };

  awaitable<result<std::string>> fetch();
  awaitable<std::optional<kept>> from_cache();
  result<kept> read(const http_response& answer) const;

  settings how_;
  std::shared_ptr<http_client> http_;
  std::shared_ptr<carrier_cache> cache_;
  clock_fn clock_;
  std::string cache_key_;
  kept now_;
  std::string spoiled_;
  std::shared_ptr<flight> flight_;
  fault refused_; // the last refusal of the credentials
  instant refused_until_{};
  std::chrono::milliseconds refused_pause_{0};
};

} // namespace waybill::cdek
