#include <waybill/soap.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {
using namespace waybill;

constexpr std::string_view space = "urn:shop:orders";

std::string answer(std::string_view inside) {
  return "<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\">"
         "<S:Body>" +
         std::string(inside) + "</S:Body></S:Envelope>";
}

soap::message read(std::string_view inside) {
  auto m = soap::read_message(answer(inside));
  EXPECT_TRUE(m) << m.error().what;
  return m ? std::move(*m) : soap::message{};
}

TEST(soap, an_answer_is_found_by_namespace_and_local_name_whatever_its_prefix) {
  for (const char* form : {"<n:doneResponse xmlns:n='urn:shop:orders'><return><id>7</id></return></n:doneResponse>",
                           "<doneResponse xmlns='urn:shop:orders'><return xmlns=''><id>7</id></return></doneResponse>",
                           "<a:doneResponse xmlns:a='urn:shop:orders' xmlns:b='urn:other'><return><id>7</id></return>"
                           "</a:doneResponse>"}) {
    const auto m = read(form);
    const auto payload = soap::payload_as(m, space, "doneResponse");
    ASSERT_TRUE(payload) << form;
    EXPECT_EQ(soap::integer(payload.child("return"), "id"), 7) << form;
    EXPECT_FALSE(soap::payload_as(m, "urn:other", "doneResponse"));
    EXPECT_FALSE(soap::payload_as(m, space, "done"));
  }
}

TEST(soap, a_child_that_inherits_the_namespace_is_not_taken_for_an_unqualified_one) {
  const auto m = read("<doneResponse xmlns='urn:shop:orders'><return>1</return></doneResponse>");
  EXPECT_FALSE(m.payload.child("return"));
  EXPECT_TRUE(m.payload.child("return", space));
  EXPECT_EQ(m.payload.elements().size(), 1U);
}

TEST(soap, repeated_elements_are_lists_of_any_length) {
  for (const std::size_t n : {0U, 1U, 3U}) {
    std::string rows;
    for (std::size_t i = 0; i < n; ++i) rows += "<return>" + std::to_string(i) + "</return>";
    const auto m = read("<r xmlns:q='urn:q'>" + rows + "<q:return>x</q:return></r>");
    EXPECT_EQ(m.payload.children("return").size(), n);
  }
}

TEST(soap, faults_become_values) {
  const auto m = read("<S:Fault><faultcode>S:Server</faultcode><faultstring>Неоднозначно</faultstring><detail>"
                      "<w:WSFault xmlns:w='urn:shop:orders'><code>no-data</code><message>нет</message></w:WSFault>"
                      "</detail></S:Fault>");
  ASSERT_TRUE(m.fault);
  EXPECT_EQ(m.fault->code, "Server");
  EXPECT_EQ(m.fault->text, "Неоднозначно");
  EXPECT_EQ(m.fault->kind, "WSFault");
  EXPECT_EQ(m.fault->space, space);
  EXPECT_EQ(soap::text(m.fault->detail, "code"), "no-data");
  EXPECT_FALSE(soap::payload_as(m, soap::envelope_namespace, "Fault"));
  const auto bare = read("<S:Fault><faultcode>S:Client</faultcode></S:Fault>");
  ASSERT_TRUE(bare.fault);
  EXPECT_EQ(bare.fault->kind, "");
  EXPECT_FALSE(bare.fault->detail);
}

TEST(soap, what_is_no_envelope_is_refused) {
  const std::string deep = [] {
    std::string open, close;
    for (int i = 0; i < 40; ++i) {
      open += "<a>";
      close += "</a>";
    }
    return answer(open + close);
  }();
  const std::string rows[] = {
      "",
      "no xml",
      "<html><body>502</body></html>",
      "<a><b></a>",
      answer(""),
      "<E:Envelope xmlns:E='http://www.w3.org/2003/05/soap-envelope'><E:Body><r/></E:Body></E:Envelope>",
      "<Envelope><Body><r/></Body></Envelope>",
      "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + answer("<r>&x;</r>"),
      "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'b'>]><r>&a;</r>",
      answer("<r>\xD0</r>"),
      answer(std::string("<r>a\0b</r>", 9)),
      answer("<r>&#x110000;</r>"),
      deep,
  };
  for (const std::string& text : rows) {
    const auto m = soap::read_message(text);
    ASSERT_FALSE(m) << text;
    EXPECT_EQ(m.error().code, errc::protocol);
  }
}

TEST(soap, bounds_hold) {
  const std::string text = answer("<r><a>1</a><a>2</a></r>");
  EXPECT_TRUE(soap::read_message(text, {text.size(), 5, 100}));
  EXPECT_FALSE(soap::read_message(text, {text.size() - 1, 5, 100}));
  EXPECT_FALSE(soap::read_message(text, {text.size(), 3, 100}));
  EXPECT_FALSE(soap::read_message(text, {text.size(), 5, 8}));
}

TEST(soap, values) {
  const auto m = read("<r xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><name> ДТ </name><cut><![CDATA[a<b]]>c"
                      "</cut><n>+42</n><bad>4x</bad><yes>true</yes><one>1</one><no>0</no><odd>yes</odd>"
                      "<kg>1.5</kg><sum>646.2</sum><e>1.4905E3</e><day>2026-12-01</day><at>2026-12-01T08:51:21</at>"
                      "<zone>2026-12-01+03:00</zone><wrong>2026-13-01</wrong><empty/><nil xsi:nil='true'>7</nil>"
                      "<lat>59.849681</lat><cm>30.15</cm></r>");
  const auto& r = m.payload;
  EXPECT_EQ(soap::text(r, "name"), "ДТ");
  EXPECT_EQ(soap::text(r, "cut"), "a<bc");
  EXPECT_EQ(soap::integer(r, "n"), 42);
  EXPECT_FALSE(soap::integer(r, "bad"));
  EXPECT_EQ(soap::boolean(r, "yes"), true);
  EXPECT_EQ(soap::boolean(r, "one"), true);
  EXPECT_EQ(soap::boolean(r, "no"), false);
  EXPECT_FALSE(soap::boolean(r, "odd"));
  EXPECT_EQ(soap::grams(r, "kg"), 1500);
  EXPECT_EQ(soap::minor(r, "sum"), 646'20);
  EXPECT_EQ(soap::minor(r, "e"), 1490'50);
  EXPECT_EQ(soap::millimetres(r, "cm"), 302);
  EXPECT_EQ(soap::date(r, "day"), "2026-12-01");
  EXPECT_EQ(soap::date(r, "at"), "2026-12-01");
  EXPECT_EQ(soap::date(r, "zone"), "2026-12-01");
  EXPECT_FALSE(soap::date(r, "wrong"));
  for (const char* absent : {"empty", "nil", "missing"}) {
    EXPECT_FALSE(soap::text(r, absent)) << absent;
    EXPECT_FALSE(soap::minor(r, absent)) << absent;
  }
  EXPECT_NEAR(soap::real(r, "lat").value_or(0), 59.849681, 1e-9);
  EXPECT_FALSE(soap::scaled("1,5", 2));
  EXPECT_FALSE(soap::scaled("1e99", 2));
  EXPECT_EQ(soap::scaled("-0.0015", 3), -2);
  EXPECT_EQ(soap::text(soap::node(), "name"), std::nullopt);
}

TEST(soap, decimals_have_no_needless_zeros) {
  const struct {
    std::int64_t value;
    int places;
    const char* text;
  } rows[] = {{1500, 3, "1.5"}, {6000, 6, "0.006"}, {0, 3, "0"}, {300, 1, "30"},
              {5, 2, "0.05"},   {-1500, 3, "-1.5"}, {7, 0, "7"}};
  for (const auto& row : rows) EXPECT_EQ(soap::decimal(row.value, row.places), row.text);
}

TEST(soap, what_is_written_is_read_back) {
  soap::writer w;
  w.open("orders").open("order");
  w.put("name", "ООО \"Ромашка & <Ко>\"\n\x01").put("none", "").put_integer("n", 3).put_boolean("flag", false);
  w.put_scaled("weight", 1500, 3).put_money("sum", 500'00);
  const std::string text = soap::envelope(space, "create", w.take());
  EXPECT_EQ(text.find("xmlns=\""), std::string::npos); // the children would inherit a default namespace
  const auto m = soap::read_message(text);
  ASSERT_TRUE(m) << m.error().what;
  const auto order = soap::payload_as(*m, space, "create").child("orders").child("order");
  ASSERT_TRUE(order);
  EXPECT_EQ(soap::text(order, "name"), "ООО \"Ромашка & <Ко>\"");
  EXPECT_FALSE(order.child("none")); // an empty element is no number and no date
  EXPECT_EQ(soap::boolean(order, "flag"), false);
  EXPECT_EQ(soap::text(order, "weight"), "1.5");
  EXPECT_EQ(soap::text(order, "sum"), "500.00");
  EXPECT_EQ(w.take(), "");

  soap::writer inside;
  inside.put("code", "x");
  const soap::fault_to_say say{"Server", "нет", std::string(space), "WSFault", inside.take()};
  const auto said = soap::read_message(soap::fault_envelope(say));
  ASSERT_TRUE(said && said->fault);
  EXPECT_EQ(said->fault->space, space);
  EXPECT_EQ(soap::text(said->fault->detail, "code"), "x");
}

} // namespace
