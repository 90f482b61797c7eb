// One connection: read a request, run the handler, write the answer, again. A single coroutine per connection; the
// deadlines are watched from outside (server_core), so a request costs no timer and usually one system call each way.
#include <http/buffer.hpp>
#include <http/core.hpp>
#include <http/request_parser.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <exception>
#include <optional>
#include <typeinfo>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cxxabi.h>

namespace waybill::http {
namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

constexpr std::size_t joined_body = 16 * 1024; // shorter bodies leave in one piece with the head
constexpr std::size_t most_discarded = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds linger_limit{2'000};

// Plain TCP, or TLS with the context that was current when the caller came.
struct plain_transport {
  static constexpr bool secure = false;
  explicit plain_transport(tcp::socket s, const std::shared_ptr<ssl::context>&) : stream(std::move(s)) {}
  tcp::socket& socket() { return stream; }
  tcp::socket stream;
};
struct tls_transport {
  static constexpr bool secure = true;
  tls_transport(tcp::socket s, std::shared_ptr<ssl::context> c)
      : context(std::move(c)), stream(std::move(s), *context) {}
  tcp::socket& socket() { return stream.next_layer(); }
  std::shared_ptr<ssl::context> context;
  ssl::stream<tcp::socket> stream;
};

// An exception's text may quote what the caller sent; its type and an error code cannot.
void log_exception(const std::exception_ptr& error) {
  std::string type = "unknown", detail;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    type = "system_error";
    detail = e.code().message();
  } catch (const std::exception& e) {
    int status = 0;
    char* name = abi::__cxa_demangle(typeid(e).name(), nullptr, nullptr, &status);
    type = status == 0 ? name : typeid(e).name();
    std::free(name);
  } catch (...) { // the defaults say all that is known
  }
  log::error("a request handler ended with an exception", {{"type", type}, {"detail", detail}});
  metrics::count("waybill_http_handler_exceptions_total");
}

template <class Transport> class session final : public connection {
 public:
  session(std::shared_ptr<server_core> core, tcp::socket s, std::string peer)
      : connection(std::move(core), std::move(peer)), transport_(std::move(s), core_->tls),
        buffer_(core_->how.max_header_bytes + 4096) {}

  static void start(const std::shared_ptr<session>& self) {
    auto slot = self->stop_.slot();
    asio::co_spawn(self->core_->ex, run(self),
                   asio::bind_cancellation_slot(slot, [self](const std::exception_ptr& error) {
                     if (error && !self->killed_) log_exception(error);
                   }));
  }

 private:
  enum class got { request, refused, end };

  static awaitable<void> run(std::shared_ptr<session> self) { co_await self->work(); }

  awaitable<void> work();
  awaitable<got> read_request();
  awaitable<http_response> answer_of();
  awaitable<bool> write(const http_response* answer, bool keep, bool to_head, bool http_1_0);
  awaitable<void> refuse(refusal why);
  awaitable<void> linger();
  tcp::socket& socket() override { return transport_.socket(); }
  void skip_blank_lines();

  Transport transport_;
  read_buffer buffer_;
  http_request request_;
  std::optional<request_parser> parser_;
  std::string out_;
};

template <class Transport> awaitable<void> session<Transport>::work() {
  if constexpr (Transport::secure) {
    enter(phase::handshake, core_->how.request_timeout);
    const auto [ec] = co_await transport_.stream.async_handshake(ssl::stream_base::server, as_result);
    if (ec) co_return;
  }
  for (std::size_t served = 1;; ++served) {
    const got outcome = co_await read_request();
    if (outcome == got::end) co_return;
    if (outcome == got::refused) {
      co_await refuse(parser_->refused());
      co_return;
    }
    const bool to_head = request_.method == "HEAD", http_1_0 = request_.http_1_0, persistent = parser_->keep_alive();
    const http_response answer = co_await answer_of();
    if (killed_ || answer.status == 0) co_return;
    const bool keep = persistent && served < core_->how.max_requests_per_connection && !core_->draining();
    const bool written = co_await write(&answer, keep, to_head, http_1_0);
    if (!written) co_return;
    if (!keep) break;
    if (core_->draining() && buffer_.empty()) co_return;
  }
  co_await linger();
}

// Some old clients send an empty line after a body.
template <class Transport> void session<Transport>::skip_blank_lines() {
  while (buffer_.data().starts_with("\r\n")) buffer_.consume(2);
}

template <class Transport> auto session<Transport>::read_request() -> awaitable<got> {
  request_ = http_request{};
  request_.peer = peer_;
  parser_.emplace(request_, core_->how);
  enter(phase::idle, core_->how.idle_timeout);
  bool told_to_continue = false;
  for (;;) {
    if (!parser_->got_some()) skip_blank_lines();
    if (!buffer_.empty()) {
      if (phase_ == phase::idle) enter(phase::reading, core_->how.request_timeout);
      buffer_.consume(parser_->feed(buffer_.data()));
      if (parser_->refused()) co_return got::refused;
      if (parser_->is_done()) co_return got::request;
      if (buffer_.full()) {
        parser_->feed_flood();
        co_return got::refused;
      }
    }
    if (parser_->got_some() && parser_->is_header_done() && parser_->wants_continue() && !told_to_continue) {
      told_to_continue = true;
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [failed, sent] = co_await asio::async_write(transport_.stream, asio::buffer(go_on), as_result);
      if (failed) co_return got::end;
    }
    const auto [ec, n] = co_await transport_.stream.async_read_some(buffer_.prepare(), as_result);
    if (!ec) {
      buffer_.commit(n);
      continue;
    }
    if (killed_ || !parser_->got_some()) co_return got::end;
    if (timed_out_) parser_->feed_silence();
    else if (ec == asio::error::eof || ec == ssl::error::stream_truncated) parser_->feed_end();
    else co_return got::end;
    co_return got::refused;
  }
}

template <class Transport> awaitable<http_response> session<Transport>::answer_of() {
  phase_ = phase::handling;
  deadline_ = steady::time_point::max();
  std::exception_ptr failed;
  try {
    co_return co_await core_->handler(std::move(request_));
  } catch (...) { failed = std::current_exception(); }
  if (!killed_) log_exception(failed);
  co_return error_response(500, "internal", "something went wrong here; it has been logged");
}

template <class Transport>
awaitable<bool> session<Transport>::write(const http_response* answer, bool keep, bool to_head, bool http_1_0) {
  enter(phase::writing, core_->how.request_timeout);
  out_.clear();
  head_options how;
  how.keep = keep;
  how.http_1_0 = http_1_0;
  how.to_head = to_head;
  how.date = core_->date();
  if (!append_head(out_, *answer, how)) {
    log::error("an answer's header was not printable and has been withheld");
    append_head(out_, http_response{500, {}, {}}, how);
    const auto [ec, n] = co_await asio::async_write(transport_.stream, asio::buffer(out_), as_result);
    co_return !ec;
  }
  const bool has_body = !to_head && answer->status != 204 && answer->status != 304;
  std::string_view body = has_body ? std::string_view(answer->body) : std::string_view{};
  if (body.size() <= joined_body || Transport::secure) {
    out_ += body;
    body = {};
  }
  std::size_t gone = 0;
  if constexpr (!Transport::secure) {
    // Almost always the socket takes everything at once: then no turn through the loop is needed.
    error_code ec;
    gone = transport_.stream.write_some(asio::buffer(out_), ec);
    if (ec && ec != asio::error::would_block) co_return false;
    if (gone == out_.size() && body.empty()) co_return true;
  }
  const std::array<asio::const_buffer, 2> rest{asio::buffer(out_) + gone, asio::buffer(body)};
  const auto [ec, n] = co_await asio::async_write(transport_.stream, rest, as_result);
  if (out_.capacity() > 4 * joined_body) out_ = {};
  co_return !ec;
}

template <class Transport> awaitable<void> session<Transport>::refuse(refusal why) {
  metrics::count("waybill_http_refused_total", {{"reason", why.code}});
  const bool http_1_0 = request_.http_1_0;
  const http_response answer = error_response(why.status, why.code, why.message);
  const bool written = co_await write(&answer, false, false, http_1_0);
  if (written) co_await linger();
}

// Closing with unread bytes sends a reset, which can destroy the answer before the caller has read it. So: say that
// nothing more comes, and swallow what the caller still sends, within limits.
template <class Transport> awaitable<void> session<Transport>::linger() {
  enter(phase::lingering, linger_limit);
  error_code ignored;
  socket().shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> bin; // NOLINT: filled by the read
  for (std::size_t total = 0; total < most_discarded;) {
    const auto [ec, n] = co_await socket().async_read_some(asio::buffer(bin), as_result);
    if (ec) co_return;
    total += n;
  }
}

} // namespace

void connection::expire() {
  switch (phase_) {
  case phase::idle:
  case phase::reading:
    timed_out_ = true;
    deadline_ = steady::time_point::max();
    stop_reading();
    return;
  case phase::handshake:
  case phase::writing:
  case phase::lingering: kill(); return;
  case phase::handling: return;
  }
}

void connection::stop_reading() {
  error_code ignored;
  socket().cancel(ignored);
}

void connection::kill() {
  killed_ = true;
  error_code ignored;
  socket().close(ignored);
  stop_.emit(asio::cancellation_type::terminal);
}

void serve(std::shared_ptr<server_core> core, tcp::socket socket, std::string peer) {
  const bool secure = core->tls != nullptr;
  if (secure) {
    auto s = std::make_shared<session<tls_transport>>(std::move(core), std::move(socket), std::move(peer));
    session<tls_transport>::start(s);
  } else {
    auto s = std::make_shared<session<plain_transport>>(std::move(core), std::move(socket), std::move(peer));
    session<plain_transport>::start(s);
  }
}

} // namespace waybill::http
