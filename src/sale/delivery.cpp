// sale.delivery.handler.*, sale.delivery.* and their configuration: upper-case keys, no `fields`.
#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <sale/delivery.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

delivery_handler read_handler(const bj::object& o) {
  delivery_handler h;
  h.id = json::integer_or(o, "ID");
  h.code = json::text_or(o, "CODE");
  h.name = json::text_or(o, "NAME");
  h.description = json::text_or(o, "DESCRIPTION");
  if (const auto* s = json::child(o, "SETTINGS")) {
    h.calculate_url = json::text_or(*s, "CALCULATE_URL");
    h.create_url = json::text_or(*s, "CREATE_DELIVERY_REQUEST_URL");
    h.cancel_url = json::text_or(*s, "CANCEL_DELIVERY_REQUEST_URL");
    h.delete_url = json::text_or(*s, "DELETE_DELIVERY_REQUEST_URL");
    h.cancel_action = json::text_or(*s, "CANCEL_ACTION_NAME");
    h.tracks = yes(*s, "HAS_CALLBACK_TRACKING_SUPPORT");
    if (const auto* config = json::find(*s, "CONFIG"))
      for (const auto* item : bitrix24::records(*config)) {
        delivery_handler::setting one{json::text_or(*item, "TYPE"), json::text_or(*item, "CODE"),
                                      json::text_or(*item, "NAME")};
        h.settings.push_back(std::move(one));
      }
  }
  if (const auto* profiles = json::find(o, "PROFILES"))
    for (const auto* item : bitrix24::records(*profiles)) {
      delivery_handler::profile one{json::text_or(*item, "CODE"), json::text_or(*item, "NAME"),
                                    json::text_or(*item, "DESCRIPTION")};
      h.profiles.push_back(std::move(one));
    }
  return h;
}

bj::object handler_params(const delivery_handler& h) {
  bj::array config, profiles;
  for (const auto& s : h.settings) config.push_back(bj::object{{"TYPE", s.type}, {"CODE", s.code}, {"NAME", s.name}});
  for (const auto& p : h.profiles)
    profiles.push_back(bj::object{{"CODE", p.code}, {"NAME", p.name}, {"DESCRIPTION", p.description}});
  bj::object settings{{"CALCULATE_URL", h.calculate_url},
                      {"CREATE_DELIVERY_REQUEST_URL", h.create_url},
                      {"CANCEL_DELIVERY_REQUEST_URL", h.cancel_url},
                      {"DELETE_DELIVERY_REQUEST_URL", h.delete_url},
                      {"CANCEL_ACTION_NAME", h.cancel_action},
                      {"HAS_CALLBACK_TRACKING_SUPPORT", flag(h.tracks)}};
  settings["CONFIG"] = std::move(config);
  bj::object params{{"CODE", h.code}, {"NAME", h.name}, {"DESCRIPTION", h.description}};
  params["SETTINGS"] = std::move(settings);
  params["PROFILES"] = std::move(profiles);
  return params;
}

result<void> check(const delivery_handler& h) {
  if (h.code.empty() || h.code == "0" || h.code.size() > 50)
    return fail(errc::bad_input, "a delivery handler's code has 1 to 50 characters");
  if (h.name.empty() || h.name == "0") return fail(errc::bad_input, "a delivery handler needs a name");
  if (h.settings.empty() || h.profiles.empty())
    return fail(errc::bad_input, "a delivery handler needs a setting and a profile");
  return {};
}

delivery_service read_service(const bj::object& o) {
  delivery_service s;
  s.id = json::integer_or(o, "ID");
  s.parent = json::integer_or(o, "PARENT_ID");
  s.name = json::text_or(o, "NAME");
  s.description = json::text_or(o, "DESCRIPTION");
  s.currency = json::text_or(o, "CURRENCY");
  s.active = yes(o, "ACTIVE");
  return s;
}

bj::array settings_array(const service_settings& settings) {
  bj::array out;
  for (const auto& [code, value] : settings) out.push_back(bj::object{{"CODE", code}, {"VALUE", value}});
  return out;
}

awaitable<result<void>> gone_is_done(portal_client portal, std::string method, std::int64_t id) {
  bj::object params{{"ID", id}};
  auto done = co_await tell_only(std::move(portal), std::move(method), std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

} // namespace

awaitable<result<std::vector<delivery_handler>>> handlers(portal_client portal) {
  bj::object params;
  auto all = co_await list_plain(std::move(portal), "sale.delivery.handler.list", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<delivery_handler> out;
  for (const auto& o : *all) out.push_back(read_handler(o));
  co_return out;
}

awaitable<result<std::int64_t>> add_handler(portal_client portal, delivery_handler what) {
  if (auto fine = check(what); !fine) co_return fail(std::move(fine.error()));
  auto got = co_await tell(portal, "sale.delivery.handler.add", handler_params(what));
  if (got) co_return new_id(*got, "sale.delivery.handler.add");
  // A lost answer, or somebody was first: whoever is there under our code is ours.
  if (got.error().code != errc::outcome_unknown && got.error().code != errc::conflict)
    co_return fail(std::move(got.error()));
  auto there = co_await handlers(std::move(portal));
  if (there)
    for (const auto& h : *there)
      if (h.code == what.code) co_return h.id;
  co_return fail(std::move(got.error()));
}

awaitable<result<void>> update_handler(portal_client portal, delivery_handler what) {
  if (auto fine = check(what); !fine) co_return fail(std::move(fine.error()));
  auto params = handler_params(what);
  params["ID"] = what.id;
  co_return co_await tell_only(std::move(portal), "sale.delivery.handler.update", std::move(params));
}

awaitable<result<void>> delete_handler(portal_client portal, std::int64_t id) {
  co_return co_await gone_is_done(std::move(portal), "sale.delivery.handler.delete", id);
}

awaitable<result<std::vector<delivery_service>>> delivery_services(portal_client portal) {
  bj::object params;
  params["SELECT"] = bj::array{"ID", "PARENT_ID", "NAME", "ACTIVE", "DESCRIPTION", "CURRENCY"};
  auto all = co_await list_plain(std::move(portal), "sale.delivery.getlist", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<delivery_service> out;
  for (const auto& o : *all) out.push_back(read_service(o));
  co_return out;
}

awaitable<result<made_service>> add_service(portal_client portal, new_service what) {
  bj::object params{{"REST_CODE", what.handler},
                    {"NAME", what.name},
                    {"DESCRIPTION", what.description},
                    {"CURRENCY", what.currency},
                    {"ACTIVE", "Y"}};
  params["CONFIG"] = settings_array(what.settings);
  auto got = co_await tell(std::move(portal), "sale.delivery.add", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto parent = wrapped(*got, "parent", "sale.delivery.add");
  if (!parent) co_return fail(std::move(parent.error()));
  made_service out;
  out.parent = read_service(*parent);
  for (const auto* o : bitrix24::records(got->result, "profiles")) out.profiles.push_back(read_service(*o));
  co_return out;
}

awaitable<result<void>> update_service(portal_client portal, std::int64_t id, service_change change) {
  bj::object params{{"ID", id}};
  if (change.name) params["NAME"] = *change.name;
  if (change.currency) params["CURRENCY"] = *change.currency;
  if (change.active) params["ACTIVE"] = flag(*change.active);
  if (params.size() == 1) co_return result<void>{};
  co_return co_await tell_only(std::move(portal), "sale.delivery.update", std::move(params));
}

awaitable<result<void>> delete_service(portal_client portal, std::int64_t id) {
  co_return co_await gone_is_done(std::move(portal), "sale.delivery.delete", id);
}

awaitable<result<service_settings>> settings_of_service(portal_client portal, std::int64_t id) {
  bj::object params{{"ID", id}};
  auto all = co_await list_plain(std::move(portal), "sale.delivery.config.get", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  service_settings out;
  for (const auto& o : *all) out.emplace_back(json::text_or(o, "CODE"), json::text_or(o, "VALUE"));
  co_return out;
}

awaitable<result<void>> set_settings_of_service(portal_client portal, std::int64_t id, service_settings settings) {
  if (settings.empty()) co_return fail(errc::bad_input, "a delivery service without settings");
  bj::object params{{"ID", id}};
  params["CONFIG"] = settings_array(settings);
  co_return co_await tell_only(std::move(portal), "sale.delivery.config.update", std::move(params));
}

awaitable<result<void>> delete_extra_service(portal_client portal, std::int64_t id) {
  co_return co_await gone_is_done(std::move(portal), "sale.delivery.extra.service.delete", id);
}

} // namespace waybill::sale
