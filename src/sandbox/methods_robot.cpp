// The application's automation rules: bizproc.robot.*, and bizproc.event.send by which a rule tells its results.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::size_t most_runs_kept = 10'000;

bool is_url(const std::string& s) { return s.starts_with("http://") || s.starts_with("https://"); }

json::object* robot_by(portal& p, const std::string& code) {
  for (auto& r : p.robots_of_app)
    if (text_of(r.as_object(), "CODE") == code) return &r.as_object();
  return nullptr;
}

outcome robot_add(const call& c) {
  const auto code = c.text("CODE");
  const bool clean = !code.empty() && std::ranges::all_of(code, [](unsigned char ch) {
    return std::isalnum(ch) != 0 || ch == '.' || ch == '_' || ch == '-';
  });
  if (!clean) return refused("ERROR_ACTIVITY_VALIDATION_FAILURE", "Wrong activity code!");
  if (!is_url(c.text("HANDLER"))) return refused("ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
  if (php::is_empty(c.param("NAME"))) return refused("ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty activity NAME!");
  if (robot_by(c.at, code) != nullptr)
    return refused("ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!");
  c.at.robots_of_app.emplace_back(c.params);
  return ok(true);
}

outcome robot_list(const call& c) {
  json::array out;
  for (const auto& r : c.at.robots_of_app) out.emplace_back(text_of(r.as_object(), "CODE"));
  return ok(std::move(out));
}

outcome no_robot() { return refused("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!"); }

outcome robot_update(const call& c) {
  auto* r = robot_by(c.at, c.text("CODE"));
  if (r == nullptr) return no_robot();
  if (const auto* fields = c.object("FIELDS")) {
    if (fields->contains("HANDLER") && !is_url(text_of(*fields, "HANDLER")))
      return refused("ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
    for (const auto& [name, value] : *fields)
      if (name != "CODE") (*r)[name] = value;
  }
  return ok(true);
}

outcome robot_delete(const call& c) {
  const auto gone = drop_if(c.at.robots_of_app,
                            [&](const json::value& r) { return text_of(r.as_object(), "CODE") == c.text("CODE"); });
  return gone == 0 ? no_robot() : ok(true);
}

// A token is good for one answer.
outcome event_send(const call& c) {
  const auto token = c.text("EVENT_TOKEN");
  const auto run = std::ranges::find(c.at.robot_runs, token, &robot_run::token);
  if (token.empty() || run == c.at.robot_runs.end() || run->done || !run->awaited)
    return refused("ACCESS_DENIED", "Access denied!", 403);
  run->done = true;
  if (const auto* values = c.object("RETURN_VALUES")) run->returned = *values;
  run->log = c.text("LOG_MESSAGE");
  return ok(true);
}

constexpr auto table = std::to_array<method>({
    {"bizproc.robot.add", "bizproc", effort::write, true, robot_add},
    {"bizproc.robot.list", "bizproc", effort::read, true, robot_list},
    {"bizproc.robot.update", "bizproc", effort::write, true, robot_update},
    {"bizproc.robot.delete", "bizproc", effort::write, true, robot_delete},
    {"bizproc.event.send", "bizproc", effort::write, false, event_send},
});

} // namespace

std::span<const method> robot_methods() { return table; }

std::string run_app_robot(portal& p, const std::string& code, std::int64_t deal, json::object properties) {
  const auto* r = robot_by(p, code);
  if (r == nullptr) return {};
  robot_run run;
  const auto number = p.next_id();
  run.token = fmt::format("68c9331a{:06x}.{:08d}|A{}_{}|{}", number, number, number, deal, p.member_id);
  run.code = code;
  run.deal = deal;
  run.properties = std::move(properties);
  run.awaited = text_of(*r, "USE_SUBSCRIPTION") != "N"; // nothing said is Y
  outgoing o;
  o.what = outgoing::sort::app_robot;
  o.name = run.token;
  o.deal = deal;
  o.url = text_of(*r, "HANDLER");
  o.user = json::integer_or(*r, "AUTH_USER_ID", 1);
  const auto token = run.token;
  if (p.robot_runs.size() >= most_runs_kept) p.robot_runs.erase(p.robot_runs.begin());
  p.robot_runs.push_back(std::move(run));
  p.emit(std::move(o));
  return token;
}

} // namespace waybill::sandbox
