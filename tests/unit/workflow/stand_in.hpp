// The workflow's parts with a real Redis and the stand-in of the portal, without sockets between them.
#pragma once
#include <bitrix24/crm.hpp>
#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <sandbox/world.hpp>
#include <store/delivery_requests.hpp>
#include <store/store.hpp>
#include <waybill/json.hpp>
#include <workflow/services.hpp>

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/into_world.hpp>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace waybill::workflow::test {

struct StandIn : testing::Test {
  explicit StandIn(bool application = true) {
    sandbox::world_options how;
    how.ex = io.get_executor();
    how.speed = 1e9; // simulated time is counted, never waited for
    how.base_url = "https://shop.bitrix24.ru";
    inside = std::make_shared<sandbox::world>(std::move(how));
    auto& limits = inside->find_portal("main")->how;
    limits.requests_per_second = limits.burst = 100'000;
    wire->inside = inside;
    portal.id = "main";
    std::shared_ptr<waybill::test::one_token> tokens;
    if (application) {
      portal.client_id = "local.sandbox0000000.00000001";
      portal.client_secret = secret("sandboxclientsecret0001");
      portal.domain = "shop.bitrix24.ru";
      tokens = std::make_shared<waybill::test::one_token>();
      const auto pair = stand_in().issue_tokens(1);
      tokens->kept.access = pair.access;
      tokens->kept.refresh = pair.refresh;
      tokens->kept.client_endpoint = "https://shop.bitrix24.ru/bitrix24/main/rest/";
      tokens->kept.expires = now() + std::chrono::hours(1);
    } else {
      portal.webhook_url = secret("https://shop.bitrix24.ru/bitrix24/main/rest/1/sandboxcode0000001/");
    }
    redis::endpoint where;
    where.unix_socket = server.socket();
    link = std::make_shared<redis::connection>(io.get_executor(), where);
    link->start();
    EXPECT_TRUE(run(link->wait_up(std::chrono::seconds(10))));
    queue::options jobs;
    jobs.prefix = "t";
    jobs.consumer = "workflow-test";
    services->ex = io.get_executor();
    services->jobs = std::make_shared<queue::queue>(io.get_executor(), link, jobs);
    services->shipments = std::make_shared<store::shipments>(link, services->jobs, "t");
    services->values = std::make_shared<store::values>(link, "t");
    services->requests = std::make_shared<store::delivery_requests>(link, services->jobs, "t");
    portal_link p;
    p.settings = &portal;
    p.crm = std::make_shared<bitrix24::crm>(std::make_shared<bitrix24::client>(
        io.get_executor(), portal, wire, nullptr, nullptr, std::shared_ptr<bitrix24::token_store>(tokens)));
    services->portals.emplace("main", std::move(p));
  }
  ~StandIn() override { link->stop(); }

  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }
  sandbox::portal& stand_in() { return *inside->find_portal("main"); }
  std::int64_t calls(const std::string& method) {
    std::int64_t n = 0;
    for (const auto& [name, count] : stand_in().stats.commands)
      if (name == method) n += static_cast<std::int64_t>(count);
    return n;
  }
  // Jobs of the portal's lane, in order.
  std::vector<queue::job> queued() {
    const std::string stream = services->jobs->stream_key("bitrix24:main");
    auto got = run(link->command("XRANGE", stream, "-", "+"));
    EXPECT_TRUE(got);
    std::vector<queue::job> out;
    if (got)
      for (const auto& entry : got->items)
        if (auto job = queue::decode(entry.items.at(1).items.at(1).text)) out.push_back(std::move(*job));
    return out;
  }
  std::vector<std::string> kinds_queued() {
    std::vector<std::string> out;
    for (const auto& j : queued()) out.push_back(j.kind);
    return out;
  }

  asio::io_context io{1};
  waybill::test::redis_server server;
  std::shared_ptr<redis::connection> link;
  std::shared_ptr<waybill::test::into_world> wire = std::make_shared<waybill::test::into_world>();
  std::shared_ptr<sandbox::world> inside;
  config::portal portal;
  std::shared_ptr<workflow::services> services = std::make_shared<workflow::services>();
};

} // namespace waybill::workflow::test
