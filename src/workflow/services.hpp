// What the workflow works with. Built by app/, by the command line for operators' calls, and by tests with stand-ins.
#pragma once
#include <bitrix24/crm.hpp>
#include <config/config.hpp>
#include <limits/breaker.hpp>
#include <queue/queue.hpp>
#include <store/delivery_requests.hpp>
#include <store/store.hpp>
#include <waybill/carrier.hpp>

#include <map>
#include <memory>
#include <string>

namespace waybill::workflow {

struct portal_link {
  const config::portal* settings{nullptr};
  std::shared_ptr<bitrix24::crm> crm;
};

struct carrier_link {
  const carrier_account* account{nullptr};
  const carrier_type* type{nullptr};
  std::shared_ptr<carrier> api;
  limits::breaker breaker;
  std::string webhook_url{}; // what the carrier is told to call; empty: nothing
};

struct services {
  executor ex;
  std::shared_ptr<const config::file> settings;
  std::shared_ptr<queue::queue> jobs;
  std::shared_ptr<store::shipments> shipments;
  std::shared_ptr<store::values> values;
  std::shared_ptr<store::delivery_requests> requests;
  std::map<std::string, portal_link, std::less<>> portals;
  std::map<std::string, carrier_link, std::less<>> carriers;

  const portal_link* portal(std::string_view id) const {
    const auto it = portals.find(id);
    return it == portals.end() ? nullptr : &it->second;
  }
  carrier_link* carrier_of(std::string_view account) {
    const auto it = carriers.find(account);
    return it == carriers.end() ? nullptr : &it->second;
  }
};

} // namespace waybill::workflow
