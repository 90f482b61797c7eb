// The pure parts by table, first half: names and numbers, states, errors.
#include "support.hpp"

#include <moysklad/errors.hpp>
#include <moysklad/ids.hpp>

#include <set>

namespace waybill::moysklad::test {
namespace {

using namespace std::chrono_literals;

TEST(moysklad_ids, uuids_are_stable_and_of_version_five) {
  const auto one = sync_id("customerorder", "B24-main-1001");
  EXPECT_EQ(one, sync_id("customerorder", "B24-main-1001"));
  EXPECT_NE(one, sync_id("demand", "B24-main-1001"));
  EXPECT_NE(one, sync_id("customerorder", "B24-main-1001-2"));
  ASSERT_EQ(one.size(), 36U);
  EXPECT_EQ(one[14], '5');
  EXPECT_NE(std::string("89ab").find(one[19]), std::string::npos);
  // What is out there was made under it: the value itself must never change.
  EXPECT_EQ(one, "97d881c7-95b8-575f-b6bb-9c43f15b8ed0");
}

struct scaled_row {
  const char* text;
  int power;
  std::optional<std::int64_t> expected;
};
TEST(moysklad_ids, decimals_without_doubles) {
  for (const auto& [text, power, expected] : std::vector<scaled_row>{{"1.5", 3, 1500},
                                                                     {"149000.0", 0, 149000},
                                                                     {"149000.5", 0, 149001},
                                                                     {"-1.5", 0, -2},
                                                                     {"0.005", 9, 5'000'000},
                                                                     {"5E-4", 6, 500},
                                                                     {"1.2e3", 0, 1200},
                                                                     {"0", 3, 0},
                                                                     {"0.0004", 3, 0},
                                                                     {"0.0005", 3, 1},
                                                                     {"", 0, {}},
                                                                     {".", 0, {}},
                                                                     {"1,5", 0, {}},
                                                                     {"1e99", 0, {}},
                                                                     {"1e", 0, {}},
                                                                     {"NaN", 0, {}},
                                                                     {"12345678901234567890", 0, {}}})
    EXPECT_EQ(scaled(text, power), expected) << text;
  EXPECT_EQ(json::serialize(decimal_of(1500, 3)), "1.5");
  EXPECT_EQ(json::serialize(decimal_of(2000, 3)), "2");
  EXPECT_EQ(json::serialize(decimal_of(-5, 2)), "-0.05");
}

TEST(moysklad_ids, moscow_time_has_no_zone) {
  const auto when = moscow_time("2026-12-01 10:15:31.120");
  ASSERT_TRUE(when);
  EXPECT_EQ(to_iso(*when), "2026-12-01T07:15:31Z");
  EXPECT_EQ(to_moscow(*when), "2026-12-01 10:15:31");
  EXPECT_TRUE(moscow_time("2026-12-01 10:15"));
  EXPECT_FALSE(moscow_time("2026-12-01T10:15:31Z"));
  EXPECT_FALSE(moscow_time("yesterday"));
}

TEST(moysklad_ids, links_give_their_id_whatever_host_they_name) {
  const std::string id = stable_uuid("x");
  EXPECT_EQ(id_in_href("https://api.moysklad.ru/api/remap/1.2/entity/demand/" + id), id);
  EXPECT_EQ(id_in_href("https://evil.test/" + id + "?a=/b"), id);
  EXPECT_EQ(id_in_href("https://api.moysklad.ru/api/remap/1.2/entity/demand"), "");
  EXPECT_EQ(id_in_href(""), "");
}

// ---- states ----------------------------------------------------------------------------------------------------

TEST(moysklad_states, defaults_of_a_new_account) {
  const settings how;
  struct row {
    const char* name;
    const char* kind;
    status of_order, of_demand;
  };
  for (const auto& r : {row{"Новый", "Regular", status::created, status::created},
                        row{"Подтвержден", "Regular", status::created, status::created},
                        row{"Подтверждён", "Regular", status::created, status::created},
                        row{"Собран", "Regular", status::accepted, status::accepted},
                        row{"Отгружен", "Regular", status::in_transit, status::in_transit},
                        row{"Доставлен", "Successful", status::delivered, status::delivered},
                        row{"Возврат", "Unsuccessful", status::returned, status::returning},
                        row{"Отменён", "Unsuccessful", status::cancelled, status::cancelled},
                        row{"Выкуплен", "Successful", status::delivered, status::delivered},
                        row{"Сгорел", "Unsuccessful", status::problem, status::problem}}) {
    const state_info s{"id", r.name, r.kind};
    EXPECT_EQ(meaning_of(how, document::order, s).canonical, r.of_order) << r.name;
    EXPECT_EQ(meaning_of(how, document::demand, s).canonical, r.of_demand) << r.name;
    EXPECT_TRUE(meaning_of(how, document::order, s).known);
  }
  EXPECT_FALSE(meaning_of(how, document::order, {"id", "Ждём оплату", "Regular"}).known);
  EXPECT_EQ(meaning_of(how, document::sales_return, {"id", "Принят", "Successful"}).canonical, status::returned);
  EXPECT_EQ(meaning_of(how, document::sales_return, {"id", "Едет", "Regular"}).canonical, status::returning);
}

TEST(moysklad_states, the_account_s_own_names_come_first) {
  auto a = account_for_tests();
  a.settings["states.ready_for_pickup"] = std::string("Готов к выдаче");
  a.settings["states.in_transit"] = std::string("В пути");
  a.settings["states.out_for_delivery"] = std::string("В пути");
  a.settings["states.delivered"] = std::string("-");
  a.settings["read_states"] = std::vector<std::string>{"Отгружен = out_for_delivery", "Потерян = lost"};
  const auto how = settings_of(a);
  const auto read = [&](const char* name) {
    return meaning_of(how, document::order, {"id", name, "Regular"}).canonical;
  };
  EXPECT_EQ(read("Готов к выдаче"), status::ready_for_pickup);
  EXPECT_EQ(read("В пути"), status::in_transit) << "of several the least";
  EXPECT_EQ(read("Отгружен"), status::out_for_delivery);
  EXPECT_EQ(read("Потерян"), status::lost);
  EXPECT_EQ(state_for(how, document::order, status::in_transit)->name, "В пути");
  EXPECT_TRUE(state_for(how, document::order, status::in_transit)->configured);
  EXPECT_FALSE(state_for(how, document::order, status::delivered));
  EXPECT_EQ(state_for(how, document::demand, status::delivered)->name, "Доставлен");
  EXPECT_FALSE(state_for(how, document::order, status::problem));
}

// ---- errors ----------------------------------------------------------------------------------------------------

http_response refusal(int status, std::int64_t code, const std::string& parameter = {},
                      const std::string& text = "нет") {
  json::object e{{"error", text}, {"code", code}};
  if (!parameter.empty()) e["parameter"] = parameter;
  return json_response(status, json::serialize(json::object{{"errors", json::array{std::move(e)}}}));
}

TEST(moysklad_errors, every_code_of_the_table_means_what_it_says) {
  std::set<std::int64_t> seen;
  for (const error_row& row : error_rows()) {
    EXPECT_TRUE(seen.insert(row.code).second) << row.code;
    const auto f = fault_from(refusal(412, row.code), call_kind::read);
    EXPECT_EQ(f.code, row.meaning) << row.code;
    EXPECT_EQ(f.peer_code, std::to_string(row.code));
  }
}

struct error_case {
  int status;
  std::int64_t code;
  const char* parameter;
  call_kind kind;
  errc expected;
};
TEST(moysklad_errors, statuses_codes_and_places) {
  using enum call_kind;
  for (const auto& c : std::vector<error_case>{{401, 1056, "", read, errc::forbidden},
                                               {403, 3007, "", change, errc::forbidden},
                                               {412, 3000, "name", change, errc::rejected},
                                               {412, 3040, "shipmentAddressFull.house", change, errc::address},
                                               {412, 3040, "name", change, errc::rejected},
                                               {412, 3006, "name", change, errc::conflict},
                                               {400, 2011, "agent", change, errc::protocol},
                                               {400, 1065, "", change, errc::unavailable},
                                               {400, 1083, "", change, errc::outcome_unknown},
                                               {400, 1083, "", read, errc::unavailable},
                                               {412, 11002, "state", change, errc::rejected},
                                               {404, 1021, "", read, errc::not_found},
                                               {409, 1028, "", change, errc::conflict},
                                               {412, 99999, "", change, errc::rejected},
                                               {500, 3000, "", change, errc::outcome_unknown}})
    EXPECT_EQ(fault_from(refusal(c.status, c.code, c.parameter), c.kind).code, c.expected) << c.status << " " << c.code;
}

TEST(moysklad_errors, answers_that_are_no_json) {
  const auto of = [](int status, call_kind kind) {
    http_response r;
    r.status = status;
    r.body = status == 415 ? "" : "<html><h1>nginx</h1></html>";
    return fault_from(r, kind);
  };
  EXPECT_EQ(of(415, call_kind::read).code, errc::protocol);
  EXPECT_EQ(of(502, call_kind::read).code, errc::unavailable);
  EXPECT_EQ(of(502, call_kind::change).code, errc::outcome_unknown);
  EXPECT_EQ(of(404, call_kind::read).code, errc::not_found);
  EXPECT_EQ(of(403, call_kind::read).code, errc::forbidden);
  EXPECT_EQ(of(301, call_kind::read).code, errc::protocol);
}

TEST(moysklad_errors, waits_are_milliseconds_and_texts_are_harmless) {
  auto slow = refusal(429, 1049);
  slow.headers.emplace_back("x-lognex-retry-after", "1700");
  const auto f = fault_from(slow, call_kind::change);
  EXPECT_EQ(f.code, errc::throttled);
  EXPECT_EQ(f.retry_after, 1700ms);
  EXPECT_EQ(fault_from(refusal(429, 1073), call_kind::read).retry_after, 3000ms);
  const auto rude = fault_from(refusal(412, 3000, "phone", "+7 916 000-11-22\nkotova@example.ru"), call_kind::change);
  EXPECT_EQ(rude.what.find("916"), std::string::npos) << rude.what;
  EXPECT_EQ(rude.what.find("kotova"), std::string::npos);
  EXPECT_EQ(rude.what.find('\n'), std::string::npos);
  // Many objects at once answer with an array.
  const auto many =
      json::parse(R"([{"id":"x"},{"errors":[{"code":3000,"error":"a"}]},{"errors":[{"code":1016,"error":"b"}]}])");
  ASSERT_TRUE(many);
  EXPECT_EQ(errors_in(*many).size(), 2U);
}

} // namespace
} // namespace waybill::moysklad::test
