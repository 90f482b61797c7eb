#include <app/check.hpp>
#include <app/core.hpp>
#include <redis/embedded.hpp>
#include <waybill/json.hpp>

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace waybill::app {
namespace {

constexpr std::chrono::milliseconds patience{3'000};

check_line good(std::string what) { return {true, false, std::move(what), {}}; }
check_line bad(std::string what, std::string remedy) { return {false, false, std::move(what), std::move(remedy)}; }

std::string remedy_of(errc code) {
  switch (code) {
  case errc::forbidden: return "check the account's credentials and rights";
  case errc::unavailable:
  case errc::timeout:
  case errc::outcome_unknown: return "check the network, the proxy and base_url";
  case errc::throttled: return "wait a minute and check again";
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found:
  case errc::cancelled:
  case errc::protocol:
  case errc::internal: return "see the text; check base_url and the account's settings";
  }
  return {};
}

// An embedded Redis runs only while the daemon does: before that, what it needs is looked at.
std::vector<check_line> embedded_place(const config::file& settings) {
  std::vector<check_line> lines;
  const auto& dir = settings.store.data_dir;
  struct stat info{};
  if (::stat(dir.c_str(), &info) != 0)
    lines.push_back(
        bad(fmt::format("redis: the folder {} does not exist", dir.string()), "create it, owned by the daemon's user"));
  else if (::access(dir.c_str(), W_OK) != 0)
    lines.push_back(
        bad(fmt::format("redis: the folder {} cannot be written", dir.string()), "let the daemon's user own it"));
  else lines.push_back(good(fmt::format("redis: embedded, in {}; the daemon is not running now", dir.string())));
  return lines;
}

awaitable<std::vector<check_line>> check_redis(core c) {
  std::vector<check_line> lines;
  auto found = co_await redis::inspect(c.commands);
  if (!found) {
    lines.push_back(
        bad("redis: " + found.error().what, "check that the server answers and that the user may run INFO"));
    co_return lines;
  }
  for (const std::string& e : found->errors) lines.push_back(bad("redis: " + e, "the daemon will not start like this"));
  for (const std::string& w : found->warnings) lines.push_back({true, true, "redis: " + w, {}});
  if (found->errors.empty()) lines.push_back(good("redis: version " + found->version + " answers"));
  co_return lines;
}

awaitable<std::vector<check_line>> check_portal(std::shared_ptr<bitrix24::client> portal) {
  std::vector<check_line> lines;
  auto findings = co_await bitrix24::inspect(portal);
  for (bitrix24::finding& f : findings)
    lines.push_back({f.ok, false, "portal " + portal->portal().id + ": " + f.what, std::move(f.remedy)});
  co_return lines;
}

awaitable<check_line> check_carrier(workflow::carrier_link* link) {
  auto answer = co_await link->api->probe();
  const std::string name = "carrier " + link->account->id + ": ";
  if (answer) co_return good(name + *answer);
  co_return bad(name + answer.error().what, remedy_of(answer.error().code));
}

void add(std::vector<check_line>& all, std::vector<check_line> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// A Redis for the duration of the check: portals' limits and carriers' caches need one, and the daemon's own runs only
// with it.
struct temporary_redis {
  std::filesystem::path folder;
  std::unique_ptr<redis::embedded_server> server;

  awaitable<result<std::shared_ptr<const config::file>>> start(executor ex,
                                                               std::shared_ptr<const config::file> settings) {
    std::string pattern = (std::filesystem::temp_directory_path() / "waybill-check.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) co_return fail(errc::unavailable, "no temporary folder can be made");
    folder = pattern;
    redis::embedded_options how;
    how.data_dir = folder;
    server = std::make_unique<redis::embedded_server>(ex, std::move(how));
    auto up = co_await server->start();
    if (!up) co_return fail(up.error());
    auto copy = std::make_shared<config::file>(*settings);
    copy->store.data_dir = folder;
    co_return std::shared_ptr<const config::file>(std::move(copy));
  }

  awaitable<void> stop() {
    if (server) co_await server->stop();
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }
};

awaitable<std::vector<check_line>> check_services(core c) {
  std::vector<check_line> lines;
  for (auto& [id, portal] : c.services->portals) {
    auto client = portal.crm->shared_portal();
    add(lines, co_await check_portal(std::move(client)));
  }
  for (auto& [id, link] : c.services->carriers) lines.push_back(co_await check_carrier(&link));
  co_return lines;
}

} // namespace

awaitable<std::vector<check_line>> check(executor ex, std::shared_ptr<const config::file> settings) {
  std::vector<check_line> lines;
  temporary_redis stand_in;
  auto c = co_await connect(ex, settings, patience);
  if (!c && settings->store.mode == config::redis_mode::embedded) {
    add(lines, embedded_place(*settings));
    auto other = co_await stand_in.start(ex, settings);
    if (!other) {
      lines.push_back(
          bad("redis: " + other.error().what, "install the package redis-server, which the embedded mode runs"));
      co_return lines;
    }
    c = co_await connect(ex, *other, patience);
  } else if (c) {
    add(lines, co_await check_redis(*c));
  }
  if (!c) {
    lines.push_back(bad("redis: " + c.error().what, "check redis.url, and that the server runs"));
  } else {
    add(lines, co_await check_services(*c));
    c->commands->stop();
  }
  co_await stand_in.stop();
  co_return lines;
}

} // namespace waybill::app
