// Setup against the stand-in of the portal, without sockets: the client's requests go straight into the sandbox's
// world.
#pragma once
#include <bitrix24/client.hpp>
#include <config/config.hpp>
#include <sandbox/world.hpp>
#include <setup/setup.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/into_world.hpp>
#include <support/run.hpp>

namespace waybill::setup::test {

using waybill::test::into_world;
using waybill::test::one_token;

inline constexpr std::string_view webhook_access =
    "webhook_url = \"https://shop.bitrix24.ru/bitrix24/main/rest/1/sandboxcode0000001/\"\n";
inline constexpr std::string_view application_access =
    "client_id = \"local.sandbox0000000.00000001\"\nclient_secret = \"sandboxclientsecret0001\"\n"
    "domain = \"shop.bitrix24.ru\"\n";
inline constexpr std::string_view service_table =
    "[portals.delivery_service]\nname = \"Перевозчики\"\nextra_services = "
    "[\"INSURANCE\", \"TRYING_ON\", \"BUBBLE_WRAP\"]\n";

struct SetupTest : testing::Test {
  asio::io_context io{1};
  std::shared_ptr<into_world> wire = std::make_shared<into_world>();
  std::shared_ptr<sandbox::world> inside = make_world();
  std::string access{webhook_access}, service{service_table}, fields, services{"courier = 139\npickup = 138\n"},
      public_url{"https://waybill.example.com"};

  std::shared_ptr<sandbox::world> make_world() {
    sandbox::world_options how;
    how.ex = io.get_executor();
    how.speed = 1e9; // simulated time is counted, never waited for
    how.base_url = "https://shop.bitrix24.ru";
    auto w = std::make_shared<sandbox::world>(std::move(how));
    wire->inside = w;
    auto& limits = w->find_portal("main")->how;
    limits.requests_per_second = limits.burst = 100'000; // what waits for the portal's rate is not tried here
    return w;
  }

  std::shared_ptr<const config::file> settings() const {
    const std::string text = "[server]\npublic_url = \"" + public_url + "\"\n[[portals]]\nid = \"main\"\n" + access +
                             "webhook_secret = \"setup-secret-1\"\n[portals.fields]\n" + fields + service +
                             "[[carriers]]\nid = \"cdek-main\"\ntype = \"cdek\"\naccount = \"a\"\n"
                             "secure_password = \"b\"\n[carriers.sender]\ncity_code = 44\naddress = \"ул. Ленина, 1\"\n"
                             "[carriers.services]\n" +
                             services + "[[routes]]\nportal = \"main\"\ncarrier = \"cdek-main\"\n";
    auto loaded = config::parse(text, "waybill.toml", [](const std::string&) { return std::nullopt; });
    if (!loaded)
      for (const auto& p : loaded.error()) ADD_FAILURE() << config::to_text(p);
    return std::make_shared<const config::file>(loaded ? std::move(*loaded) : config::file{});
  }

  std::shared_ptr<bitrix24::client> client_of(const config::file& all) {
    std::shared_ptr<one_token> store;
    if (all.portals.at(0).webhook_url.empty()) {
      store = std::make_shared<one_token>();
      const auto pair = stand_in().issue_tokens(1);
      store->kept.access = pair.access;
      store->kept.refresh = pair.refresh;
      store->kept.client_endpoint = "https://shop.bitrix24.ru/bitrix24/main/rest/";
      store->kept.expires = now() + std::chrono::hours(1);
    }
    return std::make_shared<bitrix24::client>(io.get_executor(), all.portals.at(0), wire, nullptr, nullptr, store);
  }

  sandbox::portal& stand_in() { return *inside->find_portal("main"); }

  result<plan> planned() {
    const auto all = settings();
    return waybill::test::run(io, make_plan(client_of(*all), all));
  }
  result<plan> removal() {
    const auto all = settings();
    return waybill::test::run(io, make_removal(client_of(*all), all));
  }
  outcome done(plan p) {
    listener collect([this](const step& s, const result<void>& r) {
      if (!r) failed.push_back(s.what + ": " + r.error().what + " " + r.error().peer_code);
    });
    return waybill::test::run(io, apply(std::move(p), std::move(collect)));
  }
  // Plans and applies; every failure is shown.
  void set_up() {
    auto p = planned();
    ASSERT_TRUE(p) << p.error().what;
    failed.clear();
    done(std::move(*p));
    EXPECT_THAT(failed, testing::IsEmpty());
  }
  static std::vector<std::string> texts(const plan& p, std::initializer_list<verb> which) {
    std::vector<std::string> out;
    for (const auto& s : p.steps)
      if (std::ranges::find(which, s.todo) != which.end()) out.push_back(to_text(s));
    return out;
  }
  static std::vector<std::string> pending(const plan& p) {
    return texts(p, {verb::create, verb::change, verb::remove, verb::cannot});
  }
  // A call as some person or program in the portal would make it.
  json::value call(const std::string& method, const std::string& body) {
    http_request rq;
    rq.method = "POST";
    rq.path = "/bitrix24/main/rest/1/sandboxcode0000001/" + method;
    rq.headers.emplace_back("Content-Type", "application/json");
    rq.body = body;
    rq.peer = "10.0.0.2";
    const auto r = waybill::test::run(io, inside->handle(std::move(rq)));
    EXPECT_EQ(r.status, 200) << method << ' ' << r.body;
    auto v = json::parse(r.body);
    return v && v->is_object() && v->as_object().contains("result") ? v->as_object()["result"] : json::value{};
  }
  // Text at a dotted path, "" when absent.
  static std::string at(const json::value& v, std::string_view dotted) {
    const auto* found = json::at_path(v, dotted);
    return found == nullptr ? "" : json::as_text(*found).value_or("(record)");
  }

  std::vector<std::string> failed;
};

} // namespace waybill::setup::test
