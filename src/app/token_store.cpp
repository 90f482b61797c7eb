#include <app/token_store.hpp>
#include <waybill/json.hpp>

#include <fmt/format.h>

namespace waybill::app {
namespace {

using bitrix24::tokens;

// The refresh token that was used must still be the stored one: otherwise another process was first.
const redis::script replace_script{R"lua(
local have = redis.call('HGET', KEYS[1], 'refresh')
if have and have ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'refresh', ARGV[2], 'body', ARGV[3])
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

class redis_tokens final : public bitrix24::token_store {
 public:
  redis_tokens(std::shared_ptr<redis::connection> redis, std::string prefix)
      : redis_(std::move(redis)), prefix_(std::move(prefix)) {}

  awaitable<result<std::optional<tokens>>> load(std::string portal) override {
    const std::string key = name("tokens", portal);
    const redis::args words{"HGET", key, "body"};
    auto got = co_await redis_->command(words);
    if (!got) co_return fail(got.error());
    if (got->is_nil()) co_return std::optional<tokens>{};
    const auto parsed = json::parse(got->text);
    if (!parsed || !parsed->is_object()) co_return fail(errc::internal, "the stored tokens are unreadable");
    const auto& o = parsed->get_object();
    tokens t;
    t.access = json::text_or(o, "access");
    t.refresh = json::text_or(o, "refresh");
    t.client_endpoint = json::text_or(o, "client_endpoint");
    t.server_endpoint = json::text_or(o, "server_endpoint");
    t.member_id = json::text_or(o, "member_id");
    t.application_token = json::text_or(o, "application_token");
    t.expires = instant{std::chrono::milliseconds(json::integer_or(o, "expires"))};
    co_return std::optional(std::move(t));
  }

  awaitable<result<bool>> replace(std::string portal, std::string old_refresh, tokens fresh) override {
    const std::string key = name("tokens", portal), body = encode(fresh);
    const redis::args keys{key}, values{old_refresh, fresh.refresh, body};
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
  std::string name(std::string_view what, const std::string& portal) const {
    return fmt::format("{}:{}:{}", prefix_, what, portal);
  }
  std::shared_ptr<redis::connection> redis_;
  std::string prefix_;
};

} // namespace

std::shared_ptr<bitrix24::token_store> make_token_store(std::shared_ptr<redis::connection> redis, std::string prefix) {
  return std::make_shared<redis_tokens>(std::move(redis), std::move(prefix));
}

} // namespace waybill::app
