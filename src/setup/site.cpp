#include <bitrix24/values.hpp>
#include <setup/plans.hpp>
#include <setup/site.hpp>
#include <waybill/json.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

namespace bj = boost::json;

bj::object no_params() { return {}; }

awaitable<result<std::vector<user_field>>> read_fields(portal_client portal) {
  auto got = co_await portal->call("crm.deal.userfield.list", no_params());
  if (!got) co_return fail(std::move(got.error()));
  std::vector<user_field> out;
  for (const auto* o : bitrix24::records(got->result)) {
    user_field f;
    f.id = json::integer_or(*o, "ID");
    f.name = json::text_or(*o, "FIELD_NAME");
    f.type = json::text_or(*o, "USER_TYPE_ID");
    if (const auto* items = json::find(*o, "LIST"))
      for (const auto* item : bitrix24::records(*items)) f.items.emplace_back(*item);
    out.push_back(std::move(f));
  }
  co_return out;
}

awaitable<void> read_scopes(site_ptr s) {
  auto got = co_await s->portal->call("scope", no_params());
  if (!got) co_return;
  std::set<std::string> granted;
  if (const auto* a = got->result.if_array())
    for (const auto& v : *a) granted.insert(json::as_text(v).value_or(""));
  else if (const auto* o = got->result.if_object())
    for (const auto& m : *o) granted.insert(json::as_text(m.value()).value_or(""));
  s->scopes = std::move(granted);
}

awaitable<void> read_store(site_ptr s) {
  s->person_types.emplace(co_await sale::person_types(s->portal));
  s->groups.emplace(co_await sale::property_groups(s->portal));
  s->properties.emplace(co_await sale::shipment_properties(s->portal));
  s->relations.emplace(co_await sale::property_relations(s->portal));
  s->statuses.emplace(co_await sale::store_statuses(s->portal));
  s->status_names.emplace(co_await sale::status_names(s->portal));
  auto languages = co_await sale::store_languages(s->portal);
  if (languages && !languages->empty()) s->languages = std::move(*languages);
}

awaitable<void> read_delivery(site_ptr s) {
  s->handlers.emplace(co_await sale::handlers(s->portal));
  s->services.emplace(co_await sale::own_services(s->portal));
  if (*s->services && (*s->services)->empty()) {
    auto lost = co_await sale::unmarked_services(s->portal);
    s->unmarked = lost && lost->size() == 1; // of several nobody can tell which is ours
    if (s->unmarked) **s->services = std::move(*lost);
  }
  if (*s->handlers)
    for (const auto& h : **s->handlers)
      if (h.code == handler_code) s->made.handler = h.id;
  if (!*s->services || (*s->services)->empty()) co_return;
  remember(*s, (*s->services)->front());
  for (const auto& service : **s->services)
    for (const auto& p : service.profiles) {
      auto extras = co_await sale::extra_services(s->portal, p.service.id);
      s->extras.emplace(p.service.id, std::move(extras));
    }
}

} // namespace

std::string shown(const fault& f) { return f.peer_code.empty() ? f.what : fmt::format("{} ({})", f.what, f.peer_code); }

std::string joined(const std::vector<std::string>& all) { return fmt::format("{}", fmt::join(all, ", ")); }

step make_step(verb v, std::string what, std::string reason) {
  step s;
  s.todo = v;
  s.what = std::move(what);
  s.reason = std::move(reason);
  return s;
}

std::string site::closed(const std::vector<std::string>& needed, bool administrator) const {
  std::vector<std::string> missing;
  for (const auto& scope : needed)
    if (!has_scope(scope)) missing.push_back(scope);
  if (!missing.empty())
    return fmt::format("permissions (scopes) are missing: {}; tick them in the settings of the {}", joined(missing),
                       portal->by_webhook() ? "webhook" : "application");
  if (administrator && !admin)
    return fmt::format("user {} is no administrator; {}", user,
                       portal->by_webhook() ? "create the webhook as one" : "install the application as one");
  return {};
}

awaitable<result<void>> write(portal_client portal, std::string method, bj::object params) {
  auto got = co_await portal->call(std::move(method), std::move(params), bitrix24::effect::write);
  if (!got) co_return fail(std::move(got.error()));
  co_return result<void>{};
}

awaitable<result<void>> retire_service(site_ptr s, our_service old) {
  auto gone = co_await sale::delete_service(s->portal, old.parent.id);
  if (gone || is_transient(gone.error().code) || gone.error().code == errc::forbidden) co_return gone;
  sale::service_change off;
  off.active = false;
  for (const auto& p : old.profiles) {
    auto done = co_await sale::update_service(s->portal, p.service.id, off);
    if (!done) co_return done;
  }
  auto done = co_await sale::update_service(s->portal, old.parent.id, off);
  if (done)
    s->remarks.push_back(fmt::format("delivery service {} stays, switched off: the portal does not delete it: {}",
                                     old.parent.id, gone.error().what));
  co_return done;
}

void remember(site& s, const our_service& service) {
  s.made.profiles.clear();
  for (const auto& p : service.profiles) {
    if (!p.code.empty()) s.made.profiles[p.code] = p.service.id;
    // A portal that does not tell the type: the name is what we gave it.
    for (const auto& wanted : s.want.profiles)
      if (p.code.empty() && wanted.name == p.service.name) s.made.profiles[wanted.code] = p.service.id;
  }
}

awaitable<result<site_ptr>> read_site(portal_client portal, std::shared_ptr<const config::file> settings) {
  auto s = std::make_shared<site>();
  s->portal = std::move(portal);
  s->want = wishes_of(*settings, s->portal->portal());
  s->languages = {s->want.portal.locale};
  auto who = co_await s->portal->call_alone("profile", no_params());
  if (!who) co_return fail(std::move(who.error()));
  if (const auto* o = who->result.if_object()) {
    s->user = json::text_or(*o, "ID", "?");
    s->admin = json::boolean(*o, "ADMIN").value_or(false);
  }
  co_await read_scopes(s);
  if (s->has_scope("crm")) s->fields.emplace(co_await read_fields(s->portal));
  if (s->has_scope("sale") && s->admin) co_await read_store(s);
  if (s->properties && *s->properties)
    for (const auto& p : **s->properties) {
      std::pair<std::string, std::int64_t> key(p.code, p.person_type);
      s->made.properties.emplace(std::move(key), p.id);
    }
  if (s->has_scope("sale") && s->has_scope("delivery") && s->admin) co_await read_delivery(s);
  if (s->admin) co_await read_checks(s);
  if (!s->portal->by_webhook()) co_await read_application(s);
  co_return s;
}

} // namespace waybill::setup
