// A world without sockets: a held clock, time that costs nothing, and a client that writes down what is sent.
#pragma once
#include <sandbox/world.hpp>
#include <waybill/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::sandbox {

struct recording_client : http_client {
  std::vector<http_request> seen;
  int status{200};
  awaitable<result<http_response>> send(http_request request) override {
    seen.push_back(std::move(request));
    http_response r;
    r.status = status;
    co_return r;
  }
};

// Every portal test starts with an empty portal "main" and no waiting.
struct sandbox_test : testing::Test {
  asio::io_context io{1};
  instant at{*parse_instant("2026-11-21T10:00:00Z")};
  std::shared_ptr<recording_client> client = std::make_shared<recording_client>();
  std::shared_ptr<world> inside = make_world();

  // With the usual speed simulated time is counted, never waited for.
  std::shared_ptr<world> make_world(double speed = 1e9) {
    world_options how;
    how.ex = io.get_executor();
    how.http = client;
    how.speed = speed;
    how.clock = [this] { return at; };
    how.base_url = "http://sandbox.test:8090";
    return std::make_shared<world>(std::move(how));
  }

  http_response send(std::string method, std::string path, std::string body = {}, std::string type = "application/json",
                     std::string query = {}) {
    http_request rq;
    rq.method = std::move(method);
    rq.path = std::move(path);
    rq.query = std::move(query);
    rq.body = std::move(body);
    rq.peer = "10.0.0.1";
    if (!type.empty()) rq.headers.emplace_back("Content-Type", std::move(type));
    return test::run(io, inside->handle(std::move(rq)));
  }

  static json::value parsed(const http_response& r) {
    auto v = json::parse(r.body);
    EXPECT_TRUE(v.has_value()) << r.status << ' ' << r.body;
    return v ? *v : json::value{};
  }

  http_response call_raw(const std::string& method, const std::string& body) {
    return send("POST", "/bitrix24/main/rest/1/sandboxcode0000001/" + method, body);
  }
  json::object call(const std::string& method, const std::string& body) {
    return parsed(call_raw(method, body)).as_object();
  }
  // The code of the error, "(none)" when it worked.
  std::string code_of(const std::string& method, const std::string& body) {
    const auto answer = call(method, body);
    const auto* e = answer.if_contains("error");
    return e == nullptr ? "(none)" : php::scalar(*e).value_or("?");
  }

  json::value control_value(const std::string& verb, const std::string& path, const std::string& body = {}) {
    const auto r = send(verb, "/sandbox/portals/main" + path, body);
    EXPECT_EQ(r.status, 200) << path << ' ' << r.body;
    return parsed(r);
  }
  void configure(const std::string& settings) { control_value("PUT", "/settings", settings); }

  std::int64_t make_deal(const std::string& body = R"({"title":"Заказ 1"})") {
    return control_value("POST", "/deals", body).as_object().at("id").as_int64();
  }
  json::object deal(std::int64_t id) { return control_value("GET", "/deals/" + std::to_string(id)).as_object(); }

  // Lets what was spawned go on until `count` requests have left.
  bool sent(std::size_t count) {
    return test::run(io,
                     test::eventually([this, count] { return client->seen.size() >= count; }, std::chrono::seconds(5)));
  }
  // Runs what is ready; for proving that nothing more is sent.
  void settle() {
    io.restart();
    io.poll();
  }
  form_fields sent_form(std::size_t index) { return *parse_form(client->seen.at(index).body); }
};

inline std::string text_at(const json::value& v, std::string_view dotted) {
  const auto* found = json::at_path(v, dotted);
  return found == nullptr ? "(absent)" : php::scalar(*found).value_or("(array)");
}

} // namespace waybill::sandbox
