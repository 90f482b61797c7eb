// Waiting for something until a moment, and not a turn longer. Unlike deadline(), the operation is not cancelled and
// not waited for: whoever ignores cancellation cannot hold up an answer, and what comes late still fills the caches.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace waybill::delivery {

using steady = std::chrono::steady_clock;

// Something under way, whose outcome any number of coroutines of the thread may wait for.
template <class T> struct pending {
  explicit pending(executor ex) : changed(std::move(ex)) {}
  signal changed;
  steady::time_point began{steady::now()};
  std::optional<result<T>> outcome;
};

template <class T> awaitable<void> carry_out(std::shared_ptr<pending<T>> p, awaitable<result<T>> op) {
  bool broken = false;
  try {
    auto got = co_await std::move(op);
    p->outcome.emplace(std::move(got));
  } catch (const std::exception&) { broken = true; }
  if (broken) {
    result<T> failed = fail(errc::internal, "an operation ended with an exception");
    p->outcome.emplace(std::move(failed));
  }
  p->changed.notify_all();
}

template <class T> std::shared_ptr<pending<T>> begin(executor ex, std::string name, awaitable<result<T>> op) {
  auto p = std::make_shared<pending<T>>(ex);
  spawn(std::move(ex), std::move(name), carry_out(p, std::move(op)));
  return p;
}

// timeout: it is still under way.
template <class T> awaitable<result<T>> outcome_of(std::shared_ptr<pending<T>> p, steady::time_point until) {
  while (!p->outcome) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now());
    if (left.count() <= 0) co_return fail(errc::timeout, "no answer in time");
    co_await p->changed.wait(left);
  }
  co_return *p->outcome;
}

} // namespace waybill::delivery
