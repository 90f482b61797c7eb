// Reads of single records that become reads of many: who asks for an id while a list command still waits for its turn
// joins it. What was already sent is not joined: the answer could be older than the question.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace waybill::bitrix24 {

// The ids of one list command; sealed when its parameters are made.
struct id_group {
  std::vector<std::int64_t> ids;
  bool sealed{false};
};

// Who asks for an id that an unanswered read already holds may share its answer only where an older one is good enough.
enum class joining { until_sent, until_answered };

template <class Value> class loader {
 public:
  using found = std::map<std::int64_t, Value>;
  // Reads what the group holds. It seals the group at the last moment at which ids can still join.
  using fetch = std::function<awaitable<result<found>>(std::shared_ptr<id_group>)>;

  loader(executor ex, std::size_t most, fetch how, joining until = joining::until_sent)
      : ex_(std::move(ex)), most_(most), how_(std::move(how)), until_(until) {}

  // Nothing: the portal does not have it, or does not show it.
  static awaitable<result<std::optional<Value>>> load(std::shared_ptr<loader> self, std::int64_t id) {
    auto g = self->join(id);
    if (g->fresh) {
      g->fresh = false;
      spawn(self->ex_, "bitrix24.loader", drive(self, g));
    }
    if (!g->outcome) co_await g->done.async_wait(as_result);
    if (!g->outcome) co_return fail(errc::cancelled, "cancelled while the portal was asked");
    if (!*g->outcome) co_return fail(g->outcome->error());
    const auto it = (*g->outcome)->find(id);
    if (it == (*g->outcome)->end()) co_return std::optional<Value>{};
    co_return std::optional<Value>{it->second};
  }

 private:
  struct group {
    explicit group(const executor& ex) : done(ex, std::chrono::steady_clock::time_point::max()) {}
    std::shared_ptr<id_group> members{std::make_shared<id_group>()};
    asio::steady_timer done;
    std::optional<result<found>> outcome;
    bool fresh{true};
  };

  std::shared_ptr<group> join(std::int64_t id) {
    if (until_ == joining::until_answered)
      if (const auto it = asked_.find(id); it != asked_.end()) return it->second;
    auto g = place(id);
    if (until_ == joining::until_answered) asked_.emplace(id, g);
    return g;
  }

  std::shared_ptr<group> place(std::int64_t id) {
    const bool open = open_ && !open_->members->sealed && !open_->outcome;
    const bool there = open && std::ranges::find(open_->members->ids, id) != open_->members->ids.end();
    if (there) return open_;
    if (!open || open_->members->ids.size() >= most_) open_ = std::make_shared<group>(ex_);
    open_->members->ids.push_back(id);
    return open_;
  }

  static awaitable<void> drive(std::shared_ptr<loader> self, std::shared_ptr<group> g) {
    std::exception_ptr broken;
    try {
      g->outcome = co_await self->how_(g->members);
    } catch (...) {
      broken = std::current_exception();
      g->outcome = fail(errc::internal, "the read broke off");
    }
    if (self->open_ == g) self->open_.reset();
    std::erase_if(self->asked_, [&](const auto& a) { return a.second == g; });
    g->done.cancel();
    if (broken) std::rethrow_exception(broken); // spawn() tells of it
  }

  executor ex_;
  std::size_t most_;
  fetch how_;
  joining until_;
  std::shared_ptr<group> open_;
  std::map<std::int64_t, std::shared_ptr<group>> asked_; // of until_answered
};

} // namespace waybill::bitrix24
