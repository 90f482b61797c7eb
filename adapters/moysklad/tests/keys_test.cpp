// The pure parts by table, second half: keys of goods and customers, settings, the allowance and the breaker.
#include "support.hpp"

#include <moysklad/budget.hpp>
#include <moysklad/ids.hpp>

#include <algorithm>
#include <set>

namespace waybill::moysklad::test {
namespace {

using namespace std::chrono_literals;

// ---- goods and customers ---------------------------------------------------------------------------------------

TEST(moysklad_keys, filters_guard_what_has_a_meaning_and_keep_their_length) {
  const auto one = filters_for("code", {"A;B\\C", "Ж"}, 3000);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0], "code%3DA%5C%3BB%5C%5CC%3Bcode%3D%D0%96");
  const std::vector<std::string> many(100, std::string(100, 'x'));
  const auto parts = filters_for("code", many, 1000);
  EXPECT_GT(parts.size(), 10U);
  for (const auto& p : parts) EXPECT_LE(p.size(), 1000U);
}

TEST(moysklad_keys, items_are_looked_for_as_configured) {
  auto a = account_for_tests();
  a.settings["product_match"] = std::vector<std::string>{"barcode", "externalcode", "ARTICLE"};
  const auto how = settings_of(a);
  item i = item_of("C-1");
  i.external_code = "xml-1";
  i.sku = " S-1 ";
  i.barcode = "4600000000017";
  const std::vector<good_key> expected{
      {match_by::barcode, "4600000000017"}, {match_by::external_code, "xml-1"}, {match_by::article, "S-1"}};
  EXPECT_EQ(keys_of(how, i), expected);
  i.barcode = std::string(256, 'x');
  EXPECT_EQ(keys_of(how, i).size(), 2U);
}

TEST(moysklad_keys, weights_by_the_account_s_unit_and_only_plausible_ones) {
  auto a = account_for_tests();
  const auto weight = [&](const char* unit, const char* text) {
    a.settings["weight_unit"] = std::string(unit);
    const auto row = json::parse("{\"weight\":" + std::string(text) + "}");
    return plausible_weight(settings_of(a), row->get_object());
  };
  EXPECT_EQ(weight("kg", "1.5"), 1500);
  EXPECT_EQ(weight("kg", "1000"), 1'000'000);
  EXPECT_EQ(weight("kg", "1500.0"), 0);
  EXPECT_EQ(weight("kg", "0.0001"), 0);
  EXPECT_EQ(weight("g", "350.0"), 350);
  EXPECT_EQ(weight("g", "-5"), 0);
  a.settings["volume_unit"] = std::string("l");
  const auto row = json::parse(R"({"volume":1.5})");
  EXPECT_EQ(plausible_volume(settings_of(a), row->get_object()), 1'500'000);
  a.settings["volume_unit"] = std::string("m3");
  EXPECT_EQ(plausible_volume(settings_of(a), row->get_object()), 1'500'000'000);
}

TEST(moysklad_customers, one_key_a_person_that_tells_nothing) {
  party who{"Мария Котова", "", "+79160001122", "", "m@example.ru"};
  const auto key = customer_key(who, "r1");
  EXPECT_EQ(key, customer_key(who, "r2"));
  EXPECT_EQ(key.find("916"), std::string::npos);
  party company = who;
  company.company = "ООО Клевер";
  EXPECT_NE(key, customer_key(company, "r1"));
  party nobody;
  EXPECT_NE(customer_key(nobody, "r1"), customer_key(nobody, "r2"));
  const auto spelled = phone_spellings("+79160001122");
  for (const char* usual : {"+79160001122", "79160001122", "89160001122", "+7 (916) 000-11-22", "8 (916) 000-11-22"})
    EXPECT_NE(std::ranges::find(spelled, usual), spelled.end()) << usual;
  EXPECT_TRUE(phone_spellings("").empty());
}

TEST(moysklad_customers, of_several_only_the_clear_one) {
  const auto row = [](const char* name, const char* seed, bool archived = false) {
    return json::object{{"id", stable_uuid(seed)}, {"name", name}, {"archived", archived}};
  };
  const party maria{"Мария Котова", "", "+79160001122", "", ""};
  EXPECT_EQ(choose_customer({row("Кто-то", "a")}, maria), stable_uuid("a"));
  EXPECT_EQ(choose_customer({row("Кто-то", "a"), row("Мария Котова", "b")}, maria), stable_uuid("b"));
  EXPECT_FALSE(choose_customer({row("Кто-то", "a"), row("Ещё", "b")}, maria));
  EXPECT_FALSE(choose_customer({row("Мария Котова", "a", true)}, maria));
  party company = maria;
  company.company = "ООО Клевер";
  EXPECT_FALSE(choose_customer({row("Мария Котова", "a")}, company));
}

// ---- settings --------------------------------------------------------------------------------------------------

struct setting_case {
  const char* key;
  setting_value value;
  const char* complaint; // begins so; empty: fine
};
TEST(moysklad_settings, what_cannot_work_is_named) {
  EXPECT_TRUE(check_account(account_for_tests()).empty());
  for (const auto& c :
       std::vector<setting_case>{{"token", secret(""), "token: "},
                                 {"token", secret("two words"), "token: "},
                                 {"login", std::string("a@b"), "token: "},
                                 {"product_match", std::vector<std::string>{"sku"}, "product_match: "},
                                 {"product_match", std::vector<std::string>{"barcode"}, ""},
                                 {"delivery_as", std::string("position"), "delivery_service: "},
                                 {"delivery_as", std::string("attribute"), "attributes.delivery_fee: "},
                                 {"read_states", std::vector<std::string>{"Мой = somewhere"}, "read_states: "},
                                 {"read_states", std::vector<std::string>{"Мой = lost"}, ""},
                                 {"deal_states", std::vector<std::string>{"EXECUTING"}, "deal_states: "},
                                 {"account_id", std::string("17"), "account_id: "},
                                 {"requests_per_3s", std::int64_t{46}, "requests_per_3s: "},
                                 {"parallel", std::int64_t{5}, "parallel: "},
                                 {"currency", std::string("rub"), "currency: "}}) {
    auto a = account_for_tests();
    a.settings[c.key] = c.value;
    const auto wrong = check_account(a);
    if (std::string_view(c.complaint).empty()) {
      EXPECT_TRUE(wrong.empty()) << c.key << wrong.front();
      continue;
    }
    ASSERT_EQ(wrong.size(), 1U) << c.key;
    EXPECT_TRUE(wrong.front().starts_with(c.complaint)) << wrong.front();
  }
  auto real = account_for_tests();
  real.base_url = "https://api.moysklad.ru";
  EXPECT_EQ(check_account(real).size(), 1U);
}

TEST(moysklad_settings, each_key_has_a_help_and_stands_once) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const setting_spec& s : setting_specs()) {
    EXPECT_FALSE(s.help.empty()) << s.key;
    EXPECT_TRUE(seen.emplace(s.table, s.key).second) << s.table << "." << s.key;
  }
}

// ---- the allowance ---------------------------------------------------------------------------------------------

http_response with_headers(int status, http_headers headers) {
  http_response r;
  r.status = status;
  r.headers = std::move(headers);
  return r;
}

TEST(moysklad_allowance, so_many_in_a_window_and_so_many_at_once) {
  allowance a({4, 2, 3000ms});
  const steady_time t{};
  EXPECT_EQ(a.enter(t + 1h), 0ms);
  EXPECT_EQ(a.enter(t + 1h), 0ms);
  EXPECT_GT(a.enter(t + 1h), 0ms) << "two at once";
  a.leave(t + 1h, nullptr);
  a.leave(t + 1h, nullptr);
  EXPECT_EQ(a.enter(t + 1h), 0ms);
  EXPECT_EQ(a.enter(t + 1h), 0ms);
  a.leave(t + 1h, nullptr);
  a.leave(t + 1h, nullptr);
  EXPECT_EQ(a.enter(t + 1h + 1s), 2000ms) << "four in three seconds";
  EXPECT_EQ(a.enter(t + 1h + 3s), 0ms);
}

TEST(moysklad_allowance, it_waits_as_long_as_it_is_told_and_slows_before_the_end) {
  allowance a({10, 3, 3000ms});
  const steady_time t = steady_time{} + 1h;
  ASSERT_EQ(a.enter(t), 0ms);
  const auto slow = with_headers(429, {{"X-Lognex-Retry-After", "1500"}, {"X-Lognex-Auth", "429002"}});
  a.leave(t, &slow);
  EXPECT_EQ(a.enter(t), 1500ms);
  EXPECT_EQ(a.parallel(), 3);
  ASSERT_EQ(a.enter(t + 2s), 0ms);
  const auto crowd = with_headers(429, {{"X-Lognex-Retry-After", "100"}, {"X-Lognex-Auth", "429005"}});
  a.leave(t + 2s, &crowd);
  EXPECT_EQ(a.parallel(), 2);
  ASSERT_EQ(a.enter(t + 3s), 0ms);
  const auto scarce = with_headers(
      200, {{"X-RateLimit-Limit", "45"}, {"X-RateLimit-Remaining", "5"}, {"X-Lognex-Retry-TimeInterval", "3000"}});
  a.leave(t + 3s, &scarce);
  EXPECT_EQ(a.enter(t + 3s), 1000ms);
  ASSERT_EQ(a.enter(t + 70s), 0ms);
  EXPECT_EQ(a.parallel(), 3) << "after a quiet minute";
}

TEST(moysklad_breaker, identical_failures_rest_and_others_go_on) {
  breaker b;
  const steady_time t = steady_time{} + 1h;
  const fault refused{errc::rejected, "no", {}, "3000"};
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(b.objection("POST a", "", t));
    b.failed("POST a", refused, t);
  }
  const auto shut = b.objection("POST a", "", t + 1s);
  ASSERT_TRUE(shut);
  EXPECT_EQ(shut->code, errc::throttled);
  EXPECT_FALSE(b.objection("POST b", "", t + 1s));
  EXPECT_FALSE(b.objection("POST a", "", t + 61s));
  for (int i = 0; i < 30; ++i) b.sent("/entity/customerorder/x", t);
  EXPECT_TRUE(b.objection("PUT c", "/entity/customerorder/x", t + 1s));
  EXPECT_FALSE(b.objection("PUT c", "/entity/customerorder/y", t + 1s));
  EXPECT_FALSE(b.objection("PUT c", "/entity/customerorder/x", t + 61s));
}

TEST(moysklad_breaker, refused_credentials_stop_everything_for_a_while) {
  breaker b;
  const steady_time t = steady_time{} + 1h;
  b.failed("GET a", {errc::forbidden, "no", {}, "1056"}, t);
  const auto shut = b.objection("GET b", "", t + 1s);
  ASSERT_TRUE(shut);
  EXPECT_EQ(shut->code, errc::forbidden);
  EXPECT_FALSE(b.objection("GET b", "", t + 16min));
}

} // namespace
} // namespace waybill::moysklad::test
