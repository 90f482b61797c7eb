#include <redis/data_folder.hpp>
#include <redis/embedded.hpp>
#include <redis/info.hpp>
#include <redis/link.hpp>
#include <redis/process.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace waybill::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using clock = std::chrono::steady_clock;

constexpr milliseconds ask_limit{1'000};
constexpr seconds answer_limit{30}; // for a new one to answer (while it loads its data: without limit)
constexpr seconds shutdown_limit{10};
constexpr seconds term_limit{5};

struct unlocked {
  int fd{-1};
  unlocked() = default;
  unlocked(const unlocked&) = delete;
  unlocked& operator=(const unlocked&) = delete;
  ~unlocked() { release(); }
  void release() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

// Who listens on the socket.
struct listener {
  enum class kind { nobody, silent, redis } is{kind::nobody};
  pid_t pid{0};
  std::string folder;
  bool ready{false}; // answers PONG, not LOADING
};

awaitable<listener> look(executor ex, std::string socket) {
  listener out;
  target t{std::move(socket), {}, 0};
  auto l = co_await link::open(ex, std::move(t), ask_limit, ask_limit);
  if (!l) co_return out;
  out.is = listener::kind::silent;
  auto asked_info = (*l)->call("INFO", "server");
  auto asked_folder = (*l)->call("CONFIG", "GET", "dir");
  auto asked_ping = (*l)->call("PING");
  const auto info = co_await std::move(asked_info);
  const auto folder = co_await std::move(asked_folder);
  const auto ping = co_await std::move(asked_ping);
  (*l)->close(errc::cancelled, "asked");
  if (!info || !folder) co_return out;
  out.is = listener::kind::redis;
  const auto pid = info_field(info->text, "process_id");
  std::from_chars(pid.data(), pid.data() + pid.size(), out.pid);
  if (folder->items.size() == 2) out.folder = folder->items[1].text;
  out.ready = ping.has_value();
  co_return out;
}

} // namespace

struct embedded_server::impl {
  impl(executor e, const embedded_options& how)
      : ex(std::move(e)), folder(how.data_dir), binary(how.server_binary), left_over_limit(how.left_over_limit),
        wake(ex) {}

  executor ex;
  data_folder folder;
  std::string binary;
  milliseconds left_over_limit;
  signal wake;
  // Held as long as we live: by it another daemon sees whether a server that runs here has lost its own.
  unlocked ownership;
  std::shared_ptr<process> server;
  bool stopping{false};
  bool starting{false};

  static awaitable<result<void>> bring_up(std::shared_ptr<impl> s);
  static awaitable<result<bool>> make_room(std::shared_ptr<impl> s);
  static awaitable<void> ask_to_end(std::shared_ptr<impl> s);
  static awaitable<result<void>> adopt(std::shared_ptr<impl> s, pid_t pid);
  static awaitable<result<void>> answered(std::shared_ptr<impl> s);
  static awaitable<void> end(std::shared_ptr<impl> s);
  static awaitable<void> watch(std::shared_ptr<impl> s);
  static awaitable<void> stop(std::shared_ptr<impl> s);
};

// Adopts, or starts; one process at a time decides.
awaitable<result<void>> embedded_server::impl::bring_up(std::shared_ptr<impl> s) {
  if (auto usable = s->folder.prepare(); !usable) co_return fail(std::move(usable.error()));
  unlocked lock;
  const auto until = clock::now() + answer_limit;
  while ((lock.fd = s->folder.try_lock(data_folder::lock::start)) < 0) {
    if (clock::now() > until)
      co_return fail(errc::unavailable, "another process is starting a server in " + s->folder.path().string());
    co_await sleep_for(milliseconds(20));
  }
  for (;;) {
    auto free = co_await make_room(s);
    if (!free) co_return fail(std::move(free.error()));
    if (*free) {
      auto started = process::start(s->ex, s->folder.command(s->binary), s->folder.path(), s->folder.log());
      if (!started) co_return fail(std::move(started.error()));
      s->server = std::move(*started);
    }
    auto ready = co_await answered(s);
    if (ready) {
      log::info(*free ? "redis: the private server runs" : "redis: shares the private server of another daemon",
                {{"folder", s->folder.path().string()}, {"pid", std::to_string(s->server->pid())}});
      co_return result<void>{};
    }
    // One that ended with its daemon while we took it over is no reason to give up.
    if (*free || s->server->running() || s->stopping || clock::now() > until) co_return fail(std::move(ready.error()));
  }
}

// True: nobody runs here and the socket is free. False: one that runs, and belongs to a live daemon, has been adopted.
// One whose daemon died is about to end by its death signal, at any moment of our start: we wait for its end.
awaitable<result<bool>> embedded_server::impl::make_room(std::shared_ptr<impl> s) {
  const auto socket = s->folder.socket().string();
  auto until = clock::now() + s->left_over_limit;
  std::shared_ptr<process> hung;
  bool asked = false;
  for (;;) {
    if (s->ownership.fd < 0) s->ownership.fd = s->folder.try_lock(data_folder::lock::ownership);
    const bool orphan = s->ownership.fd >= 0 && !s->server;
    const auto who = co_await look(s->ex, socket);
    if (who.is == listener::kind::redis) {
      if (!s->folder.same_as(who.folder))
        co_return fail(
            errc::conflict,
            fmt::format("a Redis with another data folder ({}) listens on {}; end it, or choose another redis.data_dir",
                        who.folder, socket));
      if (!orphan) {
        auto adopted = co_await adopt(s, who.pid);
        if (adopted) co_return false;
        if (clock::now() > until) co_return fail(std::move(adopted.error()));
      } else if (!asked) {
        asked = true;
        co_await ask_to_end(s);
      }
    }
    const auto pid = s->folder.left_over();
    if (who.is == listener::kind::nobody && pid == 0) break;
    if (clock::now() > until) {
      if (pid == 0)
        co_return fail(
            errc::conflict,
            fmt::format("something that is not our Redis listens on {}; end it, or choose another redis.data_dir",
                        socket));
      // It is ours, and every entry that it answered is on the disk.
      log::warn("redis: ending a left-over server that does not answer", {{"pid", std::to_string(pid)}});
      hung = process::adopt(s->ex, pid);
      hung->send(SIGKILL);
      co_await process::ended(hung, term_limit);
      until = clock::now() + s->left_over_limit;
    }
    if (s->stopping) co_return fail(errc::cancelled, "stopped while starting the private redis-server");
    co_await sleep_for(milliseconds(50));
  }
  ::unlink(socket.c_str()); // of a server that was killed
  co_return true;
}

awaitable<void> embedded_server::impl::ask_to_end(std::shared_ptr<impl> s) {
  target t{s->folder.socket().string(), {}, 0};
  auto l = co_await link::open(s->ex, std::move(t), ask_limit, shutdown_limit);
  if (!l) co_return;
  auto task = (*l)->call("SHUTDOWN"); // does not return when it succeeds
  (void)co_await deadline(std::move(task), shutdown_limit);
  (*l)->close(errc::cancelled, "ended");
}

awaitable<result<void>> embedded_server::impl::adopt(std::shared_ptr<impl> s, pid_t pid) {
  if (!s->folder.is_working_folder_of(pid))
    co_return fail(errc::conflict, "the left-over Redis runs where we cannot see its process (another container?)");
  s->server = process::adopt(s->ex, pid);
  target t{s->folder.socket().string(), {}, 0};
  auto l = co_await link::open(s->ex, std::move(t), ask_limit, answer_limit);
  if (!l) co_return fail(std::move(l.error()));
  auto set = co_await (*l)->call("CONFIG", "SET", "appendonly", "yes", "appendfsync", "always", "maxmemory-policy",
                                 "noeviction", "save", "");
  (*l)->close(errc::cancelled, "asked");
  if (!set) co_return fail(std::move(set.error()));
  co_return result<void>{};
}

awaitable<result<void>> embedded_server::impl::answered(std::shared_ptr<impl> s) {
  auto until = clock::now() + answer_limit;
  const auto socket = s->folder.socket().string();
  for (;;) {
    const auto who = co_await look(s->ex, socket);
    if (who.ready && who.pid == s->server->pid()) co_return result<void>{};
    if (who.is == listener::kind::redis) until = clock::now() + answer_limit; // loading
    if (!s->server->running())
      co_return fail(errc::unavailable,
                     fmt::format("the private redis-server ended at once ({}); its last words in {}: {}",
                                 s->server->ending(), s->folder.log().string(), s->folder.last_words()));
    if (s->stopping || clock::now() > until) {
      co_await end(s);
      co_return fail(errc::unavailable,
                     fmt::format("the private redis-server does not answer; see {}", s->folder.log().string()));
    }
    co_await sleep_for(milliseconds(10));
  }
}

awaitable<void> embedded_server::impl::end(std::shared_ptr<impl> s) {
  const auto p = s->server;
  if (!p || !p->running()) co_return;
  co_await ask_to_end(s);
  if (co_await process::ended(p, term_limit)) co_return;
  p->send(SIGTERM);
  if (co_await process::ended(p, term_limit)) co_return;
  log::warn("redis: the private server does not end; killing it", {{"pid", std::to_string(p->pid())}});
  p->send(SIGKILL);
  co_await process::ended(p, term_limit);
}

awaitable<void> embedded_server::impl::watch(std::shared_ptr<impl> s) {
  constexpr milliseconds first{100}, most{5'000};
  constexpr seconds healthy{30};
  auto pause = first;
  while (!s->stopping) {
    const auto since = clock::now();
    if (const auto p = s->server) {
      co_await process::ended(p, std::chrono::hours(24));
      if (s->stopping) break;
      if (p->running()) continue;
      log::error("redis: the private server ended; starting it again",
                 {{"how", p->ending()}, {"last_words", s->folder.last_words()}});
      metrics::count("waybill_redis_server_deaths_total");
    }
    if (clock::now() - since > healthy) pause = first;
    co_await s->wake.wait(pause);
    pause = std::min(pause * 2, most);
    if (s->stopping) break;
    s->starting = true;
    auto up = co_await bring_up(s);
    s->starting = false;
    if (!up) log::error("redis: the private server could not be started", {{"what", up.error().what}});
  }
}

awaitable<void> embedded_server::impl::stop(std::shared_ptr<impl> s) {
  s->stopping = true;
  s->wake.notify_all();
  while (s->starting) co_await sleep_for(milliseconds(10));
  co_await end(s);
  s->server.reset();
  s->ownership.release();
}

embedded_server::embedded_server(executor ex, embedded_options how)
    : impl_(std::make_shared<impl>(std::move(ex), how)) {}

// Without stop() (an exception on the way out): the child must not outlive us; short, since all is on the disk already.
embedded_server::~embedded_server() {
  impl_->stopping = true;
  impl_->wake.notify_all();
  const auto p = impl_->server;
  if (!p || !p->child()) return;
  p->send(SIGTERM);
  for (int i = 0; i < 100 && p->running(); ++i) std::this_thread::sleep_for(milliseconds(10));
  p->send(SIGKILL);
}

awaitable<result<void>> embedded_server::start() {
  impl_->stopping = false;
  return impl::bring_up(impl_);
}
awaitable<void> embedded_server::watch() { return impl::watch(impl_); }
awaitable<void> embedded_server::stop() { return impl::stop(impl_); }

endpoint embedded_server::where() const {
  endpoint e;
  e.unix_socket = impl_->folder.socket().string();
  return e;
}

} // namespace waybill::redis
