// A list of a peer that is too big for one value of the cache and is good for a day: kept in pieces.
#pragma once
#include <waybill/carrier.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill {

struct kept_list {
  std::vector<std::string> pieces; // the owner's own form, best some 100 KB each; at most 1000
  instant read_at{};
};

// Nothing when there is none, or a piece of it is missing: a half list is none.
awaitable<std::optional<kept_list>> read_kept(std::shared_ptr<carrier_cache> cache, std::string key);
// Pieces first, the head that names them last: a reader sees the old list or the new one, never a mixture. The pieces
// of the list before this one are dropped, so that only one list takes room.
awaitable<result<void>> write_kept(std::shared_ptr<carrier_cache> cache, std::string key, kept_list list,
                                   std::chrono::milliseconds ttl);

} // namespace waybill
