// Control of a portal: settings, subscriptions, robots, faults, counters, delivery requests, the installed application.
#include <sandbox/control.hpp>
#include <sandbox/user_fields.hpp>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

json::value decimal_of(double d) { return json::decimal(fmt::format("{:.3f}", d)); }

json::object shown_stats(const portal& p) {
  const auto& s = p.stats;
  json::object commands, seconds, errors;
  for (const auto& [name, n] : s.commands) commands[name] = n;
  for (const auto& [name, d] : s.operating) seconds[name] = decimal_of(d);
  for (const auto& [code, n] : s.errors) errors[code] = n;
  return {{"requests", s.requests},
          {"refused_503", s.refused_503},
          {"refused_429", s.refused_429},
          {"commands", std::move(commands)},
          {"operating", std::move(seconds)},
          {"errors", std::move(errors)},
          {"batches", s.batches},
          {"commands_in_batches", s.commands_in_batches},
          {"events_sent", s.events_sent},
          {"events_failed", s.events_failed},
          {"events_lost", s.events_lost},
          {"token_refreshes", s.token_refreshes},
          {"max_parallel", s.max_parallel}};
}

json::object shown_request(const delivery_request& r) {
  json::array shipments;
  for (const auto id : r.shipments) shipments.emplace_back(id);
  return {{"delivery_id", r.delivery_id},
          {"request_id", r.request_id},
          {"deal", r.deal},
          {"status_text", r.status_text},
          {"status_semantic", r.status_semantic},
          {"finalized", r.finalized},
          {"properties", r.properties},
          {"messages", r.messages},
          {"updates", r.updates},
          {"deleted", r.deleted},
          {"cancelled", r.cancelled},
          {"shipments", std::move(shipments)}};
}

http_response delivery_requests(const control_call& c, portal& p) {
  if (c.method == "GET") {
    json::array out;
    for (const auto& r : p.requests) out.push_back(shown_request(r));
    return control_ok(std::move(out));
  }
  delivery_request r;
  r.delivery_id = json::integer_or(c.body, "delivery_id", 41);
  r.request_id = json::text_or(c.body, "request_id");
  r.deal = json::integer_or(c.body, "deal");
  if (r.request_id.empty() || r.request_id == "0" || r.request_id.size() > 100)
    return control_bad("request_id must be a text of 1 to 100 characters, not \"0\"");
  const auto service = std::ranges::find(p.services, r.delivery_id, &delivery_service::id);
  if (service == p.services.end() || service->parent == 0)
    return control_bad("delivery_id must be a profile (41 or 42 of a new portal)");
  p.requests.push_back(std::move(r));
  return control_ok();
}

http_response application(const control_call& c, const std::shared_ptr<portal>& p) {
  p->installed = true;
  auto tokens = p->issue_tokens(json::integer_or(c.body, "user", 1));
  const auto ctx = c.in.context(p, p->id);
  auto body = token_answer(ctx, tokens);
  body["application_token"] = p->application_token;
  body["client_id"] = p->how.client_id;
  body["client_secret"] = p->how.client_secret;
  if (const auto url = json::text(c.body, "url")) c.in.events().send_install(p, *url, tokens);
  return control_ok(std::move(body));
}

http_response robots(const control_call& c, portal& p) {
  std::map<std::string, std::string> fresh;
  for (const auto& [stage_id, url] : c.body) {
    if (!p.category_of(stage_id)) return control_bad("no stage " + std::string(stage_id));
    fresh[stage_id] = php::scalar(url).value_or("");
  }
  p.robots = std::move(fresh);
  return control_ok();
}

http_response user_fields(const control_call& c, portal& p) {
  if (c.method == "GET") {
    json::array out;
    for (const auto& f : p.user_fields)
      out.push_back(
          json::object{{"id", f.id}, {"name", f.name}, {"type", f.type}, {"multiple", f.multiple}, {"label", f.label}});
    return control_ok(std::move(out));
  }
  // A field of this name is replaced: tests choose another type for it.
  const auto name = json::text_or(c.body, "FIELD_NAME");
  std::erase_if(p.user_fields, [&](const user_field& f) { return f.name == name; });
  const auto id = add_user_field(p, c.body);
  return id ? control_ok(json::object{{"id", *id}}) : control_bad(id.error().text);
}

} // namespace

std::optional<std::string> replace_subscriptions(portal& p, const json::array& list) {
  std::vector<subscription> fresh;
  for (const auto& one : list) {
    const auto* o = one.if_object();
    if (o == nullptr) return "a subscription is an object: url, application_token, events";
    subscription s;
    s.url = json::text_or(*o, "url");
    s.application_token = json::text_or(*o, "application_token");
    s.application = json::boolean(*o, "application").value_or(false);
    if (s.application && s.application_token.empty()) s.application_token = p.application_token;
    if (s.url.empty() || s.application_token.empty()) return "url and application_token must be given";
    if (const auto* names = json::list(*o, "events")) {
      for (const auto& n : *names) {
        auto name = php::scalar(n).value_or("");
        std::ranges::transform(name, name.begin(),
                               [](unsigned char ch) { return static_cast<char>(std::toupper(ch)); });
        if (name == "ONCRMDEALMOVETOCATEGORY" && !s.application)
          return "ONCRMDEALMOVETOCATEGORY comes to applications only; set application: true";
        s.events.insert(std::move(name));
      }
    } else {
      s.events = {"ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE"};
    }
    s.handler_id = p.next_id();
    fresh.push_back(std::move(s));
  }
  // What an application bound itself by event.bind stays.
  std::erase_if(p.subscriptions, [](const subscription& s) { return !s.application; });
  p.subscriptions.insert(p.subscriptions.end(), fresh.begin(), fresh.end());
  return {};
}

std::optional<std::string> add_fault(world& in, portal& p, const json::object& body) {
  static constexpr std::array<std::string_view, 6> kinds{"down",   "latency", "lost_answer",
                                                         "rename", "garbage", "error"};
  fault_rule f;
  f.kind = json::text_or(body, "kind");
  if (std::ranges::find(kinds, f.kind) == kinds.end())
    return "kind must be down, latency, lost_answer, rename, garbage or error";
  f.method = json::text_or(body, "method", "*");
  std::ranges::transform(f.method, f.method.begin(),
                         [](unsigned char ch) { return static_cast<char>(std::tolower(ch)); });
  f.status = static_cast<int>(json::integer_or(body, "status"));
  f.latency = std::chrono::milliseconds(json::integer_or(body, "latency_ms"));
  f.to = json::text_or(body, "to");
  if (const auto s = json::integer(body, "seconds")) {
    f.until = p.clock() + std::chrono::seconds(*s);
    f.count = -1;
  }
  f.count = json::integer_or(body, "count", f.count);
  if (f.kind == "latency" && f.latency.count() <= 0) return "latency_ms is missing";
  if (f.kind == "rename") {
    if (f.to.empty() || f.to == p.id) return "rename needs another name in `to`";
    in.add_alias(f.to, p.id);
  }
  p.faults.push_back(std::move(f));
  return {};
}

http_response control_portal(const control_call& c, const std::shared_ptr<portal>& p) {
  const auto answer = [](const std::optional<std::string>& wrong) {
    return wrong ? control_bad(*wrong) : control_ok();
  };
  if (c.path.empty()) {
    if (c.method != "GET") return control_unknown("GET");
    return control_ok(json::object{
        {"id", p->id},
        {"member_id", p->member_id},
        {"webhook_url", fmt::format("{}/bitrix24/{}/rest/1/{}/", c.in.base_url(), p->id, p->how.webhook_code)},
        {"settings", shown_settings(*p)}});
  }
  const auto& what = c.path.front();
  if (what == "settings" && c.is("GET", 1)) return control_ok(shown_settings(*p));
  if (what == "settings" && c.is("PUT", 1)) {
    auto wrong = apply_settings(*p, c.body);
    if (p->how.reorder_window <= 1) c.in.events().flush(p);
    return answer(wrong);
  }
  if (what == "subscriptions" && c.is("PUT", 1)) {
    const auto* list = json::list(c.body, "list");
    return list == nullptr ? control_bad("the body must be a list") : answer(replace_subscriptions(*p, *list));
  }
  if (what == "robots" && c.is("PUT", 1)) return robots(c, *p);
  if (what == "faults" && c.is("POST", 1)) return answer(add_fault(c.in, *p, c.body));
  if (what == "faults" && c.is("DELETE", 1)) {
    p->faults.clear();
    return control_ok();
  }
  if (what == "stats" && c.is("GET", 1)) return control_ok(shown_stats(*p));
  if (what == "stats" && c.is("DELETE", 1)) {
    const auto parallel = p->stats.parallel;
    p->stats = {};
    p->stats.parallel = parallel;
    return control_ok();
  }
  if (what == "delivery-requests" && (c.is("GET", 1) || c.is("POST", 1))) return delivery_requests(c, *p);
  if (what == "install" && c.is("POST", 1)) return application(c, p);
  if (what == "expire-tokens" && c.is("POST", 1)) {
    for (auto& [text, t] : p->access_tokens) t.expires = p->clock();
    return control_ok();
  }
  if (what == "user-fields" && (c.is("GET", 1) || c.is("PUT", 1))) return user_fields(c, *p);
  return control_unknown("no such control of a portal");
}

} // namespace waybill::sandbox
