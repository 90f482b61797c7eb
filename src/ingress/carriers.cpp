// Status webhooks of carriers. Unsigned ones are told apart by the secret in the path and believed only as a hint: the
// job reads the order back from the carrier.
#include <ingress/answers.hpp>
#include <ingress/ingress.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/jobs.hpp>

#include <fmt/format.h>

namespace waybill::ingress {
namespace {

using workflow::services;

constexpr std::size_t most_notices = 200;

// The shipment that the notice speaks of; nothing when it is none of ours (other systems share the client's account).
awaitable<result<std::optional<store::record>>> find(std::shared_ptr<services> s, std::string account,
                                                     carrier_notice notice) {
  if (!notice.order_id.empty()) {
    auto reference = co_await s->shipments->reference_of_order(account, notice.order_id);
    if (!reference) co_return fail(reference.error());
    if (*reference) co_return co_await s->shipments->find(**reference);
  }
  // The webhook may be faster than our own store of the order's id.
  if (!notice.reference.empty()) co_return co_await s->shipments->find(notice.reference);
  co_return std::optional<store::record>{};
}

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
    auto r = co_await find(s, account, notice);
    if (!r) {
      const result<bool> lost = fail(r.error());
      co_return answer_of(lost);
    }
    if (!*r || (*r)->account != account) {
      metrics::count("waybill_webhooks_total", {{"carrier", account}, {"outcome", "unknown_order"}});
      continue;
    }
    queue::job job = workflow::carry_job(**r);
    job.trace = workflow::new_trace();
    log::info("webhook", {{"carrier", account}, {"ref", (*r)->reference}, {"what", notice.what}, {"trace", job.trace}});
    auto queued = co_await s->jobs->enqueue(std::move(job), "carry:" + (*r)->reference);
    if (!queued) co_return answer_of(queued);
    fresh = fresh || *queued;
    metrics::count("waybill_webhooks_total", {{"carrier", account}, {"outcome", "queued"}});
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
