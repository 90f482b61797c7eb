// The handler, the service with its profiles.
#include <setup/plans.hpp>
#include <setup/texts.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

sale::new_service service_of(const site& s) {
  sale::new_service n;
  n.handler = handler_code;
  n.name = s.want.portal.service->name;
  n.description = word(s.want.portal, "setup_handler_description");
  n.currency = s.want.portal.service->currency;
  n.settings.emplace_back(marker, s.want.portal.id);
  return n;
}

awaitable<result<void>> create_handler(site_ptr s) {
  auto wanted = s->want.handler();
  auto id = co_await sale::add_handler(s->portal, std::move(wanted));
  if (!id) co_return fail(std::move(id.error()));
  s->made.handler = *id;
  co_return result<void>{};
}

awaitable<result<void>> change_handler(site_ptr s, std::int64_t id) {
  auto wanted = s->want.handler();
  wanted.id = id;
  co_return co_await sale::update_handler(s->portal, std::move(wanted));
}

awaitable<result<void>> create_service(site_ptr s) {
  if (s->made.handler == 0) co_return fail(errc::conflict, "the delivery handler is missing");
  auto wanted = service_of(*s);
  auto made = co_await sale::add_service(s->portal, std::move(wanted));
  if (!made && made.error().code != errc::outcome_unknown) co_return fail(std::move(made.error()));
  // The answer names no codes, and a lost answer names nothing: our marker finds the service either way.
  auto found = co_await sale::own_services(s->portal);
  if (!found) co_return fail(std::move(found.error()));
  if (found->empty() || !found->front().parent.active)
    co_return fail(made ? fault{errc::protocol, "the new delivery service does not show", {}, {}} : made.error());
  remember(*s, found->front());
  co_return result<void>{};
}

// Profiles are made with the service and never later. The old one goes; one that orders use is only switched off.
awaitable<result<void>> renew_service(site_ptr s, our_service old) {
  auto gone = co_await retire_service(s, std::move(old));
  if (!gone) co_return gone;
  co_return co_await create_service(std::move(s));
}

awaitable<result<void>> change_service(site_ptr s, std::int64_t id, sale::service_change change) {
  return sale::update_service(s->portal, id, std::move(change));
}

awaitable<result<void>> mark_service(site_ptr s, std::int64_t id) {
  auto settings = co_await sale::settings_of_service(s->portal, id);
  if (!settings) co_return fail(std::move(settings.error()));
  for (auto& [code, value] : *settings)
    if (code == marker) value = s->want.portal.id;
  co_return co_await sale::set_settings_of_service(s->portal, id, std::move(*settings));
}

void plan_handler(const site& s, steps& out) {
  const auto what = fmt::format("delivery handler {}", handler_code);
  const auto it = std::ranges::find(**s.handlers, handler_code, &sale::delivery_handler::code);
  if (it == (*s.handlers)->end()) {
    auto step = make_step(verb::create, what, "the portal has none");
    step.act = [](site_ptr at) { return create_handler(std::move(at)); };
    out.push_back(std::move(step));
    return;
  }
  if (same_handler(*it, s.want.handler())) {
    out.push_back(make_step(verb::keep, what, "it is as it should be"));
    return;
  }
  auto step = make_step(verb::change, what, "its name, addresses or profiles differ");
  step.act = [id = it->id](site_ptr at) { return change_handler(std::move(at), id); };
  out.push_back(std::move(step));
}

void plan_change(steps& out, std::string what, std::int64_t id, sale::service_change change) {
  std::vector<std::string> why;
  if (change.name) why.emplace_back("its name differs");
  if (change.currency) why.emplace_back("its currency differs");
  if (change.active)
    why.emplace_back(*change.active ? "it is switched off" : "no route leads to it any more: switched off");
  if (why.empty()) {
    out.push_back(make_step(verb::keep, std::move(what), "it is as it should be"));
    return;
  }
  auto step = make_step(verb::change, std::move(what), joined(why));
  step.act = [id, change](site_ptr at) { return change_service(std::move(at), id, change); };
  out.push_back(std::move(step));
}

void plan_profiles(const site& s, const our_service& mine, steps& out) {
  const auto& service = *s.want.portal.service;
  sale::service_change parent;
  if (mine.parent.name != service.name) parent.name = service.name;
  if (mine.parent.currency != service.currency) parent.currency = service.currency;
  if (!mine.parent.active) parent.active = true;
  plan_change(out, fmt::format("delivery service {}", mine.parent.id), mine.parent.id, parent);
  for (const auto& p : mine.profiles) {
    const auto it = std::ranges::find(s.want.profiles, p.code, &profile_wish::code);
    sale::service_change change;
    if (it == s.want.profiles.end()) {
      if (!p.service.active) continue;
      change.active = false;
    } else {
      if (p.service.name != it->name) change.name = it->name;
      if (!p.service.active) change.active = true;
    }
    plan_change(out, fmt::format("profile {} (delivery service {})", p.code, p.service.id), p.service.id, change);
  }
}

} // namespace

bool same_handler(const sale::delivery_handler& there, const sale::delivery_handler& wanted) {
  // Two of the settings are not documented; a portal that does not show them is not asked to change for ever.
  const auto shown_same = [](const std::string& a, const std::string& b) { return a.empty() || a == b; };
  const auto names = [](const sale::delivery_handler& h) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& p : h.profiles) out.emplace_back(p.code, p.name);
    return out;
  };
  return there.name == wanted.name && there.calculate_url == wanted.calculate_url &&
         there.create_url == wanted.create_url && there.cancel_url == wanted.cancel_url &&
         shown_same(there.delete_url, wanted.delete_url) && shown_same(there.cancel_action, wanted.cancel_action) &&
         there.tracks == wanted.tracks && there.settings == wanted.settings && names(there) == names(wanted);
}

bool plan_delivery(const site& s, steps& out) {
  if (!s.want.portal.service) return false;
  auto why = s.closed({"sale", "delivery"}, true);
  if (why.empty() && s.want.base.empty()) why = "server.public_url is not set: the portal could not call us";
  if (why.empty() && s.want.profiles.empty()) why = "no route leads from this portal to a delivery type";
  if (why.empty() && s.handlers && !*s.handlers) why = shown(s.handlers->error());
  if (why.empty() && s.services && !*s.services) why = shown(s.services->error());
  if (!why.empty()) {
    out.push_back(make_step(verb::cannot, "delivery service", why));
    return false;
  }
  plan_handler(s, out);
  const auto what = fmt::format("delivery service «{}»", s.want.portal.service->name);
  std::vector<std::string> codes;
  for (const auto& p : s.want.profiles) codes.push_back(p.code);
  if (s.unmarked) {
    const auto id = (*s.services)->front().parent.id;
    auto step =
        make_step(verb::change, fmt::format("key of delivery service {}", id), "it was lost, and is written again");
    step.act = [id](site_ptr at) { return mark_service(std::move(at), id); };
    out.push_back(std::move(step));
  }
  if ((*s.services)->empty()) {
    auto step = make_step(verb::create, what, "the portal has none of ours; profiles: " + joined(codes));
    step.act = [](site_ptr at) { return create_service(std::move(at)); };
    out.push_back(std::move(step));
    return true;
  }
  const auto& mine = (*s.services)->front();
  std::vector<std::string> missing;
  for (const auto& code : codes)
    if (std::ranges::find(mine.profiles, code, &our_profile::code) == mine.profiles.end()) missing.push_back(code);
  if (missing.empty()) {
    plan_profiles(s, mine, out);
    return false;
  }
  auto step = make_step(verb::change, what,
                        "profiles are missing: " + joined(missing) +
                            "; the portal makes them only with a service, so it is made anew, and the old one is "
                            "deleted or, when orders use it, switched off");
  step.act = [mine](site_ptr at) { return renew_service(std::move(at), mine); };
  out.push_back(std::move(step));
  return true;
}

} // namespace waybill::setup
