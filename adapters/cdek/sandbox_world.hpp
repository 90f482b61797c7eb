// What the stand-in remembers, and the pieces it is made of. Used by sandbox_*.cpp only.
#pragma once
#include <waybill/carrier.hpp>
#include <waybill/json.hpp>
#include <waybill/stand_in.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waybill::cdek::sandbox {

// code, message
using problems = std::vector<std::pair<std::string, std::string>>;

struct step {
  std::string code, reason, city;
  instant when{};
  bool deleted{false};
};

struct request {
  std::string uuid, type, state;
  instant when{};
  problems errors, warnings;
};

struct order {
  std::string uuid, number, cdek_number;
  int type{1};
  json::object body;             // as sent, with package ids and cleaned keys
  std::vector<step> steps;       // oldest first
  std::vector<request> requests; // oldest first
  problems delivery_problems;    // code, time
  bool is_return{false}, is_client_return{false}, removed{false}, refuse_later{false};
  problems refuse_with;
  std::string direct_uuid, return_uuid, client_return_uuid;
  std::int64_t delivery_kopecks{0};

  std::string request_state() const { return requests.empty() ? "" : requests.front().state; }
  bool invalid() const { return request_state() == "INVALID"; }
  bool live() const { return !removed && !invalid(); }
  std::string last() const { return steps.empty() ? "" : steps.back().code; }
};

struct form {
  std::string uuid, kind; // "orders" | "barcodes"
  json::object body;
  std::chrono::steady_clock::time_point ready_at;
  instant made{};
  problems errors;
};

struct intake {
  std::string uuid, number, order_uuid, date;
  json::object body;
  std::chrono::steady_clock::time_point judged_at;
  instant made{};
  problems errors, warnings;
};

struct subscription {
  std::string uuid, type, url;
};

class world : public std::enable_shared_from_this<world> {
 public:
  explicit world(stand_in_context c) : context(std::move(c)) {}

  stand_in_context context;
  std::deque<order> orders; // in the order of acceptance; never erased
  std::vector<form> forms;
  std::vector<intake> intakes;
  std::vector<subscription> subscriptions;
  std::map<std::string, std::chrono::steady_clock::time_point> tokens; // until when
  std::map<std::string, std::int64_t> counts;                          // requests by operation
  std::shared_ptr<fault_list> faults = std::make_shared<fault_list>();
  std::map<std::string, std::int64_t> hooks_sent; // by outcome

  std::string new_uuid();
  std::string new_cdek_number() { return std::to_string(10'040'000'000 + next_number_++); }
  std::string new_intake_number() { return std::to_string(900'000 + next_number_++); }
  std::chrono::milliseconds scaled(std::chrono::milliseconds d) const;

  order* find(std::string_view uuid);
  // The newest that is not removed, refused ones included.
  order* newest_by_number(std::string_view number);
  order* by_cdek_number(std::string_view number);

  // sandbox_orders.cpp
  http_response create(const json::value& body, problems refuse_with);
  http_response read(const form_fields& query, std::string_view uuid);
  http_response patch(const json::value& body);
  http_response remove(std::string_view uuid);
  http_response refusal(std::string_view uuid);
  http_response client_return(std::string_view uuid, const json::value& body);
  void judge_create(const std::string& uuid);
  json::value order_json(const order& o) const;

  // sandbox_moves.cpp
  result<void> advance(const std::string& reference, std::string code, std::string reason);
  void put_step(order& o, std::string code, std::string reason);

  // sandbox_paper.cpp
  http_response calculate(std::string_view path, const json::value& body);
  http_response print(std::string_view kind, const json::value& body);
  http_response form_state(std::string_view kind, std::string_view uuid);
  http_response form_file(std::string_view kind, std::string_view uuid);
  http_response make_intake(const json::value& body);
  http_response intake_state(std::string_view uuid);

  // sandbox_lists.cpp
  http_response list_points(const form_fields& query);
  http_response list_cities(const form_fields& query);
  http_response all_tariffs();
  http_response token(const http_request& rq);
  http_response subscribe(const json::value& body);
  http_response list_subscriptions(std::string_view uuid);
  http_response unsubscribe(std::string_view uuid);

  // sandbox_hooks.cpp
  void post_hook(const std::string& type, std::string uuid, json::object attributes);
  void hook_status(const order& o, const step& s);

  // Runs `act` on this world after the scaled delay, unless the stand-in is gone by then.
  void later(std::chrono::milliseconds delay, std::function<void(world&)> act);

 private:
  std::mt19937_64 random_{std::random_device{}()};
  std::int64_t next_number_{1};
};

// sandbox_checks.cpp: what is refused at once (400), and what only a moment later.
problems static_checks(const json::object& body);
problems later_checks(world& w, const order& o);
// The city that a location means; nullptr: not recognised.
struct city_answer {
  int code{0};
  bool found{false};
};
city_answer recognise(const json::object& location);
int mode_of_sandbox_tariff(std::int64_t code); // 0: no such tariff

// Texts and envelopes.
std::string stamp(instant when); // +0000 without a colon
std::string_view status_name(std::string_view code);
json::array error_list(const problems& p);
json::object request_json(const request& r);
http_response reply(int status, const json::value& v);
http_response refuse(std::string_view type, const problems& errors); // with requests[]
http_response refuse_plain(const problems& errors);                  // {"errors": [...]}
http_response accepted(const std::string& uuid, const request& r);
inline http_response not_found(std::string code) {
  return refuse("GET", {{std::move(code), "Entity is not found with params"}});
}

} // namespace waybill::cdek::sandbox
