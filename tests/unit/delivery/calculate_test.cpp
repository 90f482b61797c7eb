// The price in the form: an answer within the deadline, and never a price that nobody gave.
#include "fixture.hpp"

namespace waybill::delivery::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class calculation_of : public delivery_fixture {
 protected:
  json::object price(json::object shipment = shipment_json()) {
    return ask(call::calculate, calculation(std::move(shipment)));
  }
  void expect_refused(const json::object& got, const std::string& text) {
    EXPECT_EQ(success(got), "N");
    EXPECT_THAT(reason(got), HasSubstr(text));
    EXPECT_FALSE(got.contains("PRICE"));
  }
};

TEST_F(calculation_of, a_price_with_its_term) {
  const auto text = run(tested().answer(call::calculate, "main", calculation()));
  EXPECT_THAT(text, HasSubstr(R"("PRICE":432.50)")); // a number, not text
  const auto got = price();
  EXPECT_EQ(success(got), "Y");
  EXPECT_EQ(got.at("PERIOD_FROM").as_int64(), 2);
  EXPECT_EQ(got.at("PERIOD_TO").as_int64(), 4);
  EXPECT_EQ(got.at("PERIOD_TYPE").as_string(), "D");
  EXPECT_EQ(got.at("PERIOD_DESCRIPTION").as_string(), "2–4 дня");
  EXPECT_THAT(json::text_or(got, "DESCRIPTION"), HasSubstr("Посылка"));
}

TEST_F(calculation_of, the_operators_rules) {
  settings().service->markup_percent = 10;
  settings().service->round_to.minor = 100;
  settings().service->extra_days = 1;
  const auto got = price();
  EXPECT_EQ(json::minor(got, "PRICE"), 47'600);
  EXPECT_EQ(got.at("PERIOD_DESCRIPTION").as_string(), "3–5 дней");
}

TEST_F(calculation_of, free_by_the_operators_rule_is_a_zero_that_is_meant) {
  settings().service->free_from = money{240'000, "RUB"};
  const auto got = price();
  EXPECT_EQ(success(got), "Y");
  EXPECT_EQ(json::minor(got, "PRICE"), 0);
}

TEST_F(calculation_of, in_english) {
  settings().locale = "en";
  EXPECT_EQ(price().at("PERIOD_DESCRIPTION").as_string(), "2–4 days");
  expect_refused(ask(call::calculate, "rubbish"), "not understood");
}

TEST_F(calculation_of, an_unsaved_shipment_without_a_recipient) {
  auto form = shipment_json();
  form["ID"] = nullptr;
  form["RECIPIENT_CONTACT"] = nullptr;
  EXPECT_EQ(success(price(form)), "Y");
  ASSERT_EQ(acme->asked.size(), 1U);
  EXPECT_TRUE(acme->asked[0].recipient.phone.empty());
}

TEST_F(calculation_of, what_was_assumed_is_said_beside_the_price) {
  settings().parcels.weight_g = 500;
  auto form = shipment_json();
  form["WEIGHT"] = 0;
  form["ITEMS"].get_array()[0].get_object()["WEIGHT"] = nullptr;
  EXPECT_THAT(json::text_or(price(form), "DESCRIPTION"), HasSubstr("Лампа (500 г)"));
}

TEST_F(calculation_of, equal_parcels_are_asked_for_once) {
  price();
  auto other_person = shipment_json(777);
  other_person["RECIPIENT_CONTACT"] = *json::parse(R"({"NAME":"Анна","PHONES":[]})");
  price(other_person);
  EXPECT_EQ(acme->asked.size(), 1U);
  auto heavier = shipment_json();
  heavier["ITEMS"].get_array()[0].get_object()["WEIGHT"] = 900;
  price(heavier);
  EXPECT_EQ(acme->asked.size(), 2U);
  auto insured = shipment_json();
  insured["EXTRA_SERVICES_VALUES"] = *json::parse(R"([{"ID":1,"CODE":"INSURANCE","VALUE":"Y"}])");
  price(insured);
  ASSERT_EQ(acme->asked.size(), 3U);
  EXPECT_EQ(acme->asked[2].options.size(), 1U);
  now += 5min;
  price();
  EXPECT_EQ(acme->asked.size(), 4U);
}

TEST_F(calculation_of, what_is_priced_in_the_portal_is_not_priced_twice) {
  settings().service->extra_prices["INSURANCE"] = money{5'000, "RUB"};
  auto form = shipment_json();
  form["EXTRA_SERVICES_VALUES"] = *json::parse(R"([{"CODE":"INSURANCE","VALUE":"Y"},{"CODE":"SMS","VALUE":"Y"}])");
  price(form);
  ASSERT_EQ(acme->asked.size(), 1U);
  EXPECT_EQ(acme->asked[0].options, (std::vector<std::pair<std::string, std::string>>{{"SMS", ""}}));
}

TEST_F(calculation_of, a_carrier_that_never_answers) {
  settings().service->deadline = 30ms;
  acme->how = mood::never;
  expect_refused(price(), "ответа пока нет");
  // It is still being asked: the next press joins the same question.
  expect_refused(price(), "ответа пока нет");
  EXPECT_EQ(acme->asked.size(), 1U);
}

TEST_F(calculation_of, a_portal_that_never_answers) {
  settings().service->deadline = 30ms;
  portal_side->how = mood::never;
  expect_refused(price(), "Битрикс24 не ответил");
  EXPECT_TRUE(acme->asked.empty());
}

TEST_F(calculation_of, a_carrier_that_throws) {
  acme->how = mood::throws;
  expect_refused(price(), "непонятно");
}

struct failure {
  const char* name;
  result<std::vector<quote>> says;
  std::string text;
};
class carriers_failures : public delivery_fixture, public testing::WithParamInterface<failure> {};
TEST_P(carriers_failures, are_a_refusal_with_words) {
  acme->says = GetParam().says;
  const auto got = ask(call::calculate, calculation());
  EXPECT_EQ(success(got), "N");
  EXPECT_THAT(reason(got), HasSubstr(GetParam().text));
  EXPECT_FALSE(got.contains("PRICE"));
  acme->says = std::vector<quote>{quote_of(100)};
  EXPECT_EQ(success(ask(call::calculate, calculation())), GetParam().says ? "N" : "Y"); // only answers are kept
}
result<std::vector<quote>> failing(errc code, std::string what) {
  return result<std::vector<quote>>(fail(code, std::move(what)));
}
INSTANTIATE_TEST_SUITE_P(
    calculate, carriers_failures,
    testing::Values(failure{"down", failing(errc::unavailable, "connection refused"), "ответа пока нет"},
                    failure{"slow_by_itself", failing(errc::timeout, "t"), "ответа пока нет"},
                    failure{"throttled", failing(errc::throttled, "t"), "ответа пока нет"},
                    failure{"no_access", failing(errc::forbidden, "token"), "не пускает"},
                    failure{"rubbish", failing(errc::protocol, "<html>"), "непонятно"},
                    failure{"refuses", failing(errc::rejected, "Слишком тяжело"), "Слишком тяжело"},
                    failure{"address", failing(errc::address, "Город не найден"), "Город не найден"},
                    failure{"cannot", failing(errc::not_found, "x"), "нет цены"},
                    failure{"nothing", std::vector<quote>{}, "нет цены"},
                    failure{"free", std::vector<quote>{quote_of(0)}, "нет цены"},
                    failure{"negative", std::vector<quote>{quote_of(-100)}, "нет цены"},
                    failure{"other_money", std::vector<quote>{quote_of(100, 1, 2, "USD")}, "непонятно"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(calculation_of, bodies_that_are_no_question) {
  for (const char* body : {"", "{}", "null", "[", "SHIPMENT", "{\"SHIPMENT\":{}}", "\x00\x01"})
    expect_refused(ask(call::calculate, body), "не понят");
}

TEST_F(calculation_of, what_is_not_configured) {
  expect_refused(ask(call::calculate, calculation(), "plain"), "не настроена");
  auto form = shipment_json();
  form["DELIVERY_SERVICE"] = *json::parse(R"({"ID":43,"CONFIG":[{"CODE":"PROFILE_TYPE","VALUE":"drone"}]})");
  expect_refused(price(form), "drone");
  form = shipment_json();
  form["DELIVERY_SERVICE"].get_object()["PARENT"] =
      *json::parse(R"({"ID":40,"CONFIG":[{"CODE":"WAYBILL_KEY","VALUE":"other"}]})");
  expect_refused(price(form), "другого портала");
  form = shipment_json();
  form["CURRENCY"] = "KZT";
  for (auto& i : form["ITEMS"].get_array()) i.get_object()["CURRENCY"] = "KZT";
  expect_refused(price(form), "KZT");
}

TEST_F(calculation_of, a_lack_is_named_with_its_remedy) {
  auto form = shipment_json();
  form["PROPERTY_VALUES"] = json::array{};
  expect_refused(price(form), "Нет адреса доставки");
}

TEST_F(calculation_of, meanings_of_properties_are_kept) {
  price();
  price();
  EXPECT_EQ(portal_side->property_reads, 1);
  now += 10min;
  price();
  EXPECT_EQ(portal_side->property_reads, 2);
  // While the portal is away, what was known serves.
  now += 10min;
  portal_side->broken = fault{errc::unavailable, "away", {}, {}};
  EXPECT_EQ(success(price()), "Y");
  EXPECT_EQ(portal_side->property_reads, 3);
}

TEST_F(calculation_of, an_unknown_property_is_looked_up_but_not_each_time) {
  price();
  auto form = shipment_json();
  form["PROPERTY_VALUES"].get_array().push_back(*json::parse(R"({"ID":99,"TYPE":"STRING","VALUE":"new"})"));
  price(form);
  EXPECT_EQ(portal_side->property_reads, 1); // just read
  now += 31s;
  price(form);
  price(form);
  EXPECT_EQ(portal_side->property_reads, 2);
}

TEST_F(calculation_of, a_portal_that_refuses) {
  portal_side->broken = fault{errc::forbidden, "insufficient_scope", {}, {}};
  expect_refused(price(), "права");
  portal_side->broken = fault{errc::unavailable, "down", {}, {}};
  expect_refused(price(), "не ответил");
  portal_side->broken.reset();
  EXPECT_EQ(success(price()), "Y");
}

TEST_F(calculation_of, a_leaked_url_is_slowed_down) {
  how.calculations_a_minute = 3;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(success(price()), "Y");
  expect_refused(price(), "Слишком много");
  now += 1min;
  EXPECT_EQ(success(price()), "Y");
}

} // namespace
} // namespace waybill::delivery::test
