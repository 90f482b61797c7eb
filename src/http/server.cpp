#include <http/core.hpp>
#include <http/server.hpp>
#include <http/tls.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>

#include <boost/asio/ip/v6_only.hpp>

namespace waybill::http {
namespace {

using boost::system::error_code;

// IPv4 inside IPv6 is shown as IPv4.
asio::ip::address plain_address(const asio::ip::address& a) {
  if (a.is_v6() && a.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, a.to_v6());
  return a;
}

// Whoever has one IPv6 address has 2^64 of them, so those are counted by network.
std::string counting_key(const std::string& peer) {
  error_code ec;
  const auto a = asio::ip::make_address(peer, ec);
  if (ec || a.is_v4()) return peer;
  const auto bytes = a.to_v6().to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

} // namespace

server_core::server_core(executor e, server_options options, http_handler h)
    : ex(std::move(e)), how(std::move(options)), handler(std::move(h)), changed(ex), acceptor_(ex), tick_(ex) {}

result<void> server_core::listen() {
  if (how.tls_certificate.empty() != how.tls_private_key.empty())
    return fail(errc::bad_input, "TLS needs both a certificate and a private key");
  if (!how.tls_certificate.empty()) {
    auto made = make_server_tls(how.tls_certificate, how.tls_private_key);
    if (!made) return fail(made.error());
    tls = std::move(*made);
  }
  const auto where = parse_listen(how.listen);
  if (!where) return fail(where.error());
  auto endpoint = *where;
  error_code ec;
  acceptor_.open(endpoint.protocol(), ec);
  const bool every = endpoint.address().is_v6() && endpoint.address().is_unspecified() && how.listen.front() != '[';
  if (ec == asio::error::address_family_not_supported && every) { // a machine without IPv6
    endpoint.address(asio::ip::address_v4::any());
    acceptor_.open(endpoint.protocol(), ec);
  }
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(!every), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) port = acceptor_.local_endpoint(ec).port();
  if (!ec) return {};
  const bool mistaken = ec == asio::error::access_denied || ec == boost::system::errc::address_not_available;
  error_code ignored;
  acceptor_.close(ignored);
  return fail(mistaken ? errc::bad_input : errc::unavailable, "cannot listen on " + how.listen + ": " + ec.message());
}

void server_core::begin() {
  spawn(ex, "http accept", accept_loop(shared_from_this()));
  spawn(ex, "http deadlines", watch_deadlines(shared_from_this()));
}

awaitable<void> server_core::accept_loop(std::shared_ptr<server_core> self) {
  while (!self->stopped_) {
    if (self->connections.size() >= self->how.max_connections) {
      co_await self->changed.wait();
      continue;
    }
    tcp::socket socket{self->ex};
    const auto [ec] = co_await self->acceptor_.async_accept(socket, as_result);
    if (self->stopped_) co_return;
    if (!ec) {
      self->welcome(std::move(socket));
    } else if (ec != asio::error::connection_aborted) { // out of descriptors or memory: it passes, or the log says so
      log::warn("cannot accept a connection", {{"why", ec.message()}});
      co_await self->changed.wait(std::chrono::milliseconds(200));
    }
  }
}

void server_core::welcome(tcp::socket socket) {
  error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return; // gone already
  auto peer = plain_address(remote.address()).to_string();
  const auto known = per_address_.find(counting_key(peer));
  if (known != per_address_.end() && known->second >= how.max_connections_per_address) {
    metrics::count("waybill_http_refused_total", {{"reason", "too_many_connections"}});
    return;
  }
  socket.set_option(tcp::no_delay(true), ec);
  socket.non_blocking(true, ec);
  serve(shared_from_this(), std::move(socket), std::move(peer));
}

// A fraction of the shortest limit is precise enough, and one timer serves every connection.
awaitable<void> server_core::watch_deadlines(std::shared_ptr<server_core> self) {
  const auto shortest = std::min(self->how.request_timeout, self->how.idle_timeout);
  const auto step = std::clamp(shortest / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(500));
  while (!self->stopped_ || !self->connections.empty()) {
    self->tick_.expires_after(step);
    co_await self->tick_.async_wait(as_result);
    const auto now = steady::now();
    std::vector<std::shared_ptr<connection>> late; // expiring one may end it, which changes the list
    for (auto* c : self->connections)
      if (c->deadline() <= now) late.push_back(c->shared_from_this());
    for (const auto& c : late) c->expire();
  }
}

void server_core::stop() {
  if (stopped_) return;
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  changed.notify_all();
  if (connections.empty()) tick_.cancel();
}

void server_core::close_idle() {
  for (auto* c : connections)
    if (c->idle()) c->stop_reading();
}

void server_core::kill_all() {
  std::vector<std::shared_ptr<connection>> all;
  for (auto* c : connections) all.push_back(c->shared_from_this());
  for (const auto& c : all) c->kill();
}

void server_core::opened(connection& c) {
  c.place = connections.insert(connections.end(), &c);
  c.address_key = counting_key(c.peer());
  ++per_address_[c.address_key];
  count_connections();
}

void server_core::closed(connection& c) {
  connections.erase(c.place);
  if (const auto at = per_address_.find(c.address_key); at != per_address_.end() && --at->second == 0)
    per_address_.erase(at);
  count_connections();
  changed.notify_all();
  if (stopped_ && connections.empty()) tick_.cancel();
}

void server_core::count_connections() const {
  metrics::gauge("waybill_http_connections", {}, static_cast<double>(connections.size()));
}

std::string_view server_core::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_of_) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    // No setlocale() anywhere in the daemon, so the names of days and months are the English ones that HTTP wants.
    std::strftime(date_.data(), date_.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_of_ = now;
  }
  return date_.data();
}

struct server::impl {
  std::shared_ptr<server_core> core;
};

server::server(executor ex, server_options how, http_handler handler)
    : impl_(std::make_shared<impl>(std::make_shared<server_core>(std::move(ex), std::move(how), std::move(handler)))) {}

server::~server() {
  impl_->core->stop();
  impl_->core->kill_all();
}

awaitable<result<void>> server::start() {
  const auto core = impl_->core;
  auto listening = core->listen();
  if (!listening) co_return listening;
  core->begin();
  co_return listening;
}

std::uint16_t server::port() const { return impl_->core->port; }
std::size_t server::connections() const { return impl_->core->connections.size(); }

result<void> server::reload_certificate() {
  auto& core = *impl_->core;
  if (core.tls == nullptr) return {};
  auto made = make_server_tls(core.how.tls_certificate, core.how.tls_private_key);
  if (!made) return fail(made.error()); // the old one stays in use
  core.tls = std::move(*made);
  return {};
}

awaitable<void> server::drain(std::chrono::milliseconds limit) {
  const auto core = impl_->core;
  core->stop();
  core->close_idle();
  const auto until = steady::now() + limit;
  const auto left = [&] { return std::chrono::ceil<std::chrono::milliseconds>(until - steady::now()); };
  while (!core->connections.empty() && left().count() > 0) co_await core->changed.wait(left());
  if (core->connections.empty()) co_return;
  log::warn("requests were still running at the end of the drain",
            {{"connections", std::to_string(core->connections.size())}});
  core->kill_all();
  const auto most = steady::now() + std::chrono::seconds(1); // for their coroutines to unwind
  while (!core->connections.empty() && steady::now() < most) co_await core->changed.wait(std::chrono::milliseconds(50));
}

} // namespace waybill::http
