#include <sandbox/control.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (end > 0) out.push_back(php::url_decode(path.substr(0, end)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

json::array names(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& n : list) out.emplace_back(n);
  return out;
}

control_call without_first(control_call c, std::size_t count) {
  c.path.erase(c.path.begin(), c.path.begin() + static_cast<std::ptrdiff_t>(count));
  return c;
}

} // namespace

http_response control_ok(json::value body) { return json_response(200, json::serialize(body)); }
http_response control_bad(std::string_view message) { return error_response(400, "bad_request", message); }
http_response control_unknown(std::string_view message) { return error_response(404, "not_found", message); }

namespace {

// Everything that answers at once.
http_response control_at_once(control_call c) {
  if (c.path.empty()) return control_unknown("see docs/sandbox.md");
  const auto first = c.path.front();
  if (c.is("GET", 1) && first == "health")
    return control_ok(json::object{{"ok", true},
                                   {"portals", names(c.in.portal_names())},
                                   {"carriers", names(c.in.carrier_names())},
                                   {"base_url", c.in.base_url()},
                                   {"speed", json::decimal(fmt::format("{:.3f}", c.in.speed()))}});
  if (c.is("POST", 1) && first == "reset") {
    c.in.reset();
    return control_ok();
  }
  if (first == "carriers") return control_carrier(without_first(std::move(c), 1));
  if (first == "portals" && c.is("GET", 1)) return control_ok(names(c.in.portal_names()));
  if (first != "portals" || c.path.size() < 2) return control_unknown("no such control");
  const auto p = c.in.find_portal(c.path[1]);
  if (!p) return control_unknown("no portal can have this name");
  if (c.path.size() > 2 && (c.path[2] == "deals" || c.path[2] == "mass" || c.path[2] == "mass-move"))
    return control_deals(without_first(std::move(c), 2), p);
  return control_portal(without_first(std::move(c), 2), p);
}

} // namespace

awaitable<http_response> control(std::shared_ptr<world> w, http_request request, std::string path) {
  control_call c{*w, request.method, segments_of(path), {}};
  if (!request.body.empty()) {
    auto parsed = json::parse(request.body);
    if (!parsed) co_return control_bad(parsed.error().what);
    if (auto* o = parsed->if_object()) c.body = std::move(*o);
    else if (auto* a = parsed->if_array()) c.body["list"] = std::move(*a);
    else co_return control_bad("the body must be a JSON object or list");
  }
  if (c.path.size() > 2 && c.path.front() == "portals") {
    if (const auto p = w->find_portal(c.path[1])) {
      const auto inner = without_first(c, 2);
      auto done = co_await control_sale(inner, p);
      if (done) co_return std::move(*done);
      done = co_await control_application(inner, p);
      if (done) co_return std::move(*done);
    }
  }
  co_return control_at_once(std::move(c));
}

http_response control_carrier(const control_call& c) {
  if (c.path.empty()) return control_ok(names(c.in.carrier_names()));
  const auto carrier = c.in.find_carrier(c.path[0]);
  if (!carrier) return control_unknown("no such carrier, or it has no stand-in");
  if (c.path.size() != 2) return control_unknown("faults, advance or state");
  const auto& what = c.path[1];
  if (c.method == "GET" && what == "state") return control_ok(carrier->state());
  if (c.method == "POST" && what == "faults") {
    stand_in_fault f;
    f.operation = json::text_or(c.body, "operation", "*");
    f.kind = json::text_or(c.body, "kind");
    f.count = static_cast<int>(json::integer_or(c.body, "count", 1));
    f.status = static_cast<int>(json::integer_or(c.body, "status", 500));
    f.latency = std::chrono::milliseconds(json::integer_or(c.body, "latency_ms"));
    f.body = json::text_or(c.body, "body");
    if (f.kind.empty()) return control_bad("kind is missing");
    carrier->inject(std::move(f));
    return control_ok();
  }
  if (c.method == "POST" && what == "advance") {
    const auto reference = json::text_or(c.body, "reference");
    if (reference.empty()) return control_bad("reference is missing");
    const auto moved = carrier->advance(reference, json::text_or(c.body, "code"), json::text_or(c.body, "reason"));
    if (!moved)
      return error_response(moved.error().code == errc::not_found ? 404 : 409, to_string(moved.error().code),
                            moved.error().what);
    return control_ok();
  }
  return error_response(405, "method_not_allowed", "faults and advance are POST, state is GET");
}

} // namespace waybill::sandbox
