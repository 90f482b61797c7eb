// Cancelling tells the truth: "Y" only when nothing is on its way any more.
#include <delivery/asked.hpp>
#include <delivery/service_impl.hpp>
#include <delivery/texts.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/jobs.hpp>

namespace waybill::delivery {
namespace {

using store::kept_request;
using store::request_state;

// Absent: nothing is to be cancelled, so the goal is reached.
awaitable<result<std::optional<kept_request>>> find(state_ptr self, std::string portal, asked_request asked) {
  auto found = co_await self->s->requests->find(std::move(portal), asked.request_id);
  if (!found) co_return fail(found.error());
  // The ids come from the portal together; another service's number beside our id is no request that we made.
  if (*found && (*found)->delivery_id != asked.delivery_id) co_return std::optional<kept_request>{};
  co_return std::move(*found);
}

// Starts the cancel, unless it is over already.
awaitable<result<kept_request>> start(state_ptr self, kept_request r) {
  queue::job job = workflow::request_job(r, "request_cancel");
  auto wanted = co_await self->s->requests->want_cancel(r.portal, r.request_id, std::move(job));
  if (wanted) fault_point("cancel.queued");
  co_return wanted;
}

// Waits for what the workflow makes of it. Empty: cancelled; otherwise the refusal.
awaitable<std::string> settle(state_ptr self, const config::portal* portal, kept_request r, steady::time_point until) {
  auto starting = begin(self->s->ex, "start a cancel", start(self, r));
  auto started = co_await outcome_of(starting, until);
  if (!started) co_return say(*portal, "delivery.cancel_not_kept");
  log::info("a delivery request is to be cancelled",
            {{"portal", r.portal}, {"deal", std::to_string(r.deal)}, {"request", r.request_id}, {"trace", r.trace}});
  kept_request now = std::move(*started);
  while (now.state == request_state::live) {
    if (!now.refusal.empty()) co_return now.refusal;
    if (steady::now() >= until) co_return say(*portal, "delivery.cancel_later");
    co_await sleep_for(self->how.look_again);
    auto looking = begin(self->s->ex, "look at a cancel", self->s->requests->find(r.portal, r.request_id));
    auto found = co_await outcome_of(looking, until);
    if (found && *found) now = std::move(**found);
  }
  co_return std::string{};
}

// The carrier's order of this request is over, however it ended: nothing is left to be cancelled.
awaitable<result<bool>> is_over(state_ptr self, kept_request r) {
  if (r.state != request_state::live) co_return true;
  if (r.reference.empty()) co_return false;
  auto record = co_await self->s->shipments->find(r.reference);
  if (!record) co_return fail(record.error());
  co_return *record && (*record)->state == store::phase::closed;
}

} // namespace

awaitable<std::string> cancel(state_ptr self, const config::portal* portal, std::string body) {
  const auto until = steady::now() + self->how.cancel_limit;
  auto read = read_request(body);
  if (!read) co_return no(say(*portal, "delivery.unreadable", {{"what", read.error().what}}));
  auto finding = begin(self->s->ex, "find a request", find(self, portal->id, std::move(*read)));
  auto found = co_await outcome_of(finding, until);
  if (!found) co_return no(say(*portal, "delivery.cancel_not_kept"));
  if (!*found || (*found)->state != request_state::live) co_return yes();
  kept_request r = std::move(**found);
  auto refused = co_await settle(self, portal, std::move(r), until);
  co_return refused.empty() ? yes() : no(std::move(refused));
}

awaitable<std::string> remove(state_ptr self, const config::portal* portal, std::string body) {
  const auto until = steady::now() + self->how.cancel_limit;
  auto read = read_request(body);
  if (!read) co_return no(say(*portal, "delivery.unreadable", {{"what", read.error().what}}));
  auto finding = begin(self->s->ex, "find a request", find(self, portal->id, std::move(*read)));
  auto found = co_await outcome_of(finding, until);
  if (!found) co_return no(say(*portal, "delivery.cancel_not_kept"));
  if (!*found || (*found)->state == request_state::deleted) co_return yes();
  const kept_request r = std::move(**found);
  auto looking = begin(self->s->ex, "look at a shipment", is_over(self, r));
  auto over = co_await outcome_of(looking, until);
  if (!over) co_return no(say(*portal, "delivery.cancel_not_kept"));
  if (!*over) {
    auto refused = co_await settle(self, portal, r, until);
    if (!refused.empty()) co_return no(std::move(refused));
  }
  auto marking = begin(self->s->ex, "mark a request", self->s->requests->set_deleted(r.portal, r.request_id));
  auto marked = co_await outcome_of(marking, until);
  // The portal would keep a request that is gone; it asks again when its user does.
  if (!marked) co_return no(say(*portal, "delivery.cancel_not_kept"));
  co_return yes();
}

} // namespace waybill::delivery
