// With a local application: event handlers, the automation rule and the deal's tab besides.
#include "fixture.hpp"

namespace waybill::setup::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct ApplicationTest : SetupTest {
  void SetUp() override { access = application_access; }

  std::vector<std::string> bound_events() {
    std::vector<std::string> out;
    for (const auto& s : stand_in().subscriptions)
      for (const auto& e : s.events)
        if (s.application && !s.offline) out.push_back(e + " " + s.url);
    return out;
  }
};

TEST_F(ApplicationTest, BindsEventsRuleAndTabOnce) {
  set_up();
  EXPECT_THAT(bound_events(), Contains("ONCRMDEALUPDATE https://waybill.example.com/bitrix24/main/events"));
  EXPECT_THAT(bound_events(), Contains("ONCRMDEALMOVETOCATEGORY https://waybill.example.com/bitrix24/main/events"));
  ASSERT_EQ(stand_in().robots_of_app.size(), 1U);
  const auto& robot = stand_in().robots_of_app.at(0);
  EXPECT_EQ(at(robot, "CODE"), "create_shipment");
  EXPECT_EQ(at(robot, "HANDLER"), "https://waybill.example.com/bitrix24/main/robot/setup-secret-1");
  EXPECT_EQ(at(robot, "USE_SUBSCRIPTION"), "Y");
  EXPECT_EQ(at(robot, "PROPERTIES.service.Options.courier"), "Курьер до двери");
  EXPECT_EQ(at(robot, "RETURN_PROPERTIES.tracking_number.Type"), "string");
  ASSERT_EQ(stand_in().placements.size(), 1U);
  EXPECT_EQ(at(stand_in().placements.at(0), "handler"), "https://waybill.example.com/bitrix24/main/app/deal");

  auto again = planned();
  ASSERT_TRUE(again);
  EXPECT_THAT(pending(*again), IsEmpty());
  const auto events = bound_events();
  done(std::move(*again)); // the rule is written again, nothing else
  EXPECT_THAT(failed, IsEmpty());
  EXPECT_EQ(bound_events(), events);
  EXPECT_EQ(stand_in().robots_of_app.size(), 1U);
}

TEST_F(ApplicationTest, AnotherAddressMovesEverything) {
  set_up();
  public_url = "https://new.example.com";
  auto move = planned();
  ASSERT_TRUE(move);
  EXPECT_THAT(texts(*move, {verb::remove}), Contains(HasSubstr("ONCRMDEALUPDATE")));
  EXPECT_THAT(texts(*move, {verb::change}), Contains(HasSubstr("delivery handler")));
  done(std::move(*move));
  EXPECT_THAT(failed, IsEmpty());
  for (const auto& e : bound_events()) EXPECT_THAT(e, HasSubstr("new.example.com"));
  EXPECT_EQ(at(stand_in().robots_of_app.at(0), "HANDLER"),
            "https://new.example.com/bitrix24/main/robot/setup-secret-1");
  ASSERT_EQ(stand_in().placements.size(), 1U);
  EXPECT_THAT(at(stand_in().placements.at(0), "handler"), HasSubstr("new.example.com"));
}

TEST_F(ApplicationTest, MissingScopeOfTheRuleIsNamed) {
  stand_in().how.scopes.erase("bizproc");
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("automation rule create_shipment")));
  done(std::move(*p));
  EXPECT_THAT(failed, IsEmpty());
  EXPECT_EQ(stand_in().placements.size(), 1U);
}

TEST_F(ApplicationTest, RemoveTakesAllOfItOut) {
  set_up();
  auto back = removal();
  ASSERT_TRUE(back);
  done(std::move(*back));
  EXPECT_THAT(failed, IsEmpty());
  EXPECT_THAT(bound_events(), IsEmpty());
  EXPECT_TRUE(stand_in().robots_of_app.empty());
  EXPECT_TRUE(stand_in().placements.empty());
  EXPECT_TRUE(call("sale.delivery.handler.list", "{}").as_array().empty());
}

} // namespace
} // namespace waybill::setup::test
