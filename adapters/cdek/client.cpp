#include "client.hpp"

namespace waybill::cdek {
client::client(settings how, std::shared_ptr<http_client> http, std::shared_ptr<carrier_cache> cache, clock_fn clock)
    : how_(how), http_(http), token_(std::move(how), std::move(http), std::move(cache), clock) {}

awaitable<result<http_response>> client::once(call c, std::string token) {
  http_request rq;
  rq.method = c.method;
  rq.url = how_.base_url + c.path;
  if (!c.query.empty()) rq.url += "?" + encode_form(c.query);
  rq.headers.emplace_back("Authorization", "Bearer " + token);
  rq.headers.emplace_back("Accept", c.accept);
  if (!c.body.is_null()) {
    rq.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    rq.body = json::serialize(c.body);
  }
  rq.timeout = c.timeout;
  rq.max_response_bytes = c.max_bytes;
  rq.idempotent = c.idempotent;
  rq.label = "cdek." + c.operation;
  auto answer = co_await http_->send(std::move(rq));
  if (!answer) co_return fail(of_transport(answer.error(), c.kind));
  co_return answer;
}

awaitable<result<http_response>> client::load(call c) {
  for (int attempt = 0;; ++attempt) {
    const auto token = co_await token_.get();
    if (!token) {
      // Nothing of the call itself was sent: never an unknown outcome.
      co_return fail(token.error());
    }
    auto answer = co_await once(c, *token);
    if (!answer) co_return fail(answer.error());
    if (answer->status == 401 && attempt == 0) { // refused before anything was done: safe to repeat, once
      token_.spoil(*token);
      continue;
    }
    if (answer->status < 200 || answer->status > 299) co_return fail(fault_from(*answer, c.kind));
    co_return answer;
  }
}

awaitable<result<json::value>> client::ask(call c) {
  const auto kind = c.kind;
  const auto most = c.max_bytes;
  const auto answer = co_await load(std::move(c));
  if (!answer) co_return fail(answer.error());
  auto body = json::parse(answer->body, most);
  if (!body) {
    if (kind == call_kind::change)
      co_return fail(errc::outcome_unknown, "CDEK took the change, but its answer is unreadable");
    co_return fail(errc::protocol, "CDEK's answer is no JSON");
  }
  co_return std::move(*body);
}

} // namespace waybill::cdek
