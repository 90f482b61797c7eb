// The life of an order until the parcel moves: accepted at once, judged a moment later, read, changed, withdrawn.
#include "sandbox_places.hpp"
#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace waybill::cdek::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr auto judging = 400ms; // usual 200 to 500

// A repeated article gets a tail of its own, as CDEK does it; every package an id.
void settle_packages(world& w, json::object& body) {
  auto* packages = body.if_contains("packages");
  if (packages == nullptr || !packages->is_array()) return;
  for (auto& each : packages->get_array()) {
    auto& p = each.get_object();
    if (!p.contains("package_id")) p["package_id"] = w.new_uuid();
    p["barcode"] = json::text_or(p, "number") + "*";
    std::set<std::string> keys;
    if (auto* items = p.if_contains("items"); items != nullptr && items->is_array())
      for (auto& i : items->get_array())
        if (auto* o = i.if_object(); o != nullptr && !keys.insert(json::text_or(*o, "ware_key")).second)
          (*o)["ware_key"] = json::text_or(*o, "ware_key") + "_" + w.new_uuid().substr(0, 7);
  }
}

std::int64_t cash_due(const json::object& body) {
  std::int64_t sum = 0;
  if (const auto* fee = json::child(body, "delivery_recipient_cost")) sum += json::minor(*fee, "value").value_or(0);
  if (const auto* packages = json::list(body, "packages"))
    for (const auto& p : *packages)
      if (const auto* items = json::list(p.get_object(), "items"))
        for (const auto& i : *items)
          if (const auto* pay = json::child(i.get_object(), "payment"))
            sum += json::minor(*pay, "value").value_or(0) *
                   json::integer_or(i.get_object(), "delivery_amount", json::integer_or(i.get_object(), "amount", 1));
  return sum;
}

// What the recipient took: all, or (reason 20) all but one unit of the last item.
void hand_over(json::object& body, bool in_part) {
  json::object* last = nullptr;
  if (auto* packages = body.if_contains("packages"); packages != nullptr && packages->is_array())
    for (auto& p : packages->get_array())
      if (auto* items = p.get_object().if_contains("items"); items != nullptr && items->is_array())
        for (auto& i : items->get_array()) {
          last = &i.get_object();
          (*last)["delivery_amount"] = json::integer_or(*last, "amount", 1);
        }
  if (in_part && last != nullptr) (*last)["delivery_amount"] = json::integer_or(*last, "amount", 1) - 1;
}

std::int64_t price_of(const json::object& body) {
  std::int64_t grams = 0;
  if (const auto* packages = json::list(body, "packages"))
    for (const auto& p : *packages) grams += json::integer_or(p.get_object(), "weight");
  return 250'00 + grams * 5;
}

request begin(world& w, std::string type) { return {w.new_uuid(), std::move(type), "ACCEPTED", now(), {}, {}}; }

request* find_request(order& o, std::string_view uuid) {
  for (request& r : o.requests)
    if (r.uuid == uuid) return &r;
  return nullptr;
}

bool untouched(const order& o) { return o.last() == "CREATED" || o.last() == "ACCEPTED"; }

// A closed office is replaced by another of the same city, with a warning.
void replace_closed(order& o, problems& warnings) {
  const point* chosen = find_point(json::text_or(o.body, "delivery_point"));
  if (chosen == nullptr || !chosen->closed) return;
  for (const point& p : points())
    if (p.city_code == chosen->city_code && p.type == chosen->type && !p.closed) {
      o.body["delivery_point"] = p.code;
      warnings.emplace_back("v2_delivery_point_changed",
                            fmt::format("Office {} is closed, the parcel goes to {}", chosen->code, p.code));
      return;
    }
}

bool same_city(const json::object& was, const json::object& wanted) {
  const auto code = [](const json::object& b) {
    if (const point* p = find_point(json::text_or(b, "delivery_point"))) return p->city_code;
    const auto* to = json::child(b, "to_location");
    return to == nullptr ? 0 : recognise(*to).code;
  };
  return code(was) == code(wanted);
}

} // namespace

http_response world::create(const json::value& body, problems refuse_with) {
  const auto* given = body.if_object();
  if (given == nullptr) return refuse_plain({{"v2_bad_request", "Empty body"}});
  if (auto wrong = static_checks(*given); !wrong.empty()) return refuse("CREATE", wrong);
  order o;
  o.uuid = new_uuid();
  o.type = static_cast<int>(json::integer_or(*given, "type", 1));
  o.body = *given;
  o.number = o.type == 1 ? json::text_or(*given, "number", o.uuid) : o.uuid;
  o.refuse_with = std::move(refuse_with);
  settle_packages(*this, o.body);
  o.requests.push_back(begin(*this, "CREATE"));
  o.steps.push_back({"ACCEPTED", "", "Офис СДЭК", now(), false});
  http_response answer = accepted(o.uuid, o.requests.front());
  const std::string id = o.uuid;
  orders.push_back(std::move(o));
  later(judging, [id](world& w) { w.judge_create(id); });
  return answer;
}

void world::judge_create(const std::string& uuid) {
  order* o = find(uuid);
  if (o == nullptr || o->requests.front().state != "ACCEPTED") return;
  request& r = o->requests.front();
  r.errors = o->refuse_with.empty() ? later_checks(*this, *o) : o->refuse_with;
  if (!r.errors.empty()) {
    r.state = "INVALID";
    o->steps.push_back({"INVALID", "", "Офис СДЭК", now(), false});
    return;
  }
  replace_closed(*o, r.warnings);
  r.state = "SUCCESSFUL";
  o->cdek_number = new_cdek_number();
  o->delivery_kopecks = price_of(o->body);
  put_step(*o, "CREATED", "");
}

http_response world::read(const form_fields& query, std::string_view uuid) {
  if (!uuid.empty()) {
    if (!is_uuid(uuid))
      return refuse("GET", {{"v2_invalid_format", fmt::format("Invalid value [{}] in [uuid] parameter", uuid)}});
    const order* o = find(uuid);
    return o == nullptr || o->removed ? not_found("v2_entity_not_found") : reply(200, order_json(*o));
  }
  if (const auto* number = find_field(query, "im_number")) {
    const order* o = newest_by_number(*number);
    return o == nullptr ? not_found("v2_entity_not_found_im_number") : reply(200, order_json(*o));
  }
  if (const auto* number = find_field(query, "cdek_number")) {
    const order* o = by_cdek_number(*number);
    if (o != nullptr) return reply(200, order_json(*o));
    http_response gone = not_found("v2_order_not_found");
    gone.status = 404; // both codes are met in the wild
    return gone;
  }
  return refuse("GET", {{"v2_parameters_empty", "One of [cdek_number, im_number] is needed"}});
}

http_response world::patch(const json::value& body) {
  const auto* given = body.if_object();
  if (given == nullptr) return refuse_plain({{"v2_bad_request", "Empty body"}});
  const std::string uuid = json::text_or(*given, "uuid");
  order* o = uuid.empty() ? by_cdek_number(json::text_or(*given, "cdek_number")) : find(uuid);
  if (o == nullptr || o->removed) return not_found("v2_entity_not_found");
  problems wrong;
  if (!json::integer(*given, "type")) wrong.emplace_back("v2_field_is_empty", "[type] is empty");
  if (json::child(*given, "recipient") == nullptr) wrong.emplace_back("v2_field_is_empty", "[recipient] is empty");
  if (const auto* packages = json::list(*given, "packages"))
    for (const auto& p : *packages)
      if (p.is_object() && !json::text(p.get_object(), "package_id"))
        wrong.emplace_back("v2_package_id_is_empty", "[package_id] is empty");
  for (const request& r : o->requests)
    if (r.type == "UPDATE" && r.state == "ACCEPTED")
      wrong.emplace_back("v2_similar_request_still_processed", "A similar request is in work");
  json::object merged = o->body;
  for (const auto& [key, value] : *given)
    if (key != "uuid" && key != "cdek_number") merged[key] = value;
  if (given->contains("delivery_point")) merged.erase("to_location");
  if (given->contains("to_location")) merged.erase("delivery_point");
  if (given->contains("shipment_point")) merged.erase("from_location");
  if (given->contains("from_location")) merged.erase("shipment_point");
  if (wrong.empty()) wrong = static_checks(merged);
  if (!wrong.empty()) return refuse("UPDATE", wrong);
  o->requests.push_back(begin(*this, "UPDATE"));
  http_response answer = accepted(o->uuid, o->requests.back());
  const std::string id = o->uuid, ask = o->requests.back().uuid;
  later(judging, [id, ask, merged = std::move(merged)](world& w) {
    order* changed = w.find(id);
    request* r = changed == nullptr ? nullptr : find_request(*changed, ask);
    if (r == nullptr) return;
    if (!untouched(*changed))
      r->errors.emplace_back("v2_update_forbidden", "The order can not be changed in this status");
    else if (!same_city(changed->body, merged))
      r->errors.emplace_back("v2_city_can_not_be_changed", "The city can not be changed");
    else {
      order trial = *changed;
      trial.body = merged;
      r->errors = later_checks(w, trial);
    }
    r->state = r->errors.empty() ? "SUCCESSFUL" : "INVALID";
    if (r->errors.empty()) {
      changed->body = merged;
      changed->delivery_kopecks = price_of(merged);
    }
  });
  return answer;
}

http_response world::remove(std::string_view uuid) {
  if (!is_uuid(uuid)) return refuse("DELETE", {{"v2_invalid_format", "Invalid value in [uuid] parameter"}});
  order* o = find(uuid);
  if (o == nullptr || o->removed) return not_found("v2_entity_not_found");
  o->requests.push_back(begin(*this, "DELETE"));
  http_response answer = accepted(o->uuid, o->requests.back());
  const std::string id = o->uuid, ask = o->requests.back().uuid;
  later(judging, [id, ask](world& w) {
    order* gone = w.find(id);
    request* r = gone == nullptr ? nullptr : find_request(*gone, ask);
    if (r == nullptr) return;
    if (gone->requests.front().state == "ACCEPTED") w.judge_create(id);
    r = find_request(*gone, ask);
    if (gone->invalid() || !untouched(*gone)) {
      r->state = "INVALID";
      r->errors.emplace_back("v2_order_forbidden", "The order is in movement already");
      return;
    }
    r->state = "SUCCESSFUL";
    gone->removed = true;
    gone->steps.push_back({"REMOVED", "", "Офис СДЭК", now(), false});
    w.hook_status(*gone, gone->steps.back());
  });
  return answer;
}

http_response world::refusal(std::string_view uuid) {
  order* o = find(uuid);
  if (o == nullptr || o->removed) return not_found("v2_entity_not_found");
  if (o->invalid() || o->last() == "DELIVERED" || o->last() == "NOT_DELIVERED")
    return refuse("UPDATE", {{"v2_refusal_error", "The refusal can not be registered in this status"}});
  o->requests.push_back(begin(*this, "UPDATE"));
  http_response answer = accepted(o->uuid, o->requests.back());
  const std::string id = o->uuid, ask = o->requests.back().uuid;
  later(judging, [id, ask](world& w) {
    order* refused = w.find(id);
    request* r = refused == nullptr ? nullptr : find_request(*refused, ask);
    if (r == nullptr) return;
    r->state = "SUCCESSFUL";
    w.put_step(*refused, "NOT_DELIVERED", "11");
  });
  return answer;
}

http_response world::client_return(std::string_view uuid, const json::value& body) {
  order* o = find(uuid);
  if (o == nullptr || o->removed) return not_found("v2_entity_not_found");
  const auto* given = body.if_object();
  const auto tariff = given == nullptr ? std::nullopt : json::integer(*given, "tariff_code");
  if (!tariff) return refuse("CREATE_CLIENT_RETURN", {{"v2_field_is_empty", "[tariff_code] is empty"}});
  if (o->type != 1 || o->last() != "DELIVERED" || !o->client_return_uuid.empty())
    return refuse("CREATE_CLIENT_RETURN", {{"v2_entity_invalid", "A client return is not possible for this order"}});
  o->requests.push_back(begin(*this, "CREATE_CLIENT_RETURN"));
  http_response answer = accepted(o->uuid, o->requests.back());
  const std::string id = o->uuid, ask = o->requests.back().uuid;
  later(judging, [id, ask, code = *tariff](world& w) {
    order* direct = w.find(id);
    request* r = direct == nullptr ? nullptr : find_request(*direct, ask);
    if (r == nullptr) return;
    if (mode_of_sandbox_tariff(code) == 0) {
      r->state = "INVALID";
      r->errors.emplace_back("err_result_service_empty", "No such tariff");
      return;
    }
    r->state = "SUCCESSFUL";
    order back;
    back.uuid = w.new_uuid();
    back.number = direct->number;
    back.body = direct->body;
    back.body["tariff_code"] = code;
    back.is_client_return = true;
    back.direct_uuid = direct->uuid;
    back.cdek_number = w.new_cdek_number();
    back.requests.push_back({w.new_uuid(), "CREATE", "SUCCESSFUL", now(), {}, {}});
    direct->client_return_uuid = back.uuid;
    w.orders.push_back(std::move(back));
    w.put_step(w.orders.back(), "CREATED", "");
  });
  return answer;
}

json::value world::order_json(const order& o) const {
  json::object e;
  e["uuid"] = o.uuid;
  e["type"] = o.type;
  e["is_return"] = o.is_return;
  e["is_reverse"] = false;
  e["is_client_return"] = o.is_client_return;
  if (!o.cdek_number.empty()) e["cdek_number"] = o.cdek_number;
  e["number"] = o.number;
  for (const auto& [key, value] : o.body)
    if (!e.contains(key)) e[key] = value;
  e["delivery_mode"] = std::to_string(mode_of_sandbox_tariff(json::integer_or(o.body, "tariff_code")));
  if (!o.cdek_number.empty()) {
    e["planned_delivery_date"] = to_date(o.steps.front().when + std::chrono::hours(72));
    json::object detail;
    detail["delivery_sum"] = json::decimal(to_decimal(o.delivery_kopecks));
    detail["total_sum"] = json::decimal(to_decimal(o.delivery_kopecks));
    if (o.last() == "DELIVERED" && !o.is_return && !o.is_client_return) {
      detail["date"] = to_date(o.steps.back().when);
      hand_over(e, o.steps.back().reason == "20");
      detail["payment_sum"] = json::decimal(to_decimal(cash_due(e)));
    }
    e["delivery_detail"] = std::move(detail);
  }
  json::array statuses;
  for (auto it = o.steps.rbegin(); it != o.steps.rend(); ++it) {
    json::object s{
        {"code", it->code}, {"name", status_name(it->code)}, {"date_time", stamp(it->when)}, {"city", it->city}};
    if (!it->reason.empty()) s["reason_code"] = it->reason;
    if (it->deleted) s["deleted"] = true;
    if (it->code == "ACCEPTED_AT_PICK_UP_POINT" || it->code == "POSTOMAT_POSTED")
      e["keep_free_until"] = stamp(it->when + std::chrono::hours(168));
    statuses.push_back(std::move(s));
  }
  e["statuses"] = std::move(statuses);
  if (!o.delivery_problems.empty()) {
    json::array list;
    for (const auto& [code, when] : o.delivery_problems) list.push_back({{"code", code}, {"create_date", when}});
    e["delivery_problem"] = std::move(list);
  }
  json::array requests, related;
  for (auto it = o.requests.rbegin(); it != o.requests.rend(); ++it) requests.push_back(request_json(*it));
  const auto relate = [&](const std::string& uuid, std::string_view type) {
    for (const order& other : orders)
      if (!uuid.empty() && other.uuid == uuid)
        related.push_back({{"type", type}, {"uuid", uuid}, {"cdek_number", other.cdek_number}});
  };
  relate(o.return_uuid, "return_order");
  relate(o.client_return_uuid, "client_return_order");
  if (o.is_return) relate(o.direct_uuid, "direct_order");
  if (o.is_client_return) relate(o.direct_uuid, "client_direct_order");
  return json::object{
      {"entity", std::move(e)}, {"requests", std::move(requests)}, {"related_entities", std::move(related)}};
}

} // namespace waybill::cdek::sandbox
