#include <http/client.hpp>
#include <sandbox/sandbox.hpp>
#include <sandbox/world.hpp>
#include <waybill/log.hpp>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

awaitable<http_response> pass(std::shared_ptr<world> w, http_request request) {
  auto answer = co_await w->handle(std::move(request));
  co_return answer;
}

http::server_options server_for(const options& how) {
  http::server_options s;
  s.listen = how.listen;
  s.max_body_bytes = std::size_t{64} << 20U; // labels come as base64 inside calls
  s.request_timeout = std::chrono::milliseconds(120'000);
  s.max_requests_per_connection = 100'000;
  return s;
}

// What others call us by: the wildcard addresses become the loopback one.
std::string base_url_for(const std::string& listen, std::uint16_t port) {
  auto host = listen.substr(0, listen.rfind(':'));
  if (host.empty() || host == "0.0.0.0" || host == "[::]") host = "127.0.0.1";
  return fmt::format("http://{}:{}", host, port);
}

} // namespace

struct sandbox::impl {
  options how;
  std::shared_ptr<http_client> client;
  std::shared_ptr<world> inside;
  std::unique_ptr<http::server> server;
};

sandbox::sandbox(executor ex, options how) : impl_(std::make_shared<impl>()) {
  impl_->how = std::move(how);
  http::client_options out;
  out.proxy_from_environment = false;
  impl_->client = http::make_client(ex, std::move(out));
  world_options w;
  w.ex = ex;
  w.http = impl_->client;
  w.speed = impl_->how.speed;
  w.carriers = carrier_types();
  impl_->inside = std::make_shared<world>(std::move(w));
  impl_->server =
      std::make_unique<http::server>(ex, server_for(impl_->how), [inside = impl_->inside](http_request request) {
        return pass(inside, std::move(request));
      });
}

sandbox::~sandbox() = default;

awaitable<result<void>> sandbox::start() {
  const auto self = impl_;
  auto started = co_await self->server->start();
  if (!started) co_return started;
  self->inside->set_base_url(base_url_for(self->how.listen, self->server->port()));
  log::info("sandbox is up", {{"url", self->inside->base_url()}});
  co_return started;
}

std::uint16_t sandbox::port() const { return impl_->server->port(); }

awaitable<void> sandbox::stop() {
  const auto self = impl_;
  co_await self->server->drain(std::chrono::milliseconds(2000));
}

} // namespace waybill::sandbox
