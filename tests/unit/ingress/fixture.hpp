// The endpoints through the router, on services with a real Redis: one portal, one account of a carrier that only
// reads webhooks. Nothing here calls a portal or a carrier.
#pragma once
#include <ingress/ingress.hpp>
#include <queue/queue.hpp>
#include <redis/connection.hpp>
#include <store/store.hpp>
#include <waybill/carrier.hpp>
#include <workflow/services.hpp>

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace waybill::test {

// Its webhooks are lines "order id|reference|relevant"; what is no such line is malformed.
class webhook_carrier final : public carrier {
 public:
  const capabilities& can() const override { return can_; }
  awaitable<result<std::string>> probe() override { co_return fail(errc::internal, "not played"); }
  awaitable<result<carrier_order>> create_order(shipment) override { co_return fail(errc::internal, "not played"); }
  awaitable<result<carrier_order>> order(std::string) override { co_return fail(errc::internal, "not played"); }
  result<std::vector<carrier_notice>> parse_webhook(const http_request& request) override {
    std::vector<carrier_notice> out;
    std::string_view rest = request.body;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const auto first = line.find('|'), second = line.rfind('|');
      if (first == std::string_view::npos || first == second) return fail(errc::bad_input, "no line of a webhook");
      carrier_notice n;
      n.order_id = line.substr(0, first);
      n.reference = line.substr(first + 1, second - first - 1);
      n.relevant = line.substr(second + 1) != "no";
      n.what = "TEST";
      out.push_back(std::move(n));
    }
    return out;
  }

 private:
  capabilities can_;
};

class ingress_fixture : public testing::Test {
 protected:
  static constexpr const char* form_type = "application/x-www-form-urlencoded";

  // `depth`: what a lane may hold.
  explicit ingress_fixture(std::int64_t depth = 1'000'000) {
    config::portal portal;
    portal.id = "main";
    portal.application_tokens = {secret("first-token-0000000000000000000000"),
                                 secret("second-token-000000000000000000000")};
    portal.webhook_secret = secret("robot-secret-0123456789");
    file->portals.push_back(portal);
    portal.id = "member";
    portal.member_id = "0123456789abcdef";
    file->portals.push_back(portal);
    portal.id = "tokenless"; // nothing may be believed of it
    portal.application_tokens.clear();
    portal.webhook_secret = secret();
    portal.member_id.clear();
    file->portals.push_back(portal);
    for (const char* id : {"acme-1", "acme-2", "quiet"}) {
      carrier_account account;
      account.id = id;
      account.type = "acme";
      if (account.id != "quiet") account.webhook_secret = secret("carrier-secret-of-" + account.id);
      file->carriers.push_back(std::move(account));
    }

    auto ex = io.get_executor();
    redis::endpoint where;
    where.unix_socket = server.socket();
    redis::options quick;
    quick.backoff_first = std::chrono::milliseconds(10);
    quick.backoff_most = std::chrono::milliseconds(50);
    link = std::make_shared<redis::connection>(ex, where, quick);
    link->start();
    const auto up = run(link->wait_up(std::chrono::seconds(10)));
    EXPECT_TRUE(up.has_value());

    queue::options how;
    how.prefix = "t";
    how.consumer = "ingress-test";
    how.max_depth = depth;
    services->ex = ex;
    services->settings = file;
    services->jobs = std::make_shared<queue::queue>(ex, link, how);
    services->shipments = std::make_shared<store::shipments>(link, services->jobs, "t");
    services->values = std::make_shared<store::values>(link, "t");
    for (const auto& p : file->portals) {
      workflow::portal_link one;
      one.settings = &p;
      services->portals.emplace(p.id, one);
    }
    for (const auto& a : file->carriers) {
      workflow::carrier_link one;
      one.account = &a;
      one.api = std::make_shared<webhook_carrier>();
      services->carriers.emplace(a.id, one);
    }
    ingress::add_bitrix24(router, services);
    ingress::add_carriers(router, services);
    ingress::add_health(router, [this] { return not_ready; }, [] { return std::string("metric 1\n"); });
  }

  template <class T> T run(awaitable<T> task) { return test::run(io, std::move(task)); }

  http_response send(const std::string& path, std::string body, const std::string& type = form_type,
                     const std::string& method = "POST") {
    http_request request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    request.peer = "127.0.0.1";
    if (!type.empty()) request.headers.emplace_back("Content-Type", type);
    return run(router.route(std::move(request)));
  }
  // What stands in the lane's stream, in order.
  std::vector<queue::job> queued(const std::string& lane) {
    const std::string stream = services->jobs->stream_key(lane);
    auto got = run(link->command("XRANGE", stream, "-", "+"));
    EXPECT_TRUE(got) << (got ? "" : got.error().what);
    std::vector<queue::job> out;
    if (got)
      for (const auto& entry : got->items) {
        auto job = queue::decode(entry.items.at(1).items.at(1).text);
        EXPECT_TRUE(job);
        if (job) out.push_back(std::move(*job));
      }
    return out;
  }
  store::record keep(store::record r) {
    store::history_entry entry;
    entry.what = "test";
    auto saved = run(services->shipments->transition(std::move(r), std::move(entry)));
    EXPECT_TRUE(saved);
    return saved ? *saved : store::record{};
  }
  static store::record shipment_of(std::int64_t deal, std::string account, std::string order_id) {
    store::record r;
    r.portal = "main";
    r.deal = deal;
    r.account = std::move(account);
    r.reference = store::make_reference("main", deal, 1);
    r.order_id = std::move(order_id);
    r.state = r.order_id.empty() ? store::phase::submitting : store::phase::confirmed;
    return r;
  }

  redis_server server;
  asio::io_context io{1};
  std::shared_ptr<config::file> file{std::make_shared<config::file>()};
  std::shared_ptr<workflow::services> services{std::make_shared<workflow::services>()};
  std::shared_ptr<redis::connection> link;
  http::router router;
  std::string not_ready;
};

} // namespace waybill::test
