#include <unit/sandbox/fixture.hpp>

namespace {
using namespace waybill;
using namespace waybill::sandbox;
using testing::HasSubstr;

using control_api = sandbox_test;

TEST_F(control_api, makes_edits_and_shows_a_deal) {
  const auto id = make_deal(
      R"({"title":"Заказ 1057","stage":"C2:NEW","fields":{"UF_CRM_DELIVERY_TYPE":"courier","UF_CRM_DELIVERY_ADDRESS":"г Тверь, ул Советская, 14"},
    "contact":{"name":"Иван","last_name":"Петров","phone":["8 912 000-00-01","8 912 000-00-02"],"email":"i@example.com"},
    "rows":[{"productId":101,"quantity":2,"taxRate":20},{"name":"Плакат","price":"300.50","quantity":"1.5"}]})");
  auto d = deal(id);
  EXPECT_EQ(text_at(d, "category"), "2");
  EXPECT_EQ(text_at(d, "fields.UF_CRM_DELIVERY_TYPE"), "45");
  EXPECT_EQ(text_at(d, "enumerations.UF_CRM_DELIVERY_TYPE"), "courier");
  EXPECT_EQ(text_at(d, "opportunity"), "9450.75");
  EXPECT_EQ(text_at(d, "rows.0.priceExclusive"), "3750");
  EXPECT_EQ(text_at(d, "stage_history.0.STAGE_ID"), "C2:NEW");
  control_value("POST", "/deals/" + std::to_string(id) + "/edit",
                R"({"fields":{"UF_CRM_DELIVERY_ADDRESS":"г Тверь, ул Новая, 1"},"contact":{"phone":"+79120000009"}})");
  d = deal(id);
  EXPECT_EQ(text_at(d, "fields.UF_CRM_DELIVERY_ADDRESS"), "г Тверь, ул Новая, 1");
  const auto contact = call("crm.contact.get", R"({"id":)" + text_at(d, "contactId") + "}");
  EXPECT_EQ(text_at(contact, "result.PHONE.0.VALUE"), "+79120000009");
  EXPECT_EQ(text_at(contact, "result.PHONE.1.VALUE"), "(absent)");
  EXPECT_EQ(text_at(contact, "result.EMAIL.0.VALUE"), "i@example.com"); // what was not named stays
  EXPECT_EQ(text_at(contact, "result.LAST_NAME"), "Петров");
  const auto all = control_value("GET", "/deals").as_array();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(text_at(all[0], "title"), "Заказ 1057");
}

TEST_F(control_api, takes_no_typing_mistakes) {
  const auto status = [&](const char* verb, const char* path, const char* body) {
    return send(verb, std::string("/sandbox/portals/main") + path, body).status;
  };
  EXPECT_EQ(status("POST", "/deals", R"({"fields":{"UF_CRM_TYPO":"x"}})"), 400);
  EXPECT_EQ(status("POST", "/deals", R"({"stage":"NOWHERE"})"), 400);
  EXPECT_EQ(status("POST", "/deals", "{"), 400);
  EXPECT_EQ(status("POST", "/deals/1/move", R"({"stage":"NEW"})"), 404);
  EXPECT_EQ(status("PUT", "/settings", R"({"burts":5})"), 400);
  EXPECT_EQ(status("PUT", "/settings", R"({"burst":"many"})"), 400);
  EXPECT_EQ(status("PUT", "/subscriptions", R"([{"url":"http://x/"}])"), 400);
  EXPECT_EQ(status("POST", "/delivery-requests", R"({"delivery_id":40,"request_id":"a"})"), 400);
  EXPECT_EQ(status("POST", "/mass", R"({"count":0})"), 400);
  EXPECT_EQ(status("GET", "/nothing", ""), 404);
  EXPECT_EQ(send("GET", "/bitrix24/a%2F..%2Fb/rest/1/x/profile").status, 404);
  EXPECT_EQ(send("GET", "/elsewhere").status, 404);
}

TEST_F(control_api, shows_settings_as_they_were_put) {
  configure(
      R"({"burst":250,"requests_per_second":5,"required_fields":{"WON":["UF_CRM_TRACKING_NUMBER"]},"method_ms":{"profile":12.5}})");
  const auto s = control_value("GET", "/settings");
  EXPECT_EQ(text_at(s, "burst"), "250.000");
  EXPECT_EQ(text_at(s, "required_fields.WON.0"), "UF_CRM_TRACKING_NUMBER");
  EXPECT_EQ(text_at(s, "method_ms.profile"), "12.500");
  EXPECT_EQ(text_at(control_value("GET", ""), "webhook_url"),
            "http://sandbox.test:8090/bitrix24/main/rest/1/sandboxcode0000001/");
}

TEST_F(control_api, changes_the_type_of_a_field) {
  control_value("PUT", "/user-fields", R"({"FIELD_NAME":"UF_CRM_DELIVERY_COST","USER_TYPE_ID":"money"})");
  const auto id = std::to_string(make_deal());
  const auto answer = call("crm.item.update", R"({"entityTypeId":2,"useOriginalUfNames":"Y","id":)" + id +
                                                  R"(,"fields":{"UF_CRM_DELIVERY_COST":"350.5|RUB"}})");
  EXPECT_EQ(text_at(answer, "result.item.UF_CRM_DELIVERY_COST"), "350.50|RUB");
}

TEST_F(control_api, forgets_everything_on_reset) {
  make_deal();
  EXPECT_EQ(send("POST", "/sandbox/reset").status, 200);
  EXPECT_TRUE(control_value("GET", "/deals").as_array().empty());
  EXPECT_EQ(text_at(control_value("GET", "/stats"), "requests"), "0");
}

// ---- carriers -------------------------------------------------------------------------------------------------

struct fake_stand_in : stand_in {
  std::vector<std::string> paths;
  std::vector<std::string> faults;
  awaitable<http_response> handle(http_request request) override {
    paths.push_back(request.path + "?" + request.query);
    auto r = json_response(201, R"({"ok":1})");
    co_return r;
  }
  void inject(stand_in_fault f) override {
    faults.push_back(f.operation + " " + f.kind + " " + std::to_string(f.count));
  }
  result<void> advance(std::string reference, std::string code, std::string) override {
    if (reference != "WB-1") return fail(errc::not_found, "no order " + reference);
    faults.push_back("advance " + code);
    return {};
  }
  boost::json::value state() const override {
    json::array list;
    for (const auto& p : paths) list.emplace_back(p);
    return json::object{{"paths", std::move(list)}, {"faults", static_cast<std::int64_t>(faults.size())}};
  }
};

std::unique_ptr<stand_in> make_fake(stand_in_context) { return std::make_unique<fake_stand_in>(); }

struct carrier_mounts : sandbox_test {
  carrier_type with{.name = "fast",
                    .title = "Fast",
                    .default_base_url = "",
                    .settings = {},
                    .make = nullptr,
                    .make_stand_in = make_fake,
                    .check = nullptr};
  carrier_type without{.name = "mute",
                       .title = "Mute",
                       .default_base_url = "",
                       .settings = {},
                       .make = nullptr,
                       .make_stand_in = nullptr,
                       .check = nullptr};
  std::array<const carrier_type*, 2> types{&with, &without};

  void SetUp() override {
    world_options how;
    how.ex = io.get_executor();
    how.http = client;
    how.clock = [this] { return at; };
    how.carriers = types;
    inside = std::make_shared<world>(std::move(how));
  }
};

TEST_F(carrier_mounts, pass_requests_with_the_path_below_the_mount) {
  const auto r = send("POST", "/carriers/fast/v2/orders", "{}", "application/json", "a=1");
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(text_at(parsed(send("GET", "/sandbox/carriers/fast/state")), "paths.0"), "/v2/orders?a=1");
  EXPECT_EQ(send("GET", "/carriers/mute/x").status, 404);
  EXPECT_EQ(text_at(parsed(send("GET", "/sandbox/health")), "carriers.0"), "fast");
}

TEST_F(carrier_mounts, steer_the_stand_ins) {
  EXPECT_EQ(
      send("POST", "/sandbox/carriers/fast/faults", R"({"operation":"create_order","kind":"drop_after","count":2})")
          .status,
      200);
  EXPECT_EQ(send("POST", "/sandbox/carriers/fast/faults", "{}").status, 400);
  EXPECT_EQ(send("POST", "/sandbox/carriers/fast/advance", R"({"reference":"WB-1","code":"DELIVERED"})").status, 200);
  EXPECT_EQ(send("POST", "/sandbox/carriers/fast/advance", R"({"reference":"WB-2"})").status, 404);
  EXPECT_EQ(send("POST", "/sandbox/carriers/mute/faults", R"({"kind":"status"})").status, 404);
  EXPECT_EQ(text_at(parsed(send("GET", "/sandbox/carriers/fast/state")), "faults"), "2");
  send("POST", "/sandbox/reset");
  EXPECT_EQ(text_at(parsed(send("GET", "/sandbox/carriers/fast/state")), "faults"), "0");
}

} // namespace
