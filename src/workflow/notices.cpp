#include <waybill/log.hpp>
#include <workflow/jobs.hpp>
#include <workflow/notices.hpp>

namespace waybill::workflow {
namespace {

constexpr std::size_t longest_id = 64;

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
  const std::string what = notice.what, order_id = notice.order_id;
  auto r = co_await find(s, account, std::move(notice));
  if (!r) co_return fail(r.error());
  if (!*r || (*r)->account != account) co_return notice_outcome::unknown_order;
  // Not yet ours, or never: an order of our number that we do not hold.
  const bool other = !order_id.empty() && order_id.size() <= longest_id && order_id != (*r)->order_id &&
                     order_id != (*r)->return_order_id;
  queue::job look = other ? named_job(**r, order_id) : carry_job(**r);
  look.trace = new_trace();
  log::info("the carrier says",
            {{"carrier", account}, {"ref", (*r)->reference}, {"what", what}, {"trace", look.trace}});
  std::string merge_by = "carry:" + (*r)->reference;
  if (other) merge_by += ":" + order_id;
  auto queued = co_await s->jobs->enqueue(std::move(look), std::move(merge_by));
  if (!queued) co_return fail(queued.error());
  co_return *queued ? notice_outcome::queued : notice_outcome::merged;
}

} // namespace waybill::workflow
