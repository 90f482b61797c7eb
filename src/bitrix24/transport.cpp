#include <bitrix24/address_guard.hpp>
#include <bitrix24/transport.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

namespace waybill::bitrix24 {
namespace {

// The portal cuts a request after 60 s; what lasts longer is lost on the way.
constexpr std::chrono::milliseconds request_timeout{65'000};
constexpr std::size_t most_answer_bytes = std::size_t{32} * 1024 * 1024;

// What the transport's own fault says of the command. Its text may hold the address, so it is not passed on.
fault lost(const fault& f, effect kind) {
  fault out;
  out.code = f.code;
  switch (f.code) {
  case errc::unavailable: out.what = "the portal cannot be reached"; return out;
  case errc::outcome_unknown:
  case errc::timeout:
    out.code = kind == effect::write     ? errc::outcome_unknown
               : f.code == errc::timeout ? errc::timeout
                                         : errc::unavailable;
    out.what = "the portal did not answer";
    return out;
  case errc::protocol:
    out.code = kind == effect::write ? errc::outcome_unknown : errc::protocol;
    out.what = "the portal's answer is broken or too large";
    return out;
  case errc::cancelled:
    out.code = kind == effect::write ? errc::outcome_unknown : errc::cancelled;
    out.what = "cancelled while the portal was asked";
    return out;
  case errc::throttled: out.retry_after = f.retry_after; [[fallthrough]];
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found:
  case errc::forbidden:
  case errc::internal: out.what = "the portal could not be asked"; return out;
  }
  return out;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Another token may have come with a new installation.
bool may_be_replaced(const peer_error& e) { return e.status == 401 && !is_expired_token(e); }

} // namespace

transport::transport(executor ex, const config::portal& portal, std::shared_ptr<http_client> http,
                     std::shared_ptr<token_store> store)
    : portal_(portal.id), webhook_(portal.webhook_url), domain_(portal.domain),
      trial_(portal.webhook_url.empty() ? portal.oauth_url.starts_with("http://")
                                        : portal.webhook_url.reveal().starts_with("http://")),
      http_(http) {
  if (webhook_.empty()) {
    authority_ = std::make_unique<authority>(std::move(ex), portal, std::move(http), std::move(store));
  } else if (!webhook_.reveal().ends_with('/')) {
    webhook_ = secret(webhook_.reveal() + "/");
  }
}

// Where methods are called, with a trailing '/'.
result<std::string> transport::base_of(const tokens* credentials) const {
  if (credentials == nullptr) return webhook_.reveal();
  std::string base =
      credentials->client_endpoint.empty() ? "https://" + domain_ + "/rest/" : credentials->client_endpoint;
  if (!base.ends_with('/')) base += '/';
  const auto where = parse_address(base);
  if (!where || !may_be_portal(*where, trial_))
    return fail(errc::forbidden, "the stored address of the portal is not acceptable: install the application again");
  return base;
}

// A renamed portal: our own path at the host that `Location` names.
result<std::string> transport::new_base(const std::string& old_base, const http_response& response) const {
  const auto* location = find_header(response.headers, "Location");
  const auto was = parse_address(old_base);
  const auto is = location == nullptr ? std::nullopt : parse_address(*location);
  if (!was || !is || !may_be_portal(*is, trial_))
    return fail(errc::protocol, "the portal points to an address that is not acceptable");
  if (is->origin() == was->origin())
    return fail(errc::protocol, "the portal points to a page of its own instead of answering");
  return is->origin() + was->path;
}

awaitable<result<exchange>> transport::post(std::shared_ptr<transport> self, std::string method,
                                            boost::json::object body, effect kind) {
  std::optional<tokens> credentials;
  if (self->authority_) {
    auto now_valid = co_await self->authority_->current();
    if (!now_valid) co_return fail(now_valid.error());
    credentials = *now_valid;
  }
  bool moved = false, renewed = false;
  while (true) {
    auto base = self->base_of(credentials ? &*credentials : nullptr);
    if (!base) co_return fail(base.error());
    if (credentials) body["auth"] = credentials->access;

    http_request rq;
    rq.method = "POST";
    rq.url = *base + method + ".json";
    rq.headers.emplace_back("Content-Type", "application/json");
    rq.headers.emplace_back("Accept", "application/json");
    rq.body = json::serialize(body);
    rq.timeout = request_timeout;
    rq.max_response_bytes = most_answer_bytes;
    rq.idempotent = kind == effect::read;
    rq.label = "bitrix24." + method;
    const auto begun = std::chrono::steady_clock::now();
    auto response = co_await self->http_->send(std::move(rq));
    if (!response) co_return fail(lost(response.error(), kind));

    if (is_redirect(response->status)) {
      auto next = self->new_base(*base, *response);
      if (!next) co_return fail(next.error());
      if (std::exchange(moved, true)) co_return fail(errc::protocol, "the portal points from one address to the next");
      const auto host = parse_address(*next)->host;
      log::warn("the portal has a new address: change it in the configuration",
                {{"portal", self->portal_}, {"host", host}});
      metrics::count("waybill_bitrix24_moved_total", {{"portal", self->portal_}});
      if (credentials) {
        credentials->client_endpoint = *next;
        co_await self->authority_->moved(*next);
      } else {
        self->webhook_ = secret(*next);
      }
      if (self->moved_) self->moved_(host);
      continue;
    }

    exchange done;
    done.status = response->status;
    done.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    auto parsed = json::parse(response->body, most_answer_bytes);
    if (!parsed || !parsed->is_object()) co_return fail(classify_status(response->status, kind == effect::write));
    done.body = std::move(*parsed);

    peer_error e;
    if (credentials && !renewed && read_error(done.body, done.status, e) &&
        (is_expired_token(e) || may_be_replaced(e))) {
      renewed = true;
      if (is_expired_token(e)) {
        auto newer = co_await self->authority_->newer_than(credentials->access);
        if (!newer) co_return fail(newer.error());
        credentials = *newer;
        continue;
      }
      auto other = co_await self->authority_->stored_other_than(credentials->access);
      if (other) {
        credentials = std::move(other);
        continue;
      }
    }
    co_return done;
  }
}

} // namespace waybill::bitrix24
