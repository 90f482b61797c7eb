// Ten thousand jobs with random keys, two processes, failures of every kind: each ends as done exactly once, and no two
// of one key ever overlap.
#include "world.hpp"

#include <random>

#include <boost/asio/post.hpp>

namespace waybill::test {
namespace {

class property : public world {};

struct tally {
  explicit tally(unsigned seed) : dice(seed) {}
  std::mt19937 dice;
  std::map<std::string, int> done, running;
  int overlaps{0}, finished{0}, failures{0};
  int draw(int below) { return static_cast<int>(dice() % static_cast<unsigned>(below)); }
};

awaitable<outcome> gamble(std::shared_ptr<tally> t, executor ex, job j) {
  if (!j.key.empty() && ++t->running[j.key] > 1) ++t->overlaps;
  const int chance = t->draw(100);
  if (chance < 30) co_await asio::post(ex, asio::use_awaitable);
  if (chance < 5) co_await sleep_for(std::chrono::milliseconds(t->draw(5)));
  if (!j.key.empty()) --t->running[j.key];
  const int fate = t->draw(100);
  if (fate < 8) {
    ++t->failures;
    co_return outcome::retry({errc::timeout, "chance", {}, {}}, std::chrono::milliseconds(1 + t->draw(20)));
  }
  if (fate < 12) co_return outcome::later(std::chrono::milliseconds(t->draw(20)));
  if (fate < 13) {
    ++t->failures;
    throw std::runtime_error("chance");
  }
  ++t->done[j.payload];
  ++t->finished;
  co_return outcome::done();
}

awaitable<void> fill(std::shared_ptr<queue::queue> q, std::shared_ptr<tally> t, int from, int to, int* kept) {
  for (int n = from; n < to; ++n) {
    const int key = t->draw(400);
    job j = make_job(std::to_string(n),
                     key < 50 ? "" : "k" + std::to_string(key)); // named: g++ 12 destroys such a temporary twice
    auto one = co_await q->enqueue(std::move(j));
    if (one && *one) ++*kept;
  }
}

TEST_F(property, each_job_is_done_once_and_no_key_overlaps) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  auto t = std::make_shared<tally>(seed);
  auto ex = io.get_executor();
  auto o = how();
  o.max_attempts = 1000;
  process& a = add(o);
  o.consumer = "q";
  process& b = add(o);
  auto handle = [t, ex](job j, const std::shared_ptr<queue::job_context>&) { return gamble(t, ex, std::move(j)); };
  for (process* p : {&a, &b}) {
    p->crew = std::make_unique<queue::workers>(ex, p->commands, p->blocking, p->source, handle);
    p->crew->add_lane({lane, 8});
    start(*p);
  }
  constexpr int jobs = 10'000, producers = 50;
  int kept = 0;
  for (int n = 0; n < producers; ++n)
    spawn(ex, "fill",
          fill(n % 2 == 0 ? a.source : b.source, t, n * jobs / producers, (n + 1) * jobs / producers, &kept));
  ASSERT_TRUE(until([&] { return kept == jobs; }, 50s)) << kept;
  // Those that threw wait 10 s and longer by their class of error: hurry them on.
  bool over = false;
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!over && std::chrono::steady_clock::now() < end) {
    run(sleep_for(50ms));
    const auto answer = ask(a, {"ZRANGE", a.source->later_key(lane), "0", "-1"});
    for (const auto& late : answer.items) ask(a, {"ZADD", a.source->later_key(lane), "XX", "1", late.text});
    const auto s = stats(a);
    over = t->finished >= jobs && s.ready + s.running + s.waiting + s.later == 0;
  }
  EXPECT_TRUE(over) << t->finished;
  EXPECT_EQ(t->done.size(), static_cast<std::size_t>(jobs));
  EXPECT_EQ(t->finished, jobs);
  EXPECT_GT(t->failures, 0);
  EXPECT_EQ(t->overlaps, 0);
  EXPECT_EQ(stats(a).dead, 0);
  expect_empty(a);
}

} // namespace
} // namespace waybill::test
