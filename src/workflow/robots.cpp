#include <mapping/fields.hpp>
#include <mapping/text.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/jobs.hpp>
#include <workflow/robots.hpp>
#include <workflow/texts.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

namespace waybill::workflow {
namespace {

using queue::outcome;
using store::phase;

constexpr auto life = std::chrono::hours(24 * 30);
constexpr std::size_t most_tokens = 20; // one deal that a rule runs for again and again
constexpr std::size_t longest_service = 50, longest_comment = 500;

std::string key_of(const std::string& portal, std::int64_t deal) { return fmt::format("robot:{}:{}", portal, deal); }

std::string encode(const robot_note& n) {
  json::array tokens;
  for (const auto& t : n.tokens) tokens.emplace_back(t);
  json::object o{{"service", n.service}, {"comment", n.comment}, {"ship", n.ship}};
  o["tokens"] = std::move(tokens);
  return json::serialize(o);
}

robot_note decode(const std::string& text) {
  robot_note n;
  const auto parsed = json::parse(text, 64 * 1024);
  if (!parsed || !parsed->is_object()) return n;
  const auto& o = parsed->get_object();
  n.service = json::text_or(o, "service");
  n.comment = json::text_or(o, "comment");
  n.ship = json::boolean(o, "ship").value_or(false);
  if (const auto* tokens = json::list(o, "tokens"))
    for (const auto& t : *tokens) n.tokens.push_back(json::as_text(t).value_or(""));
  return n;
}

awaitable<result<void>> keep(std::shared_ptr<services> s, std::string portal, std::int64_t deal, robot_note n) {
  std::string key = key_of(portal, deal), text = encode(n);
  co_return co_await s->values->put(std::move(key), std::move(text), life);
}

struct robot_answer {
  std::string order_number, tracking_number;
  std::string log;
};

// A fault: worth another try. A used token is refused with ACCESS_DENIED: somebody answered before.
awaitable<result<void>> send_one(std::shared_ptr<services> s, std::string portal, std::string token,
                                 robot_answer what) {
  const portal_link* link = s->portal(portal);
  if (link == nullptr || !link->crm) co_return result<void>{};
  boost::json::object returned{{"order_number", what.order_number}, {"tracking_number", what.tracking_number}};
  boost::json::object params{{"EVENT_TOKEN", token}, {"LOG_MESSAGE", what.log}};
  params["RETURN_VALUES"] = std::move(returned);
  auto client = link->crm->shared_portal();
  auto sent = co_await client->call("bizproc.event.send", std::move(params), bitrix24::effect::write);
  const bool used = !sent && sent.error().code == errc::forbidden && sent.error().peer_code == "ACCESS_DENIED";
  if (!sent && !used && is_transient(sent.error().code)) co_return fail(std::move(sent.error()));
  if (!sent && !used)
    log::warn("the portal refused the answer to an automation rule",
              {{"portal", portal}, {"code", sent.error().peer_code}});
  metrics::count("waybill_robot_answers_total", {{"portal", portal},
                                                 {"outcome", sent   ? "sent"
                                                             : used ? "known"
                                                                    : "refused"}});
  co_return result<void>{};
}

// Each token is struck off only after its answer has arrived.
awaitable<result<void>> answer_all(std::shared_ptr<services> s, std::string portal, std::int64_t deal, robot_note n,
                                   robot_answer what) {
  while (!n.tokens.empty()) {
    robot_answer copy = what;
    auto told = co_await send_one(s, portal, n.tokens.front(), std::move(copy));
    if (!told) co_return told;
    n.tokens.erase(n.tokens.begin());
    robot_note left = n;
    auto kept = co_await keep(s, portal, deal, std::move(left));
    if (!kept) co_return kept;
  }
  co_return result<void>{};
}

std::string in_language(const config::portal& portal, std::string_view ru, std::string_view en) {
  return std::string(portal.locale == "ru" ? ru : en);
}

// Nothing yet: the carrier has not judged, or the operator's trouble will pass by itself.
std::optional<robot_answer> answer_of(const config::portal& portal, const store::record& r) {
  robot_answer a;
  switch (r.state) {
  case phase::planned:
  case phase::submitting:
  case phase::submitted: return {};
  case phase::needs_attention:
    if (!r.trouble_now || r.trouble_now->whose != store::owner::manager) return {};
    a.log = explain(portal, *r.trouble_now);
    break;
  case phase::confirmed:
    a.log = in_language(portal, "Отправление создано: ", "The shipment is made: ") + r.reference;
    break;
  case phase::closed: a.log = r.reference + ": " + (r.latest ? status_name(portal, *r.latest) : std::string{}); break;
  }
  if (r.state == phase::needs_attention || r.latest == status::cancelled) return a;
  a.order_number = r.order_id;
  a.tracking_number = r.number;
  return a;
}

awaitable<result<void>> note_call(std::shared_ptr<services> s, robot_call c) {
  auto note = co_await robot_note_of(s, c.portal, c.deal);
  if (!note) co_return fail(std::move(note.error()));
  if (std::ranges::find(note->tokens, c.event_token) == note->tokens.end()) note->tokens.push_back(c.event_token);
  if (note->tokens.size() > most_tokens) note->tokens.erase(note->tokens.begin());
  // The rule that ran last says what is wanted.
  note->service = std::move(c.service);
  note->comment = std::move(c.comment);
  note->ship = true;
  co_return co_await keep(s, c.portal, c.deal, std::move(*note));
}

// The look made no shipment: the stage asks for something else, or the deal is gone. The rule must not wait for ever.
awaitable<result<void>> dismiss(std::shared_ptr<services> s, std::string portal, std::int64_t deal) {
  auto note = co_await robot_note_of(s, portal, deal);
  if (!note) co_return fail(std::move(note.error()));
  const portal_link* link = s->portal(portal);
  robot_answer a;
  if (link != nullptr)
    a.log = in_language(*link->settings, "По этой сделке нечего отправлять", "This deal has nothing to be shipped");
  auto told = co_await answer_all(s, portal, deal, std::move(*note), std::move(a));
  if (!told) co_return told;
  co_return co_await s->values->forget(key_of(portal, deal));
}

robot_call read_call(const queue::job& j) {
  robot_call c;
  const auto parsed = json::parse(j.payload, 64 * 1024);
  if (!parsed || !parsed->is_object()) return c;
  const auto& o = parsed->get_object();
  c.portal = json::text_or(o, "portal");
  c.deal = json::integer_or(o, "deal");
  c.event_token = json::text_or(o, "event_token");
  c.service = json::text_or(o, "service");
  c.comment = json::text_or(o, "comment");
  return c;
}

} // namespace

queue::job robot_job(const robot_call& call, std::string trace) {
  json::object payload{{"portal", call.portal}, {"deal", call.deal}, {"event_token", call.event_token}};
  if (!call.service.empty()) payload["service"] = mapping::cut(call.service, longest_service);
  if (!call.comment.empty()) payload["comment"] = mapping::cut(mapping::simplified(call.comment), longest_comment);
  queue::job j;
  j.lane = portal_lane(call.portal);
  j.kind = "robot";
  j.key = store::order_key(call.portal, call.deal);
  j.payload = json::serialize(payload);
  j.trace = std::move(trace);
  return j;
}

awaitable<result<robot_note>> robot_note_of(std::shared_ptr<services> s, std::string portal, std::int64_t deal) {
  auto text = co_await s->values->get(key_of(portal, deal));
  if (!text) co_return fail(std::move(text.error()));
  if (!*text) co_return robot_note{};
  co_return decode(**text);
}

void fill_in(const config::portal& portal, bitrix24::deal_bundle& bundle, const robot_note& note) {
  const auto& name = portal.fields.delivery_type;
  if (note.service.empty() || name.empty()) return;
  auto& fields = bundle.deal.fields;
  if (mapping::field_text(fields, name).empty()) fields[name] = note.service;
}

void fill_in(mapping::mapped& m, const robot_note& note) {
  if (m.what.comment.empty()) m.what.comment = note.comment;
}

awaitable<outcome> run_robot(std::shared_ptr<services> s, queue::job j, deal_look look) {
  robot_call c = read_call(j);
  const std::string portal = c.portal;
  const std::int64_t deal = c.deal;
  if (s->portal(portal) == nullptr || deal <= 0 || c.event_token.empty()) {
    fault f{errc::internal, "the job names no run of an automation rule", {}, {}};
    co_return outcome::dead(std::move(f));
  }
  auto noted = co_await note_call(s, std::move(c));
  if (!noted) co_return outcome::retry(noted.error());
  auto before = co_await s->shipments->current(portal, deal);
  if (!before) co_return outcome::retry(before.error());
  // What the portal's delivery form ordered is the form's business: the rule only learns its numbers.
  const bool by_form =
      *before && (*before)->state != phase::closed && (*before)->request && (*before)->request->from_form;
  queue::job forced = deal_job(portal, deal, j.trace, !by_form);
  forced.attempt = j.attempt;
  auto looked = co_await look(std::move(forced));
  if (looked.kind != outcome::what::done) co_return looked;
  // A shipment that stands already changes nothing now, so no write-back would tell the rule.
  auto current = co_await s->shipments->current(portal, deal);
  if (!current) co_return outcome::retry(current.error());
  result<void> told;
  if (*current) told = co_await answer_robots(s, std::move(**current));
  else told = co_await dismiss(s, portal, deal);
  if (!told) co_return outcome::retry(told.error());
  co_return outcome::done();
}

awaitable<result<void>> answer_robots(std::shared_ptr<services> s, store::record r) {
  const portal_link* link = s->portal(r.portal);
  if (link == nullptr || r.deal <= 0) co_return result<void>{};
  auto answer = answer_of(*link->settings, r);
  if (!answer) co_return result<void>{};
  auto note = co_await robot_note_of(s, r.portal, r.deal);
  if (!note) co_return fail(std::move(note.error()));
  if (note->tokens.empty() && note->service.empty() && note->comment.empty() && !note->ship) co_return result<void>{};
  robot_note waiting = *note;
  auto told = co_await answer_all(s, r.portal, r.deal, std::move(waiting), std::move(*answer));
  if (!told) co_return told;
  const std::string key = key_of(r.portal, r.deal);
  if (r.state == phase::closed) co_return co_await s->values->forget(key);
  // A refused deal is tried again when it is mended. A confirmed one is shipped: its next stages ask for themselves;
  // the wishes stay, or the next look would take them for changes of the deal.
  if (r.state != phase::confirmed || (!note->ship && note->tokens.empty())) co_return result<void>{};
  note->tokens.clear();
  note->ship = false;
  co_return co_await keep(s, r.portal, r.deal, std::move(*note));
}

} // namespace waybill::workflow
