// What only an application may do: event handlers, placements, automation rules. By an inbound webhook all of it is
// refused.
#include <sandbox/methods.hpp>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr auto known_events = std::to_array<std::string_view>(
    {"ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE", "ONCRMDEALMOVETOCATEGORY", "ONCRMCONTACTADD",
     "ONCRMCONTACTUPDATE", "ONCRMCONTACTDELETE", "ONCRMCOMPANYADD", "ONCRMCOMPANYUPDATE", "ONCRMCOMPANYDELETE",
     "ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPTEST"});

std::string upper(std::string s) {
  std::ranges::transform(s, s.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return s;
}

std::string text_at(const json::value& v, std::string_view key) {
  const auto* m = v.as_object().if_contains(key);
  return m == nullptr ? std::string{} : php::scalar(*m).value_or("");
}

outcome event_bind(const call& c) {
  const auto name = upper(c.text("event"));
  if (std::ranges::find(known_events, name) == known_events.end())
    return refused("ERROR_EVENT_NOT_FOUND", "Event not found");
  const auto url = c.text("handler");
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return refused("ERROR_ARGUMENT", "Handler URL is not valid");
  for (const auto& s : c.at.subscriptions)
    if (s.application && s.url == url && s.events.contains(name))
      return refused("ERROR_CORE", "Unable to set event handler: Handler already binded");
  c.at.subscriptions.push_back({url, c.at.application_token, {name}, true, c.at.next_id()});
  return ok(true);
}

outcome event_get(const call& c) {
  json::array out;
  for (const auto& s : c.at.subscriptions)
    for (const auto& name : s.events)
      if (s.application)
        out.push_back(json::object{{"event", name}, {"handler", s.url}, {"auth_type", "0"}, {"offline", 0}});
  return ok(std::move(out));
}

outcome event_unbind(const call& c) {
  const auto name = upper(c.text("event"));
  const auto count = std::erase_if(c.at.subscriptions, [&](const subscription& s) {
    return s.application && s.events.contains(name) && (c.text("handler").empty() || s.url == c.text("handler"));
  });
  return ok(json::object{{"count", static_cast<std::int64_t>(count)}});
}

outcome events(const call&) {
  json::array out;
  for (const auto name : known_events) out.emplace_back(name);
  return ok(std::move(out));
}

outcome placement_bind(const call& c) {
  const auto placement = c.text("PLACEMENT");
  const auto url = c.text("HANDLER");
  if (placement.empty() || url.empty()) return refused("ERROR_ARGUMENT", "The value of an argument is undefined", 200);
  for (const auto& p : c.at.placements)
    if (text_at(p, "placement") == placement && text_at(p, "handler") == url)
      return refused("ERROR_CORE", "Unable to set placement handler: Handler already binded");
  c.at.placements.push_back(
      json::object{{"placement", placement},
                   {"userId", 0},
                   {"handler", url},
                   {"options", json::array{}},
                   {"title", c.text("TITLE")},
                   {"description", c.text("DESCRIPTION")},
                   {"langAll", c.param("LANG_ALL") == nullptr ? json::value(json::array{}) : *c.param("LANG_ALL")}});
  return ok(true);
}

outcome placement_get(const call& c) { return ok(c.at.placements); }

outcome placement_unbind(const call& c) {
  const auto count = drop_if(c.at.placements, [&](const json::value& p) {
    return text_at(p, "placement") == c.text("PLACEMENT") &&
           (c.text("HANDLER").empty() || text_at(p, "handler") == c.text("HANDLER"));
  });
  return ok(json::object{{"count", count}});
}

outcome robot_add(const call& c) {
  const auto code = c.text("CODE");
  const bool clean = !code.empty() && std::ranges::all_of(code, [](unsigned char ch) {
    return std::isalnum(ch) != 0 || ch == '.' || ch == '_' || ch == '-';
  });
  if (!clean) return refused("ERROR_ACTIVITY_VALIDATION_FAILURE", "Wrong activity code!");
  const auto url = c.text("HANDLER");
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return refused("ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
  if (php::is_empty(c.param("NAME"))) return refused("ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty activity NAME!");
  for (const auto& r : c.at.robots_of_app)
    if (text_at(r, "CODE") == code)
      return refused("ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!");
  c.at.robots_of_app.emplace_back(c.params);
  return ok(true);
}

outcome robot_list(const call& c) {
  json::array out;
  for (const auto& r : c.at.robots_of_app) out.emplace_back(text_at(r, "CODE"));
  return ok(std::move(out));
}

outcome robot_update(const call& c) {
  for (auto& r : c.at.robots_of_app) {
    if (text_at(r, "CODE") != c.text("CODE")) continue;
    if (const auto* fields = c.object("FIELDS"))
      for (const auto& [name, value] : *fields) r.as_object()[name] = value;
    return ok(true);
  }
  return refused("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!");
}

outcome robot_delete(const call& c) {
  const auto count =
      drop_if(c.at.robots_of_app, [&](const json::value& r) { return text_at(r, "CODE") == c.text("CODE"); });
  if (count == 0) return refused("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!");
  return ok(true);
}

// Exists, wants an application, and does nothing more here.
outcome accepted(const call&) { return ok(true); }
outcome empty_list(const call&) { return ok(json::array{}); }

constexpr auto table = std::to_array<method>({
    {"event.bind", "", effort::write, true, event_bind},
    {"event.get", "", effort::read, true, event_get},
    {"event.unbind", "", effort::write, true, event_unbind},
    {"events", "", effort::read, true, events},
    {"event.test", "", effort::write, true, accepted},
    {"event.offline.get", "", effort::read, true, empty_list},
    {"event.offline.clear", "", effort::write, true, accepted},
    {"event.offline.list", "", effort::read, true, empty_list},
    {"placement.bind", "placement", effort::write, true, placement_bind},
    {"placement.get", "placement", effort::read, true, placement_get},
    {"placement.unbind", "placement", effort::write, true, placement_unbind},
    {"userfieldtype.add", "placement", effort::write, true, accepted},
    {"userfieldtype.list", "placement", effort::read, true, empty_list},
    {"bizproc.robot.add", "bizproc", effort::write, true, robot_add},
    {"bizproc.robot.list", "bizproc", effort::read, true, robot_list},
    {"bizproc.robot.update", "bizproc", effort::write, true, robot_update},
    {"bizproc.robot.delete", "bizproc", effort::write, true, robot_delete},
    {"bizproc.activity.add", "bizproc", effort::write, true, accepted},
    {"crm.automation.trigger.add", "crm", effort::write, true, accepted},
    {"crm.automation.trigger.execute", "crm", effort::write, true, accepted},
    {"crm.automation.trigger.list", "crm", effort::read, true, empty_list},
    {"crm.automation.trigger.delete", "crm", effort::write, true, accepted},
    {"crm.activity.configurable.add", "crm", effort::write, true, accepted},
    {"crm.activity.configurable.update", "crm", effort::write, true, accepted},
    {"messageservice.sender.add", "messageservice", effort::write, true, accepted},
    {"messageservice.message.status.update", "messageservice", effort::write, true, accepted},
});

} // namespace

std::span<const method> application_methods() { return table; }

} // namespace waybill::sandbox
