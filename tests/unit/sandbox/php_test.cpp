#include <sandbox/php.hpp>

#include <gtest/gtest.h>

namespace {
using namespace waybill;
using namespace waybill::sandbox;

struct row {
  const char* name;
  const char* text;
  const char* expected;
};
void PrintTo(const row& r, std::ostream* out) { *out << r.name; }

class parse_str : public testing::TestWithParam<row> {};

TEST_P(parse_str, follows_php) { EXPECT_EQ(json::serialize(php::parse_str(GetParam().text)), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    php, parse_str,
    testing::Values(row{"flat", "a=1&b=x%20y", R"({"a":"1","b":"x y"})"},
                    row{"nested", "f[a][b]=1&f[a][c]=2", R"({"f":{"a":{"b":"1","c":"2"}}})"},
                    row{"append", "s[]=ID&s[]=TITLE", R"({"s":["ID","TITLE"]})"},
                    row{"indexes_are_a_list", "s[0]=a&s[1]=b", R"({"s":["a","b"]})"},
                    row{"gap_is_no_list", "s[1]=a", R"({"s":{"1":"a"}})"},
                    row{"encoded_brackets", "f%5BA%5D=1", R"({"f":{"A":"1"}})"},
                    row{"plus_is_blank", "a=1+2", R"({"a":"1 2"})"},
                    row{"broken_percent_stays", "a=100%&b=%zz", R"({"a":"100%","b":"%zz"})"},
                    row{"raw_equals_in_key_splits_wrong", "filter[>=ID]=5", R"({"filter_>":"ID]=5"})"},
                    row{"encoded_equals_in_key", "filter[%3E%3DID]=5", R"({"filter":{">=ID":"5"}})"},
                    row{"dots_and_blanks_of_the_first_part", "a.b c[d.e]=1", R"({"a_b_c":{"d.e":"1"}})"},
                    row{"last_wins", "a=1&a=2", R"({"a":"2"})"},
                    row{"map_over_text", "a=1&a[b]=2", R"({"a":{"b":"2"}})"},
                    row{"no_name", "=1&[a]=2&b", R"({"b":""})"},
                    row{"rest_after_brackets_is_dropped", "a[b]c=1", R"({"a":{"b":"1"}})"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(php, takes_a_command_apart) {
  const auto c = php::parse_command("crm.item.get?id=1&t=a#b&x=2");
  EXPECT_EQ(c.method, "crm.item.get");
  EXPECT_EQ(c.query, "id=1&t=a");
  EXPECT_EQ(php::parse_command("m?t=a\nb").query, "t=a_b");
  EXPECT_EQ(php::parse_command("profile").query, "");
}

TEST(php, makes_lists_of_numbered_maps) {
  EXPECT_EQ(json::serialize(php::normalised(*json::parse(R"({"a":{"0":1,"1":2},"b":{},"c":{"1":1}})"))),
            R"({"a":[1,2],"b":[],"c":{"1":1}})");
}

TEST(php, replaces_references) {
  const auto data =
      json::parse(
          R"({"result":{"find":[{"ID":"7","NAME":"x"}],"one":5},"error":{},"total":{"find":6},"next":{},"time":{}})")
          ->as_object();
  const auto put = [&](const char* text) { return json::serialize(php::substituted(json::value(text), data)); };
  EXPECT_EQ(put("$result[find][0][ID]"), R"("7")");
  EXPECT_EQ(put("$RESULT[one]"), "5");
  EXPECT_EQ(put("id $result[one] of $total[find]"), R"("id 5 of 6")");
  // A path that leads nowhere gives the last level that there was: an array alone, the word in a text.
  EXPECT_EQ(put("$result[find][0][GONE]"), R"({"ID":"7","NAME":"x"})");
  EXPECT_EQ(put("see $result[find][1]!"), R"("see Array!")");
  EXPECT_EQ(put("$result of nothing, $5 [a]"), R"("$result of nothing, $5 [a]")");
}

TEST(php, casts_to_bool) {
  const json::value zero = "0", word = "false", empty = "", no = false, list = json::array{};
  EXPECT_FALSE(php::is_true(&zero));
  EXPECT_TRUE(php::is_true(&word));
  EXPECT_FALSE(php::is_true(&empty));
  EXPECT_FALSE(php::is_true(&no));
  EXPECT_FALSE(php::is_true(&list));
  EXPECT_FALSE(php::is_true(nullptr));
}

} // namespace
