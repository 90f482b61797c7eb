#include <app/core.hpp>
#include <app/token_store.hpp>
#include <http/client.hpp>
#include <redis/embedded.hpp>

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <unistd.h>

namespace waybill::app {
namespace {

// A carrier is asked by its own lane's jobs and by operators: some more connections than its concurrency.
constexpr std::size_t connections_per_host = 32;

workflow::portal_link make_portal(executor ex, const config::portal& settings, const core& c) {
  const std::string base = fmt::format("{}:limit:{}", c.settings->store.prefix, settings.id);
  // A request that is long on its way is counted by the portal later than by us: some room keeps that from tipping
  // over.
  const double burst = std::max(1, settings.burst - std::max(1, settings.burst / 10));
  auto intensity = std::make_shared<limits::bucket>(c.commands, base + ":calls", settings.requests_per_second, burst);
  auto operating = std::make_shared<limits::operating_budget>(c.commands, base + ":operating",
                                                              static_cast<double>(settings.operating_limit_s));
  auto client = std::make_shared<bitrix24::client>(ex, settings, c.http, std::move(intensity), std::move(operating),
                                                   make_token_store(c.commands, c.settings->store.prefix));
  workflow::portal_link link;
  link.settings = &settings;
  link.crm = std::make_shared<bitrix24::crm>(std::move(client));
  return link;
}

workflow::carrier_link make_carrier(executor ex, const carrier_account& account, const core& c) {
  workflow::carrier_link link;
  link.account = &account;
  link.type = find_carrier_type(account.type);
  carrier_context context;
  context.account = account;
  context.http = c.http;
  context.cache = store::make_carrier_cache(c.services->values, account.id);
  context.ex = std::move(ex);
  if (!account.webhook_secret.empty() && !c.settings->http.public_url.empty())
    link.webhook_url = c.settings->http.public_url + "/carriers/" + percent_encode(account.id) + "/" +
                       percent_encode(account.webhook_secret.reveal());
  context.webhook_url = link.webhook_url;
  link.api = link.type->make(std::move(context));
  return link;
}

} // namespace

std::string consumer_name() {
  std::string host(256, '\0');
  if (::gethostname(host.data(), host.size() - 1) != 0) host = "host";
  host.resize(std::char_traits<char>::length(host.c_str()));
  return fmt::format("{}-{}-{:08x}", host, ::getpid(), std::random_device{}());
}

result<redis::endpoint> redis_endpoint(const config::file& settings) {
  const config::redis& where = settings.store;
  if (where.mode == config::redis_mode::embedded) {
    redis::endpoint e;
    e.unix_socket = (where.data_dir / "redis.sock").string();
    return e;
  }
  redis::endpoint e;
  if (!where.url.empty()) {
    auto parsed = redis::parse_endpoint(where.url.reveal());
    if (!parsed) return fail(parsed.error());
    e = std::move(*parsed);
  }
  e.sentinels = where.sentinels;
  e.sentinel_master = where.sentinel_master;
  return e;
}

std::vector<std::string> misused_accounts(const workflow::services& s) {
  std::vector<std::string> wrong;
  const auto link_of = [&](const std::string& id) {
    const auto it = s.carriers.find(id);
    return it == s.carriers.end() ? nullptr : it->second.api.get();
  };
  for (const config::route& route : s.settings->routes)
    for (const std::string& id : route.with)
      if (const carrier* api = link_of(id); api != nullptr && !api->can().progress)
        wrong.push_back(
            fmt::format("routes: \"{}\" in `with` carries parcels itself, it would be ordered a second time; "
                        "`with` is for systems like moysklad",
                        id));
  for (const config::portal& portal : s.settings->portals) {
    if (portal.goods_from.empty()) continue;
    const carrier* api = link_of(portal.goods_from);
    if (api == nullptr || !api->can().goods)
      wrong.push_back(
          fmt::format("portals.{}.goods_from: \"{}\" is no account of a system that keeps goods, as moysklad "
                      "does",
                      portal.id, portal.goods_from));
  }
  return wrong;
}

awaitable<result<core>> connect(executor ex, std::shared_ptr<const config::file> settings,
                                std::chrono::milliseconds patience) {
  core c;
  c.settings = std::move(settings);
  const auto where = redis_endpoint(*c.settings);
  if (!where) co_return fail(where.error());
  c.commands = std::make_shared<redis::connection>(ex, *where);
  c.commands->start();
  auto up = co_await c.commands->wait_up(patience);
  if (!up) co_return fail(up.error());
  auto layout = co_await store::check_schema(c.commands, c.settings->store.prefix);
  if (!layout) co_return fail(layout.error());

  http::client_options how;
  how.connections_per_host = connections_per_host;
  c.http = http::make_client(ex, std::move(how));

  queue::options jobs;
  jobs.prefix = c.settings->store.prefix;
  jobs.consumer = consumer_name();
  jobs.lease = c.settings->jobs.lease;
  jobs.max_attempts = c.settings->jobs.max_attempts;
  jobs.max_depth = c.settings->jobs.max_depth;

  c.services = std::make_shared<workflow::services>();
  workflow::services& s = *c.services;
  s.ex = ex;
  s.settings = c.settings;
  s.jobs = std::make_shared<queue::queue>(ex, c.commands, std::move(jobs));
  s.shipments = std::make_shared<store::shipments>(c.commands, s.jobs, c.settings->store.prefix);
  s.values = std::make_shared<store::values>(c.commands, c.settings->store.prefix);
  s.requests = std::make_shared<store::delivery_requests>(c.commands, s.jobs, c.settings->store.prefix);
  for (const config::portal& portal : c.settings->portals) s.portals.emplace(portal.id, make_portal(ex, portal, c));
  for (const carrier_account& account : c.settings->carriers)
    s.carriers.emplace(account.id, make_carrier(ex, account, c));
  if (const auto wrong = misused_accounts(s); !wrong.empty())
    co_return fail(errc::bad_input, fmt::format("{}", fmt::join(wrong, "; ")));
  co_return c;
}

} // namespace waybill::app
