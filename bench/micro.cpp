// What the hot paths cost by themselves: reading an event, a job's stored form, a deal's way to a shipment, a record.
#include "../tests/unit/mapping/fixture.hpp"

#include <mapping/mapping.hpp>
#include <queue/job.hpp>
#include <store/record.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>
#include <workflow/jobs.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace waybill;

void event_form(benchmark::State& state) {
  std::string body =
      "event=ONCRMDEALUPDATE&event_handler_id=14&data%5BFIELDS%5D%5BID%5D=759&ts=1795256207"
      "&auth%5Bdomain%5D=shop.example.com&auth%5Bclient_endpoint%5D=https%3A%2F%2Fshop.example.com%2Frest"
      "%2F&auth%5Bmember_id%5D=0b1f5c7a9d2e4f6081a3c5e7f9b2d4e6&auth%5Bapplication_token%5D=0123456789abc"
      "def0123456789abcdef&pad=";
  body.append(600 - body.size(), 'x');
  for (auto _ : state) {
    auto fields = parse_form(body, 1000);
    benchmark::DoNotOptimize(fields);
  }
}
BENCHMARK(event_form);

void job_there_and_back(benchmark::State& state) {
  queue::job j = workflow::deal_job("main", 759, workflow::new_trace());
  j.id = "0199c5f7a8100000a1b2c3d4e5f6";
  for (auto _ : state) {
    auto back = queue::decode(queue::encode(j));
    benchmark::DoNotOptimize(back);
  }
}
BENCHMARK(job_there_and_back);

void deal_to_shipment(benchmark::State& state) {
  const auto bundle = mapping::test::bundle();
  const auto portal = mapping::test::portal();
  for (auto _ : state) {
    auto mapped = mapping::to_shipment(bundle, portal);
    benchmark::DoNotOptimize(mapped);
  }
}
BENCHMARK(deal_to_shipment);

void record_there_and_back(benchmark::State& state) {
  store::record r;
  r.reference = "B24-main-759";
  r.portal = "main";
  r.deal = 759;
  r.account = "cdek-main";
  r.what = mapping::to_shipment(mapping::test::bundle(), mapping::test::portal()).what;
  r.fingerprint = fingerprint(r.what);
  for (int n = 0; n < 12; ++n)
    r.events.push_back({status::in_transit, "SENT", "В пути", instant{std::chrono::hours(n)}, "Тверь"});
  for (auto _ : state) {
    auto back = store::decode(store::encode(r));
    benchmark::DoNotOptimize(back);
  }
}
BENCHMARK(record_there_and_back);

} // namespace

BENCHMARK_MAIN();
