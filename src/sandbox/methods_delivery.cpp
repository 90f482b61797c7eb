// sale.delivery.request.*: what happens to a delivery request once the handler has created it.
#include <sandbox/handler.hpp>
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

namespace waybill::sandbox {
namespace {

// The request that a call speaks of, or what is wrong with the address.
std::expected<delivery_request*, outcome> find_request(const call& c) {
  if (auto wrong = needs_admin(c)) return std::unexpected(*wrong);
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
  const auto semantic = text_of(*o, "SEMANTIC");
  if (semantic != "process" && semantic != "success")
    return refused("STATUS_SEMANTIC_NOT_SPECIFIED", "Status semantic has not been specified");
  return {};
}

std::optional<outcome> bad_properties(const json::value& properties) {
  const auto* list = properties.if_array();
  if (list == nullptr) return refused("PROPERTIES_UNEXPECTED_FORMAT", "Unexpected properties format");
  for (const auto& p : *list) {
    const auto* o = p.if_object();
    if (o == nullptr || !is_json_text(o->if_contains("NAME")) || php::is_empty(o->if_contains("NAME")) ||
        !is_json_text(o->if_contains("VALUE")))
      return refused("PROPERTY_VALUE_UNEXPECTED_FORMAT", "Unexpected property value format");
    const auto* tags = o->if_contains("TAGS");
    if (tags == nullptr) continue;
    if (!tags->is_array())
      return refused("PROPERTY_VALUE_TAGS_UNEXPECTED_FORMAT", "Unexpected property value tags format");
    for (const auto& tag : tags->get_array())
      if (!is_json_text(&tag))
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
    r.status_text = text_of(status->as_object(), "TEXT");
    r.status_semantic = text_of(status->as_object(), "SEMANTIC");
    if (r.status_text.size() > 1020) return refused("UPDATE_REQUEST_INTERNAL_ERROR", "The status text is too long");
  }
  if (properties != nullptr) {
    if (c.text("OVERWRITE_PROPERTIES") == "Y") r.properties.clear();
    for (const auto& p : properties->get_array()) {
      const auto name = text_of(p.as_object(), "NAME");
      const auto old = std::ranges::find_if(
          r.properties, [&](const json::value& v) { return text_of(v.as_object(), "NAME") == name; });
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
  if (message == nullptr || (text_of(*message, "SUBJECT").empty() && text_of(*message, "BODY").empty()))
    return refused("MESSAGE_NOT_SPECIFIED", "Message has not been specified");
  if (const auto* status = message->if_contains("STATUS")) {
    const auto* o = status->if_object();
    if (o == nullptr || php::is_empty(o->if_contains("MESSAGE")))
      return refused("MESSAGE_STATUS_NOT_SPECIFIED", "Message status has not been specified");
    const auto semantic = text_of(*o, "SEMANTIC");
    if (semantic.empty())
      return refused("MESSAGE_STATUS_SEMANTIC_NOT_SPECIFIED", "Message status semantic has not been specified");
    if (semantic != "success" && semantic != "process" && semantic != "error")
      return refused("UNEXPECTED_MESSAGE_STATUS_SEMANTIC", "Unexpected message status semantic");
  }
  const auto& of = (*found)->shipments;
  const bool gone = !of.empty() && std::ranges::none_of(of, [&c](auto id) { return c.at.shop.shipments.contains(id); });
  if (gone) return refused("REQUEST_SHIPMENT_NOT_FOUND", "Request shipment has not been found");
  (*found)->messages.push_back(json::object{{"ADDRESSEE", to}, {"MESSAGE", *message}});
  if (to == "MANAGER" && (*found)->deal != 0)
    c.at.log_messages[(*found)->deal].push_back(json::object{{"id", c.at.next_id()},
                                                             {"created", portal_time(c.at.clock())},
                                                             {"authorId", c.who.user},
                                                             {"title", text_of(*message, "SUBJECT")},
                                                             {"text", text_of(*message, "BODY")},
                                                             {"iconCode", "delivery"}});
  return ok(true);
}

// The handler is asked first; when it does not agree the request stays.
awaitable<outcome> request_delete(rest_context ctx, caller who, json::object params) {
  std::int64_t service = 0;
  {
    const call c{*ctx.at, who, params, ctx.base_url};
    const auto found = find_request(c);
    if (!found) co_return found.error();
    service = (*found)->delivery_id;
  }
  const auto done = co_await delete_request(ctx, service, text_of(params, "REQUEST_ID"));
  if (done.success) co_return ok(true);
  co_return refused("DELETE_REQUEST_INTERNAL_ERROR", done.errors.empty() ? std::string() : done.errors.front());
}

constexpr auto table = std::to_array<method>({
    {"sale.delivery.request.update", "delivery", effort::write, false, request_update},
    {"sale.delivery.request.sendmessage", "delivery", effort::write, false, request_message},
    {"sale.delivery.request.delete", "delivery", effort::write, false, nullptr, request_delete},
});

} // namespace

std::span<const method> delivery_methods() { return table; }

} // namespace waybill::sandbox
