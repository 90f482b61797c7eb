// What only an application may do: event handlers and placements. By an inbound webhook all of it is refused.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

namespace waybill::sandbox {
namespace {

constexpr auto known_events = std::to_array<std::string_view>({"ONCRMDEALADD",
                                                               "ONCRMDEALUPDATE",
                                                               "ONCRMDEALDELETE",
                                                               "ONCRMDEALMOVETOCATEGORY",
                                                               "ONCRMCONTACTADD",
                                                               "ONCRMCONTACTUPDATE",
                                                               "ONCRMCONTACTDELETE",
                                                               "ONCRMCOMPANYADD",
                                                               "ONCRMCOMPANYUPDATE",
                                                               "ONCRMCOMPANYDELETE",
                                                               "ONSHIPMENTENTITYSAVED",
                                                               "ONSHIPMENTDELETED",
                                                               "ONPAYMENTENTITYSAVED",
                                                               "ONPAYMENTDELETED",
                                                               "ONSALEORDERSAVED",
                                                               "ONSALEBEFOREORDERDELETE",
                                                               "ONORDERDELETED",
                                                               "ONAPPINSTALL",
                                                               "ONAPPUNINSTALL",
                                                               "ONAPPUPDATE",
                                                               "ONAPPTEST",
                                                               "ONOFFLINEEVENT"});

outcome event_bind(const call& c) {
  const auto name = upper_case(c.text("event"));
  if (std::ranges::find(known_events, name) == known_events.end())
    return refused("ERROR_EVENT_NOT_FOUND", "Event not found");
  const auto url = c.text("handler");
  const bool offline = c.text("event_type") == "offline";
  if (offline) {
    if (auto wrong = needs_admin(c)) return *wrong;
    if (!url.empty()) return refused("ERROR_ARGUMENT", "An offline event has no handler");
  } else if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return refused("ERROR_ARGUMENT", "Handler URL is not valid");
  }
  for (const auto& s : c.at.subscriptions)
    if (s.application && s.url == url && s.offline == offline && s.events.contains(name))
      return refused("ERROR_CORE", "Unable to set event handler: Handler already binded");
  c.at.subscriptions.push_back({url, c.at.application_token, {name}, true, c.at.next_id(), offline});
  return ok(true);
}

outcome event_get(const call& c) {
  json::array out;
  for (const auto& s : c.at.subscriptions)
    for (const auto& name : s.events)
      if (s.application)
        out.push_back(
            json::object{{"event", name}, {"handler", s.url}, {"auth_type", "0"}, {"offline", s.offline ? 1 : 0}});
  return ok(std::move(out));
}

outcome event_unbind(const call& c) {
  const auto name = upper_case(c.text("event"));
  const auto count = std::erase_if(c.at.subscriptions, [&](const subscription& s) {
    return s.application && s.offline == (c.text("event_type") == "offline") && s.events.contains(name) &&
           (c.text("handler").empty() || s.url == c.text("handler"));
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
    if (text_of(p.as_object(), "placement") == placement && text_of(p.as_object(), "handler") == url)
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
    return text_of(p.as_object(), "placement") == c.text("PLACEMENT") &&
           (c.text("HANDLER").empty() || text_of(p.as_object(), "handler") == c.text("HANDLER"));
  });
  return ok(json::object{{"count", count}});
}

// Proves that a url can be reached: everything that was passed comes back to it.
outcome event_test(const call& c) {
  outgoing o;
  o.name = "ONAPPTEST";
  o.user = c.who.user;
  if (const auto* any = c.object("any"))
    for (const auto& [name, value] : *any) o.more.emplace_back(name, php::scalar(value).value_or(""));
  else o.more.emplace_back("any", c.text("any"));
  c.at.emit(std::move(o));
  return ok(1);
}

outcome placement_list(const call&) {
  return ok(json::array{"CRM_DEAL_DETAIL_TAB", "CRM_DEAL_DETAIL_TOOLBAR", "CRM_DEAL_LIST_MENU",
                        "CRM_CONTACT_DETAIL_TAB", "CRM_COMPANY_DETAIL_TAB", "USERFIELD_TYPE"});
}

// Exists, wants an application, and does nothing more here.
outcome accepted(const call&) { return ok(true); }
outcome empty_list(const call&) { return ok(json::array{}); }

constexpr auto table = std::to_array<method>({
    {"event.bind", "", effort::write, true, event_bind},
    {"event.get", "", effort::read, true, event_get},
    {"event.unbind", "", effort::write, true, event_unbind},
    {"events", "", effort::read, true, events},
    {"event.test", "", effort::write, true, event_test},
    {"placement.bind", "placement", effort::write, true, placement_bind},
    {"placement.get", "placement", effort::read, true, placement_get},
    {"placement.list", "placement", effort::read, false, placement_list},
    {"placement.unbind", "placement", effort::write, true, placement_unbind},
    {"userfieldtype.add", "placement", effort::write, true, accepted},
    {"userfieldtype.list", "placement", effort::read, true, empty_list},
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
