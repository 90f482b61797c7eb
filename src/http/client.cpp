// waybill::http_client over the pool: from a request to bytes, and from how an exchange ended to a fault.
#include <http/client.hpp>
#include <http/pool.hpp>
#include <http/tls.hpp>
#include <waybill/gzip.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <cstdlib>

namespace waybill::http {
namespace {

using end = exchange_outcome::end;

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.contains(c);
  });
}

bool is_value(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}

// Ours alone: framing, and what belongs to the connection.
bool is_own(std::string_view name) {
  static constexpr std::string_view own[] = {
      "host", "content-length", "transfer-encoding", "connection", "keep-alive",
      "te",   "trailer",        "upgrade",           "expect",     "proxy-authorization"};
  return std::ranges::any_of(own, [&](std::string_view o) { return same(name, o); });
}

result<std::string> make_head(const http_request& rq, const destination& where, const std::string& user_agent) {
  if (!is_token(rq.method) || rq.method == "CONNECT") return fail(errc::bad_input, "a request's method is not valid");
  const bool plain_proxy = where.through && !where.to.tls;
  std::string out = rq.method + " ";
  if (plain_proxy) out += "http://" + where.to.authority();
  out += where.to.target + " HTTP/1.1\r\nHost: " + where.to.authority() + "\r\n";
  if (plain_proxy && !where.through->authorization.empty())
    out += "Proxy-Authorization: " + where.through->authorization + "\r\n";
  if (find_header(rq.headers, "User-Agent") == nullptr) out += "User-Agent: " + user_agent + "\r\n";
  if (find_header(rq.headers, "Accept") == nullptr) out += "Accept: */*\r\n";
  for (const auto& [name, value] : rq.headers) {
    if (!is_token(name) || !is_value(value)) return fail(errc::bad_input, "a request's header is not valid");
    if (!is_own(name)) out += name + ": " + value + "\r\n";
  }
  const bool expects_body =
      rq.method != "GET" && rq.method != "HEAD" && rq.method != "DELETE" && rq.method != "OPTIONS";
  if (expects_body || !rq.body.empty()) out += "Content-Length: " + std::to_string(rq.body.size()) + "\r\n";
  out += "\r\n";
  return out;
}

// What the end of an exchange means for whoever sent the request. `repeatable`: doing it twice does no harm.
fault fault_of(exchange_outcome out, const std::string& host, bool repeatable, std::chrono::milliseconds limit) {
  const bool may_be_done = out.sent_any && !repeatable;
  switch (out.ended) {
  case end::timed_out: {
    const std::string text = host + ": no answer within " + std::to_string(limit.count()) + " ms";
    if (may_be_done) return {errc::outcome_unknown, text, {}, {}};
    return {out.sent_any ? errc::timeout : errc::unavailable, text, {}, {}};
  }
  case end::cancelled: return {may_be_done ? errc::outcome_unknown : errc::cancelled, host + ": cancelled", {}, {}};
  case end::lost: return {may_be_done ? errc::outcome_unknown : errc::unavailable, host + ": " + out.why, {}, {}};
  case end::broken: return {errc::protocol, host + ": " + out.why, {}, {}};
  case end::ok: break;
  }
  return {errc::internal, host + ": an exchange ended in no known way", {}, {}};
}

class pooled_client final : public http_client, public std::enable_shared_from_this<pooled_client> {
 public:
  pooled_client(executor ex, client_options how)
      : ex_(ex), how_(std::move(how)),
        pool_(std::make_shared<pool>(
            ex, pool::limits{std::max<std::size_t>(how_.connections_per_host, 1), how_.idle_most, how_.age_most})),
        tls_(make_client_tls(how_.ca_file)) {
    if (!tls_) log::error("outgoing TLS cannot be used", {{"why", tls_.error().what}});
    if (!how_.proxy_from_environment) return;
    proxies_ =
        proxy_rules::from([](const char* name) { return std::getenv(name); }); // NOLINT: no other thread sets them
    if (!proxies_) log::error("the proxy of the environment cannot be used", {{"why", proxies_.error().what}});
  }

  awaitable<result<http_response>> send(http_request request) override {
    return perform(shared_from_this(), std::move(request));
  }

 private:
  static awaitable<result<http_response>> perform(std::shared_ptr<pooled_client> self, http_request request);
  static awaitable<result<http_response>> attempt(std::shared_ptr<pooled_client> self, http_request request);
  result<std::shared_ptr<const destination>> find_way(const http_request& request) const;

  executor ex_;
  client_options how_;
  std::shared_ptr<pool> pool_;
  result<std::shared_ptr<asio::ssl::context>> tls_;
  result<proxy_rules> proxies_;
};

awaitable<result<http_response>> pooled_client::perform(std::shared_ptr<pooled_client> self, http_request request) {
  const auto begun = steady::now();
  const std::string label = request.label.empty() ? "other" : request.label;
  // A caller's cancellation must arrive as an error code: what it means depends on how far the request got.
  const bool throwing = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto out = co_await attempt(std::move(self), std::move(request));
  co_await asio::this_coro::throw_if_cancelled(throwing);
  const std::chrono::duration<double> took = steady::now() - begun;
  metrics::observe("waybill_upstream_seconds", {{"label", label}}, took.count());
  if (!out) metrics::count("waybill_upstream_errors_total", {{"label", label}, {"kind", to_string(out.error().code)}});
  co_return out;
}

result<std::shared_ptr<const destination>> pooled_client::find_way(const http_request& request) const {
  auto to = parse_url(request.url);
  if (!to) return fail(to.error());
  auto where = std::make_shared<destination>();
  where->to = std::move(*to);
  if (!proxies_) return fail(proxies_.error());
  if (const proxy* through = proxies_->pick(where->to)) where->through = *through;
  if (where->to.tls) {
    if (!tls_) return fail(tls_.error());
    where->tls = *tls_;
  }
  where->public_addresses_only = how_.public_addresses_only;
  where->connect_timeout = how_.connect_timeout;
  return std::shared_ptr<const destination>(std::move(where));
}

awaitable<result<http_response>> pooled_client::attempt(std::shared_ptr<pooled_client> self, http_request request) {
  const auto until = steady::now() + request.timeout;
  auto way = self->find_way(request);
  if (!way) co_return fail(way.error());
  const std::shared_ptr<const destination> where = *way;
  auto head = make_head(request, *where, self->how_.user_agent);
  if (!head) co_return fail(head.error());
  const bool repeatable = request.idempotent || request.method == "GET" || request.method == "HEAD";
  auto message = std::make_shared<outgoing>();
  message->head = std::move(*head);
  message->body = std::move(request.body);
  message->bodyless_answer = request.method == "HEAD";
  message->most_answer_bytes = request.max_response_bytes;
  const bool unpack = accepts_gzip(request.headers);
  const std::string host = where->to.host;
  const std::string key = (where->to.tls ? "https " : "http ") + host + ' ' + std::to_string(where->to.port);

  for (bool fresh = false;; fresh = true) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled, host + ": cancelled");
    auto slot = co_await self->pool_->acquire(key, until);
    if (!slot) co_return fail(slot.error().code, host + ": " + slot.error().what, slot.error().peer_code);
    auto connection = fresh ? nullptr : slot->take_idle();
    const bool pooled = connection != nullptr;
    if (!pooled) {
      connection = std::make_shared<link>(self->ex_);
      auto opened = co_await connection->open(where, until);
      if (!opened) co_return fail(opened.error());
    }
    exchange_outcome out = co_await connection->exchange(message, until);
    if (out.ended == end::ok) {
      slot->give_back(out.reusable ? std::move(connection) : nullptr);
      if (unpack)
        if (auto plain = unpack_answer(out.answer, request.max_response_bytes); !plain)
          co_return fail(plain.error().code, host + ": " + plain.error().what);
      co_return std::move(out.answer);
    }
    // The peer may close an idle connection at the very moment we use it. Only then, and only what does no harm.
    if (pooled && repeatable && out.ended == end::lost && !out.got_any) continue;
    co_return fail(fault_of(std::move(out), host, repeatable, request.timeout));
  }
}

} // namespace

std::shared_ptr<http_client> make_client(executor ex, client_options how) {
  return std::make_shared<pooled_client>(std::move(ex), std::move(how));
}

} // namespace waybill::http
