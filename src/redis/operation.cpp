#include <redis/operation.hpp>

#include <exception>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace waybill::redis {

// Posted; when the context is destroyed before it ran, the waiting coroutines are destroyed with it.
struct resumer::turn {
  std::shared_ptr<resumer> queue;
  explicit turn(std::shared_ptr<resumer> q) : queue(std::move(q)) {}
  turn(turn&&) = default;
  turn& operator=(turn&&) = delete;
  ~turn() {
    if (queue) auto dropped = std::exchange(queue->ready_, {});
  }
  void operator()() {
    const auto q = std::move(queue);
    q->flush();
  }
};

void resumer::push(std::shared_ptr<operation> done) {
  ready_.push_back(std::move(done));
  if (std::exchange(posted_, true)) return;
  asio::post(ex_, turn{shared_from_this()});
}

void resumer::flush() {
  posted_ = false;
  const auto batch = std::exchange(ready_, {});
  std::exception_ptr
      error; // of a completion handler: the others are resumed all the same, then it leaves run() as usual
  for (const auto& op : batch) {
    auto resume = std::move(op->resume);
    auto outcome = std::move(*op->outcome);
    try {
      resume(std::move(outcome));
    } catch (...) { error = std::current_exception(); }
  }
  if (error) std::rethrow_exception(error);
}

void operation::finish(result<reply> with) {
  if (std::exchange(done, true)) return;
  outcome.emplace(std::move(with));
  if (resume) queue->push(shared_from_this());
}

namespace {

fault abandoned() {
  return fault{errc::outcome_unknown,
               "cancelled while waiting for the answer of Redis; the command may still be carried out",
               {},
               {}};
}

struct begin_waiting {
  template <class Handler> void operator()(Handler&& handler, std::shared_ptr<operation> op) const {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected())
      slot.assign([weak = std::weak_ptr(op)](asio::cancellation_type) {
        if (const auto alive = weak.lock()) alive->finish(std::unexpected(abandoned()));
      });
    const executor home = asio::get_associated_executor(handler, op->queue->where());
    if (home == op->queue->where()) {
      op->resume = std::forward<Handler>(handler);
    } else { // a coroutine of another executor is resumed there
      op->resume = [h = std::forward<Handler>(handler), home](result<reply> r) mutable {
        asio::dispatch(home, [h = std::move(h), r = std::move(r)]() mutable { std::move(h)(std::move(r)); });
      };
    }
    if (op->done) op->queue->push(op);
  }
};

} // namespace

awaitable<result<reply>> wait_for(std::shared_ptr<operation> op) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(result<reply>)>(begin_waiting{}, asio::use_awaitable,
                                                                                  std::move(op));
}

awaitable<std::vector<result<reply>>> wait_for_all(std::shared_ptr<operation> op) {
  auto end = co_await wait_for(op);
  std::vector<result<reply>> answers = std::move(op->many->answers);
  if (!end) answers.resize(op->many->expected, std::unexpected(std::move(end.error())));
  co_return answers;
}

awaitable<result<reply>> finished(const std::shared_ptr<resumer>& queue, fault f) {
  auto op = std::make_shared<operation>(queue);
  op->finish(std::unexpected(std::move(f)));
  return wait_for(std::move(op));
}

} // namespace waybill::redis
