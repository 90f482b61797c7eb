// Feeds: carriers that call nobody hand out what happened to all orders of an account, until it is confirmed.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/notices.hpp>

namespace waybill::workflow {
namespace {

constexpr int most_packages = 200; // of one job; the next goes on

} // namespace

awaitable<outcome> engine::impl::read_feed(job j) {
  const auto self = shared_from_this();
  const std::string account = j.lane.substr(std::string_view("carrier:").size());
  carrier_link* link = s->carrier_of(account);
  if (link == nullptr) co_return outcome::done();
  for (int package = 0; package < most_packages; ++package) {
    auto news = co_await link->api->read_feed();
    if (!news) co_return is_transient(news.error().code) ? outcome::retry(news.error()) : outcome::dead(news.error());
    fault_point("feed.read");
    for (carrier_notice& notice : news->notices) {
      auto queued = co_await queue_notice(s, account, std::move(notice));
      if (!queued) co_return outcome::retry(queued.error());
      const bool known = *queued != notice_outcome::unknown_order;
      metrics::count("waybill_feed_notices_total",
                     {{"carrier", account}, {"outcome", known ? "queued" : "unknown_order"}});
    }
    fault_point("feed.queued");
    if (!news->receipt.empty()) {
      // Not confirmed, it is handed out again: what it says is kept once all the same.
      auto confirmed = co_await link->api->confirm_feed(news->receipt);
      if (!confirmed) co_return outcome::retry(confirmed.error());
    }
    if (!news->more) break;
  }
  co_return outcome::done();
}

awaitable<void> engine::read_feeds() {
  const auto self = impl_;
  for (auto& [id, link] : self->s->carriers) {
    const auto every = link.api->can().feed_every;
    if (every.count() == 0) continue;
    auto mine =
        co_await self->s->values->take("feed:" + id, "1", std::min(every, link.account->poll_interval) * 9 / 10);
    if (!mine || !*mine) continue;
    job next = feed_job(id);
    auto queued = co_await self->s->jobs->enqueue(std::move(next), "feed:" + id);
    if (!queued) log::warn("the feed could not be queued", {{"carrier", id}, {"why", queued.error().what}});
  }
}

} // namespace waybill::workflow
