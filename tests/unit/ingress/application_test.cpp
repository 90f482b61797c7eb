// The application's endpoints against a portal and an authorization server that are played here: who may install, whose
// events count, who may see a deal.
#include "fixture.hpp"

#include <ingress/application.hpp>
#include <ingress/application_html.hpp>
#include <waybill/json.hpp>
#include <workflow/jobs.hpp>

#include <functional>
#include <map>

#include <gmock/gmock.h>

namespace {

using namespace waybill;
using namespace waybill::test;
using testing::HasSubstr;
using testing::Not;

constexpr const char* member = "a0123456789abcdef0123456789abcde";
constexpr const char* client = "local.0123456789abcd.00000001";

// The authorization server and the portal's REST. Tokens are "<user>-access" and "<user>-refresh".
struct played_portal final : http_client {
  std::vector<std::string> asked; // method of each REST call, "oauth" of the token server
  std::string application = client, server_member = member;
  bool down{false};

  awaitable<result<http_response>> send(http_request request) override {
    if (down) co_return fail(errc::unavailable, "down");
    if (request.url == "https://oauth.example.com/oauth/token/") {
      asked.emplace_back("oauth");
      co_return token_answer(request);
    }
    constexpr std::string_view base = "https://shop.bitrix24.ru/rest/";
    if (!request.url.starts_with(base)) co_return fail(errc::unavailable, "another host: " + request.url);
    co_return rest_answer(request, request.url.substr(base.size()));
  }

 private:
  http_response token_answer(const http_request& request) const {
    const auto form = parse_form(request.body);
    const auto refresh = *find_field(*form, "refresh_token");
    const bool good = *find_field(*form, "client_id") == client && *find_field(*form, "client_secret") == "shh" &&
                      refresh.ends_with("-refresh");
    if (!good) return json_response(400, R"({"error":"invalid_grant"})");
    const auto user = refresh.substr(0, refresh.find('-'));
    json::object o{{"access_token", user + "-access"},
                   {"refresh_token", user + "-refresh2"},
                   {"expires_in", 3600},
                   {"member_id", server_member},
                   {"client_endpoint", "https://shop.bitrix24.ru/rest/"},
                   {"server_endpoint", "https://oauth.example.com/rest/"}};
    return json_response(200, json::serialize(o));
  }
  http_response rest_answer(const http_request& request, std::string method) {
    method = method.substr(0, method.find(".json"));
    asked.push_back(method);
    const auto body = json::parse(request.body);
    const auto token = json::text_or(body->as_object(), "auth");
    if (!token.ends_with("-access")) return json_response(401, R"({"error":"invalid_token","error_description":"no"})");
    const auto user = token.substr(0, token.find('-'));
    if (method == "profile")
      return json_response(200, user == "admin" ? R"({"result":{"ID":"1","ADMIN":true}})"
                                                : R"({"result":{"ID":"7","ADMIN":false}})");
    if (method == "app.info") return json_response(200, R"({"result":{"CODE":")" + application + R"("}})");
    if (method == "crm.item.get")
      return user == "stranger" ? json_response(400, R"({"error":"ACCESS_DENIED","error_description":"no"})")
                                : json_response(200, R"({"result":{"item":{"id":7}}})");
    return json_response(404, R"({"error":"ERROR_METHOD_NOT_FOUND","error_description":"no"})");
  }
};

struct kept_installations final : ingress::installation_store {
  std::map<std::string, bitrix24::tokens> kept;
  awaitable<result<std::optional<bitrix24::tokens>>> load(std::string portal) override {
    const auto it = kept.find(portal);
    co_return it == kept.end() ? std::optional<bitrix24::tokens>{} : std::optional(it->second);
  }
  awaitable<result<void>> install(std::string portal, bitrix24::tokens fresh) override {
    kept[portal] = std::move(fresh);
    co_return result<void>{};
  }
  awaitable<result<void>> set_application_token(std::string portal, std::string token) override {
    if (kept.contains(portal)) kept[portal].application_token = std::move(token);
    co_return result<void>{};
  }
  awaitable<result<void>> forget(std::string portal) override {
    kept.erase(portal);
    co_return result<void>{};
  }
};

class application_ingress : public ingress_fixture {
 protected:
  application_ingress() {
    config::portal portal;
    portal.id = "shop";
    portal.client_id = client;
    portal.client_secret = secret("shh");
    portal.domain = "shop.bitrix24.ru";
    portal.oauth_url = "https://oauth.example.com/oauth/token/";
    portal.application_tokens = {secret("configured-token-00000000000000")};
    portal.webhook_secret = secret("robot-secret-0123456789");
    settings = portal;
    workflow::portal_link shop;
    shop.settings = &settings;
    services->portals.emplace("shop", shop);
    app = ingress::make_application(services, wire, store);
    ingress::add_bitrix24(fresh, services, app);
    ingress::add_application(fresh, app);
  }

  http_response post(const std::string& path, const form_fields& form, const std::string& method = "POST") {
    http_request request;
    request.method = method;
    request.path = "/bitrix24/shop/" + path;
    request.query = "DOMAIN=evil.example.com&LANG=en";
    request.body = encode_form(form);
    request.headers.emplace_back("Content-Type", form_type);
    return run(fresh.route(std::move(request)));
  }
  http_response event(const std::string& name, const std::string& token, form_fields more = {}) {
    more.emplace_back("event", name);
    more.emplace_back("auth[application_token]", token);
    more.emplace_back("auth[member_id]", member);
    return post("events", more);
  }
  void keep_installation() {
    bitrix24::tokens t;
    t.access = "admin-access";
    t.refresh = "admin-refresh";
    t.member_id = member;
    t.client_endpoint = "https://shop.bitrix24.ru/rest/";
    t.application_token = "installed-token-0000000000000000";
    store->kept["shop"] = t;
  }
  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    for (const auto& j : queued("bitrix24:shop")) out.push_back(j.kind);
    return out;
  }
  http_response tab(const std::string& token, const std::string& options,
                    const std::string& proof = "installed-token-0000000000000000", const std::string& of = member) {
    form_fields form{{"AUTH_ID", token}, {"member_id", of}, {"PLACEMENT_OPTIONS", options}};
    if (!proof.empty()) form.emplace_back("APPLICATION_TOKEN", proof);
    return post("app/deal", form);
  }

  config::portal settings;
  std::shared_ptr<played_portal> wire{std::make_shared<played_portal>()};
  std::shared_ptr<kept_installations> store{std::make_shared<kept_installations>()};
  ingress::application_ptr app;
  http::router fresh;
};

TEST_F(application_ingress, only_tokens_that_the_authorization_server_confirms_install) {
  const struct {
    const char* name;
    std::string refresh, member_id, server_member, application;
    bool installs;
  } rows[] = {
      {"invented", "x", member, member, client, false},
      {"none", "", member, member, client, false},
      {"no member", "admin-refresh", "", member, client, false},
      {"another member is claimed", "admin-refresh", "b0123456789abcdef0123456789abcde", member, client, false},
      {"the server names another member", "admin-refresh", member, "b0123456789abcdef", client, false},
      {"the server names none", "admin-refresh", member, "", client, false},
      {"another application", "admin-refresh", member, member, "local.other", false},
      {"no administrator", "manager-refresh", member, member, client, false},
      {"right", "admin-refresh", member, member, client, true},
  };
  for (const auto& row : rows) {
    wire->server_member = row.server_member;
    wire->application = row.application;
    ingress::installer who{row.refresh, row.member_id, "installed"};
    const auto done = run(ingress::install(app, "shop", who));
    EXPECT_EQ(done.has_value(), row.installs) << row.name;
    if (!done) { EXPECT_EQ(done.error().code, errc::forbidden) << row.name << ": " << done.error().what; }
    EXPECT_EQ(store->kept.contains("shop"), row.installs) << row.name;
  }
  const auto& t = store->kept["shop"];
  EXPECT_EQ(t.access, "admin-access");
  EXPECT_EQ(t.refresh, "admin-refresh2");
  EXPECT_EQ(t.member_id, member);
  EXPECT_EQ(t.client_endpoint, "https://shop.bitrix24.ru/rest/");
  EXPECT_EQ(t.application_token, "installed");
}

TEST_F(application_ingress, a_refused_page_shows_nothing_of_the_caller) {
  const auto page = post("app/install", {{"AUTH_ID", "<script>"}, {"REFRESH_ID", "<b>"}, {"member_id", member}});
  EXPECT_EQ(page.status, 403);
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, Not(HasSubstr("evil")));
  const auto* policy = find_header(page.headers, "Content-Security-Policy");
  ASSERT_NE(policy, nullptr);
  EXPECT_THAT(*policy, HasSubstr("frame-ancestors https://shop.bitrix24.ru"));
  EXPECT_EQ(find_header(page.headers, "X-Frame-Options"), nullptr);
  EXPECT_EQ(post("app/install", {}, "GET").status, 200);
  wire->down = true;
  EXPECT_EQ(post("app/install", {{"REFRESH_ID", "admin-refresh"}, {"member_id", member}}).status, 503);
}

TEST_F(application_ingress, too_many_attempts_are_not_passed_on) {
  for (int i = 0; i < 40; ++i) post("app/install", {{"REFRESH_ID", "x"}, {"member_id", member}});
  EXPECT_LE(wire->asked.size(), 20U);
}

TEST_F(application_ingress, the_installations_token_counts_beside_the_configured_one) {
  const form_fields deal{{"data[FIELDS][ID]", "11"}};
  EXPECT_EQ(event("ONCRMDEALUPDATE", "configured-token-00000000000000", deal).status, 200);
  EXPECT_EQ(event("ONCRMDEALUPDATE", "installed-token-0000000000000000", deal).status, 403);
  keep_installation();
  EXPECT_EQ(event("ONCRMDEALUPDATE", "installed-token-0000000000000000", deal).status, 200);
  EXPECT_EQ(event("ONCRMDEALUPDATE", "installed-token-000000000000000", deal).status, 403);
  EXPECT_EQ(event("ONCRMDEALUPDATE", "", deal).status, 403);
}

TEST_F(application_ingress, an_install_event_stores_and_queues_the_set_up) {
  EXPECT_EQ(event("ONAPPINSTALL", "new-token", {{"auth[refresh_token]", "x"}}).status, 403);
  EXPECT_EQ(event("ONAPPINSTALL", "configured-token-00000000000000").status, 403); // no tokens to prove it with
  EXPECT_THAT(kinds(), testing::IsEmpty());
  EXPECT_EQ(event("OnAppInstall", "new-token", {{"auth[refresh_token]", "admin-refresh"}}).status, 200);
  EXPECT_EQ(store->kept["shop"].application_token, "new-token");
  EXPECT_THAT(kinds(), testing::ElementsAre("setup"));
  EXPECT_EQ(event("ONAPPINSTALL", "new-token", {{"auth[refresh_token]", "admin-refresh"}}).status, 200);
  EXPECT_THAT(kinds(), testing::ElementsAre("setup"));
}

TEST_F(application_ingress, an_update_with_a_strange_token_is_only_a_hint) {
  EXPECT_EQ(event("ONAPPUPDATE", "next-token").status, 403); // nothing is installed
  keep_installation();
  EXPECT_EQ(event("ONAPPUPDATE", "next-token", {{"auth[member_id]", "other"}}).status, 200); // the last field counts
  EXPECT_EQ(store->kept["shop"].application_token, "installed-token-0000000000000000");
  EXPECT_THAT(kinds(), testing::ElementsAre("setup"));
  EXPECT_EQ(event("ONAPPUPDATE", "next-token").status, 403); // once in a while
  EXPECT_EQ(event("ONAPPUPDATE", "installed-token-0000000000000000").status, 200);
  EXPECT_EQ(event("ONAPPUPDATE", "signed-token", {{"auth[refresh_token]", "admin-refresh"}}).status, 200);
  EXPECT_EQ(store->kept["shop"].application_token, "signed-token");
}

TEST_F(application_ingress, a_test_event_brings_the_token_if_it_knows_our_nonce) {
  keep_installation();
  EXPECT_EQ(event("ONAPPTEST", "next-token").status, 403);
  ASSERT_TRUE(run(services->values->put("app-test:shop", "nonce-1", std::chrono::minutes(1))));
  EXPECT_EQ(event("ONAPPTEST", "next-token", {{"data[QUERY][any]", "nonce-2"}}).status, 403);
  EXPECT_EQ(store->kept["shop"].application_token, "installed-token-0000000000000000");
  EXPECT_EQ(event("ONAPPTEST", "next-token", {{"data[QUERY][any]", "nonce-1"}}).status, 200);
  EXPECT_EQ(store->kept["shop"].application_token, "next-token");
}

TEST_F(application_ingress, only_a_known_token_ends_the_installation) {
  keep_installation();
  EXPECT_EQ(event("ONAPPUNINSTALL", "wrong").status, 403);
  EXPECT_TRUE(store->kept.contains("shop"));
  EXPECT_EQ(event("ONAPPUNINSTALL", "installed-token-0000000000000000").status, 200);
  EXPECT_FALSE(store->kept.contains("shop"));
}

TEST_F(application_ingress, the_tab_is_for_those_who_may_read_the_deal) {
  EXPECT_EQ(tab("manager-access", R"({"ID":"7"})").status, 403); // not installed
  keep_installation();
  auto r = shipment_of(7, "acme-1", "order-1");
  r.portal = "shop";
  r.reference = store::make_reference("shop", 7, 1);
  r.number = "TRACK<1>";
  r.tracking_url = "javascript:alert(1)";
  keep(r);
  const struct {
    const char* name;
    std::string token, options, proof, of;
    int status;
  } rows[] = {
      {"right", "manager-access", R"({"ID":"7"})", "installed-token-0000000000000000", member, 200},
      {"stranger", "stranger-access", R"({"ID":"7"})", "installed-token-0000000000000000", member, 403},
      {"invented token", "x", R"({"ID":"7"})", "installed-token-0000000000000000", member, 403},
      {"no token", "", R"({"ID":"7"})", "installed-token-0000000000000000", member, 403},
      {"wrong application token", "manager-access", R"({"ID":"7"})", "wrong", member, 403},
      {"another portal", "manager-access", R"({"ID":"7"})", "installed-token-0000000000000000", "other", 403},
      {"an old portal", "manager-access", R"({"ID":7})", "", member, 200},
      {"a new deal", "manager-access", R"({"ID":"0"})", "installed-token-0000000000000000", member, 200},
      {"no options", "manager-access", "undefined", "installed-token-0000000000000000", member, 200},
  };
  for (const auto& row : rows) {
    const auto page = tab(row.token, row.options, row.proof, row.of);
    EXPECT_EQ(page.status, row.status) << row.name;
    EXPECT_EQ(page.body.contains("TRACK&lt;1&gt;"), row.status == 200 && row.options.contains('7')) << row.name;
    EXPECT_THAT(page.body, Not(HasSubstr("javascript"))) << row.name;
    EXPECT_THAT(page.body, Not(HasSubstr("TRACK<"))) << row.name;
  }
  wire->application = "local.other"; // a token of another application proves nothing where no proof is sent
  EXPECT_EQ(tab("manager-access", R"({"ID":"7"})", "").status, 403);
}

TEST_F(application_ingress, our_rule_becomes_a_job_with_its_token_and_others_a_look) {
  const std::string path = "robot/robot-secret-0123456789";
  const form_fields call{{"document_id[2]", "DEAL_31"},
                         {"code", "create_shipment"},
                         {"event_token", "t|1"},
                         {"properties[service]", "courier"}};
  EXPECT_EQ(post(path, call).status, 200);
  EXPECT_EQ(post(path, {{"document_id[2]", "DEAL_32"}, {"code", "another_rule"}, {"event_token", "t"}}).status, 200);
  EXPECT_EQ(post(path, {{"document_id[2]", "DEAL_33"}, {"code", "create_shipment"}}).status, 200);
  EXPECT_EQ(
      post(path, {{"document_id[2]", "DEAL_34"}, {"code", "create_shipment"}, {"event_token", std::string(1000, 'x')}})
          .status,
      400);
  EXPECT_EQ(post("robot/wrong", call).status, 403);
  const auto jobs = queued("bitrix24:shop");
  ASSERT_EQ(jobs.size(), 3U);
  EXPECT_EQ(jobs[0].kind, "robot");
  EXPECT_EQ(jobs[0].key, store::order_key("shop", 31));
  EXPECT_THAT(jobs[0].payload, HasSubstr("t|1"));
  EXPECT_THAT(jobs[0].payload, HasSubstr("courier"));
  EXPECT_EQ(jobs[1].kind, "deal");
  EXPECT_EQ(jobs[2].kind, "deal");
}

TEST_F(application_ingress, a_portal_by_webhook_has_no_application) {
  http_request request;
  request.method = "POST";
  request.path = "/bitrix24/main/app/install";
  request.headers.emplace_back("Content-Type", form_type);
  EXPECT_EQ(run(fresh.route(request)).status, 409);
  request.path = "/bitrix24/nowhere/app/install";
  EXPECT_EQ(run(fresh.route(request)).status, 404);
}

TEST(application_html, what_failed_is_read_before_the_installation_ends) {
  ingress::setup_report report;
  ingress::setup_line bad;
  bad.what = "tab <x>";
  bad.note = "scope & more";
  bad.ok = false;
  report.lines.push_back(bad);
  report.complete = false;
  const auto page = ingress::setup_page(ingress::language::en, "https://shop.bitrix24.ru", report);
  EXPECT_THAT(page.body, HasSubstr("tab &lt;x&gt;"));
  EXPECT_THAT(page.body, HasSubstr("scope &amp; more"));
  EXPECT_THAT(page.body, HasSubstr("addEventListener('click'"));
  report.lines.clear();
  report.complete = true;
  const auto done = ingress::setup_page(ingress::language::ru, "https://shop.bitrix24.ru", report);
  EXPECT_THAT(done.body, HasSubstr("BX24.init(function(){BX24.installFinish();});"));
}

} // namespace
