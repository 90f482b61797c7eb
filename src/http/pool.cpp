#include <http/pool.hpp>

#include <algorithm>

namespace waybill::http {

pool::lease& pool::lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    give_back(nullptr);
    from_ = std::exchange(other.from_, nullptr);
    key_ = std::move(other.key_);
  }
  return *this;
}

std::shared_ptr<link> pool::lease::take_idle() {
  auto& idle = from_->places_[key_].idle;
  const auto now = steady::now();
  while (!idle.empty()) {
    auto l = std::move(idle.back());
    idle.pop_back();
    if (from_->is_fresh(*l, now) && l->is_quiet()) return l;
  }
  return nullptr;
}

void pool::lease::give_back(std::shared_ptr<link> reusable) {
  if (const auto from = std::exchange(from_, nullptr)) from->release(key_, std::move(reusable));
}

awaitable<result<pool::lease>> pool::acquire(std::string key, steady::time_point until) {
  const auto self = shared_from_this();
  sweep(steady::now());
  auto& p = places_[key]; // stays: a place with waiters or leases is not swept
  if (p.leased < how_.per_host) {
    ++p.leased;
    co_return lease(self, std::move(key));
  }
  const auto w = std::make_shared<waiter>(ex_);
  p.queue.push_back(w);
  w->timer.expires_at(until);
  const auto [ec] = co_await w->timer.async_wait(as_result);
  // A grant may cross with the end of the deadline or a cancellation: then the slot is ours and must be used or
  // returned.
  if (w->granted) co_return lease(self, std::move(key));
  w->gone = true;
  std::erase(places_[key].queue, w);
  if (ec) co_return fail(errc::cancelled, "cancelled while waiting for a free connection");
  co_return fail(errc::unavailable, "no connection became free in time", "pool");
}

void pool::release(const std::string& key, std::shared_ptr<link> reusable) {
  auto& p = places_[key];
  if (reusable) p.idle.push_back(std::move(reusable));
  while (!p.queue.empty()) {
    const auto next = std::move(p.queue.front());
    p.queue.pop_front();
    if (next->gone) continue;
    next->granted = true; // the slot passes on, so `leased` stays
    next->timer.cancel();
    return;
  }
  --p.leased;
}

bool pool::is_fresh(const link& l, steady::time_point now) const {
  return now - l.idle_since < how_.idle_most && now - l.opened_at < how_.age_most;
}

// Idle connections that nobody asks for again are closed in passing, by whichever request comes next.
void pool::sweep(steady::time_point now) {
  if (now - swept_ < std::chrono::seconds(1)) return;
  swept_ = now;
  for (auto at = places_.begin(); at != places_.end();) {
    auto& p = at->second;
    std::erase_if(p.idle, [&](const auto& l) { return !is_fresh(*l, now); });
    if (p.idle.empty() && p.leased == 0 && p.queue.empty()) at = places_.erase(at);
    else ++at;
  }
}

} // namespace waybill::http
