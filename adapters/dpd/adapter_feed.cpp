// Following: the inbox of events, the history of one order, and both merged into what an order is now.
#include "adapter.hpp"
#include "statuses.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <charconv>

namespace waybill::dpd {
namespace {

using namespace std::chrono_literals;
using step = order_record::step;

constexpr auto events_kept = std::chrono::hours(24 * 90);
constexpr auto history_fresh = std::chrono::hours(24);
constexpr auto history_pause = 30min; // while there is nothing else

std::string events_key(const std::string& number) { return "events:" + number; }

} // namespace

awaitable<std::vector<stored_event>> adapter::inbox_of(std::string number) {
  std::vector<stored_event> out;
  if (cache_ == nullptr) co_return out;
  const auto text = co_await cache_->get(events_key(number));
  if (text && *text) out = events_from(**text);
  co_return out;
}

awaitable<carrier_order> adapter::with_events(carrier_order out, order_record r) {
  const auto inbox = co_await inbox_of(r.number);
  const bool any = std::ranges::any_of(
      inbox, [](const stored_event& e) { return meaning_of_event(e.number, e.refused_items).moves; });
  history h;
  const std::string key = "history:" + r.number;
  const auto kept_text = co_await cache_->get(key);
  const auto kept = kept_text && *kept_text ? history_from(**kept_text) : std::nullopt;
  if (kept) h = kept->what;
  const auto age = kept ? clock_() - kept->read_at : std::chrono::milliseconds::max();
  if (!r.dpd.empty() && age >= (any ? std::chrono::milliseconds(history_fresh) : history_pause)) {
    // Somebody else may empty the inbox before us, so the history is read besides. Its failure only postpones it.
    soap::writer w;
    w.open("request");
    write_auth(w, how_);
    w.put("clientOrderNr", r.number).put("pickupDate", r.date);
    call c;
    c.to = wire::tracing;
    c.operation = "getStatesByClientOrder";
    c.body = w.take();
    c.about.lookup = true;
    const auto answer = co_await api_->ask(std::move(c));
    if (answer) h = read_history(answer->response, r.to_point);
    else if (answer.error().code != errc::not_found)
      log::debug("the history of a DPD order is not to be had", {{"order", r.number}, {"what", answer.error().what}});
    std::string text = to_text(h, clock_());
    const auto put = co_await cache_->put(key, std::move(text), events_kept);
    if (!put) log::warn("the history of a DPD order could not be kept", {{"what", put.error().what}});
  }
  out.events = all_events(inbox, h, clock_());
  out.planned_date = h.planned_date;
  out.return_number = h.return_number;
  if (std::ranges::any_of(inbox, [](const stored_event& e) { return e.number == "2501"; }))
    out.warnings.emplace_back("DPD closed the order without delivering it: ask where the parcel is");
  co_return out;
}

awaitable<result<carrier_order>> adapter::order(std::string id) {
  auto record = co_await records_.find(id);
  if (!record) co_return fail(record.error());
  order_record r;
  if (*record) r = std::move(**record);
  else r.number = id;
  auto said = co_await look(r);
  if (!said) co_return fail(said.error());
  carrier_order out;
  if (*said) {
    auto read = co_await taken(r, std::move(**said));
    if (!read) {
      fault why = read.error();
      if (why.code == errc::outcome_unknown) why.code = errc::protocol; // nothing was changed by looking
      co_return fail(std::move(why));
    }
    out = std::move(*read);
    if (!out.number.empty()) r.dpd = out.number;
  } else {
    const auto known = co_await inbox_of(id);
    if (r.state == step::cancelled) co_return order_of(r);
    // DPD forgets old orders and shows new ones late. Only what we know nothing of is not there.
    if (r.dpd.empty() && known.empty() && (!*record || r.state != step::open))
      co_return fail(errc::not_found, "DPD has no order of this number", "dpd.no_order");
    out = order_of(r);
    if (r.dpd.empty()) {
      out.phase = order_phase::pending;
      out.warnings.emplace_back("DPD took the order and does not show it: ask DPD for it by its number");
    }
  }
  if (out.phase == order_phase::refused || r.number.empty() || cache_ == nullptr) co_return out;
  co_return co_await with_events(std::move(out), std::move(r));
}

// ---- the inbox -------------------------------------------------------------------------------------------------

// Nothing: an order of somebody else's.
awaitable<result<std::optional<order_record>>> adapter::keep_news(order_news news) {
  std::optional<order_record> none;
  std::string number = news.number;
  if (number.empty()) {
    auto ours = co_await records_.by_dpd_number(news.dpd);
    if (!ours) co_return fail(ours.error());
    number = std::move(*ours);
  }
  if (number.empty() || !is_reference(number)) co_return none;
  auto record = co_await records_.find(number);
  if (!record) {
    // What cannot be read is no reason to hold up all others' events for ever.
    if (record.error().code == errc::internal) co_return none;
    co_return fail(record.error());
  }
  if (!*record) co_return none;
  const std::string key = events_key(number);
  const auto text = co_await cache_->get(key);
  if (!text) co_return fail(errc::unavailable, "the events of a DPD order could not be read: " + text.error().what);
  std::vector<stored_event> all;
  if (*text) all = events_from(**text);
  const auto before = all;
  merge(all, std::move(news.events));
  if (all != before) {
    std::string kept_text = to_text(all);
    const auto put = co_await cache_->put(key, std::move(kept_text), events_kept);
    if (!put) co_return fail(errc::unavailable, "the events of a DPD order could not be kept: " + put.error().what);
  }
  order_record r = std::move(**record);
  if (!news.dpd.empty() && r.dpd.empty()) {
    r.dpd = news.dpd; // a pending order has got its number
    const auto kept = co_await records_.keep(r);
    if (!kept) co_return fail(kept.error());
  }
  std::optional<order_record> out(std::move(r));
  co_return out;
}

awaitable<result<feed>> adapter::read_feed() {
  if (cache_ == nullptr) co_return fail(errc::internal, "the DPD adapter works only with a cache");
  soap::writer w;
  w.open("request");
  write_auth(w, how_);
  w.put_integer("maxRowCount", how_.events_at_once);
  call c;
  c.to = wire::events;
  c.operation = "getEvents";
  c.body = w.take();
  c.timeout = 60s;
  c.max_bytes = 16 * 1024 * 1024;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  auto read = read_package(answer->response, clock_());
  if (!read) co_return fail(read.error());
  feed out;
  std::size_t strangers = 0;
  for (order_news& news : read->orders) {
    std::string what = "event";
    for (std::size_t n = 0; n < std::min<std::size_t>(news.events.size(), 5); ++n) what += " " + news.events[n].number;
    auto kept = co_await keep_news(std::move(news));
    if (!kept) co_return fail(kept.error());
    if (!*kept) {
      ++strangers;
      continue;
    }
    carrier_notice notice;
    notice.order_id = (*kept)->number;
    notice.reference = (*kept)->reference;
    notice.what = std::move(what);
    out.notices.push_back(std::move(notice));
  }
  if (strangers > 0) log::info("DPD told events of orders that are not ours", {{"orders", std::to_string(strangers)}});
  if (read->receipt > 0) out.receipt = std::to_string(read->receipt);
  // A package that cannot be confirmed would come again at once and for ever.
  out.more = !read->complete && !out.receipt.empty();
  co_return out;
}

awaitable<result<void>> adapter::confirm_feed(std::string receipt) {
  std::int64_t id = 0;
  const auto [to, ec] = std::from_chars(receipt.data(), receipt.data() + receipt.size(), id);
  if (ec != std::errc{} || to != receipt.data() + receipt.size() || id <= 0)
    co_return fail(errc::bad_input, "this is no number of a package of DPD's events", "dpd.receipt");
  soap::writer w;
  w.open("request");
  write_auth(w, how_);
  w.put_integer("docId", id);
  call c;
  c.to = wire::events;
  c.operation = "confirm";
  c.body = w.take();
  // Confirming twice is confirming once.
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  co_return result<void>{};
}

} // namespace waybill::dpd
