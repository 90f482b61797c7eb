#include <delivery/properties.hpp>
#include <delivery/shipping.hpp>

#include <algorithm>

namespace waybill::delivery {

struct properties::state {
  struct entry {
    list known;
    steady::time_point read{};
    std::shared_ptr<pending<std::vector<sale::shipment_property>>> coming;
  };
  executor ex;
  std::shared_ptr<portal_reader> portals;
  clock_of clock;
  options how;
  std::map<std::string, entry> entries;

  // Takes what has come meanwhile, whoever asked for it.
  void absorb(entry& e) const {
    if (e.coming == nullptr || !e.coming->outcome) return;
    if (*e.coming->outcome) {
      e.known = std::make_shared<const std::vector<sale::shipment_property>>(**e.coming->outcome);
      e.read = clock();
    }
    e.coming = nullptr;
  }
};

properties::properties(executor ex, std::shared_ptr<portal_reader> portals, clock_of clock, options how)
    : state_(std::make_shared<state>()) {
  state_->ex = std::move(ex);
  state_->portals = std::move(portals);
  state_->clock = std::move(clock);
  state_->how = how;
}

awaitable<result<properties::list>>
properties::of(std::string portal, std::shared_ptr<const std::vector<asked>> shipments, steady::time_point until) {
  const auto self = state_;
  state::entry& e = self->entries[portal]; // a map's entries stay where they are
  const auto lacks = [&] {
    return e.known == nullptr ||
           std::ranges::any_of(*shipments, [&](const asked& a) { return has_unknown_property(a, *e.known); });
  };
  self->absorb(e);
  const auto age = self->clock() - e.read;
  if (e.known != nullptr && age < self->how.fresh && (!lacks() || age < self->how.again)) co_return e.known;

  if (e.coming == nullptr) {
    auto op = self->portals->properties(portal);
    e.coming = begin(self->ex, "shipment properties", std::move(op));
  }
  auto got = co_await outcome_of(e.coming, until);
  self->absorb(e);
  if (got) co_return e.known;
  if (e.known != nullptr && !lacks()) co_return e.known;
  co_return fail(got.error());
}

} // namespace waybill::delivery
