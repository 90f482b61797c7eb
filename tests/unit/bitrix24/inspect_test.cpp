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

// ---- the delivery service -----------------------------------------------------------------------------------------

class InspectStore : public Inspect {
 protected:
  void SetUp() override {
    Inspect::SetUp();
    settings.service.emplace();
    settings.webhook_secret = secret("hush-hush-1");
    portal->methods["scope"] = [](const portal_command&) {
      return replied(bj::parse(R"(["crm","catalog","im","sale","delivery"])"));
    };
    handled_at("https://waybill.example.com/bitrix24/main/delivery/hush-hush-1/");
    make();
  }
  void handled_at(std::string where) {
    portal->methods["sale.delivery.handler.list"] = [where](const portal_command&) {
      bj::object urls{{"CALCULATE_URL", where + "calculate"},
                      {"CREATE_DELIVERY_REQUEST_URL", where + "create"},
                      {"CANCEL_DELIVERY_REQUEST_URL", where + "cancel"}};
      bj::array all;
      all.push_back(bj::object{{"ID", "9"}, {"CODE", "waybill"}, {"SETTINGS", urls}});
      return replied(all);
    };
  }
  std::string complaints() {
    std::string text;
    for (const auto& f : wrong()) text += f.what + "\n";
    EXPECT_EQ(text.find("hush"), std::string::npos);
    return text;
  }
};

TEST_F(InspectStore, InOrder) { EXPECT_EQ(complaints(), ""); }

TEST_F(InspectStore, NotSetUpOrElsewhere) {
  handled_at("https://waybill.example.com/bitrix24/main/delivery/an-older-secret/");
  EXPECT_NE(complaints().find("another address"), std::string::npos);
  portal->methods["sale.delivery.handler.list"] = [](const portal_command&) { return replied(bj::array{}); };
  EXPECT_NE(complaints().find("not set up"), std::string::npos);
  portal->methods["crm.orderentity.getFields"] = [](const portal_command&) { return refused("200540400002", "x"); };
  EXPECT_NE(complaints().find("online store"), std::string::npos);
}

TEST_F(InspectStore, OnlyTheScopesThatAreMadeUseOf) {
  settings.service->cost_into = config::cost_target::payment;
  settings.service->payment_system = 6;
  make();
  EXPECT_NE(complaints().find("missing: salescenter, pay_system"), std::string::npos);
}

TEST_F(InspectStore, MethodsThatThePortalLacks) {
  settings.service->payments_paid_on_delivery = true;
  make();
  portal->methods["method.get"] = [](const portal_command& c) {
    return replied(
        bj::object{{"isExisting", json::text_or(c.params, "name") != "crm.item.payment.pay"}, {"isAvailable", true}});
  };
  EXPECT_NE(complaints().find("does not know: crm.item.payment.pay"), std::string::npos);
}

TEST_F(InspectStore, TheFieldOfInvoices) {
  settings.service->cost_into = config::cost_target::invoice;
  settings.service->cost_invoice_field = "UF_CRM_SMART_INVOICE_COST";
  portal->methods["crm.item.fields"] = [](const portal_command& c) {
    EXPECT_EQ(json::integer_or(c.params, "entityTypeId"), 31);
    return replied(bj::parse(R"({"fields":{"id":{"type":"integer"}}})"));
  };
  make();
  EXPECT_NE(complaints().find("no field UF_CRM_SMART_INVOICE_COST"), std::string::npos);
  portal->methods["crm.item.fields"] = [](const portal_command&) {
    return replied(bj::parse(R"({"fields":{"UF_CRM_SMART_INVOICE_COST":{"type":"money"}}})"));
  };
  EXPECT_EQ(complaints(), "");
  portal->methods["crm.item.fields"] = [](const portal_command&) { return refused("ACCESS_DENIED", "x"); };
  EXPECT_NE(complaints().find("fields of smart invoices"), std::string::npos);
}

TEST_F(InspectStore, AnAdministratorIsNeeded) {
  portal->methods["profile"] = [](const portal_command&) { return replied(bj::parse(R"({"ID":"1","ADMIN":false})")); };
  EXPECT_NE(complaints().find("no administrator"), std::string::npos);
}

} // namespace
} // namespace waybill::bitrix24
