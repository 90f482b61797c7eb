#include <bitrix24/cache.hpp>
#include <bitrix24/compare.hpp>
#include <bitrix24/text.hpp>
#include <bitrix24/values.hpp>
#include <waybill/encoding.hpp>
#include <waybill/json.hpp>

#include <gtest/gtest.h>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

bj::object object(const char* text) { return json::parse(text)->as_object(); }

TEST(Values, ADealWithNumbersAsNumbersOrAsText) {
  for (
      const auto* text :
      {R"({"id":759,"title":"Заказ","categoryId":2,"stageId":"C2:NEW","stageSemanticId":"P","opportunity":4990.5,"currencyId":"RUB","companyId":0,
                              "contactId":31,"contactIds":[30,31],"assignedById":7,"closed":"N","movedTime":"2026-11-21T09:30:11+03:00","UF_CRM_X":45})",
       R"({"id":"759","title":"Заказ","categoryId":"2","stageId":"C2:NEW","stageSemanticId":"P","opportunity":"4990.50","currencyId":"RUB","companyId":null,
                              "contactId":"31","contactIds":{"0":"30","2":"31"},"assignedById":"7","closed":"N","movedTime":"2026-11-21T09:30:11+03:00","UF_CRM_X":"45"})"}) {
    const auto d = read_deal(object(text));
    ASSERT_TRUE(d.has_value());
    EXPECT_EQ(d->id, 759);
    EXPECT_EQ(d->category, 2);
    EXPECT_EQ(d->stage, "C2:NEW");
    EXPECT_EQ(d->opportunity, (money{499050, "RUB"}));
    EXPECT_EQ(d->company, 0);
    EXPECT_EQ(d->contacts, (std::vector<std::int64_t>{31, 30})) << "the primary one first";
    EXPECT_EQ(d->responsible, 7);
    EXPECT_FALSE(d->closed);
    EXPECT_EQ(enumeration_ids(d->fields.if_contains("UF_CRM_X")), std::vector<std::string>{"45"});
  }
  EXPECT_FALSE(read_deal(object(R"({"title":"x"})")).has_value());
}

TEST(Values, AProductRow) {
  const auto r = read_row(object(
      R"({"id":1,"productId":201,"productName":"Кроссовки","price":4500.99,"priceBrutto":5001.10,"quantity":1.5,"taxRate":20,"measureCode":796,"type":4,"xmlId":"x"})"));
  EXPECT_EQ(r.product, 201);
  EXPECT_EQ(r.price.minor, 450099);
  EXPECT_EQ(r.full_price.minor, 500110);
  EXPECT_EQ(r.quantity, "1.5");
  EXPECT_EQ(r.tax_percent, 20);
  EXPECT_EQ(r.type, 4);
  EXPECT_FALSE(read_row(object(R"({"taxRate":null})")).tax_percent);
  EXPECT_EQ(read_row(object(R"({"taxRate":0})")).tax_percent, 0);
}

TEST(Values, AContactsPhonesMobileAndWorkFirst) {
  const auto c = read_contact(object(R"({"id":31,"name":"Анна","secondName":null,"lastName":"Ким","fm":[
    {"typeId":"PHONE","valueType":"HOME","value":"3"},{"typeId":"PHONE","valueType":"WORK","value":"2"},{"typeId":"EMAIL","valueType":"WORK","value":"a@b.ru"},
    {"typeId":"PHONE","valueType":"MOBILE","value":"1"},{"typeId":"PHONE","valueType":"WORK","value":"22"},{"typeId":"WEB","value":"x"}]})"));
  EXPECT_EQ(c.phones, (std::vector<std::string>{"1", "2", "22", "3"}));
  EXPECT_EQ(c.emails, std::vector<std::string>{"a@b.ru"});
  EXPECT_EQ(c.second_name, "");
  const auto old = read_contact(object(R"({"id":31,"fm":[],"phoneWork":"5","phone":"5","email":"c@d.ru"})"));
  EXPECT_EQ(old.phones, std::vector<std::string>{"5"});
  EXPECT_EQ(old.emails, std::vector<std::string>{"c@d.ru"});
  EXPECT_EQ(read_company(object(R"({"id":1,"title":"ООО"})")).name, "ООО");
}

TEST(Values, AProductsNamedProperties) {
  const auto product = object(
      R"({"id":5,"property105":{"value":"ART-5","valueId":"1"},"property106":[{"value":"","valueId":"2"},{"value":"4600001","valueId":"3"}],"property107":null,"property108":"plain"})");
  const auto article = [&](std::vector<std::string> names) { return read_product(product, names).article; };
  EXPECT_EQ(article({"property105"}), "ART-5");
  EXPECT_EQ(article({"property107", "property999", "property105"}), "ART-5");
  EXPECT_EQ(article({"property108"}), "plain");
  EXPECT_EQ(article({"property107"}), "");
  EXPECT_EQ(article({}), "");
  EXPECT_EQ(read_product(product, {}, {"property106"}).barcode, "4600001");
}

TEST(Values, AProductsWeightIsInGramsAndSizesInMillimetres) {
  const auto p = read_product(object(
      R"({"id":1286,"iblockSectionId":null,"name":"42","parentId":{"value":"1275","valueId":"9"},"weight":480.5,"length":"300.0","width":null,
                                         "height":0,"type":4,"xmlId":"sku"})"));
  EXPECT_EQ(p.parent, 1275);
  EXPECT_EQ(p.weight_g, 481);
  EXPECT_EQ(p.length_mm, 300);
  EXPECT_EQ(p.width_mm, 0);
  EXPECT_EQ(p.height_mm, 0);
  EXPECT_EQ(p.xml_id, "sku");
}

TEST(Values, ListItemsByTheirNames) {
  const auto names = read_enumeration(object(R"({"LIST":[{"ID":"45","VALUE":"Курьер","XML_ID":"courier"},
    {"ID":"46","VALUE":"Самовывоз","XML_ID":"d3ffd89a825f218f5efd79dffd38fbbf"},{"ID":47,"VALUE":"Почта","XML_ID":null}]})"));
  EXPECT_EQ(names, (std::map<std::string, std::string>{{"45", "courier"}, {"46", "Самовывоз"}, {"47", "Почта"}}));
}

TEST(Values, RecordsInEveryForm) {
  EXPECT_EQ(records(*json::parse(R"({"items":[{"a":1},{"a":2}]})"), "items").size(), 2U);
  EXPECT_EQ(records(*json::parse(R"([{"a":1}])"), "items").size(), 1U);
  EXPECT_EQ(records(*json::parse(R"({"items":{"5":{"a":1},"7":{"a":2}}})"), "items").size(), 2U);
  EXPECT_TRUE(records(*json::parse("[]"), "items").empty());
  EXPECT_TRUE(records(*json::parse("true"), "items").empty());
}

struct pair_row {
  std::string sent, got;
  bool same;
};
void PrintTo(const pair_row& r, std::ostream* out) { *out << r.sent << " / " << r.got; }
class Kept : public ::testing::TestWithParam<pair_row> {};
TEST_P(Kept, IsJudgedLeniently) {
  EXPECT_EQ(same_value(*json::parse(GetParam().sent), *json::parse(GetParam().got)), GetParam().same);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Kept,
    ::testing::Values(
        pair_row{R"("a")", R"("a")", true}, pair_row{R"("a")", R"("b")", false}, pair_row{R"("a")", "null", false},
        pair_row{"45", R"("45")", true}, pair_row{R"("45")", "45", true}, pair_row{R"("Курьер")", "null", false},
        pair_row{R"("350.00")", "350", true}, pair_row{"350.5", R"("350.50")", true},
        pair_row{R"("350.00")", "351", false}, pair_row{R"("1500|RUB")", R"("1500.00|RUB")", true},
        pair_row{R"("1500|RUB")", R"("1500|USD")", false},
        pair_row{R"("2026-11-21")", R"("2026-11-21T03:00:00+03:00")", true},
        pair_row{R"("2026-11-21")", R"("2026-11-22T00:00:00+03:00")", false},
        pair_row{R"("2026-11-21T10:00:00Z")", R"("2026-11-21T13:00:00+03:00")", true}, pair_row{"true", R"("Y")", true},
        pair_row{R"("1")", R"("Y")", true}, pair_row{"false", R"("N")", true}, pair_row{R"("Y")", R"("N")", false},
        pair_row{R"("")", "null", true}, pair_row{"null", R"("")", true}, pair_row{R"("")", "[]", true},
        pair_row{R"("")", R"("left")", false}, pair_row{"[]", "false", true}, pair_row{"[1,2]", R"(["2","1"])", true},
        pair_row{"[1,3]", "[1,2]", false}, pair_row{R"("a\r\nb ")", R"("a\nb")", true},
        pair_row{R"("a & b")", R"("a &amp; b")", true}, pair_row{R"("Тверь, 14")", R"("Тверь, 14|;|")", true},
        pair_row{R"("Тверь, 14")", R"("Москва|;|")", false},
        pair_row{R"(["l.pdf","QQ=="])", R"({"id":5,"url":"x"})", true}, pair_row{R"("x")", R"(["x"])", true}));

TEST(Kept, NamesWhatIsAbsentOrOtherwise) {
  EXPECT_EQ(
      not_kept(object(R"({"stageId":"C2:WON","UF_A":"1","UF_NONE":"x"})"), object(R"({"stageId":"C2:WON","UF_A":1})")),
      std::vector<std::string>{"UF_NONE"});
}

TEST(Text, Base64) {
  for (const auto& [in, out] : {std::pair{"", ""},
                                {"f", "Zg=="},
                                {"fo", "Zm8="},
                                {"foo", "Zm9v"},
                                {"foob", "Zm9vYg=="},
                                {"\xff\xfe\xfd", "//79"}})
    EXPECT_EQ(to_base64(in), out);
}

TEST(Text, IsShortenedByCharacters) {
  EXPECT_EQ(shortened("абв", 3), "абв");
  EXPECT_EQ(shortened("абвг", 3), "аб…");
  EXPECT_EQ(shortened("", 3), "");
}

TEST(Cache, ForgetsTheOldAndTheUnused) {
  cache<int, int> c(2, std::chrono::seconds(10));
  const auto t = std::chrono::steady_clock::time_point{};
  c.put(1, 10, t);
  c.put(2, 20, t);
  EXPECT_EQ(c.get(1, t), 10);
  c.put(3, 30, t + std::chrono::seconds(5));
  EXPECT_FALSE(c.get(2, t)) << "the least recently used";
  EXPECT_FALSE(c.get(1, t + std::chrono::seconds(10)));
  EXPECT_EQ(c.get(3, t + std::chrono::seconds(10)), 30);
  EXPECT_EQ(c.size(), 1U);
}

} // namespace
} // namespace waybill::bitrix24
