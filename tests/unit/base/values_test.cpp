#include <waybill/http.hpp>
#include <waybill/money.hpp>
#include <waybill/secret.hpp>
#include <waybill/shipment.hpp>
#include <waybill/time.hpp>

#include <gtest/gtest.h>

namespace {
using namespace waybill;

TEST(money, parses_what_peers_write) {
  const struct {
    const char* text;
    std::int64_t minor;
  } rows[] = {{"350", 35000},      {"350.5", 35050}, {"350.00", 35000}, {" 12.30 ", 1230},    {"-12.30", -1230},
              {"0.005", 1},        {"0.004", 0},     {"-0.005", -1},    {"1.4905E3", 149050}, {"1e2", 10000},
              {"999.999", 100000}, {".5", 50},       {"1e-9", 0}};
  for (const auto& row : rows) {
    const auto got = parse_minor(row.text);
    ASSERT_TRUE(got) << row.text;
    EXPECT_EQ(*got, row.minor) << row.text;
  }
  for (const char* bad : {"", "abc", "1,5", "1.2.3", "--1", "1e", "99999999999999999999", "1e30", "."})
    EXPECT_FALSE(parse_minor(bad)) << bad;
}

TEST(money, prints_and_divides) {
  EXPECT_EQ(to_decimal(35000), "350.00");
  EXPECT_EQ(to_decimal(-5), "-0.05");
  EXPECT_EQ(proportion(199000, 22, 122), 35885);
  EXPECT_EQ(proportion(-100, 1, 3), -33);
}

TEST(time, parses_every_spelling_of_one_instant) {
  const auto expected = parse_instant("2026-11-21T11:05:48Z");
  ASSERT_TRUE(expected);
  for (const char* text : {"2026-11-21T14:05:48+03:00", "2026-11-21T14:05:48+0300", "2026-11-21T11:05:48.000Z",
                           "2026-11-21 11:05:48", "2026-11-21T11:05:48"})
    EXPECT_EQ(parse_instant(text), expected) << text;
  for (const char* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-21T25:00:00Z", "2026-11-21T11:05:48+3",
                          "2026-11-21T11:05:48.Z"})
    EXPECT_FALSE(parse_instant(bad)) << bad;
  EXPECT_EQ(to_iso(*expected), "2026-11-21T11:05:48Z");
}

TEST(time, durations) {
  EXPECT_EQ(parse_duration("15m"), std::chrono::minutes(15));
  EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds(250));
  for (const char* bad : {"", "15", "m", "-5s", "1.5h", "5 s"}) EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(to_text(std::chrono::minutes(15)), "15m");
}

TEST(http, decodes_forms_and_refuses_broken_ones) {
  const auto form = parse_form("data%5BFIELDS%5D%5BID%5D=759&a+b=%D0%90&empty=&flag&&x=1&x=2");
  ASSERT_TRUE(form);
  EXPECT_EQ(*find_field(*form, "data[FIELDS][ID]"), "759");
  EXPECT_EQ(*find_field(*form, "a b"), "А");
  EXPECT_EQ(*find_field(*form, "flag"), "");
  EXPECT_EQ(*find_field(*form, "x"), "2");
  EXPECT_EQ(find_field(*form, "y"), nullptr);
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "a=%ff", "%c0%af=1", "a=%ed%a0%80"})
    EXPECT_FALSE(parse_form(bad)) << bad;
  EXPECT_FALSE(parse_form("a=1&b=2&c=3", 2));
  EXPECT_EQ(encode_form({{"a[b]", "x&y=z"}}), "a%5Bb%5D=x%26y%3Dz");
}

TEST(secret, compares_and_hides) {
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("", ""));
  EXPECT_FALSE(constant_time_equal("abd", "abc"));
  EXPECT_EQ(fmt::format("{}", secret("hidden")), "***");
}

TEST(shipment, fingerprint_sees_every_change_but_the_reference) {
  shipment s;
  s.recipient.name = "А";
  s.parcels.push_back({"1", 500, 0, 0, 0, {}});
  const auto before = fingerprint(s);
  auto other = s;
  other.reference = "x";
  EXPECT_EQ(fingerprint(other), before);
  other.parcels[0].weight_g = 501;
  EXPECT_NE(fingerprint(other), before);
}

} // namespace
