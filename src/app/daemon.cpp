#include <app/core.hpp>
#include <app/daemon.hpp>
#include <app/token_store.hpp>
#include <delivery/service.hpp>
#include <http/server.hpp>
#include <ingress/application.hpp>
#include <ingress/ingress.hpp>
#include <redis/embedded.hpp>
#include <telemetry/log.hpp>
#include <telemetry/metrics.hpp>
#include <telemetry/notify.hpp>
#include <waybill/log.hpp>
#include <workflow/offline.hpp>

#include <csignal>
#include <iostream>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

namespace waybill::app {
namespace {

using namespace std::chrono_literals;

// Jobs of a portal mostly wait for its shared batches: many at once fill them, and cost only memory.
constexpr int portal_concurrency = 256;
constexpr auto start_patience = 30s;

class daemon {
 public:
  daemon(asio::io_context& io, std::shared_ptr<const config::file> settings, std::filesystem::path file)
      : io_(io), settings_(std::move(settings)), file_(std::move(file)), signals_(io, SIGTERM, SIGINT, SIGHUP) {}

  awaitable<void> run() {
    auto started = co_await start();
    if (!started) {
      log::error("waybill cannot start", {{"why", started.error().what}});
      std::cerr << "waybill: " << started.error().what << "\n";
      exit_code_ = 1;
      telemetry::notify_stopping();
      co_await stop(0s);
      co_return;
    }
    telemetry::notify_ready();
    log::info("ready", {{"listen", settings_->http.listen}, {"version", WAYBILL_VERSION}});
    co_await wait_for_the_end();
    telemetry::notify_stopping();
    log::info("draining");
    co_await stop(settings_->http.drain_timeout);
    log::info("stopped");
  }

  int exit_code() const { return exit_code_; }

 private:
  awaitable<result<void>> start() {
    auto ex = io_.get_executor();
    if (settings_->store.mode == config::redis_mode::embedded) {
      redis::embedded_options how;
      how.data_dir = settings_->store.data_dir;
      embedded_ = std::make_shared<redis::embedded_server>(ex, std::move(how));
      auto up = co_await embedded_->start();
      if (!up) co_return fail(up.error());
      spawn(ex, "embedded redis", embedded_->watch());
    }
    auto connected = co_await reach_redis();
    if (!connected) co_return fail(connected.error());
    auto found = std::move(*connected);
    for (const std::string& w : found.warnings) log::warn("redis", {{"what", w}});
    if (!found.errors.empty())
      co_return fail(errc::conflict, "redis: " + fmt::format("{}", fmt::join(found.errors, "; ")));

    const auto where = redis_endpoint(*settings_);
    if (!where) co_return fail(where.error());
    redis::options patient;
    patient.command_timeout = 0ms; // its reads block by design
    patient.client_name = "waybill-reader";
    blocking_ = std::make_shared<redis::connection>(ex, *where, std::move(patient));
    blocking_->start();

    engine_ = std::make_shared<workflow::engine>(core_.services);
    application_ = ingress::make_application(core_.services, core_.http,
                                             make_installation_store(core_.commands, settings_->store.prefix));
    queue::handler steps = engine_->handler();
    queue::handler run = [steps, app = application_](queue::job j, std::shared_ptr<queue::job_context> context) {
      // The set-up stands above the workflow, which knows nothing of it.
      return j.kind == "setup" ? ingress::run_setup_job(app, std::move(j)) : steps(std::move(j), std::move(context));
    };
    workers_ = std::make_shared<queue::workers>(ex, core_.commands, blocking_, core_.services->jobs, std::move(run));
    for (const auto& portal : settings_->portals) add_lane("bitrix24:" + portal.id, portal_concurrency);
    for (const auto& account : settings_->carriers) add_lane("carrier:" + account.id, account.concurrency);
    auto reading = co_await workers_->start();
    if (!reading && is_transient(reading.error().code)) {
      auto up = co_await core_.commands->wait_up(start_patience);
      if (up) reading = co_await workers_->start();
    }
    if (!reading) co_return fail(reading.error());

    ingress::add_bitrix24(router_, core_.services, application_);
    ingress::add_application(router_, application_);
    ingress::add_carriers(router_, core_.services);
    ingress::add_delivery(router_, delivery::make_service(core_.services));
    ingress::add_health(router_, [this] { return why_not_ready(); }, [] { return telemetry::render(); });
    http::server_options how;
    how.listen = settings_->http.listen;
    how.tls_certificate = settings_->http.tls_certificate;
    how.tls_private_key = settings_->http.tls_private_key;
    how.max_connections = settings_->http.max_connections;
    how.max_connections_per_address = settings_->http.max_connections_per_address;
    how.body_limit_of = [this](std::string_view method, std::string_view path) {
      return router_.body_limit(method, path);
    };
    server_ = std::make_shared<http::server>(ex, std::move(how), router_.as_handler());
    auto listening = co_await server_->start();
    if (!listening) co_return fail(listening.error());

    spawn(ex, "sweeps", sweep_by_the_clock());
    spawn(ex, "offline events", fetch_offline_by_the_clock());
    spawn(ex, "carriers' webhooks", keep_webhooks_by_the_clock());
    spawn(ex, "carriers' feeds", read_feeds_by_the_clock());
    spawn(ex, "watchdog", telemetry::feed_watchdog());
    co_return result<void>{};
  }

  // Redis may come and go while we start: after a crash of ours its embedded server ends too, perhaps just after we met
  // it.
  awaitable<result<redis::server_findings>> reach_redis() {
    const auto until = std::chrono::steady_clock::now() + start_patience;
    for (;;) {
      fault why;
      auto c = co_await connect(io_.get_executor(), settings_, start_patience);
      if (c) {
        auto found = co_await redis::inspect(c->commands);
        if (found) {
          core_ = std::move(*c);
          co_return std::move(*found);
        }
        why = found.error();
        c->commands->stop();
      } else {
        why = c.error();
      }
      if (!is_transient(why.code) || std::chrono::steady_clock::now() > until) co_return fail(std::move(why));
      co_await pause(200ms);
    }
  }

  void add_lane(std::string lane, int concurrency) {
    queue::lane_options one;
    one.lane = std::move(lane);
    one.concurrency = concurrency;
    workers_->add_lane(std::move(one));
  }

  std::string why_not_ready() const {
    if (stopping_) return "the daemon is stopping";
    return core_.commands->up() ? std::string{} : "Redis does not answer";
  }

  // SIGHUP is served on the way; SIGTERM and SIGINT end the wait.
  awaitable<void> wait_for_the_end() {
    for (;;) {
      auto [ec, number] = co_await signals_.async_wait(as_result);
      if (ec || number != SIGHUP) co_return;
      reload();
    }
  }

  // What can change without a restart: the log level and the certificate's files. The rest is checked, so that an
  // operator learns of a slip before the restart.
  void reload() {
    telemetry::notify_reloading();
    const auto fresh = config::load(file_);
    if (!fresh) {
      for (const auto& p : fresh.error())
        log::error("reload: the file has an error; nothing was changed", {{"what", config::to_text(p)}});
    } else {
      if (const auto level = telemetry::level_from(fresh->logging.level)) log::set_level(*level);
      if (!settings_->http.tls_certificate.empty()) {
        const auto read = server_->reload_certificate();
        if (!read) log::error("reload: the certificate was not taken", {{"what", read.error().what}});
      }
      log::info("reloaded: log level and certificate; other changes need a restart");
    }
    telemetry::notify_ready();
  }

  awaitable<void> sweep_by_the_clock() {
    std::chrono::milliseconds step = 1min;
    for (const auto& portal : settings_->portals) step = std::min(step, portal.sweep_interval);
    co_await engine_->sweep_all(true);
    while (!stopping_) {
      co_await pause(step);
      if (!stopping_) co_await engine_->sweep_all(false);
    }
  }

  awaitable<void> fetch_offline_by_the_clock() {
    while (!stopping_) {
      co_await workflow::ask_offline(core_.services);
      co_await pause(15s);
    }
  }

  awaitable<void> read_feeds_by_the_clock() {
    std::chrono::milliseconds step = 1min;
    for (const auto& account : settings_->carriers) step = std::min(step, account.poll_interval);
    while (!stopping_) {
      co_await engine_->read_feeds();
      co_await pause(std::max<std::chrono::milliseconds>(step, 200ms));
    }
  }

  awaitable<void> keep_webhooks_by_the_clock() {
    while (!stopping_) {
      co_await engine_->keep_webhooks();
      co_await pause(10min);
    }
  }

  // Ends early when the daemon stops.
  awaitable<void> pause(std::chrono::milliseconds duration) { co_await ended_.wait(duration); }

  awaitable<void> stop(std::chrono::milliseconds limit) {
    stopping_ = true;
    ended_.notify_all();
    if (server_) co_await server_->drain(std::min<std::chrono::milliseconds>(limit, 10s));
    if (workers_) co_await workers_->drain(limit);
    if (blocking_) blocking_->stop();
    if (core_.commands) core_.commands->stop();
    if (embedded_) co_await embedded_->stop();
    signals_.cancel();
  }

  asio::io_context& io_;
  std::shared_ptr<const config::file> settings_;
  std::filesystem::path file_;
  asio::signal_set signals_;
  signal ended_{io_.get_executor()};
  std::shared_ptr<redis::embedded_server> embedded_;
  core core_;
  std::shared_ptr<redis::connection> blocking_;
  std::shared_ptr<workflow::engine> engine_;
  std::shared_ptr<ingress::application> application_;
  std::shared_ptr<queue::workers> workers_;
  http::router router_;
  std::shared_ptr<http::server> server_;
  bool stopping_{false};
  int exit_code_{0};
};

} // namespace

int serve(std::shared_ptr<const config::file> settings, std::filesystem::path file) {
  telemetry::log_options logging;
  logging.level = telemetry::level_from(settings->logging.level).value_or(log::level::info);
  logging.format = settings->logging.format == "text" ? telemetry::log_format::text : telemetry::log_format::json;
  const auto logged = telemetry::start_log(std::move(logging));
  if (!logged) {
    std::cerr << "waybill: " << logged.error().what << "\n";
    return 1;
  }
  telemetry::start_metrics();
  asio::io_context io{1};
  daemon d(io, std::move(settings), std::move(file));
  bool ended = false;
  asio::co_spawn(io, d.run(), [&](const std::exception_ptr& error) {
    ended = true;
    if (error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) { log::error("the daemon ended with an exception", {{"what", e.what()}}); }
    }
    io.stop();
  });
  io.run();
  telemetry::stop_log();
  return ended ? d.exit_code() : 1;
}

} // namespace waybill::app
