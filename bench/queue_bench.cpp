// How fast the queue takes and works off jobs.
//   waybill_queue_bench MODE SOCKET JOBS CONCURRENCY [KEYS] [HANDLER_MS]
//   fill      puts JOBS into the lane
//   drain     works off what is there (JOBS of it) with CONCURRENCY handlers that do nothing, or wait HANDLER_MS
//   enqueue   CONCURRENCY producers put JOBS into the lane, each waiting for its own to be durable; with a merge key
//   each
// KEYS: the jobs' keys are spread over so many values; 0: none.
#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <waybill/async.hpp>
#include <waybill/log.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

namespace {

using namespace waybill;
using steady = std::chrono::steady_clock;
constexpr std::string_view lane = "bench";

struct setup {
  std::string mode, socket;
  std::int64_t jobs{100'000};
  int concurrency{64};
  std::int64_t keys{0};
  std::chrono::milliseconds handler{0};
};

struct state {
  explicit state(asio::io_context& io, setup s) : how(std::move(s)), done(io.get_executor()) {
    redis::endpoint where;
    where.unix_socket = how.socket;
    commands = std::make_shared<redis::connection>(io.get_executor(), where);
    redis::options patient;
    patient.command_timeout = std::chrono::milliseconds{0};
    blocking = std::make_shared<redis::connection>(io.get_executor(), where, patient);
    queue::options o;
    o.prefix = "bench";
    o.max_depth = 100'000'000;
    source = std::make_shared<queue::queue>(io.get_executor(), commands, o);
  }
  setup how;
  std::shared_ptr<redis::connection> commands, blocking;
  std::shared_ptr<queue::queue> source;
  signal done;
  std::int64_t next{0}, finished{0}, failed{0};
};

void print(std::string_view name, const state& s, steady::time_point began) {
  const double seconds = std::chrono::duration<double>(steady::now() - began).count();
  std::cout << "{\"" << name << "\":" << static_cast<std::int64_t>(static_cast<double>(s.finished) / seconds)
            << ",\"jobs\":" << s.finished << ",\"failed\":" << s.failed << ",\"concurrency\":" << s.how.concurrency
            << ",\"keys\":" << s.how.keys << "}\n";
}

queue::job make(const state& s, std::int64_t n) {
  queue::job j;
  j.lane = lane;
  j.kind = "deal";
  if (s.how.keys > 0) j.key = "deal:main:" + std::to_string(n % s.how.keys);
  j.payload = R"({"portal":"main","deal":)" + std::to_string(n) + "}";
  j.trace = "0123456789abcdef";
  return j;
}

awaitable<void> produce(std::shared_ptr<state> s, bool merge) {
  while (s->next < s->how.jobs) {
    const auto n = s->next++;
    queue::job j = make(*s, n); // named: g++ 12 destroys such a temporary twice
    auto kept = co_await s->source->enqueue(std::move(j), merge ? "deal:main:" + std::to_string(n) : std::string{});
    if (kept) ++s->finished;
    else ++s->failed;
    if (s->finished + s->failed == s->how.jobs) s->done.notify_all();
  }
}

awaitable<queue::outcome> handle(std::shared_ptr<state> s, queue::job) {
  if (s->how.handler.count() > 0) co_await sleep_for(s->how.handler);
  if (++s->finished == s->how.jobs) s->done.notify_all();
  co_return queue::outcome::done();
}

awaitable<void> work(asio::io_context& io, std::shared_ptr<state> s) {
  s->commands->start();
  s->blocking->start();
  if (auto up = co_await s->commands->wait_up(std::chrono::seconds(5)); !up) {
    std::cerr << up.error().what << "\n";
    std::exit(1);
  }
  auto ex = co_await asio::this_coro::executor;
  const auto began = steady::now();
  if (s->how.mode == "drain") {
    auto run = [s](queue::job j, const std::shared_ptr<queue::job_context>&) { return handle(s, std::move(j)); };
    auto crew = std::make_shared<queue::workers>(ex, s->commands, s->blocking, s->source, std::move(run));
    queue::lane_options one{std::string(lane), s->how.concurrency};
    crew->add_lane(one);
    if (auto started = co_await crew->start(); !started) {
      std::cerr << started.error().what << "\n";
      std::exit(1);
    }
    while (s->finished < s->how.jobs) co_await s->done.wait(std::chrono::milliseconds(100));
    co_await crew->drain(std::chrono::seconds(10)); // the last completions are part of it
    print("drain_per_s", *s, began);
  } else {
    const bool merge = s->how.mode == "enqueue";
    for (int i = 0; i < (merge ? s->how.concurrency : 512); ++i) spawn(ex, "bench.producer", produce(s, merge));
    while (s->finished + s->failed < s->how.jobs) co_await s->done.wait(std::chrono::milliseconds(100));
    print(merge ? "enqueue_per_s" : "fill_per_s", *s, began);
  }
  io.stop();
}

} // namespace

int main(int argc, char** argv) {
  const auto usage = [] {
    std::cerr << "usage: waybill_queue_bench fill|drain|enqueue SOCKET JOBS CONCURRENCY [KEYS] [HANDLER_MS]\n";
    return 2;
  };
  if (argc < 5) return usage();
  setup how;
  how.mode = argv[1];
  how.socket = argv[2];
  how.jobs = std::atoll(argv[3]);
  how.concurrency = std::atoi(argv[4]);
  if (argc > 5) how.keys = std::atoll(argv[5]);
  if (argc > 6) how.handler = std::chrono::milliseconds{std::atoll(argv[6])};
  if ((how.mode != "fill" && how.mode != "drain" && how.mode != "enqueue") || how.jobs <= 0 || how.concurrency <= 0)
    return usage();
  waybill::log::set_sink(
      [](waybill::log::level, std::string_view message, waybill::log::fields) { std::cerr << message << "\n"; });
  boost::asio::io_context io{1};
  auto s = std::make_shared<state>(io, how);
  spawn(io.get_executor(), "bench", work(io, s));
  io.run();
  return s->failed == 0 ? 0 : 1;
}
