// What `check` says of a portal.
#include "crm_fixture.hpp"

namespace waybill::bitrix24 {
namespace {

class Inspect : public Crm {
 protected:
  void SetUp() override {
    Crm::SetUp();
    settings.fields = {};
    settings.fields.label = "UF_CRM_LABEL";
    settings.triggers = {{2, "C2:SHIP", config::trigger_action::ship}};
    settings.stages[status::delivered] = "WON";
    portal->methods["profile"] = [](const portal_command&) { return replied(bj::parse(R"({"ID":"1","ADMIN":true})")); };
    portal->methods["scope"] = [](const portal_command&) { return replied(bj::parse(R"(["crm","catalog","im"])")); };
    portal->methods["method.get"] = [](const portal_command&) {
      return replied(bj::parse(R"({"isExisting":true,"isAvailable":true})"));
    };
    portal->methods["crm.deal.userfield.list"] = [](const portal_command&) {
      bj::array out;
      for (const auto* name :
           {"UF_CRM_LOGISTICS_ORDER_ID", "UF_CRM_TRACKING_NUMBER", "UF_CRM_TRACKING_URL", "UF_CRM_LOGISTICS_STATUS",
            "UF_CRM_LOGISTICS_ERROR", "UF_CRM_DELIVERY_COST", "UF_CRM_DELIVERY_ADDRESS", "UF_CRM_DELIVERY_PHONE",
            "UF_CRM_DELIVERY_TYPE", "UF_CRM_PVZ_CODE", "UF_CRM_DELIVERY_CARRIER"})
        out.push_back(bj::object{{"FIELD_NAME", name}, {"USER_TYPE_ID", "string"}});
      out.push_back(bj::object{{"FIELD_NAME", "UF_CRM_LABEL"}, {"USER_TYPE_ID", "file"}});
      return replied(out);
    };
    portal->methods["crm.status.list"] = [](const portal_command&) {
      return replied(bj::parse(R"([{"STATUS_ID":"C2:SHIP","SORT":"1"},{"STATUS_ID":"C2:WON","SORT":"2"}])"));
    };
    make();
  }
  std::vector<finding> wrong() {
    auto all = run(inspect(connection));
    std::erase_if(all, [](const finding& f) { return f.ok; });
    for (const auto& f : all) EXPECT_FALSE(f.remedy.empty()) << f.what;
    return all;
  }
};

TEST_F(Inspect, APortalInOrder) {
  for (const auto& f : wrong()) ADD_FAILURE() << f.what;
  EXPECT_GE(run(inspect(connection)).size(), 6U);
}

TEST_F(Inspect, WrongCredentialsEndIt) {
  portal->methods["profile"] = [](const portal_command&) { return refused("INVALID_CREDENTIALS", "x", 401); };
  const auto all = wrong();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_NE(all[0].remedy.find("webhook_url"), std::string::npos);
  EXPECT_EQ(portal->requests.size(), 1U) << "no hammering";
}

TEST_F(Inspect, WhatIsMissingIsNamed) {
  portal->methods["scope"] = [](const portal_command&) { return replied(bj::parse(R"(["crm"])")); };
  portal->methods["method.get"] = [](const portal_command& c) {
    return replied(
        bj::object{{"isExisting", json::text_or(c.params, "name") != "crm.activity.todo.add"}, {"isAvailable", true}});
  };
  portal->methods["catalog.catalog.list"] = [](const portal_command&) {
    return refused("insufficient_scope", "x", 403);
  };
  settings.triggers[0].stage = "C2:NO";
  settings.stages[status::returned] = "C2:NEVER";
  settings.fields.comment = "UF_CRM_ABSENT";
  settings.fields.label = "UF_CRM_PVZ_CODE";
  make();
  std::string text;
  for (const auto& f : wrong()) text += f.what + "\n";
  for (const auto* word : {"catalog, im", "crm.activity.todo.add", "C2:NO", "C2:NEVER", "UF_CRM_ABSENT",
                           "UF_CRM_PVZ_CODE (fields.label) is of type string", "catalogue"})
    EXPECT_NE(text.find(word), std::string::npos) << word << " in\n" << text;
}

} // namespace
} // namespace waybill::bitrix24
