// What the portal's delivery request is told: status, properties, messages, and its end.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <workflow/engine_impl.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace waybill::workflow {

using store::phase;
using store::record;

namespace {

// What a manager must read of a status besides seeing it, and how it is marked there; empty: nothing.
std::string_view semantic_of(status shown) {
  switch (shown) {
  case status::problem:
  case status::lost:
  case status::returning: return "error";
  case status::returned:
  case status::partially_delivered: return "process";
  case status::created:
  case status::accepted:
  case status::in_transit:
  case status::ready_for_pickup:
  case status::out_for_delivery:
  case status::delivered:
  case status::cancelled: return {};
  }
  return {};
}

// The carrier will never make this order, and says so to a person.
bool refused_for_good(const record& r) {
  return r.state == phase::needs_attention && r.order_id.empty() && !r.unclear && r.trouble_now &&
         r.trouble_now->whose == store::owner::manager;
}

} // namespace

bool is_told_by_request(std::string_view key) {
  constexpr std::array told{std::string_view("status"),          std::string_view("order_created"),
                            std::string_view("number_assigned"), std::string_view("order_created_without_number"),
                            std::string_view("order_pending"),   std::string_view("cancelled_before_sending"),
                            std::string_view("order_changed")};
  return std::ranges::find(told, key) != told.end();
}

// What came of a cancel by the form's button; the manager's call waits for it.
awaitable<result<record>> engine::impl::settle_cancel(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const std::string id = r.request->request_id;
  if (r.state == phase::closed && r.latest == status::cancelled) {
    auto over = co_await s->requests->set_cancelled(r.portal, id);
    if (!over && over.error().code != errc::not_found) co_return fail(over.error());
    r.request->cancel_asked = false;
    r.request->finalized = true;
    if (over) {
      job gone = request_job(*over, "request_gone");
      auto later = co_await s->jobs->enqueue_later(std::move(gone), answer_is_there);
      if (!later) co_return fail(later.error());
    }
  } else if (!r.cancel_wanted) {
    std::string why = r.latest ? status_name(*portal->settings, *r.latest) : std::string{};
    if (!r.outbox.empty()) why = r.outbox.back().text; // the carrier's own words
    std::string refusal = say(*portal->settings, "request.cancel_refused", {{"text", why}});
    auto told = co_await s->requests->set_refusal(r.portal, id, std::move(refusal));
    if (!told && told.error().code != errc::not_found) co_return fail(told.error());
    r.request->cancel_asked = false;
  }
  co_return r;
}

// At most once for one text: what was sent cannot be read back, and a second alarm is worse than a missing one.
awaitable<result<record>> engine::impl::message_once(const portal_link* portal, record r, std::string subject,
                                                     std::string body, std::string semantic) {
  const auto self = shared_from_this();
  if (r.request->messaged == subject + body) co_return r;
  r.request->messaged = subject + body;
  auto marked = co_await save_quietly(std::move(r), "messaging the manager");
  if (!marked) co_return fail(marked.error());
  const store::delivery_request to = *marked->request;
  auto sent = co_await bitrix24::message_manager(portal->crm->shared_portal(), to.delivery_id, to.request_id,
                                                 std::move(subject), std::move(body), std::move(semantic));
  if (!sent)
    log::warn("a message to the manager was not taken", {{"ref", marked->reference}, {"what", sent.error().what}});
  co_return marked;
}

// Each line once, as for `message_once`; where the request takes no messages (any more), by a notification to the
// order's responsible person.
awaitable<result<record>> engine::impl::message_lines(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  const auto client = portal->crm->shared_portal();
  while (!r.outbox.empty()) {
    const store::notice line = r.outbox.front();
    // A trouble's comment is the request's own message already; its notification goes nowhere without a person.
    if (line.kind != "message" || line.started) {
      r.outbox.erase(r.outbox.begin());
      continue;
    }
    r.outbox.front().started = true;
    auto marked = co_await save_quietly(std::move(r), "messaging the manager");
    if (!marked) co_return fail(marked.error());
    r = std::move(*marked);
    result<void> sent = fail(errc::not_found, "the request has come to its end");
    if (!r.request->finalized)
      sent = co_await bitrix24::message_manager(client, r.request->delivery_id, r.request->request_id,
                                                say(*portal->settings, "request.message"), line.text, "process");
    if (!sent && !is_transient(sent.error().code) && r.request->order != 0) {
      auto order = co_await sale::read_order(client, r.request->order);
      if (order && order->responsible > 0)
        sent = co_await portal->crm->notify(order->responsible, line.text,
                                            "waybill|" + r.reference + "|" + std::to_string(line.id));
    }
    if (!sent) log::warn("a message to the manager was not taken", {{"ref", r.reference}, {"what", sent.error().what}});
    fault_point("request.messaged");
    r.outbox.erase(r.outbox.begin());
  }
  co_return r;
}

awaitable<result<record>> engine::impl::update_request(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  if (r.request->finalized) co_return r;
  const bool cancelled = r.latest == status::cancelled && r.state == phase::closed;
  const status shown = r.trouble_now ? status::problem : r.latest.value_or(status::created);
  const std::string name = status_name(*portal->settings, shown),
                    reason = r.trouble_now ? explain(*portal->settings, *r.trouble_now) : r.latest_text;

  if (cancelled || refused_for_good(r)) {
    // The portal asks our own endpoint while it drops the request: the registry must know first.
    auto messaged =
        co_await message_once(portal, std::move(r), name, cancelled ? name : reason, cancelled ? "process" : "error");
    if (!messaged) co_return fail(messaged.error());
    r = std::move(*messaged);
    auto over = co_await s->requests->set_cancelled(r.portal, r.request->request_id);
    if (!over && over.error().code != errc::not_found) co_return fail(over.error());
    auto gone = co_await bitrix24::delete_delivery_request(portal->crm->shared_portal(), r.request->delivery_id,
                                                           r.request->request_id);
    if (!gone && gone.error().code != errc::not_found) co_return fail(gone.error());
    fault_point("request.dropped");
    // A refused one is free again: the button may be pressed anew, or the deal corrected.
    if (!cancelled && r.deal != 0) r.request.reset();
    else r.request->finalized = true;
    co_return r;
  }

  bitrix24::request_update u;
  u.delivery_id = r.request->delivery_id;
  u.request_id = r.request->request_id;
  u.status_text = name;
  u.success = shown == status::delivered || shown == status::partially_delivered;
  u.finalize = r.latest && is_final(*r.latest);
  const auto property = [&](std::string key, const std::string& value) {
    if (value.empty()) return;
    bitrix24::request_update::property one;
    one.name = say(*portal->settings, key);
    one.value = value;
    u.properties.push_back(std::move(one));
  };
  property("property.carrier", title_of(r.account));
  property("property.order", r.reference);
  property("property.number", r.number);
  property("property.url", r.tracking_url);
  property("property.cost", r.cost ? to_decimal(*r.cost) : std::string{});
  property("property.date", r.planned_date);
  property("property.point", r.pickup_point);
  property("property.kept_until", r.kept_until);
  std::string digest = u.status_text + (u.finalize ? "|end" : "");
  for (const auto& one : u.properties) digest += "|" + one.name + "=" + one.value;
  if (digest == r.request->told) co_return r;

  const bool final = u.finalize;
  auto updated = co_await bitrix24::update_delivery_request(portal->crm->shared_portal(), std::move(u));
  // The request exists only after Bitrix24 has stored our answer to its call: not_found is retried by the queue.
  if (!updated && updated.error().code == errc::not_found)
    co_return fail(errc::unavailable, "the delivery request does not exist yet");
  if (!updated) co_return fail(updated.error());
  if (const auto semantic = semantic_of(shown); !semantic.empty()) {
    auto messaged =
        co_await message_once(portal, std::move(r), name, reason.empty() ? name : reason, std::string(semantic));
    if (!messaged) co_return fail(messaged.error());
    r = std::move(*messaged);
  }
  const bool tells_recipient = portal->settings->service && portal->settings->service->message_recipient;
  if (shown == status::ready_for_pickup && tells_recipient && !r.request->recipient_messaged) {
    r.request->recipient_messaged = true; // a text message costs money: at most one
    auto marked = co_await save_quietly(std::move(r), "messaging the recipient");
    if (!marked) co_return fail(marked.error());
    r = std::move(*marked);
    std::string text = say(*portal->settings, "request.ready_for_recipient",
                           {{"number", r.number}, {"point", r.pickup_point}, {"date", r.kept_until}});
    auto sent = co_await bitrix24::message_recipient(portal->crm->shared_portal(), r.request->delivery_id,
                                                     r.request->request_id, std::move(text));
    if (!sent) log::warn("the recipient was not told", {{"ref", r.reference}, {"what", sent.error().what}});
  }
  fault_point("request.updated");
  r.request->finalized = final;
  r.request->told = digest;
  co_return r;
}

} // namespace waybill::workflow
