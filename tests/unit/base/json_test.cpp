#include <waybill/json.hpp>

#include <gtest/gtest.h>

namespace {
using namespace waybill;

TEST(json, keeps_decimals_as_text) {
  const auto v =
      json::parse(R"({"sum":1490.5,"big":123456789012345678901,"exp":1.99999E3,"n":12,"s":"350.00","neg":-0.05})");
  ASSERT_TRUE(v) << v.error().what;
  const auto& o = v->as_object();
  EXPECT_EQ(json::minor(o, "sum"), 149050);
  EXPECT_EQ(json::minor(o, "exp"), 199999);
  EXPECT_EQ(json::minor(o, "n"), 1200);
  EXPECT_EQ(json::minor(o, "s"), 35000);
  EXPECT_EQ(json::minor(o, "neg"), -5);
  EXPECT_EQ(json::text(o, "big"), "123456789012345678901");
  EXPECT_EQ(json::serialize(*v),
            R"({"sum":1490.5,"big":123456789012345678901,"exp":1.99999E3,"n":12,"s":"350.00","neg":-0.05})");
}

TEST(json, does_not_print_a_strangers_text_as_a_number) {
  const json::value v = json::object{{"name", "\x01"
                                              "1},\"admin\":true,{\"x\":1"}};
  EXPECT_EQ(json::serialize(v), R"({"name":"\u00011},\"admin\":true,{\"x\":1"})");
}

TEST(json, refuses_what_is_broken) {
  for (const char* text : {"", "{", "{}x", "[1,]", "nan", "\"\xff\"", "{\"a\":01}"})
    EXPECT_FALSE(json::parse(text)) << text;
  EXPECT_FALSE(json::parse(std::string(40, '[')));
  EXPECT_FALSE(json::parse("[1,2,3]", 3));
}

TEST(json, reads_paths) {
  const auto v = json::parse(R"({"result":{"items":[{"id":"7"}],"errors":[]}})");
  ASSERT_TRUE(v);
  const auto* id = json::at_path(*v, "result.items.0.id");
  ASSERT_NE(id, nullptr);
  EXPECT_EQ(json::as_integer(*id), 7);
  EXPECT_EQ(json::at_path(*v, "result.items.1.id"), nullptr);
  EXPECT_EQ(json::child(v->as_object().at("result").as_object(), "errors"), nullptr);
}

} // namespace
