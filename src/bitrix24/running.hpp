// Work that goes on beside us: started now, its result fetched later. Unlike `&&` it names its results, and a
// caller that is cancelled does not tear it apart.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace waybill::bitrix24 {

template <class T> class running {
 public:
  explicit running(const executor& ex) : done_(ex, std::chrono::steady_clock::time_point::max()) {}

  static std::shared_ptr<running> start(executor ex, awaitable<result<T>> work) {
    auto self = std::make_shared<running>(ex);
    spawn(std::move(ex), "bitrix24.running", drive(self, std::move(work)));
    return self;
  }
  // Once.
  static awaitable<result<T>> get(std::shared_ptr<running> self) {
    if (!self->value_) co_await self->done_.async_wait(as_result);
    if (!self->value_) co_return fail(errc::cancelled, "cancelled while the portal was asked");
    co_return std::move(*self->value_);
  }

 private:
  static awaitable<void> drive(std::shared_ptr<running> self, awaitable<result<T>> work) {
    std::exception_ptr broken;
    try {
      self->value_ = co_await std::move(work);
    } catch (...) {
      broken = std::current_exception();
      self->value_ = fail(errc::internal, "the work broke off");
    }
    self->done_.cancel();
    if (broken) std::rethrow_exception(broken); // spawn() tells of it
  }

  asio::steady_timer done_;
  std::optional<result<T>> value_;
};

} // namespace waybill::bitrix24
