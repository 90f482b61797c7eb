// One portal's REST API: authentication, limits, batching, errors. Typed calls stand beside it by area.
#pragma once
#include <config/config.hpp>
#include <limits/bucket.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>
#include <waybill/http.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

// What one command answered.
struct answer {
  boost::json::value result;
  std::int64_t total{0};
  std::int64_t next{0}; // 0: no further page
};

// Where tokens of a local application are kept, shared by all processes (the store implements it).
struct tokens {
  std::string access, refresh, client_endpoint, server_endpoint, member_id, application_token;
  instant expires{};
};
struct token_store {
  virtual ~token_store() = default;
  virtual awaitable<result<std::optional<tokens>>> load(std::string portal) = 0;
  // Compare-and-set on the refresh token that was used: false when another process was first.
  virtual awaitable<result<bool>> replace(std::string portal, std::string old_refresh, tokens fresh) = 0;
  // Single flight across processes: true for the one that may refresh now.
  virtual awaitable<result<bool>> lock_refresh(std::string portal, std::chrono::milliseconds ttl) = 0;
  virtual awaitable<result<void>> unlock_refresh(std::string portal) = 0;
};

enum class effect {
  read,  // may be repeated at will
  write, // its outcome is unknown when the answer is lost
};

// Calls of concurrent coroutines are coalesced into `batch` requests: reads up to 50, writes up to `write_batch`; each
// caller gets its own result or fault. Faults as in the contract's table: throttled (limits; the client itself waits
// for its budget first), forbidden (credentials, rights, scopes, plan), not_found, rejected (the text is for the
// manager), outcome_unknown (a write whose answer was lost), unavailable/timeout (a read), protocol. Lives on one
// thread. `intensity` and `operating` may be null: then nothing limits but the portal itself.
class client {
 public:
  client(executor ex, config::portal portal, std::shared_ptr<http_client> http,
         std::shared_ptr<limits::bucket> intensity, std::shared_ptr<limits::operating_budget> operating,
         std::shared_ptr<token_store> tokens);
  ~client();

  // `params` is the JSON form of the documented parameters. Text with "$result[" and the like is sent as a single call.
  awaitable<result<answer>> call(std::string method, boost::json::object params, effect e = effect::read);
  // Not batched (profile probe, methods that may not be batched, big uploads).
  awaitable<result<answer>> call_alone(std::string method, boost::json::object params, effect e = effect::read);
  // A read whose parameters are made at the moment when its request is put together, once: what turns up while it
  // waits for its turn can still join it.
  awaitable<result<answer>> call_late(std::string method, std::function<boost::json::object()> make_params);

  const config::portal& portal() const;
  // Filled in batches, for metrics: commands sent and requests made.
  struct counters {
    std::uint64_t requests{0}, commands{0};
  };
  counters count() const;
  executor get_executor() const;
  // True with an inbound webhook, false with a local application.
  bool by_webhook() const;
  // Called with the new host when the portal was renamed (it goes on working, but the configuration is out of date).
  void on_moved(std::function<void(std::string)> callback);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::bitrix24
