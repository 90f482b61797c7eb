// The application in the portal: its pages, its rules, its end.
#include <sandbox/control.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::string host_of(std::string_view url) {
  const auto begin = url.find("://");
  return std::string(begin == std::string_view::npos ? url : url.substr(begin + 3));
}

std::string scopes_of(const portal& p) {
  std::string out;
  for (const auto& s : p.how.scopes) out += (out.empty() ? "" : ",") + s;
  return out;
}

// A page of the application opens in the portal: the frame is filled by this POST, with the viewer's tokens.
http_request page_request(const rest_context& ctx, const json::object& body) {
  auto& p = *ctx.at;
  const auto tokens = p.issue_tokens(json::integer_or(body, "user", 1));
  const auto* options = body.if_contains("options");
  const form_fields query{
      {"DOMAIN", host_of(ctx.base_url)}, {"PROTOCOL", "0"}, {"LANG", "ru"}, {"APP_SID", p.member_id}};
  const form_fields form{{"AUTH_ID", tokens.access},
                         {"AUTH_EXPIRES", std::to_string(p.how.token_lifetime_s)},
                         {"REFRESH_ID", tokens.refresh},
                         {"SERVER_ENDPOINT", ctx.client_endpoint()},
                         {"APPLICATION_TOKEN", p.application_token},
                         {"APPLICATION_SCOPE", scopes_of(p)},
                         {"member_id", p.member_id},
                         {"status", "L"},
                         {"PLACEMENT", json::text_or(body, "placement", "DEFAULT")},
                         {"PLACEMENT_OPTIONS", options == nullptr ? std::string("[]") : json::serialize(*options)}};
  http_request rq;
  rq.method = "POST";
  rq.url = json::text_or(body, "url");
  rq.url += (rq.url.contains('?') ? "&" : "?") + encode_form(query);
  rq.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  rq.body = encode_form(form);
  rq.label = "sandbox.page";
  return rq;
}

awaitable<http_response> open_page(control_call c, std::shared_ptr<portal> p) {
  const auto url = json::text_or(c.body, "url");
  if (!url.starts_with("http://") && !url.starts_with("https://")) co_return control_bad("url is missing");
  const auto ctx = c.in.context(p, p->id);
  if (!ctx.http) co_return control_bad("nothing can be sent from here");
  auto rq = page_request(ctx, c.body);
  const auto answer = co_await ctx.http->send(std::move(rq));
  json::object out{{"reached", answer.has_value()}};
  if (answer) {
    const auto* type = find_header(answer->headers, "Content-Type");
    const auto* policy = find_header(answer->headers, "Content-Security-Policy");
    out["status"] = answer->status;
    out["content_type"] = type == nullptr ? "" : *type;
    out["content_security_policy"] = policy == nullptr ? "" : *policy;
    out["body"] = answer->body;
  } else {
    out["error"] = answer.error().what;
  }
  co_return control_ok(std::move(out));
}

// All that the application registered goes with it; with `clean` also its delivery handler and services.
http_response uninstall(const control_call& c, const std::shared_ptr<portal>& p) {
  const auto ctx = c.in.context(p, p->id);
  const bool clean = json::boolean(c.body, "clean").value_or(true);
  if (const auto url = json::text(c.body, "url"))
    c.in.events().send_form(p, *url,
                            application_event_body(ctx, "ONAPPUNINSTALL",
                                                   {{"data[LANGUAGE_ID]", "ru"}, {"data[CLEAN]", clean ? "1" : "0"}}));
  p->access_tokens.clear();
  p->refresh_tokens.clear();
  std::erase_if(p->subscriptions, [](const subscription& s) { return s.application; });
  p->placements.clear();
  p->robots_of_app.clear();
  p->app_robots.clear();
  p->offline.clear();
  p->installed = false;
  if (!clean) return control_ok();
  drop_if(p->handlers, [&p](const json::value& h) {
    if (json::text_or(h.as_object(), "_OWNER") != p->how.client_id) return false;
    const auto code = json::text_or(h.as_object(), "CODE");
    std::erase_if(p->services, [&code](const delivery_service& s) { return s.rest_code == code; });
    return true;
  });
  return control_ok();
}

// A new version: the bindings are gone, the token may be another.
http_response update(const control_call& c, const std::shared_ptr<portal>& p) {
  const auto url = json::text(c.body, "url");
  if (!url) return control_bad("url is missing");
  std::erase_if(p->subscriptions, [](const subscription& s) { return s.application; });
  p->placements.clear();
  if (const auto token = json::text(c.body, "application_token")) p->application_token = *token;
  const auto version = json::integer_or(c.body, "version", 2);
  const auto ctx = c.in.context(p, p->id);
  c.in.events().send_form(p, *url,
                          application_event_body(ctx, "ONAPPUPDATE",
                                                 {{"data[VERSION]", std::to_string(version)},
                                                  {"data[PREVIOUS_VERSION]", std::to_string(version - 1)},
                                                  {"data[LANGUAGE_ID]", "ru"}}));
  return control_ok();
}

http_response run_robot(const control_call& c, portal& p) {
  const auto deal = json::integer_or(c.body, "deal");
  if (p.find(entity::deal, deal) == nullptr) return control_bad("no such deal");
  const auto* properties = json::child(c.body, "properties");
  const auto token =
      run_app_robot(p, json::text_or(c.body, "code"), deal, properties == nullptr ? json::object{} : *properties);
  return token.empty() ? control_unknown("no such rule") : control_ok(json::object{{"event_token", token}});
}

http_response robot_runs(const portal& p) {
  json::array out;
  for (const auto& r : p.robot_runs)
    out.push_back(json::object{{"event_token", r.token},
                               {"code", r.code},
                               {"deal", r.deal},
                               {"awaited", r.awaited},
                               {"done", r.done},
                               {"returned", r.returned},
                               {"log", r.log}});
  return control_ok(std::move(out));
}

// {stage: {code, properties}}
http_response place_robots(const control_call& c, portal& p) {
  std::map<std::string, json::object> fresh;
  for (const auto& [stage_id, rule] : c.body) {
    if (!p.category_of(stage_id)) return control_bad("no stage " + std::string(stage_id));
    const auto* o = rule.if_object();
    if (o == nullptr || json::text_or(*o, "code").empty()) return control_bad("a rule is {code, properties}");
    fresh[stage_id] = *o;
  }
  p.app_robots = std::move(fresh);
  return control_ok();
}

} // namespace

awaitable<std::optional<http_response>> control_application(control_call c, std::shared_ptr<portal> p) {
  std::optional<http_response> out;
  if (c.path.empty()) co_return out;
  const auto what = c.path.front();
  if (what == "open-page" && c.is("POST", 1)) out = co_await open_page(c, p);
  else if (what == "uninstall" && c.is("POST", 1)) out = uninstall(c, p);
  else if (what == "update" && c.is("POST", 1)) out = update(c, p);
  else if (what == "app-robots" && c.is("PUT", 1)) out = place_robots(c, *p);
  else if (what == "app-robots" && c.is("POST", 2) && c.path[1] == "run") out = run_robot(c, *p);
  else if (what == "robot-runs" && c.is("GET", 1)) out = robot_runs(*p);
  else if (what == "placements" && c.is("GET", 1)) out = control_ok(p->placements);
  co_return out;
}

} // namespace waybill::sandbox
