// The stored form of a delivery request.
#include <store/delivery_requests.hpp>
#include <store/record.hpp>
#include <waybill/json.hpp>

#include <array>
#include <random>

#include <fmt/format.h>

namespace waybill::store {
namespace {

constexpr std::array<std::pair<request_state, std::string_view>, 3> states{
    {{request_state::live, "live"}, {request_state::cancelled, "cancelled"}, {request_state::deleted, "deleted"}}};

// The shipment travels in the form in which shipments are stored anyway.
std::string encode_shipment(const kept_request& r) {
  record carrier;
  carrier.reference = r.request_id;
  carrier.what = r.what;
  return encode(carrier);
}

} // namespace

std::string_view to_string(request_state s) {
  for (const auto& [value, name] : states)
    if (value == s) return name;
  return "live";
}

std::string encode(const kept_request& r) {
  json::array ids;
  for (const auto id : r.shipments) ids.push_back(id);
  json::object o{{"id", r.request_id},
                 {"portal", r.portal},
                 {"delivery_id", r.delivery_id},
                 {"shipments", std::move(ids)},
                 {"deal", r.deal},
                 {"order", r.order},
                 {"state", std::string(to_string(r.state))},
                 {"what", encode_shipment(r)},
                 {"asked", r.asked},
                 {"ref", r.reference},
                 {"cancel", r.cancel_wanted},
                 {"refusal", r.refusal},
                 {"trace", r.trace},
                 {"created", r.created.time_since_epoch().count()},
                 {"changed", r.changed.time_since_epoch().count()}};
  return json::serialize(o);
}

result<kept_request> decode_request(std::string_view text) {
  const auto parsed = json::parse(text);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) return fail(errc::internal, "a stored delivery request is unreadable");
  kept_request r;
  r.request_id = json::text_or(*o, "id");
  r.portal = json::text_or(*o, "portal");
  r.delivery_id = json::integer_or(*o, "delivery_id");
  if (const auto* ids = json::list(*o, "shipments"))
    for (const auto& id : *ids) r.shipments.push_back(json::as_integer(id).value_or(0));
  r.deal = json::integer_or(*o, "deal");
  r.order = json::integer_or(*o, "order");
  const auto state = json::text_or(*o, "state");
  for (const auto& [value, name] : states)
    if (name == state) r.state = value;
  const auto what = decode(json::text_or(*o, "what"));
  if (what) r.what = what->what;
  r.asked = json::text_or(*o, "asked");
  r.reference = json::text_or(*o, "ref");
  r.cancel_wanted = json::boolean(*o, "cancel").value_or(false);
  r.refusal = json::text_or(*o, "refusal");
  r.trace = json::text_or(*o, "trace");
  r.created = instant{std::chrono::milliseconds(json::integer_or(*o, "created"))};
  r.changed = instant{std::chrono::milliseconds(json::integer_or(*o, "changed"))};
  if (!what || r.request_id.empty() || r.portal.empty() || r.shipments.empty())
    return fail(errc::internal, "a stored delivery request lacks what it is about");
  return r;
}

std::string new_request_id() {
  static std::random_device random;
  return fmt::format("wb-{:08x}{:08x}{:08x}", random(), random(), random());
}

} // namespace waybill::store
