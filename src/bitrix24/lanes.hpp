// Two queues, of reads and of writes, and who turns them into requests: a permit of the portal's limit first, and only
// then as many commands as fit. So what waits for the permit fills the batch by itself.
#pragma once
#include <bitrix24/client.hpp>
#include <bitrix24/envelope.hpp>
#include <bitrix24/transport.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::bitrix24 {

struct command {
  explicit command(const executor& ex) : wake(ex, std::chrono::steady_clock::time_point::max()) {}
  std::string method;
  boost::json::object params;
  std::function<boost::json::object()> make_params; // if set: called once, when the request is put together
  effect kind{effect::read};
  bool alone{false};
  std::string encoded; // as it stands in a batch
  int attempts{0};
  std::chrono::steady_clock::time_point deadline{}; // of waiting
  bool sent{false};
  bool gone{false}; // nobody waits any more
  asio::steady_timer wake;
  std::optional<result<answer>> outcome;

  void finish(result<answer> r) {
    if (outcome) return;
    outcome = std::move(r);
    wake.cancel();
  }
};
using command_ptr = std::shared_ptr<command>;

// How many commands a batch may hold so that it ends well inside the portal's 60 s, learnt from what batches took.
class pacer {
 public:
  pacer(std::size_t first, std::size_t most, double target_s) : size_(first), most_(most), target_s_(target_s) {}
  std::size_t size() const { return size_; }
  void took(std::size_t commands, double seconds);
  void lost(); // a request broke off: perhaps it was too long

 private:
  std::size_t size_, most_;
  double target_s_;
  double each_s_{0};
};

class lanes : public std::enable_shared_from_this<lanes> {
 public:
  lanes(executor ex, std::string portal, std::shared_ptr<transport> wire, std::shared_ptr<limits::bucket> intensity,
        std::shared_ptr<limits::operating_budget> operating);

  command_ptr make(std::string method, boost::json::object params, effect e) const;
  // Queues the command and waits for its outcome. A cancelled caller leaves the queue; what was sent goes on.
  static awaitable<result<answer>> run(std::shared_ptr<lanes> self, command_ptr c);

  client::counters counted() const { return counters_; }
  executor get_executor() const { return ex_; }

 private:
  using batch = std::vector<command_ptr>;
  struct lane {
    lane(const executor& ex, effect k, std::size_t first, double target_s)
        : kind(k), pace(first, 50, target_s), changed(ex) {}
    effect kind;
    std::deque<command_ptr> queue;
    std::map<std::string, std::chrono::steady_clock::time_point, std::less<>> held; // methods out of budget, until when
    pacer pace;
    signal changed;
    int in_flight{0};
    bool pumping{false};
    bool permit{false};
  };

  lane& of(effect e) { return e == effect::read ? reads_ : writes_; }
  void push(const command_ptr& c);
  static void sweep(lane& l);
  static std::optional<std::chrono::milliseconds> until_eligible(const lane& l);
  static void refuse_after(lane& l, std::chrono::milliseconds wait, const fault& f);
  static bool prepare(const command_ptr& c);
  void settle(const command_ptr& c, verdict v, bool batched) const;
  static bool again(const command_ptr& c, int most);
  void put_back(lane& l, batch commands);

  void landed(lane& l);

  static awaitable<void> pump(std::shared_ptr<lanes> self, lane* l);
  static awaitable<void> drain(std::shared_ptr<lanes> self, lane* l);
  static awaitable<batch> compose(std::shared_ptr<lanes> self, lane* l);
  static awaitable<void> send(std::shared_ptr<lanes> self, lane* l, batch commands);
  static awaitable<void> exchange_all(std::shared_ptr<lanes> self, lane* l, batch commands);
  static awaitable<bool> refused_as_a_whole(std::shared_ptr<lanes> self, lane* l, batch commands, peer_error e);

  executor ex_;
  std::string portal_;
  std::shared_ptr<transport> wire_;
  std::shared_ptr<limits::bucket> intensity_;
  std::shared_ptr<limits::operating_budget> operating_;
  lane reads_, writes_;
  int in_flight_{0};
  client::counters counters_;
};

} // namespace waybill::bitrix24
