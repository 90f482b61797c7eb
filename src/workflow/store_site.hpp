// What of the portal's online store is ours: the profiles of our delivery service and the ids of our statuses. Read by
// marks that setup left there, and kept in Redis for some minutes, as every deal asks for it.
#pragma once
#include <waybill/async.hpp>
#include <workflow/services.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace waybill::workflow {

struct store_site {
  std::map<std::int64_t, std::string> profiles; // profile service -> delivery type; empty text: not told
  std::set<std::int64_t> foreign;               // services that are known not to be ours
  std::map<std::string, std::string> statuses;  // canonical name -> STATUS_ID; also the portal's own DN and DD
};

// `service`: one that the answer is wanted for. When it is not known it is looked for again, once a minute at most.
// Nothing is ours in a portal that was never set up.
awaitable<result<store_site>> store_site_of(std::shared_ptr<services> s, std::string portal, std::int64_t service = 0);

} // namespace waybill::workflow
