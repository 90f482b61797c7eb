// The endpoints that the world calls: authenticate, read the ids, queue durably, answer.
// Nothing is believed beyond "look at this deal" and "look at this order".
#pragma once
#include <http/router.hpp>
#include <workflow/services.hpp>

#include <functional>
#include <memory>

#include <delivery/service.hpp>

namespace waybill::ingress {

// POST /bitrix24/{portal}/events and /bitrix24/{portal}/robot/{secret}
void add_bitrix24(http::router& router, std::shared_ptr<workflow::services> s);

// POST /carriers/{account}/{secret}
void add_carriers(http::router& router, std::shared_ptr<workflow::services> s);

// POST /bitrix24/{portal}/delivery/{secret}/{calculate|create|cancel|delete}
void add_delivery(http::router& router, std::shared_ptr<delivery::service> d);

// GET /health/live, /health/ready, /metrics. `ready` gives the reason why not; empty: ready.
void add_health(http::router& router, std::function<std::string()> ready, std::function<std::string()> metrics);

} // namespace waybill::ingress
