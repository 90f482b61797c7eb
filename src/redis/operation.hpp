// One command on its way, and the queue that resumes those who wait for one. Inside the room only.
#pragma once
#include <redis/connection.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace waybill::redis {

struct operation;

// Finished operations of one reader turn; a single post resumes them all, so that what they send next leaves in one
// write, and so that no user code ever runs inside a callback of hiredis.
class resumer : public std::enable_shared_from_this<resumer> {
 public:
  explicit resumer(executor ex) : ex_(std::move(ex)) {}
  void push(std::shared_ptr<operation> done);
  const executor& where() const { return ex_; }

 private:
  struct turn;
  void flush();

  executor ex_;
  std::vector<std::shared_ptr<operation>> ready_;
  bool posted_{false};
};

// Shared by hiredis' callback, the time limit and the cancellation: who comes first completes it, the rest is dropped.
struct operation : std::enable_shared_from_this<operation> {
  explicit operation(std::shared_ptr<resumer> q) : queue(std::move(q)) {}
  void finish(result<reply> with);

  std::shared_ptr<resumer> queue;
  std::move_only_function<void(result<reply>)> resume; // set once somebody waits
  std::optional<result<reply>> outcome;                // set once done
  bool done{false};
  std::chrono::steady_clock::time_point sent_at{};
  std::uint64_t begins_at{0}; // place of its first byte in the stream of the link
  // EVALSHA only: what EVAL needs if the server lost the script. `rest` is everything after the script's text.
  struct again {
    std::string_view text;
    std::size_t words{0};
    std::string rest;
  };
  std::unique_ptr<again> script;
  // A pipeline only: the answers so far. Its outcome is a fault when some are missing, and means nothing otherwise.
  struct several {
    std::size_t expected{0};
    std::vector<result<reply>> answers;
  };
  std::unique_ptr<several> many;
};

// Ends with the operation's outcome; one coroutine frame and nothing else.
awaitable<result<reply>> wait_for(std::shared_ptr<operation> op);
// The same for a pipeline; what was not answered ends with the fault.
awaitable<std::vector<result<reply>>> wait_for_all(std::shared_ptr<operation> op);
// An operation that is over before it began.
awaitable<result<reply>> finished(const std::shared_ptr<resumer>& queue, fault f);

} // namespace waybill::redis
