#include <mapping/mapping.hpp>
#include <waybill/carrier.hpp>

#include <gtest/gtest.h>

namespace waybill::mapping {
namespace {

config::file file() {
  config::file f;
  for (const auto& [id, type] :
       {std::pair{"swift-main", "swift"}, {"swift-two", "swift"}, {"snail-1", "snail"}, {"store-1", "store"}}) {
    carrier_account a;
    a.id = id;
    a.type = type;
    f.carriers.push_back(a);
  }
  f.routes = {{"main", {"courier", "pickup"}, "swift-main", {"store-1"}},
              {"main", {"pickup"}, "snail-1", {}},
              {"other", {"courier"}, "swift-two", {}},
              {"main", {}, "snail-1", {"store-1"}}};
  return f;
}

struct row {
  std::string portal, type, carrier, expected; // "carrier+with"; empty: no route
};
void PrintTo(const row& r, std::ostream* out) { *out << r.portal << " " << r.type << " " << r.carrier; }
class routes : public testing::TestWithParam<row> {};

TEST_P(routes, first_match_after_the_deals_own_choice) {
  const auto& r = GetParam();
  const auto found = route_for(file(), r.portal, r.type, r.carrier);
  std::string text;
  if (found) {
    text = found->carrier;
    for (const std::string& id : found->with) text += "+" + id;
  }
  EXPECT_EQ(text, r.expected);
}

INSTANTIATE_TEST_SUITE_P(
    table, routes,
    testing::Values(row{"main", "courier", "", "swift-main+store-1"}, row{"main", "express", "", "snail-1+store-1"},
                    row{"other", "courier", "", "swift-two"}, row{"other", "pickup", "", ""},
                    row{"nobody", "courier", "", ""},
                    // the deal names an account: with the companions of its kind of deal
                    row{"main", "courier", "swift-two", "swift-two+store-1"},
                    row{"other", "pickup", "snail-1", "snail-1"}, row{"main", "courier", "store-1", "store-1"},
                    // the deal names a type: the first route to such an account, else the first account
                    row{"main", "pickup", "snail", "snail-1"}, row{"main", "courier", "SWIFT", "swift-main+store-1"},
                    row{"other", "courier", "swift", "swift-two"}, row{"other", "pickup", "swift", "swift-main"},
                    row{"main", "courier", "unknown", ""}));

TEST(routes, the_name_for_people_is_known_too) {
  ASSERT_FALSE(carrier_types().empty());
  const carrier_type& type = *carrier_types().front();
  config::file f;
  carrier_account a;
  a.id = "one";
  a.type = std::string(type.name);
  f.carriers.push_back(a);
  const auto found = route_for(f, "main", "courier", std::string(type.title));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->carrier, "one");
}

} // namespace
} // namespace waybill::mapping
