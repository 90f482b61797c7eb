// Changes of an order that exists: withdrawal, and parcels that come or go.
#include "adapter.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::dpd {
namespace {

using namespace std::chrono_literals;
using step = order_record::step;

fault no_such_order() { return {errc::not_found, "DPD has no order of this number", {}, "dpd.no_order"}; }

fault anew(std::string what) {
  return {errc::conflict, std::move(what) + ": cancel the order and make a new one", {}, "dpd.cannot_change"};
}

} // namespace

awaitable<result<carrier_order>> adapter::cancel(std::string id) {
  auto record = co_await records_.find(id);
  if (!record) co_return fail(record.error());
  order_record r;
  if (*record) r = std::move(**record);
  else r.number = id;
  auto before = co_await look(r);
  if (!before) co_return fail(before.error());
  if (*before) {
    auto now_is = co_await taken(r, **before);
    if (!now_is) co_return fail(now_is.error());
    // Nothing is left to withdraw.
    if (now_is->phase == order_phase::cancelled || now_is->phase == order_phase::refused) co_return now_is;
    r.dpd = now_is->number;
    if (r.state == step::open) r.state = step::made;
  } else if (r.state == step::cancelled) {
    co_return order_of(r);
  }

  call c;
  c.operation = "cancelOrder";
  c.body = cancel_request(how_, r);
  c.about.kind = call_kind::change;
  c.about.lookup = true;
  c.timeout = 30s;
  c.subject = "cancel:" + id;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer && answer.error().code != errc::not_found) co_return fail(answer.error());
  std::optional<order_answer> said;
  if (answer) said = read_order(answer->response, r.number);
  if (answer && !said)
    co_return fail(errc::outcome_unknown, "DPD's answer does not speak of the order to be cancelled");
  const std::string word = said ? said->status : std::string(wire::not_found);
  if (word == wire::cancelled || word == wire::cancelled_before || word == wire::order_cancelled) {
    r.state = step::cancelled;
    if (!r.date.empty()) {
      const auto kept = co_await records_.keep(r);
      if (!kept) log::warn("a cancelled DPD order could not be noted", {{"what", kept.error().what}});
    }
    co_return order_of(r);
  }
  if (word == wire::call_dpd)
    co_return fail(errc::rejected,
                   "it is too late to cancel the order here: call DPD and name order " +
                       (r.dpd.empty() ? r.number : r.dpd),
                   "CallDPD");
  if (word == wire::not_found) {
    // DPD has just shown the order, or a number of it is known: then it is not gone, it only cannot be cancelled here.
    if (*before || !r.dpd.empty())
      co_return fail(errc::rejected,
                     "DPD does not find the order to be cancelled: call DPD and name order " +
                         (r.dpd.empty() ? r.number : r.dpd),
                     "NotFound");
    co_return fail(no_such_order());
  }
  fault why = refused_order(said->message.empty() ? word : said->message);
  why.code = errc::rejected;
  co_return fail(std::move(why));
}

awaitable<result<void>> adapter::move_parcels(std::string operation, order_record r, std::vector<box> moved,
                                              std::vector<box> after) {
  call c;
  c.operation = operation;
  c.body = parcels_request(how_, r, moved, after);
  c.about.kind = call_kind::change;
  c.timeout = 30s;
  c.subject = operation + ":" + r.number;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  co_return read_parcels(answer->response);
}

awaitable<result<carrier_order>> adapter::update_order(std::string id, shipment s) {
  auto record = co_await records_.find(id);
  if (!record) co_return fail(record.error());
  if (!*record) co_return fail(no_such_order());
  order_record r = std::move(**record);
  const auto way = service_for(how_, s);
  if (!way) co_return fail(way.error());
  if (auto wrong = check_shipment(how_, s, *way)) co_return fail(std::move(*wrong));
  if (rest_of(s) != r.rest)
    co_return fail(anew("DPD changes neither recipient nor address nor goods nor amounts of an order"));
  const std::vector<box> wanted = boxes_of(s);
  std::vector<box> added, removed, with_added = r.boxes;
  for (const box& b : wanted) {
    const auto same = std::ranges::find(r.boxes, b.number, &box::number);
    if (same == r.boxes.end()) {
      added.push_back(b);
      with_added.push_back(b);
    } else if (*same != b) {
      co_return fail(anew("DPD does not change the weight or size of a parcel"));
    }
  }
  for (const box& b : r.boxes)
    if (std::ranges::find(wanted, b.number, &box::number) == wanted.end()) removed.push_back(b);
  if (!added.empty() || !removed.empty()) {
    if (r.dpd.empty()) co_return fail(errc::unavailable, "DPD has not numbered the order yet", "dpd.no_number", 60s);
    // First what comes: the order never stands without parcels. Each step is noted, so a repeat does the rest.
    if (!added.empty()) {
      const auto done = co_await move_parcels("addParcels", r, added, with_added);
      if (!done) co_return fail(done.error());
      r.boxes = with_added;
      const auto kept = co_await records_.keep(r);
      if (!kept) co_return fail(kept.error());
    }
    if (!removed.empty()) {
      const auto done = co_await move_parcels("removeParcels", r, removed, wanted);
      if (!done) co_return fail(done.error());
      r.boxes = wanted;
      const auto kept = co_await records_.keep(r);
      if (!kept) co_return fail(kept.error());
    }
  }
  co_return co_await order(std::move(id));
}

} // namespace waybill::dpd
