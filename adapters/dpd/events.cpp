#include "events.hpp"

#include "statuses.hpp"

#include <waybill/json.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace waybill::dpd {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_events = 200, most_text = 200;
constexpr auto inbox_lag = 30min;

bool older(const stored_event& a, const stored_event& b) {
  return std::tie(a.when, a.number) < std::tie(b.when, b.number);
}

// The states of goods are words; what was not taken is told by one of these.
bool not_taken(std::string_view state) {
  const std::string lower = lower_text(state);
  for (const std::string_view word :
       {"отказ", "возвра", "не выдан", "не вручен", "не доставлен", "невыкуп", "не принят"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

stored_event read_event(const soap::node& e, instant fallback, std::string& order_number) {
  stored_event out;
  out.number = clean_code(soap::text_or(e, "eventNumber"));
  out.when = moscow_instant(soap::text_or(e, "eventDate")).value_or(fallback);
  std::string text = soap::text_or(e, "eventName");
  if (text.empty())
    if (const auto* row = find_event(out.number)) text = row->name;
  if (const auto reason = soap::text(e, "reasonName")) text += ": " + *reason;
  for (const soap::node& p : e.children("parameter")) {
    const std::string name = soap::text_or(p, "paramName");
    if (name == "ORDER_NUMBER") order_number = clean_code(soap::text_or(p, "valueString"));
    if (name == "ERROR_MESSAGE")
      if (const auto said = soap::text(p, "valueString")) text += ": " + *said;
    for (const soap::node& unit : p.children("value"))
      if (not_taken(soap::text_or(unit, "state_name"))) out.refused_items = true;
  }
  out.text = harmless(text, most_text);
  return out;
}

} // namespace

std::optional<instant> moscow_instant(std::string_view text) {
  const auto when = parse_instant(text);
  if (!when) return {};
  const auto time = text.find_first_of("T ");
  const bool zoned = time != std::string_view::npos && text.find_first_of("Z+-", time) != std::string_view::npos;
  return zoned ? *when : *when - 3h;
}

std::string to_text(const std::vector<stored_event>& all) {
  json::array list;
  for (const stored_event& e : all)
    list.push_back({{"n", e.number}, {"t", e.text}, {"at", e.when.time_since_epoch().count()}, {"r", e.refused_items}});
  return json::serialize(list);
}

std::vector<stored_event> events_from(const std::string& text) {
  std::vector<stored_event> out;
  const auto parsed = json::parse(text, 1024 * 1024);
  const auto* list = parsed ? parsed->if_array() : nullptr;
  if (list == nullptr) return out;
  for (const auto& each : *list)
    if (const auto* o = each.if_object())
      out.push_back({json::text_or(*o, "n"), json::text_or(*o, "t"),
                     instant(std::chrono::milliseconds(json::integer_or(*o, "at"))),
                     json::boolean(*o, "r").value_or(false)});
  return out;
}

void merge(std::vector<stored_event>& all, std::vector<stored_event> more) {
  for (stored_event& e : more) {
    const auto there = std::ranges::find_if(
        all, [&](const stored_event& have) { return have.number == e.number && have.when == e.when; });
    if (there == all.end()) all.push_back(std::move(e));
    else there->refused_items = there->refused_items || e.refused_items; // another parcel's event of this moment
  }
  std::ranges::sort(all, older);
  const auto drop = [&](auto which) {
    for (auto it = all.begin(); it != all.end() && all.size() > most_events;) it = which(*it) ? all.erase(it) : it + 1;
  };
  drop([](const stored_event& e) { return !meaning_of_event(e.number, false).moves; });
  drop([](const stored_event&) { return true; });
}

result<package> read_package(const soap::node& response, instant now) {
  const soap::node answer = response.child("return");
  package out;
  if (!answer) {
    if (response) return out; // nothing new may be told by nothing
    return fail(errc::protocol, "DPD's answer is no package of events");
  }
  out.receipt = soap::integer(answer, "docId").value_or(0);
  out.complete = soap::boolean(answer, "resultComplete").value_or(true);
  const instant fallback = moscow_instant(soap::text_or(answer, "docDate")).value_or(now);
  std::map<std::pair<std::string, std::string>, std::size_t> at;
  for (const soap::node& e : answer.children("event")) {
    const std::string ours = soap::text_or(e, "clientOrderNr");
    std::string dpd = clean_code(soap::text_or(e, "dpdOrderNr"));
    std::string numbered;
    stored_event read = read_event(e, fallback, numbered);
    if (!numbered.empty()) dpd = numbered;
    if (read.number.empty() || (ours.empty() && dpd.empty())) continue;
    const auto [it, fresh] = at.emplace(std::pair(ours, ours.empty() ? dpd : std::string()), out.orders.size());
    if (fresh) out.orders.push_back({ours, {}, {}});
    order_news& news = out.orders[it->second];
    if (!dpd.empty() && (news.dpd.empty() || !numbered.empty())) news.dpd = dpd;
    news.events.push_back(std::move(read));
  }
  return out;
}

history read_history(const soap::node& response, bool to_point) {
  history out;
  const soap::node answer = response.child("return");
  struct row {
    std::string state, parcel;
    tracking_event event;
    bool back;
  };
  std::vector<row> rows;
  std::map<std::string, const row*> newest; // by parcel
  for (const soap::node& s : answer.children("states")) {
    row r{soap::text_or(s, "newState"),
          soap::text_or(s, "dpdParcelNr"),
          {},
          soap::boolean(s, "isReturn").value_or(false)};
    const auto when = moscow_instant(soap::text_or(s, "transitionTime"));
    if (const auto planned = soap::date(s, "planDeliveryDate")) out.planned_date = *planned;
    if (const auto back = soap::text(s, "dpdOrderReNr")) out.return_number = clean_code(*back);
    if (r.state.empty() || !when) continue;
    const meaning m = meaning_of_state(r.state, to_point, r.back);
    r.event.canonical = m.canonical;
    r.event.known = m.moves;
    r.event.code = clean_code(r.state);
    r.event.text = harmless(soap::text_or(s, "incidentName", r.state), most_text);
    r.event.place = harmless(soap::text_or(s, "terminalCity"), 80);
    r.event.when = *when;
    rows.push_back(std::move(r));
  }
  for (const row& r : rows) {
    const row*& have = newest[r.parcel];
    if (have == nullptr || have->event.when <= r.event.when) have = &r;
  }
  const bool all_ended =
      std::ranges::all_of(newest, [](const auto& each) { return ends_a_parcel(each.second->state); });
  for (row& r : rows) {
    // One parcel of several at its end is not the order's end.
    if (ends_a_parcel(r.state) && !all_ended) continue;
    const bool there = std::ranges::any_of(
        out.events, [&](const tracking_event& e) { return e.code == r.event.code && e.when == r.event.when; });
    if (!there) out.events.push_back(std::move(r.event));
  }
  std::ranges::sort(out.events, {}, [](const tracking_event& e) { return std::tie(e.when, e.code); });
  if (out.events.size() > most_events) out.events.erase(out.events.begin(), out.events.end() - most_events);
  return out;
}

std::string to_text(const history& h, instant read_at) {
  json::array list;
  for (const tracking_event& e : h.events)
    list.push_back({{"c", e.code},
                    {"s", to_string(e.canonical)},
                    {"k", e.known},
                    {"t", e.text},
                    {"p", e.place},
                    {"at", e.when.time_since_epoch().count()}});
  const json::object o{{"at", read_at.time_since_epoch().count()},
                       {"planned", h.planned_date},
                       {"back", h.return_number},
                       {"events", std::move(list)}};
  return json::serialize(o);
}

std::optional<kept_history> history_from(const std::string& text) {
  const auto parsed = json::parse(text, 1024 * 1024);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) return {};
  kept_history out;
  out.read_at = instant(std::chrono::milliseconds(json::integer_or(*o, "at")));
  out.what.planned_date = json::text_or(*o, "planned");
  out.what.return_number = json::text_or(*o, "back");
  if (const auto* list = json::list(*o, "events"))
    for (const auto& each : *list)
      if (const auto* e = each.if_object())
        out.what.events.push_back({status_from(json::text_or(*e, "s")).value_or(status::created),
                                   json::text_or(*e, "c"), json::text_or(*e, "t"),
                                   instant(std::chrono::milliseconds(json::integer_or(*e, "at"))),
                                   json::text_or(*e, "p"), json::boolean(*e, "k").value_or(false)});
  return out;
}

std::vector<tracking_event> all_events(const std::vector<stored_event>& inbox, const history& h, instant now) {
  std::vector<tracking_event> out;
  std::optional<instant> newest;
  bool ended = false;
  for (const stored_event& e : inbox) {
    const meaning m = meaning_of_event(e.number, e.refused_items);
    out.push_back({m.canonical, e.number, e.text, e.when, {}, m.moves});
    if (!m.moves) continue;
    if (!newest || *newest <= e.when) {
      newest = e.when;
      ended = is_final(m.canonical);
    }
  }
  for (const tracking_event& e : h.events) {
    if (ended || e.when > now - inbox_lag || (newest && e.when <= *newest)) continue;
    out.push_back(e);
  }
  return out;
}

} // namespace waybill::dpd
