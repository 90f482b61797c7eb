#include <waybill/encoding.hpp>
#include <waybill/kept_list.hpp>
#include <waybill/text.hpp>

#include <gtest/gtest.h>
#include <support/carrier.hpp>
#include <support/run.hpp>

namespace {
using namespace waybill;

TEST(encoding, base64_both_ways) {
  const struct {
    std::string bytes, text;
  } rows[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xFF\xFE", "//4="}};
  for (const auto& row : rows) {
    EXPECT_EQ(to_base64(row.bytes), row.text);
    EXPECT_EQ(from_base64(row.text), row.bytes);
  }
  EXPECT_EQ(from_base64("Zm9v\r\nYmFy\n"), "foobar");
  EXPECT_EQ(from_base64("Zm8"), "fo");
  for (const char* bad : {"Zm9v!", "Z", "Zg=g", "Zg===", "Zm9v-_"}) EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(encoding, digests_are_short_and_stable) {
  EXPECT_EQ(short_digest("abc", 12), "N9S1DFSF077U"); // ba7816bf 8f01cfea ...
  EXPECT_EQ(short_digest("abc", 99).size(), 51U);
  EXPECT_NE(short_digest("abd", 12), short_digest("abc", 12));
}

TEST(text, lower_case_of_russian) {
  EXPECT_EQ(lower_text("Нет АДРЕСА, Ёж и ёлка: Улица Я ABC"), "нет адреса, еж и елка: улица я abc");
  EXPECT_EQ(lower_text("\xD0"), "\xD0");
}

TEST(kept_list, is_whole_or_nothing_and_leaves_no_old_pieces) {
  asio::io_context io{1};
  const auto cache = std::make_shared<test::memory_cache>();
  const auto at = [](int n) { return instant(std::chrono::milliseconds(n)); };
  EXPECT_FALSE(test::run(io, read_kept(cache, "points")));
  EXPECT_TRUE(test::run(io, write_kept(cache, "points", {{"a", "b", "c"}, at(1)}, std::chrono::hours(1))));
  EXPECT_EQ(cache->values.size(), 4U);
  EXPECT_TRUE(test::run(io, write_kept(cache, "points", {{"d", "e"}, at(2)}, std::chrono::hours(1))));
  EXPECT_EQ(cache->values.size(), 3U);
  const auto got = test::run(io, read_kept(cache, "points"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->pieces, (std::vector<std::string>{"d", "e"}));
  EXPECT_EQ(got->read_at, at(2));
  cache->values.erase("points:2:1");
  EXPECT_FALSE(test::run(io, read_kept(cache, "points")));
}

} // namespace
