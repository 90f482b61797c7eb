// The portal's delivery service: its calls are unsigned, so the secret in the path stands for the portal.
#include <delivery/asked.hpp>
#include <delivery/service.hpp>
#include <ingress/ingress.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <string>

namespace waybill::ingress {
namespace {

using delivery::call;

awaitable<http_response> on_call(std::shared_ptr<delivery::service> d, call what, http_request request, std::string id,
                                 std::string given) {
  const config::portal* portal = d->portal(id);
  if (portal == nullptr) co_return error_response(404, "unknown_portal", "no portal with this id is configured");
  if (!constant_time_equal(given, portal->webhook_secret.reveal())) {
    metrics::count("waybill_delivery_calls_total",
                   {{"portal", id}, {"call", delivery::to_string(what)}, {"outcome", "not_authentic"}});
    log::warn("a delivery call with a wrong secret", {{"portal", id}, {"peer", request.peer}});
    co_return error_response(403, "not_authentic", "the secret in the path is not this portal's");
  }
  // From here on it is 200 with a JSON object whatever happens: the portal reads nothing else.
  auto body = co_await d->answer(what, std::move(id), std::move(request.body));
  co_return json_response(200, std::move(body));
}

void add(http::router& router, const std::shared_ptr<delivery::service>& d, call what) {
  const std::string path = "/bitrix24/{portal}/delivery/{secret}/" + std::string(delivery::to_string(what));
  router.add(
      "POST", path,
      [d, what](http_request request, http::path_values values) {
        return on_call(d, what, std::move(request), std::move(values["portal"]), std::move(values["secret"]));
      },
      delivery::longest_body);
}

} // namespace

void add_delivery(http::router& router, std::shared_ptr<delivery::service> d) {
  for (const call what : {call::calculate, call::create, call::cancel, call::remove}) add(router, d, what);
}

} // namespace waybill::ingress
