#include <sale/own.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace waybill::sale {
namespace {

// PROFILE_TYPE tells a profile's code. A name can be changed by anybody.
std::optional<std::string> value_of(const service_settings& settings, std::string_view code) {
  for (const auto& [name, value] : settings)
    if (name == code) return value;
  return {};
}

// Settings of a service that may be somebody else's: those are refused, and no concern of ours.
awaitable<result<service_settings>> settings_or_none(portal_client portal, std::int64_t id) {
  auto got = co_await settings_of_service(std::move(portal), id);
  if (got || is_transient(got.error().code)) co_return got;
  co_return service_settings{};
}

// Parents whose key is `key`, with their profiles; the active ones first.
awaitable<result<std::vector<own_service>>> services_with(portal_client portal, std::string wanted) {
  auto all = co_await delivery_services(portal);
  if (!all) co_return fail(std::move(all.error()));
  std::vector<own_service> out;
  for (const auto& parent : *all) {
    if (parent.parent != 0) continue;
    auto settings = co_await settings_or_none(portal, parent.id);
    if (!settings) co_return fail(std::move(settings.error()));
    const auto key = value_of(*settings, marker);
    if (!key || *key != wanted) continue;
    own_service mine;
    mine.parent = parent;
    for (const auto& child : *all) {
      if (child.parent != parent.id) continue;
      auto own = co_await settings_or_none(portal, child.id);
      if (!own) co_return fail(std::move(own.error()));
      own_profile p;
      p.service = child;
      p.code = value_of(*own, "PROFILE_TYPE").value_or("");
      mine.profiles.push_back(std::move(p));
    }
    out.push_back(std::move(mine));
  }
  // One that was put aside stays, switched off, as old orders point at it.
  std::ranges::sort(out, {}, [](const own_service& s) { return std::pair(!s.parent.active, s.parent.id); });
  co_return out;
}

} // namespace

awaitable<result<std::vector<own_service>>> own_services(portal_client portal) {
  std::string key = portal->portal().id;
  co_return co_await services_with(std::move(portal), std::move(key));
}

awaitable<result<std::vector<own_service>>> unmarked_services(portal_client portal) {
  co_return co_await services_with(std::move(portal), std::string{});
}

std::string status_mark(std::string_view canonical) { return "waybill:" + std::string(canonical); }

} // namespace waybill::sale
