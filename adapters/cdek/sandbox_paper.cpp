// Prices, printed forms and courier calls of the stand-in.
#include "sandbox_places.hpp"
#include "sandbox_world.hpp"
#include "tariffs.hpp"

#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::cdek::sandbox {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds printing = 900ms, intake_judging = 400ms, link_lives = 1h;

struct way {
  int zone{1};
  bool same_city{false};
};

// The problem, or the way between the two ends.
std::optional<std::string> find_way(const json::object& body, way& out) {
  const auto* from = json::child(body, "from_location");
  const auto* to = json::child(body, "to_location");
  if (from == nullptr) return "shipment_location_is_not_recognized";
  if (to == nullptr) return "delivery_location_is_not_recognized";
  const auto a = recognise(*from), b = recognise(*to);
  if (!a.found) return "v2_sender_location_not_recognized";
  if (!b.found) return "v2_recipient_location_not_recognized";
  const city *start = find_city(a.code), *end = find_city(b.code);
  out = {std::max(start->zone, end->zone), a.code == b.code};
  return {};
}

std::int64_t grams_of(const json::object& body, problems& wrong) {
  std::int64_t sum = 0;
  const auto* packages = json::list(body, "packages");
  if (packages == nullptr || packages->empty()) wrong.emplace_back("v2_field_is_empty", "[packages] is empty");
  else
    for (const auto& p : *packages) {
      const auto* o = p.if_object();
      const auto* weight = o == nullptr ? nullptr : json::find(*o, "weight");
      if (weight == nullptr || !weight->is_int64() || weight->get_int64() <= 0)
        wrong.emplace_back("v2_field_is_empty", "[packages.weight] is empty");
      else sum += weight->get_int64();
    }
  return sum;
}

// A price that follows weight, distance and the kind of ends; the stand-in's own.
json::object priced(const tariff& t, const way& w, std::int64_t grams, const json::object& body, bool with_services) {
  const auto mode = mode_of(mode_of_sandbox_tariff(t.code)).value_or(delivery_mode{1, place::door, place::door});
  std::int64_t kopecks = (w.same_city ? 180'00 : 180'00 + 90'00 * w.zone) + (grams + 999) / 1000 * 45'00 * w.zone;
  if (mode.from == place::door) kopecks += 150'00;
  if (mode.to == place::door) kopecks += 150'00;
  if (t.code >= 480 && t.code <= 607) kopecks += kopecks / 2;
  json::object o;
  o["delivery_sum"] = json::decimal(to_decimal(kopecks));
  const int days = w.same_city ? 1 : 1 + w.zone;
  o["period_min"] = days;
  o["period_max"] = days + 1;
  o["calendar_min"] = days;
  o["calendar_max"] = days + 2;
  o["weight_calc"] = grams;
  o["currency"] = "RUB";
  o["delivery_date_range"] = json::object{{"min", to_date(now() + std::chrono::days(days))},
                                          {"max", to_date(now() + std::chrono::days(days + 2))}};
  if (!with_services) return o;
  std::int64_t total = kopecks;
  json::array services;
  if (const auto* list = json::list(body, "services"))
    for (const auto& s : *list) {
      const auto* service = s.if_object();
      if (service == nullptr) continue;
      const std::string code = json::text_or(*service, "code");
      const std::int64_t sum =
          code == "INSURANCE" ? proportion(json::minor(*service, "parameter").value_or(0), 75, 10'000) : 30'00;
      total += sum;
      services.push_back(
          {{"code", code}, {"sum", json::decimal(to_decimal(sum))}, {"total_sum", json::decimal(to_decimal(sum))}});
    }
  if (!services.empty()) o["services"] = std::move(services);
  o["total_sum"] = json::decimal(to_decimal(total));
  return o;
}

// One page, one line of text, offsets and all: every viewer opens it.
std::string tiny_pdf(const std::string& line) {
  const std::string content = "BT /F1 14 Tf 40 360 Td (" + line + ") Tj ET";
  const std::string objects[] = {
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
      fmt::format("<< /Length {} >>\nstream\n{}\nendstream", content.size(), content),
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  std::string pdf = "%PDF-1.4\n", table = "xref\n0 6\n0000000000 65535 f \n";
  int n = 0;
  for (const std::string& o : objects) {
    table += fmt::format("{:010} 00000 n \n", pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", ++n, o);
  }
  const auto start = pdf.size();
  return pdf + table + fmt::format("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n", start);
}

int minutes(const std::string& hhmm) {
  if (hhmm.size() != 5 || hhmm[2] != ':') return -1;
  return (hhmm[0] - '0') * 600 + (hhmm[1] - '0') * 60 + (hhmm[3] - '0') * 10 + (hhmm[4] - '0');
}

} // namespace

http_response world::calculate(std::string_view path, const json::value& body) {
  const json::object& o = body.get_object();
  problems wrong;
  const auto grams = grams_of(o, wrong);
  const auto code = json::integer(o, "tariff_code");
  if (path == "tariff" && !code) wrong.emplace_back("v2_field_is_empty", "[tariff_code] is empty");
  if (const auto* services = json::list(o, "services"))
    for (const auto& s : *services)
      if (const auto* p = s.is_object() ? json::find(s.get_object(), "parameter") : nullptr;
          p != nullptr && !p->is_string())
        wrong.emplace_back("v2_invalid_value_type", "Invalid value type in [services.parameter]");
  if (!wrong.empty()) return refuse_plain(wrong);
  way w;
  if (auto missing = find_way(o, w)) return refuse_plain({{*missing, "The location is not recognised"}});
  const int type = static_cast<int>(json::integer_or(o, "type", 1));
  const auto offered = [&](const tariff& t) {
    return (t.order_types & type) != 0 && (t.max_kg == 0 || grams <= t.max_kg * 1000);
  };
  if (path == "tariff") {
    const tariff* t = find_tariff(*code);
    if (t == nullptr) return refuse_plain({{"err_result_service_empty", "No such tariff"}});
    if ((t->order_types & type) == 0)
      return refuse_plain({{"err_invalid_tariff_with_ordertype", "The tariff does not go with this type"}});
    if (!offered(*t)) return refuse_plain({{"err_result_service_empty", "Too heavy"}});
    return reply(200, priced(*t, w, grams, o, true));
  }
  json::array list;
  for (const tariff& t : known_tariffs()) {
    if (!offered(t) || t.mode == 0) continue;
    json::object row = priced(t, w, grams, o, path == "tariffAndService");
    if (path == "tariffAndService") {
      list.push_back({{"tariff_code", t.code}, {"status", true}, {"result", std::move(row)}});
      continue;
    }
    row["tariff_code"] = t.code;
    row["tariff_name"] = fmt::format("Тариф {}", t.code);
    row["tariff_description"] = "";
    row["delivery_mode"] = t.mode;
    list.push_back(std::move(row));
  }
  json::object answer{{"tariff_codes", list}};
  if (list.empty()) answer["errors"] = error_list({{"err_result_servicelist_empty", "Nothing fits"}});
  return reply(200, std::move(answer));
}

http_response world::print(std::string_view kind, const json::value& body) {
  const json::object& o = body.get_object();
  const auto* list = json::list(o, "orders");
  if (list == nullptr || list->empty() || list->size() > 100)
    return refuse("CREATE", {{"orders_number_is_empty", "[orders] is empty"}});
  if (const std::string format = json::text_or(o, "format", "A4");
      kind == "barcodes" && (format.size() != 2 || format < "A4" || format > "A7"))
    return refuse("CREATE", {{"v2_invalid_format", "[format]"}});
  form f;
  f.uuid = new_uuid();
  f.kind = kind;
  f.body = o;
  f.made = now();
  f.ready_at = steady::now() + scaled(printing);
  for (const auto& each : *list) {
    const auto* one = each.if_object();
    const std::string uuid = one == nullptr ? "" : json::text_or(*one, "order_uuid");
    const order* found = one == nullptr ? nullptr
                         : uuid.empty() ? by_cdek_number(json::text_or(*one, "cdek_number"))
                                        : find(uuid);
    if (found == nullptr || found->removed || found->cdek_number.empty())
      f.errors = {{"v2_order_not_found", "The order is not found"}};
  }
  forms.push_back(f);
  later(printing, [id = f.uuid, what = f.kind, good = f.errors.empty()](world& w) {
    if (good)
      w.post_hook("PRINT_FORM", id,
                  {{"type", what == "orders" ? "WAYBILL" : "BARCODE"},
                   {"url", "https://api.cdek.ru/v2/print/" + what + "/" + id + ".pdf"}});
  });
  return accepted(f.uuid, {new_uuid(), "CREATE", "ACCEPTED", f.made, {}, {}});
}

http_response world::form_state(std::string_view kind, std::string_view uuid) {
  for (const form& f : forms) {
    if (f.uuid != uuid || f.kind != kind) continue;
    const auto since = steady::now() - f.ready_at;
    json::array statuses; // the newest last, unlike in an order
    const auto add = [&](std::string_view code, std::string_view name) {
      statuses.push_back({{"code", code}, {"name", name}, {"date_time", stamp(f.made)}});
    };
    add("ACCEPTED", "Принят");
    json::object entity{{"uuid", f.uuid}};
    if (!f.errors.empty()) {
      add("INVALID", "Некорректный запрос");
    } else {
      add("PROCESSING", "Формируется");
      if (since > 0s) {
        add("READY", "Сформирован");
        entity["url"] = fmt::format("https://api.cdek.ru/v2/print/{}/{}.pdf", f.kind, f.uuid);
      }
      if (since > scaled(link_lives)) add("REMOVED", "Удален");
    }
    entity["statuses"] = std::move(statuses);
    const request r{new_uuid(), "CREATE", f.errors.empty() ? "SUCCESSFUL" : "INVALID", f.made, f.errors, {}};
    return reply(200, json::object{{"entity", std::move(entity)}, {"requests", json::array{request_json(r)}}});
  }
  return not_found("v2_entity_not_found");
}

http_response world::form_file(std::string_view kind, std::string_view uuid) {
  for (const form& f : forms) {
    if (f.uuid != uuid || f.kind != kind) continue;
    const auto since = steady::now() - f.ready_at;
    if (since < 0s || !f.errors.empty()) return refuse_plain({{"v2_entity_empty", "The form is not ready"}});
    if (since > scaled(link_lives)) return refuse_plain({{"v2_entity_expired", "The form's life is over"}});
    http_response r;
    r.headers.emplace_back("Content-Type", "application/pdf");
    r.body = tiny_pdf("CDEK " + f.kind + " " + f.uuid.substr(0, 8));
    return r;
  }
  return not_found("v2_entity_not_found");
}

http_response world::make_intake(const json::value& body) {
  const json::object& o = body.get_object();
  problems wrong;
  for (const std::string_view key : {"intake_date", "intake_time_from", "intake_time_to"})
    if (!json::text(o, key)) wrong.emplace_back("v2_field_is_empty", fmt::format("[{}] is empty", key));
  const std::string uuid = json::text_or(o, "order_uuid"), number = json::text_or(o, "cdek_number");
  const bool of_order = !uuid.empty() || !number.empty();
  const order* target = !uuid.empty() ? find(uuid) : by_cdek_number(number);
  if (of_order && (target == nullptr || target->removed))
    wrong.emplace_back("v2_order_not_found", "The order is not found");
  if (!of_order)
    for (const std::string_view key : {"name", "weight", "length", "width", "height", "sender", "from_location"})
      if (json::find(o, key) == nullptr) wrong.emplace_back("v2_field_is_empty", fmt::format("[{}] is empty", key));
  const int from = minutes(json::text_or(o, "intake_time_from")), to = minutes(json::text_or(o, "intake_time_to"));
  if (wrong.empty() && (from < 9 * 60 || to > 22 * 60 || to - from < 180))
    wrong.emplace_back("v2_wrong_interval", "The interval is wrong");
  if (!wrong.empty()) return refuse("CREATE", wrong);
  intake i;
  i.uuid = new_uuid();
  i.order_uuid = target == nullptr ? "" : target->uuid;
  i.date = json::text_or(o, "intake_date");
  i.body = o;
  i.made = now();
  i.judged_at = steady::now() + scaled(intake_judging);
  for (const intake& other : intakes) {
    if (!other.errors.empty()) continue;
    if (of_order && other.order_uuid == i.order_uuid)
      i.errors = {{"v2_intake_exists_by_order", "The order has a courier request"}};
    if (!of_order && other.order_uuid.empty() && other.date == i.date)
      i.errors = {{"v2_intake_exists_by_date_address", "A request exists"}};
  }
  if (i.errors.empty()) i.number = new_intake_number();
  intakes.push_back(i);
  return accepted(i.uuid, {new_uuid(), "CREATE", "ACCEPTED", i.made, {}, {}});
}

http_response world::intake_state(std::string_view uuid) {
  for (const intake& i : intakes) {
    if (i.uuid != uuid) continue;
    const bool judged = steady::now() >= i.judged_at;
    json::object e{{"uuid", i.uuid}, {"intake_date", i.date}};
    if (!i.order_uuid.empty()) e["order_uuid"] = i.order_uuid;
    json::array statuses{json::object{{"code", "ACCEPTED"}, {"date_time", stamp(i.made)}}};
    if (judged) statuses.push_back({{"code", i.errors.empty() ? "CREATED" : "INVALID"}, {"date_time", stamp(i.made)}});
    if (judged && i.errors.empty()) e["intake_number"] = i.number;
    e["statuses"] = std::move(statuses);
    const request r{new_uuid(),
                    "CREATE",
                    !judged            ? "ACCEPTED"
                    : i.errors.empty() ? "SUCCESSFUL"
                                       : "INVALID",
                    i.made,
                    judged ? i.errors : problems{},
                    {}};
    return reply(200, json::object{{"entity", std::move(e)}, {"requests", json::array{request_json(r)}}});
  }
  return not_found("v2_entity_not_found");
}

} // namespace waybill::cdek::sandbox
