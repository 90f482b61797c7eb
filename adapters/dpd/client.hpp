// One call to a DPD service: its namespace, the limit of calls at once, and every answer that is no success as a fault.
#pragma once
#include "errors.hpp"
#include "settings.hpp"
#include "wire.hpp"

#include <waybill/async.hpp>
#include <waybill/carrier.hpp>
#include <waybill/http.hpp>
#include <waybill/soap.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace waybill::dpd {

struct call {
  wire::service to{wire::order};
  std::string operation; // names the element and the metric: "dpd.createOrder2"
  std::string body;      // the content of the operation's element
  asked_about about;
  std::chrono::milliseconds timeout{20'000};
  std::size_t max_bytes{4 * 1024 * 1024};
  // Names what the call is about: a fault that nothing explains ends as `rejected` when it comes a third time for it.
  std::string subject;
};

// The answer's element, and what keeps it alive.
struct answered {
  soap::message message;
  soap::node response;
};

class client {
 public:
  client(settings how, std::shared_ptr<http_client> http, std::shared_ptr<carrier_cache> cache, executor ex,
         clock_fn clock);

  // A change whose answer is lost or unreadable is outcome_unknown, a read unavailable.
  awaitable<result<answered>> ask(call c);
  // What a service calls its namespace, read from its description; kept for a day, and used for longer while the
  // description cannot be read.
  awaitable<result<std::string>> described_space(wire::service s);

 private:
  // So many calls at once; the rest wait their turn.
  struct gate {
    gate(executor ex, int n) : most(n), free(std::move(ex)) {}
    int most, busy{0};
    signal free;
  };
  struct turn {
    explicit turn(std::shared_ptr<gate> g) : at(std::move(g)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      --at->busy;
      at->free.notify_all();
    }
    std::shared_ptr<gate> at;
  };

  awaitable<result<http_response>> send(http_request rq, bool events);
  fault judged(const call& c, const http_response& answer, const result<soap::message>& said);

  settings how_;
  std::shared_ptr<http_client> http_;
  std::shared_ptr<carrier_cache> cache_;
  clock_fn clock_;
  std::shared_ptr<gate> all_, inbox_;
  std::map<std::string, int> strikes_; // by subject
};

} // namespace waybill::dpd
