#include <unit/sandbox/fixture.hpp>

namespace {
using namespace waybill;
using namespace waybill::sandbox;
using testing::HasSubstr;

using rest = sandbox_test;
using batch = sandbox_test;
using limits = sandbox_test;
using faults = sandbox_test;
using tokens = sandbox_test;

constexpr const char* base = "/bitrix24/main/rest/1/sandboxcode0000001/";

TEST_F(rest, checks_the_webhook) {
  const auto wrong = send("POST", "/bitrix24/main/rest/1/wrongcode/profile");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(text_at(parsed(wrong), "error"), "INVALID_CREDENTIALS");
  EXPECT_EQ(send("POST", "/bitrix24/main/rest/99/sandboxcode0000001/profile").status, 401);
  EXPECT_EQ(text_at(parsed(send("POST", "/bitrix24/main/rest/profile")), "error"), "NO_AUTH_FOUND");
  EXPECT_EQ(send("GET", std::string(base) + "profile.json").status, 200);
  EXPECT_EQ(send("GET", std::string(base) + "PROFILE").status, 200);
}

TEST_F(rest, refuses_what_needs_an_application_or_does_not_exist) {
  for (const char* name : {"event.bind", "event.get", "placement.bind", "bizproc.robot.add",
                           "crm.automation.trigger.add", "crm.activity.configurable.add"}) {
    const auto r = call_raw(name, "{}");
    EXPECT_EQ(r.status, 403) << name;
    EXPECT_EQ(text_at(parsed(r), "error"), "WRONG_AUTH_TYPE") << name;
  }
  const auto r = call_raw("crm.deal.fly", "{}");
  EXPECT_EQ(r.status, 404);
  EXPECT_EQ(r.body, R"({"error":"ERROR_METHOD_NOT_FOUND","error_description":"Method not found!"})");
  configure(R"({"scopes":["im"]})");
  EXPECT_EQ(call_raw("crm.deal.get", R"({"id":1})").status, 403);
  EXPECT_EQ(code_of("crm.deal.get", R"({"id":1})"), "insufficient_scope");
}

TEST_F(rest, reads_json_only_of_exactly_that_type) {
  const auto id = std::to_string(make_deal());
  const auto body = R"({"id":)" + id + "}";
  const auto with = [&](const std::string& text, const std::string& type, const std::string& query = {}) {
    return send("POST", std::string(base) + "crm.deal.get", text, type, query).status;
  };
  EXPECT_EQ(with(body, "application/json"), 200);
  EXPECT_EQ(with(body, "application/json; charset=utf-8"), 200);
  EXPECT_EQ(with(body, "application/vnd.api+json"), 400);
  EXPECT_EQ(with(body, "text/plain"), 400);
  EXPECT_EQ(with("id=" + id, "application/x-www-form-urlencoded"), 200);
  EXPECT_EQ(with("", "", "id=" + id), 200);
  EXPECT_EQ(with("{}", "application/json", "id=" + id), 200);          // the query is merged
  EXPECT_EQ(with(R"({"id":1})", "application/json", "id=" + id), 400); // and the body wins
  const auto broken = send("POST", std::string(base) + "crm.deal.get", R"({"id":)" + id, "application/json");
  EXPECT_EQ(text_at(parsed(broken), "error_description"),
            "ID is not defined or invalid."); // no parse error: no parameters
}

TEST_F(rest, reads_php_brackets) {
  const auto id = std::to_string(make_deal());
  const auto r =
      send("POST", std::string(base) + "crm.item.update",
           "entityTypeId=2&id=" + id +
               "&useOriginalUfNames=Y&fields%5BUF_CRM_DELIVERY_NOTES%5D%5B%5D=a&fields[UF_CRM_DELIVERY_NOTES][]=b",
           "application/x-www-form-urlencoded");
  EXPECT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(text_at(deal(std::stoll(id)), "fields.UF_CRM_DELIVERY_NOTES.1"), "b");
}

TEST_F(batch, runs_in_order_and_passes_results_on) {
  const auto id = std::to_string(make_deal(R"({"title":"a","contact":{"name":"Иван"}})"));
  const auto answer = call(
      "batch",
      R"({"halt":0,"cmd":{"d":"crm.item.get?entityTypeId=2&id=)" + id +
          R"(","c":"crm.contact.get?id=$result[d][item][contactId]","bad":"crm.item.get?entityTypeId=2&id=1","l":"crm.deal.list?select[]=ID"}})");
  EXPECT_EQ(text_at(answer, "result.result.c.NAME"), "Иван");
  EXPECT_EQ(text_at(answer, "result.result_error.bad.error"), "NOT_FOUND");
  EXPECT_EQ(text_at(answer, "result.result_total.l"), "1");
  EXPECT_NE(text_at(answer, "result.result_time.d.operating"), "(absent)");
  EXPECT_EQ(json::serialize(answer.at("result").at("result_next")), "[]");
  EXPECT_TRUE(answer.at("time").as_object().contains("duration"));
}

TEST_F(batch, shows_empty_maps_as_lists) {
  const auto clean = call_raw("batch", R"({"cmd":{"p":"profile"}})");
  EXPECT_THAT(clean.body, HasSubstr(R"("result_error":[])"));
  const auto numbered = call_raw("batch", R"({"cmd":["profile","server.time"]})");
  EXPECT_THAT(numbered.body, HasSubstr(R"({"result":{"result":[{"ID":"1")"));
  EXPECT_THAT(call_raw("batch", "{}").body, HasSubstr(R"("result":[])"));
}

TEST_F(batch, takes_commands_apart_as_php) {
  const auto id = make_deal();
  const auto run = [&](const std::string& command) {
    json::object cmd{{"c", command}};
    return call("batch", json::serialize(json::object{{"cmd", cmd}}));
  };
  const auto update = "crm.item.update?entityTypeId=2&id=" + std::to_string(id) + "&fields[title]=";
  run(update + "a+b#c");
  EXPECT_EQ(text_at(deal(id), "title"), "a b"); // '+' is a blank, '#' cuts
  run(update + "A%26B%23C%2BD");
  EXPECT_EQ(text_at(deal(id), "title"), "A&B#C+D");
  run(update + "one\ntwo");
  EXPECT_EQ(text_at(deal(id), "title"), "one_two");
  // A raw '=' inside a key splits the pair at the wrong place: the filter is not there.
  EXPECT_EQ(
      text_at(run("crm.item.productrow.list?filter[=ownerType]=D&filter[=ownerId]=1"), "result.result_error.c.error"),
      "100");
  EXPECT_EQ(text_at(run("crm.item.productrow.list?filter[%3DownerType]=D&filter[%3DownerId]=1"),
                    "result.result_error.c.error"),
            "(absent)");
}

TEST_F(batch, damages_texts_that_look_like_references) {
  const auto id = make_deal();
  json::object cmd{{"p", "profile"},
                   {"c", "crm.timeline.comment.add?fields[ENTITY_TYPE]=deal&fields[ENTITY_ID]=" + std::to_string(id) +
                             "&fields[COMMENT]=see%20%24result%5Bp%5D%5BNOPE%5D"}};
  call("batch", json::serialize(json::object{{"cmd", cmd}}));
  EXPECT_EQ(text_at(deal(id), "comments.0.text"), "see Array");
}

TEST_F(batch, halts_by_php_truth) {
  const std::string cmd = R"("cmd":{"a":"crm.deal.get?id=1","b":"profile"}})";
  EXPECT_EQ(text_at(call("batch", R"({"halt":0,)" + cmd), "result.result.b.ID"), "1");
  EXPECT_EQ(text_at(call("batch", R"({"halt":1,)" + cmd), "result.result.b.ID"), "(absent)");
  const auto form = [&](const char* halt) {
    return parsed(send("POST", std::string(base) + "batch",
                       std::string("halt=") + halt + "&cmd[a]=crm.deal.get%3Fid%3D1&cmd[b]=profile",
                       "application/x-www-form-urlencoded"));
  };
  EXPECT_EQ(text_at(form("false"), "result.result.b.ID"), "(absent)"); // the word is true to PHP
  EXPECT_EQ(text_at(form("0"), "result.result.b.ID"), "1");
}

TEST_F(batch, takes_fifty_and_no_batch_inside) {
  json::object cmd;
  for (int i = 0; i < 52; ++i) cmd["c" + std::to_string(i)] = "profile";
  const auto answer = call("batch", json::serialize(json::object{{"cmd", cmd}}));
  EXPECT_EQ(answer.at("result").at("result").as_object().size(), 50U);
  EXPECT_EQ(text_at(answer, "result.result_error.c51.error"), "ERROR_BATCH_LENGTH_EXCEEDED");
  EXPECT_EQ(text_at(call("batch", R"({"cmd":{"x":"batch?cmd[a]=profile"}})"), "result.result_error.x.error"),
            "ERROR_BATCH_METHOD_NOT_ALLOWED");
  EXPECT_EQ(text_at(call("batch", R"({"cmd":{"x":"event.get"}})"), "result.result_error.x.error"), "WRONG_AUTH_TYPE");
  const auto stats = control_value("GET", "/stats");
  EXPECT_EQ(text_at(stats, "batches"), "3");
  EXPECT_EQ(text_at(stats, "commands_in_batches"), "52");
  EXPECT_EQ(text_at(stats, "commands.profile"), "50");
}

TEST_F(limits, refuse_above_the_burst) {
  configure(R"({"requests_per_second":2,"burst":5})");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call_raw("profile", "{}").status, 200);
  const auto r = call_raw("profile", "{}");
  EXPECT_EQ(r.status, 503);
  EXPECT_EQ(r.body, R"({"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"})");
  at += std::chrono::milliseconds(500);
  EXPECT_EQ(call_raw("batch", R"({"cmd":{"a":"profile","b":"profile"}})").status,
            200); // one request, however many commands
  EXPECT_EQ(call_raw("profile", "{}").status, 503);
  http_request other;
  other.path = std::string(base) + "profile";
  other.peer = "10.0.0.2";
  EXPECT_EQ(test::run(io, inside->handle(other)).status, 200); // another address has its own
  EXPECT_EQ(text_at(control_value("GET", "/stats"), "refused_503"), "2");
  configure(R"({"requests_per_second":0})");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(call_raw("profile", "{}").status, 200);
}

TEST_F(limits, block_a_method_by_its_execution_time) {
  configure(R"({"operating_limit_s":10,"method_ms":{"profile":6000},"requests_per_second":0})");
  const auto first = call("profile", "{}");
  EXPECT_EQ(text_at(first, "time.operating"), "6.000000");
  const auto reset = (std::chrono::floor<std::chrono::minutes>(at) + std::chrono::minutes(10)).time_since_epoch();
  EXPECT_EQ(text_at(first, "time.operating_reset_at"),
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(reset).count()));
  EXPECT_EQ(call_raw("profile", "{}").status, 200); // the check is before the call: it may overshoot
  const auto blocked = call_raw("profile", "{}");
  EXPECT_EQ(blocked.status, 429);
  EXPECT_EQ(blocked.body,
            R"({"error":"OPERATION_TIME_LIMIT","error_description":"Method is blocked due to operation time limit."})");
  EXPECT_EQ(call_raw("server.time", "{}").status, 200); // other methods go on
  const auto inner = call_raw("batch", R"({"cmd":{"p":"profile","t":"server.time"}})");
  EXPECT_EQ(inner.status, 200);
  EXPECT_EQ(text_at(parsed(inner), "result.result_error.p.error"), "OPERATION_TIME_LIMIT");
  EXPECT_NE(text_at(parsed(inner), "result.result.t"), "(absent)");
  at += std::chrono::minutes(9);
  EXPECT_EQ(call_raw("profile", "{}").status, 429);
  at += std::chrono::minutes(1);
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
  EXPECT_EQ(text_at(control_value("GET", "/stats"), "refused_429"), "3");
}

TEST_F(limits, count_by_caller) {
  configure(R"({"operating_limit_s":5,"method_ms":{"profile":6000}})");
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
  EXPECT_EQ(call_raw("profile", "{}").status, 429);
  EXPECT_EQ(send("POST", "/bitrix24/main/rest/7/sandboxcode0000001/profile").status, 200); // another webhook
}

TEST_F(limits, cut_a_request_after_a_minute) {
  const auto id = std::to_string(make_deal());
  configure(R"({"method_ms":{"crm.item.update":25000}})");
  json::object cmd;
  for (const char* key : {"a", "b", "c"})
    cmd[key] = "crm.item.update?entityTypeId=2&id=" + id + "&fields[title]=" + key;
  const auto r = call_raw("batch", json::serialize(json::object{{"cmd", cmd}}));
  EXPECT_EQ(r.status, 504);
  EXPECT_EQ(text_at(deal(std::stoll(id)), "title"), "b"); // what was done is done
}

TEST(leaky_bucket, runs_out_steadily) {
  leaky_bucket b;
  instant t{};
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(b.admit(t, 2, 50));
  EXPECT_FALSE(b.admit(t, 2, 50));
  t += std::chrono::milliseconds(499);
  EXPECT_FALSE(b.admit(t, 2, 50));
  t += std::chrono::milliseconds(1);
  EXPECT_TRUE(b.admit(t, 2, 50));
  t += std::chrono::seconds(60);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(b.admit(t, 2, 50));
  EXPECT_FALSE(b.admit(t, 2, 50));
}

TEST(operating_meter, forgets_minute_by_minute) {
  operating_meter m;
  instant t{std::chrono::minutes(1000)};
  EXPECT_EQ(m.reset_at(t), 0);
  m.spend(t, 3);
  m.spend(t + std::chrono::minutes(4), 5);
  EXPECT_DOUBLE_EQ(m.used(t + std::chrono::minutes(4)), 8);
  EXPECT_EQ(m.reset_at(t + std::chrono::minutes(4)), 1010 * 60);
  EXPECT_DOUBLE_EQ(m.used(t + std::chrono::minutes(10)), 5);
  EXPECT_DOUBLE_EQ(m.used(t + std::chrono::minutes(14)), 0);
}

TEST_F(faults, close_or_answer_a_page) {
  control_value("POST", "/faults", R"({"kind":"down","count":2})");
  EXPECT_EQ(call_raw("profile", "{}").status, 0);
  EXPECT_EQ(call_raw("profile", "{}").status, 0);
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
  control_value("POST", "/faults", R"({"kind":"down","status":503,"seconds":30})");
  const auto page = call_raw("profile", "{}");
  EXPECT_EQ(page.status, 503);
  EXPECT_THAT(page.body, HasSubstr("<html>"));
  at += std::chrono::seconds(31);
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
}

TEST_F(faults, lose_the_answer_after_the_work) {
  const auto id = make_deal();
  control_value("POST", "/faults", R"({"kind":"lost_answer","method":"crm.timeline.comment.add"})");
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
  const auto body = R"({"fields":{"ENTITY_ID":)" + std::to_string(id) + R"(,"ENTITY_TYPE":"deal","COMMENT":"x"}})";
  EXPECT_EQ(call_raw("crm.timeline.comment.add", body).status, 0);
  EXPECT_EQ(deal(id).at("comments").as_array().size(), 1U);
  EXPECT_EQ(call_raw("crm.timeline.comment.add", body).status, 200);
  control_value("POST", "/faults", R"({"kind":"lost_answer","method":"crm.timeline.comment.add"})");
  json::object cmd{{"c", "crm.timeline.comment.add?fields[ENTITY_TYPE]=deal&fields[ENTITY_ID]=" + std::to_string(id) +
                             "&fields[COMMENT]=y"}};
  EXPECT_EQ(call_raw("batch", json::serialize(json::object{{"cmd", cmd}})).status, 0); // also inside a batch
  EXPECT_EQ(deal(id).at("comments").as_array().size(), 3U);
}

TEST_F(faults, rename_once) {
  const auto id = make_deal();
  control_value("POST", "/faults", R"({"kind":"rename","to":"shop"})");
  const auto r = call_raw("crm.deal.get.json", R"({"id":)" + std::to_string(id) + "}");
  EXPECT_EQ(r.status, 302);
  const auto* to = find_header(r.headers, "location");
  ASSERT_NE(to, nullptr);
  EXPECT_EQ(*to, "http://sandbox.test:8090/bitrix24/shop/rest/1/sandboxcode0000001/crm.deal.get.json");
  EXPECT_EQ(
      send("POST", "/bitrix24/shop/rest/1/sandboxcode0000001/crm.deal.get", R"({"id":)" + std::to_string(id) + "}")
          .status,
      200);
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
}

TEST_F(faults, storm_and_garbage) {
  control_value("POST", "/faults", R"({"kind":"error","method":"profile","count":-1})");
  EXPECT_EQ(call_raw("profile", "{}").status, 500);
  EXPECT_EQ(code_of("profile", "{}"), "INTERNAL_SERVER_ERROR");
  const auto inner = call("batch", R"({"cmd":{"p":"profile","t":"server.time"}})");
  EXPECT_EQ(text_at(inner, "result.result_error.p.error"), "INTERNAL_SERVER_ERROR");
  EXPECT_NE(text_at(inner, "result.result.t"), "(absent)");
  control_value("DELETE", "/faults");
  EXPECT_EQ(call_raw("profile", "{}").status, 200);
  control_value("POST", "/faults", R"({"kind":"garbage"})");
  EXPECT_FALSE(json::parse(call_raw("profile", "{}").body));
  EXPECT_EQ(send("POST", "/sandbox/portals/main/faults", R"({"kind":"meteor"})").status, 400);
}

TEST_F(tokens, refresh_once_each) {
  const auto pair = control_value("POST", "/install", "{}");
  const auto access = text_at(pair, "access_token");
  const auto call_with = [&](const std::string& token) {
    return send("POST", "/bitrix24/main/rest/profile", R"({"auth":")" + token + "\"}");
  };
  EXPECT_EQ(call_with(access).status, 200);
  EXPECT_EQ(send("GET", "/bitrix24/main/rest/profile", "", "", "auth=" + access).status, 200);
  EXPECT_EQ(call_with("nonsense").status, 401);
  at += std::chrono::seconds(3601);
  const auto expired = call_with(access);
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(text_at(parsed(expired), "error"), "expired_token");

  const auto refresh = [&](const std::string& token, const std::string& id = "local.sandbox0000000.00000001",
                           const std::string& secret_text = "sandboxclientsecret0001") {
    return send("POST", "/bitrix24/main/oauth/token/",
                "grant_type=refresh_token&client_id=" + id + "&client_secret=" + secret_text +
                    "&refresh_token=" + token,
                "application/x-www-form-urlencoded");
  };
  const auto old = text_at(pair, "refresh_token");
  const auto unknown = refresh(old, "local.other");
  EXPECT_EQ(unknown.status, 200); // really
  EXPECT_EQ(text_at(parsed(unknown), "error"), "wrong_client");
  EXPECT_EQ(text_at(parsed(refresh(old, "local.sandbox0000000.00000001", "no")), "error"), "invalid_client");
  const auto fresh = parsed(refresh(old));
  EXPECT_NE(text_at(fresh, "refresh_token"), old);
  EXPECT_EQ(text_at(fresh, "domain"), "oauth.bitrix24.tech"); // the authorization server, not the portal
  EXPECT_EQ(text_at(fresh, "client_endpoint"), "http://sandbox.test:8090/bitrix24/main/rest/");
  EXPECT_EQ(call_with(text_at(fresh, "access_token")).status, 200);
  const auto again = refresh(old);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(text_at(parsed(again), "error"), "invalid_grant");
}

TEST_F(tokens, open_what_a_webhook_may_not) {
  const auto access = text_at(control_value("POST", "/install", "{}"), "access_token");
  const auto app = [&](const std::string& method, const std::string& more) {
    return parsed(send("POST", "/bitrix24/main/rest/" + method, R"({"auth":")" + access + "\"" + more + "}"));
  };
  EXPECT_EQ(text_at(app("event.bind", R"(,"event":"OnCrmDealUpdate","handler":"https://x/e")"), "result"), "1");
  EXPECT_EQ(text_at(app("event.bind", R"(,"event":"ONCRMDEALUPDATE","handler":"https://x/e")"), "error"), "ERROR_CORE");
  EXPECT_EQ(text_at(app("event.bind", R"(,"event":"ONNOTHING","handler":"https://x/e")"), "error"),
            "ERROR_EVENT_NOT_FOUND");
  EXPECT_EQ(text_at(app("event.get", ""), "result.0.event"), "ONCRMDEALUPDATE");
  EXPECT_EQ(text_at(app("app.info", ""), "result.INSTALLED"), "1");
}

} // namespace
