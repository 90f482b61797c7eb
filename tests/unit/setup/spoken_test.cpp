// The installation's page is read by a Russian administrator: nothing that a plan can say may be left in English.
#include "fixture.hpp"

#include <setup/spoken.hpp>

namespace waybill::setup::test {
namespace {

TEST(Spoken, PiecesStayWhatTheyAre) {
  const struct {
    const char *en, *ru;
  } rows[] = {
      {"deal field UF_CRM_X (fields.order_id)", "поле сделки UF_CRM_X (fields.order_id)"},
      {"delivery service «Перевозчики»", "служба доставки «Перевозчики»"},
      {"profile courier (delivery service 41)", "профиль courier (служба доставки 41)"},
      {"its name differs, its currency differs", "отличается название, отличается валюта"},
      {"shipment property WAYBILL_TO (Физическое лицо) for profiles",
       "свойство отгрузки WAYBILL_TO (Физическое лицо) для профилей"},
      {"shipment property WAYBILL_TO (Физическое лицо)", "свойство отгрузки WAYBILL_TO (Физическое лицо)"},
      {"it is of type string, which must be money or double: name another field",
       "тип string, а нужен money or double: укажите другое поле"},
      {"Доступ запрещён (ACCESS_DENIED)", "Доступ запрещён (ACCESS_DENIED)"}, // the portal's own words
      {"", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(spoken(row.en, "ru"), row.ru);
    EXPECT_EQ(spoken(row.en, "en"), row.en);
  }
}

struct EveryText : SetupTest {
  void expect_russian(const std::string& text) {
    const auto ru = spoken(text, "ru");
    const bool cyrillic = std::ranges::any_of(ru, [](char c) { return static_cast<unsigned char>(c) >= 0xD0; });
    EXPECT_TRUE(text.empty() || (ru != text && cyrillic)) << text;
  }
  void expect_all(const result<plan>& p) {
    ASSERT_TRUE(p) << p.error().what;
    for (const auto& s : p->steps) {
      expect_russian(s.what);
      if (!s.reason.empty() && !std::ranges::all_of(s.reason, [](char c) { return c >= '0' && c <= '9'; }))
        expect_russian(s.reason);
    }
  }
};

TEST_F(EveryText, OfAFreshPortal) { expect_all(planned()); }

TEST_F(EveryText, OfAnApplication) {
  access = application_access;
  const auto p = planned();
  expect_all(p);
  for (const auto& note : p->notes) expect_russian(note);
}

TEST_F(EveryText, OfAPortalThatIsRight) {
  set_up();
  expect_all(planned());
}

TEST_F(EveryText, OfADamagedPortal) {
  set_up();
  for (auto& s : stand_in().services)
    if (s.parent == 0) s.name = "Чужое имя";
  for (auto& s : stand_in().shop.statuses)
    if (s.xml_id == "waybill:in_transit") s.color = "#000000";
  stand_in().shop.relations.clear();
  stand_in().shop.extras.clear();
  public_url = "https://new.example.com";
  services = "courier = 139\npickup = 138\npostamat = 366\n";
  expect_all(planned());
}

TEST_F(EveryText, OfTooFewRights) {
  stand_in().how.scopes.erase("sale");
  expect_all(planned());
  stand_in().how.scopes.clear();
  expect_all(planned());
}

TEST_F(EveryText, OfTheWayBack) {
  set_up();
  const auto p = removal();
  expect_all(p);
}

} // namespace
} // namespace waybill::setup::test
