#include "php.hpp"

#include <bitrix24/command.hpp>
#include <waybill/json.hpp>

#include <random>

#include <gtest/gtest.h>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

struct spelling {
  std::string name, params, query;
};
void PrintTo(const spelling& s, std::ostream* out) { *out << s.name; }

class Spelling : public ::testing::TestWithParam<spelling> {};

TEST_P(Spelling, IsThatOfPhp) {
  const auto params = json::parse(GetParam().params);
  ASSERT_TRUE(params.has_value());
  EXPECT_EQ(build_query(params->as_object()), GetParam().query);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Spelling,
    ::testing::Values(spelling{"plain", R"({"entityTypeId":2,"id":15})", "entityTypeId=2&id=15"},
                      spelling{"nested", R"({"fields":{"TITLE":"A&B"}})", "fields%5BTITLE%5D=A%26B"},
                      spelling{"equals_in_a_key", R"({"filter":{"=ownerType":"D",">=ID":5}})",
                               "filter%5B%3DownerType%5D=D&filter%5B%3E%3DID%5D=5"},
                      spelling{"list", R"({"select":["*","UF_A"]})", "select%5B0%5D=%2A&select%5B1%5D=UF_A"},
                      spelling{"list_in_a_filter", R"({"filter":{"@id":[1,2]}})",
                               "filter%5B%40id%5D%5B0%5D=1&filter%5B%40id%5D%5B1%5D=2"},
                      spelling{"flags", R"({"a":true,"b":false})", "a=1&b=0"},
                      spelling{"null_and_empty_vanish", R"({"a":null,"b":[],"c":{},"d":""})", "d="},
                      spelling{"negative", R"({"start":-1})", "start=-1"},
                      spelling{"decimals_as_sent", R"({"price":1490.50})", "price=1490.50"},
                      spelling{"dangerous_bytes", R"({"t":"a+b%c#d e\nf"})", "t=a%2Bb%25c%23d%20e%0Af"},
                      spelling{"cyrillic", R"({"t":"Да"})", "t=%D0%94%D0%B0"},
                      spelling{"files", R"({"fields":{"FILES":[["l.pdf","QQ=="]]}})",
                               "fields%5BFILES%5D%5B0%5D%5B0%5D=l.pdf&fields%5BFILES%5D%5B0%5D%5B1%5D=QQ%3D%3D"}),
    [](const auto& one) { return one.param.name; });

TEST(Command, WithoutParametersIsTheBareMethod) { EXPECT_EQ(encode_command("profile", {}), "profile"); }

// Everything that can be said in a query comes back from PHP as it was, only as text.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  bj::object object(int depth) {
    bj::object o;
    const int n = pick(1, 4);
    for (int i = 0; i < n; ++i) o["k" + std::to_string(i) + word(false)] = value(depth);
    return o;
  }

 private:
  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  std::string word(bool any) {
    static const std::vector<std::string> pieces{"a", "Z", "9",  "=", ">", "@",  "!",  "%", "&", "+", "#", " ",
                                                 "?", "/", "\n", "ж", "€", "😀", "\"", "'", ";", "$", "\\"};
    static const std::vector<std::string> brackets{"[", "]", ".", "[]"};
    std::string out;
    for (int i = pick(0, 6); i > 0; --i) {
      const auto at = static_cast<std::size_t>(pick(0, static_cast<int>(pieces.size()) - 1));
      out += pieces[at];
      if (any && pick(0, 9) == 0) out += brackets[static_cast<std::size_t>(pick(0, 3))];
    }
    return out;
  }
  bj::value value(int depth) {
    switch (pick(0, depth > 0 ? 5 : 3)) {
    case 0: return bj::value(word(true));
    case 1: return bj::value(std::int64_t{pick(-100000, 100000)});
    case 2: return bj::value(pick(0, 1) == 1);
    case 3: return bj::value(word(true) + "x");
    case 4: {
      bj::array a;
      for (int i = pick(1, 3); i > 0; --i) a.push_back(value(depth - 1));
      return a;
    }
    default: return object(depth - 1);
    }
  }
  std::mt19937 random_;
};

bj::value as_php_has_it(const bj::value& v) {
  if (v.is_bool()) return bj::value(v.get_bool() ? "1" : "0");
  if (v.is_int64()) return bj::value(std::to_string(v.get_int64()));
  if (const auto* a = v.if_array()) {
    bj::array out;
    for (const auto& m : *a) out.push_back(as_php_has_it(m));
    return out;
  }
  if (const auto* o = v.if_object()) {
    bj::object out;
    for (const auto& m : *o) out[m.key()] = as_php_has_it(m.value());
    return out;
  }
  return v;
}

// At the top level PHP changes dots and spaces of names; ours have none there.
bj::object with_safe_names(const bj::object& o) {
  bj::object out;
  std::size_t i = 0;
  for (const auto& m : o) out["p" + std::to_string(i++)] = m.value();
  return out;
}

TEST(Command, ComesBackFromPhpAsItWas) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Generator g(seed);
    const auto params = with_safe_names(g.object(3));
    const auto [method, back] = test::php_command(encode_command("crm.item.update", params));
    ASSERT_EQ(method, "crm.item.update");
    ASSERT_EQ(bj::value(back), as_php_has_it(params)) << "seed " << seed << ": " << bj::serialize(params);
  }
}

TEST(Command, FindsReferencesThatAPortalWouldReplace) {
  for (const auto* text : {R"({"fields":{"C":"see $result[0]"}})", R"({"a":["x","$ReSuLt[y]"]})",
                           R"({"a":"$$total[1]"})", R"({"a":"$next["})", R"({"a":"$ERROR[q]"})", R"({"a":"$time[q]"})"})
    EXPECT_TRUE(holds_reference(*json::parse(text))) << text;
  for (const auto* text : {R"({"a":"$result"})", R"({"a":"result["})", R"({"a":"$ result["})", R"({"a":"$100 [x]"})"})
    EXPECT_FALSE(holds_reference(*json::parse(text))) << text;
}

TEST(Command, KnowsWhatOnlyJsonCanSay) {
  EXPECT_TRUE(needs_json(json::parse(R"({"fields":{"UF_A":null}})")->as_object()));
  EXPECT_TRUE(needs_json(json::parse(R"({"fields":{"UF_A":[]}})")->as_object()));
  EXPECT_FALSE(needs_json(json::parse(R"({"fields":{"UF_A":""},"x":null})")->as_object()));
}

} // namespace
} // namespace waybill::bitrix24
