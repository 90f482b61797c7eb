// Small notes of an adapter in its account's cache. Their loss costs a detour, never an order: what goes wrong with
// them is logged and otherwise taken as "there is none".
#pragma once
#include <waybill/carrier.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace waybill {

class marks {
 public:
  // `whose` is for the log: "CDEK". Without a cache nothing is kept.
  marks(std::shared_ptr<carrier_cache> cache, std::string whose) : cache_(std::move(cache)), whose_(std::move(whose)) {}

  // Empty: there is none.
  awaitable<std::string> get(std::string key) const;
  awaitable<void> set(std::string key, std::string value, std::chrono::milliseconds ttl) const;
  awaitable<void> drop(std::string key) const;

 private:
  std::shared_ptr<carrier_cache> cache_;
  std::string whose_;
};

} // namespace waybill
