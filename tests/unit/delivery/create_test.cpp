// The delivery button: verified, kept once, answered.
#include "requests_fixture.hpp"

#include <delivery/asked.hpp>

#include <set>

namespace waybill::delivery::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ordering : public requests_fixture {
 protected:
  json::object press(std::vector<json::object> shipments) { return ask(call::create, order(std::move(shipments))); }
  static std::string id_of(const json::object& got) {
    const auto* id = json::find(got, "REQUEST_ID");
    return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string{};
  }
  void expect_refused(const json::object& got, const std::string& text) {
    EXPECT_EQ(success(got), "N");
    EXPECT_THAT(reason(got), HasSubstr(text));
    EXPECT_THAT(queued(), IsEmpty());
    EXPECT_FALSE(*run(requests().find_live_by_shipment("main", 501)));
  }
};

TEST_F(ordering, is_kept_with_its_job_before_the_answer) {
  auto form = shipment_json();
  form["EXTRA_SERVICES_VALUES"] = *json::parse(R"([{"CODE":"INSURANCE","VALUE":"Y"}])");
  const auto got = press({form});
  EXPECT_EQ(success(got), "Y");
  const auto id = id_of(got); // a JSON string: a number would be lost
  EXPECT_THAT(id, StartsWith("wb-"));
  EXPECT_THAT(portal_side->verified, ElementsAre(501));
  const auto kept = run(requests().find("main", id));
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->deal, 759);
  EXPECT_EQ((*kept)->order, 90);
  EXPECT_EQ((*kept)->delivery_id, 41);
  EXPECT_EQ((*kept)->what.destination.city, "Тверь");
  EXPECT_EQ((*kept)->what.recipient.phone, "+79200000002");
  EXPECT_THAT((*kept)->what.options, ElementsAre(std::pair<std::string, std::string>{"INSURANCE", ""}));
  EXPECT_TRUE(read_order((*kept)->asked));
  const auto jobs = queued();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].kind, "request");
  EXPECT_EQ(jobs[0].key, "deal:main:759");
  const auto payload = json::parse(jobs[0].payload)->get_object();
  EXPECT_EQ(json::text_or(payload, "portal"), "main");
  EXPECT_EQ(json::text_or(payload, "request_id"), id);
  EXPECT_EQ(json::integer_or(payload, "deal"), 759);
}

TEST_F(ordering, pressed_again_it_is_the_same) {
  const auto first = id_of(press({shipment_json()}));
  EXPECT_EQ(id_of(press({shipment_json()})), first);
  EXPECT_EQ(queued().size(), 1U);
  // With another flat meanwhile: still the same, and the workflow looks again.
  auto form = shipment_json();
  form["PROPERTY_VALUES"].get_array()[1].get_object()["VALUE"].get_object()["FIELDS"].get_object()["ROOM"] = "8";
  EXPECT_EQ(id_of(press({form})), first);
  EXPECT_EQ(queued().size(), 2U);
  EXPECT_EQ((*run(requests().find("main", first)))->what.destination.flat, "8");
}

TEST_F(ordering, two_presses_at_once_are_one) {
  const auto body = order({shipment_json(501), shipment_json(502)});
  tested();
  std::vector<std::shared_ptr<pending<std::string>>> coming;
  struct asking {
    static awaitable<result<std::string>> one(service* s, std::string text) {
      co_return co_await s->answer(call::create, "main", std::move(text));
    }
  };
  for (int i = 0; i < 8; ++i) coming.push_back(begin(services->ex, "press", asking::one(service_.get(), body)));
  std::set<std::string> ids;
  for (const auto& one : coming) {
    const auto text = run(outcome_of(one, steady::now() + 10s));
    ASSERT_TRUE(text);
    ids.insert(id_of(json::parse(*text)->get_object()));
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_THAT(*ids.begin(), StartsWith("wb-"));
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(ordering, several_together) {
  const auto id = id_of(press({shipment_json(502), shipment_json(501), shipment_json(502)}));
  const auto kept = run(requests().find("main", id));
  ASSERT_TRUE(kept && *kept);
  EXPECT_THAT((*kept)->shipments, ElementsAre(501, 502));
  EXPECT_EQ((*kept)->what.parcels.size(), 2U);
  const auto overlap = press({shipment_json(501)});
  EXPECT_EQ(success(overlap), "N");
  EXPECT_THAT(reason(overlap), HasSubstr(id));
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(ordering, without_a_deal_the_order_keeps_the_jobs_in_line) {
  portal_side->places[501].deal = 0;
  EXPECT_EQ(success(press({shipment_json()})), "Y");
  ASSERT_EQ(queued().size(), 1U);
  EXPECT_EQ(queued()[0].key, "shop:main:90");
}

TEST_F(ordering, the_recipient_may_come_from_the_deal) {
  auto form = shipment_json();
  form["RECIPIENT_CONTACT"] = nullptr;
  EXPECT_EQ(success(press({form})), "Y");
}

TEST_F(ordering, nobody_else_knows_the_recipient_of_a_shop_order) {
  portal_side->places[501].deal = 0;
  auto form = shipment_json();
  form["RECIPIENT_CONTACT"] = nullptr;
  expect_refused(press({form}), "телефон");
}

TEST_F(ordering, an_unsaved_shipment) {
  auto form = shipment_json();
  form["ID"] = nullptr;
  expect_refused(press({form}), "не сохранена");
}

TEST_F(ordering, a_shipment_that_the_portal_does_not_have) {
  portal_side->places.clear();
  expect_refused(press({shipment_json()}), "501");
}

TEST_F(ordering, a_shipment_of_another_service) {
  portal_side->places[501].what.service = 12;
  expect_refused(press({shipment_json()}), "другую службу");
}

TEST_F(ordering, shipments_of_two_deals) {
  portal_side->places[502].deal = 760;
  expect_refused(press({shipment_json(501), shipment_json(502)}), "разным сделкам");
}

TEST_F(ordering, what_cannot_be_verified_is_not_kept) {
  portal_side->broken = fault{errc::unavailable, "down", {}, {}};
  expect_refused(press({shipment_json()}), "не ответил");
  portal_side->broken = fault{errc::forbidden, "scope", {}, {}};
  expect_refused(press({shipment_json()}), "права");
  portal_side->broken.reset();
  portal_side->how = mood::throws;
  EXPECT_EQ(success(press({shipment_json()})), "N");
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(ordering, a_portal_that_never_answers) {
  how.create_limit = 50ms;
  portal_side->how = mood::never;
  expect_refused(press({shipment_json()}), "не ответил");
}

TEST_F(ordering, a_lack_is_told_before_anything_is_kept) {
  auto form = shipment_json();
  form["PROPERTY_VALUES"] = json::array{};
  expect_refused(press({form}), "Нет адреса");
}

TEST_F(ordering, what_is_not_configured) {
  expect_refused(ask(call::create, order({shipment_json()}), "plain"), "не настроена");
  auto form = shipment_json();
  form["DELIVERY_SERVICE"] = *json::parse(R"({"ID":43,"CONFIG":[{"CODE":"PROFILE_TYPE","VALUE":"drone"}]})");
  expect_refused(press({form}), "drone");
  expect_refused(ask(call::create, "{\"SHIPMENTS\":7}"), "не понят");
}

TEST_F(ordering, without_redis_nothing_is_promised) {
  server.kill_now();
  how.create_limit = 2s;
  const auto got = press({shipment_json()});
  EXPECT_EQ(success(got), "N");
  EXPECT_THAT(reason(got), HasSubstr("не удалось надёжно сохранить"));
}

TEST_F(ordering, while_the_earlier_one_is_being_cancelled) {
  const auto id = id_of(press({shipment_json()}));
  ASSERT_TRUE(run(requests().want_cancel("main", id, job_of("request_cancel"))));
  const auto got = press({shipment_json()});
  EXPECT_EQ(success(got), "N");
  EXPECT_THAT(reason(got), HasSubstr("отменяется"));
  ASSERT_TRUE(run(requests().set_cancelled("main", id)));
  const auto anew = id_of(press({shipment_json()}));
  EXPECT_THAT(anew, StartsWith("wb-"));
  EXPECT_NE(anew, id);
}

TEST_F(ordering, a_leaked_url_is_slowed_down) {
  how.orders_a_minute = 2;
  press({shipment_json()});
  press({shipment_json()});
  const auto got = press({shipment_json()});
  EXPECT_EQ(success(got), "N");
  EXPECT_THAT(reason(got), HasSubstr("Слишком много"));
}

} // namespace
} // namespace waybill::delivery::test
