#include <app/core.hpp>
#include <cli/commands.hpp>
#include <cli/run.hpp>
#include <waybill/json.hpp>

#include <iostream>

#include <fmt/format.h>

namespace waybill::cli {
namespace {

constexpr std::chrono::milliseconds patience{5'000};

int failed(const fault& f) {
  std::cerr << "waybill: " << f.what << "\n";
  return 1;
}

awaitable<int> stats(std::shared_ptr<waybill::queue::queue> jobs, bool as_json) {
  auto lanes = co_await jobs->stats();
  if (!lanes) co_return failed(lanes.error());
  json::array all;
  if (!as_json)
    std::cout << fmt::format("{:<28} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10}\n", "lane", "ready", "running", "waiting",
                             "later", "dead", "oldest");
  for (const auto& l : *lanes) {
    if (as_json)
      all.push_back(json::object{{"lane", l.lane},
                                 {"ready", l.ready},
                                 {"running", l.running},
                                 {"waiting", l.waiting},
                                 {"later", l.later},
                                 {"dead", l.dead},
                                 {"oldest_ms", l.oldest.count()},
                                 {"paused", l.paused}});
    else
      std::cout << fmt::format("{:<28} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}ms{}\n", l.lane, l.ready, l.running,
                               l.waiting, l.later, l.dead, l.oldest.count(), l.paused ? "  paused" : "");
  }
  if (as_json) std::cout << json::serialize(all) << "\n";
  co_return 0;
}

awaitable<int> dead(std::shared_ptr<waybill::queue::queue> jobs, std::string lane, bool as_json) {
  auto given_up = co_await jobs->dead(std::move(lane));
  if (!given_up) co_return failed(given_up.error());
  json::array all;
  for (const auto& d : *given_up) {
    json::array history;
    for (const auto& h : d.what.history)
      history.push_back(
          json::object{{"when", to_iso(h.when)}, {"code", std::string(to_string(h.code))}, {"what", h.what}});
    if (as_json)
      all.push_back(json::object{{"id", d.what.id},
                                 {"kind", d.what.kind},
                                 {"key", d.what.key},
                                 {"payload", d.what.payload},
                                 {"trace", d.what.trace},
                                 {"when", to_iso(d.when)},
                                 {"code", std::string(to_string(d.why.code))},
                                 {"why", d.why.what},
                                 {"history", std::move(history)}});
    else
      std::cout << fmt::format("{}  {}  {:<8} {:<20} {}: {} ({} attempts)\n", to_iso(d.when), d.what.id, d.what.kind,
                               d.what.key, to_string(d.why.code), d.why.what, d.what.history.size());
  }
  if (as_json) std::cout << json::serialize(all) << "\n";
  co_return 0;
}

awaitable<int> work(executor ex, settings_ptr settings, queue_options o) {
  auto c = co_await app::connect(ex, std::move(settings), patience);
  if (!c) co_return failed(c.error());
  auto jobs = c->services->jobs;
  if (o.verb == "stats") co_return co_await stats(jobs, o.json);
  if (o.verb == "dead") co_return co_await dead(jobs, o.lane, o.json);
  if (o.verb == "pause" || o.verb == "resume") {
    result<void> done;
    if (o.verb == "pause") done = co_await jobs->pause(o.lane);
    else done = co_await jobs->resume(o.lane);
    if (!done) co_return failed(done.error());
    std::cout << o.lane << ": " << o.verb << "d\n";
    co_return 0;
  }
  result<std::int64_t> touched = 0;
  if (o.verb == "retry") touched = co_await jobs->retry_dead(o.lane, o.id);
  else touched = co_await jobs->drop_dead(o.lane, o.id);
  if (!touched) co_return failed(touched.error());
  std::cout << *touched << (o.verb == "retry" ? " jobs run again\n" : " jobs dropped\n");
  co_return !o.id.empty() && *touched == 0 ? 1 : 0;
}

} // namespace

int queue(settings_ptr settings, const queue_options& o) {
  asio::io_context io{1};
  return run_to_end(io, work(io.get_executor(), std::move(settings), o));
}

} // namespace waybill::cli
