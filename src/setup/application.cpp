// What only a local application may have: event handlers, our automation rule, the deal's tab.
#include <bitrix24/values.hpp>
#include <setup/plans.hpp>
#include <setup/texts.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

namespace bj = boost::json;

constexpr std::array<std::string_view, 6> wanted_events{
    "ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE", "ONCRMDEALMOVETOCATEGORY", "ONAPPUPDATE", "ONAPPUNINSTALL"};
constexpr std::array<std::string_view, 4> queued_events{"ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE",
                                                        "ONCRMDEALMOVETOCATEGORY"};
constexpr std::string_view tab = "CRM_DEAL_DETAIL_TAB";

bj::object no_params() { return {}; }

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bj::object two_languages(const config::portal& p, std::string_view key) {
  return {{"ru", word(p, key, "ru")}, {"en", word(p, key, "en")}};
}

bj::object robot(const site& s) {
  const auto& p = s.want.portal;
  bj::object services;
  for (const auto& f : s.want.fields)
    if (f.key == "delivery_type")
      for (const auto& [code, name] : f.items) services[code] = name;
  for (const auto& one : s.want.profiles) services[one.code] = one.name;
  bj::object service{{"Name", two_languages(p, "robot_service")}, {"Type", "select"}, {"Required", "N"}};
  service["Options"] = std::move(services);
  bj::object properties;
  properties["service"] = std::move(service);
  properties["comment"] = bj::object{{"Name", two_languages(p, "robot_comment")}, {"Type", "text"}, {"Required", "N"}};
  bj::object returned;
  for (const auto* key : {"order_number", "tracking_number"})
    returned[key] = bj::object{{"Name", two_languages(p, std::string("robot_") + key)}, {"Type", "string"}};
  bj::object out{{"HANDLER", s.want.robot_url()},
                 {"USE_SUBSCRIPTION", "Y"},
                 {"NAME", two_languages(p, "robot_name")},
                 {"DESCRIPTION", two_languages(p, "robot_description")}};
  out["PROPERTIES"] = std::move(properties);
  out["RETURN_PROPERTIES"] = std::move(returned);
  out["DOCUMENT_TYPE"] = bj::array{"crm", "CCrmDocumentDeal", "DEAL"};
  bj::array deals;
  deals.push_back(bj::array{"crm", "CCrmDocumentDeal"});
  out["FILTER"] = bj::object{{"INCLUDE", std::move(deals)}};
  return out;
}

awaitable<result<void>> bind_event(site_ptr s, std::string event, bool offline) {
  bj::object params{{"event", event}};
  if (offline) params["event_type"] = "offline";
  else params["handler"] = s->want.events_url();
  return write(s->portal, "event.bind", std::move(params));
}

awaitable<result<void>> unbind_event(site_ptr s, event_binding b) {
  bj::object params{{"event", b.event}};
  if (b.offline) params["event_type"] = "offline";
  else params["handler"] = b.handler;
  return write(s->portal, "event.unbind", std::move(params));
}

awaitable<result<void>> keep_robot(site_ptr s, bool there) {
  auto fields = robot(*s);
  bj::object params;
  if (there) params["FIELDS"] = std::move(fields);
  else params = std::move(fields);
  params["CODE"] = robot_code;
  return write(s->portal, there ? "bizproc.robot.update" : "bizproc.robot.add", std::move(params));
}

awaitable<result<void>> drop_robot(site_ptr s) {
  bj::object params{{"CODE", robot_code}};
  return write(s->portal, "bizproc.robot.delete", std::move(params));
}

awaitable<result<void>> bind_tab(site_ptr s) {
  const auto& p = s->want.portal;
  bj::object languages;
  for (const auto* language : {"ru", "en"}) languages[language] = bj::object{{"TITLE", word(p, "tab_title", language)}};
  bj::object params{{"PLACEMENT", tab}, {"HANDLER", s->want.tab_url()}, {"TITLE", word(p, "tab_title")}};
  params["LANG_ALL"] = std::move(languages);
  return write(s->portal, "placement.bind", std::move(params));
}

awaitable<result<void>> unbind_tab(site_ptr s, std::string handler) {
  bj::object params{{"PLACEMENT", tab}, {"HANDLER", handler}};
  return write(s->portal, "placement.unbind", std::move(params));
}

// Ours by its path, under whatever address the daemon had before.
bool is_ours(const site& s, const std::string& url, std::string_view path) {
  return url.ends_with("/bitrix24/" + s.want.portal.id + std::string(path));
}

void plan_events(const site& s, plan& out) {
  if (!*s.events) {
    out.steps.push_back(make_step(verb::cannot, "event handlers", shown(s.events->error())));
    return;
  }
  const auto add = [&](std::string_view event, bool offline) {
    const auto what = fmt::format("{} {}", offline ? "offline event" : "event", event);
    if (!s.known_events.empty() && !s.known_events.contains(std::string(event))) {
      out.notes.push_back(fmt::format("the portal's version has no event {}", event));
      return;
    }
    const bool there = std::ranges::any_of(**s.events, [&](const event_binding& b) {
      return b.event == event && b.offline == offline && (offline || b.handler == s.want.events_url());
    });
    if (there) {
      out.steps.push_back(make_step(verb::keep, what, "it is bound"));
      return;
    }
    auto step = make_step(verb::create, what, "it is not bound");
    step.act = [name = std::string(event), offline](site_ptr at) { return bind_event(std::move(at), name, offline); };
    out.steps.push_back(std::move(step));
  };
  for (const auto event : wanted_events) add(event, false);
  if (s.offline_events)
    for (const auto event : queued_events) add(event, true);
  for (const auto& b : **s.events) {
    if (b.offline || b.handler == s.want.events_url() || !is_ours(s, b.handler, "/events")) continue;
    auto step = make_step(verb::remove, "event " + b.event, "it is bound to an address that is ours no longer");
    step.act = [b](site_ptr at) { return unbind_event(std::move(at), b); };
    out.steps.push_back(std::move(step));
  }
}

void plan_robot(const site& s, plan& out) {
  const auto what = fmt::format("automation rule {}", robot_code);
  std::string why = s.closed({"bizproc"}, true);
  if (why.empty() && s.want.portal.webhook_secret.empty()) why = "the portal's webhook_secret is not set";
  if (why.empty() && !*s.robots) why = shown(s.robots->error());
  if (!why.empty()) {
    out.steps.push_back(make_step(verb::cannot, what, why));
    return;
  }
  const bool there = std::ranges::find(**s.robots, robot_code) != (*s.robots)->end();
  auto step = there ? make_step(verb::keep, what, "it is there; what it holds cannot be read, so it is written again")
                    : make_step(verb::create, what, "the portal has none");
  step.act = [there](site_ptr at) { return keep_robot(std::move(at), there); };
  out.steps.push_back(std::move(step));
}

void plan_tab(const site& s, plan& out) {
  const auto what = fmt::format("tab of deals ({})", tab);
  std::string why = s.closed({"placement"}, true);
  if (why.empty() && !*s.placements) why = shown(s.placements->error());
  if (!why.empty()) {
    out.steps.push_back(make_step(verb::cannot, what, why));
    return;
  }
  bool there = false;
  for (const auto& p : **s.placements) {
    if (p.code != tab) continue;
    if (p.handler == s.want.tab_url()) {
      there = true;
    } else if (is_ours(s, p.handler, "/app/deal")) {
      auto step = make_step(verb::remove, what, "it leads to an address that is ours no longer");
      step.act = [handler = p.handler](site_ptr at) { return unbind_tab(std::move(at), handler); };
      out.steps.push_back(std::move(step));
    }
  }
  if (there) {
    out.steps.push_back(make_step(verb::keep, what, "it is bound"));
    return;
  }
  auto step = make_step(verb::create, what, "it is not bound");
  step.act = [](site_ptr at) { return bind_tab(std::move(at)); };
  out.steps.push_back(std::move(step));
}

} // namespace

awaitable<void> read_application(site_ptr s) {
  auto events = co_await s->portal->call("event.get", no_params());
  if (events) {
    std::vector<event_binding> all;
    for (const auto* o : bitrix24::records(events->result)) {
      event_binding b;
      b.event = capitals(json::text_or(*o, "event"));
      b.handler = json::text_or(*o, "handler");
      b.offline = json::boolean(*o, "offline").value_or(false);
      all.push_back(std::move(b));
    }
    s->events.emplace(std::move(all));
  } else {
    s->events.emplace(fail(std::move(events.error())));
  }
  auto known = co_await s->portal->call("events", no_params());
  if (known)
    if (const auto* a = known->result.if_array())
      for (const auto& v : *a) s->known_events.insert(capitals(json::as_text(v).value_or("")));
  bj::object feature{{"CODE", "rest_offline_extended"}};
  auto offline = co_await s->portal->call("feature.get", std::move(feature));
  if (offline)
    if (const auto* o = offline->result.if_object()) s->offline_events = json::text_or(*o, "value") == "Y";
  if (s->has_scope("bizproc")) {
    auto robots = co_await s->portal->call("bizproc.robot.list", no_params());
    std::vector<std::string> codes;
    if (robots)
      if (const auto* a = robots->result.if_array())
        for (const auto& v : *a) codes.push_back(json::as_text(v).value_or(""));
    if (robots) s->robots.emplace(std::move(codes));
    else s->robots.emplace(fail(std::move(robots.error())));
  }
  if (!s->has_scope("placement")) co_return;
  auto placements = co_await s->portal->call("placement.get", no_params());
  if (!placements) {
    s->placements.emplace(fail(std::move(placements.error())));
    co_return;
  }
  std::vector<placement> bound;
  for (const auto* o : bitrix24::records(placements->result)) {
    placement p;
    p.code = json::text_or(*o, "placement");
    p.handler = json::text_or(*o, "handler");
    bound.push_back(std::move(p));
  }
  s->placements.emplace(std::move(bound));
}

void plan_application(const site& s, plan& out) {
  if (s.portal->by_webhook()) {
    out.notes.emplace_back("event handlers, the automation rule \"create shipment\" and the deal's tab need a local "
                           "application; with an inbound webhook, make an outgoing webhook and \"outgoing webhook\" "
                           "rules by hand (docs/bitrix24.md)");
    return;
  }
  if (s.want.base.empty()) {
    out.steps.push_back(make_step(verb::cannot, "event handlers, automation rule, tab",
                                  "server.public_url is not set: the portal could not call us"));
    return;
  }
  plan_events(s, out);
  plan_robot(s, out);
  plan_tab(s, out);
}

void remove_application(const site& s, steps& out) {
  if (s.portal->by_webhook()) return;
  if (s.events && *s.events)
    for (const auto& b : **s.events) {
      const bool queued = b.offline && std::ranges::find(queued_events, b.event) != queued_events.end();
      if (!queued && !is_ours(s, b.handler, "/events")) continue;
      auto step = make_step(verb::remove, (b.offline ? "offline event " : "event ") + b.event, "it is ours");
      step.act = [b](site_ptr at) { return unbind_event(std::move(at), b); };
      out.push_back(std::move(step));
    }
  if (s.robots && *s.robots && std::ranges::find(**s.robots, robot_code) != (*s.robots)->end()) {
    auto step = make_step(verb::remove, fmt::format("automation rule {}", robot_code), "it is ours");
    step.act = [](site_ptr at) { return drop_robot(std::move(at)); };
    out.push_back(std::move(step));
  }
  if (!s.placements || !*s.placements) return;
  for (const auto& p : **s.placements) {
    if (p.code != tab || !is_ours(s, p.handler, "/app/deal")) continue;
    auto step = make_step(verb::remove, fmt::format("tab of deals ({})", tab), "it is ours");
    step.act = [handler = p.handler](site_ptr at) { return unbind_tab(std::move(at), handler); };
    out.push_back(std::move(step));
  }
}

} // namespace waybill::setup
