// Who am I, what may I, what is there.
#include <sandbox/methods.hpp>

#include <array>

namespace waybill::sandbox {
namespace {

const user* me(const call& c) {
  for (const auto& u : c.at.users)
    if (u.id == c.who.user) return &u;
  return nullptr;
}

outcome profile(const call& c) {
  const auto* u = me(c);
  return ok(json::object{{"ID", std::to_string(c.who.user)},
                         {"ADMIN", u != nullptr && u->admin},
                         {"NAME", u == nullptr ? "" : u->name},
                         {"LAST_NAME", u == nullptr ? "" : u->last_name},
                         {"PERSONAL_GENDER", ""},
                         {"TIME_ZONE", "Europe/Moscow"}});
}

json::object shown(const user& u) {
  return {{"ID", std::to_string(u.id)},
          {"ACTIVE", true},
          {"NAME", u.name},
          {"LAST_NAME", u.last_name},
          {"EMAIL", "user" + std::to_string(u.id) + "@example.com"}};
}

outcome user_current(const call& c) {
  const auto* u = me(c);
  return u == nullptr ? refused("ERROR_NOT_FOUND", "User not found", 404) : ok(shown(*u));
}

outcome user_get(const call& c) {
  json::array rows;
  for (const auto& u : c.at.users) rows.push_back(shown(u));
  outcome out;
  const auto* filter = c.param("FILTER") != nullptr ? c.param("FILTER") : c.param("filter");
  json::object by_id;
  if (const auto* id = c.param("ID")) by_id["ID"] = *id;
  const json::value own = by_id;
  out.result =
      list_page(std::move(rows), {filter != nullptr ? filter : &own, nullptr, parse_page(c.param("start"))}, out);
  return out;
}

outcome scope(const call& c) {
  json::array out;
  for (const auto& s : c.at.how.scopes) out.emplace_back(s);
  return ok(std::move(out));
}

outcome app_info(const call& c) {
  if (!c.who.application) {
    json::array scopes;
    for (const auto& s : c.at.how.scopes) scopes.emplace_back(s);
    return ok(json::object{{"SCOPE", std::move(scopes)}, {"LICENSE", "ru_pro100"}});
  }
  return ok(json::object{{"ID", 123},
                         {"CODE", c.at.how.client_id},
                         {"VERSION", 1},
                         {"STATUS", "L"},
                         {"INSTALLED", c.at.installed},
                         {"PAYMENT_EXPIRED", "N"},
                         {"DAYS", nullptr},
                         {"LANGUAGE_ID", "ru"},
                         {"LICENSE", "ru_pro100"},
                         {"LICENSE_TYPE", "pro100"},
                         {"LICENSE_FAMILY", "pro"}});
}

outcome server_time(const call& c) { return ok(json::value(portal_time(c.at.clock()))); }

outcome methods(const call& c) {
  json::array out;
  each_method([&](const method& m) {
    if (m.scope.empty() || c.at.how.scopes.contains(std::string(m.scope))) out.emplace_back(m.name);
  });
  out.emplace_back("batch");
  return ok(std::move(out));
}

outcome method_get(const call& c) {
  const auto* m = find_method(c.text("name"));
  const bool available = m != nullptr && (m->scope.empty() || c.at.how.scopes.contains(std::string(m->scope)));
  return ok(json::object{{"isExisting", m != nullptr}, {"isAvailable", available}});
}

outcome feature_get(const call& c) {
  if (c.text("CODE").empty()) return missing_parameter("CODE");
  return ok(json::object{{"value", "Y"}});
}

constexpr auto table = std::to_array<method>({
    {"profile", "", effort::read, false, profile},
    {"user.current", "user_basic", effort::read, false, user_current},
    {"user.get", "user_basic", effort::read, false, user_get},
    {"scope", "", effort::read, false, scope},
    {"app.info", "", effort::read, false, app_info},
    {"server.time", "", effort::read, false, server_time},
    {"methods", "", effort::read, false, methods},
    {"method.get", "", effort::read, false, method_get},
    {"feature.get", "", effort::read, false, feature_get},
});

} // namespace

std::span<const method> misc_methods() { return table; }

} // namespace waybill::sandbox
