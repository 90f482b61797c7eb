#include "token.hpp"

#include "errors.hpp"
#include "wire.hpp"

#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace waybill::cdek {
namespace {

using namespace std::chrono_literals;

// Changes with the credentials, so that an old token never serves new ones. One-way: the cache learns no secret.
std::string key_of(const settings& how) {
  const std::string text = how.base_url + "\n" + how.account + "\n" + how.password.reveal();
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::string key = "token:";
  for (std::size_t i = 0; i < 8; ++i) fmt::format_to(std::back_inserter(key), "{:02x}", hash[i]);
  return key;
}

} // namespace

token_source::token_source(settings how, std::shared_ptr<http_client> http, std::shared_ptr<carrier_cache> cache,
                           clock_fn clock)
    : how_(std::move(how)), http_(std::move(http)), cache_(std::move(cache)), clock_(clock), cache_key_(key_of(how_)) {}

void token_source::spoil(const std::string& token) {
  spoiled_ = token;
  if (now_.text == token) now_ = {};
}

awaitable<result<std::string>> token_source::get() {
  for (;;) {
    if (!now_.text.empty() && clock_() < now_.renew_at) co_return now_.text;
    if (clock_() < refused_until_) co_return fail(refused_);
    if (flight_ == nullptr) break;
    const auto joined = flight_;
    while (flight_ == joined && !joined->outcome) co_await joined->landed.wait(1s);
    if (joined->outcome) co_return *joined->outcome;
    // The caller that fetched was cancelled: somebody else takes over.
  }
  auto ex = co_await asio::this_coro::executor;
  const auto mine = std::make_shared<flight>(ex);
  flight_ = mine;
  // Also when this coroutine is cancelled in the middle: the others must not wait for ever.
  struct landing {
    token_source& owner;
    std::shared_ptr<flight> f;
    ~landing() {
      if (owner.flight_ == f) owner.flight_ = nullptr;
      f->landed.notify_all();
    }
  } const guard{*this, mine};
  auto got = co_await fetch();
  mine->outcome = got;
  co_return got;
}

awaitable<std::optional<token_source::kept>> token_source::from_cache() {
  if (cache_ == nullptr) co_return std::nullopt;
  const auto stored = co_await cache_->get(cache_key_);
  if (!stored || !*stored) co_return std::nullopt;
  const auto parsed = json::parse(**stored, 64 * 1024);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) co_return std::nullopt;
  kept k{json::text_or(*o, "token"), instant(std::chrono::milliseconds(json::integer_or(*o, "renew_at")))};
  if (k.text.empty() || k.text == spoiled_ || k.renew_at <= clock_()) co_return std::nullopt;
  co_return k;
}

result<token_source::kept> token_source::read(const http_response& answer) const {
  if (answer.status != 200) {
    fault f = fault_from(answer, call_kind::read);
    // The documents name both 400 and 401 for wrong credentials.
    const std::string code = lower_ascii(f.peer_code);
    if (code == "invalid_client" || code == "unauthorized" || answer.status == 401)
      f = {errc::forbidden, "CDEK refuses the account or its secure password", {}, f.peer_code};
    return fail(std::move(f));
  }
  const auto parsed = json::parse(answer.body, 64 * 1024);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  const std::string text = o == nullptr ? std::string() : json::text_or(*o, "access_token");
  const bool clean = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
  if (text.empty() || text.size() > 16 * 1024 || !clean)
    return fail(errc::protocol, "CDEK's answer lacks the access token");
  const auto life = std::chrono::seconds(std::clamp<std::int64_t>(json::integer_or(*o, "expires_in", 600), 2, 86'400));
  const auto margin = std::min<std::chrono::milliseconds>(5min, life / 2);
  return kept{text, clock_() + life - margin};
}

awaitable<result<std::string>> token_source::fetch() {
  if (auto stored = co_await from_cache()) {
    now_ = *stored;
    co_return now_.text;
  }
  http_request rq;
  rq.method = "POST";
  rq.url = how_.base_url + std::string(wire::path_token);
  rq.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  rq.headers.emplace_back("Accept", "application/json");
  form_fields form;
  form.emplace_back("grant_type", "client_credentials");
  form.emplace_back("client_id", how_.account);
  form.emplace_back("client_secret", how_.password.reveal());
  rq.body = encode_form(form);
  rq.timeout = 10s;
  rq.max_response_bytes = 64 * 1024;
  rq.idempotent = true;
  rq.label = "cdek.token";
  const auto answer = co_await http_->send(std::move(rq));
  if (!answer) {
    fault f = answer.error();
    if (f.code == errc::outcome_unknown) f.code = errc::unavailable; // a token more does no harm
    co_return fail(std::move(f));
  }
  auto got = read(*answer);
  if (!got) {
    if (got.error().code == errc::forbidden) {
      refused_ = got.error();
      refused_pause_ = std::clamp<std::chrono::milliseconds>(refused_pause_ * 2, 30s, 10min);
      refused_until_ = clock_() + refused_pause_;
      log::error("CDEK refuses the credentials", {{"pause", to_text(refused_pause_)}});
    }
    co_return fail(got.error());
  }
  refused_pause_ = 0ms;
  now_ = std::move(*got);
  spoiled_.clear();
  const std::string token = now_.text;
  if (cache_ != nullptr) {
    const json::object record{{"token", token}, {"renew_at", now_.renew_at.time_since_epoch().count()}};
    const auto life = now_.renew_at - clock_();
    const auto put = co_await cache_->put(cache_key_, json::serialize(record), life);
    if (!put) log::warn("the CDEK token could not be kept", {{"what", put.error().what}});
  }
  co_return token;
}

} // namespace waybill::cdek
