// The same with a real Redis: registry and queue.
#pragma once
#include "fixture.hpp"

#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <store/delivery_requests.hpp>
#include <store/store.hpp>

#include <support/redis_server.hpp>

namespace waybill::delivery::test {

class requests_fixture : public delivery_fixture {
 protected:
  requests_fixture() {
    redis::endpoint where;
    where.unix_socket = server.socket();
    redis::options quick;
    quick.backoff_first = 10ms;
    quick.backoff_most = 50ms;
    link = std::make_shared<redis::connection>(io.get_executor(), where, quick);
    link->start();
    EXPECT_TRUE(run(link->wait_up(10s)));
    queue::options jobs;
    jobs.prefix = "t";
    jobs.consumer = "delivery-test";
    services->jobs = std::make_shared<queue::queue>(io.get_executor(), link, jobs);
    services->shipments = std::make_shared<store::shipments>(link, services->jobs, "t");
    services->values = std::make_shared<store::values>(link, "t");
    services->requests = std::make_shared<store::delivery_requests>(link, services->jobs, "t");
  }

  store::delivery_requests& requests() { return *services->requests; }
  // What stands in the portal's lane, in order.
  std::vector<queue::job> queued() {
    const std::string stream = services->jobs->stream_key("bitrix24:main");
    auto got = run(link->command("XRANGE", stream, "-", "+"));
    EXPECT_TRUE(got);
    std::vector<queue::job> out;
    if (got)
      for (const auto& entry : got->items) {
        auto job = queue::decode(entry.items.at(1).items.at(1).text);
        EXPECT_TRUE(job);
        if (job) out.push_back(std::move(*job));
      }
    return out;
  }
  static store::kept_request request(std::vector<std::int64_t> shipments, std::int64_t deal = 759) {
    store::kept_request r;
    r.request_id = store::new_request_id();
    r.portal = "main";
    r.delivery_id = 41;
    r.shipments = std::move(shipments);
    r.deal = deal;
    r.order = 90;
    r.what.service = "courier";
    r.what.recipient.name = "Пётр Ильин";
    r.asked = R"({"SHIPMENTS":[]})";
    r.trace = "trace";
    return r;
  }
  static queue::job job_of(std::string kind = "request") {
    queue::job j;
    j.lane = "bitrix24:main";
    j.kind = std::move(kind);
    j.key = "deal:main:759";
    j.payload = "{}";
    return j;
  }
  result<store::delivery_requests::made> keep(store::kept_request r) {
    return run(requests().create(std::move(r), job_of()));
  }

  waybill::test::redis_server server;
  std::shared_ptr<redis::connection> link;
};

} // namespace waybill::delivery::test
