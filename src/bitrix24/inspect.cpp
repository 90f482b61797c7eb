// The questions of `waybill check` to a portal, and what to do about each wrong answer.
#include <bitrix24/crm.hpp>
#include <bitrix24/inspect_parts.hpp>
#include <bitrix24/running.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

bj::object no_params() { return {}; }

// Written and read fields with the user field types that can hold them.
struct field_use {
  const std::string* name;
  std::string_view key;
  std::set<std::string_view> types;
};

std::vector<field_use> uses(const config::deal_fields& f) {
  const std::set<std::string_view> text{"string", "url"}, listed{"string", "enumeration"},
      sum{"money", "double", "integer", "string"};
  return {{&f.order_id, "order_id", {"string"}},
          {&f.tracking_number, "tracking_number", {"string"}},
          {&f.tracking_url, "tracking_url", text},
          {&f.status, "status", {"string"}},
          {&f.error, "error", {"string"}},
          {&f.cost, "cost", sum},
          {&f.address, "address", {"string", "address"}},
          {&f.phone, "phone", {"string"}},
          {&f.delivery_type, "delivery_type", listed},
          {&f.pickup_point, "pickup_point", {}}, // also a field type of an application
          {&f.carrier, "carrier", listed},
          {&f.planned_date, "planned_date", {"date", "datetime", "string"}},
          {&f.label, "label", {"file"}},
          {&f.cash_on_delivery, "cash_on_delivery", {"boolean", "money", "double", "integer", "string"}},
          {&f.declared_value, "declared_value", sum},
          {&f.parcels, "parcels", {"integer", "double", "string"}},
          {&f.comment, "comment", {"string"}}};
}

awaitable<findings> check_user(std::shared_ptr<client> portal) {
  findings out;
  auto got = co_await portal->call_alone("profile", no_params());
  if (!got) {
    const bool auth = got.error().code == errc::forbidden;
    out.push_back(bad(
        "the portal: " + shown(got.error()),
        auth ? (portal->by_webhook()
                    ? "create the inbound webhook anew and put its address into webhook_url"
                    : "open the application in the portal as an administrator, and check client_id and client_secret")
             : "check the portal's address and the network"));
    co_return out;
  }
  const auto* o = got->result.if_object();
  const bool admin = o != nullptr && json::boolean(*o, "ADMIN").value_or(false);
  out.push_back(
      good(fmt::format("the portal answers; we act as user {}{}", o == nullptr ? "?" : json::text_or(*o, "ID", "?"),
                       admin ? ", an administrator" : "")));
  if (!admin && portal->portal().service)
    out.push_back(bad("the integration user is no administrator",
                      "delivery services can be kept only by an administrator: "
                      "create the webhook or install the application as one"));
  co_return out;
}

awaitable<findings> check_scopes(std::shared_ptr<client> portal) {
  findings out;
  auto got = co_await portal->call("scope", no_params());
  if (!got) {
    out.push_back(bad("permissions: " + shown(got.error()), "the list of permissions (scopes) could not be read"));
    co_return out;
  }
  std::set<std::string> granted;
  if (const auto* a = got->result.if_array())
    for (const auto& v : *a) granted.insert(json::as_text(v).value_or(""));
  else if (const auto* o = got->result.if_object())
    for (const auto& m : *o) granted.insert(json::as_text(m.value()).value_or(""));
  const auto needed = needed_scopes(portal->portal(), portal->by_webhook());
  std::string missing;
  for (const auto& scope : needed)
    if (!granted.contains(scope)) missing += (missing.empty() ? "" : ", ") + scope;
  if (missing.empty()) out.push_back(good("permissions (scopes) are complete"));
  else
    out.push_back(bad("permissions (scopes) are missing: " + missing,
                      "tick them in the settings of the webhook or of the application"));
  co_return out;
}

awaitable<findings> check_methods(std::shared_ptr<client> portal) {
  findings out;
  std::vector<std::string> needed{"crm.item.list",
                                  "crm.item.update",
                                  "crm.item.productrow.list",
                                  "crm.timeline.comment.add",
                                  "crm.activity.todo.add",
                                  "crm.status.list",
                                  "crm.deal.userfield.list",
                                  "catalog.product.list",
                                  "catalog.product.offer.list",
                                  "catalog.catalog.list"};
  if (portal->portal().notify_responsible) needed.emplace_back("im.notify.system.add");
  for (const auto name : store_methods(portal->portal())) needed.emplace_back(name);
  std::vector<std::shared_ptr<running<answer>>> asked;
  for (const auto& name : needed) {
    bj::object params{{"name", name}};
    asked.push_back(running<answer>::start(portal->get_executor(), portal->call("method.get", std::move(params))));
  }
  std::string absent, unavailable;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    auto got = co_await running<answer>::get(asked[i]);
    const auto* o = got ? got->result.if_object() : nullptr;
    if (o == nullptr) continue; // a portal that cannot tell: the calls themselves will
    if (!json::boolean(*o, "isExisting").value_or(true)) absent += (absent.empty() ? "" : ", ") + needed[i];
    else if (!json::boolean(*o, "isAvailable").value_or(true))
      unavailable += (unavailable.empty() ? "" : ", ") + needed[i];
  }
  if (!absent.empty())
    out.push_back(bad("the portal does not know: " + absent, "update the on-premise portal, or switch its modules on"));
  if (!unavailable.empty())
    out.push_back(bad("not allowed to us: " + unavailable, "grant the permissions (scopes) of these methods"));
  if (absent.empty() && unavailable.empty()) out.push_back(good("all methods that we need are there"));
  co_return out;
}

awaitable<findings> check_fields(std::shared_ptr<client> portal) {
  findings out;
  auto got = co_await portal->call("crm.deal.userfield.list", no_params());
  if (!got) {
    out.push_back(bad("fields of deals: " + shown(got.error()),
                      "let the integration user change the CRM's settings, or check the fields by hand"));
    co_return out;
  }
  std::map<std::string, std::string> types;
  for (const auto* o : records(got->result))
    types.emplace(json::text_or(*o, "FIELD_NAME"), json::text_or(*o, "USER_TYPE_ID"));
  std::size_t right = 0;
  for (const auto& use : uses(portal->portal().fields)) {
    if (use.name->empty() || !use.name->starts_with("UF_")) continue;
    const auto it = types.find(*use.name);
    if (it == types.end()) {
      out.push_back(bad(fmt::format("deals have no field {} (fields.{})", *use.name, use.key),
                        fmt::format("run `waybill portal setup {}`, or name an existing field, or \"\" to do without",
                                    portal->portal().id)));
    } else if (!use.types.empty() && !use.types.contains(it->second)) {
      out.push_back(bad(fmt::format("field {} (fields.{}) is of type {}", *use.name, use.key, it->second),
                        fmt::format("it must be: {}", fmt::join(use.types, " or "))));
    } else {
      ++right;
    }
  }
  if (right > 0) out.push_back(good(fmt::format("{} fields of deals are there", right)));
  co_return out;
}

awaitable<findings> check_stages(std::shared_ptr<client> portal) {
  findings out;
  const auto& settings = portal->portal();
  std::set<std::int64_t> categories;
  for (const auto& t : settings.triggers) categories.insert(t.category);
  std::map<std::int64_t, std::set<std::string>> known;
  std::set<std::string> all;
  crm reader(portal);
  for (const auto category : categories) {
    auto stages = co_await reader.stages(category);
    if (!stages) {
      out.push_back(bad(fmt::format("stages of pipeline {}: {}", category, shown(stages.error())),
                        "let the integration user read this pipeline"));
      co_return out;
    }
    if (stages->empty())
      out.push_back(bad(fmt::format("pipeline {} does not exist or is not visible", category),
                        "check `category` of the triggers"));
    for (const auto& s : *stages) {
      known[category].insert(s.id);
      all.insert(s.id);
    }
  }
  const auto before = out.size();
  // "WON" is meant as "C2:WON" in pipeline 2.
  const auto is_stage = [&](std::int64_t category, const std::string& id) {
    return known[category].contains(id) || known[category].contains(fmt::format("C{}:{}", category, id));
  };
  for (const auto& t : settings.triggers) {
    if (known[t.category].empty() || is_stage(t.category, t.stage)) continue;
    out.push_back(bad(fmt::format("pipeline {} has no stage {} (triggers)", t.category, t.stage),
                      fmt::format("its stages are: {}", fmt::join(known[t.category], ", "))));
  }
  for (const auto& [status, id] : settings.stages) {
    const bool somewhere = all.contains(id) || std::ranges::any_of(categories, [&](auto c) { return is_stage(c, id); });
    if (!somewhere && !all.empty())
      out.push_back(bad(fmt::format("no pipeline of the triggers has the stage {} (stages.{})", id, to_string(status)),
                        fmt::format("their stages are: {}", fmt::join(all, ", "))));
  }
  if (out.size() == before && !categories.empty()) out.push_back(good("all stages are there"));
  co_return out;
}

awaitable<findings> check_catalog(std::shared_ptr<client> portal) {
  findings out;
  auto got = co_await portal->call("catalog.catalog.list", no_params());
  if (!got)
    out.push_back(bad(
        "the product catalogue: " + shown(got.error()),
        "grant the scope `catalog` and the right to read the catalogue, or weights come from parcel_defaults only"));
  else if (records(got->result, "catalogs").empty())
    out.push_back(bad("the portal shows no product catalogue",
                      "let the integration user read the catalogue, or weights come from parcel_defaults only"));
  else out.push_back(good("the product catalogue can be read"));
  co_return out;
}

awaitable<findings> check_application(std::shared_ptr<client> portal) {
  findings out;
  if (portal->by_webhook()) co_return out;
  auto got = co_await portal->call("app.info", no_params());
  const auto* o = got ? got->result.if_object() : nullptr;
  if (o != nullptr && !json::boolean(*o, "INSTALLED").value_or(true))
    out.push_back(
        bad("the application's installation was not finished",
            "open the application in the portal as an administrator and let its install page run to the end"));
  co_return out;
}

} // namespace

awaitable<std::vector<finding>> inspect(std::shared_ptr<client> portal) {
  auto all = co_await check_user(portal);
  if (!all.front().ok) co_return all;
  auto add = [&all](findings more) { std::ranges::move(more, std::back_inserter(all)); };
  add(co_await check_scopes(portal));
  add(co_await check_application(portal));
  add(co_await check_methods(portal));
  add(co_await check_fields(portal));
  add(co_await check_stages(portal));
  add(co_await check_catalog(portal));
  add(co_await check_store(portal));
  co_return all;
}

} // namespace waybill::bitrix24
