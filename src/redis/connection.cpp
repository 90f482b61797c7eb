#include <redis/connection.hpp>
#include <redis/connector.hpp>
#include <waybill/log.hpp>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <utility>

namespace waybill::redis {
namespace {

// hiredis writes without MSG_NOSIGNAL: a server that went away would end the process.
void ignore_sigpipe() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction present{};
    if (::sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  });
}

// What would change the link for everybody else, or what hiredis 0.14 does not survive.
bool breaks_the_link(std::string_view word) {
  static constexpr std::string_view words[]{"SUBSCRIBE",    "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE",
                                            "SUNSUBSCRIBE", "MONITOR",    "HELLO",      "QUIT",        "RESET",
                                            "SELECT",       "SYNC",       "PSYNC",      "AUTH"};
  const auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b; };
  return std::ranges::any_of(words, [&](std::string_view w) { return std::ranges::equal(word, w, same); });
}

bool sound(std::span<const std::string_view> words) {
  constexpr std::size_t most = 64U << 20U;
  std::size_t total = 0;
  for (const auto w : words) total += w.size();
  return !words.empty() && total <= most && !breaks_the_link(words.front());
}

} // namespace

struct connection::impl : connector {
  using connector::connector;

  awaitable<result<reply>> command(std::span<const std::string_view> words) {
    if (!sound(words)) {
      const std::string name(words.empty() ? "an empty command" : words.front().substr(0, 32));
      return finished(queue(), fault{errc::bad_input, "not possible on the shared link to Redis: " + name, {}, {}});
    }
    const auto& l = current();
    return l ? wait_for(l->send(words)) : finished(queue(), down());
  }
};

connection::connection(executor ex, endpoint where, options how) {
  ignore_sigpipe();
  impl_ = std::make_shared<impl>(std::move(ex), std::move(where), std::move(how));
}
connection::~connection() { stop(); }

void connection::start() { impl_->start(impl_); }
void connection::stop() { impl_->stop(); }
bool connection::up() const { return impl_->current() != nullptr; }
awaitable<result<void>> connection::wait_up(std::chrono::milliseconds limit) {
  return connector::wait_up(impl_, limit);
}
std::int64_t connection::client_id() const { return impl_->client_id(); }
const endpoint& connection::where() const { return impl_->where(); }
const std::string& connection::last_fault() const { return impl_->last_fault(); }
void connection::on_connect(std::function<void()> callback) { impl_->on_connect(std::move(callback)); }

awaitable<result<reply>> connection::command(const args& words) { return impl_->command(words); }
awaitable<result<reply>> connection::command(std::initializer_list<std::string_view> words) {
  return impl_->command({words.begin(), words.size()});
}

awaitable<std::vector<result<reply>>> connection::run(const pipeline& all) {
  const auto& l = impl_->current();
  if (l) return wait_for_all(l->send_all(all));
  auto op = std::make_shared<operation>(impl_->queue());
  op->many = std::make_unique<operation::several>();
  op->many->expected = all.sizes.size();
  op->finish(std::unexpected(impl_->down()));
  return wait_for_all(std::move(op));
}

awaitable<result<reply>> connection::eval(const script& s, const args& keys, const args& values) {
  impl_->know(s);
  const auto& l = impl_->current();
  return l ? wait_for(l->send_eval(s, keys, values)) : finished(impl_->queue(), impl_->down());
}

} // namespace waybill::redis
