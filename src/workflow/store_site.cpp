#include <sale/own.hpp>
#include <sale/statuses.hpp>
#include <waybill/json.hpp>
#include <workflow/store_site.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace waybill::workflow {
namespace {

constexpr auto kept_for = std::chrono::minutes(10);
constexpr auto looked_again_after = std::chrono::minutes(1);
constexpr std::size_t most_bytes = 256 * 1024;

std::string encode(const store_site& site) {
  json::object profiles, statuses;
  json::array foreign(site.foreign.begin(), site.foreign.end());
  for (const auto& [id, type] : site.profiles) profiles[std::to_string(id)] = type;
  for (const auto& [name, id] : site.statuses) statuses[name] = id;
  json::object out;
  out["profiles"] = std::move(profiles);
  out["statuses"] = std::move(statuses);
  out["foreign"] = std::move(foreign);
  return json::serialize(out);
}

std::optional<store_site> decode(const std::string& text) {
  const auto parsed = json::parse(text, most_bytes);
  if (!parsed || !parsed->is_object()) return {};
  const auto* profiles = json::child(parsed->get_object(), "profiles");
  const auto* statuses = json::child(parsed->get_object(), "statuses");
  if (profiles == nullptr || statuses == nullptr) return {};
  store_site site;
  for (const auto& [id, type] : *profiles)
    if (const auto number = json::as_integer(json::value(id)))
      site.profiles[*number] = json::as_text(type).value_or("");
  if (const auto* foreign = json::list(parsed->get_object(), "foreign"))
    for (const auto& id : *foreign) site.foreign.insert(json::as_integer(id).value_or(0));
  for (const auto& [name, id] : *statuses) site.statuses[name] = json::as_text(id).value_or("");
  return site;
}

awaitable<result<store_site>> read(std::shared_ptr<services> s, std::string portal) {
  const portal_link* link = s->portal(portal);
  if (link == nullptr || !link->crm) co_return store_site{};
  const auto client = link->crm->shared_portal();
  auto ours = co_await sale::own_services(client);
  if (!ours) co_return fail(std::move(ours.error()));
  store_site site;
  for (const auto& service : *ours)
    for (const auto& p : service.profiles) site.profiles[p.service.id] = p.code;
  auto all = co_await sale::delivery_services(client);
  if (!all) co_return fail(std::move(all.error()));
  for (const auto& one : *all)
    if (!site.profiles.contains(one.id)) site.foreign.insert(one.id);
  if (site.profiles.empty()) co_return site;
  auto statuses = co_await sale::store_statuses(client);
  if (!statuses) co_return fail(std::move(statuses.error()));
  constexpr std::string_view mark = "waybill:";
  for (const auto& status : *statuses) {
    if (status.type != "D") continue;
    if (status.id == "DN" || status.id == "DD") site.statuses[status.id] = status.id;
    if (std::string_view(status.xml_id).starts_with(mark)) site.statuses[status.xml_id.substr(mark.size())] = status.id;
  }
  co_return site;
}

} // namespace

awaitable<result<store_site>> store_site_of(std::shared_ptr<services> s, std::string portal, std::int64_t service) {
  const std::string key = "store-site:" + portal;
  auto text = co_await s->values->get(key);
  if (!text) co_return fail(std::move(text.error()));
  auto known = *text ? decode(**text) : std::nullopt;
  const bool told = known && (service == 0 || known->profiles.contains(service) || known->foreign.contains(service));
  if (told) co_return std::move(*known);
  if (known) { // one that setup has just made
    auto mine = co_await s->values->take("store-site-looked:" + portal, "1", looked_again_after);
    if (!mine) co_return fail(std::move(mine.error()));
    if (!*mine) co_return std::move(*known);
  }
  auto fresh = co_await read(s, portal);
  if (!fresh) co_return fail(std::move(fresh.error()));
  std::string value = encode(*fresh);
  auto kept = co_await s->values->put(key, std::move(value), kept_for);
  if (!kept) co_return fail(std::move(kept.error()));
  co_return std::move(*fresh);
}

} // namespace waybill::workflow
