// CDEK's answers and notices -> our facts: shapes, order of events, the unexpected.
#include "support.hpp"

namespace waybill::cdek::test {
namespace {

const std::string uuid = "3a1e2f40-51b2-4c63-8d74-9e85af96b0c1";
const std::string back_uuid = "4b1e2f40-51b2-4c63-8d74-9e85af96b0c2";

order_facts read(const std::string& entity, const std::string& requests = "[]", const std::string& related = "[]") {
  const auto answer = json::parse("{\"entity\":{\"uuid\":\"" + uuid + "\"" + (entity.empty() ? "" : ",") + entity +
                                  "},\"requests\":" + requests + ",\"related_entities\":" + related + "}");
  EXPECT_TRUE(answer) << answer.error().what;
  auto facts = read_order(settings_of(account_for_tests()), *answer);
  EXPECT_TRUE(facts) << facts.error().what;
  return *facts;
}

TEST(cdek_answers, the_verdict) {
  struct row {
    const char *entity, *requests;
    order_phase expected;
  };
  const row rows[] = {
      {"", "[]", order_phase::pending},
      {"", R"([{"type":"CREATE","state":"ACCEPTED","date_time":"2026-11-03T10:00:00+0000"}])", order_phase::pending},
      {"", R"([{"type":"CREATE","state":"WAITING"}])", order_phase::pending},
      {"", R"([{"type":"CREATE","state":"SUCCESSFUL"}])", order_phase::pending}, // the number comes a moment later
      {R"("cdek_number":"10")", R"([{"type":"CREATE","state":"SUCCESSFUL"}])", order_phase::active},
      {R"("cdek_number":10)", "[]", order_phase::active}, // a number instead of text, requests left out
      {"", R"([{"type":"CREATE","state":"INVALID","errors":[{"code":"code_invalid","message":"m"}]}])",
       order_phase::refused},
      {R"("statuses":[{"code":"INVALID","date_time":"2026-11-03T10:00:00+0000"}])", "[]", order_phase::refused},
      // The newest of a type counts, wherever it stands.
      {"", R"([{"type":"CREATE","state":"ACCEPTED","date_time":"2026-11-03T10:00:00+0000"},
               {"type":"CREATE","state":"INVALID","date_time":"2026-11-03T10:00:05+0000","errors":[]}])",
       order_phase::refused},
      {"", R"([{"type":"CREATE","state":"INVALID","date_time":"2026-11-03T10:00:00+0000"},
               {"type":"CREATE","state":"ACCEPTED","date_time":"2026-11-03T10:00:05+0000"}])",
       order_phase::pending},
      {R"("cdek_number":"10")", R"([{"type":"DELETE","state":"SUCCESSFUL"},{"type":"CREATE","state":"SUCCESSFUL"}])",
       order_phase::cancelled},
  };
  for (const row& r : rows) EXPECT_EQ(read(r.entity, r.requests).order.phase, r.expected) << r.entity << r.requests;
}

TEST(cdek_answers, changes_under_way_and_refused) {
  const std::string created = R"({"type":"CREATE","state":"SUCCESSFUL","date_time":"2026-11-03T10:00:00+0000"})";
  auto f = read(R"("cdek_number":"10")",
                "[" + created + R"(,{"type":"UPDATE","state":"ACCEPTED","date_time":"2026-11-03T11:00:00+0000"}])");
  EXPECT_TRUE(f.order.change_pending);
  EXPECT_FALSE(f.order.change_refused);
  f = read(R"("cdek_number":"10")",
           "[" + created +
               R"(,{"type":"UPDATE","state":"SUCCESSFUL","date_time":"2026-11-03T11:00:00+0000"},
      {"type":"DELETE","state":"INVALID","date_time":"2026-11-03T12:00:00+0000","errors":[{"code":"v2_order_forbidden","message":"moves"}]}])");
  EXPECT_FALSE(f.order.change_pending);
  ASSERT_TRUE(f.order.change_refused);
  EXPECT_EQ(f.order.change_refused->code, errc::conflict);
  f = read(R"("cdek_number":"10")",
           "[" + created +
               R"(,{"type":"UPDATE","state":"SUCCESSFUL","date_time":"2026-11-03T13:00:00+0000"},
      {"type":"DELETE","state":"INVALID","date_time":"2026-11-03T12:00:00+0000"}])");
  EXPECT_FALSE(f.order.change_refused) << "an older refusal is history";
}

TEST(cdek_answers, events_in_order_with_ties_withdrawn_ones_and_offsets) {
  const auto f = read(R"("cdek_number":"10","statuses":[
    {"code":"DELIVERED","name":"Вручен","date_time":"2026-11-06T10:00:00+0000","deleted":true,"city":"Санкт-Петербург"},
    {"code":"TAKEN_BY_COURIER","date_time":"2026-11-06T12:00:00+0300","city":"Санкт-Петербург"},
    {"code":"ACCEPTED_IN_RECIPIENT_CITY","date_time":"2026-11-06T09:00:00+0000","city":"Санкт-Петербург"},
    {"code":"NEVER_SEEN_BEFORE","date_time":"2026-11-05T09:00:00+00:00"},
    {"code":"CREATED","date_time":"2026-11-03T10:00:02+0000"},
    {"code":"ACCEPTED","date_time":"2026-11-03T10:00:02+0000"},
    {"code":"BROKEN","date_time":"yesterday"}, {"date_time":"2026-11-03T10:00:02+0000"}, 5]
  )");
  const auto& e = f.order.events;
  ASSERT_EQ(e.size(), 5U);
  EXPECT_EQ(e[0].code, "ACCEPTED");
  EXPECT_EQ(e[1].code, "CREATED");
  EXPECT_EQ(e[1].when - e[0].when, std::chrono::milliseconds(1)) << "the nearer to the start is the newer";
  EXPECT_EQ(e[2].code, "NEVER_SEEN_BEFORE");
  EXPECT_FALSE(e[2].known);
  EXPECT_EQ(e[3].code, "MET_AT_RECIPIENT_OFFICE") << "older names become the present one";
  EXPECT_EQ(e[4].code, "TAKEN_BY_COURIER");
  EXPECT_EQ(e[4].place, "Санкт-Петербург");
  EXPECT_EQ(f.last_status, "TAKEN_BY_COURIER");
}

TEST(cdek_answers, reasons_and_problems_are_told_in_words) {
  const auto f = read(
      R"("cdek_number":"10","statuses":[{"code":"NOT_DELIVERED","name":"Не вручен","reason_code":"12","date_time":"2026-11-06T10:00:00+0000"}],
    "delivery_problem":[{"code":"42","create_date":"2026-11-05T10:00:00+0000"},{"code":"999","create_date":"2026-11-05T11:00:00+0000"}],
    "calls":{"failed_calls":[{"date_time":"2026-11-05T09:00:00+0000","reason_code":2}]},
    "delay_reasons":[{"create_date":"2026-11-05","description":"Погодные условия"}])");
  const auto& e = f.order.events;
  ASSERT_EQ(e.size(), 3U);
  EXPECT_EQ(e[0].code, "DELIV_PROBLEM/42");
  EXPECT_EQ(e[0].canonical, status::problem);
  EXPECT_NE(e[0].text.find("пропуск"), std::string::npos);
  EXPECT_NE(e[1].text.find("999"), std::string::npos);
  EXPECT_NE(e[2].text.find("качеству"), std::string::npos);
  EXPECT_EQ(f.last_status, "NOT_DELIVERED");
  EXPECT_EQ(f.order.warnings, (std::vector<std::string>{"Погодные условия", "Не дозвонились: не берёт трубку"}));
}

TEST(cdek_answers, what_was_handed_over_is_told_in_the_order_of_the_goods) {
  const struct {
    const char* name;
    const char* packages;
    std::vector<std::int64_t> units;
  } rows[] = {
      {"packages by their numbers",
       R"([{"number":"W-1-2","items":[{"name":"b","amount":1,"delivery_amount":0}]},
           {"number":"W-1-1","items":[{"name":"a","amount":3,"delivery_amount":2}]}])",
       {2, 0}},
      {"positions of one article over the carrier's limit",
       R"([{"number":"W-1-1","items":[{"name":"a","cost":5,"amount":999,"delivery_amount":999},
           {"name":"a","cost":5,"amount":501,"delivery_amount":1},{"name":"b","cost":5,"amount":1,"delivery_amount":1}]}])",
       {1000, 1}},
      {"a figure is missing",
       R"([{"number":"W-1-1","items":[{"name":"a","amount":3,"delivery_amount":2},{"name":"b","amount":1}]}])",
       {}},
      {"more than was sent", R"([{"number":"W-1-1","items":[{"name":"a","amount":3,"delivery_amount":4}]}])", {}},
      {"none yet", R"([{"number":"W-1-1","items":[{"name":"a","amount":3}]}])", {}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(read(R"("cdek_number":"10","packages":)" + std::string(row.packages)).order.handed_over, row.units)
        << row.name;
}

TEST(cdek_answers, money_dates_points_and_warnings) {
  const auto f = read(
      R"("cdek_number":"1000000001","type":1,"number":"W-1","planned_delivery_date":"2026-11-06","keep_free_until":"2026-11-13T20:59:59+0000",
    "delivery_point":"SPB44","delivery_detail":{"delivery_sum":310.0,"total_sum":324.9,"payment_sum":4279.5})",
      R"([{"type":"CREATE","state":"SUCCESSFUL","warnings":[{"code":"v2_delivery_point_changed","message":"Заменён ПВЗ"}]}])");
  const carrier_order& o = f.order;
  EXPECT_EQ(o.cost->minor, 324'90);
  EXPECT_EQ(o.collected->minor, 4279'50);
  EXPECT_EQ(o.planned_date, "2026-11-06");
  EXPECT_EQ(o.kept_until, "2026-11-13");
  EXPECT_EQ(o.pickup_point, "SPB44");
  EXPECT_EQ(o.warnings, std::vector<std::string>{"Заменён ПВЗ"});
  EXPECT_EQ(o.tracking_url, "https://www.cdek.ru/ru/tracking/?order_id=1000000001");
  EXPECT_EQ(o.reference, "W-1");
}

TEST(cdek_answers, relatives) {
  const auto f = read(R"("cdek_number":"10")", "[]",
                      R"([{"type":"return_order","uuid":")" + back_uuid +
                          R"(","cdek_number":"77"},{"type":"waybill","uuid":"x"}, 1])");
  EXPECT_EQ(f.order.return_order_id, back_uuid);
  EXPECT_EQ(f.order.return_number, "77");
  const auto back = read(
      R"("is_return":true,"cdek_number":"77","statuses":[{"code":"DELIVERED","date_time":"2026-11-20T10:00:00+0000"}])");
  EXPECT_TRUE(back.way_back);
  EXPECT_EQ(back.order.events[0].canonical, status::returned);
}

TEST(cdek_answers, broken_ones_are_protocol_faults) {
  for (const char* text : {"{}", "[]", R"({"entity":5})", R"({"entity":{}})", R"({"entity":{"uuid":"../../x"}})"}) {
    const auto got = read_order(settings_of(account_for_tests()), *json::parse(text));
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, errc::protocol);
  }
}

TEST(cdek_answers, forms) {
  const auto form = [](const char* text) { return read_form(*json::parse(text)); };
  EXPECT_EQ(form(R"({"entity":{"statuses":[{"code":"ACCEPTED"},{"code":"PROCESSING"}]}})").now,
            form_state::step::working);
  EXPECT_EQ(form(R"({"entity":{"statuses":[{"code":"READY"},{"code":"ACCEPTED"}]}})").now, form_state::step::ready);
  EXPECT_EQ(form(R"({"entity":{"statuses":[{"code":"INVALID"}]}})").now, form_state::step::failed);
  EXPECT_EQ(form(R"({"entity":{"statuses":[{"code":"READY"},{"code":"REMOVED"}]}})").why.code, errc::not_found);
  EXPECT_EQ(form(R"({"entity":{}})").now, form_state::step::working);
}

TEST(cdek_answers, prices) {
  const auto how = settings_of(account_for_tests());
  const auto one = read_tariff(
      137,
      *json::parse(
          R"({"delivery_sum":310.0,"period_min":2,"period_max":3,"calendar_min":2,"calendar_max":4,"total_sum":324.9,"currency":"RUB"})"));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->cost.minor, 324'90);
  EXPECT_EQ(one->days_max, 4);
  const auto list = read_tariff_list(
      how,
      *json::parse(
          R"({"tariff_codes":[{"tariff_code":136,"tariff_name":"Посылка","delivery_sum":250,"period_min":1,"period_max":2},
    {"tariff_code":11,"delivery_sum":1}, {"tariff_code":137}, 7]})"));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1U) << "only configured tariffs with a price";
  EXPECT_EQ((*list)[0].days_min, 1);
  EXPECT_EQ(
      read_tariff_list(
          how, *json::parse(R"({"tariff_codes":[],"errors":[{"code":"err_result_servicelist_empty","message":"x"}]})"))
          .error()
          .code,
      errc::rejected);
  EXPECT_EQ(read_tariff(1, *json::parse("{}")).error().code, errc::protocol);
}

// ---- notices ---------------------------------------------------------------------------------------------------

result<std::vector<carrier_notice>> notice(const std::string& body) {
  http_request rq;
  rq.method = "POST";
  rq.body = body;
  return read_webhook(rq);
}

std::string of_type(const std::string& type, const std::string& attributes) {
  return R"({"type":")" + type + R"(","date_time":"2026-11-05T08:31:07+0000","uuid":")" + uuid + R"(","attributes":{)" +
         attributes + "}}";
}

TEST(cdek_notices, every_type) {
  struct row {
    const char *type, *attributes, *what;
    bool relevant;
  };
  const row rows[] = {
      {"ORDER_STATUS",
       R"("number":"W-1","cdek_number":"10","code":"DELIVERED ","status_code":"4","status_date_time":"2026-11-05T08:31:05+0000")",
       "ORDER_STATUS DELIVERED", true},
      {"ORDER_STATUS", R"("number":"W-1","code":"DELIVERED","deleted":true)", "ORDER_STATUS DELIVERED", true},
      {"ORDER_MODIFIED",
       R"("number":"W-1","modification_type":"PLANED_DELIVERY_DATE_CHANGED","new_value":{"type":"DATE","value":"2026-11-09"})",
       "ORDER_MODIFIED PLANED_DELIVERY_DATE_CHANGED", true},
      {"DELIV_PROBLEM", R"("number":"W-1","code":"13","create_date":"2026-11-05T08:31:05+0000")", "DELIV_PROBLEM 13",
       true},
      {"DELIV_AGREEMENT", R"("delivery_uuid":"x","date":"2026-11-09")", "DELIV_AGREEMENT", true},
      {"PRINT_FORM", R"("type":"WAYBILL","url":"https://api.cdek.ru/x.pdf")", "PRINT_FORM", false},
      {"RECEIPT", "", "RECEIPT", false},
      {"PREALERT_CLOSED", R"("prealert_number":"1")", "PREALERT_CLOSED", false},
      {"ACCOMPANYING_WAYBILL", R"("client_name":"x")", "ACCOMPANYING_WAYBILL", false},
      {"OFFICE_AVAILABILITY", R"("type":"UNAVAILABLE_OFFICE","code":"SPB12")", "OFFICE_AVAILABILITY", false},
      {"COURIER_INFO", R"("task_type":"DELIVERY")", "COURIER_INFO", false},
      {"DOWNLOAD_PHOTO", "", "DOWNLOAD_PHOTO", false},
      {"SOMETHING_NEW", "", "SOMETHING_NEW", false},
  };
  for (const row& r : rows) {
    const auto got = notice(of_type(r.type, r.attributes));
    ASSERT_TRUE(got) << r.type << got.error().what;
    ASSERT_EQ(got->size(), 1U);
    EXPECT_EQ((*got)[0].what, r.what);
    EXPECT_EQ((*got)[0].relevant, r.relevant) << r.type;
    if (r.relevant) { EXPECT_EQ((*got)[0].order_id, uuid); }
  }
}

TEST(cdek_notices, the_way_back_belongs_to_the_direct_order) {
  const std::string direct =
      R"("related_entities":[{"type":"direct_order","cdek_number":"10","uuid":")" + back_uuid + R"("}])";
  auto got = notice(of_type("ORDER_STATUS", R"("is_return":true,"number":"W-1","code":"DELIVERED",)" + direct));
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ((*got)[0].order_id, back_uuid);
  EXPECT_EQ((*got)[0].reference, "W-1");
  // Without the link only the reference leads anywhere.
  got = notice(of_type("ORDER_STATUS", R"("is_return":true,"number":"W-1","code":"DELIVERED")"));
  EXPECT_TRUE((*got)[0].order_id.empty());
  EXPECT_TRUE((*got)[0].relevant);
  got = notice(of_type("ORDER_STATUS", R"("is_return":true,"code":"DELIVERED")"));
  EXPECT_FALSE((*got)[0].relevant);
  // A return that we asked for is known by its own uuid, too.
  got = notice(
      of_type("ORDER_STATUS",
              R"("is_client_return":true,"code":"CREATED","related_entities":[{"type":"client_direct_order","uuid":")" +
                  back_uuid + R"("}])"));
  ASSERT_EQ(got->size(), 2U);
  EXPECT_EQ((*got)[0].order_id, uuid);
  EXPECT_EQ((*got)[1].order_id, back_uuid);
}

TEST(cdek_notices, malformed_ones_are_refused) {
  const std::string rows[] = {"",
                              "[]",
                              "{",
                              "{}",
                              R"({"type":{}})",
                              R"({"type":"ORDER_STATUS"})",
                              R"({"type":"ORDER_STATUS","uuid":"x","attributes":{"code":"DELIVERED"}})",
                              R"({"type":"ORDER_STATUS","uuid":")" + uuid + "\"}",
                              of_type("ORDER_STATUS", ""),
                              "{\"type\":\"ORDER_STATUS\",\"x\":\"" + std::string(70'000, 'x') + "\"}",
                              std::string(5000, '[')};
  for (const std::string& body : rows) {
    const auto got = notice(body);
    ASSERT_FALSE(got) << body.substr(0, 80);
    EXPECT_EQ(got.error().code, errc::bad_input);
  }
  http_request get;
  get.method = "GET";
  EXPECT_FALSE(read_webhook(get));
}

TEST(cdek_notices, nothing_strange_reaches_the_log) {
  const auto got = notice(of_type("ORDER_STATUS", R"("code":"X\nY<script>","number":"W-1\n")"));
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)[0].what, "ORDER_STATUS XYscript");
  EXPECT_TRUE((*got)[0].reference.empty());
}

} // namespace
} // namespace waybill::cdek::test
