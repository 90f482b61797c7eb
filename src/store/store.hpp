// Shipments and their indexes in Redis. A transition is one atomic script: compare the version, write the record,
// append to its history, keep the indexes, add the next jobs.
//
// Keys below {prefix}: `shipment:{ref}` HASH v,b; `history:{ref}` LIST; `deal:{portal}:{deal}` and
// `shop:{portal}:{order}` LIST of references; `beside:{ref}` the same of those that accompany a shipment;
// `order:{account}:{order id}` -> ref; `looks` ZSET of planned looks; `recent` ZSET by change; `state:{phase}` ZSET.
#pragma once
#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <store/record.hpp>
#include <waybill/async.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::store {

// A job that a transition adds; `delay` zero: at once.
struct next_job {
  queue::job what;
  std::chrono::milliseconds delay{0};
};

struct listing {
  std::vector<record> records;
  std::int64_t total{0};
};

class shipments {
 public:
  shipments(std::shared_ptr<redis::connection> redis, std::shared_ptr<queue::queue> jobs, std::string prefix);

  awaitable<result<std::optional<record>>> find(std::string reference);
  // The newest shipment of the deal.
  awaitable<result<std::optional<record>>> current(std::string portal, std::int64_t deal);
  // All of the deal, or of a shop order without one; the oldest first, the newest 100.
  awaitable<result<std::vector<record>>> all_of(std::string portal, std::int64_t deal, std::int64_t shop_order = 0);
  awaitable<result<std::optional<std::string>>> reference_of_order(std::string account, std::string order_id);

  // Writes `r` if nobody changed it since it was read (r.version), and updates r.version. conflict: somebody did; read
  // again. outcome_unknown cannot happen to the caller: the script is repeated until Redis answers, and a repeat of the
  // same write is recognised.
  awaitable<result<record>> transition(record r, history_entry note, std::vector<next_job> jobs = {});

  awaitable<result<std::vector<history_entry>>> history(std::string reference);
  // The newest changed first; `state` empty: all.
  awaitable<result<listing>> list(std::string state, std::int64_t offset, std::int64_t most);
  // References whose planned look is overdue by `late` or more: their jobs were lost.
  awaitable<result<std::vector<std::string>>> overdue(std::chrono::milliseconds late, std::int64_t most);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

// Small durable values with a lifetime: adapters' tokens and lists, marks, locks.
class values {
 public:
  values(std::shared_ptr<redis::connection> redis, std::string prefix);
  awaitable<result<std::optional<std::string>>> get(std::string key);
  awaitable<result<void>> put(std::string key, std::string value, std::chrono::milliseconds ttl); // 0: for ever
  awaitable<result<void>> forget(std::string key);
  // True for the one who set it.
  awaitable<result<bool>> take(std::string key, std::string value, std::chrono::milliseconds ttl);

 private:
  std::shared_ptr<redis::connection> redis_;
  std::string prefix_;
};

// `values` below one name, as an adapter sees it.
std::shared_ptr<carrier_cache> make_carrier_cache(std::shared_ptr<values> all, std::string account);

// Version of the data layout. A newer one than ours stops the start.
inline constexpr int schema = 1;
awaitable<result<void>> check_schema(std::shared_ptr<redis::connection> redis, std::string prefix);

} // namespace waybill::store
