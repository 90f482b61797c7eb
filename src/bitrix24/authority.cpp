#include <bitrix24/address_guard.hpp>
#include <bitrix24/authority.hpp>
#include <bitrix24/errors.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <waybill/time.hpp>

#include <algorithm>
#include <exception>

#include <boost/asio/as_tuple.hpp>

namespace waybill::bitrix24 {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds server_timeout{20'000};
constexpr milliseconds lock_ttl{30'000}; // longer than the exchange that it guards
constexpr milliseconds loser_patience{35'000};
constexpr milliseconds loser_looks_every{150};
constexpr milliseconds refusal_stands{60'000}; // a refused refresh token is not tried again at once

std::string_view remedy(std::string_view code) {
  if (code == "invalid_grant")
    return "the stored refresh token is no longer valid: open the application in the portal once more";
  if (code == "invalid_client" || code == "wrong_client") return "check client_id and client_secret of the portal";
  if (code == "not_installed") return "install the application in the portal";
  if (code == "payment_required") return "the portal's plan does not include REST";
  return "the authorization server refused";
}

bool is_over(const tokens& t) { return t.expires != instant{} && now() >= t.expires; }

} // namespace

struct authority::impl {
  // One refresh under way, and who waits for it.
  struct flight {
    explicit flight(const executor& ex) : done(ex, steady::time_point::max()) {}
    asio::steady_timer done;
    std::optional<result<tokens>> outcome;
  };

  executor ex;
  std::string portal, client_id, oauth_url;
  secret client_secret;
  bool trial;
  std::shared_ptr<http_client> http;
  std::shared_ptr<token_store> store;
  std::optional<tokens> known;
  std::shared_ptr<flight> flying;
  // New tokens that the store could not take: without them the portal would be lost, so they are kept and tried again.
  std::optional<tokens> unsaved;
  std::string unsaved_replaces;
  std::string refused_refresh;
  fault refusal;
  steady::time_point refused_at{};

  impl(executor e, const config::portal& p, std::shared_ptr<http_client> h, std::shared_ptr<token_store> s)
      : ex(std::move(e)), portal(p.id), client_id(p.client_id), oauth_url(p.oauth_url), client_secret(p.client_secret),
        trial(p.oauth_url.starts_with("http://")), http(std::move(h)), store(std::move(s)) {}

  result<std::string> token_url(const tokens& t) const;
  result<tokens> read(const http_response& response, const tokens& old) const;

  static awaitable<result<tokens>> load(std::shared_ptr<impl> self);
  static awaitable<result<tokens>> ask_server(std::shared_ptr<impl> self, tokens old);
  static awaitable<result<tokens>> save(std::shared_ptr<impl> self, std::string old_refresh, tokens fresh);
  static awaitable<result<tokens>> refresh(std::shared_ptr<impl> self, std::string stale);
  static awaitable<void> fly(std::shared_ptr<impl> self, std::shared_ptr<flight> f, std::string stale);
  static awaitable<result<tokens>> newer(std::shared_ptr<impl> self, std::string stale);
};

result<std::string> authority::impl::token_url(const tokens& t) const {
  constexpr std::string_view tail = "/rest/";
  if (!t.server_endpoint.ends_with(tail)) return oauth_url;
  auto url = t.server_endpoint.substr(0, t.server_endpoint.size() - tail.size()) + "/oauth/token/";
  const auto where = parse_address(url);
  if (!where || !may_be_portal(*where, trial))
    return fail(errc::protocol, "the stored authorization server is no acceptable address");
  return url;
}

result<tokens> authority::impl::read(const http_response& response, const tokens& old) const {
  auto body = json::parse(response.body, 256 * 1024);
  if (!body || !body->is_object()) {
    if (response.status == 429 || response.status >= 500)
      return fail(errc::unavailable, "the authorization server is out of order");
    return fail(errc::protocol, "the authorization server's answer is no JSON");
  }
  peer_error e;
  if (read_error(*body, response.status, e)) {
    if (response.status == 429 || response.status >= 500)
      return fail(errc::unavailable, "the authorization server is out of order", e.code);
    std::string code = tidy(e.code, 64);
    for (auto& c : code)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return fail(errc::forbidden, std::string(remedy(code)), code);
  }
  const auto& o = body->get_object();
  tokens fresh = old;
  fresh.access = json::text_or(o, "access_token");
  fresh.refresh = json::text_or(o, "refresh_token");
  if (fresh.access.empty() || fresh.refresh.empty())
    return fail(errc::protocol, "the authorization server sent no tokens");
  const auto member = json::text_or(o, "member_id");
  if (!member.empty() && !old.member_id.empty() && member != old.member_id)
    return fail(errc::protocol, "the authorization server sent tokens of another portal");
  if (fresh.member_id.empty()) fresh.member_id = member;
  const auto acceptable = [this](const std::string& url) {
    const auto where = parse_address(url);
    return where && may_be_portal(*where, trial);
  };
  if (auto url = json::text_or(o, "client_endpoint"); acceptable(url)) fresh.client_endpoint = std::move(url);
  if (auto url = json::text_or(o, "server_endpoint"); acceptable(url)) fresh.server_endpoint = std::move(url);
  const auto lives = json::integer_or(o, "expires_in", 3600);
  fresh.expires = now() + std::chrono::seconds(std::clamp<std::int64_t>(lives, 60, 24 * 3600));
  return fresh;
}

awaitable<result<tokens>> authority::impl::load(std::shared_ptr<impl> self) {
  auto stored = co_await self->store->load(self->portal);
  if (!stored) co_return fail(errc::unavailable, "the application's tokens cannot be read: " + stored.error().what);
  if (!*stored)
    co_return fail(errc::forbidden, "the application is not installed in the portal: open it there once",
                   "not_installed");
  self->known = **stored;
  co_return **stored;
}

awaitable<result<tokens>> authority::impl::ask_server(std::shared_ptr<impl> self, tokens old) {
  auto url = self->token_url(old);
  if (!url) co_return fail(url.error());
  http_request rq;
  rq.method = "POST";
  rq.url = *url;
  rq.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  rq.headers.emplace_back("Accept", "application/json");
  form_fields form;
  form.emplace_back("grant_type", "refresh_token");
  form.emplace_back("client_id", self->client_id);
  form.emplace_back("client_secret", self->client_secret.reveal());
  form.emplace_back("refresh_token", old.refresh);
  rq.body = encode_form(form);
  rq.timeout = server_timeout;
  rq.max_response_bytes = 256 * 1024;
  rq.label = "bitrix24.oauth";
  auto response = co_await self->http->send(std::move(rq));
  metrics::count("waybill_bitrix24_token_refreshes_total", {{"portal", self->portal}});
  if (!response) co_return fail(errc::unavailable, "the authorization server does not answer");
  co_return self->read(*response, old);
}

// Before the first use: an access token whose refresh token is lost would work for an hour and then never again.
awaitable<result<tokens>> authority::impl::save(std::shared_ptr<impl> self, std::string old_refresh, tokens fresh) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (attempt > 0) co_await sleep_for(milliseconds(200));
    auto replaced = co_await self->store->replace(self->portal, old_refresh, fresh);
    if (!replaced) continue;
    self->unsaved.reset();
    if (!*replaced) co_return co_await load(self); // somebody else was first: theirs are the ones that count
    self->known = fresh;
    co_return fresh;
  }
  self->unsaved = fresh;
  self->unsaved_replaces = old_refresh;
  log::error("new tokens of the portal could not be stored; they are kept in memory and stored as soon as possible",
             {{"portal", self->portal}});
  co_return fail(errc::unavailable, "the application's new tokens could not be stored");
}

awaitable<result<tokens>> authority::impl::refresh(std::shared_ptr<impl> self, std::string stale) {
  if (self->unsaved) {
    const auto fresh = *self->unsaved;
    co_return co_await save(self, self->unsaved_replaces, fresh);
  }
  const auto until = steady::now() + loser_patience;
  while (true) {
    auto stored = co_await load(self);
    if (!stored) co_return fail(stored.error());
    if (stored->access != stale && !is_over(*stored)) co_return *stored;
    if (stored->refresh == self->refused_refresh && steady::now() - self->refused_at < refusal_stands)
      co_return fail(self->refusal);
    auto locked = co_await self->store->lock_refresh(self->portal, lock_ttl);
    if (!locked) co_return fail(errc::unavailable, "the application's tokens cannot be locked: " + locked.error().what);
    if (*locked) break;
    if (steady::now() > until)
      co_return fail(errc::unavailable, "another process has been refreshing the application's token for too long");
    co_await sleep_for(loser_looks_every);
  }
  // Between the look and the lock somebody may have finished.
  auto old = co_await load(self);
  result<tokens> outcome = fail(errc::internal, "no tokens");
  if (!old || (old->access != stale && !is_over(*old))) {
    outcome = old;
  } else {
    outcome = co_await ask_server(self, *old);
    if (outcome) {
      const auto fresh = *outcome;
      outcome = co_await save(self, old->refresh, fresh);
    } else if (outcome.error().code == errc::forbidden) {
      self->refused_refresh = old->refresh;
      self->refusal = outcome.error();
      self->refused_at = steady::now();
      log::error("the application's token could not be refreshed",
                 {{"portal", self->portal}, {"code", self->refusal.peer_code}, {"what", self->refusal.what}});
    }
  }
  auto unlocked = co_await self->store->unlock_refresh(self->portal);
  if (!unlocked) log::warn("the lock of the token refresh stays until it expires", {{"portal", self->portal}});
  co_return outcome;
}

awaitable<void> authority::impl::fly(std::shared_ptr<impl> self, std::shared_ptr<flight> f, std::string stale) {
  result<tokens> outcome = fail(errc::internal, "the refresh of the token broke off");
  try {
    outcome = co_await refresh(self, std::move(stale));
  } catch (const std::exception& e) {
    log::error("the refresh of a token broke off", {{"portal", self->portal}, {"what", e.what()}});
  }
  f->outcome = std::move(outcome);
  self->flying.reset();
  f->done.cancel();
}

// The refresh runs on its own: a caller that is cancelled must not tear it apart between the server and the store.
awaitable<result<tokens>> authority::impl::newer(std::shared_ptr<impl> self, std::string stale) {
  if (self->known && self->known->access != stale && !is_over(*self->known)) co_return *self->known;
  auto f = self->flying;
  if (!f) {
    f = std::make_shared<flight>(self->ex);
    self->flying = f;
    spawn(self->ex, "bitrix24.refresh", fly(self, f, std::move(stale)));
  }
  if (!f->outcome) co_await f->done.async_wait(as_result);
  if (!f->outcome) co_return fail(errc::cancelled, "cancelled while waiting for a token");
  co_return *f->outcome;
}

authority::authority(executor ex, const config::portal& portal, std::shared_ptr<http_client> http,
                     std::shared_ptr<token_store> store)
    : impl_(std::make_shared<impl>(std::move(ex), portal, std::move(http), std::move(store))) {}

awaitable<result<tokens>> authority::current() {
  auto self = impl_;
  if (!self->known) {
    auto stored = co_await impl::load(self);
    if (!stored) co_return fail(stored.error());
  }
  if (!is_over(*self->known)) co_return *self->known;
  const auto stale = self->known->access;
  co_return co_await impl::newer(self, stale);
}

awaitable<result<tokens>> authority::newer_than(std::string stale) { return impl::newer(impl_, std::move(stale)); }

awaitable<std::optional<tokens>> authority::stored_other_than(std::string stale) {
  auto self = impl_;
  auto stored = co_await impl::load(self);
  if (!stored || stored->access == stale) co_return std::nullopt;
  co_return *stored;
}

awaitable<void> authority::moved(std::string client_endpoint) {
  auto self = impl_;
  if (!self->known) co_return;
  auto fresh = *self->known;
  fresh.client_endpoint = std::move(client_endpoint);
  self->known = fresh;
  auto replaced = co_await self->store->replace(self->portal, fresh.refresh, fresh);
  if (!replaced) log::warn("the portal's new address could not be stored", {{"portal", self->portal}});
}

} // namespace waybill::bitrix24
