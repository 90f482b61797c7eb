// CDEK's answers into our facts.
#include "errors.hpp"
#include "mapping.hpp"
#include "statuses.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace waybill::cdek {
namespace {

constexpr std::size_t most_events = 2000, most_warnings = 20;

std::vector<peer_error> errors_of_request(const json::object& request) {
  json::object only;
  if (const auto* list = json::find(request, wire::errors)) only[wire::errors] = *list;
  return errors_in(json::value(std::move(only)));
}

// One request of requests[], by type, the newest. nullptr: none.
const json::object* newest_request(const json::value& answer, std::string_view type) {
  const auto* o = answer.if_object();
  const auto* list = o == nullptr ? nullptr : json::list(*o, wire::requests);
  const json::object* best = nullptr;
  std::optional<instant> best_at;
  if (list == nullptr) return nullptr;
  for (const auto& each : *list) {
    const auto* r = each.if_object();
    if (r == nullptr || json::text_or(*r, wire::type) != type) continue;
    const auto at = parse_instant(json::text_or(*r, wire::date_time));
    // Of equal times the one nearer the start: the array begins with the newest as a rule.
    if (best == nullptr || (at && (!best_at || *at > *best_at))) {
      best = r;
      best_at = at;
    }
  }
  return best;
}

struct raw_event {
  tracking_event event;
  std::size_t index{0}; // in CDEK's array
  bool deleted{false};
};

std::string status_text(const json::object& o, std::string_view code, std::string_view reason, bool way_back) {
  std::string text = harmless(json::text_or(o, wire::status_name), 120);
  const status_row* row = find_status(code);
  if (text.empty()) text = row != nullptr ? std::string(row->name) : clean_code(code);
  if (const auto why = reason_text(reason); !why.empty()) text += ": " + std::string(why);
  else if (!reason.empty()) text += fmt::format(": причина {}", clean_code(reason));
  return way_back ? "Возврат: " + text : text;
}

void add_warnings(const json::value& answer, const json::object& entity, std::vector<std::string>& out) {
  const auto add = [&out](std::string text) {
    if (!text.empty() && out.size() < most_warnings && std::ranges::find(out, text) == out.end())
      out.push_back(std::move(text));
  };
  for (const peer_error& w : warnings_in(answer)) add(harmless(w.message.empty() ? w.code : w.message));
  if (const auto* list = json::list(entity, wire::delay_reasons))
    for (const auto& each : *list)
      if (const auto* o = each.if_object()) add(harmless(json::text_or(*o, wire::description)));
  const auto* calls = json::child(entity, wire::calls);
  if (const auto* list = calls == nullptr ? nullptr : json::list(*calls, wire::failed_calls))
    for (const auto& each : *list)
      if (const auto* o = each.if_object()) {
        const auto why = failed_call_text(json::text_or(*o, wire::reason_code));
        add("Не дозвонились: " + std::string(why.empty() ? "причина неизвестна" : why));
      }
}

void read_related(const json::value& answer, order_facts& f) {
  const auto* o = answer.if_object();
  const auto* list = o == nullptr ? nullptr : json::list(*o, wire::related_entities);
  if (list == nullptr) return;
  for (const auto& each : *list) {
    const auto* e = each.if_object();
    if (e == nullptr) continue;
    const std::string type = json::text_or(*e, wire::type), id = json::text_or(*e, wire::uuid);
    if (!is_uuid(id)) continue;
    if (type == wire::related_return) {
      f.return_uuid = id;
      f.order.return_order_id = id;
      f.order.return_number = clean_code(json::text_or(*e, wire::cdek_number));
    } else if (type == wire::related_client_return) {
      f.client_return_uuid = id;
    }
  }
}

void read_money(const json::object& entity, carrier_order& order) {
  const auto* detail = json::child(entity, wire::delivery_detail);
  if (detail == nullptr) return;
  auto total = json::minor(*detail, wire::total_sum);
  if (!total || *total <= 0) total = json::minor(*detail, wire::delivery_sum);
  if (total && *total > 0) order.cost = money{*total};
  if (const auto taken = json::minor(*detail, wire::payment_sum)) order.collected = money{*taken};
}

// The packages as they were sent: by the number at the end of ours.
std::vector<const json::object*> packages_of(const json::object& entity) {
  struct numbered {
    std::int64_t place{0};
    std::size_t nth{0};
    const json::object* package{nullptr};
  };
  std::vector<numbered> all;
  if (const auto* list = json::list(entity, wire::packages))
    for (const auto& p : *list) {
      const auto* o = p.if_object();
      if (o == nullptr) continue;
      const std::string number = json::text_or(*o, wire::number);
      const auto place = json::as_integer(json::value(number.substr(number.rfind('-') + 1)));
      all.push_back({place.value_or(0), all.size(), o});
    }
  std::ranges::sort(
      all, [](const numbered& a, const numbered& b) { return std::tie(a.place, a.nth) < std::tie(b.place, b.nth); });
  std::vector<const json::object*> out;
  for (const auto& one : all) out.push_back(one.package);
  return out;
}

// Units handed over, item by item. An item that is told of without this figure makes the whole unknown.
std::vector<std::int64_t> handed_over(const json::object& entity) {
  std::vector<std::int64_t> out;
  for (const auto* p : packages_of(entity)) {
    const json::object* before = nullptr;
    const auto* items = json::list(*p, wire::items);
    if (items == nullptr) return {};
    for (const auto& each : *items) {
      const auto* i = each.if_object();
      const auto units = i == nullptr ? std::nullopt : json::integer(*i, wire::delivery_amount);
      if (!units || *units < 0 || *units > json::integer_or(*i, wire::amount)) return {};
      // More than a position holds was sent as several.
      const bool more = before != nullptr && json::integer_or(*before, wire::amount) == wire::most_amount &&
                        json::text_or(*before, wire::item_name) == json::text_or(*i, wire::item_name) &&
                        json::minor(*before, wire::cost) == json::minor(*i, wire::cost);
      if (more) out.back() += *units;
      else out.push_back(*units);
      before = i;
    }
  }
  return out;
}

void judge(const json::value& answer, order_facts& f) {
  const verdict create = verdict_of(answer, wire::request_create);
  carrier_order& order = f.order;
  const verdict removal = verdict_of(answer, wire::request_delete);
  if (removal.state == wire::state_successful || f.last_status == "REMOVED") {
    order.phase = order_phase::cancelled;
  } else if (!order.number.empty()) {
    order.phase = order_phase::active;
  } else if (create.state == wire::state_invalid || f.last_status == "INVALID") {
    order.phase = order_phase::refused;
    order.refusal = create.state == wire::state_invalid
                        ? create.refusal
                        : fault{errc::rejected, "CDEK refused the order without a reason", {}, {}};
  } else {
    order.phase = order_phase::pending; // also SUCCESSFUL without a number: it comes in a moment
  }
  // The newest change, whatever its kind.
  const json::object* update = newest_request(answer, wire::request_update);
  const json::object* remove = newest_request(answer, wire::request_delete);
  const auto at = [](const json::object* r) {
    return r == nullptr ? std::optional<instant>{} : parse_instant(json::text_or(*r, wire::date_time));
  };
  const json::object* change = update == nullptr || (remove != nullptr && at(remove) >= at(update)) ? remove : update;
  if (change == nullptr || order.phase == order_phase::cancelled) return;
  const std::string state = json::text_or(*change, wire::state);
  order.change_pending = state == wire::state_accepted || state == wire::state_waiting;
  if (state == wire::state_invalid) order.change_refused = fault_from(errors_of_request(*change));
}

} // namespace

verdict verdict_of(const json::value& answer, std::string_view request_type) {
  const json::object* r = newest_request(answer, request_type);
  if (r == nullptr) return {};
  verdict v{json::text_or(*r, wire::state), {}};
  if (v.state == wire::state_invalid) v.refusal = fault_from(errors_of_request(*r));
  return v;
}

std::optional<std::string> entity_uuid(const json::value& answer) {
  const auto* v = json::at_path(answer, "entity.uuid");
  auto text = v == nullptr ? std::nullopt : json::as_text(*v);
  return text && is_uuid(*text) ? std::optional(lower_ascii(*text)) : std::nullopt;
}

std::vector<tracking_event> events_of(const json::object& entity, bool way_back) {
  std::vector<raw_event> raw;
  if (const auto* list = json::list(entity, wire::statuses))
    for (const auto& each : *list) {
      const auto* o = each.if_object();
      if (o == nullptr || raw.size() == most_events) continue;
      const std::string code = json::text_or(*o, wire::code), reason = json::text_or(*o, wire::reason_code);
      const auto when = parse_instant(json::text_or(*o, wire::date_time));
      if (!when || clean_code(code).empty()) continue;
      const auto [canonical, known] = meaning_of(code, reason, way_back);
      const status_row* row = find_status(code);
      raw_event e;
      e.index = raw.size();
      e.event = {canonical,
                 row != nullptr ? std::string(row->code) : clean_code(code),
                 status_text(*o, code, reason, way_back),
                 *when,
                 harmless(json::text_or(*o, wire::city), 120),
                 known};
      e.deleted = json::boolean(*o, wire::deleted).value_or(false);
      raw.push_back(std::move(e));
    }
  // The element nearer the start is the newer of two with the same second; each is set a millisecond after the one
  // before it, so that later readers need not know this rule. Withdrawn ones count here, or the others would shift.
  std::ranges::sort(raw, [](const raw_event& a, const raw_event& b) {
    return a.event.when != b.event.when ? a.event.when < b.event.when : a.index > b.index;
  });
  for (std::size_t i = 1; i < raw.size(); ++i)
    if (raw[i].event.when <= raw[i - 1].event.when)
      raw[i].event.when = raw[i - 1].event.when + std::chrono::milliseconds(1);
  std::vector<tracking_event> out;
  for (raw_event& e : raw)
    if (!e.deleted) out.push_back(std::move(e.event));

  if (const auto* list = json::list(entity, wire::delivery_problem))
    for (const auto& each : *list) {
      const auto* o = each.if_object();
      if (o == nullptr || out.size() >= 2 * most_events) continue;
      const std::string code = clean_code(json::text_or(*o, wire::code));
      const auto when = parse_instant(json::text_or(*o, wire::create_date));
      if (!when || code.empty()) continue;
      const auto text = problem_text(code);
      tracking_event e{status::problem,
                       "DELIV_PROBLEM/" + code,
                       "Проблема доставки: " + (text.empty() ? "код " + code : std::string(text)),
                       *when,
                       {},
                       true};
      out.insert(std::ranges::upper_bound(out, e.when, {}, &tracking_event::when), std::move(e));
    }
  return out;
}

result<order_facts> read_order(const settings& how, const json::value& answer) {
  const auto* o = answer.if_object();
  const auto* entity = o == nullptr ? nullptr : json::child(*o, wire::entity);
  if (entity == nullptr) return fail(errc::protocol, "CDEK's answer about an order lacks the order");
  const auto id = entity_uuid(answer);
  if (!id) return fail(errc::protocol, "CDEK's answer about an order lacks its uuid");
  order_facts f;
  carrier_order& order = f.order;
  order.id = *id;
  order.number = clean_code(json::text_or(*entity, wire::cdek_number));
  order.reference = shortened(json::text_or(*entity, wire::number), 64);
  if (!order.number.empty()) {
    order.tracking_url = how.tracking_url;
    if (const auto at = order.tracking_url.find("{number}"); at != std::string::npos)
      order.tracking_url.replace(at, 8, order.number);
  }
  f.order_type = static_cast<int>(json::integer_or(*entity, wire::type));
  f.way_back = json::boolean(*entity, wire::is_return).value_or(false) ||
               json::boolean(*entity, wire::is_client_return).value_or(false);
  order.events = events_of(*entity, f.way_back);
  for (auto it = order.events.rbegin(); it != order.events.rend() && f.last_status.empty(); ++it)
    if (it->known && !it->code.starts_with("DELIV_PROBLEM/")) f.last_status = it->code;
  order.planned_date = json::text_or(*entity, wire::planned_delivery_date).substr(0, 10);
  order.kept_until = json::text_or(*entity, wire::keep_free_until).substr(0, 10);
  if (!parse_instant(order.planned_date)) order.planned_date.clear();
  if (!parse_instant(order.kept_until)) order.kept_until.clear();
  order.pickup_point = clean_code(json::text_or(*entity, wire::delivery_point));
  read_money(*entity, order);
  order.handed_over = handed_over(*entity);
  read_related(answer, f);
  add_warnings(answer, *entity, order.warnings);
  judge(answer, f);
  return f;
}

bool is_deletable(const order_facts& f) {
  return f.last_status.empty() || f.last_status == "ACCEPTED" || f.last_status == "CREATED";
}

bool is_closed(const order_facts& f) {
  return f.last_status == "DELIVERED" || f.last_status == "NOT_DELIVERED" || f.last_status == "REMOVED" ||
         f.last_status == "INVALID";
}

form_state read_form(const json::value& answer) {
  form_state out;
  const verdict v = verdict_of(answer, wire::request_create);
  if (v.state == wire::state_invalid) return {form_state::step::failed, v.refusal};
  const json::value* entity = json::at_path(answer, wire::entity);
  const auto* o = entity == nullptr ? nullptr : entity->if_object();
  const auto* list = o == nullptr ? nullptr : json::list(*o, wire::statuses);
  if (list == nullptr) return out;
  // Steps of a form only go on, so the furthest one counts and neither the times nor the array's order matter.
  for (const auto& each : *list) {
    const auto* s = each.if_object();
    const std::string code = s == nullptr ? std::string() : json::text_or(*s, wire::code);
    if (code == "INVALID") {
      auto errors = errors_in(answer);
      return {form_state::step::failed, errors.empty()
                                            ? fault{errc::rejected, "CDEK refused to print", {}, "cdek.print_refused"}
                                            : fault_from(errors)};
    }
    if (code == "REMOVED")
      return {form_state::step::failed,
              {errc::not_found, "the printed form is no longer kept by CDEK", {}, "v2_entity_expired"}};
    if (code == "READY") out.now = form_state::step::ready;
  }
  return out;
}

namespace {

quote quote_of(const json::object& o, std::int64_t code) {
  quote q;
  q.service = std::to_string(code);
  q.service_name = shortened(json::text_or(o, "tariff_name"), 200);
  auto sum = json::minor(o, wire::total_sum);
  if (!sum) sum = json::minor(o, wire::delivery_sum);
  q.cost = {sum.value_or(0), json::text_or(o, "currency", "RUB")};
  q.days_min = static_cast<int>(json::integer_or(o, "calendar_min", json::integer_or(o, "period_min")));
  q.days_max = static_cast<int>(json::integer_or(o, "calendar_max", json::integer_or(o, "period_max", q.days_min)));
  return q;
}

bool has_sum(const json::object& o) { return json::minor(o, wire::total_sum) || json::minor(o, wire::delivery_sum); }

} // namespace

result<std::vector<quote>> read_tariff_list(const settings& how, const json::value& answer) {
  const auto* o = answer.if_object();
  const auto* list = o == nullptr ? nullptr : json::list(*o, "tariff_codes");
  std::vector<quote> out;
  if (list != nullptr)
    for (const auto& each : *list) {
      const auto* t = each.if_object();
      const auto code = t == nullptr ? std::nullopt : json::integer(*t, wire::tariff_code);
      if (!code || !has_sum(*t) || out.size() == 500) continue;
      // Offered are the tariffs of the configuration; an account that names none gets all of them.
      const bool ours = how.services.empty() || std::ranges::any_of(how.services, [&](const auto& s) {
                          return s.second == std::to_string(*code);
                        });
      if (ours) out.push_back(quote_of(*t, *code));
    }
  if (!out.empty()) return out;
  const auto errors = errors_in(answer);
  if (!errors.empty()) return fail(fault_from(errors));
  if (list == nullptr) return fail(errc::protocol, "CDEK's answer lacks the list of tariffs");
  return fail(errc::rejected, "CDEK offers no configured tariff for this way", "err_result_servicelist_empty");
}

result<quote> read_tariff(std::int64_t tariff_code, const json::value& answer) {
  const auto* o = answer.if_object();
  if (o != nullptr && has_sum(*o)) return quote_of(*o, tariff_code);
  const auto errors = errors_in(answer);
  if (!errors.empty()) return fail(fault_from(errors));
  return fail(errc::protocol, "CDEK's answer lacks the price");
}

} // namespace waybill::cdek
