#include <bitrix24/client.hpp>
#include <bitrix24/command.hpp>
#include <bitrix24/lanes.hpp>

namespace waybill::bitrix24 {

struct client::impl {
  config::portal portal;
  std::shared_ptr<transport> wire;
  std::shared_ptr<lanes> queue;
};

client::client(executor ex, config::portal portal, std::shared_ptr<http_client> http,
               std::shared_ptr<limits::bucket> intensity, std::shared_ptr<limits::operating_budget> operating,
               std::shared_ptr<token_store> tokens)
    : impl_(std::make_shared<impl>()) {
  impl_->portal = std::move(portal);
  impl_->wire = std::make_shared<transport>(ex, impl_->portal, std::move(http), std::move(tokens));
  impl_->queue = std::make_shared<lanes>(ex, impl_->portal.id, impl_->wire, std::move(intensity), std::move(operating));
}
client::~client() = default;

awaitable<result<answer>> client::call(std::string method, boost::json::object params, effect e) {
  auto c = impl_->queue->make(std::move(method), std::move(params), e);
  c->alone = e == effect::write && needs_json(c->params);
  return lanes::run(impl_->queue, std::move(c));
}

awaitable<result<answer>> client::call_alone(std::string method, boost::json::object params, effect e) {
  auto c = impl_->queue->make(std::move(method), std::move(params), e);
  c->alone = true;
  return lanes::run(impl_->queue, std::move(c));
}

awaitable<result<answer>> client::call_late(std::string method, std::function<boost::json::object()> make_params) {
  auto c = impl_->queue->make(std::move(method), {}, effect::read);
  c->make_params = std::move(make_params);
  return lanes::run(impl_->queue, std::move(c));
}

const config::portal& client::portal() const { return impl_->portal; }
client::counters client::count() const { return impl_->queue->counted(); }
executor client::get_executor() const { return impl_->queue->get_executor(); }
bool client::by_webhook() const { return impl_->wire->by_webhook(); }
void client::on_moved(std::function<void(std::string)> callback) { impl_->wire->on_moved(std::move(callback)); }

} // namespace waybill::bitrix24
