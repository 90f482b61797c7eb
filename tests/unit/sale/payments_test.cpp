// Payments, what they cover, rows and the tie to the deal.
#include "fixture.hpp"

#include <sale/payments.hpp>
#include <sale/rows.hpp>

namespace waybill::sale {
namespace {

portal_reply payment_reply(const char* paid) {
  return replied(bj::object{{"id", 41}, {"paid", paid}, {"sum", "100.00"}, {"currency", "RUB"}, {"paySystemId", 6}});
}

TEST_F(Store, PayingReadsBeforeAndAfter) {
  answers_in_turn("crm.item.payment.get", {payment_reply("N"), payment_reply("Y")});
  EXPECT_TRUE(run(mark_paid(client, 41)).value());
  EXPECT_EQ(calls("crm.item.payment.pay"), 1U);
  EXPECT_FALSE(run(mark_paid(client, 41)).value()) << "it is paid already";
  EXPECT_EQ(calls("crm.item.payment.pay"), 1U);
  answers_in_turn("crm.item.payment.get", {payment_reply("Y"), payment_reply("N")});
  EXPECT_TRUE(run(mark_unpaid(client, 41)).value());
  EXPECT_EQ(calls("crm.item.payment.unpay"), 1U);
}

TEST_F(Store, APaymentThatDoesNotChangeIsNoSuccess) {
  answers("crm.item.payment.get", R"({"id":41,"paid":"N","sum":1})");
  EXPECT_EQ(run(mark_paid(client, 41)).error().code, errc::conflict);
  refuses("crm.item.payment.pay", "0", "Insufficient funds");
  EXPECT_EQ(run(mark_paid(client, 41)).error().code, errc::rejected);
  portal->methods["crm.item.payment.pay"] = [](const portal_command&) {
    return refused("INTERNAL_SERVER_ERROR", "x", 500);
  };
  EXPECT_EQ(run(mark_paid(client, 41)).error().code, errc::outcome_unknown);
  answers_in_turn("crm.item.payment.get", {payment_reply("N"), payment_reply("Y")});
  EXPECT_TRUE(run(mark_paid(client, 41)).value()) << "the lost answer was a yes";
}

TEST_F(Store, ANewPaymentIsWaitedFor) {
  answers("crm.item.payment.list", "[]");
  answers("crm.item.payment.add", "41");
  answers_in_turn("crm.item.payment.get", {refused("0", "Payment has not been found"), payment_reply("N")});
  owner deal;
  deal.id = 5;
  EXPECT_EQ(run(add_payment(client, deal)).value(), 41);
  EXPECT_EQ(calls("crm.item.payment.get"), 2U);
}

TEST_F(Store, ALostPaymentIsFoundInTheList) {
  owner deal;
  deal.id = 5;
  portal->methods["crm.item.payment.add"] = [](const portal_command&) {
    return refused("INTERNAL_SERVER_ERROR", "x", 500);
  };
  const auto one = *json::parse(R"([{"id":40,"paid":"N"}])"), two = *json::parse(R"([{"id":40},{"id":41,"paid":"N"}])");
  answers_in_turn("crm.item.payment.list", {replied(one), replied(two)});
  EXPECT_EQ(run(add_payment(client, deal)).value(), 41);
  answers_in_turn("crm.item.payment.list", {replied(one), replied(one)});
  EXPECT_EQ(run(add_payment(client, deal)).error().code, errc::outcome_unknown);
  EXPECT_EQ(calls("crm.item.payment.add"), 2U);
}

TEST_F(Store, WhatAPaymentCoversIsLookedForFirst) {
  answers("crm.item.payment.delivery.list", R"([{"id":3,"paymentId":41,"deliveryId":31}])");
  EXPECT_EQ(run(put_paid_delivery(client, 41, 31)).value(), 3);
  EXPECT_EQ(calls("crm.item.payment.delivery.add"), 0U);
  answers("crm.item.payment.delivery.add", "4");
  EXPECT_EQ(run(put_paid_delivery(client, 41, 32)).value(), 4);
  EXPECT_EQ(sent("crm.item.payment.delivery.add", "deliveryId"), "32");
  answers("crm.item.payment.product.list", R"([{"id":7,"rowId":100,"quantity":2}])");
  EXPECT_EQ(run(put_paid_row(client, 41, 100, "1")).value(), 7);
  EXPECT_EQ(sent("crm.item.payment.product.setquantity", "quantity"), "(no call)");
  EXPECT_EQ(sent("crm.item.payment.product.setQuantity", "quantity"), "1");
  refuses("crm.item.payment.delivery.delete", "0", "Payable item has not been found");
  EXPECT_TRUE(run(remove_paid_delivery(client, 3)));
}

TEST_F(Store, ADocumentKeepsTheRestOfThePayment) {
  answers("sale.payment.get", R"({"payment":{"id":41,"paySystemId":6,"paid":"Y","comments":"c","payVoucherNum":""}})");
  ASSERT_TRUE(run(set_payment_document(client, 41, "REG-7", "2026-11-20")));
  EXPECT_EQ(sent("sale.payment.update", "fields.payVoucherNum"), "REG-7");
  EXPECT_EQ(sent("sale.payment.update", "fields.paySystemId"), "6");
  EXPECT_EQ(sent("sale.payment.update", "fields.paid"), "Y");
  answers("sale.payment.get", R"({"payment":{"id":41,"payVoucherNum":"REG-7"}})");
  ASSERT_TRUE(run(set_payment_document(client, 41, "REG-7", "")));
  EXPECT_EQ(calls("sale.payment.update"), 1U);
}

TEST_F(Store, ALinkMustBeSecure) {
  answers("salescenter.payment.getPublicUrl",
          R"({"payment":{"url":"https://shop.example/p","shortUrl":"https://s/1"}})");
  EXPECT_EQ(run(link_to_pay(client, 41))->short_url, "https://s/1");
  answers("salescenter.payment.getPublicUrl", R"({"payment":{"url":"http://shop.example/p"
}
})");
  EXPECT_EQ(run(link_to_pay(client, 41)).error().code, errc::protocol);
}

TEST_F(Store, RowsOfADealAndAnInvoice) {
  owner invoice;
  invoice.type = 31;
  invoice.id = 6;
  answers("crm.item.productrow.list",
          R"({"productRows":[{"id":1,"productName":"Доставка","price":432.5,"quantity":1,"taxRate":20,"type":7}]})");
  const auto rows = run(rows_of(client, invoice));
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->at(0).price.minor, 43'250);
  EXPECT_EQ(rows->at(0).tax_percent, 20);
  EXPECT_EQ(sent("crm.item.productrow.list", "filter.=ownerType"), "SI");
  row cost;
  cost.name = "Доставка";
  cost.price = money{43'250, "RUB"};
  answers("crm.item.productrow.add", R"({"productRow":{"id":2}})");
  EXPECT_EQ(run(add_row(client, invoice, cost)).value(), 2);
  EXPECT_EQ(sent("crm.item.productrow.add", "fields.price"), "432.50");
  EXPECT_EQ(sent("crm.item.productrow.add", "fields.productId"), "(absent)");
  EXPECT_EQ(run(set_first_rows(client, invoice, {cost})).error().code, errc::conflict);
  EXPECT_EQ(calls("crm.item.productrow.set"), 0U) << "the rows of a live record are never replaced";
}

TEST_F(Store, BindingsAreRepeatable) {
  order_binding b;
  b.order = 7;
  b.whose.id = 5;
  refuses("crm.orderentity.add", "201650000001");
  EXPECT_TRUE(run(bind_order(client, b)));
  refuses("crm.orderentity.deleteByFilter", "201640400004");
  EXPECT_TRUE(run(unbind_order(client, b)));
  refuses("crm.orderentity.getFields", "200540400002");
  EXPECT_EQ(run(binding_fields(client)).error().code, errc::forbidden);
}

} // namespace
} // namespace waybill::sale
