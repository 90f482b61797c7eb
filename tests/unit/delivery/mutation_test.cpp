// Valid bodies with bytes changed, cut out and doubled, from a fixed seed: whatever arrives is read or refused, and
// what is read can be mapped and stored. Together with the sanitizers this finds what tables do not think of.
#include "fixture.hpp"

#include <delivery/asked.hpp>
#include <delivery/shipping.hpp>

#include <random>

namespace waybill::delivery::test {
namespace {

class mutations {
 public:
  explicit mutations(std::uint32_t seed) : random_(seed) {}
  std::string of(std::string text) {
    static const std::vector<std::string> pieces{"null",
                                                 "[]",
                                                 "{}",
                                                 "-1",
                                                 "1e308",
                                                 "\"\"",
                                                 "0",
                                                 "\\u0000",
                                                 "\"Y\"",
                                                 "99999999999999999999",
                                                 "\"\\ud83d\\ude00\"",
                                                 ",",
                                                 ":",
                                                 "\xff"};
    for (int n = 1 + below(4); n > 0 && !text.empty(); --n) {
      const auto at = static_cast<std::size_t>(below(static_cast<int>(text.size())));
      switch (below(4)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, static_cast<std::size_t>(1 + below(12))); break;
      case 2: text.insert(at, text.substr(at, static_cast<std::size_t>(1 + below(40)))); break;
      default: replace_value(text, at, pieces[static_cast<std::size_t>(below(static_cast<int>(pieces.size())))]);
      }
    }
    return text;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
  // What stands between a colon and the next comma becomes `piece`, so that many mutants are still JSON.
  static void replace_value(std::string& text, std::size_t at, const std::string& piece) {
    const auto colon = text.find(':', at);
    if (colon == std::string::npos) return;
    const auto end = text.find_first_of(",}]", colon);
    if (end != std::string::npos) text.replace(colon + 1, end - colon - 1, piece);
  }
  std::mt19937 random_;
};

TEST(mutations_of_a_body, are_read_or_refused) {
  mutations mutate(20261121);
  const auto seed = calculation();
  config::portal portal;
  portal.parcels = {};
  portal.parcels.weight_g = 500;
  int read = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto body = mutate.of(seed);
    const auto got = read_calculation(body);
    if (!got) {
      EXPECT_EQ(got.error().code, errc::bad_input);
      ++refused;
      continue;
    }
    ++read;
    const auto s = to_shipment({*got}, usual_properties(), portal);
    EXPECT_GE(s.what.declared_value.minor, 0);
    for (const auto& p : s.what.parcels) EXPECT_GE(p.weight_g, 0);
    const auto again = read_order(write_order({*got}));
    ASSERT_TRUE(again) << again.error().what << "\n" << body;
    ASSERT_TRUE(again->front() == *got) << body;
  }
  EXPECT_GT(read, 1'000);
  EXPECT_GT(refused, 1'000);
}

TEST(mutations_of_a_body, of_calls_about_requests) {
  mutations mutate(7);
  const std::string seed = R"({"DELIVERY_ID": 41, "REQUEST_ID": "wb-7f2c1d0e94"})";
  int read = 0;
  for (int i = 0; i < 20'000; ++i)
    if (const auto got = read_request(mutate.of(seed))) {
      ++read;
      EXPECT_GT(got->delivery_id, 0);
      EXPECT_FALSE(got->request_id.empty());
      EXPECT_LE(got->request_id.size(), 50U);
    }
  EXPECT_GT(read, 100);
}

} // namespace
} // namespace waybill::delivery::test
