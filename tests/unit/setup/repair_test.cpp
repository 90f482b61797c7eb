// What setup repairs besides what is missing: a lost key, a renamed property, a pay system that is not there.
#include "fixture.hpp"

namespace waybill::setup::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(SetupTest, AnEmptiedKeyIsWrittenAgainInsteadOfASecondService) {
  set_up();
  const auto services_before = stand_in().services.size();
  // An administrator opened the service's form and emptied what he did not know.
  std::string parent;
  const auto answer = call("sale.delivery.getlist", "{}");
  for (const auto& s : answer.as_array())
    if (at(s, "NAME") == "Перевозчики") parent = at(s, "ID");
  call("sale.delivery.config.update", "{\"ID\":" + parent + R"(,"CONFIG":[{"CODE":"WAYBILL_KEY","VALUE":""}]})");
  const auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(pending(*p), Contains(HasSubstr("key of delivery service " + parent)));
  set_up();
  EXPECT_EQ(at(call("sale.delivery.config.get", "{\"ID\":" + parent + "}"), "0.VALUE"), "main");
  EXPECT_EQ(stand_in().services.size(), services_before);
  const auto again = planned();
  ASSERT_TRUE(again);
  EXPECT_THAT(pending(*again), IsEmpty());
}

TEST_F(SetupTest, AKeyOfAnotherInstallationIsLeftAlone) {
  set_up();
  std::string parent;
  const auto answer = call("sale.delivery.getlist", "{}");
  for (const auto& s : answer.as_array())
    if (at(s, "NAME") == "Перевозчики") parent = at(s, "ID");
  call("sale.delivery.config.update", "{\"ID\":" + parent + R"(,"CONFIG":[{"CODE":"WAYBILL_KEY","VALUE":"other"}]})");
  const auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(pending(*p), Not(Contains(HasSubstr("key of delivery service"))));
  EXPECT_THAT(pending(*p), Contains(HasSubstr("the portal has none of ours")));
}

TEST_F(SetupTest, ARenamedPropertyGetsItsNameBack) {
  set_up();
  for (auto& v : stand_in().shop.properties)
    if (json::text_or(v.as_object(), "code") == "WAYBILL_PVZ") v.as_object()["name"] = "ПВЗ";
  const auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(pending(*p), Contains(HasSubstr("its name differs")));
  set_up();
  for (const auto& v : stand_in().shop.properties)
    if (json::text_or(v.as_object(), "code") == "WAYBILL_PVZ") {
      EXPECT_EQ(json::text_or(v.as_object(), "name"), "Код пункта выдачи");
    }
}

TEST_F(SetupTest, APaySystemThatIsNotThereIsSaid) {
  service = std::string(service_table) + "cost_into = \"payment\"\npayment_system = 7\n";
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::keep}), Contains(HasSubstr("payment system 7")));
  service = std::string(service_table) + "cost_into = \"payment\"\npayment_system = 777\n";
  p = planned();
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->complete());
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("payment system 777")));
}

TEST_F(SetupTest, TheInvoicesFieldIsMade) {
  service = std::string(service_table) + "cost_into = \"invoice\"\n";
  auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::create}), Contains(HasSubstr("invoice field UF_CRM_SMART_INVOICE_DELIVERY_COST")));
  set_up();
  ASSERT_EQ(stand_in().invoice_fields.size(), 1U);
  EXPECT_EQ(stand_in().invoice_fields.front().type, "money");
  EXPECT_EQ(stand_in().invoice_fields.front().label, "Стоимость доставки");
  p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::keep}), Contains(HasSubstr("invoice field UF_CRM_SMART_INVOICE_DELIVERY_COST")));
  stand_in().invoice_fields.front().type = "date";
  p = planned();
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->complete());
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("it is of type date")));
  stand_in().invoice_fields.clear();
  stand_in().how.scopes.erase("userfieldconfig");
  p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::cannot}), Contains(HasSubstr("userfieldconfig")));
}

TEST_F(SetupTest, RowsAreKnownBeforeACostIsWrittenIntoThem) {
  service = std::string(service_table) + "cost_into = \"row\"\n";
  const auto p = planned();
  ASSERT_TRUE(p);
  EXPECT_THAT(texts(*p, {verb::keep}), Contains(HasSubstr("product rows of deals")));
}

} // namespace
} // namespace waybill::setup::test
