// Tables: events, states, words of refusals, services, settings.
#include "support.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <dpd/errors.hpp>
#include <dpd/settings.hpp>
#include <dpd/statuses.hpp>

namespace waybill::dpd::test {
namespace {

TEST(dpd_dictionary, every_event_has_one_meaning) {
  const std::pair<status, std::vector<int>> groups[] = {
      {status::created, {1001, 1401, 1501}},
      {status::accepted, {1601}},
      {status::in_transit, {1701, 1801, 1802, 2101, 2202, 2205, 2302, 2303, 2306, 2310}},
      {status::ready_for_pickup, {2201}},
      {status::out_for_delivery, {2301, 2304}},
      {status::problem, {1101, 1201, 2307, 2401, 2402, 2404, 2405, 2406, 2407, 2408, 2409, 2410, 2411, 3302, 3701}},
      {status::returning, {2102, 2203, 2204, 2305, 2309, 2416}},
      {status::returned, {3306}},
      {status::delivered, {3304, 3305}},
      {status::lost, {3301, 3303}},
      {status::cancelled, {1301, 2501, 2901}}};
  std::size_t moving = 0;
  for (const auto& [expected, numbers] : groups)
    for (const int n : numbers) {
      const auto m = meaning_of_event(std::to_string(n), false);
      EXPECT_TRUE(m.moves && m.listed) << n;
      EXPECT_EQ(m.canonical, expected) << n;
      ++moving;
    }
  std::set<int> seen;
  for (const auto& row : event_rows()) {
    EXPECT_TRUE(seen.insert(row.number).second) << row.number;
    EXPECT_FALSE(row.name.empty());
    if (row.canonical) {
      ASSERT_GT(moving, 0U);
      --moving;
    } else {
      const auto m = meaning_of_event(std::to_string(row.number), true);
      EXPECT_TRUE(m.listed && !m.moves) << row.number;
    }
  }
  EXPECT_EQ(moving, 0U); // no row moves something that this list lacks
  EXPECT_EQ(seen.size(), 75U);
  for (const char* unknown : {"", "9999", "OrderReady", "22 01"}) {
    const auto m = meaning_of_event(unknown, false);
    EXPECT_FALSE(m.moves || m.listed) << unknown;
  }
  EXPECT_EQ(meaning_of_event("3304", true).canonical, status::partially_delivered);
  EXPECT_EQ(meaning_of_event("2201", true).canonical, status::ready_for_pickup);
}

TEST(dpd_dictionary, states_of_the_history) {
  const struct {
    const char* state;
    bool to_point, back;
    status expected;
  } rows[] = {{"NewOrderByClient", false, false, status::created},
              {"NewOrderByDPD", false, false, status::created},
              {"OnTerminalPickup", false, false, status::accepted},
              {"OnRoad", false, false, status::in_transit},
              {"OnTerminal", true, false, status::in_transit},
              {"OnTerminalDelivery", true, false, status::ready_for_pickup},
              {"OnTerminalDelivery", false, false, status::in_transit},
              {"Delivering", false, false, status::out_for_delivery},
              {"Delivered", false, false, status::delivered},
              {"Delivered", false, true, status::returned},
              {"OnRoad", false, true, status::returning},
              {"OnTerminalDelivery", true, true, status::returning},
              {"Lost", false, false, status::lost},
              {"Lost", false, true, status::lost},
              {"Problem", false, false, status::problem},
              {"ReturnedFromDelivery", false, false, status::problem},
              {"NotDone", false, false, status::cancelled}};
  for (const auto& row : rows) {
    const auto m = meaning_of_state(row.state, row.to_point, row.back);
    EXPECT_TRUE(m.moves) << row.state;
    EXPECT_EQ(m.canonical, row.expected) << row.state;
  }
  EXPECT_FALSE(meaning_of_state("Flying", false, false).moves);
  for (const char* last : {"Delivered", "Lost", "NotDone"}) EXPECT_TRUE(ends_a_parcel(last)) << last;
  for (const char* other : {"OnRoad", "Problem", "Flying"}) EXPECT_FALSE(ends_a_parcel(other)) << other;
}

// ---- errors ----

soap::fault_said fault_said(const std::string& code, const std::string& text, const std::string& detail_code,
                            const std::string& message, soap::message& keeps) {
  soap::writer w;
  w.put("code", detail_code).put("message", message);
  const soap::fault_to_say say{code, text, "urn:s", "WSFault", w.take()};
  auto m = soap::read_message(soap::fault_envelope(say));
  EXPECT_TRUE(m && m->fault);
  keeps = std::move(*m);
  return *keeps.fault;
}

TEST(dpd_errors, soap_faults) {
  const auto change = call_kind::change, read = call_kind::read;
  const struct {
    const char* name;
    std::string code, text, detail_code, message;
    asked_about about;
    errc expected;
  } rows[] = {
      {"key", "Server", "Ошибка", "", "Неверный ключ clientKey", {read, false, false}, errc::forbidden},
      {"access", "Server", "Доступ запрещён", "", "", {change, false, false}, errc::forbidden},
      {"auth code", "Server", "", "AUTH_FAILED", "", {change, false, false}, errc::forbidden},
      {"авторизация", "Server", "Ошибка авторизации", "", "", {read, false, false}, errc::forbidden},
      {"not the bare words",
       "Server",
       "Сервис недоступен, исключение",
       "",
       "",
       {read, false, false},
       errc::unavailable},
      {"dispatch", "Client", "Cannot find dispatch method for {x}y", "", "", {change, false, false}, errc::protocol},
      {"client", "Client", "что-то", "", "", {change, false, false}, errc::protocol},
      {"no data", "Server", "", "no-data-found", "", {read, true, false}, errc::not_found},
      {"not found", "Server", "Заказ не найден", "", "", {read, true, false}, errc::not_found},
      {"not found, but no lookup", "Server", "Заказ не найден", "", "", {change, false, false}, errc::outcome_unknown},
      {"place", "Server", "", "", "Неоднозначно задан населённый пункт", {read, false, true}, errc::address},
      {"place elsewhere", "Server", "", "", "населенный пункт", {read, false, false}, errc::unavailable},
      {"other, change", "Server", "NullPointerException", "", "", {change, false, false}, errc::outcome_unknown},
      {"other, read", "Server", "NullPointerException", "", "", {read, false, false}, errc::unavailable},
  };
  for (const auto& row : rows) {
    soap::message keeps;
    const auto f = fault_from(fault_said(row.code, row.text, row.detail_code, row.message, keeps), row.about);
    EXPECT_EQ(f.code, row.expected) << row.name << ": " << f.what;
  }
}

TEST(dpd_errors, an_ambiguous_city_names_the_choices) {
  const std::string text = soap::fault_envelope(
      {"Server", "x", "urn:s", "ServiceCostFault2",
       "<code>too-many-rows</code><deliveryDups><cityId>1</cityId><regionName>Ленинградская</"
       "regionName><cityName>Кировск"
       "</cityName></deliveryDups><deliveryDups><regionName>Мурманская</regionName><cityName>Кировск</cityName>"
       "</deliveryDups><message>неясно</message>"});
  const auto m = soap::read_message(text);
  ASSERT_TRUE(m && m->fault);
  const auto f = fault_from(*m->fault, {call_kind::read, false, true});
  EXPECT_EQ(f.code, errc::address);
  EXPECT_NE(f.what.find("Кировск (Мурманская)"), std::string::npos) << f.what;
}

TEST(dpd_errors, statuses_of_http) {
  const struct {
    int status;
    errc read, change;
  } rows[] = {{429, errc::throttled, errc::throttled},         {503, errc::throttled, errc::outcome_unknown},
              {502, errc::unavailable, errc::outcome_unknown}, {504, errc::unavailable, errc::outcome_unknown},
              {500, errc::unavailable, errc::outcome_unknown}, {200, errc::unavailable, errc::outcome_unknown},
              {401, errc::forbidden, errc::forbidden},         {403, errc::forbidden, errc::forbidden},
              {404, errc::protocol, errc::protocol},           {302, errc::protocol, errc::protocol}};
  for (const auto& row : rows) {
    http_response r;
    r.status = row.status;
    r.body = "<html/>";
    EXPECT_EQ(fault_from(r, call_kind::read).code, row.read) << row.status;
    EXPECT_EQ(fault_from(r, call_kind::change).code, row.change) << row.status;
  }
  http_response slow;
  slow.status = 429;
  slow.headers.emplace_back("Retry-After", "7");
  EXPECT_EQ(fault_from(slow, call_kind::read).retry_after, std::chrono::seconds(7));
}

TEST(dpd_errors, refused_orders) {
  const struct {
    const char* message;
    errc expected;
  } rows[] = {{"Не найден адрес получателя", errc::address},
              {"Неверно указан ГОРОД доставки", errc::address},
              {"Населённый пункт не определён", errc::address},
              {"Не указана улица", errc::address},
              {"Индекс не соответствует", errc::address},
              {"Терминал 999 не найден", errc::address},
              {"Пункт выдачи закрыт", errc::address},
              {"Подразделение не существует", errc::address},
              {"На терминале превышен вес", errc::rejected},
              {"Услуга не предусмотрена договором", errc::rejected},
              {"", errc::rejected}};
  for (const auto& row : rows) EXPECT_EQ(refused_order(row.message).code, row.expected) << row.message;
  EXPECT_EQ(refused_order("Телефон +7 916 000-11-22").what.find("916"), std::string::npos);
  EXPECT_EQ(refused_label("У заказа дата забора ранее текущей даты").code, errc::conflict);
  for (const auto& row : word_rows()) EXPECT_EQ(lower_text(row.word), row.word);
}

// ---- settings ----

TEST(dpd_settings, services) {
  const struct {
    const char* text;
    const char* remedy; // part of the fault; empty: fine
  } rows[] = {{"PCL", ""},
              {"PCL:ДТ", ""},
              {"NDY:ТТ", ""},
              {"РСL", "Cyrillic letters that look like Latin"},
              {"PCL:TT", "type it anew in Cyrillic"}, // Latin
              {"PCL:ДT", "type it anew in Cyrillic"}, // half Latin
              {"PCL:Д", "one of ДД"},
              {"PCL:ДТТ", "one of ДД"},
              {"PCL:", "one of ДД"},
              {"pcl", "such as PCL"},
              {"136", "such as PCL"},
              {"", "such as PCL"}};
  for (const auto& row : rows) {
    const auto s = parse_service(row.text);
    EXPECT_EQ(s.has_value(), std::string_view(row.remedy).empty()) << row.text;
    if (!s) { EXPECT_NE(s.error().what.find(row.remedy), std::string::npos) << s.error().what; }
  }
  const auto both = parse_service("PCL:ТД");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->from, end::point);
  EXPECT_EQ(both->to, end::door);
}

TEST(dpd_settings, what_check_says) {
  EXPECT_TRUE(check_account(account_for_tests()).empty());
  const struct {
    const char* key;
    setting_value value;
    const char* expected;
  } rows[] = {{"client_number", std::string("10-07"), "client_number: "},
              {"pickup_time_period", std::string("18-9"), "pickup_time_period: "},
              {"pickup_days_ahead", std::int64_t{30}, "pickup_days_ahead: "},
              {"utc_offset_hours", std::int64_t{20}, "utc_offset_hours: "},
              {"sender.terminal_code", std::string("М07"), "sender.terminal_code: "}, // Cyrillic
              {"sender.city", std::string(), "sender.city: "},
              {"options", std::vector<std::string>{"СМС"}, "alphabet"},
              {"options", std::vector<std::string>{"ОЖД=TRY"}, "parameter"}};
  for (const auto& row : rows) {
    auto a = account_for_tests();
    a.settings[row.key] = row.value;
    const auto wrong = check_account(a);
    ASSERT_FALSE(wrong.empty()) << row.key;
    EXPECT_TRUE(std::ranges::any_of(wrong, [&](const auto& w) { return w.find(row.expected) != std::string::npos; }))
        << row.key << ": " << wrong.front();
  }
  auto no_start = account_for_tests();
  no_start.settings["sender.terminal_code"] = std::string();
  no_start.settings["sender.street"] = std::string();
  EXPECT_GE(check_account(no_start).size(), 2U); // no place to start from, and a tariff from the door
  auto plain = account_for_tests();
  plain.base_url = "http://ws.dpd.ru";
  EXPECT_EQ(check_account(plain).size(), 2U);
}

} // namespace
} // namespace waybill::dpd::test
