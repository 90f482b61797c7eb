// Jobs that a transition adds are the queue's own: they stand in the stream or in `later`, and its workers run them.
#include "fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace waybill;
using namespace waybill::store;
using namespace waybill::test;
using namespace std::chrono_literals;

struct notebook {
  std::vector<queue::job> ran;
  int running{0};
  int overlaps{0};
};

awaitable<queue::outcome> write_down(std::shared_ptr<notebook> book, queue::job j) {
  if (++book->running > 1) ++book->overlaps;
  co_await sleep_for(20ms);
  --book->running;
  book->ran.push_back(std::move(j));
  co_return queue::outcome::done();
}

class jobs_test : public store_fixture {
 protected:
  void work() {
    redis::options patient;
    patient.command_timeout = 0ms;
    blocking = connect(patient);
    auto handle = [book = book](queue::job j, const std::shared_ptr<queue::job_context>&) {
      return write_down(book, std::move(j));
    };
    crew = std::make_unique<queue::workers>(io.get_executor(), link, blocking, jobs_, handle);
    queue::lane_options lane;
    lane.lane = "carrier:acme";
    crew->add_lane(lane);
    const auto started = run(crew->start());
    ASSERT_TRUE(started) << started.error().what;
  }
  void TearDown() override {
    if (crew) run(crew->drain(5s));
    crew.reset();
  }
  std::shared_ptr<notebook> book{std::make_shared<notebook>()};
  std::shared_ptr<redis::connection> blocking;
  std::unique_ptr<queue::workers> crew;
};

TEST_F(jobs_test, at_once_and_later_arrive_where_the_queue_looks_for_them) {
  std::vector<next_job> jobs(2);
  jobs[0].what = job_for(7, R"({"n":1})");
  jobs[1].what = job_for(7, R"({"n":2})");
  jobs[1].delay = 10min;
  save(planned(7), "planned", jobs);
  EXPECT_EQ(ask({"XLEN", jobs_->stream_key("carrier:acme")}).integer, 1);
  const auto later = ask({"ZRANGE", jobs_->later_key("carrier:acme"), "0", "-1", "WITHSCORES"});
  ASSERT_EQ(later.items.size(), 2U);
  const auto decoded = queue::decode(later.items[0].text);
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(decoded->payload, R"({"n":2})");
  EXPECT_FALSE(decoded->id.empty());
  const auto due = std::stoll(later.items[1].text), at = static_cast<long long>(now().time_since_epoch().count());
  EXPECT_GT(due, at + 9 * 60'000);
  EXPECT_LE(due, at + 10 * 60'000);
}

TEST_F(jobs_test, workers_run_them_once_in_order_and_never_two_of_one_deal) {
  work();
  record r = planned(7);
  for (int i = 0; i < 5; ++i) {
    std::vector<next_job> jobs(2);
    jobs[0].what = job_for(7, "now " + std::to_string(i));
    jobs[1].what = job_for(7, "soon " + std::to_string(i));
    jobs[1].delay = 30ms;
    r = save(std::move(r), "step", std::move(jobs));
  }
  ASSERT_TRUE(until([&] { return book->ran.size() >= 10; }));
  run(sleep_for(100ms)); // one too many would come now
  ASSERT_EQ(book->ran.size(), 10U);
  EXPECT_EQ(book->overlaps, 0);
  std::vector<std::string> now_jobs, all;
  for (const auto& j : book->ran) {
    all.push_back(j.payload);
    EXPECT_EQ(j.kind, "carry");
    EXPECT_EQ(j.trace, "trace");
    if (j.payload.starts_with("now")) now_jobs.push_back(j.payload);
  }
  EXPECT_THAT(now_jobs, testing::ElementsAre("now 0", "now 1", "now 2", "now 3", "now 4"));
  EXPECT_THAT(all, testing::IsSupersetOf({"soon 0", "soon 1", "soon 2", "soon 3", "soon 4"}));
}

TEST_F(jobs_test, jobs_written_while_nobody_works_wait_for_the_workers) {
  std::vector<next_job> jobs(2);
  jobs[0].what = job_for(7, "stream");
  jobs[1].what = job_for(7, "later");
  jobs[1].delay = 1ms;
  save(planned(7), "planned", jobs);
  server.kill_now(); // they are durable, too
  server.start();
  const auto up = run(link->wait_up(10s));
  ASSERT_TRUE(up);
  work();
  EXPECT_TRUE(until([&] { return book->ran.size() == 2; })) << book->ran.size();
}

} // namespace
