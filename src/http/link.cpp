#include <http/link.hpp>
#include <http/resolve.hpp>
#include <http/response_parser.hpp>

#include <array>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <sys/socket.h>

namespace waybill::http {
namespace {

using boost::system::error_code;
using end = exchange_outcome::end;

constexpr int most_interim_answers = 8;

// OpenSSL's messages name the check that failed, for instance "certificate verify failed".
std::string text_of(const error_code& ec) { return ec.message(); }

} // namespace

void link::arm(steady::time_point until) {
  const auto turn = ++alarm_turn_;
  alarm_.expires_at(until);
  alarm_.async_wait([weak = weak_from_this(), turn](const error_code& ec) {
    const auto self = weak.lock();
    // A wait that had fired before it was replaced comes here without an error: the turn tells it apart.
    if (ec || !self || self->alarm_turn_ != turn) return;
    self->expired_ = true;
    error_code ignored;
    self->socket_.close(ignored);
  });
}

void link::disarm() {
  ++alarm_turn_;
  alarm_.cancel();
}

fault link::open_fault(const std::string& host, const char* step, const error_code& ec) const {
  if (expired_) return {errc::unavailable, host + ": " + step + ": no answer in time", {}, "timeout"};
  if (ec == asio::error::operation_aborted) return {errc::cancelled, host + ": " + step + ": cancelled", {}, {}};
  return {errc::unavailable, host + ": " + step + ": " + text_of(ec), {}, {}};
}

awaitable<result<void>> link::open(std::shared_ptr<const destination> where, steady::time_point until) {
  const auto step_limit = [&] { return std::min(until, steady::now() + where->connect_timeout); };
  auto connected = co_await connect(where, step_limit());
  if (!connected) co_return connected;
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  opened_at = idle_since = steady::now();
  arm(step_limit());
  if (where->through && where->to.tls) {
    auto passed = co_await pass_proxy(where);
    if (!passed) co_return passed;
  }
  if (where->to.tls) {
    auto shaken = co_await shake_hands(where);
    if (!shaken) co_return shaken;
  }
  disarm();
  if (expired_) co_return fail(open_fault(where->to.host, "connecting", {}));
  co_return result<void>{};
}

awaitable<result<void>> link::connect(std::shared_ptr<const destination> where, steady::time_point until) {
  const std::string host = where->through ? where->through->host : where->to.host;
  const std::uint16_t port = where->through ? where->through->port : where->to.port;
  auto found = co_await resolve(host, port, until);
  if (!found) co_return fail(std::move(found).error());
  // What is connected to is what was checked: the name is not looked up again. A proxy looks up by itself.
  if (where->public_addresses_only && !where->through)
    for (const auto& endpoint : *found)
      if (!is_public_address(endpoint.address().to_string()))
        co_return fail(errc::forbidden, host + " leads to an address of a private network");
  error_code last;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const auto now = steady::now();
    // A dead first address (IPv6 that goes nowhere) must leave time for the others.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      expired_ = false;
      last = asio::error::operation_aborted;
      break;
    }
    arm(now + (until - now) / static_cast<int>(found->size() - i));
    expired_ = false;
    const auto [ec] = co_await socket_.async_connect((*found)[i], as_result);
    if (!ec && !expired_) {
      disarm();
      co_return result<void>{};
    }
    last = ec;
    if (!expired_ && ec == asio::error::operation_aborted) break; // the caller gave up
    if (i + 1 < found->size()) {
      error_code ignored;
      socket_.close(ignored);
    }
  }
  disarm();
  co_return fail(open_fault(host, where->through ? "connecting to the proxy" : "connecting", last));
}

awaitable<result<void>> link::pass_proxy(std::shared_ptr<const destination> where) {
  const std::string name = (where->to.host.contains(':') ? "[" + where->to.host + "]" : where->to.host) + ":" +
                           std::to_string(where->to.port);
  std::string ask = "CONNECT " + name + " HTTP/1.1\r\nHost: " + name + "\r\n";
  if (!where->through->authorization.empty()) ask += "Proxy-Authorization: " + where->through->authorization + "\r\n";
  ask += "\r\n";
  const io sent = co_await write(ask, {});
  if (sent.ec) co_return fail(open_fault(where->through->host, "talking to the proxy", sent.ec));
  http_response answer;
  response_parser parser(answer, 0, true);
  while (!parser.is_done()) {
    const io got = co_await read();
    if (got.ec) co_return fail(open_fault(where->through->host, "talking to the proxy", got.ec));
    buffer_.consume(parser.feed(buffer_.data()));
    if (!parser.problem().empty())
      co_return fail(errc::unavailable, where->through->host + ": the proxy's answer is not valid HTTP", "proxy");
  }
  if (answer.status / 100 != 2)
    co_return fail(errc::unavailable,
                   where->to.host + ": the proxy refuses to connect (" + std::to_string(answer.status) + ")", "proxy");
  if (!buffer_.empty())
    co_return fail(errc::unavailable, where->through->host + ": the proxy sent bytes out of turn", "proxy");
  co_return result<void>{};
}

awaitable<result<void>> link::shake_hands(std::shared_ptr<const destination> where) {
  const std::string host = where->to.host;
  context_ = where->tls;
  tls_.emplace(socket_, *context_);
  error_code literal;
  asio::ip::make_address(host, literal);
  bool ready = true;
  if (literal)
    ready = SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(host.c_str())) == 1; // SNI; names only, says RFC 6066
  error_code ec;
  tls_->set_verify_callback(asio::ssl::host_name_verification(host), ec);
  if (!ready || ec) co_return fail(errc::internal, host + ": TLS could not be set up");
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled, host + ": cancelled");
  const auto [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  if (!failed) co_return result<void>{};
  auto f = open_fault(host, "TLS handshake", failed);
  if (failed.category() == asio::error::get_ssl_category()) {
    f.peer_code = "tls";
    const long verdict = SSL_get_verify_result(tls_->native_handle());
    if (verdict != X509_V_OK) f.what += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
  }
  ERR_clear_error();
  co_return fail(std::move(f));
}

// A cancellation that came between two operations would be lost on the next one: hence the look before each.
awaitable<link::io> link::write(std::string_view head, std::string_view body) { // NOLINT(view-parameter)
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  io out;
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    out.ec = asio::error::operation_aborted;
    co_return out;
  }
  if (tls_) {
    const auto [ec, n] = co_await asio::async_write(*tls_, parts, as_result);
    out = {ec, n};
  } else {
    const auto [ec, n] = co_await asio::async_write(socket_, parts, as_result);
    out = {ec, n};
  }
  co_return out;
}

awaitable<link::io> link::read() {
  const auto room = buffer_.prepare();
  io out;
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    out.ec = asio::error::operation_aborted;
    co_return out;
  }
  if (tls_) {
    const auto [ec, n] = co_await tls_->async_read_some(room, as_result);
    out = {ec, n};
  } else {
    const auto [ec, n] = co_await socket_.async_read_some(room, as_result);
    out = {ec, n};
  }
  buffer_.commit(out.n);
  co_return out;
}

awaitable<exchange_outcome> link::exchange(std::shared_ptr<const outgoing> message, steady::time_point until) {
  const auto self = shared_from_this();
  arm(until);
  const io sent = co_await write(message->head, message->body);
  exchange_outcome out;
  const bool aborted = expired_ || sent.ec == asio::error::operation_aborted;
  // A TLS record that was cut off in mid-air counts as sent, though n says 0: who knows what the kernel took.
  out.sent_any = !sent.ec || sent.n > 0 || (tls_ && aborted);
  if (aborted) {
    disarm();
    out.ended = expired_ ? end::timed_out : end::cancelled;
    co_return out;
  }
  // A peer that refuses a long body answers and closes before it has read all of it: look for the answer all the same.
  std::string write_error;
  if (sent.ec) write_error = text_of(sent.ec);
  out = co_await read_answer(std::move(message), std::move(out), std::move(write_error));
  disarm();
  idle_since = steady::now();
  co_return out;
}

awaitable<exchange_outcome> link::read_answer(std::shared_ptr<const outgoing> message, exchange_outcome out,
                                              std::string write_error) {
  std::optional<response_parser> parser;
  parser.emplace(out.answer, message->most_answer_bytes, message->bodyless_answer);
  for (int interim = 0;;) {
    if (!buffer_.empty()) {
      out.got_any = true;
      buffer_.consume(parser->feed(buffer_.data()));
      if (!parser->problem().empty() || buffer_.full()) {
        out.ended = end::broken;
        out.why = parser->problem().empty() ? "the answer is not valid HTTP" : parser->problem();
        co_return out;
      }
      if (parser->is_done()) {
        const bool is_interim = out.answer.status / 100 == 1 && out.answer.status != 101;
        if (!is_interim) break;
        if (++interim > most_interim_answers) {
          out.ended = end::broken;
          out.why = "the peer keeps sending interim answers";
          co_return out;
        }
        out.answer = {};
        parser.emplace(out.answer, message->most_answer_bytes, message->bodyless_answer);
        continue;
      }
    }
    const io got = co_await read();
    if (!got.ec) continue;
    if (expired_) out.ended = end::timed_out;
    else if (got.ec == asio::error::operation_aborted) out.ended = end::cancelled;
    else if (got.ec == asio::error::eof && parser->feed_end())
      break; // for TLS eof is a close_notify: nobody cut it short
    else
      out.why = !write_error.empty() ? write_error
                : out.got_any        ? "the connection was closed in the middle of the answer"
                                     : "the connection was closed without an answer";
    if (out.ended == end::lost && out.why.empty()) out.why = text_of(got.ec);
    if (parser->is_done()) break;
    co_return out;
  }
  if (out.answer.status == 101) {
    out.ended = end::broken;
    out.why = "the peer switched to another protocol";
    co_return out;
  }
  out.ended = end::ok;
  out.reusable = write_error.empty() && parser->keep_alive() && buffer_.empty() && !expired_ && socket_.is_open();
  co_return out;
}

bool link::is_quiet() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace waybill::http
