// What the configuration comes to, without a portal.
#include "fixture.hpp"

#include <setup/texts.hpp>
#include <setup/wishes.hpp>

namespace waybill::setup::test {
namespace {

struct Wishes : SetupTest {
  wishes wanted() const {
    const auto all = settings();
    return wishes_of(*all, all->portals.at(0));
  }
};

TEST_F(Wishes, ProfilesAreTheRoutedDeliveryTypes) {
  services = "courier = 139\nexpress = 480\n";
  service = "[portals.delivery_service]\nname = \"D\"\n[portals.delivery_service.profiles]\nexpress = \"За час\"\n";
  const auto w = wanted();
  ASSERT_EQ(w.profiles.size(), 2U);
  EXPECT_EQ(w.profiles[0].code, "courier");
  EXPECT_EQ(w.profiles[0].name, "Курьер до двери");
  EXPECT_EQ(w.profiles[1].name, "За час");
  EXPECT_GE(w.profiles[0].options.size(), 10U) << "without a choice all options of the carrier are shown";
  for (const auto& o : w.profiles[0].options) {
    EXPECT_EQ(o.price.minor, 0) << "the carrier is asked for it";
    EXPECT_TRUE(o.active);
    EXPECT_LE(o.code.size(), 50U);
    EXPECT_FALSE(o.name.empty());
  }
}

TEST_F(Wishes, ThePickupPointIsNotAskedForWithACourier) {
  for (const auto& p : wanted().properties) {
    const bool point = p.code == point_property;
    EXPECT_EQ(p.profiles.size(), point ? 1U : 2U) << p.code;
    EXPECT_EQ(p.type, point ? "STRING" : "ADDRESS") << p.code;
  }
}

TEST_F(Wishes, EveryStatusHasAnIdOfItsOwnAndWords) {
  std::set<std::string> ids, names;
  const auto w = wanted();
  for (const auto& s : w.statuses) {
    EXPECT_EQ(s.id.size(), 2U);
    EXPECT_TRUE(ids.insert(s.id).second) << s.id;
    EXPECT_TRUE(status_from(s.canonical).has_value()) << s.canonical;
    for (const auto* language : {"ru", "en"}) {
      const auto key = "store_status_" + s.canonical;
      EXPECT_NE(word(w.portal, key, language), key);
      EXPECT_TRUE(names.insert(word(w.portal, key, language)).second);
    }
    EXPECT_EQ(word(w.portal, "store_colour_" + s.canonical).size(), 7U);
  }
}

TEST_F(Wishes, TextsOfTheConfigurationComeFirst) {
  auto w = wanted();
  w.portal.texts["store_status_lost"] = "Пропал";
  EXPECT_EQ(word(w.portal, "store_status_lost", "en"), "Пропал");
  EXPECT_EQ(word(w.portal, "no_such_text"), "no_such_text");
}

TEST_F(Wishes, EveryFieldHasALabelAndATypeThatServes) {
  fields = "label = \"UF_CRM_A\"\nplanned_date = \"UF_CRM_B\"\ncash_on_delivery = \"UF_CRM_C\"\n"
           "declared_value = \"UF_CRM_D\"\nparcels = \"UF_CRM_E\"\ncomment = \"UF_CRM_F\"\n";
  const auto w = wanted();
  EXPECT_EQ(w.fields.size(), 17U);
  for (const auto& f : w.fields) {
    EXPECT_TRUE(f.accepted.empty() || f.accepted.contains(f.type)) << f.key;
    EXPECT_NE(word(w.portal, "field_" + f.key), "field_" + f.key);
  }
}

TEST_F(Wishes, AFieldThatIsSwitchedOffIsNotWanted) {
  fields = "cost = \"\"\n";
  for (const auto& f : wanted().fields) EXPECT_NE(f.key, "cost");
}

} // namespace
} // namespace waybill::setup::test
