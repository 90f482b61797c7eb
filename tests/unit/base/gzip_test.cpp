// gzip there and back, and everything that may be wrong with what a peer sends.
#include <waybill/gzip.hpp>

#include <gtest/gtest.h>

namespace waybill {
namespace {

TEST(gzip, there_and_back) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(1'000'000, 'x'), std::string("\0\xff\n", 3)}) {
    const auto plain = gunzip(gzip(text), 1'000'000);
    ASSERT_TRUE(plain) << plain.error().what;
    EXPECT_EQ(*plain, text);
  }
  const auto both = gunzip(gzip("one ") + gzip("two"), 100);
  ASSERT_TRUE(both);
  EXPECT_EQ(*both, "one two");
}

TEST(gzip, never_more_than_asked_for) {
  const std::string bomb = gzip(std::string(50'000'000, '0'));
  ASSERT_LT(bomb.size(), 100'000U);
  const auto refused = gunzip(bomb, 1'000'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::protocol);
  EXPECT_TRUE(gunzip(gzip(std::string(100, 'x')), 100));
  EXPECT_FALSE(gunzip(gzip(std::string(101, 'x')), 100));
  EXPECT_FALSE(gunzip(gzip("one ") + gzip("two"), 5));
  EXPECT_FALSE(gunzip(gzip("x"), 0));
}

TEST(gzip, broken_streams) {
  const std::string good = gzip("a text that is long enough to be cut somewhere in the middle");
  std::string flipped = good;
  flipped[good.size() - 6] = static_cast<char>(flipped[good.size() - 6] ^ 0x55); // the checksum
  for (const std::string& bad :
       {std::string(), std::string("plain text"), good.substr(0, 1), good.substr(0, good.size() - 1), good + "x",
        flipped, std::string("\x1f\x8b\x08", 3)}) {
    const auto plain = gunzip(bad, 1000);
    ASSERT_FALSE(plain) << bad.size();
    EXPECT_EQ(plain.error().code, errc::protocol);
  }
}

TEST(gzip, who_admits_it) {
  const auto admits = [](const char* value) { return accepts_gzip({{"accept-encoding", value}}); };
  EXPECT_TRUE(admits("gzip"));
  EXPECT_TRUE(admits("deflate, GZIP;q=0.5 , br"));
  EXPECT_FALSE(admits("gzip;q=0"));
  EXPECT_FALSE(admits("gzip;q=0.0"));
  EXPECT_FALSE(admits("identity"));
  EXPECT_FALSE(admits("xgzip"));
  EXPECT_FALSE(admits(""));
  EXPECT_FALSE(accepts_gzip({}));
}

TEST(gzip, an_answer_loses_what_told_of_its_packing) {
  http_response r;
  r.headers = {{"Content-Type", "text/plain"}, {"content-encoding", "GZip"}, {"Content-Length", "9"}};
  r.body = gzip("text");
  ASSERT_TRUE(unpack_answer(r, 100));
  EXPECT_EQ(r.body, "text");
  ASSERT_EQ(r.headers.size(), 1U);
  EXPECT_EQ(r.headers[0].first, "Content-Type");
  http_response other;
  other.headers = {{"Content-Encoding", "br"}};
  other.body = "as it is";
  ASSERT_TRUE(unpack_answer(other, 1));
  EXPECT_EQ(other.body, "as it is");
  EXPECT_EQ(other.headers.size(), 1U);
  http_response empty;
  empty.status = 204;
  empty.headers = {{"Content-Encoding", "gzip"}};
  ASSERT_TRUE(unpack_answer(empty, 1));
  EXPECT_TRUE(empty.headers.empty());
}

} // namespace
} // namespace waybill
