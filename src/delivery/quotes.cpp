#include <delivery/quotes.hpp>

#include <algorithm>
#include <map>

namespace waybill::delivery {

struct quotes::state {
  struct kept {
    std::vector<quote> all;
    steady::time_point when{};
  };
  executor ex;
  clock_of clock;
  options how;
  std::map<std::string, kept> known;
  std::map<std::string, std::shared_ptr<pending<std::vector<quote>>>> under_way;

  // What is over is taken, what has hung for too long is forgotten.
  void absorb() {
    std::erase_if(under_way, [&](const auto& one) {
      const auto& p = *one.second;
      if (p.outcome && *p.outcome) keep(one.first, **p.outcome);
      return p.outcome || steady::now() - p.began > how.longest_ask;
    });
  }

  void keep(const std::string& key, const std::vector<quote>& all) {
    const auto now = clock();
    if (known.size() >= how.most_kept)
      std::erase_if(known, [&](const auto& one) { return now - one.second.when >= how.fresh; });
    if (known.size() >= how.most_kept)
      known.erase(std::ranges::min_element(known, {}, [](const auto& one) { return one.second.when; }));
    known[key] = {all, now};
  }
};

quotes::quotes(executor ex, clock_of clock, options how) : state_(std::make_shared<state>()) {
  state_->ex = std::move(ex);
  state_->clock = std::move(clock);
  state_->how = how;
}

awaitable<result<std::vector<quote>>> quotes::of(std::string account, std::shared_ptr<carrier> api, shipment what,
                                                 steady::time_point until) {
  const auto self = state_;
  what.recipient = {};
  what.comment.clear();
  what.reference.clear();
  const std::string key = account + "\n" + fingerprint(what);
  self->absorb();
  if (const auto it = self->known.find(key); it != self->known.end()) {
    if (self->clock() - it->second.when < self->how.fresh) co_return it->second.all;
    self->known.erase(it);
  }
  auto& slot = self->under_way[key];
  if (slot == nullptr) {
    if (self->under_way.size() > self->how.most_under_way) {
      self->under_way.erase(key);
      co_return fail(errc::throttled, "too many prices are being asked at once");
    }
    auto op = api->quote_for(std::move(what));
    slot = begin(self->ex, "quote " + account, std::move(op));
  }
  const auto asking = slot;
  auto got = co_await outcome_of(asking, until);
  self->absorb();
  co_return got;
}

} // namespace waybill::delivery
