// A portal with our delivery service set up as the application's setup leaves it.
#pragma once
#include <sandbox/php.hpp>

#include <map>
#include <string>

#include <fmt/format.h>
#include <unit/sandbox/fixture.hpp>

namespace waybill::sandbox {

// A delivery handler without sockets: answers by action (the last part of the url), writes down what came.
struct scripted_handler : http_client {
  struct reply {
    int status{200};
    std::string body;
    bool down{false};
  };
  std::map<std::string, reply> answers;
  std::vector<std::pair<std::string, json::object>> seen; // action, body
  std::vector<http_request> raw;
  // Runs before an answer is given: what the portal does while the handler thinks.
  std::function<void()> meanwhile = [] {};

  awaitable<result<http_response>> send(http_request request) override {
    const auto action = request.url.substr(request.url.rfind('/') + 1);
    auto body = json::parse(request.body);
    seen.emplace_back(action, body && body->is_object() ? body->as_object() : json::object{});
    raw.push_back(std::move(request));
    meanwhile();
    const auto a = answers.find(action);
    http_response r;
    if (a == answers.end() || a->second.down) co_return fail(errc::unavailable, "nobody listens");
    r.status = a->second.status;
    r.body = a->second.body;
    co_return r;
  }
};

struct store_test : sandbox_test {
  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  std::int64_t parent{0}, courier{0}, pickup{0};

  void SetUp() override {
    world_options how;
    how.ex = io.get_executor();
    how.http = handler;
    how.speed = 1e9;
    how.clock = [this] { return at; };
    how.base_url = "http://sandbox.test:8090";
    inside = std::make_shared<world>(std::move(how));
    configure(R"({"handler_http":"1.1","requests_per_second":0})");
  }

  json::value result_of(const std::string& method, const std::string& body) {
    const auto answer = call(method, body);
    const auto* r = answer.if_contains("result");
    EXPECT_NE(r, nullptr) << method << ' ' << json::serialize(answer);
    return r == nullptr ? json::value{} : *r;
  }
  std::int64_t id_of(const std::string& method, const std::string& body, const std::string& path) {
    const auto r = result_of(method, body);
    const auto* v = path.empty() ? &r : json::at_path(r, path);
    return v == nullptr ? 0 : json::as_integer(*v).value_or(0);
  }

  static std::string handler_body(const std::string& more = {}) {
    return R"({"CODE":"waybill","NAME":"Доставка","PROFILES":[{"CODE":"courier","NAME":"Курьер"},{"CODE":"pickup","NAME":"Пункт"}],)"
           R"("SETTINGS":{"CALCULATE_URL":"http://h.test/calculate","CREATE_DELIVERY_REQUEST_URL":"http://h.test/create",)"
           R"("CANCEL_DELIVERY_REQUEST_URL":"http://h.test/cancel","DELETE_DELIVERY_REQUEST_URL":"http://h.test/delete",)"
           R"("HAS_CALLBACK_TRACKING_SUPPORT":"Y","CONFIG":[{"TYPE":"STRING","CODE":"WAYBILL_KEY","NAME":"Ключ"}]})" +
           more + "}";
  }

  void set_up_service() {
    EXPECT_EQ(code_of("sale.delivery.handler.add", handler_body()), "(none)");
    const auto made = result_of(
        "sale.delivery.add",
        R"({"REST_CODE":"waybill","NAME":"Наша","CURRENCY":"RUB","CONFIG":[{"CODE":"WAYBILL_KEY","VALUE":"main"}]})");
    parent = json::as_integer(*json::at_path(made, "parent.ID")).value_or(0);
    courier = json::as_integer(*json::at_path(made, "profiles.0.ID")).value_or(0);
    pickup = json::as_integer(*json::at_path(made, "profiles.1.ID")).value_or(0);
  }

  std::int64_t add_property(const std::string& type, const std::string& code, const std::string& more = {}) {
    return id_of(
        "sale.shipmentproperty.add",
        fmt::format(R"({{"fields":{{"personTypeId":3,"propsGroupId":6,"name":"{1}","type":"{0}","code":"{1}"{2}}}}})",
                    type, code, more),
        "property.id");
  }

  std::int64_t deal_with_goods() {
    return make_deal(
        R"({"title":"Заказ","contact":{"name":"Иван","last_name":"Сидоров","phone":"+79210000002"},)"
        R"("rows":[{"productId":201,"quantity":2,"price":1000},{"name":"Открытка","quantity":1,"price":50}]})");
  }

  // An order of a fresh deal on the courier profile, priced by hand.
  json::object make_order(std::int64_t deal, const std::string& more = {}) {
    return control_value("POST", "/orders",
                         fmt::format(R"({{"deal":{},"delivery":{},"price":"300"{}}})", deal, courier, more))
        .as_object();
  }
  json::object shipment(std::int64_t id) {
    return control_value("GET", "/shipments/" + std::to_string(id)).as_object();
  }
  json::object press_order(std::int64_t id) {
    return control_value("POST", "/order-delivery", fmt::format(R"({{"shipments":[{}]}})", id)).as_object();
  }
};

} // namespace waybill::sandbox
