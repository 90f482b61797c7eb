// The parcel on its way: steps, the natural next one, the way back; and the world's small services.
#include "sandbox_places.hpp"
#include "sandbox_world.hpp"
#include "statuses.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::cdek::sandbox {
namespace {

constexpr std::array<std::string_view, 7> road{"CREATED",
                                               "RECEIVED_AT_SHIPMENT_WAREHOUSE",
                                               "READY_TO_SHIP_AT_SENDING_OFFICE",
                                               "PASSED_TO_CARRIER_AT_SENDING_OFFICE",
                                               "SENT_TO_RECIPIENT_CITY",
                                               "MET_AT_RECIPIENT_OFFICE",
                                               "ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE"};

bool closed(const order& o) { return o.last() == "DELIVERED" || o.last() == "NOT_DELIVERED"; }

std::string next_step(const order& o) {
  const std::string at = o.last();
  const auto here = std::ranges::find(road, at);
  if (here != road.end() && here + 1 != road.end()) return std::string(*(here + 1));
  const point* to = find_point(json::text_or(o.body, "delivery_point"));
  const bool back = o.is_return || o.is_client_return;
  if (here != road.end()) {
    if (back || (to != nullptr && to->type == "PVZ")) return "ACCEPTED_AT_PICK_UP_POINT";
    return to != nullptr ? "POSTOMAT_POSTED" : "TAKEN_BY_COURIER";
  }
  if (at == "POSTOMAT_POSTED") return "POSTOMAT_RECEIVED";
  if (at == "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE")
    return to == nullptr ? "TAKEN_BY_COURIER" : "ACCEPTED_AT_PICK_UP_POINT";
  if (at == "POSTOMAT_SEIZED") return "NOT_DELIVERED";
  return "DELIVERED";
}

std::string place_of(const order& o, std::string_view code) {
  if (code == "CREATED" || code == "ACCEPTED") return "Офис СДЭК";
  const auto name = [](int city_code) {
    const city* c = find_city(city_code);
    return c == nullptr ? std::string("Москва") : std::string(c->name);
  };
  const auto end = [&](std::string_view office, std::string_view location) {
    if (const point* p = find_point(json::text_or(o.body, office))) return name(p->city_code);
    const auto* l = json::child(o.body, location);
    return name(l == nullptr ? 0 : recognise(*l).code);
  };
  const bool sender_side =
      std::ranges::find(road, code) < road.begin() + 5 && std::ranges::find(road, code) != road.end();
  const bool back = o.is_return || o.is_client_return;
  return sender_side != back ? end("shipment_point", "from_location") : end("delivery_point", "to_location");
}

} // namespace

void world::put_step(order& o, std::string code, std::string reason) {
  o.steps.push_back({code, reason, place_of(o, code), now(), false});
  hook_status(o, o.steps.back());
  // The parcel comes home as an order of its own; what is lost or disposed of does not.
  if (code != "NOT_DELIVERED" || o.is_return || !o.return_uuid.empty() || reason == "26" || reason == "27") return;
  order back;
  back.uuid = new_uuid();
  back.number = o.number;
  back.body = o.body;
  back.is_return = true;
  back.direct_uuid = o.uuid;
  back.cdek_number = new_cdek_number();
  back.delivery_kopecks = o.delivery_kopecks;
  back.requests.push_back({new_uuid(), "CREATE", "SUCCESSFUL", now(), {}, {}});
  o.return_uuid = back.uuid;
  orders.push_back(std::move(back)); // a deque: `o` stays where it is
  put_step(orders.back(), "CREATED", "");
}

result<void> world::advance(const std::string& reference, std::string code, std::string reason) {
  order* o = nullptr;
  for (order& each : orders) {
    const bool named = each.uuid == reference || each.cdek_number == reference;
    const bool ours = each.number == reference && !each.is_return && !each.is_client_return;
    if ((named || ours) && each.live()) o = &each;
  }
  if (o == nullptr) return fail(errc::not_found, "the stand-in has no live order '" + reference + "'");
  if (o->requests.front().state == "ACCEPTED") judge_create(o->uuid);
  if (o->invalid()) return fail(errc::conflict, "the order was refused");
  if (code == "DELIV_PROBLEM") {
    const std::string when = stamp(now());
    o->delivery_problems.emplace_back(reason.empty() ? "13" : reason, when);
    post_hook("DELIV_PROBLEM", o->uuid,
              {{"cdek_number", o->cdek_number},
               {"number", o->number},
               {"code", o->delivery_problems.back().first},
               {"create_date", when}});
    return {};
  }
  if (code == "REMOVED") {
    remove(o->uuid);
    return {};
  }
  // After "not delivered" what moves on is the parcel's way back.
  if (o->last() == "NOT_DELIVERED" && !o->return_uuid.empty()) o = find(o->return_uuid);
  if (closed(*o)) return fail(errc::conflict, "the order has come to its end (" + o->last() + ")");
  if (code.empty()) code = next_step(*o);
  if (clean_code(code) != code) return fail(errc::bad_input, "a status code has Latin letters, digits and _");
  put_step(*o, std::move(code), std::move(reason));
  return {};
}

std::string world::new_uuid() { return random_uuid(random_); }

std::chrono::milliseconds world::scaled(std::chrono::milliseconds d) const { return waybill::scaled(d, context.speed); }

order* world::find(std::string_view uuid) {
  for (order& o : orders)
    if (o.uuid == lower_ascii(uuid)) return &o;
  return nullptr;
}

order* world::newest_by_number(std::string_view number) {
  order* found = nullptr;
  for (order& o : orders)
    if (o.number == number && o.type == 1 && !o.removed && !o.is_return && !o.is_client_return) found = &o;
  return found;
}

order* world::by_cdek_number(std::string_view number) {
  for (order& o : orders)
    if (!number.empty() && o.cdek_number == number && !o.removed) return &o;
  return nullptr;
}

std::string stamp(instant when) {
  std::string text = to_iso(when);
  text.pop_back();
  return text + "+0000";
}

std::string_view status_name(std::string_view code) {
  const status_row* row = find_status(code);
  return row == nullptr ? code : row->name;
}

json::array error_list(const problems& p) {
  json::array out;
  for (const auto& [code, message] : p) out.push_back({{"code", code}, {"message", message}});
  return out;
}

json::object request_json(const request& r) {
  json::object o{{"request_uuid", r.uuid}, {"type", r.type}, {"date_time", stamp(r.when)}, {"state", r.state}};
  if (!r.errors.empty()) o["errors"] = error_list(r.errors); // absent rather than empty
  if (!r.warnings.empty()) o["warnings"] = error_list(r.warnings);
  return o;
}

http_response reply(int status, const json::value& v) { return json_response(status, json::serialize(v)); }

http_response refuse(std::string_view type, const problems& errors) {
  const json::object r{
      {"type", type}, {"date_time", stamp(now())}, {"state", "INVALID"}, {"errors", error_list(errors)}};
  return reply(400, json::object{{"requests", json::array{r}}, {"related_entities", json::array{}}});
}

http_response refuse_plain(const problems& errors) { return reply(400, json::object{{"errors", error_list(errors)}}); }

http_response accepted(const std::string& uuid, const request& r) {
  return reply(202, json::object{{"entity", json::object{{"uuid", uuid}}},
                                 {"requests", json::array{request_json(r)}},
                                 {"related_entities", json::array{}}});
}

} // namespace waybill::cdek::sandbox
