// One life of one hiredis context: from connect to its end. Inside the room only; `connection` makes a new one each
// time.
#pragma once
#include <redis/connection.hpp>
#include <redis/hooks.hpp>
#include <redis/operation.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>
#include <hiredis/async.h>

namespace waybill::redis {

// A place that needs no look-up any more. A unix socket wins over the (numeric) address.
struct target {
  std::string unix_socket;
  std::string address;
  std::uint16_t port{0};
};
std::string to_text(const target& t);

class link : public std::enable_shared_from_this<link>, private context_owner {
 public:
  // command_timeout 0: commands wait for ever.
  link(executor ex, std::chrono::milliseconds command_timeout);
  ~link() override;
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  // Connected within the limit, or a fault (unavailable, bad_input for an impossible path).
  static awaitable<result<std::shared_ptr<link>>> open(executor ex, target where, std::chrono::milliseconds limit,
                                                       std::chrono::milliseconds command_timeout);
  bool alive() const { return context_ != nullptr; }
  // Why it is not alive any more.
  const std::string& why() const { return why_; }
  // Notified when it gets connected and when it ends.
  signal& changed() { return changed_; }

  // Ends it. Waiting commands end with outcome_unknown, those of which no byte has left with `unsent`.
  void close(errc unsent, std::string why);

  // Formats at once. Not alive, or too much unsent: an operation that is over already.
  std::shared_ptr<operation> send(std::span<const std::string_view> words);
  // Never null; `many` is set.
  std::shared_ptr<operation> send_all(const pipeline& all);
  // EVALSHA, which becomes EVAL when the server answers NOSCRIPT.
  std::shared_ptr<operation> send_eval(const script& s, std::span<const std::string_view> keys,
                                       std::span<const std::string_view> values);
  template <std::convertible_to<std::string_view>... Words> awaitable<result<reply>> call(const Words&... words) {
    const std::array<std::string_view, sizeof...(Words)> list{std::string_view(words)...};
    return wait_for(send(list));
  }

 private:
  using clock = std::chrono::steady_clock;

  result<void> begin(const target& where);
  static void on_connect(const redisAsyncContext* context, int status);
  static void on_reply(redisAsyncContext* context, void* answer, void* self);
  void bytes_came() override;
  void context_gone(std::string why) override;

  void take(const redisReply& answer, const std::shared_ptr<operation>& op);
  // One answer of an operation; the last one finishes it.
  static void settle(const std::shared_ptr<operation>& op, result<reply> answer);
  std::shared_ptr<operation> refused(fault f);
  // Hands out_ to hiredis as one command of the operation.
  bool append(const std::shared_ptr<operation>& op);
  // Sends what stands in out_ for this operation; false when hiredis takes no more.
  bool enqueue(const std::shared_ptr<operation>& op);
  std::uint64_t bytes_left() const; // formatted and not yet written
  fault lost(const operation& op) const;
  void look_at_oldest_later(clock::time_point when);
  void look_at_oldest();
  bool readable_now() const;

  std::shared_ptr<resumer> queue_;
  std::chrono::milliseconds limit_;
  asio::steady_timer timer_;
  signal changed_;
  redisAsyncContext* context_{nullptr};
  std::shared_ptr<hooks> hooks_;
  std::deque<std::shared_ptr<operation>> sent_; // Redis answers in order
  std::string out_;
  std::string why_;
  clock::time_point last_read_{};
  std::uint64_t appended_{0};
  errc unsent_{errc::unavailable};
  bool connected_{false};
  bool looking_{false};
  bool graced_{false};
};

} // namespace waybill::redis
