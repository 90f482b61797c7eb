// A portal behind http_client: it takes batches apart as PHP does, answers each command from a table, and can be told
// to misbehave. Everything it was asked is recorded.
#pragma once
#include <bitrix24/client.hpp>
#include <waybill/http.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::test {

struct portal_reply {
  boost::json::value result{true};
  std::int64_t total{0}, next{0};
  bool failed{false};
  std::string error, description;
  int status{400};
  double operating{0};
  std::int64_t reset_at{0};
  bool skipped{false}; // in a batch: in no map at all
};
portal_reply replied(boost::json::value result);
portal_reply refused(std::string error, std::string description, int status = 400);

struct portal_command {
  std::string method;
  boost::json::object params; // of a batch: all leaves are strings
  bool batched{false};
};

class fake_portal : public http_client {
 public:
  using handler = std::function<portal_reply(const portal_command&)>;
  // Consumed one per request before the handlers are asked; a raw answer or a fault.
  std::deque<result<http_response>> scripted;
  std::map<std::string, handler> methods;
  handler otherwise{[](const portal_command&) { return replied(true); }};
  std::vector<http_request> requests;
  std::vector<boost::json::object> bodies;
  std::vector<portal_command> commands;
  // Answers wait here while it is closed.
  bool closed{false};
  int waiting{0}, most_at_once{0}, at_once{0};
  double seconds{0.2}; // what `time.duration` says
  std::function<std::optional<result<http_response>>(const http_request&)> first_look;

  awaitable<result<http_response>> send(http_request rq) override;
  std::vector<std::size_t> batch_sizes() const { return sizes_; }
  std::vector<portal_command> calls_of(const std::string& method) const;

 private:
  http_response answer(const http_request& rq);
  portal_reply run(const portal_command& c);
  std::vector<std::size_t> sizes_;
};

http_response plain_answer(int status, std::string body, std::string type = "application/json");
config::portal webhook_portal();
config::portal oauth_portal();

// Tokens shared by clients, as the store would keep them.
struct fake_tokens : bitrix24::token_store {
  std::optional<bitrix24::tokens> kept;
  bool locked{false};
  int loads{0}, replaces{0}, locks{0};
  int failing_replaces{0};
  std::vector<std::string> log;
  awaitable<result<std::optional<bitrix24::tokens>>> load(std::string portal) override;
  awaitable<result<bool>> replace(std::string portal, std::string old_refresh, bitrix24::tokens fresh) override;
  awaitable<result<bool>> lock_refresh(std::string portal, std::chrono::milliseconds ttl) override;
  awaitable<result<void>> unlock_refresh(std::string portal) override;
};

} // namespace waybill::test
