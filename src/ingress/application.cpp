#include <ingress/application.hpp>
#include <ingress/ingress.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <waybill/secret.hpp>

#include <utility>

namespace waybill::ingress {
namespace {

namespace bj = boost::json;
using bitrix24::tokens;
using steady = std::chrono::steady_clock;

// Each attempt costs a request to the authorization server, which blocks applications that ask too often.
constexpr std::size_t most_attempts = 20;
constexpr std::size_t longest_token = 512;
constexpr int most_pages = 16;

// Tokens of one caller, while he is looked at; nothing of them reaches Redis from here.
struct callers_tokens final : bitrix24::token_store {
  tokens kept;
  bool may_refresh{false};

  awaitable<result<std::optional<tokens>>> load(std::string) override { co_return kept; }
  awaitable<result<bool>> replace(std::string, std::string, tokens fresh) override {
    kept = std::move(fresh);
    co_return true;
  }
  awaitable<result<bool>> lock_refresh(std::string, std::chrono::milliseconds) override {
    if (!may_refresh) co_return fail(errc::forbidden, "the caller's token has expired");
    co_return true;
  }
  awaitable<result<void>> unlock_refresh(std::string) override { co_return result<void>{}; }
};

std::shared_ptr<bitrix24::client> client_of(const application_ptr& app, const config::portal& portal,
                                            std::shared_ptr<callers_tokens> who) {
  return std::make_shared<bitrix24::client>(app->s->ex, portal, app->http, nullptr, nullptr, std::move(who));
}

bool too_many(application& app) {
  const auto now = steady::now();
  while (!app.attempts.empty() && now - app.attempts.front() > std::chrono::minutes(1)) app.attempts.pop_front();
  if (app.attempts.size() >= most_attempts) return true;
  app.attempts.push_back(now);
  return false;
}

std::unexpected<fault> not_authentic(const fault& f, std::string_view what) {
  if (is_transient(f.code)) return fail(f.code, f.what, f.peer_code, f.retry_after);
  return fail(errc::forbidden, std::string(what), f.peer_code);
}

bool is_configured_token(const config::portal& portal, const std::string& given) {
  bool known = false; // all are compared, whichever matches
  for (const secret& expected : portal.application_tokens)
    known = constant_time_equal(given, expected.reveal()) || known;
  return known;
}

// The call was made by our application and no other of that portal.
awaitable<result<void>> is_our_application(std::shared_ptr<bitrix24::client> caller) {
  bj::object none;
  auto info = co_await caller->call_alone("app.info", std::move(none));
  if (!info) co_return not_authentic(info.error(), "the portal does not accept the token");
  const auto* o = info->result.if_object();
  const auto code = o == nullptr ? std::string{} : json::text_or(*o, "CODE");
  if (!constant_time_equal(code, caller->portal().client_id))
    co_return fail(errc::forbidden, "the token is of another application");
  co_return result<void>{};
}

awaitable<result<bool>> is_administrator(std::shared_ptr<bitrix24::client> caller) {
  bj::object none;
  auto who = co_await caller->call_alone("profile", std::move(none));
  if (!who) co_return not_authentic(who.error(), "the portal or the authorization server does not accept the token");
  const auto* o = who->result.if_object();
  co_return o != nullptr&& json::boolean(*o, "ADMIN").value_or(false);
}

awaitable<result<void>> look_as(std::shared_ptr<bitrix24::client> caller, std::int64_t deal, bool prove_application) {
  if (prove_application) {
    auto ours = co_await is_our_application(caller);
    if (!ours) co_return ours;
  }
  bj::object none;
  auto who = co_await caller->call_alone("profile", std::move(none));
  if (!who) co_return not_authentic(who.error(), "the portal does not accept the token");
  bj::object params{{"entityTypeId", 2}, {"id", deal}};
  auto read = co_await caller->call_alone("crm.item.get", std::move(params));
  if (!read) co_return not_authentic(read.error(), "the user may not read this deal");
  co_return result<void>{};
}

} // namespace

std::shared_ptr<application> make_application(std::shared_ptr<workflow::services> s, std::shared_ptr<http_client> http,
                                              std::shared_ptr<installation_store> store) {
  auto app = std::make_shared<application>();
  app->s = std::move(s);
  app->http = std::move(http);
  app->store = std::move(store);
  return app;
}

awaitable<result<void>> install(application_ptr app, std::string portal, installer who) {
  const auto* link = app->s->portal(portal);
  if (link == nullptr || link->settings->client_id.empty())
    co_return fail(errc::forbidden, "this portal is not configured as a local application");
  const config::portal& settings = *link->settings;
  if (who.refresh_token.empty() || who.refresh_token.size() > longest_token || who.member_id.empty() ||
      who.member_id.size() > longest_token || who.application_token.size() > longest_token)
    co_return fail(errc::forbidden, "tokens or member_id are missing");
  if (!settings.member_id.empty() && !constant_time_equal(who.member_id, settings.member_id))
    co_return fail(errc::forbidden, "another portal is configured here");
  if (too_many(*app)) co_return fail(errc::throttled, "too many attempts to install", {}, std::chrono::seconds(60));

  // Over already, so the first call exchanges it. The server is the configured one: whoever calls would name his own.
  auto caller = std::make_shared<callers_tokens>();
  caller->may_refresh = true;
  caller->kept.access = "-";
  caller->kept.refresh = std::move(who.refresh_token);
  caller->kept.expires = instant{std::chrono::milliseconds(1)};
  auto client = client_of(app, settings, caller);
  auto administrator = co_await is_administrator(client);
  if (!administrator) co_return fail(std::move(administrator.error()));
  if (!constant_time_equal(who.member_id, caller->kept.member_id))
    co_return fail(errc::forbidden, "the tokens are of another portal");
  auto ours = co_await is_our_application(client);
  if (!ours) co_return ours;
  if (!*administrator) co_return fail(errc::forbidden, "an administrator of the portal must install the application");

  tokens fresh = caller->kept;
  fresh.application_token = std::move(who.application_token);
  auto stored = co_await app->store->install(portal, std::move(fresh));
  if (!stored) co_return fail(errc::unavailable, "the tokens could not be stored: " + stored.error().what);
  metrics::count("waybill_application_installs_total", {{"portal", portal}});
  log::info("the application is installed in the portal", {{"portal", portal}});
  co_return result<void>{};
}

awaitable<result<bool>> knows_token(application_ptr app, std::string portal, std::string given) {
  const auto* link = app->s->portal(portal);
  if (link == nullptr || given.empty() || given.size() > longest_token) co_return false;
  if (is_configured_token(*link->settings, given)) co_return true;
  if (link->settings->client_id.empty()) co_return false;
  auto stored = co_await app->store->load(portal);
  if (!stored) co_return fail(std::move(stored.error()));
  co_return *stored&& constant_time_equal(given, (*stored)->application_token);
}

awaitable<result<void>> may_see(application_ptr app, std::string portal, viewer who) {
  const auto* link = app->s->portal(portal);
  if (link == nullptr || link->settings->client_id.empty())
    co_return fail(errc::forbidden, "this portal is not configured as a local application");
  auto stored = co_await app->store->load(portal);
  if (!stored) co_return fail(errc::unavailable, stored.error().what);
  if (!*stored) co_return fail(errc::forbidden, "the application is not installed");
  const tokens& installed = **stored;
  if (who.access_token.empty() || who.access_token.size() > longest_token ||
      !constant_time_equal(who.member_id, installed.member_id))
    co_return fail(errc::forbidden, "the call is of another portal");
  // A portal that sends no application token must show otherwise that the token is our application's.
  const bool provable = !who.application_token.empty() &&
                        (!installed.application_token.empty() || !link->settings->application_tokens.empty());
  if (provable) {
    auto known = co_await knows_token(app, portal, who.application_token);
    if (!known) co_return fail(errc::unavailable, known.error().what);
    if (!*known) co_return fail(errc::forbidden, "the application token is not this portal's");
  }
  if (app->pages_open >= most_pages) co_return fail(errc::throttled, "too many pages at once");
  auto caller = std::make_shared<callers_tokens>();
  caller->kept.access = std::move(who.access_token);
  caller->kept.client_endpoint = installed.client_endpoint;
  caller->kept.member_id = installed.member_id;
  auto client = client_of(app, *link->settings, std::move(caller));
  const auto one = std::shared_ptr<void>(nullptr, [app](void*) { --app->pages_open; });
  ++app->pages_open;
  co_return co_await look_as(std::move(client), who.deal, !provable);
}

} // namespace waybill::ingress
