#include <waybill/log.hpp>
#include <workflow/jobs.hpp>
#include <workflow/notices.hpp>

namespace waybill::workflow {
namespace {

awaitable<result<std::optional<store::record>>> find(std::shared_ptr<services> s, std::string account,
                                                     carrier_notice notice) {
  if (!notice.order_id.empty()) {
    auto reference = co_await s->shipments->reference_of_order(account, notice.order_id);
    if (!reference) co_return fail(reference.error());
    if (*reference) co_return co_await s->shipments->find(**reference);
  }
  // The carrier may be faster than our own store of the order's id.
  if (!notice.reference.empty()) co_return co_await s->shipments->find(notice.reference);
  co_return std::optional<store::record>{};
}

} // namespace

awaitable<result<notice_outcome>> queue_notice(std::shared_ptr<services> s, std::string account,
                                               carrier_notice notice) {
  const std::string what = notice.what;
  auto r = co_await find(s, account, std::move(notice));
  if (!r) co_return fail(r.error());
  if (!*r || (*r)->account != account) co_return notice_outcome::unknown_order;
  queue::job look = carry_job(**r);
  look.trace = new_trace();
  log::info("the carrier says",
            {{"carrier", account}, {"ref", (*r)->reference}, {"what", what}, {"trace", look.trace}});
  auto queued = co_await s->jobs->enqueue(std::move(look), "carry:" + (*r)->reference);
  if (!queued) co_return fail(queued.error());
  co_return *queued ? notice_outcome::queued : notice_outcome::merged;
}

} // namespace waybill::workflow
