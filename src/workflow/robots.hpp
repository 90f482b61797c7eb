// Our automation rule "create shipment": a manager put it on a stage, the portal runs it and waits for what we return.
// What it asks is noted below the deal and lives 30 days: its tokens until they are answered, its wishes until the
// shipment is closed. Notes change only inside jobs of the deal, which never overlap.
#pragma once
#include <bitrix24/crm.hpp>
#include <mapping/mapping.hpp>
#include <queue/queue.hpp>
#include <store/record.hpp>
#include <waybill/async.hpp>
#include <workflow/services.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace waybill::workflow {

// One run of the rule, as the portal called it.
struct robot_call {
  std::string portal;
  std::int64_t deal{0};
  std::string event_token;      // with it the result is sent; good for one answer
  std::string service, comment; // the rule's own settings; empty: none
};
inline constexpr std::size_t longest_event_token = 512;

// Kind "robot" in the portal's lane, in the order of the deal's other jobs.
queue::job robot_job(const robot_call& call, std::string trace);

struct robot_note {
  std::vector<std::string> tokens; // waiting for an answer, the oldest first
  std::string service, comment;
  bool ship{false}; // the deal is to be shipped, whatever its stage asks for
};
// Empty when no rule ran for the deal.
awaitable<result<robot_note>> robot_note_of(std::shared_ptr<services> s, std::string portal, std::int64_t deal);

// The rule's settings stand in for what the deal leaves open.
void fill_in(const config::portal& portal, bitrix24::deal_bundle& bundle, const robot_note& note);
void fill_in(mapping::mapped& m, const robot_note& note);

// Notes the call, lets `look` look at the deal, and answers at once where no write-back will.
using deal_look = std::function<awaitable<queue::outcome>(queue::job)>;
awaitable<queue::outcome> run_robot(std::shared_ptr<services> s, queue::job j, deal_look look);

// Tells the rules that wait for this shipment, once it is confirmed, refused or closed; does nothing before. May be
// repeated. Only transient faults are returned: what the portal refuses for good is logged and over.
awaitable<result<void>> answer_robots(std::shared_ptr<services> s, store::record r);

} // namespace waybill::workflow
