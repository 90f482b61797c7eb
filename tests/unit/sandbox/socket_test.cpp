// The whole of it over real sockets: start, call, event to a real listener, an answer that never comes.
#include <http/client.hpp>
#include <http/server.hpp>
#include <sandbox/sandbox.hpp>

#include <unit/sandbox/fixture.hpp>

namespace {
using namespace waybill;

struct listener {
  std::vector<http_request> seen;
};

awaitable<http_response> note(std::shared_ptr<listener> l, http_request request) {
  l->seen.push_back(std::move(request));
  http_response r;
  co_return r;
}

http_request post(const std::string& url, std::string body) {
  http_request rq;
  rq.method = "POST";
  rq.url = url;
  rq.body = std::move(body);
  rq.headers.emplace_back("Content-Type", "application/json");
  rq.timeout = std::chrono::milliseconds(10'000);
  return rq;
}

awaitable<void> scenario(executor ex) {
  waybill::sandbox::options how;
  how.listen = "127.0.0.1:0";
  how.speed = 1000;
  waybill::sandbox::sandbox box(ex, how);
  const auto started = co_await box.start();
  EXPECT_TRUE(started.has_value());
  if (!started) co_return;

  const auto heard = std::make_shared<listener>();
  http::server_options at_free_port;
  at_free_port.listen = "127.0.0.1:0";
  http::server events(ex, at_free_port, [heard](http_request rq) { return note(heard, std::move(rq)); });
  const auto listening = co_await events.start();
  EXPECT_TRUE(listening.has_value());

  http::client_options direct;
  direct.proxy_from_environment = false;
  const auto client = http::make_client(ex, direct);
  const std::string base = "http://127.0.0.1:" + std::to_string(box.port());
  const std::string portal = base + "/sandbox/portals/main";

  auto subscribe = post(portal + "/subscriptions", R"([{"url":"http://127.0.0.1:)" + std::to_string(events.port()) +
                                                       R"(/hook?x=1","application_token":"tok"}])");
  subscribe.method = "PUT";
  const auto subscribed = co_await client->send(std::move(subscribe));
  EXPECT_TRUE(subscribed && subscribed->status == 200);
  const auto made = co_await client->send(post(portal + "/deals", R"({"title":"Заказ"})"));
  EXPECT_TRUE(made && made->status == 200);
  if (!made) co_return;
  const auto id = std::to_string(json::integer_or(json::parse(made->body)->as_object(), "id"));
  const bool came = co_await test::eventually([heard] { return !heard->seen.empty(); });
  EXPECT_TRUE(came);
  if (came) {
    EXPECT_EQ(*find_header(heard->seen[0].headers, "User-Agent"), "Bitrix24 Webhook Engine");
    EXPECT_EQ(heard->seen[0].path, "/hook");
    EXPECT_NE(
        heard->seen[0].body.find("auth%5Bclient_endpoint%5D=http%3A%2F%2F127.0.0.1%3A" + std::to_string(box.port())),
        std::string::npos);
  }

  const std::string rest = base + "/bitrix24/main/rest/1/sandboxcode0000001/";
  const auto got = co_await client->send(post(rest + "crm.item.get.json", R"({"entityTypeId":2,"id":)" + id + "}"));
  EXPECT_TRUE(got && got->status == 200);
  EXPECT_TRUE(got && got->body.find("Заказ") != std::string::npos);

  const auto armed =
      co_await client->send(post(portal + "/faults", R"({"kind":"lost_answer","method":"crm.timeline.comment.add"})"));
  EXPECT_TRUE(armed && armed->status == 200);
  const auto lost = co_await client->send(post(
      rest + "crm.timeline.comment.add", R"({"fields":{"ENTITY_TYPE":"deal","COMMENT":"x","ENTITY_ID":)" + id + "}}"));
  EXPECT_FALSE(lost.has_value());
  EXPECT_TRUE(!lost && lost.error().code == errc::outcome_unknown);
  http_request look;
  look.url = portal + "/deals/" + id;
  const auto after = co_await client->send(std::move(look));
  EXPECT_TRUE(after && after->body.find(R"("text":"x")") != std::string::npos);

  co_await events.drain(std::chrono::milliseconds(500));
  co_await box.stop();
}

TEST(over_sockets, plays_a_portal) {
  asio::io_context io{1};
  test::run(io, scenario(io.get_executor()));
}

} // namespace
