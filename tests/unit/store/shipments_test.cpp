// Shipments, their indexes and the jobs of a transition, against a real Redis and the real queue.
#include "fixture.hpp"

#include <thread>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>

namespace {

using namespace waybill;
using namespace waybill::store;
using namespace waybill::test;
using namespace std::chrono_literals;

class shipments_test : public store_fixture {};

TEST_F(shipments_test, what_was_written_is_found_and_is_the_deals_current_one) {
  EXPECT_FALSE(find("B24-main-7"));
  EXPECT_FALSE(current(7));
  record r = save(planned(7), "planned");
  EXPECT_EQ(r.version, 1);
  const auto there = find("B24-main-7");
  ASSERT_TRUE(there);
  EXPECT_EQ(there->version, 1);
  EXPECT_EQ(there->deal, 7);
  EXPECT_EQ(there->state, phase::planned);
  ASSERT_TRUE(current(7));
  EXPECT_EQ(current(7)->reference, "B24-main-7");
  EXPECT_FALSE(current(8));
  // A later attempt is the deal's current one; the earlier stays findable.
  record again = planned(7, 2);
  save(again, "planned");
  EXPECT_EQ(current(7)->reference, "B24-main-7-2");
  EXPECT_TRUE(find("B24-main-7"));
  // A second transition of the same shipment does not list it twice.
  save(*current(7), "submitting");
  EXPECT_EQ(ask({"LLEN", "t:deal:main:7"}).integer, 2);
}

TEST_F(shipments_test, a_version_that_moved_on_is_a_conflict_and_changes_nothing) {
  const record first = save(planned(7), "planned");
  record fresh = first, stale = first;
  fresh.number = "1";
  stale.number = "2";
  ASSERT_EQ(save(fresh, "fresh").version, 2);
  std::vector<next_job> jobs(1);
  jobs.front().what = job_for(7);
  const auto refused = run(ships->transition(stale, note("stale"), jobs));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_EQ(find("B24-main-7")->number, "1");
  EXPECT_EQ(history_of("B24-main-7").size(), 2U);
  EXPECT_EQ(ask({"XLEN", jobs_->stream_key("carrier:acme")}).integer, 0);
  // A second create of the same reference is a conflict as well: version 0 is a version.
  const auto twin = run(ships->transition(planned(7), note("twin"), {}));
  ASSERT_FALSE(twin);
  EXPECT_EQ(twin.error().code, errc::conflict);
  EXPECT_EQ(ask({"LLEN", "t:deal:main:7"}).integer, 1);
}

awaitable<std::pair<result<record>, result<record>>> race(std::shared_ptr<shipments> one,
                                                          std::shared_ptr<shipments> two, record a, record b) {
  using namespace asio::experimental::awaitable_operators;
  history_entry first, second;
  first.what = "first";
  second.what = "second";
  auto left = one->transition(std::move(a), std::move(first), {});
  auto right = two->transition(std::move(b), std::move(second), {});
  auto both = co_await (std::move(left) && std::move(right));
  co_return std::pair(std::move(std::get<0>(both)), std::move(std::get<1>(both)));
}

TEST_F(shipments_test, of_two_writers_one_wins_every_time) {
  const auto other_link = connect();
  const auto other = std::make_shared<shipments>(other_link, jobs_, "t");
  record r = save(planned(7), "planned");
  for (int i = 0; i < 50; ++i) {
    record a = r, b = r;
    a.number = "a";
    b.number = "b";
    auto [left, right] = run(race(ships, other, std::move(a), std::move(b)));
    ASSERT_NE(left.has_value(), right.has_value()) << i;
    const auto& lost = left ? right : left;
    EXPECT_EQ(lost.error().code, errc::conflict);
    r = left ? *left : *right;
    const auto there = find(r.reference);
    EXPECT_EQ(there->number, r.number);
    EXPECT_EQ(there->version, r.version);
  }
  EXPECT_EQ(history_of(r.reference).size(), 51U);
}

// The answer is lost after the work was done: Redis stops for longer than a command may last, then goes on. The
// repeat is recognised: one version, one line of history, one job.
TEST_F(shipments_test, a_lost_answer_is_settled_inside) {
  redis::options impatient;
  impatient.command_timeout = 150ms;
  impatient.backoff_first = 10ms;
  impatient.backoff_most = 50ms;
  const auto hasty_link = connect(impatient);
  const auto hasty = std::make_shared<shipments>(hasty_link, jobs_, "t");
  record r = save(planned(7), "planned");
  std::vector<next_job> jobs(1);
  jobs.front().what = job_for(7);
  r.number = "n";
  ASSERT_TRUE(run(hasty->find("B24-main-7"))); // the link is warm
  server.freeze();
  std::jthread thaw([this] {
    std::this_thread::sleep_for(600ms); // the bytes wait in the socket: they are carried out after the thaw
    server.thaw();
  });
  const auto done = run(hasty->transition(r, note("slow"), jobs));
  thaw.join();
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->version, 2);
  // What was sent before the thaw and after it has all been carried out by now, in order, on the links that sent it.
  EXPECT_TRUE(until([&] { return ask({"XLEN", jobs_->stream_key("carrier:acme")}).integer == 1; }));
  EXPECT_EQ(find("B24-main-7")->version, 2);
  EXPECT_EQ(history_of("B24-main-7").size(), 2U);
}

TEST_F(shipments_test, the_order_id_leads_back_to_the_reference) {
  record r = save(planned(7), "planned");
  const auto nobody = run(ships->reference_of_order("acme", "o-1"));
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(*nobody);
  r.order_id = "o-1";
  r.state = phase::submitted;
  save(r, "submitted");
  const auto found = run(ships->reference_of_order("acme", "o-1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, "B24-main-7");
  EXPECT_FALSE(*run(ships->reference_of_order("other", "o-1"))); // accounts are worlds of their own
}

TEST_F(shipments_test, a_state_holds_whoever_is_in_it_now) {
  record r = save(planned(7), "planned");
  save(planned(8), "planned");
  EXPECT_THAT(references("planned"), testing::UnorderedElementsAre("B24-main-7", "B24-main-8"));
  for (const phase next :
       {phase::submitting, phase::submitted, phase::confirmed, phase::needs_attention, phase::closed}) {
    r.state = next;
    r = save(r, std::string(to_string(next)));
    for (const phase p : {phase::planned, phase::submitting, phase::submitted, phase::confirmed, phase::needs_attention,
                          phase::closed}) {
      const auto in = references(std::string(to_string(p)));
      EXPECT_EQ(std::ranges::count(in, "B24-main-7"), p == next ? 1 : 0)
          << to_string(p) << " after " << to_string(next);
    }
  }
  // Also when the record was read anew in between: the set that holds it is the one it was read in.
  record back = *find("B24-main-7");
  back.state = phase::planned;
  save(back, "again");
  EXPECT_THAT(references("closed"), testing::IsEmpty());
  EXPECT_THAT(references("planned"), testing::UnorderedElementsAre("B24-main-7", "B24-main-8"));
}

TEST_F(shipments_test, overdue_looks_are_those_whose_time_is_past) {
  record late = planned(1), due = planned(2), future = planned(3), never = planned(4);
  late.next_look = now() - 10min;
  due.next_look = now() - 1min;
  future.next_look = now() + 10min;
  late = save(late, "x");
  for (record* r : {&due, &future, &never}) save(*r, "x");
  const auto of = [&](std::chrono::milliseconds by, std::int64_t most = 100) {
    return run(ships->overdue(by, most)).value_or(std::vector<std::string>{"failed"});
  };
  EXPECT_THAT(of(5min), testing::ElementsAre("B24-main-1"));
  EXPECT_THAT(of(0ms), testing::ElementsAre("B24-main-1", "B24-main-2"));
  EXPECT_THAT(of(0ms, 1), testing::ElementsAre("B24-main-1"));
  late.next_look = instant{};
  save(late, "no further look");
  EXPECT_THAT(of(0ms), testing::ElementsAre("B24-main-2"));
}

TEST_F(shipments_test, history_keeps_the_newest_two_hundred) {
  record r = planned(7);
  r.trace = "trace-of-the-record";
  for (int i = 0; i < 230; ++i) {
    history_entry e = note("step " + std::to_string(i));
    if (i == 229) {
      e.detail = "last";
      e.trace = "its own";
    }
    auto saved = run(ships->transition(r, e, {}));
    ASSERT_TRUE(saved) << saved.error().what;
    r = *saved;
  }
  const auto all = history_of("B24-main-7");
  ASSERT_EQ(all.size(), 200U);
  EXPECT_EQ(all.front().what, "step 30");
  EXPECT_EQ(all.front().trace, "trace-of-the-record");
  EXPECT_EQ(all.back().what, "step 229");
  EXPECT_EQ(all.back().detail, "last");
  EXPECT_EQ(all.back().trace, "its own");
  EXPECT_GT(all.back().when, instant{});
}

TEST_F(shipments_test, lists_page_by_the_newest_change) {
  for (int i = 1; i <= 7; ++i) {
    save(planned(i), "planned");
    run(sleep_for(2ms)); // the order is by milliseconds
  }
  record first = *find("B24-main-1");
  first.state = phase::confirmed;
  save(first, "confirmed"); // now the newest
  const auto page = [&](const std::string& state, std::int64_t offset, std::int64_t most) {
    auto got = run(ships->list(state, offset, most));
    EXPECT_TRUE(got);
    std::vector<std::int64_t> deals;
    for (const record& r : got->records) deals.push_back(r.deal);
    return std::pair(deals, got->total);
  };
  EXPECT_EQ(page("", 0, 3), std::pair(std::vector<std::int64_t>({1, 7, 6}), std::int64_t{7}));
  EXPECT_EQ(page("", 3, 3), std::pair(std::vector<std::int64_t>({5, 4, 3}), std::int64_t{7}));
  EXPECT_EQ(page("", 6, 3), std::pair(std::vector<std::int64_t>({2}), std::int64_t{7}));
  EXPECT_EQ(page("", 9, 3), std::pair(std::vector<std::int64_t>(), std::int64_t{7}));
  EXPECT_EQ(page("planned", 0, 10), std::pair(std::vector<std::int64_t>({7, 6, 5, 4, 3, 2}), std::int64_t{6}));
  EXPECT_EQ(page("confirmed", 0, 10), std::pair(std::vector<std::int64_t>({1}), std::int64_t{1}));
  EXPECT_EQ(page("closed", 0, 10), std::pair(std::vector<std::int64_t>(), std::int64_t{0}));
}

TEST_F(shipments_test, a_transition_without_redis_ends_in_a_fault_and_says_that_it_may_be_tried_again) {
  record r = save(planned(7), "planned");
  server.kill_now();
  const auto failed = run(ships->transition(r, note("x"), {}), 60s);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(is_transient(failed.error().code)) << failed.error().what;
  server.start();
  const auto up = run(link->wait_up(10s));
  ASSERT_TRUE(up);
  EXPECT_EQ(find("B24-main-7")->version, 1); // what was answered before is still there
}

} // namespace
