#include <bitrix24/values.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/jobs.hpp>
#include <workflow/offline.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace waybill::workflow {
namespace {

namespace bj = boost::json;
using queue::outcome;
using client_ptr = std::shared_ptr<bitrix24::client>;

constexpr std::size_t page = 50;
constexpr int most_pages = 40; // 2,000 changes; the next visit goes on
constexpr auto between_visits = std::chrono::seconds(13);

// What was fetched under one reservation.
struct packet {
  std::string process;
  std::vector<std::string> messages;
  std::vector<std::int64_t> deals;
  bool unknown{false}; // a change of a deal without its id: only a sweep finds it
};

bool is_deal_event(std::string_view name) {
  constexpr std::string_view prefix = "ONCRMDEAL";
  return name.size() >= prefix.size() && std::ranges::equal(name.substr(0, prefix.size()), prefix, {}, [](char c) {
           return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
         });
}

void add(packet& p, const bj::object& row) {
  std::string id = json::text_or(row, "MESSAGE_ID");
  if (id.empty()) id = json::text_or(row, "ID");
  if (id.empty()) return;
  p.messages.push_back(std::move(id));
  if (!is_deal_event(json::text_or(row, "EVENT_NAME"))) return;
  const auto* data = json::child(row, "EVENT_DATA");
  const auto* fields = data == nullptr ? nullptr : json::child(*data, "FIELDS");
  const auto deal = fields == nullptr ? 0 : json::integer_or(*fields, "ID");
  if (deal > 0) p.deals.push_back(deal);
  else p.unknown = true;
}

awaitable<result<bool>> offered(std::shared_ptr<services> s, client_ptr portal, std::string id) {
  const std::string key = "offline-offered:" + id;
  auto known = co_await s->values->get(key);
  if (!known) co_return fail(std::move(known.error()));
  if (*known) co_return **known == "Y";
  bj::object params{{"CODE", "rest_offline_extended"}};
  auto got = co_await portal->call("feature.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  const auto* o = got->result.if_object();
  const std::string answer = o != nullptr && json::text_or(*o, "value") == "Y" ? "Y" : "N";
  auto kept = co_await s->values->put(key, answer, std::chrono::hours(1)); // plans change
  if (!kept) co_return fail(std::move(kept.error()));
  co_return answer == "Y";
}

// Durable first, then cleared: a crash in between only makes the same deals be looked at twice.
awaitable<result<void>> take(std::shared_ptr<services> s, client_ptr portal, std::string id, packet p) {
  for (const auto deal : p.deals) {
    queue::job look = deal_job(id, deal, new_trace());
    auto queued = co_await s->jobs->enqueue(std::move(look), deal_merge_key(id, deal));
    if (!queued) co_return fail(std::move(queued.error()));
  }
  if (p.unknown) {
    queue::job sweep = sweep_job(id);
    auto queued = co_await s->jobs->enqueue(std::move(sweep), "sweep:" + id);
    if (!queued) co_return fail(std::move(queued.error()));
  }
  bj::array messages(p.messages.begin(), p.messages.end());
  bj::object params{{"process_id", p.process}};
  params["message_id"] = std::move(messages);
  auto cleared = co_await portal->call("event.offline.clear", std::move(params), bitrix24::effect::write);
  // An unknown outcome is harmless: what is still there will be found as left over.
  if (!cleared) co_return fail(std::move(cleared.error()));
  metrics::count("waybill_offline_events_total", {{"portal", id}}, static_cast<double>(p.messages.size()));
  co_return result<void>{};
}

// What a visit that broke off had reserved, by reservation; `waiting`: something is there that nobody has reserved.
struct looked {
  std::map<std::string, packet> left_over;
  bool waiting{false};
};

awaitable<result<looked>> look(client_ptr portal) {
  bj::object order{{"ID", "ASC"}}, params;
  params["order"] = std::move(order);
  auto got = co_await portal->call("event.offline.list", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  looked out;
  for (const auto* row : bitrix24::records(got->result)) {
    const auto process = json::text_or(*row, "PROCESS_ID");
    if (process.empty()) {
      out.waiting = true;
      continue;
    }
    auto& p = out.left_over[process];
    p.process = process;
    add(p, *row);
  }
  co_return out;
}

awaitable<result<packet>> reserve(client_ptr portal) {
  bj::object params{{"clear", 0}, {"limit", page}};
  // Reserving changes the portal's state: a lost answer must not be taken for "nothing there".
  auto got = co_await portal->call("event.offline.get", std::move(params), bitrix24::effect::write);
  if (!got) co_return fail(std::move(got.error()));
  packet p;
  const auto* o = got->result.if_object();
  if (o == nullptr) co_return fail(errc::protocol, "event.offline.get answered no object");
  p.process = json::text_or(*o, "process_id");
  if (const auto* events = json::find(*o, "events"))
    for (const auto* row : bitrix24::records(*events)) add(p, *row);
  if (p.process.empty() && !p.messages.empty())
    co_return fail(errc::protocol, "event.offline.get reserved without a process_id");
  co_return p;
}

awaitable<result<void>> fetch(std::shared_ptr<services> s, client_ptr portal, std::string id) {
  auto there = co_await look(portal);
  if (!there) co_return fail(std::move(there.error()));
  for (auto& [process, p] : there->left_over) {
    auto taken = co_await take(s, portal, id, std::move(p));
    if (!taken) co_return taken;
  }
  for (int i = 0; there->waiting && i < most_pages; ++i) {
    auto p = co_await reserve(portal);
    if (!p) co_return fail(std::move(p.error()));
    if (p->messages.empty()) break;
    const bool last = p->messages.size() < page;
    auto taken = co_await take(s, portal, id, std::move(*p));
    if (!taken) co_return taken;
    if (last) break;
  }
  co_return result<void>{};
}

} // namespace

queue::job offline_job(std::string_view portal) {
  queue::job j;
  j.lane = portal_lane(portal);
  j.kind = "offline";
  j.key = "offline:" + std::string(portal);
  json::object payload{{"portal", std::string(portal)}};
  j.payload = json::serialize(payload);
  j.trace = new_trace();
  return j;
}

awaitable<outcome> fetch_offline(std::shared_ptr<services> s, queue::job j) {
  const std::string id = read_payload(j).portal;
  const portal_link* link = s->portal(id);
  if (link == nullptr || !link->crm) co_return outcome::done();
  auto portal = link->crm->shared_portal();
  auto open = co_await offered(s, portal, id);
  result<void> done;
  if (!open) done = fail(std::move(open.error()));
  else if (*open) done = co_await fetch(s, portal, id);
  if (done) co_return outcome::done();
  if (is_transient(done.error().code)) co_return outcome::retry(std::move(done.error()));
  // Not installed, or a right is missing: the clock comes again, and the sweep looks meanwhile.
  log::debug("the offline events cannot be fetched", {{"portal", id}, {"why", done.error().what}});
  co_return outcome::done();
}

awaitable<void> ask_offline(std::shared_ptr<services> s) {
  for (const auto& [id, portal] : s->portals) {
    if (portal.settings->client_id.empty()) continue; // only an application has offline events
    auto mine = co_await s->values->take("offline:" + id, "1", between_visits);
    if (!mine || !*mine) continue;
    queue::job next = offline_job(id);
    auto queued = co_await s->jobs->enqueue(std::move(next), "offline:" + id);
    if (!queued) log::warn("the offline events' visit could not be queued", {{"portal", id}});
  }
}

} // namespace waybill::workflow
