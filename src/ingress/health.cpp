#include <ingress/ingress.hpp>
#include <waybill/json.hpp>

namespace waybill::ingress {
namespace {

awaitable<http_response> live() { co_return json_response(200, R"({"status":"live"})"); }

awaitable<http_response> readiness(std::string why_not) {
  if (why_not.empty()) co_return json_response(200, R"({"status":"ready"})");
  http_response answer = error_response(503, "not_ready", why_not);
  answer.headers.emplace_back("Retry-After", "5");
  co_return answer;
}

awaitable<http_response> text(std::string body) {
  http_response answer;
  answer.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  answer.body = std::move(body);
  co_return answer;
}

} // namespace

void add_health(http::router& router, std::function<std::string()> ready, std::function<std::string()> metrics) {
  router.add("GET", "/health/live", [](const http_request&, const http::path_values&) { return live(); });
  router.add("GET", "/health/ready",
             [ready](const http_request&, const http::path_values&) { return readiness(ready()); });
  router.add("GET", "/metrics", [metrics](const http_request&, const http::path_values&) { return text(metrics()); });
}

} // namespace waybill::ingress
