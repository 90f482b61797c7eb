#include <redis/embedded.hpp>
#include <redis/info.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace waybill::redis {

std::string_view info_field(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const auto line = info.substr(0, info.find("\r\n"));
    info.remove_prefix(std::min(info.size(), line.size() + 2));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
      return line.substr(name.size() + 1);
  }
  return {};
}

namespace {

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Nothing when CONFIG is forbidden to us or renamed (managed services do both).
awaitable<std::optional<std::string>> setting(std::shared_ptr<connection> redis, std::string name) {
  const auto got = co_await redis->command("CONFIG", "GET", name);
  if (!got || got->items.size() != 2) co_return std::nullopt;
  co_return got->items[1].text;
}

void judge_policy(server_findings& out, const std::string& policy) {
  if (policy == "noeviction") return;
  if (policy.empty())
    out.warnings.emplace_back("The maxmemory-policy cannot be read (CONFIG and INFO are kept from our user): make sure "
                              "that it is noeviction, "
                              "or Redis throws away jobs when its memory is full.");
  else
    out.errors.push_back(
        fmt::format("maxmemory-policy is {}: Redis would throw away jobs when its memory is full. Set maxmemory-policy "
                    "noeviction in redis.conf (at once: CONFIG SET maxmemory-policy noeviction).",
                    policy));
}

void judge_persistence(server_findings& out, const std::string& appendonly, const std::string& fsync) {
  if (appendonly == "no") {
    out.warnings.emplace_back(
        "appendonly is no: when Redis dies or restarts, everything since the last snapshot is lost, also events that "
        "were answered 200. Set appendonly yes and appendfsync always.");
    return;
  }
  if (appendonly.empty())
    out.warnings.emplace_back("It cannot be read whether the append-only file is on: make sure of appendonly yes, or a "
                              "restart of Redis loses events.");
  if (fsync.empty())
    out.warnings.emplace_back("appendfsync cannot be read (CONFIG is kept from our user): with anything but always, a "
                              "crash loses the newest events.");
  else if (fsync == "everysec")
    out.warnings.emplace_back("appendfsync is everysec: a crash of the machine loses the events of the last second, "
                              "and more when its disk is "
                              "slow. Set appendfsync always; it costs about a fifth of the rate.");
  else if (fsync != "always")
    out.warnings.push_back(fmt::format(
        "appendfsync is {}: a crash of the machine may lose the events of half a minute. Set appendfsync always.",
        fsync));
}

void judge_replicas(server_findings& out, bool sentinel, int replicas, const std::optional<std::string>& to_write) {
  if (!sentinel && replicas == 0) return;
  if (sentinel && replicas == 0)
    out.warnings.emplace_back(
        "The master has no replica at the moment: when it fails, Sentinel has nothing to fail over to.");
  if (!to_write)
    out.warnings.emplace_back("min-replicas-to-write cannot be read: without it, what a master wrote after it was cut "
                              "off from its replicas is "
                              "lost in a failover.");
  else if (number(*to_write) == 0)
    out.warnings.emplace_back(
        "min-replicas-to-write is 0: a master that is cut off goes on answering, and what it accepted until then, also "
        "events that were answered 200, is lost in a failover. Set min-replicas-to-write 1 and min-replicas-max-lag 10 "
        "(replication stays asynchronous: the last moments can be lost all the same).");
}

} // namespace

awaitable<result<server_findings>> inspect(std::shared_ptr<connection> redis) {
  server_findings out;
  const auto answer = co_await redis->command("INFO");
  if (!answer && answer.error().code != errc::forbidden && answer.error().code != errc::rejected)
    co_return fail(answer.error());
  const std::string info = answer ? answer->text : "";
  out.version = info_field(info, "redis_version");
  if (out.version.empty())
    out.warnings.emplace_back(
        "The version cannot be read: allow our user the command INFO. Redis 7.0 or newer is needed.");
  else if (number(out.version) < 7)
    out.errors.push_back(fmt::format("This is Redis {}; 7.0 or newer is needed.", out.version));

  const auto role = info_field(info, "role");
  if (!role.empty() && role != "master")
    out.errors.push_back(
        fmt::format("This server is a {}, which cannot be written to: name the master, or use sentinels.", role));

  auto policy = co_await setting(redis, "maxmemory-policy");
  judge_policy(out, policy ? *policy : std::string(info_field(info, "maxmemory_policy")));

  auto appendonly = co_await setting(redis, "appendonly");
  if (!appendonly) {
    const auto enabled = info_field(info, "aof_enabled");
    appendonly = enabled.empty() ? "" : enabled == "1" ? "yes" : "no";
  }
  const auto fsync = co_await setting(redis, "appendfsync");
  judge_persistence(out, *appendonly, fsync.value_or(""));

  const auto to_write = co_await setting(redis, "min-replicas-to-write");
  judge_replicas(out, !redis->where().sentinels.empty(), number(info_field(info, "connected_slaves")), to_write);
  co_return out;
}

} // namespace waybill::redis
