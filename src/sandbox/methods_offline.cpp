// event.offline.*: events that wait to be fetched, one of an object.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::int64_t most_at_once = 50;

json::object shown(const offline_event& e) {
  return {{"ID", std::to_string(e.id)},
          {"TIMESTAMP_X", e.at},
          {"EVENT_NAME", e.name},
          // Of some changes the portal keeps no data.
          {"EVENT_DATA", e.object == 0
                             ? json::value(false)
                             : json::value(json::object{{"FIELDS", json::object{{"ID", std::to_string(e.object)}}}})},
          {"EVENT_ADDITIONAL", false},
          {"MESSAGE_ID", std::to_string(e.id)}};
}

// Reads and reserves; what is reserved is shown to nobody else. `clear` is on unless it is switched off.
outcome offline_get(const call& c) {
  const bool clear = c.param("clear") == nullptr || c.yes("clear");
  const bool failed = c.yes("error");
  const auto limit = std::clamp<std::int64_t>(c.integer("limit").value_or(most_at_once), 1, most_at_once);
  auto process = c.text("process_id");
  const bool again = !process.empty();
  if (!again && !clear) process = fmt::format("{:016x}", c.at.next_id());
  json::array out;
  std::set<std::int64_t> taken;
  for (auto& e : c.at.offline) {
    if (static_cast<std::int64_t>(out.size()) == limit) break;
    const bool mine = again ? e.process == process : (e.process.empty() || (failed && e.failed));
    if (!mine || e.failed != failed) continue;
    const auto row = shown(e);
    if (const auto* filter = c.param("filter"))
      if (!passes(*filter, [&row](std::string_view name) { return row.if_contains(name); })) continue;
    e.process = process;
    if (failed) e.failed = false;
    taken.insert(e.id);
    out.push_back(row);
  }
  if (clear) std::erase_if(c.at.offline, [&taken](const offline_event& e) { return taken.contains(e.id); });
  return ok(
      json::object{{"process_id", clear ? json::value(nullptr) : json::value(process)}, {"events", std::move(out)}});
}

// The ids of a call: `message_id` or `id`; none means all of the process.
std::set<std::string> named(const call& c) {
  std::set<std::string> out;
  for (const auto* key : {"message_id", "id"})
    if (const auto* list = c.param(key); list != nullptr && list->is_array())
      for (const auto& v : list->get_array()) out.insert(php::scalar(v).value_or(""));
  return out;
}

outcome offline_clear(const call& c) {
  const auto process = c.text("process_id");
  if (process.empty()) return refused("ERROR_ARGUMENT", "Argument 'process_id' is null or empty");
  const auto ids = named(c);
  std::erase_if(c.at.offline, [&](const offline_event& e) {
    return e.process == process && (ids.empty() || ids.contains(std::to_string(e.id)));
  });
  return ok(true);
}

outcome offline_error(const call& c) {
  const auto process = c.text("process_id");
  if (process.empty()) return refused("ERROR_ARGUMENT", "Argument 'process_id' is null or empty");
  const auto ids = named(c);
  for (auto& e : c.at.offline)
    if (e.process == process && ids.contains(std::to_string(e.id))) e.failed = true;
  return ok(true);
}

outcome offline_list(const call& c) {
  json::array rows;
  for (const auto& e : c.at.offline) {
    auto row = shown(e);
    row["PROCESS_ID"] = e.process;
    row["ERROR"] = e.failed ? "1" : "0";
    rows.push_back(std::move(row));
  }
  outcome out;
  out.result = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  return out;
}

constexpr auto table = std::to_array<method>({
    {"event.offline.get", "", effort::write, true, offline_get},
    {"event.offline.clear", "", effort::write, true, offline_clear},
    {"event.offline.error", "", effort::write, true, offline_error},
    {"event.offline.list", "", effort::read, true, offline_list},
});

} // namespace

std::span<const method> offline_methods() { return table; }

void keep_offline(portal& p, const outgoing& what) {
  if (what.what != outgoing::sort::event) return;
  const bool wanted = std::ranges::any_of(
      p.subscriptions, [&what](const subscription& s) { return s.offline && s.events.contains(what.name); });
  if (!wanted) return;
  // The one before of the same object makes room, unless somebody works on it.
  std::erase_if(p.offline, [&what](const offline_event& e) {
    return e.name == what.name && e.object == what.deal && e.process.empty();
  });
  p.offline.push_back({p.next_id(), what.name, what.deal, portal_time(p.clock()), {}, false});
}

} // namespace waybill::sandbox
