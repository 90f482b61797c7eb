// Events and the robot of a portal: who is believed, what is queued, what is answered.
#include "fixture.hpp"

#include <workflow/jobs.hpp>

#include <gmock/gmock.h>

namespace {

using namespace waybill;
using namespace waybill::test;

class bitrix24_ingress : public ingress_fixture {
 protected:
  explicit bitrix24_ingress(std::int64_t depth = 1'000'000) : ingress_fixture(depth) {}
  static std::string event(const std::string& deal, const std::string& token, const std::string& more = {},
                           const std::string& name = "ONCRMDEALUPDATE") {
    return "event=" + name + "&data%5BFIELDS%5D%5BID%5D=" + deal + "&ts=1&auth%5Bapplication_token%5D=" + token + more;
  }
  static constexpr const char* first = "first-token-0000000000000000000000";
  static constexpr const char* second = "second-token-000000000000000000000";
  static constexpr const char* lane = "bitrix24:main";
};

TEST_F(bitrix24_ingress, each_of_the_tokens_opens_and_nothing_else_does) {
  const struct {
    const char* name;
    std::string body;
    int status;
  } rows[] = {
      {"first token", event("11", first), 200},
      {"second token", event("12", second), 200},
      {"both in one", event("13", std::string(first) + second), 403},
      {"prefix of one", event("14", std::string(first).substr(0, 10)), 403},
      {"empty", event("15", ""), 403},
      {"none", "event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=16", 403},
      {"the last of two counts", event("17", first, std::string("&auth%5Bapplication_token%5D=") + "wrong"), 403},
  };
  for (const auto& row : rows) EXPECT_EQ(send("/bitrix24/main/events", row.body).status, row.status) << row.name;
  std::vector<std::int64_t> deals;
  for (const auto& j : queued(lane)) deals.push_back(workflow::read_payload(j).deal);
  EXPECT_THAT(deals, testing::ElementsAre(11, 12));
}

TEST_F(bitrix24_ingress, a_portal_without_tokens_believes_nobody) {
  EXPECT_EQ(send("/bitrix24/tokenless/events", event("7", first)).status, 403);
  EXPECT_EQ(send("/bitrix24/tokenless/events", event("7", "")).status, 403);
  EXPECT_EQ(send("/bitrix24/tokenless/robot/x", "document_id%5B2%5D=DEAL_7").status, 403);
  EXPECT_THAT(queued("bitrix24:tokenless"), testing::IsEmpty());
}

TEST_F(bitrix24_ingress, the_member_id_must_fit_where_it_is_known) {
  const std::string path = "/bitrix24/member/events", right = "&auth%5Bmember_id%5D=0123456789abcdef";
  EXPECT_EQ(send(path, event("7", first)).status, 403);
  EXPECT_EQ(send(path, event("7", first, "&auth%5Bmember_id%5D=ffffffffffffffff")).status, 403);
  EXPECT_EQ(send(path, event("7", "wrong", right)).status, 403);
  EXPECT_EQ(send(path, event("7", first, right)).status, 200);
  const std::string robot = "/bitrix24/member/robot/robot-secret-0123456789", document = "document_id%5B2%5D=DEAL_8";
  EXPECT_EQ(send(robot, document).status, 403);
  EXPECT_EQ(send(robot, document + right).status, 200);
  EXPECT_EQ(queued("bitrix24:member").size(), 2U);
}

TEST_F(bitrix24_ingress, the_job_names_the_deal_and_keeps_its_order) {
  EXPECT_EQ(send("/bitrix24/main/events", event("759", first, {}, "onCrmDealAdd")).status, 200);
  const auto jobs = queued(lane);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].kind, "deal");
  EXPECT_EQ(jobs[0].key, store::order_key("main", 759));
  EXPECT_FALSE(jobs[0].trace.empty());
  EXPECT_FALSE(workflow::read_payload(jobs[0]).forced);
}

TEST_F(bitrix24_ingress, repeats_are_one_job_and_are_said_to_be_known) {
  const auto fresh = send("/bitrix24/main/events", event("7", first));
  EXPECT_EQ(fresh.body, R"({"accepted":true})");
  for (int i = 0; i < 5; ++i) {
    const auto again = send("/bitrix24/main/events", event("7", i % 2 == 0 ? first : second));
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, R"({"accepted":true,"known":true})");
  }
  send("/bitrix24/main/robot/robot-secret-0123456789", "document_id%5B2%5D=DEAL_7"); // the same deal, another way in
  EXPECT_EQ(queued(lane).size(), 1U);
  EXPECT_EQ(send("/bitrix24/main/events", event("8", first)).body, R"({"accepted":true})");
  EXPECT_EQ(queued(lane).size(), 2U);
}

TEST_F(bitrix24_ingress, other_events_are_accepted_and_forgotten) {
  EXPECT_EQ(send("/bitrix24/main/events", event("7", first, {}, "ONCRMCONTACTUPDATE")).status, 200);
  EXPECT_EQ(send("/bitrix24/main/events", event("7", first, {}, "ONCRMDEAL")).status, 200);
  EXPECT_THAT(queued(lane), testing::IsEmpty());
}

TEST_F(bitrix24_ingress, malformed_events_are_refused_with_a_reason) {
  const struct {
    const char* name;
    std::string path, body, type;
    int status;
  } rows[] = {
      {"unknown portal", "/bitrix24/other/events", event("7", first), form_type, 404},
      {"json", "/bitrix24/main/events", event("7", first), "application/json", 415},
      {"no type", "/bitrix24/main/events", event("7", first), "", 415},
      {"type with charset", "/bitrix24/main/events", event("1", first),
       "Application/X-WWW-Form-Urlencoded; charset=UTF-8", 200},
      {"a longer type", "/bitrix24/main/events", event("7", first), "application/x-www-form-urlencodedx", 415},
      {"no event", "/bitrix24/main/events", std::string("auth%5Bapplication_token%5D=") + first, form_type, 400},
      {"no id", "/bitrix24/main/events", std::string("event=ONCRMDEALADD&auth%5Bapplication_token%5D=") + first,
       form_type, 400},
      {"id 0", "/bitrix24/main/events", event("0", first), form_type, 400},
      {"id with tail", "/bitrix24/main/events", event("7x", first), form_type, 400},
      {"id with blank", "/bitrix24/main/events", event("+7", first), form_type, 400},
      {"huge id", "/bitrix24/main/events", event("9223372036854775808", first), form_type, 400},
      {"broken encoding", "/bitrix24/main/events", "event=%4", form_type, 400},
  };
  for (const auto& row : rows) {
    const auto answer = send(row.path, row.body, row.type);
    EXPECT_EQ(answer.status, row.status) << row.name << ": " << answer.body;
    if (row.status >= 400) { EXPECT_THAT(answer.body, testing::HasSubstr("\"error\"")) << row.name; }
  }
  EXPECT_EQ(queued(lane).size(), 1U); // the one with a charset
}

TEST_F(bitrix24_ingress, the_robot_is_believed_by_its_secret) {
  const std::string good = "/bitrix24/main/robot/robot-secret-0123456789";
  const struct {
    const char* name;
    std::string path, body;
    int status;
  } rows[] = {
      {"good", good, "document_id%5B0%5D=crm&document_id%5B2%5D=DEAL_21", 200},
      {"wrong secret", "/bitrix24/main/robot/robot-secret-012345678", "document_id%5B2%5D=DEAL_22", 403},
      {"unknown portal", "/bitrix24/other/robot/robot-secret-0123456789", "document_id%5B2%5D=DEAL_22", 404},
      {"no document", good, "document_id%5B0%5D=crm", 400},
      {"a lead", good, "document_id%5B2%5D=LEAD_22", 200},
      {"no number", good, "document_id%5B2%5D=DEAL_", 400},
      {"not a number", good, "document_id%5B2%5D=DEAL_2x", 400},
  };
  for (const auto& row : rows) EXPECT_EQ(send(row.path, row.body).status, row.status) << row.name;
  const auto jobs = queued(lane);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(workflow::read_payload(jobs[0]).deal, 21);
}

TEST_F(bitrix24_ingress, without_redis_the_answer_is_503_and_when_to_come_again) {
  server.kill_now();
  for (int i = 0; i < 3; ++i) { // at once, and when the link is known to be down
    const auto answer = send("/bitrix24/main/events", event("7", first));
    EXPECT_EQ(answer.status, 503);
    const auto* again = find_header(answer.headers, "Retry-After");
    ASSERT_NE(again, nullptr);
    EXPECT_GT(std::stoi(*again), 0);
  }
  EXPECT_EQ(send("/bitrix24/main/robot/robot-secret-0123456789", "document_id%5B2%5D=DEAL_7").status, 503);
  server.start();
  const auto up = run(link->wait_up(std::chrono::seconds(10)));
  ASSERT_TRUE(up);
  EXPECT_EQ(send("/bitrix24/main/events", event("7", first)).body, R"({"accepted":true})");
}

class full_lane : public bitrix24_ingress {
 protected:
  full_lane() : bitrix24_ingress(2) {}
};

TEST_F(full_lane, a_full_lane_is_503_and_not_a_lost_event) {
  EXPECT_EQ(send("/bitrix24/main/events", event("1", first)).status, 200);
  EXPECT_EQ(send("/bitrix24/main/events", event("2", first)).status, 200);
  const auto answer = send("/bitrix24/main/events", event("3", first));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, testing::HasSubstr("queue_full"));
  EXPECT_NE(find_header(answer.headers, "Retry-After"), nullptr);
  EXPECT_EQ(send("/bitrix24/main/events", event("2", first)).status, 200); // known: it needs no place
  EXPECT_EQ(queued(lane).size(), 2U);
}

TEST_F(bitrix24_ingress, health_says_why_not) {
  EXPECT_EQ(send("/health/live", "", "", "GET").status, 200);
  EXPECT_EQ(send("/health/ready", "", "", "GET").status, 200);
  not_ready = "Redis does not answer";
  const auto answer = send("/health/ready", "", "", "GET");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, testing::HasSubstr("Redis does not answer"));
  EXPECT_NE(find_header(answer.headers, "Retry-After"), nullptr);
  EXPECT_EQ(send("/health/live", "", "", "GET").status, 200);
  EXPECT_EQ(send("/metrics", "", "", "GET").body, "metric 1\n");
}

} // namespace
