#include <store/store.hpp>

#include <fmt/format.h>

namespace waybill::store {
namespace {

class account_cache final : public carrier_cache {
 public:
  account_cache(std::shared_ptr<values> all, std::string account)
      : all_(std::move(all)), account_(std::move(account)) {}
  awaitable<result<std::optional<std::string>>> get(std::string key) override { return all_->get(name(key)); }
  awaitable<result<void>> put(std::string key, std::string value, std::chrono::milliseconds ttl) override {
    return all_->put(name(key), std::move(value), ttl);
  }
  awaitable<result<void>> forget(std::string key) override { return all_->forget(name(key)); }

 private:
  std::string name(const std::string& key) const { return fmt::format("account:{}:{}", account_, key); }
  std::shared_ptr<values> all_;
  std::string account_;
};

} // namespace

values::values(std::shared_ptr<redis::connection> redis, std::string prefix)
    : redis_(std::move(redis)), prefix_(std::move(prefix)) {}

awaitable<result<std::optional<std::string>>> values::get(std::string key) {
  const std::string name = fmt::format("{}:value:{}", prefix_, key);
  const redis::args words{"GET", name};
  auto got = co_await redis_->command(words);
  if (!got) co_return fail(got.error());
  if (got->is_nil()) co_return std::optional<std::string>{};
  co_return std::optional(std::move(got->text));
}

awaitable<result<void>> values::put(std::string key, std::string value, std::chrono::milliseconds ttl) {
  const std::string name = fmt::format("{}:value:{}", prefix_, key), life = std::to_string(ttl.count());
  redis::args words{"SET", name, value};
  if (ttl.count() > 0) words.insert(words.end(), {"PX", life});
  auto done = co_await redis_->command(words);
  if (!done) co_return fail(done.error());
  co_return result<void>{};
}

awaitable<result<void>> values::forget(std::string key) {
  const std::string name = fmt::format("{}:value:{}", prefix_, key);
  const redis::args words{"DEL", name};
  auto done = co_await redis_->command(words);
  if (!done) co_return fail(done.error());
  co_return result<void>{};
}

awaitable<result<bool>> values::take(std::string key, std::string value, std::chrono::milliseconds ttl) {
  const std::string name = fmt::format("{}:value:{}", prefix_, key), life = std::to_string(ttl.count());
  const redis::args words{"SET", name, value, "NX", "PX", life};
  auto done = co_await redis_->command(words);
  if (!done) co_return fail(done.error());
  co_return !done->is_nil();
}

std::shared_ptr<carrier_cache> make_carrier_cache(std::shared_ptr<values> all, std::string account) {
  return std::make_shared<account_cache>(std::move(all), std::move(account));
}

awaitable<result<void>> check_schema(std::shared_ptr<redis::connection> redis, std::string prefix) {
  const std::string name = prefix + ":schema", ours = std::to_string(schema);
  const redis::args set{"SET", name, ours, "NX"};
  auto first = co_await redis->command(set);
  if (!first) co_return fail(first.error());
  const redis::args get{"GET", name};
  auto there = co_await redis->command(get);
  if (!there) co_return fail(there.error());
  if (std::strtol(there->text.c_str(), nullptr, 10) > schema)
    co_return fail(
        errc::conflict,
        fmt::format(
            "the data in Redis (prefix '{}') has layout {}, and this binary knows layouts up to {}: install the newer "
            "waybill, or name another redis.prefix",
            prefix, there->text, schema));
  co_return result<void>{};
}

} // namespace waybill::store
