// A portal's settings as JSON, both ways.
#include <sandbox/control.hpp>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

json::value decimal_of(double d) { return json::decimal(fmt::format("{:.3f}", d)); }

struct number_setting {
  std::string_view name;
  double settings::* at;
};
constexpr number_setting numbers[] = {
    {"requests_per_second", &settings::requests_per_second},
    {"burst", &settings::burst},
    {"operating_limit_s", &settings::operating_limit_s},
    {"read_ms", &settings::read_ms},
    {"write_ms", &settings::write_ms},
    {"cut_s", &settings::cut_s},
    {"handler_timeout_s", &settings::handler_timeout_s},
};

struct count_setting {
  std::string_view name;
  std::int64_t settings::* at;
};
constexpr count_setting counts[] = {
    {"token_lifetime_s", &settings::token_lifetime_s},
    {"lose_events", &settings::lose_events},
    {"double_events", &settings::double_events},
    {"reorder_window", &settings::reorder_window},
};

struct text_setting {
  std::string_view name;
  std::string settings::* at;
};
constexpr text_setting texts[] = {
    {"webhook_code", &settings::webhook_code},
    {"client_id", &settings::client_id},
    {"client_secret", &settings::client_secret},
    {"handler_http", &settings::handler_http},
};

// One key; an error text when it is unknown or its value is none.
std::optional<std::string> apply(settings& s, const json::object& body, const std::string& key) {
  const auto bad = [&key] { return std::optional<std::string>("bad value of " + key); };
  for (const auto& n : numbers)
    if (n.name == key) {
      const auto d = json::real(body, key);
      if (!d || *d < 0) return bad();
      s.*n.at = *d;
      return {};
    }
  for (const auto& n : counts)
    if (n.name == key) {
      const auto i = json::integer(body, key);
      if (!i || *i < 0) return bad();
      s.*n.at = *i;
      return {};
    }
  for (const auto& t : texts)
    if (t.name == key) {
      const auto text = json::text(body, key);
      if (!text || (key == "handler_http" && *text != "1.0" && *text != "1.1")) return bad();
      s.*t.at = *text;
      return {};
    }
  if (key == "event_delay_ms") {
    s.event_delay = std::chrono::milliseconds(json::integer_or(body, key));
    return {};
  }
  if (key == "classic_update_starts_robots") {
    s.classic_update_starts_robots = json::boolean(body, key).value_or(false);
    return {};
  }
  if (key == "scopes") {
    const auto* list = json::list(body, key);
    if (list == nullptr) return bad();
    s.scopes.clear();
    for (const auto& v : *list) s.scopes.insert(json::as_text(v).value_or(""));
    return {};
  }
  if (key == "method_ms") {
    const auto* map = json::child(body, key);
    s.method_ms.clear();
    if (map != nullptr)
      for (const auto& [name, v] : *map) s.method_ms[name] = json::real(*map, name).value_or(0);
    return {};
  }
  if (key == "required_fields") {
    const auto* map = json::child(body, key);
    s.required_fields.clear();
    if (map == nullptr) return {};
    for (const auto& [stage_id, list] : *map) {
      if (!list.is_array()) return bad();
      for (const auto& name : list.get_array()) s.required_fields[stage_id].insert(json::as_text(name).value_or(""));
    }
    return {};
  }
  return "unknown setting " + key;
}

} // namespace

std::optional<std::string> apply_settings(portal& p, const json::object& body) {
  settings changed = p.how; // all or nothing
  for (const auto& member : body)
    if (auto wrong = apply(changed, body, std::string(member.key()))) return wrong;
  p.how = std::move(changed);
  return {};
}

json::object shown_settings(const portal& p) {
  json::object out;
  for (const auto& n : numbers) out[n.name] = decimal_of(p.how.*n.at);
  for (const auto& n : counts) out[n.name] = p.how.*n.at;
  for (const auto& t : texts) out[t.name] = p.how.*t.at;
  out["event_delay_ms"] = p.how.event_delay.count();
  out["classic_update_starts_robots"] = p.how.classic_update_starts_robots;
  json::array scopes;
  for (const auto& s : p.how.scopes) scopes.emplace_back(s);
  out["scopes"] = std::move(scopes);
  json::object slow;
  for (const auto& [name, ms] : p.how.method_ms) slow[name] = decimal_of(ms);
  out["method_ms"] = std::move(slow);
  json::object required;
  for (const auto& [stage_id, names] : p.how.required_fields) {
    json::array list;
    for (const auto& n : names) list.emplace_back(n);
    required[stage_id] = std::move(list);
  }
  out["required_fields"] = std::move(required);
  return out;
}

} // namespace waybill::sandbox
