// The kinds of jobs and how they are addressed. A job carries ids; what it does depends on what it finds.
//
//   bitrix24:<portal>   "deal"   look at a deal and plan what it asks for
//                       "write"  bring the portal in step with a shipment
//                       "money"  settle a shipment's cash and cost in the portal's store
//                       "beside" bring the systems beside the carrier in step with a shipment
//                       "sweep"  look for what no event announced
//                       "request"         join what was ordered by the portal's delivery form with its shipment
//                       "request_cancel"  withdraw it
//                       "request_gone"    tell the portal that it is withdrawn
//   carrier:<account>   "carry"  the next step of a shipment at its carrier
//                       "label"  print the shipment's label and put it into the deal
//                       "feed"   read what the carrier hands out about the account's orders
//                       "quote"  ask the price for a deal and write it there
#pragma once
#include <queue/job.hpp>
#include <store/delivery_requests.hpp>
#include <store/record.hpp>
#include <store/store.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace waybill::workflow {

std::string portal_lane(std::string_view portal);
std::string carrier_lane(std::string_view account);

std::string new_trace();

// `forced`: an operator or a press of a button asks to try again, whether or not the deal changed.
queue::job deal_job(std::string_view portal, std::int64_t deal, std::string trace, bool forced = false);
std::string deal_merge_key(std::string_view portal, std::int64_t deal);
queue::job sweep_job(std::string_view portal);
// `look` 0: now and whatever the schedule says (a webhook, an operator); otherwise the serial of the planned look.
queue::job carry_job(const store::record& r, std::int64_t look = 0);
// The same now, when a notice names an order of our number by an id that the record does not have.
queue::job named_job(const store::record& r, std::string_view order_id);
queue::job write_job(const store::record& r);
queue::job money_job(const store::record& r);
queue::job label_job(const store::record& r);
// `forced`: what failed at a companion is tried again.
queue::job beside_job(const store::record& r, bool forced = false);
queue::job feed_job(std::string_view account);
queue::job quote_job(std::string_view account, std::string_view portal, std::int64_t deal, std::string trace);

// Of a delivery request; `kind` is one of the three above.
queue::job request_job(const store::kept_request& r, std::string_view kind);

struct payload {
  std::string portal;
  std::int64_t deal{0};
  std::string reference;
  std::int64_t look{0};
  bool forced{false};
  std::string request; // of the delivery form
  std::string order;   // the carrier's id that a notice named
};
payload read_payload(const queue::job& j);

} // namespace waybill::workflow
