// The delivery service's endpoints through the real server, called as the portal calls: HTTP/1.0, no authentication but
// the secret in the path.
#include <delivery/service.hpp>
#include <http/server.hpp>
#include <ingress/ingress.hpp>
#include <waybill/json.hpp>

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

// A portal that nothing can be read of.
class dead_portal final : public delivery::portal_reader {
 public:
  awaitable<result<sale::place_of_shipment>> place_of(std::string, std::int64_t) override {
    co_return fail(errc::unavailable, "dead");
  }
  awaitable<result<std::vector<sale::shipment_property>>> properties(std::string) override {
    co_return fail(errc::unavailable, "dead");
  }
};

class delivery_endpoints : public testing::Test {
 protected:
  delivery_endpoints() {
    config::portal portal;
    portal.id = "main";
    portal.webhook_secret = secret("delivery-secret-0123456789");
    portal.service.emplace();
    file->portals.push_back(portal);
    portal.id = "secretless";
    portal.webhook_secret = secret();
    file->portals.push_back(portal);
    carrier_account account;
    account.id = "acme-1";
    file->carriers.push_back(account);
    file->routes.push_back({.portal = "main", .delivery_types = {}, .carrier = "acme-1", .with = {}});
    services->ex = io.get_executor();
    services->settings = file;
    for (const auto& p : file->portals) {
      workflow::portal_link link;
      link.settings = &p;
      services->portals.emplace(p.id, link);
    }
    workflow::carrier_link link;
    link.account = &file->carriers.front();
    services->carriers.emplace("acme-1", link);
    ingress::add_delivery(router, std::make_shared<delivery::service>(services, std::make_shared<dead_portal>()));
    http::server_options how;
    how.listen = "127.0.0.1:0";
    how.body_limit_of = [this](std::string_view method, std::string_view path) {
      return router.body_limit(method, path);
    };
    server = std::make_unique<http::server>(io.get_executor(), std::move(how), router.as_handler());
    EXPECT_TRUE(run(io, server->start()));
  }
  ~delivery_endpoints() override { run(io, server->drain(1s)); }

  // The whole answer as it stood on the wire.
  static awaitable<std::string> talk(asio::io_context* io, std::uint16_t port, std::string bytes) {
    asio::ip::tcp::socket socket(*io);
    asio::ip::tcp::endpoint to{asio::ip::address_v4::loopback(), port};
    const auto [failed] = co_await socket.async_connect(to, as_result);
    if (failed) co_return "no connection";
    const auto [unsent, n] = co_await asio::async_write(socket, asio::buffer(bytes), as_result);
    if (unsent) co_return "not sent";
    std::string out;
    for (;;) {
      char part[4096];
      const auto [ec, got] = co_await socket.async_read_some(asio::buffer(part), as_result);
      out.append(part, got);
      if (ec) co_return out;
    }
  }
  std::string post(const std::string& path, const std::string& body) {
    return run(io, talk(&io, server->port(),
                        "POST " + path + " HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body));
  }
  static std::string path_of(const std::string& call, const std::string& secret_text = "delivery-secret-0123456789",
                             const std::string& portal = "main") {
    return "/bitrix24/" + portal + "/delivery/" + secret_text + "/" + call;
  }
  static void expect_no(const std::string& answer, const std::string& text) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
    const auto head = answer.find("\r\n\r\n");
    ASSERT_NE(head, std::string::npos);
    const auto body = answer.substr(head + 4);
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
    const auto parsed = json::parse(body);
    ASSERT_TRUE(parsed && parsed->is_object()) << body;
    EXPECT_EQ(json::text_or(parsed->get_object(), "SUCCESS"), "N");
    const auto* reason = json::at_path(*parsed, "REASON.TEXT");
    ASSERT_NE(reason, nullptr);
    EXPECT_THAT(json::as_text(*reason).value_or(""), HasSubstr(text));
  }

  asio::io_context io{1};
  std::shared_ptr<config::file> file{std::make_shared<config::file>()};
  std::shared_ptr<workflow::services> services{std::make_shared<workflow::services>()};
  http::router router;
  std::unique_ptr<http::server> server;
};

const std::string question = R"({"SHIPMENT":{"ID":501,"PRICE":100,"CURRENCY":"RUB","WEIGHT":500,
  "DELIVERY_SERVICE":{"ID":41,"CONFIG":[{"CODE":"PROFILE_TYPE","VALUE":"courier"}]},
  "PROPERTY_VALUES":[],"ITEMS":[],"EXTRA_SERVICES_VALUES":[]}})";

TEST_F(delivery_endpoints, a_dead_portal_is_a_refusal_with_a_length) {
  expect_no(post(path_of("calculate"), question), "Битрикс24 не ответил");
}

TEST_F(delivery_endpoints, rubbish_is_a_refusal_too) {
  for (const char* call : {"calculate", "create", "cancel", "delete"})
    for (const char* body : {"", "null", "{", "a=b"}) expect_no(post(path_of(call), body), "не понят");
}

TEST_F(delivery_endpoints, large_forms_fit) {
  std::string large = question;
  large.insert(large.size() - 2, R"(,"PADDING":")" + std::string(900'000, 'x') + "\"");
  expect_no(post(path_of("calculate"), large), "Битрикс24 не ответил");
  EXPECT_THAT(post(path_of("calculate"), std::string(1'100'000, ' ')), StartsWith("HTTP/1.1 413 "));
}

TEST_F(delivery_endpoints, the_secret_stands_for_the_portal) {
  for (const char* call : {"calculate", "create", "cancel", "delete"}) {
    EXPECT_THAT(post(path_of(call, "delivery-secret-0123456780"), question), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(post(path_of(call, "x"), question), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(post(path_of(call, "x", "secretless"), question), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(post(path_of(call, "x", "nobody"), question), StartsWith("HTTP/1.1 404 "));
  }
  EXPECT_THAT(post(path_of("pay"), question), StartsWith("HTTP/1.1 404 "));
}

TEST_F(delivery_endpoints, reading_is_no_calling) {
  const auto answer = run(io, talk(&io, server->port(), "GET " + path_of("calculate") + " HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
}

} // namespace
} // namespace waybill::test
