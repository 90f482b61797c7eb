// The portal in step with a shipment: fields and stage in one update, then each line of the outbox once.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>

namespace waybill::workflow {

using store::record;

namespace {

std::optional<std::string> stage_of(const boost::json::object& fields) {
  const auto* v = fields.if_contains("stageId");
  return v == nullptr ? std::nullopt : std::optional(std::string(v->get_string()));
}

// What a person has to know of a write that the portal will not take: the operator's business, in the log and the dead
// letters.
outcome refused(const fault& f) { return is_transient(f.code) ? outcome::retry(f) : outcome::dead(f); }

} // namespace

awaitable<outcome> engine::impl::write_back(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  auto found = co_await s->shipments->find(p.reference);
  if (!found) co_return outcome::retry(found.error());
  if (!*found || !(*found)->write_due) co_return outcome::done();
  record r = std::move(**found);
  const portal_link* portal = s->portal(r.portal);
  if (portal == nullptr) co_return outcome::done();
  auto deal = co_await portal->crm->deal(r.deal);
  if (!deal && deal.error().code != errc::not_found) co_return refused(deal.error());
  if (!deal) {
    r.outbox.clear();
    r.write_due = false;
    auto gone = co_await save(std::move(r), "the deal is gone");
    if (!gone) co_return after_failed_save(gone.error());
    co_return outcome::done();
  }

  boost::json::object fields = desired_fields(*portal->settings, r, *deal);
  if (!portal->settings->stages.empty() && r.latest) {
    auto stages = co_await portal->crm->stages(deal->category);
    if (!stages) co_return refused(stages.error());
    if (const auto stage = desired_stage(*portal->settings, r, *deal, *stages)) fields["stageId"] = *stage;
  }
  if (!fields.empty()) {
    const auto stage = stage_of(fields);
    boost::json::object copy = fields;
    auto written = co_await portal->crm->update_deal(r.deal, std::move(copy));
    if (!written && stage && written.error().code == errc::rejected) {
      // The customer's required fields may forbid the stage; the tracking data must not be lost with it.
      const std::string why = written.error().what;
      fields.erase("stageId");
      std::vector<news> said(1);
      said.front().key = "stage_refused";
      said.front().values = {{"stage", *stage}, {"text", why}};
      announce(r, said);
      written = bitrix24::crm::update_result{};
      if (!fields.empty()) written = co_await portal->crm->update_deal(r.deal, std::move(fields));
    }
    if (!written) co_return refused(written.error());
    fault_point("write.fields");
    for (const std::string& name : written->ignored)
      log::warn("the portal ignored a field: is it named rightly in [portals.fields]?",
                {{"portal", r.portal}, {"field", name}});
    if (!written->updated.empty()) r.deal_updated = written->updated;
  }
  auto told = co_await tell(portal, std::move(r));
  if (!told) co_return told.error().code == errc::conflict ? after_failed_save(told.error()) : refused(told.error());
  if (told->request) {
    told = co_await update_request(portal, std::move(*told));
    if (!told) co_return told.error().code == errc::conflict ? after_failed_save(told.error()) : refused(told.error());
  }
  told->write_due = false;
  fault_point("write.told");
  auto saved = co_await save(std::move(*told), "written back");
  if (!saved) co_return after_failed_save(saved.error());
  fault_point("write.saved");
  co_return outcome::done();
}

// Each line of the outbox once: it is marked before it is sent, and a marked one is looked for before it is sent again.
awaitable<result<record>> engine::impl::tell(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  std::optional<std::vector<bitrix24::timeline_comment>> there;
  while (!r.outbox.empty()) {
    store::notice& line = r.outbox.front();
    bool sent = false;
    if (line.started && line.kind == "comment") {
      if (!there) {
        auto read = co_await portal->crm->comments(r.deal);
        if (!read) co_return fail(read.error());
        there = std::move(*read);
      }
      sent = std::ranges::any_of(*there, [&](const bitrix24::timeline_comment& c) {
        return c.text == line.text && c.created + std::chrono::minutes(5) > r.created;
      });
    } else if (line.started && line.kind == "todo") {
      sent = true; // a second to-do is worse than a missing one: the comment and the notification say the same
    }
    if (!sent) {
      if (!line.started) {
        line.started = true;
        auto marked = co_await save_quietly(std::move(r), "telling the portal");
        if (!marked) co_return fail(marked.error());
        r = std::move(*marked);
        fault_point("write.marked");
      }
      const store::notice now_sent = r.outbox.front();
      result<void> done;
      if (now_sent.kind == "comment") {
        auto id = co_await portal->crm->add_comment(r.deal, now_sent.text);
        if (!id) done = fail(id.error());
        fault_point("write.comment");
      } else {
        auto deal = co_await portal->crm->deal(r.deal);
        const std::int64_t who = deal ? deal->responsible : 0;
        if (who > 0 && now_sent.kind == "todo") {
          auto id = co_await portal->crm->add_todo(r.deal, who, say(*portal->settings, "todo_title"), now_sent.text,
                                                   now() + std::chrono::hours(24));
          if (!id) done = fail(id.error());
        } else if (who > 0) {
          done = co_await portal->crm->notify(who, now_sent.text, "waybill|" + r.reference);
        }
      }
      if (!done) {
        // A line that the portal refuses for good must not hold up the others for ever.
        if (is_transient(done.error().code)) co_return fail(done.error());
        log::warn("the portal refused a line",
                  {{"ref", r.reference}, {"kind", now_sent.kind}, {"what", done.error().what}});
        metrics::count("waybill_notices_refused_total", {{"kind", now_sent.kind}});
      }
    }
    r.outbox.erase(r.outbox.begin());
  }
  co_return r;
}

// The delivery request of Bitrix24's own form, where the shipment has one: status, properties, and the end of it.
awaitable<result<record>> engine::impl::update_request(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  store::delivery_request& request = *r.request;
  if (request.finalized) co_return r;
  bitrix24::request_update u;
  u.delivery_id = request.delivery_id;
  u.request_id = request.request_id;
  const bool cancelled = r.latest == status::cancelled;
  const status shown = r.trouble_now ? status::problem : r.latest.value_or(status::created);
  u.status_text = status_name(*portal->settings, shown);
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
  if (digest == request.told) co_return r;
  if (cancelled) {
    auto message = co_await bitrix24::message_manager(portal->crm->shared_portal(), request.delivery_id,
                                                      request.request_id, u.status_text, u.status_text, "process");
    if (!message && is_transient(message.error().code)) co_return fail(message.error());
    auto gone = co_await bitrix24::delete_delivery_request(portal->crm->shared_portal(), request.delivery_id,
                                                           request.request_id);
    if (!gone && gone.error().code != errc::not_found) co_return fail(gone.error());
    request.finalized = true;
  } else {
    const bool final = u.finalize;
    const bool alarm = shown == status::problem || shown == status::lost || shown == status::returning;
    const std::string subject = u.status_text,
                      reason = r.trouble_now ? explain(*portal->settings, *r.trouble_now) : r.latest_text;
    auto updated = co_await bitrix24::update_delivery_request(portal->crm->shared_portal(), std::move(u));
    // The request exists only after Bitrix24 has stored our answer to its call: not_found is retried by the queue.
    if (!updated && updated.error().code == errc::not_found)
      co_return fail(errc::unavailable, "the delivery request does not exist yet");
    if (!updated) co_return fail(updated.error());
    if (alarm) {
      auto message = co_await bitrix24::message_manager(portal->crm->shared_portal(), request.delivery_id,
                                                        request.request_id, subject, reason, "error");
      if (!message && is_transient(message.error().code)) co_return fail(message.error());
    }
    request.finalized = final;
  }
  fault_point("request.updated");
  request.told = digest;
  co_return r;
}

} // namespace waybill::workflow
