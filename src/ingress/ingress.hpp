// The endpoints that the world calls: authenticate, read the ids, queue durably, answer.
// Nothing is believed beyond "look at this deal" and "look at this order".
#pragma once
#include <delivery/service.hpp>
#include <http/router.hpp>
#include <workflow/services.hpp>

#include <functional>
#include <memory>

namespace waybill::ingress {

struct application;        // application.hpp
struct installation_store; // where installations are kept

std::shared_ptr<application> make_application(std::shared_ptr<workflow::services> s, std::shared_ptr<http_client> http,
                                              std::shared_ptr<installation_store> store);

// POST /bitrix24/{portal}/events and /bitrix24/{portal}/robot/{secret}. Without `app` only configured application
// tokens are known, and the application's own events mean nothing.
void add_bitrix24(http::router& router, std::shared_ptr<workflow::services> s,
                  std::shared_ptr<application> app = nullptr);

// GET and POST /bitrix24/{portal}/app, /bitrix24/{portal}/app/install and /bitrix24/{portal}/app/deal
void add_application(http::router& router, std::shared_ptr<application> app);

// POST /carriers/{account}/{secret}
void add_carriers(http::router& router, std::shared_ptr<workflow::services> s);

// POST /bitrix24/{portal}/delivery/{secret}/{calculate|create|cancel|delete}
void add_delivery(http::router& router, std::shared_ptr<delivery::service> d);

// GET /health/live, /health/ready, /metrics. `ready` gives the reason why not; empty: ready.
void add_health(http::router& router, std::function<std::string()> ready, std::function<std::string()> metrics);

} // namespace waybill::ingress
