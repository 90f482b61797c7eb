// [portals.delivery_service]: what is told back to the portal's store, and what its form offers.
#include "fixture.hpp"

#include <gtest/gtest.h>

namespace waybill::config::test {
namespace {

std::expected<file, std::vector<problem>> with(const std::string& lines) {
  const std::string text = R"(
[server]
public_url = "https://waybill.example.com"
[[portals]]
id = "main"
webhook_url = "https://example.bitrix24.ru/rest/1/abcdef0123456789/"
webhook_secret = "portal-secret-1"
[portals.delivery_service]
name = "D"
)" + lines + R"(
[[carriers]]
id = "swift-main"
type = "swift"
account = "1"
secure_password = "2"
[carriers.sender]
city_code = 44
address = "A"
[carriers.services]
courier = 1
[[routes]]
portal = "main"
carrier = "swift-main"
)";
  return parse(text, "waybill.toml", variables({}), types());
}

TEST(DeliveryService, DefaultsTellNothingButTheField) {
  const auto f = with("");
  ASSERT_TRUE(f) << to_text(f.error().front());
  const auto& s = *f->portals.at(0).service;
  EXPECT_EQ(s.cost_into, cost_target::field);
  EXPECT_FALSE(s.payments_paid_on_delivery || s.unpay_on_return || s.message_recipient || s.write_shipment);
  EXPECT_FALSE(s.extra_services.has_value());
  EXPECT_TRUE(s.extra_prices.empty());
}

TEST(DeliveryService, EverythingIsRead) {
  const auto f = with(R"(cost_into = "row"
cost_product = 77
cost_row_name = "Доставка"
payments_paid_on_delivery = true
unpay_on_return = true
message_recipient = true
write_shipment = true
extra_services = ["INSURANCE"]
[portals.delivery_service.profiles]
courier = "До двери"
[portals.delivery_service.extra_prices]
INSURANCE = "49.90"
)");
  ASSERT_TRUE(f) << to_text(f.error().front());
  const auto& s = *f->portals.at(0).service;
  EXPECT_EQ(s.cost_into, cost_target::row);
  EXPECT_EQ(s.cost_product, 77);
  EXPECT_EQ(s.cost_row_name, "Доставка");
  EXPECT_TRUE(s.payments_paid_on_delivery && s.unpay_on_return && s.message_recipient && s.write_shipment);
  EXPECT_EQ(s.extra_services, (std::vector<std::string>{"INSURANCE"}));
  EXPECT_EQ(s.profiles.at("courier"), "До двери");
  EXPECT_EQ(s.extra_prices.at("INSURANCE").minor, 4990);
}

TEST(DeliveryService, TheInvoicesFieldHasAName) {
  const auto usual = with("cost_into = \"invoice\"\n");
  ASSERT_TRUE(usual) << to_text(usual.error().front());
  EXPECT_EQ(usual->portals.at(0).service->cost_invoice_field, "UF_CRM_SMART_INVOICE_DELIVERY_COST");
  const auto own = with("cost_into = \"invoice\"\ncost_invoice_field = \"UF_CRM_SMART_INVOICE_1713790573\"\n");
  ASSERT_TRUE(own) << to_text(own.error().front());
  EXPECT_EQ(own->portals.at(0).service->cost_into, cost_target::invoice);
  EXPECT_EQ(own->portals.at(0).service->cost_invoice_field, "UF_CRM_SMART_INVOICE_1713790573");
}

TEST(DeliveryService, WrongValuesAreNamed) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"cost_into = \"bill\"", "cost_into"},
      {"cost_into = \"invoice\"\ncost_invoice_field = \"UF_CRM_COST\"", "cost_invoice_field"},
      {"cost_into = \"invoice\"\ncost_invoice_field = \"UF_CRM_SMART_INVOICE_\"", "cost_invoice_field"},
      {"cost_into = \"invoice\"\ncost_invoice_field = \"UF_CRM_SMART_INVOICE_cost\"", "cost_invoice_field"},
      {"cost_into = \"invoice\"\ncost_invoice_field = \"UF_CRM_SMART_INVOICE_" + std::string(40, 'X') + "\"",
       "cost_invoice_field"},
      {"cost_invoice_field = \"UF_CRM_SMART_INVOICE_COST\"", "cost_invoice_field"}, // only with "invoice"
      {"cost_product = 5", "cost_product"},                                         // only with cost_into = "row"
      {"cost_into = \"row\"\npayment_system = 6", "payment_system"},
      {"extra_services = [\"a b\"]", "extra_services"},
      {"[portals.delivery_service.extra_prices]\nINSURANCE = \"-1.00\"", "INSURANCE"},
      {"[portals.delivery_service.extra_prices]\n\"a b\" = \"1.00\"", "a b"},
  };
  for (const auto& [lines, key] : rows) {
    const auto f = with(lines);
    ASSERT_FALSE(f) << lines;
    EXPECT_EQ(f.error().size(), 1U) << lines;
    EXPECT_TRUE(f.error().front().key.contains(key)) << f.error().front().key;
  }
}

} // namespace
} // namespace waybill::config::test
