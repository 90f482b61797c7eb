// Delivery requests: what managers ordered with the portal's own delivery button, from their press to the end. The
// front door keeps them, the workflow joins them with shipments and writes what became of them.
//
// Keys below {prefix}: `delivery:request:{portal}:{id}` HASH v,n,b; `delivery:live:{portal}:{shipment id}` -> the live
// request that holds this shipment; `delivery:deal:{portal}:{deal}` LIST of request ids.
#pragma once
#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <waybill/async.hpp>
#include <waybill/shipment.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::store {

enum class request_state {
  live,
  cancelled, // the carrier's order is cancelled, or was never made
  deleted,   // the same, and the portal has dropped its request too
};
std::string_view to_string(request_state s);

// One delivery request. Several shipments of the portal (and of one deal) may be ordered by one.
struct kept_request {
  std::string request_id; // ours: "wb-" and hex
  std::string portal;
  std::int64_t delivery_id{0};         // the profile service that the portal's calls about it name
  std::vector<std::int64_t> shipments; // of the portal; ascending, at least one
  std::int64_t deal{0};                // 0: a shop order without a deal
  std::int64_t order{0};
  request_state state{request_state::live};
  shipment what;         // as the manager's form has it; without reference
  std::string asked;     // JSON {"SHIPMENTS": [...]} as the portal sent it, cut to what is read of it
  std::string reference; // of the workflow's shipment, once joined
  bool cancel_wanted{false};
  std::string refusal; // why the last cancel was refused, for people; empty: not refused (yet)
  std::string trace;
  instant created{};
  instant changed{};
  std::int64_t version{0}; // of the stored form; 0: not stored yet
};

std::string encode(const kept_request& r);
result<kept_request> decode_request(std::string_view text); // internal: unreadable

// "wb-" and 24 random hex digits.
std::string new_request_id();

// The registry. Every change is one atomic script; a lost answer of Redis is settled by repeating it, for some seconds:
// then unavailable (or outcome_unknown), and the change may still have been made. Setters take not_found for an unknown
// request. Lives on one thread.
class delivery_requests {
 public:
  delivery_requests(std::shared_ptr<redis::connection> redis, std::shared_ptr<queue::queue> jobs, std::string prefix);

  struct made {
    kept_request what;
    bool fresh{true}; // false: these very shipments have a live request already, and it is the one given back
  };
  // Stores `r` and adds the job in one step. conflict: another live request (its id in peer_code) holds one of the
  // shipments, or the same ones were ordered of another service.
  awaitable<result<made>> create(kept_request r, queue::job first);

  awaitable<result<std::optional<kept_request>>> find(std::string portal, std::string request_id);
  awaitable<result<std::optional<kept_request>>> find_live_by_shipment(std::string portal, std::int64_t shipment_id);
  // All of a deal, the oldest first; the newest 100.
  awaitable<result<std::vector<kept_request>>> of_deal(std::string portal, std::int64_t deal);

  // conflict: the request is not live any more, or is joined with another shipment.
  awaitable<result<kept_request>> set_reference(std::string portal, std::string request_id, std::string reference);
  // What became of a cancel. The shipments may be ordered anew afterwards; a deleted request stays deleted. To be
  // called before the portal is told to delete its request: the portal calls our own endpoint while it does so, which
  // answers at once for a cancelled request and waits for a job for a live one.
  awaitable<result<kept_request>> set_cancelled(std::string portal, std::string request_id);
  awaitable<result<kept_request>> set_deleted(std::string portal, std::string request_id);
  // `text` is shown to the manager. A request that is not live any more stays as it is.
  awaitable<result<kept_request>> set_refusal(std::string portal, std::string request_id, std::string text);
  // Marks a live request to be cancelled, forgets an earlier refusal and adds the job; one that is not live comes back
  // as it is, without a job.
  awaitable<result<kept_request>> want_cancel(std::string portal, std::string request_id, queue::job job);
  // The manager ordered the same again with other data (the first answer was lost): what is asked now. conflict: the
  // request is not live any more, or is being cancelled.
  awaitable<result<kept_request>> renew(std::string portal, std::string request_id, shipment what, std::string asked,
                                        queue::job job);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::store
