#include <redis/connector.hpp>
#include <redis/locate.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace waybill::redis {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

namespace {

// With sentinels: how often a link that works is compared with what they say, for a master cut off with us.
constexpr milliseconds sentinel_check{5'000};

// CLIENT SETNAME takes printable ASCII without blanks.
std::string printable(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 64)) out += c > ' ' && c < 0x7f ? c : '_';
  return out;
}

} // namespace

// In the loop's frame: when the context is destroyed under it, those who wait for commands are destroyed, not leaked.
struct connector::ender {
  connector* of;
  std::uint64_t life;
  ~ender() {
    if (of->life_ == life) of->stop();
  }
};

connector::connector(executor ex, endpoint where, options how)
    : ex_(ex), where_(std::make_shared<endpoint>(std::move(where))), how_(std::move(how)),
      queue_(std::make_shared<resumer>(ex)), wake_(ex), changed_(ex) {}

void connector::start(std::shared_ptr<connector> self) {
  if (std::exchange(running_, true)) return;
  failures_ = 0;
  auto task = run(std::move(self), ++life_);
  spawn(ex_, "redis connection " + how_.client_name, std::move(task));
}

void connector::stop() {
  if (!std::exchange(running_, false)) return;
  ++life_;
  client_id_ = 0;
  for (const auto& l : {std::exchange(link_, {}), std::exchange(opening_, {})})
    if (l) l->close(errc::cancelled, "the connection to Redis was stopped");
  wake_.notify_all();
  changed_.notify_all();
}

fault connector::down() const {
  if (!running_) return fault{errc::unavailable, "the connection to Redis is not running", {}, {}};
  return fault{errc::unavailable,
               last_fault_.empty() ? "Redis is down: not connected yet" : "Redis is down: " + last_fault_,
               {},
               {}};
}

awaitable<result<void>> connector::wait_up(std::shared_ptr<connector> self, milliseconds limit) {
  const auto until = clock::now() + limit;
  while (!self->link_) {
    const auto left = std::chrono::ceil<milliseconds>(until - clock::now());
    if (left.count() <= 0 || !self->running_) co_return fail(self->down());
    co_await self->changed_.wait(left);
  }
  co_return result<void>{};
}

void connector::know(const script& s) {
  if (!known_.insert(s.sha1()).second) return;
  scripts_.push_back(s.text());
  if (link_) {
    const std::string_view words[]{"SCRIPT", "LOAD", s.text()};
    link_->send(words); // its answer does not matter: EVAL is the second way
  }
}

awaitable<void> connector::run(std::shared_ptr<connector> self, std::uint64_t life) {
  const ender at_end{self.get(), life};
  while (self->life_ == life) {
    auto l = co_await establish(self);
    self->opening_.reset();
    if (self->life_ != life) {
      if (l) (*l)->close(errc::cancelled, "the connection to Redis was stopped");
      break;
    }
    if (!l) {
      self->report(l.error());
      co_await self->wake_.wait(self->next_pause());
      continue;
    }
    self->went_up(*l);
    if (self->life_ == life) co_await until_lost(self, *l);
    if (self->life_ != life) break;
    self->went_down();
    fault lost{errc::unavailable, "the link to Redis was lost: " + (*l)->why(), {}, {}};
    l = fail(lost);
    self->report(lost);
    co_await self->wake_.wait(self->next_pause());
  }
}

awaitable<result<std::shared_ptr<link>>> connector::establish(std::shared_ptr<connector> self) {
  const auto life = self->life_;
  auto places = co_await locate(self->ex_, self->where_, self->how_.connect_timeout);
  if (!places) co_return fail(std::move(places.error()));
  fault last{errc::unavailable, "no address", {}, {}};
  for (const auto& place : *places) {
    if (self->life_ != life) break;
    auto l = co_await link::open(self->ex_, place, self->how_.connect_timeout, self->how_.command_timeout);
    if (!l) {
      last = std::move(l.error());
      continue;
    }
    self->opening_ = *l;
    auto task = introduce(self, *l);
    auto met = co_await deadline(std::move(task), self->how_.connect_timeout);
    if (met && (*l)->alive()) {
      self->at_ = place;
      co_return std::move(*l);
    }
    if (!met) last = std::move(met.error());
    else last = fault{errc::unavailable, (*l)->why(), {}, {}};
    last.what = fmt::format("{}: {}", to_text(place), last.what);
    (*l)->close(errc::unavailable, last.what);
  }
  co_return fail(std::move(last));
}

awaitable<result<void>> connector::introduce(std::shared_ptr<connector> self, std::shared_ptr<link> l) {
  const auto& e = *self->where_;
  if (!e.user.empty() || !e.password.empty()) {
    auto auth = e.user.empty() ? l->call("AUTH", e.password.reveal()) : l->call("AUTH", e.user, e.password.reveal());
    if (auto in = co_await std::move(auth); !in) co_return fail(std::move(in.error()));
  }
  const auto database = std::to_string(e.database);
  if (e.database != 0) {
    auto chosen = co_await l->call("SELECT", database);
    if (!chosen) co_return fail(std::move(chosen.error()));
  }
  if (!e.sentinels.empty()) {
    auto master = co_await demand_master(l);
    if (!master) co_return fail(std::move(master.error()));
  }
  // Proves that we may speak at all, and that the data set is loaded.
  auto pong = co_await l->call("PING");
  if (!pong) co_return fail(std::move(pong.error()));
  const auto name = printable(self->how_.client_name);
  auto named = l->call("CLIENT", "SETNAME", name);
  auto numbered = l->call("CLIENT", "ID");
  (void)co_await std::move(named); // a name is for people: a user who may not set it works without
  auto id = co_await std::move(numbered);
  self->next_client_id_ = id ? id->integer : 0;
  // By index: eval() may add some meanwhile.
  std::size_t sent = 0;
  while (sent < self->scripts_.size()) {
    std::vector<awaitable<result<reply>>> loads;
    for (; sent < self->scripts_.size(); ++sent) loads.push_back(l->call("SCRIPT", "LOAD", self->scripts_[sent]));
    for (auto& load : loads) {
      auto loaded = co_await std::move(load);
      if (loaded || loaded.error().code == errc::rejected || loaded.error().code == errc::forbidden) {
        if (!loaded) log::warn("redis: a script could not be loaded ahead", {{"what", loaded.error().what}});
        continue;
      }
      co_return fail(std::move(loaded.error()));
    }
  }
  co_return result<void>{};
}

awaitable<bool> connector::master_moved(std::shared_ptr<connector> self) {
  const auto now_at = co_await locate(self->ex_, self->where_, self->how_.connect_timeout);
  if (!now_at) co_return false; // silent sentinels are no reason to leave a link that works
  const auto& at = self->at_;
  co_return std::ranges::none_of(*now_at,
                                 [&](const target& t) { return t.address == at.address && t.port == at.port; });
}

awaitable<void> connector::until_lost(std::shared_ptr<connector> self, std::shared_ptr<link> l) {
  const bool sentinels = !self->where_->sentinels.empty() && self->where_->unix_socket.empty();
  while (l->alive()) {
    if (!sentinels) {
      co_await l->changed().wait();
      continue;
    }
    co_await l->changed().wait(sentinel_check);
    if (l->alive() && co_await master_moved(self) && l->alive())
      l->close(errc::unavailable, "the sentinels name another master");
  }
}

void connector::went_up(std::shared_ptr<link> l) {
  link_ = std::move(l);
  client_id_ = next_client_id_;
  failures_ = 0;
  last_fault_.clear();
  refused_ = false;
  log::info("redis: connected", {{"link", how_.client_name}, {"to", to_text(at_)}});
  metrics::gauge("waybill_redis_up", {{"link", how_.client_name}}, 1);
  const auto callbacks = callbacks_; // one may add another
  for (const auto& callback : callbacks) callback();
  changed_.notify_all();
}

void connector::went_down() {
  link_.reset();
  client_id_ = 0;
  metrics::gauge("waybill_redis_up", {{"link", how_.client_name}}, 0);
  metrics::count("waybill_redis_links_lost_total", {{"link", how_.client_name}});
}

// The same reason is told once a minute, not at every attempt.
void connector::report(const fault& why) {
  const auto now = clock::now();
  const bool told = why.what == last_fault_ && now - last_report_ < std::chrono::minutes(1);
  last_fault_ = why.what;
  if (told) return;
  last_report_ = now;
  refused_ = why.code == errc::forbidden || why.code == errc::rejected || why.code == errc::bad_input;
  const auto message = refused_ ? "redis: the server refuses us; check user, password and database of the configuration"
                                : "redis: down, trying again";
  log::write(refused_ ? log::level::error : log::level::warn, message,
             {{"link", how_.client_name}, {"where", describe(*where_)}, {"what", why.what}});
}

milliseconds connector::next_pause() {
  const auto doubled = how_.backoff_first * (std::int64_t{1} << std::min(failures_++, 16U));
  const auto most = std::min(doubled, how_.backoff_most).count();
  return milliseconds{std::uniform_int_distribution<milliseconds::rep>{most / 2, most}(random_)};
}

} // namespace waybill::redis
