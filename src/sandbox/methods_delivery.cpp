// sale.delivery.*: registering a delivery service, and what happens to a delivery request once we have created it.
#include <sandbox/methods.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::string text_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
}

bool is_text(const json::value* v) {
  return v != nullptr && v->is_string() && (v->get_string().empty() || v->get_string().front() != json::decimal_mark);
}

// The request that a call speaks of, or what is wrong with the address.
std::expected<delivery_request*, outcome> find_request(const call& c) {
  if (php::is_empty(c.param("DELIVERY_ID")))
    return std::unexpected(refused("DELIVERY_ID_NOT_SPECIFIED", "Delivery id has not been specified"));
  const auto delivery = c.integer("DELIVERY_ID").value_or(0);
  if (std::ranges::find(c.at.services, delivery, &delivery_service::id) == c.at.services.end())
    return std::unexpected(refused("DELIVERY_NOT_FOUND", "Delivery service has not been found"));
  if (php::is_empty(c.param("REQUEST_ID")))
    return std::unexpected(refused("REQUEST_ID_NOT_SPECIFIED", "Request id has not been specified"));
  const auto id = c.text("REQUEST_ID");
  for (auto& r : c.at.requests)
    if (!r.deleted && r.delivery_id == delivery && r.request_id == id) return &r;
  return std::unexpected(refused("REQUEST_NOT_FOUND", "Request has not been found"));
}

std::optional<outcome> bad_status(const json::value& status) {
  const auto* o = status.if_object();
  if (o == nullptr) return refused("STATUS_UNEXPECTED_FORMAT", "Unexpected status format");
  if (php::is_empty(o->if_contains("TEXT")))
    return refused("STATUS_TEXT_NOT_SPECIFIED", "Status text has not been specified");
  const auto semantic = text_at(*o, "SEMANTIC");
  if (semantic != "process" && semantic != "success")
    return refused("STATUS_SEMANTIC_NOT_SPECIFIED", "Status semantic has not been specified");
  return {};
}

std::optional<outcome> bad_properties(const json::value& properties) {
  const auto* list = properties.if_array();
  if (list == nullptr) return refused("PROPERTIES_UNEXPECTED_FORMAT", "Unexpected properties format");
  for (const auto& p : *list) {
    const auto* o = p.if_object();
    if (o == nullptr || !is_text(o->if_contains("NAME")) || php::is_empty(o->if_contains("NAME")) ||
        !is_text(o->if_contains("VALUE")))
      return refused("PROPERTY_VALUE_UNEXPECTED_FORMAT", "Unexpected property value format");
    const auto* tags = o->if_contains("TAGS");
    if (tags == nullptr) continue;
    if (!tags->is_array())
      return refused("PROPERTY_VALUE_TAGS_UNEXPECTED_FORMAT", "Unexpected property value tags format");
    for (const auto& tag : tags->get_array())
      if (!is_text(&tag))
        return refused("PROPERTY_VALUE_TAG_UNEXPECTED_FORMAT", "Unexpected property value tag format");
  }
  return {};
}

outcome request_update(const call& c) {
  const auto found = find_request(c);
  if (!found) return found.error();
  auto& r = **found;
  const auto* status = c.param("STATUS");
  const auto* properties = c.param("PROPERTIES");
  if (status != nullptr)
    if (auto wrong = bad_status(*status)) return *wrong;
  if (properties != nullptr)
    if (auto wrong = bad_properties(*properties)) return *wrong;
  const auto flag = [&c](std::string_view name) {
    const auto t = c.text(name);
    return c.param(name) == nullptr || t == "Y" || t == "N";
  };
  if (!flag("FINALIZE"))
    return refused("UNEXPECTED_REQUEST_FINALIZE_INDICATOR_VALUE", "Unexpected finalize indicator value");
  if (!flag("OVERWRITE_PROPERTIES"))
    return refused("UNEXPECTED_OVERWRITE_PROPERTIES_VALUE", "Unexpected overwrite properties value");
  const bool finalize = c.text("FINALIZE") == "Y";
  if (status == nullptr && properties == nullptr && !finalize)
    return refused("EMPTY_UPDATE_PAYLOAD", "Empty update payload");
  if (status != nullptr) {
    r.status_text = text_at(status->as_object(), "TEXT");
    r.status_semantic = text_at(status->as_object(), "SEMANTIC");
    if (r.status_text.size() > 1020) return refused("UPDATE_REQUEST_INTERNAL_ERROR", "The status text is too long");
  }
  if (properties != nullptr) {
    if (c.text("OVERWRITE_PROPERTIES") == "Y") r.properties.clear();
    for (const auto& p : properties->get_array()) {
      const auto name = text_at(p.as_object(), "NAME");
      const auto old = std::ranges::find_if(
          r.properties, [&](const json::value& v) { return text_at(v.as_object(), "NAME") == name; });
      if (old != r.properties.end()) *old = p;
      else r.properties.push_back(p);
    }
  }
  r.finalized = r.finalized || finalize;
  r.updates.emplace_back(c.params);
  return ok(true);
}

outcome request_message(const call& c) {
  const auto found = find_request(c);
  if (!found) return found.error();
  const auto to = c.text("ADDRESSEE");
  if (php::is_empty(c.param("ADDRESSEE")))
    return refused("ADDRESSEE_IS_NOT_SPECIFIED", "Addressee has not been specified");
  if (to != "MANAGER" && to != "RECIPIENT") return refused("ADDRESSEE_UNEXPECTED_VALUE", "Unexpected addressee value");
  const auto* message = c.object("MESSAGE");
  if (message == nullptr || (text_at(*message, "SUBJECT").empty() && text_at(*message, "BODY").empty()))
    return refused("MESSAGE_NOT_SPECIFIED", "Message has not been specified");
  if (const auto* status = message->if_contains("STATUS")) {
    const auto* o = status->if_object();
    if (o == nullptr || php::is_empty(o->if_contains("MESSAGE")))
      return refused("MESSAGE_STATUS_NOT_SPECIFIED", "Message status has not been specified");
    const auto semantic = text_at(*o, "SEMANTIC");
    if (semantic.empty())
      return refused("MESSAGE_STATUS_SEMANTIC_NOT_SPECIFIED", "Message status semantic has not been specified");
    if (semantic != "success" && semantic != "process" && semantic != "error")
      return refused("UNEXPECTED_MESSAGE_STATUS_SEMANTIC", "Unexpected message status semantic");
  }
  (*found)->messages.push_back(json::object{{"ADDRESSEE", to}, {"MESSAGE", *message}});
  if (to == "MANAGER" && (*found)->deal != 0)
    c.at.log_messages[(*found)->deal].push_back(json::object{{"id", c.at.next_id()},
                                                             {"created", portal_time(c.at.clock())},
                                                             {"authorId", c.who.user},
                                                             {"title", text_at(*message, "SUBJECT")},
                                                             {"text", text_at(*message, "BODY")},
                                                             {"iconCode", "delivery"}});
  return ok(true);
}

outcome request_delete(const call& c) {
  const auto found = find_request(c);
  if (!found) return found.error();
  (*found)->deleted = true;
  return ok(true);
}

outcome check_failure(std::string text) { return refused("ERROR_CHECK_FAILURE", std::move(text)); }

outcome handler_list(const call& c) { return ok(c.at.handlers); }

std::optional<outcome> bad_handler(const call& c) {
  for (const auto* name : {"NAME", "CODE", "SETTINGS", "PROFILES"})
    if (php::is_empty(c.param(name))) return check_failure(fmt::format("Parameter {} is not defined", name));
  const auto* how = c.object("SETTINGS");
  if (how == nullptr || php::is_empty(how->if_contains("CALCULATE_URL")))
    return check_failure("Parameter SETTINGS[CALCULATE_URL] is not defined");
  const auto* config = how->if_contains("CONFIG");
  if (php::is_empty(config) || !config->is_array()) return check_failure("Parameter SETTINGS[CONFIG] is not defined");
  for (const auto& entry : config->get_array())
    if (!entry.is_object() || text_at(entry.get_object(), "CODE").empty())
      return check_failure("[SETTINGS][CONFIG][] Item CODE is not specified");
  return {};
}

outcome handler_add(const call& c) {
  if (auto wrong = bad_handler(c)) return *wrong;
  for (const auto& h : c.at.handlers)
    if (text_at(h.as_object(), "CODE") == c.text("CODE"))
      return refused("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!");
  const auto id = c.at.next_id();
  c.at.handlers.push_back(json::object{{"ID", std::to_string(id)},
                                       {"NAME", c.text("NAME")},
                                       {"CODE", c.text("CODE")},
                                       {"SORT", c.text("SORT").empty() ? std::string("100") : c.text("SORT")},
                                       {"DESCRIPTION", c.text("DESCRIPTION")},
                                       {"SETTINGS", *c.param("SETTINGS")},
                                       {"PROFILES", *c.param("PROFILES")}});
  return ok(id);
}

outcome handler_update(const call& c) {
  if (php::is_empty(c.param("ID"))) return check_failure("Parameter ID is not defined");
  for (auto& h : c.at.handlers) {
    auto& o = h.as_object();
    if (text_at(o, "ID") != c.text("ID")) continue;
    if (const auto* how = c.object("SETTINGS"); how != nullptr && php::is_empty(how->if_contains("CALCULATE_URL")))
      return check_failure("Parameter SETTINGS[CALCULATE_URL] is not defined");
    for (const auto* name : {"NAME", "CODE", "DESCRIPTION", "SETTINGS", "PROFILES"})
      if (const auto* v = c.param(name)) o[name] = *v; // replaced whole
    return ok(true);
  }
  return refused("ERROR_HANDLER_NOT_FOUND", "Handler not found");
}

json::object shown(const delivery_service& s) {
  return {{"ID", s.id},        {"PARENT_ID", s.parent == 0 ? json::value(nullptr) : json::value(s.parent)},
          {"NAME", s.name},    {"ACTIVE", "Y"},
          {"DESCRIPTION", ""}, {"CURRENCY", s.currency},
          {"SORT", 100},       {"LOGOTYPE", nullptr}};
}

outcome service_add(const call& c) {
  for (const auto* name : {"REST_CODE", "NAME", "CURRENCY", "CONFIG"})
    if (php::is_empty(c.param(name))) return check_failure(fmt::format("Parameter {} is not defined", name));
  const auto handler = std::ranges::find_if(
      c.at.handlers, [&](const json::value& v) { return text_at(v.as_object(), "CODE") == c.text("REST_CODE"); });
  if (handler == c.at.handlers.end())
    return refused("ERROR_HANDLER_NOT_FOUND", fmt::format("Handler \"{}\" not exists", c.text("REST_CODE")));
  delivery_service parent{c.at.next_id(), 0, c.text("REST_CODE"), c.text("NAME"), c.text("CURRENCY"), {}, {}};
  if (const auto* config = c.param("CONFIG"); config->is_array()) parent.config = config->get_array();
  json::array profiles;
  c.at.services.push_back(parent);
  const auto* wanted = handler->as_object().if_contains("PROFILES");
  if (wanted != nullptr && wanted->is_array())
    for (const auto& p : wanted->get_array()) {
      const auto code = text_at(p.as_object(), "CODE");
      delivery_service profile{
          c.at.next_id(), parent.id, parent.rest_code, text_at(p.as_object(), "NAME"), parent.currency, code, {}};
      profile.config.push_back(json::object{{"CODE", "PROFILE_TYPE"}, {"VALUE", code}});
      profiles.push_back(shown(profile));
      c.at.services.push_back(std::move(profile));
    }
  return ok(json::object{{"parent", shown(parent)}, {"profiles", std::move(profiles)}});
}

outcome service_list(const call& c) {
  json::array rows;
  for (const auto& s : c.at.services) rows.push_back(shown(s));
  outcome out;
  rows = list_page(std::move(rows), {c.param("FILTER"), c.param("ORDER"), {}}, out);
  json::array cut;
  for (const auto& row : rows) cut.push_back(selected(row.as_object(), c.param("SELECT")));
  return ok(std::move(cut)); // no paging, no total
}

outcome config_get(const call& c) {
  if (php::is_empty(c.param("ID"))) return check_failure("Parameter ID is not defined");
  const auto it = std::ranges::find(c.at.services, c.integer("ID").value_or(0), &delivery_service::id);
  if (it == c.at.services.end()) return refused("ERROR_DELIVERY_NOT_FOUND", "Delivery not found");
  return ok(it->config);
}

constexpr auto table = std::to_array<method>({
    {"sale.delivery.request.update", "delivery", effort::write, false, request_update},
    {"sale.delivery.request.sendmessage", "delivery", effort::write, false, request_message},
    {"sale.delivery.request.delete", "delivery", effort::write, false, request_delete},
    {"sale.delivery.handler.list", "delivery", effort::read, false, handler_list},
    {"sale.delivery.handler.add", "delivery", effort::write, false, handler_add},
    {"sale.delivery.handler.update", "delivery", effort::write, false, handler_update},
    {"sale.delivery.add", "delivery", effort::write, false, service_add},
    {"sale.delivery.getlist", "delivery", effort::read, false, service_list},
    {"sale.delivery.config.get", "delivery", effort::read, false, config_get},
});

} // namespace

std::span<const method> delivery_methods() { return table; }

} // namespace waybill::sandbox
