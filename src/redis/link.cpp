#include <redis/link.hpp>
#include <redis/reply.hpp>
#include <redis/wire.hpp>

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace waybill::redis {
namespace {

// A server that takes nothing more must not fill our memory: past this commands fail at once.
constexpr std::uint64_t most_unsent = 32ULL << 20U;

void option(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof(value)); }

void tune(int fd, bool tcp) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC); // hiredis leaves it open for children
  if (!tcp) return;
  option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000); // keepalive says nothing while bytes are unacknowledged
}

} // namespace

std::string to_text(const target& t) {
  if (!t.unix_socket.empty()) return "unix:" + t.unix_socket;
  return fmt::format(fmt::runtime(t.address.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), t.address, t.port);
}

link::link(executor ex, std::chrono::milliseconds command_timeout)
    : queue_(std::make_shared<resumer>(ex)), limit_(command_timeout), timer_(ex), changed_(ex) {}

link::~link() { close(errc::cancelled, "the connection was destroyed"); }

awaitable<result<std::shared_ptr<link>>> link::open(executor ex, target where, std::chrono::milliseconds limit,
                                                    std::chrono::milliseconds command_timeout) {
  auto l = std::make_shared<link>(ex, command_timeout);
  if (auto begun = l->begin(where); !begun) co_return fail(std::move(begun.error()));
  const auto until = clock::now() + limit;
  while (l->alive() && !l->connected_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    if (left.count() <= 0) l->close(errc::unavailable, fmt::format("no connection within {} ms", limit.count()));
    else co_await l->changed_.wait(left);
  }
  if (!l->alive()) co_return fail(errc::unavailable, fmt::format("{}: {}", to_text(where), l->why_));
  co_return l;
}

result<void> link::begin(const target& where) {
  if (where.unix_socket.size() >= sizeof(sockaddr_un::sun_path))
    return fail(errc::bad_input,
                fmt::format("the path of the unix socket is {} bytes long, at most {} are possible: {}",
                            where.unix_socket.size(), sizeof(sockaddr_un::sun_path) - 1, where.unix_socket));
  const bool tcp = where.unix_socket.empty();
  auto* context =
      tcp ? redisAsyncConnect(where.address.c_str(), where.port) : redisAsyncConnectUnix(where.unix_socket.c_str());
  if (context == nullptr) return fail(errc::internal, "no memory for a connection to Redis");
  if (context->err != 0) {
    std::string why = fmt::format("{}: {}", to_text(where), context->errstr);
    redisAsyncFree(context);
    return fail(errc::unavailable, std::move(why));
  }
  tune(context->c.fd, tcp);
  hooks_ = hooks::attach(queue_->where(), context, this);
  if (!hooks_) {
    redisAsyncFree(context);
    return fail(errc::internal, "the connection to Redis cannot be watched: too many open files?");
  }
  context_ = context;
  context->data = this;
  redisAsyncSetConnectCallback(context, &link::on_connect);
  return {};
}

void link::on_connect(const redisAsyncContext* context, int status) {
  auto* self = static_cast<link*>(context->data);
  if (status != REDIS_OK) return; // context_gone() follows
  self->connected_ = true;
  self->last_read_ = clock::now();
  self->changed_.notify_all(); // posts
}

void link::close(errc unsent, std::string why) {
  if (context_ == nullptr) return;
  unsent_ = unsent;
  why_ = std::move(why);
  redisAsyncFree(context_); // gives each waiting command its null reply, then context_gone()
}

void link::context_gone(std::string why) {
  if (why_.empty()) why_ = why.empty() ? "the link was closed" : std::move(why);
  context_ = nullptr;
  hooks_.reset();
  timer_.cancel();
  changed_.notify_all();
}

std::uint64_t link::bytes_left() const { return context_->c.obuf == nullptr ? 0 : sdslen(context_->c.obuf); }

std::shared_ptr<operation> link::refused(fault f) {
  auto op = std::make_shared<operation>(queue_);
  op->finish(std::unexpected(std::move(f)));
  return op;
}

std::shared_ptr<operation> link::send(std::span<const std::string_view> words) {
  if (context_ == nullptr) return refused(fault{errc::unavailable, "Redis is down: " + why_, {}, {}});
  out_.clear();
  wire::array(out_, words.size());
  for (const auto w : words) wire::word(out_, w);
  auto op = std::make_shared<operation>(queue_);
  enqueue(op);
  return op;
}

std::shared_ptr<operation> link::send_eval(const script& s, std::span<const std::string_view> keys,
                                           std::span<const std::string_view> values) {
  if (context_ == nullptr) return refused(fault{errc::unavailable, "Redis is down: " + why_, {}, {}});
  const std::size_t words = 3 + keys.size() + values.size();
  out_.clear();
  wire::array(out_, words);
  wire::word(out_, "EVALSHA");
  wire::word(out_, s.sha1());
  const auto rest = out_.size();
  wire::number(out_, keys.size());
  for (const auto k : keys) wire::word(out_, k);
  for (const auto v : values) wire::word(out_, v);
  auto op = std::make_shared<operation>(queue_);
  op->script = std::make_unique<operation::again>(operation::again{s.text(), words, out_.substr(rest)});
  enqueue(op);
  return op;
}

bool link::append(const std::shared_ptr<operation>& op) {
  sent_.push_back(op); // first: hiredis may answer from inside
  if (redisAsyncFormattedCommand(context_, &link::on_reply, this, out_.data(), out_.size()) != REDIS_OK) {
    sent_.pop_back();
    return false;
  }
  appended_ += out_.size();
  return true;
}

bool link::enqueue(const std::shared_ptr<operation>& op) {
  if (bytes_left() > most_unsent) {
    op->finish(fail(errc::unavailable, "Redis does not keep up: too much is waiting to be sent"));
    return false;
  }
  op->sent_at = clock::now();
  op->begins_at = appended_;
  if (!append(op)) {
    op->finish(fail(errc::unavailable, "Redis is down: the link is closing"));
    return false;
  }
  if (out_.capacity() > (1U << 20U)) std::string{}.swap(out_);
  if (limit_.count() > 0 && !looking_) look_at_oldest_later(op->sent_at + limit_);
  return true;
}

std::shared_ptr<operation> link::send_all(const pipeline& all) {
  auto op = std::make_shared<operation>(queue_);
  op->many = std::make_unique<operation::several>();
  op->many->expected = all.sizes.size();
  op->many->answers.reserve(all.sizes.size());
  if (context_ == nullptr || all.sizes.empty() || bytes_left() > most_unsent) {
    op->finish(fail(errc::unavailable, context_ == nullptr ? "Redis is down: " + why_
                                                           : "Redis does not keep up: too much is waiting to be sent"));
    return op;
  }
  op->sent_at = clock::now();
  op->begins_at = appended_;
  auto word = all.words.begin();
  for (const std::size_t size : all.sizes) {
    out_.clear();
    wire::array(out_, size);
    for (std::size_t i = 0; i < size; ++i) wire::word(out_, *word++);
    if (append(op)) continue;
    op->finish(fail(errc::outcome_unknown, "Redis is down: the link is closing"));
    return op;
  }
  if (limit_.count() > 0 && !looking_) look_at_oldest_later(op->sent_at + limit_);
  return op;
}

void link::on_reply(redisAsyncContext* context, void* answer, void* self) {
  auto* l = static_cast<link*>(self);
  if (l->sent_.empty()) return;
  const auto op = std::move(l->sent_.front());
  l->sent_.pop_front();
  if (op->done) return; // timed out or cancelled: nobody waits any more
  if (answer != nullptr) {
    l->take(*static_cast<redisReply*>(answer), op);
  } else {
    if (l->why_.empty() && context->c.err != 0) l->why_ = static_cast<const char*>(context->c.errstr);
    op->finish(std::unexpected(l->lost(*op)));
  }
}

void link::take(const redisReply& answer, const std::shared_ptr<operation>& op) {
  if (answer.type != REDIS_REPLY_ERROR) {
    settle(op, copy(answer));
    return;
  }
  auto error = error_of({answer.str, answer.len});
  if (op->script && error.peer_code == "NOSCRIPT") {
    const auto again = std::move(op->script); // once
    out_.clear();
    wire::array(out_, again->words);
    wire::word(out_, "EVAL");
    wire::word(out_, again->text);
    out_ += again->rest;
    enqueue(op);
    return;
  }
  if (error.peer_code == "READONLY") // a failover made it a replica under us; not inside hiredis' callback
    asio::post(queue_->where(), [weak = weak_from_this()] {
      if (const auto alive = weak.lock()) alive->close(errc::unavailable, "the server has become a replica");
    });
  settle(op, std::unexpected(std::move(error)));
}

void link::settle(const std::shared_ptr<operation>& op, result<reply> answer) {
  if (!op->many) return op->finish(std::move(answer));
  op->many->answers.push_back(std::move(answer));
  if (op->many->answers.size() == op->many->expected) op->finish(reply{});
}

fault link::lost(const operation& op) const {
  const auto written = appended_ - bytes_left();
  if (op.begins_at >= written) return fault{unsent_, "not sent to Redis: " + why_, {}, {}};
  return fault{errc::outcome_unknown, "sent to Redis and not answered: " + why_, {}, {}};
}

void link::bytes_came() { last_read_ = clock::now(); }

bool link::readable_now() const {
  pollfd p{context_->c.fd, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

void link::look_at_oldest_later(clock::time_point when) {
  looking_ = true;
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    if (ec) return;
    if (const auto alive = weak.lock()) alive->look_at_oldest();
  });
}

// The only time limit: one timer for the link, set by the oldest command that waits.
void link::look_at_oldest() {
  looking_ = false;
  if (context_ == nullptr || sent_.empty()) return;
  const auto now = clock::now();
  const auto pause =
      std::clamp<clock::duration>(limit_ / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(100));
  const auto due = sent_.front()->sent_at + limit_;
  if (due > now) return look_at_oldest_later(std::max(due, now + pause));
  // It may be us who slept: what lies in the socket is read first.
  if (readable_now() && !std::exchange(graced_, true)) return look_at_oldest_later(now + pause);
  graced_ = false;
  if (last_read_ + limit_ <= now)
    return close(errc::unavailable, fmt::format("Redis is silent for {} ms", limit_.count()));
  for (const auto& op : sent_) {
    if (op->sent_at + limit_ > now) break;
    op->finish(
        fail(errc::outcome_unknown,
             fmt::format("no answer from Redis within {} ms; the command may still be carried out", limit_.count())));
  }
  look_at_oldest_later(now + pause);
}

} // namespace waybill::redis
