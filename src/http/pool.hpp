// Keeps connections for the next request to the same place, and bounds how many there are. Private to the client.
#pragma once
#include <http/link.hpp>
#include <waybill/async.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace waybill::http {

class pool : public std::enable_shared_from_this<pool> {
 public:
  struct limits {
    std::size_t per_host{16};
    std::chrono::milliseconds idle_most{}, age_most{};
  };
  pool(executor ex, limits how) : ex_(std::move(ex)), how_(how) {}

  // The right to one connection to `key`. Given back by the destructor, wherever the coroutine ends.
  class lease {
   public:
    lease() = default;
    lease(std::shared_ptr<pool> from, std::string key) : from_(std::move(from)), key_(std::move(key)) {}
    lease(lease&& other) noexcept : from_(std::exchange(other.from_, nullptr)), key_(std::move(other.key_)) {}
    lease& operator=(lease&& other) noexcept;
    ~lease() { give_back(nullptr); }
    // An idle connection that still looks alive, or null.
    std::shared_ptr<link> take_idle();
    // Ends the lease; a connection fit for more requests is kept.
    void give_back(std::shared_ptr<link> reusable);

   private:
    std::shared_ptr<pool> from_;
    std::string key_;
  };

  // In the order of asking. unavailable when none became free in time, cancelled when the caller was.
  awaitable<result<lease>> acquire(std::string key, steady::time_point until);

 private:
  struct waiter {
    explicit waiter(const executor& ex) : timer(ex) {}
    asio::steady_timer timer;
    bool granted{false}, gone{false};
  };
  struct place {
    std::size_t leased{0};
    std::vector<std::shared_ptr<link>> idle; // the freshest last
    std::deque<std::shared_ptr<waiter>> queue;
  };

  void release(const std::string& key, std::shared_ptr<link> reusable);
  bool is_fresh(const link& l, steady::time_point now) const;
  void sweep(steady::time_point now);

  executor ex_;
  limits how_;
  std::map<std::string, place, std::less<>> places_;
  steady::time_point swept_{};
};

} // namespace waybill::http
