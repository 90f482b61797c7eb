// Status webhooks of carriers. Unsigned ones are told apart by the secret in the path and believed only as a hint: the
// job reads the order back from the carrier.
#include <ingress/answers.hpp>
#include <ingress/ingress.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/notices.hpp>

namespace waybill::ingress {
namespace {

using workflow::services;

constexpr std::size_t most_notices = 200;

awaitable<http_response> on_webhook(std::shared_ptr<services> s, http_request request, std::string account,
                                    std::string given) {
  workflow::carrier_link* link = s->carrier_of(account);
  if (link == nullptr)
    co_return error_response(404, "unknown_account", "no carrier account with this id is configured");
  if (!constant_time_equal(given, link->account->webhook_secret.reveal())) {
    log::warn("a carrier's webhook with a wrong secret", {{"carrier", account}, {"peer", request.peer}});
    co_return error_response(403, "not_authentic", "the secret in the path is not this account's");
  }
  const auto notices = link->api->parse_webhook(request);
  if (!notices) co_return error_response(400, "malformed", notices.error().what);
  if (notices->size() > most_notices) co_return error_response(413, "too_large", "too many notices in one call");
  bool fresh = false;
  for (const carrier_notice& notice : *notices) {
    if (!notice.relevant) continue;
    carrier_notice one = notice;
    auto done = co_await workflow::queue_notice(s, account, std::move(one));
    if (!done) {
      const result<bool> lost = fail(done.error());
      co_return answer_of(lost);
    }
    const bool known = *done != workflow::notice_outcome::unknown_order;
    fresh = fresh || *done == workflow::notice_outcome::queued;
    metrics::count("waybill_webhooks_total", {{"carrier", account}, {"outcome", known ? "queued" : "unknown_order"}});
  }
  co_return accepted(fresh);
}

} // namespace

void add_carriers(http::router& router, std::shared_ptr<services> s) {
  router.add("POST", "/carriers/{account}/{secret}", [s](http_request request, http::path_values path) {
    return on_webhook(s, std::move(request), std::move(path["account"]), std::move(path["secret"]));
  });
}

} // namespace waybill::ingress
