// The whole way down to the portal's REST: what the service asks of a portal is really asked, and understood.
#include "requests_fixture.hpp"

#include <bitrix24/client.hpp>
#include <delivery/portal_reader.hpp>

namespace waybill::delivery::test {
namespace {

using testing::HasSubstr;

// Answers commands by their method's name, in a batch or alone.
class rest final : public http_client {
 public:
  awaitable<result<http_response>> send(http_request request) override {
    if (down) co_return fail(errc::unavailable, "connection refused");
    const auto parsed = json::parse(request.body);
    const auto* body = parsed ? parsed->if_object() : nullptr;
    const auto* commands = body == nullptr ? nullptr : json::child(*body, "cmd");
    json::object out;
    if (commands != nullptr) {
      json::object results;
      for (const auto& [key, command] : *commands) results[key] = result_of(json::as_text(command).value_or(""));
      json::object batch;
      batch["result"] = std::move(results);
      batch["result_error"] = json::array{};
      out["result"] = std::move(batch);
    } else {
      out["result"] = result_of(request.url);
    }
    co_return json_response(200, json::serialize(out));
  }
  bool down{false};

 private:
  static json::value result_of(const std::string& command) {
    if (command.contains("sale.shipmentproperty.list"))
      return *json::parse(R"({"properties":[
        {"id":72,"personTypeId":1,"code":"TO","type":"ADDRESS","name":"Куда","isAddressFrom":"N","isAddressTo":"Y"},
        {"id":73,"personTypeId":1,"code":"WAYBILL_PVZ","type":"STRING","name":"Пункт"}]})");
    if (command.contains("sale.shipment.get"))
      return *json::parse(R"({"shipment":{"id":501,"orderId":"90","deliveryId":41,"statusId":"DN","deducted":"N",
        "priceDelivery":0,"trackingNumber":null,"shipmentItems":[]}})");
    if (command.contains("crm.orderentity.list"))
      return *json::parse(R"({"orderEntity":[{"orderId":90,"ownerId":"759","ownerTypeId":"2"}]})");
    ADD_FAILURE() << "nobody should ask for " << command;
    return nullptr;
  }
};

class whole_way : public requests_fixture {
 protected:
  whole_way() {
    auto client =
        std::make_shared<bitrix24::client>(io.get_executor(), with_webhook(), portal, nullptr, nullptr, nullptr);
    services->portals.find("main")->second.crm = std::make_shared<bitrix24::crm>(std::move(client));
    served = make_service(services);
  }
  config::portal with_webhook() {
    settings().webhook_url = secret("https://shop.bitrix24.example/rest/1/0123456789abcdef/");
    return settings();
  }
  json::object call_it(call what, std::string body) {
    const auto text = run(served->answer(what, "main", std::move(body)));
    return json::parse(text)->get_object();
  }
  std::shared_ptr<rest> portal{std::make_shared<rest>()};
  std::shared_ptr<service> served;
};

TEST_F(whole_way, a_price_and_an_order) {
  EXPECT_EQ(json::minor(call_it(call::calculate, calculation()), "PRICE"), 43'250);
  const auto got = call_it(call::create, order({shipment_json()}));
  EXPECT_EQ(success(got), "Y") << reason(got);
  const auto kept = run(requests().find("main", json::text_or(got, "REQUEST_ID")));
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->deal, 759);
  EXPECT_EQ((*kept)->order, 90);
  EXPECT_EQ((*kept)->what.destination.city, "Тверь");
}

TEST_F(whole_way, a_portal_that_is_down) {
  portal->down = true;
  settings().service->deadline = 1s;
  EXPECT_THAT(reason(call_it(call::calculate, calculation())), HasSubstr("не ответил"));
  EXPECT_THAT(reason(call_it(call::create, order({shipment_json()}))), HasSubstr("не ответил"));
  EXPECT_TRUE(queued().empty());
}

} // namespace
} // namespace waybill::delivery::test
