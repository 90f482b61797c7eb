// hiredis' event hooks on one Asio descriptor. Inside the room only.
#pragma once
#include <waybill/async.hpp>

#include <memory>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <hiredis/async.h>

namespace waybill::redis {

// Who uses a context. Called from inside hiredis: must not disconnect or free the context there.
class context_owner {
 public:
  virtual ~context_owner() = default;
  virtual void bytes_came() = 0;
  // The context is being freed: every waiting command has had its null reply. `why` is empty after our own free.
  virtual void context_gone(std::string why) = 0;
};

// Lives from attach() until hiredis' cleanup call (it owns itself so long), and as long as a wait is under way: hiredis
// frees a context by itself after a failed connect or a lost link, also from inside a read.
class hooks : public std::enable_shared_from_this<hooks> {
 public:
  // Before redisAsyncSetConnectCallback, which asks for the first write. Null when the descriptor cannot be watched.
  static std::shared_ptr<hooks> attach(executor ex, redisAsyncContext* context, context_owner* owner);
  explicit hooks(executor ex) : fd_(std::move(ex)) {}

 private:
  void read_wanted();
  void write_wanted();
  void read_ready();
  void write_ready();
  void gone();

  asio::posix::stream_descriptor fd_;
  redisAsyncContext* context_{nullptr};
  context_owner* owner_{nullptr};
  std::shared_ptr<hooks> self_;
  bool want_read_{false}, want_write_{false};
  bool reading_{false}, writing_{false}; // a wait is under way
};

} // namespace waybill::redis
