// A Redis, the real queue and the store on one loop.
#pragma once
#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <store/store.hpp>

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace waybill::test {

class store_fixture : public testing::Test {
 protected:
  store_fixture() {
    link = connect();
    queue::options how;
    how.prefix = "t";
    how.consumer = "store-test";
    jobs_ = std::make_shared<queue::queue>(io.get_executor(), link, how);
    ships = std::make_shared<store::shipments>(link, jobs_, "t");
  }

  std::shared_ptr<redis::connection> connect(redis::options how = {}) {
    redis::endpoint where;
    where.unix_socket = server.socket();
    auto made = std::make_shared<redis::connection>(io.get_executor(), where, std::move(how));
    made->start();
    const auto up = run(made->wait_up(std::chrono::seconds(10)));
    EXPECT_TRUE(up.has_value());
    return made;
  }

  template <class T> T run(awaitable<T> task, std::chrono::seconds limit = std::chrono::seconds(30)) {
    return test::run(io, std::move(task), limit);
  }
  template <class F> bool until(F condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      run(sleep_for(std::chrono::milliseconds(5)));
    }
    return true;
  }

  static store::record planned(std::int64_t deal, std::int64_t attempt = 1) {
    store::record r;
    r.portal = "main";
    r.deal = deal;
    r.account = "acme";
    r.attempt = attempt;
    r.reference = store::make_reference("main", deal, attempt);
    r.what.reference = r.reference;
    return r;
  }
  static store::history_entry note(std::string what) {
    store::history_entry e;
    e.what = std::move(what);
    return e;
  }
  static queue::job job_for(std::int64_t deal, std::string payload = "{}") {
    queue::job j;
    j.lane = "carrier:acme";
    j.kind = "carry";
    j.key = store::order_key("main", deal);
    j.payload = std::move(payload);
    j.trace = "trace";
    return j;
  }
  store::record save(store::record r, std::string what, std::vector<store::next_job> jobs = {}) {
    auto saved = run(ships->transition(std::move(r), note(std::move(what)), std::move(jobs)));
    EXPECT_TRUE(saved) << (saved ? "" : saved.error().what);
    return saved ? *saved : store::record{};
  }
  std::optional<store::record> find(std::string reference) {
    auto got = run(ships->find(std::move(reference)));
    EXPECT_TRUE(got) << (got ? "" : got.error().what);
    return got ? *got : std::nullopt;
  }
  std::optional<store::record> current(std::int64_t deal) {
    auto got = run(ships->current("main", deal));
    EXPECT_TRUE(got) << (got ? "" : got.error().what);
    return got ? *got : std::nullopt;
  }
  std::vector<store::history_entry> history_of(std::string reference) {
    return run(ships->history(std::move(reference))).value_or(std::vector<store::history_entry>{});
  }
  std::vector<std::string> references(std::string state) {
    auto got = run(ships->list(std::move(state), 0, 100));
    std::vector<std::string> out;
    EXPECT_TRUE(got);
    if (got)
      for (const auto& r : got->records) out.push_back(r.reference);
    return out;
  }
  // A command as redis-cli would give it.
  redis::reply ask(std::vector<std::string> words) {
    const redis::args views(words.begin(), words.end());
    auto got = run(link->command(views));
    EXPECT_TRUE(got) << (got ? "" : got.error().what);
    return got ? *got : redis::reply{};
  }

  redis_server server;
  asio::io_context io{1};
  std::shared_ptr<redis::connection> link;
  std::shared_ptr<queue::queue> jobs_;
  std::shared_ptr<store::shipments> ships;
};

} // namespace waybill::test
