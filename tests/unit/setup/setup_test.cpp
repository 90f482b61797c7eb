// With an inbound webhook: fields, the delivery service with all that hangs on it, statuses; and the way back.
#include "fixture.hpp"

namespace waybill::setup::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(SetupTest, MakesWhatIsMissingAndNothingTwice) {
  auto first = planned();
  ASSERT_TRUE(first) << first.error().what;
  const auto todo = pending(*first);
  EXPECT_THAT(todo, Contains(HasSubstr("delivery handler waybill")));
  EXPECT_THAT(todo, Contains(HasSubstr("delivery service «Перевозчики»")));
  EXPECT_THAT(todo, Contains(HasSubstr("shipment property WAYBILL_PVZ")));
  EXPECT_THAT(todo, Contains(HasSubstr("delivery status in_transit")));
  EXPECT_TRUE(first->complete()) << testing::PrintToString(todo);
  EXPECT_TRUE(first->changes_anything());

  done(std::move(*first));
  EXPECT_THAT(failed, IsEmpty());
  auto second = planned();
  ASSERT_TRUE(second);
  EXPECT_THAT(pending(*second), IsEmpty());
  EXPECT_FALSE(second->changes_anything());
}

TEST_F(SetupTest, ThePortalHoldsWhatWasAsked) {
  set_up();
  const auto handlers = call("sale.delivery.handler.list", "{}");
  EXPECT_EQ(at(handlers, "0.CODE"), "waybill");
  EXPECT_EQ(at(handlers, "0.SETTINGS.CALCULATE_URL"),
            "https://waybill.example.com/bitrix24/main/delivery/setup-secret-1/calculate");
  EXPECT_EQ(at(handlers, "0.SETTINGS.DELETE_DELIVERY_REQUEST_URL"),
            "https://waybill.example.com/bitrix24/main/delivery/setup-secret-1/delete");
  EXPECT_EQ(at(handlers, "0.PROFILES.0.CODE"), "courier");
  EXPECT_EQ(at(handlers, "0.PROFILES.1.CODE"), "pickup");

  std::string parent, courier;
  const auto listed = call("sale.delivery.getlist", "{}");
  for (const auto& s : listed.as_array()) {
    if (at(s, "NAME") == "Перевозчики") parent = at(s, "ID");
    if (at(s, "NAME") == "Курьер до двери") courier = at(s, "ID");
  }
  ASSERT_FALSE(parent.empty());
  ASSERT_FALSE(courier.empty());
  const auto config = call("sale.delivery.config.get", "{\"ID\":" + parent + "}");
  EXPECT_EQ(at(config, "0.CODE"), "WAYBILL_KEY");
  EXPECT_EQ(at(config, "0.VALUE"), "main");

  const auto extras = call("sale.delivery.extra.service.get", "{\"DELIVERY_ID\":" + courier + "}");
  ASSERT_EQ(extras.as_array().size(), 3U);
  EXPECT_EQ(at(extras, "0.CODE"), "INSURANCE");
  EXPECT_EQ(at(extras, "0.ACTIVE"), "Y");
  EXPECT_EQ(at(extras, "2.TYPE"), "quantity");

  const auto properties = call("sale.shipmentproperty.list", R"({"filter":{"code":"WAYBILL_TO"}})");
  EXPECT_EQ(at(properties, "properties.0.isAddressTo"), "Y");
  EXPECT_EQ(at(properties, "properties.0.type"), "ADDRESS");

  const auto names = call("sale.statusLang.list", R"({"filter":{"statusId":"WP"}})");
  EXPECT_THAT(at(names, "statusLangs.0.name"), HasSubstr("Готов к выдаче"));
}

TEST_F(SetupTest, NeverShowsTheSecret) {
  auto p = planned();
  ASSERT_TRUE(p);
  for (const auto& s : p->steps) EXPECT_THAT(to_text(s), Not(HasSubstr("setup-secret-1")));
}

TEST_F(SetupTest, RepairsWhatWasDeletedOrChanged) {
  set_up();
  const auto properties = call("sale.shipmentproperty.list", R"({"filter":{"code":"WAYBILL_PVZ"}})");
  for (const auto& p : properties.as_object().at("properties").as_array())
    call("sale.shipmentproperty.delete", "{\"id\":" + at(p, "id") + "}");
  call("sale.status.delete", R"({"id":"WT"})");
  call("sale.status.update", R"({"id":"WP","fields":{"type":"D","color":"#000000"}})");
  const auto listed = call("sale.delivery.getlist", "{}");
  for (const auto& s : listed.as_array()) {
    if (at(s, "NAME") != "Курьер до двери") continue;
    call("sale.delivery.update", "{\"ID\":" + at(s, "ID") + ",\"NAME\":\"Что-то другое\"}");
    const auto extras = call("sale.delivery.extra.service.get", "{\"DELIVERY_ID\":" + at(s, "ID") + "}");
    call("sale.delivery.extra.service.delete", "{\"ID\":" + at(extras, "0.ID") + "}");
  }
  auto repair = planned();
  ASSERT_TRUE(repair);
  const auto todo = pending(*repair);
  EXPECT_THAT(todo, Contains(HasSubstr("shipment property WAYBILL_PVZ")));
  EXPECT_THAT(todo, Contains(HasSubstr("delivery status in_transit")));
  EXPECT_THAT(todo, Contains(HasSubstr("delivery status ready_for_pickup (WP): its colour differs")));
  EXPECT_THAT(todo, Contains(HasSubstr("profile courier")));
  EXPECT_THAT(todo, Contains(HasSubstr("extra services of courier: missing: INSURANCE")));
  done(std::move(*repair));
  EXPECT_THAT(failed, IsEmpty());
  auto after = planned();
  ASSERT_TRUE(after);
  EXPECT_THAT(pending(*after), IsEmpty());
}

TEST_F(SetupTest, AStatusIdThatIsTakenGivesWay) {
  call("sale.status.add", R"({"fields":{"id":"WT","type":"O","notify":"N","xmlId":"somebody"}})");
  set_up();
  const auto ours = call("sale.status.list", R"({"filter":{"xmlId":"waybill:in_transit"}})");
  EXPECT_EQ(at(ours, "statuses.0.type"), "D");
  EXPECT_NE(at(ours, "statuses.0.id"), "WT");
  const auto theirs = call("sale.status.get", R"({"id":"WT"})");
  EXPECT_EQ(at(theirs, "status.xmlId"), "somebody");
}

TEST_F(SetupTest, ANewDeliveryTypeMakesTheServiceAnew) {
  services = "courier = 139\n";
  set_up();
  services = "courier = 139\npickup = 138\n";
  auto more = planned();
  ASSERT_TRUE(more);
  EXPECT_THAT(pending(*more), Contains(HasSubstr("profiles are missing: pickup")));
  done(std::move(*more));
  EXPECT_THAT(failed, IsEmpty());
  auto after = planned();
  ASSERT_TRUE(after);
  EXPECT_THAT(pending(*after), IsEmpty());
}

TEST_F(SetupTest, ADroppedOptionGoesAndAForeignOneStays) {
  set_up();
  std::string courier;
  const auto listed = call("sale.delivery.getlist", "{}");
  for (const auto& s : listed.as_array())
    if (at(s, "NAME") == "Курьер до двери") courier = at(s, "ID");
  call("sale.delivery.extra.service.add",
       "{\"DELIVERY_ID\":" + courier + R"(,"TYPE":"checkbox","NAME":"Открытка","CODE":"POSTCARD","ACTIVE":"Y"})");
  service = "[portals.delivery_service]\nname = \"Перевозчики\"\nextra_services = [\"INSURANCE\"]\n"
            "[portals.delivery_service.extra_prices]\nINSURANCE = \"49.90\"\n";
  set_up();
  const auto extras = call("sale.delivery.extra.service.get", "{\"DELIVERY_ID\":" + courier + "}");
  std::map<std::string, std::string> prices;
  for (const auto& e : extras.as_array()) prices[at(e, "CODE")] = at(e, "PRICE");
  EXPECT_EQ(prices.size(), 2U);
  EXPECT_EQ(prices["INSURANCE"], "49.90");
  EXPECT_TRUE(prices.contains("POSTCARD"));
}

TEST_F(SetupTest, MissingFieldsAreMadeWithTheirTypes) {
  fields = "label = \"UF_CRM_WB_LABEL\"\ndelivery_type = \"UF_CRM_WB_TYPE\"\nplanned_date = \"UF_CRM_WB_DATE\"\n";
  set_up();
  const auto all = call("crm.deal.userfield.list", "{}");
  std::map<std::string, json::value> by_name;
  for (const auto& f : all.as_array()) by_name[at(f, "FIELD_NAME")] = f;
  EXPECT_EQ(at(by_name["UF_CRM_WB_LABEL"], "USER_TYPE_ID"), "file");
  EXPECT_EQ(at(by_name["UF_CRM_WB_DATE"], "USER_TYPE_ID"), "date");
  EXPECT_EQ(at(by_name["UF_CRM_WB_TYPE"], "USER_TYPE_ID"), "enumeration");
  EXPECT_EQ(at(by_name["UF_CRM_WB_TYPE"], "LIST.0.XML_ID"), "courier");
}

TEST_F(SetupTest, AFieldOfAnotherTypeIsNamedAndTheRestGoesOn) {
  fields = "label = \"UF_CRM_TRACKING_NUMBER2\"\ncomment = \"UF_CRM_DELIVERY_LABEL\"\n"; // the second is a file field
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->complete());
  EXPECT_THAT(texts(*p, {verb::cannot}), testing::ElementsAre(HasSubstr("UF_CRM_DELIVERY_LABEL (fields.comment)")));
  done(std::move(*p));
  EXPECT_THAT(failed, IsEmpty());
  EXPECT_EQ(at(call("sale.delivery.handler.list", "{}"), "0.CODE"), "waybill");
}

TEST_F(SetupTest, MissingScopesAreNamedAndTheRestGoesOn) {
  stand_in().how.scopes.erase("sale");
  fields = "label = \"UF_CRM_WB_LABEL\"\n";
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->complete());
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("permissions (scopes) are missing: sale")));
  EXPECT_THAT(pending(*p), Contains(HasSubstr("UF_CRM_WB_LABEL")));
  done(std::move(*p));
  EXPECT_THAT(failed, IsEmpty());
}

TEST_F(SetupTest, WithoutAdministratorsRightsTheServiceIsLeft) {
  for (auto& u : stand_in().users) u.admin = false;
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("no administrator")));
}

TEST_F(SetupTest, WrongCredentialsEndIt) {
  stand_in().how.webhook_code = "somethingelse00001";
  auto p = planned();
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, errc::forbidden);
}

TEST_F(SetupTest, LostAnswersMakeNothingTwice) {
  auto p = planned();
  ASSERT_TRUE(p);
  wire->lost = {"sale.delivery.handler.add", "sale.delivery.add", "sale.shipmentproperty.add",
                "sale.delivery.extra.service.add", "sale.status.add"};
  done(std::move(*p));
  EXPECT_THAT(failed, IsEmpty());
  EXPECT_THAT(wire->lost, IsEmpty());
  auto after = planned();
  ASSERT_TRUE(after);
  EXPECT_THAT(pending(*after), IsEmpty());
  std::size_t parents = 0;
  const auto listed = call("sale.delivery.getlist", "{}");
  for (const auto& s : listed.as_array()) parents += at(s, "NAME") == "Перевозчики" ? 1U : 0U;
  EXPECT_EQ(parents, 1U);
}

TEST_F(SetupTest, RemoveUndoesAndSetupComesBack) {
  set_up();
  auto back = removal();
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_TRUE(back->changes_anything());
  EXPECT_THAT(back->notes, Contains(HasSubstr("user fields")));
  done(std::move(*back));
  EXPECT_THAT(failed, IsEmpty());
  EXPECT_TRUE(call("sale.delivery.handler.list", "{}").as_array().empty());
  EXPECT_EQ(at(call("sale.shipmentproperty.list", R"({"filter":{"code":"WAYBILL_TO"}})"), "properties.0.id"), "");
  EXPECT_EQ(at(call("sale.status.list", R"({"filter":{"xmlId":"waybill:lost"}})"), "statuses.0.id"), "");
  auto again = removal();
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->changes_anything());
  set_up();
  EXPECT_EQ(at(call("sale.delivery.handler.list", "{}"), "0.CODE"), "waybill");
}

TEST_F(SetupTest, AWebhookIsToldWhatNeedsTheApplication) {
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(p->notes, Contains(HasSubstr("local application")));
  for (const auto& s : p->steps) EXPECT_THAT(s.what, Not(HasSubstr("ONCRMDEAL")));
}

TEST_F(SetupTest, WithoutADeliveryServiceTheStoreIsLeftAlone) {
  service.clear();
  auto p = planned();
  ASSERT_TRUE(p);
  for (const auto& s : p->steps) EXPECT_THAT(s.what, HasSubstr("deal field"));
}

TEST_F(SetupTest, AnOptionThatNobodyOffersIsNamed) {
  service = "[portals.delivery_service]\nname = \"Перевозчики\"\nextra_services = [\"INSURANCE\", \"BALLOON\"]\n";
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("BALLOON")));
}

} // namespace
} // namespace waybill::setup::test
