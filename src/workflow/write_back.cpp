// The portal in step with a shipment: fields and stage in one update, then each line of the outbox once.
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/parcels.hpp>
#include <workflow/robots.hpp>

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

std::vector<store::next_job> after_write(const config::portal& portal, const record& r) {
  std::vector<store::next_job> next;
  if (money_due(portal, r)) next.emplace_back().what = money_job(r);
  return next;
}

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
  if (!r.beside.empty()) co_return co_await write_companion(portal, std::move(r));
  if (r.request && r.request->cancel_asked) { // first of all: a manager waits for it
    auto settled = co_await settle_cancel(portal, std::move(r));
    if (!settled) co_return after_failed_save(settled.error());
    r = std::move(*settled);
  }
  if (r.deal == 0) co_return co_await tell_request_alone(portal, std::move(r));
  auto deal = co_await portal->crm->deal(r.deal);
  if (!deal && deal.error().code != errc::not_found) co_return refused(deal.error());
  if (!deal) {
    r.outbox.clear();
    r.write_due = false;
    auto gone = co_await save(std::move(r), "the deal is gone");
    if (!gone) co_return after_failed_save(gone.error());
    co_return outcome::done();
  }

  auto all = co_await s->shipments->all_of(r.portal, r.deal);
  if (!all) co_return outcome::retry(all.error());
  const record face = face_of(*all, r); // the deal shows all its parcels
  boost::json::object fields = desired_fields(*portal->settings, face, *deal);
  if (!portal->settings->stages.empty() && face.latest) {
    auto stages = co_await portal->crm->stages(deal->category);
    if (!stages) co_return refused(stages.error());
    if (const auto stage = desired_stage(*portal->settings, face, *deal, *stages)) fields["stageId"] = *stage;
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
  told = co_await write_shipments(portal, std::move(*told));
  if (!told) co_return told.error().code == errc::conflict ? after_failed_save(told.error()) : refused(told.error());
  record judged = face_of(std::move(*all), *told); // a rule waits for all of them
  auto answered = co_await answer_robots(s, std::move(judged));
  if (!answered) co_return refused(answered.error());
  told->write_due = false;
  fault_point("write.told");
  auto next = after_write(*portal->settings, *told);
  auto saved = co_await save(std::move(*told), "written back", {}, std::move(next));
  if (!saved) co_return after_failed_save(saved.error());
  fault_point("write.saved");
  co_return outcome::done();
}

// A shop order without a deal has nobody but the delivery form to be told.
awaitable<outcome> engine::impl::tell_request_alone(const portal_link* portal, record r) {
  const auto self = shared_from_this();
  if (r.request) {
    auto told = co_await update_request(portal, std::move(r));
    if (told) told = co_await message_lines(portal, std::move(*told));
    if (told) told = co_await write_shipments(portal, std::move(*told));
    if (!told) co_return told.error().code == errc::conflict ? after_failed_save(told.error()) : refused(told.error());
    r = std::move(*told);
  }
  r.outbox.clear();
  r.write_due = false;
  auto next = after_write(*portal->settings, r);
  auto saved = co_await save(std::move(r), "written back", {}, std::move(next));
  if (!saved) co_return after_failed_save(saved.error());
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

} // namespace waybill::workflow
