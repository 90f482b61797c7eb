#include <app/token_store.hpp>
#include <waybill/json.hpp>

#include <fmt/format.h>

namespace waybill::app {
namespace {

using bitrix24::tokens;

// The refresh token that was used must still be the stored one: otherwise another process was first, or the application
// is gone. The application token is changed by an installation or the portal's word only: a refresh that began before
// must not bring the old one back.
const redis::script replace_script{R"lua(
local have = redis.call('HGET', KEYS[1], 'refresh')
if have and have ~= ARGV[1] then return 0 end
if not have and ARGV[1] ~= '' then return 0 end
redis.call('HSET', KEYS[1], 'refresh', ARGV[2], 'body', ARGV[3])
redis.call('HSETNX', KEYS[1], 'application_token', ARGV[4])
return 1
)lua"};

const redis::script install_script{R"lua(
redis.call('HSET', KEYS[1], 'refresh', ARGV[1], 'body', ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'application_token', ARGV[3]) end
return 1
)lua"};

const redis::script application_token_script{R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'application_token', ARGV[1])
return 1
)lua"};

std::string encode(const tokens& t) {
  return json::serialize(json::object{{"access", t.access},
                                      {"refresh", t.refresh},
                                      {"client_endpoint", t.client_endpoint},
                                      {"server_endpoint", t.server_endpoint},
                                      {"member_id", t.member_id},
                                      {"application_token", t.application_token},
                                      {"expires", t.expires.time_since_epoch().count()}});
}

result<tokens> decode(const std::string& text) {
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) return fail(errc::internal, "the stored tokens are unreadable");
  const auto& o = parsed->get_object();
  tokens t;
  t.access = json::text_or(o, "access");
  t.refresh = json::text_or(o, "refresh");
  t.client_endpoint = json::text_or(o, "client_endpoint");
  t.server_endpoint = json::text_or(o, "server_endpoint");
  t.member_id = json::text_or(o, "member_id");
  t.application_token = json::text_or(o, "application_token");
  t.expires = instant{std::chrono::milliseconds(json::integer_or(o, "expires"))};
  return t;
}

awaitable<result<std::optional<tokens>>> load_from(std::shared_ptr<redis::connection> redis, std::string key) {
  const redis::args words{"HMGET", key, "body", "application_token"};
  auto got = co_await redis->command(words);
  if (!got) co_return fail(got.error());
  if (got->items.size() != 2 || got->items[0].is_nil()) co_return std::optional<tokens>{};
  auto read = decode(got->items[0].text);
  if (!read) co_return fail(read.error());
  if (!got->items[1].is_nil()) read->application_token = got->items[1].text;
  co_return std::optional(std::move(*read));
}

std::string key_of(const std::string& prefix, std::string_view what, const std::string& portal) {
  return fmt::format("{}:{}:{}", prefix, what, portal);
}

class redis_tokens final : public bitrix24::token_store {
 public:
  redis_tokens(std::shared_ptr<redis::connection> redis, std::string prefix)
      : redis_(std::move(redis)), prefix_(std::move(prefix)) {}

  awaitable<result<std::optional<tokens>>> load(std::string portal) override {
    return load_from(redis_, name("tokens", portal));
  }

  awaitable<result<bool>> replace(std::string portal, std::string old_refresh, tokens fresh) override {
    const std::string key = name("tokens", portal), body = encode(fresh);
    const redis::args keys{key}, values{old_refresh, fresh.refresh, body, fresh.application_token};
    auto done = co_await redis_->eval(replace_script, keys, values);
    if (!done) co_return fail(done.error());
    co_return done->integer == 1;
  }

  awaitable<result<bool>> lock_refresh(std::string portal, std::chrono::milliseconds ttl) override {
    const std::string key = name("refreshing", portal), life = std::to_string(ttl.count());
    const redis::args words{"SET", key, "1", "NX", "PX", life};
    auto done = co_await redis_->command(words);
    if (!done) co_return fail(done.error());
    co_return !done->is_nil();
  }

  awaitable<result<void>> unlock_refresh(std::string portal) override {
    const std::string key = name("refreshing", portal);
    const redis::args words{"DEL", key};
    auto done = co_await redis_->command(words);
    if (!done) co_return fail(done.error());
    co_return result<void>{};
  }

 private:
  std::string name(std::string_view what, const std::string& portal) const { return key_of(prefix_, what, portal); }
  std::shared_ptr<redis::connection> redis_;
  std::string prefix_;
};

class redis_installations final : public ingress::installation_store {
 public:
  redis_installations(std::shared_ptr<redis::connection> redis, std::string prefix)
      : redis_(std::move(redis)), prefix_(std::move(prefix)) {}

  awaitable<result<std::optional<tokens>>> load(std::string portal) override {
    return load_from(redis_, key_of(prefix_, "tokens", portal));
  }

  awaitable<result<void>> install(std::string portal, tokens fresh) override {
    const std::string key = key_of(prefix_, "tokens", portal), body = encode(fresh);
    const redis::args keys{key}, values{fresh.refresh, body, fresh.application_token};
    auto done = co_await redis_->eval(install_script, keys, values);
    if (!done) co_return fail(done.error());
    co_return result<void>{};
  }

  awaitable<result<void>> set_application_token(std::string portal, std::string token) override {
    const std::string key = key_of(prefix_, "tokens", portal);
    const redis::args keys{key}, values{token};
    auto done = co_await redis_->eval(application_token_script, keys, values);
    if (!done) co_return fail(done.error());
    co_return result<void>{};
  }

  awaitable<result<void>> forget(std::string portal) override {
    const std::string key = key_of(prefix_, "tokens", portal);
    const redis::args words{"DEL", key};
    auto done = co_await redis_->command(words);
    if (!done) co_return fail(done.error());
    co_return result<void>{};
  }

 private:
  std::shared_ptr<redis::connection> redis_;
  std::string prefix_;
};

} // namespace

std::shared_ptr<bitrix24::token_store> make_token_store(std::shared_ptr<redis::connection> redis, std::string prefix) {
  return std::make_shared<redis_tokens>(std::move(redis), std::move(prefix));
}

std::shared_ptr<ingress::installation_store> make_installation_store(std::shared_ptr<redis::connection> redis,
                                                                     std::string prefix) {
  return std::make_shared<redis_installations>(std::move(redis), std::move(prefix));
}

} // namespace waybill::app
