// What CDEK refuses: missing and malformed fields at once, everything that takes thinking a moment later.
#include "sandbox_places.hpp"
#include "sandbox_world.hpp"
#include "tariffs.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace waybill::cdek::sandbox {
namespace {

class checker {
 public:
  problems found;

  void empty(const std::string& field) { found.emplace_back("v2_field_is_empty", "[" + field + "] is empty"); }
  void type(const std::string& field) {
    found.emplace_back("v2_invalid_value_type", "Invalid value type in [" + field + "]");
  }
  void format(const std::string& field) {
    found.emplace_back("v2_invalid_format", "Invalid format of [" + field + "]");
  }

  void text(const json::object& o, std::string_view key, const std::string& path, std::size_t most, bool required) {
    const auto* v = json::find(o, key);
    if (v == nullptr || (v->is_string() && v->get_string().empty())) {
      if (required) empty(path);
    } else if (!v->is_string() || v->get_string().front() == json::decimal_mark) {
      type(path);
    } else if (characters(std::string_view(v->get_string())) > most) {
      format(path);
    }
  }

  // A whole JSON number; strings and fractions are refused.
  void whole(const json::object& o, std::string_view key, const std::string& path, std::int64_t least,
             std::int64_t most, bool required) {
    const auto* v = json::find(o, key);
    if (v == nullptr) {
      if (required) empty(path);
    } else if (!v->is_int64()) {
      type(path);
    } else if (v->get_int64() < least || v->get_int64() > most) {
      format(path);
    }
  }

  // Roubles as a JSON number.
  void roubles(const json::object& o, std::string_view key, const std::string& path, bool required) {
    const auto* v = json::find(o, key);
    if (v == nullptr) {
      if (required) empty(path);
      return;
    }
    const bool number =
        v->is_int64() || (v->is_string() && !v->get_string().empty() && v->get_string().front() == json::decimal_mark);
    const auto minor = json::as_minor(*v);
    if (!number || !minor) type(path);
    else if (*minor < 0) format(path);
  }

  void payment(const json::object& o, const std::string& path) {
    roubles(o, "value", path + ".value", true);
    if (const auto* rate = json::find(o, "vat_rate")) {
      const auto n = json::as_integer(*rate);
      static const std::set<std::int64_t> rates{0, 5, 7, 10, 16, 22};
      if (!rate->is_int64() || !n || !rates.contains(*n)) type(path + ".vat_rate");
      roubles(o, "vat_sum", path + ".vat_sum", true);
    }
  }

  void contact(const json::object& o, const std::string& path, bool phone_required) {
    text(o, "name", path + ".name", 255, true);
    const auto* phones = json::find(o, "phones");
    if (phones == nullptr) {
      if (phone_required) empty(path + ".phones");
      return;
    }
    const auto* list = phones->if_array();
    if (list == nullptr) return type(path + ".phones");
    if (list->empty() && phone_required) empty(path + ".phones");
    for (const auto& each : *list) {
      if (!each.is_object()) type(path + ".phones");
      else text(each.get_object(), "number", path + ".phones.number", 24, true);
    }
  }

  void item(const json::object& o, const std::string& path) {
    text(o, "name", path + ".name", 255, true);
    text(o, "ware_key", path + ".ware_key", 20, true);
    roubles(o, "cost", path + ".cost", true);
    whole(o, "weight", path + ".weight", 0, 1'000'000, true);
    whole(o, "amount", path + ".amount", 1, 999, true);
    if (const auto* pay = json::child(o, "payment")) payment(*pay, path + ".payment");
    else empty(path + ".payment");
  }

  void package(const json::object& o, const std::string& path, int order_type) {
    text(o, "number", path + ".number", 255, true);
    whole(o, "weight", path + ".weight", 1, 1'000'000, true);
    const bool length = o.contains("length"), width = o.contains("width"), height = o.contains("height");
    const bool any = length || width || height || json::integer_or(o, "weight") >= 100;
    for (const std::string_view side : {"length", "width", "height"})
      whole(o, side, path + "." + std::string(side), 1, 1'000'000, any);
    const auto* items = json::list(o, "items");
    if (order_type == 1 && (items == nullptr || items->empty())) empty(path + ".items");
    if (items == nullptr) return;
    for (std::size_t i = 0; i < items->size(); ++i)
      if ((*items)[i].is_object()) item((*items)[i].get_object(), fmt::format("{}.items[{}]", path, i));
      else type(path + ".items");
  }

  void location(const json::object& body, std::string_view key) {
    if (const auto* o = json::child(body, key)) {
      text(*o, "address", std::string(key) + ".address", 255, true);
      whole(*o, "code", std::string(key) + ".code", 1, 1'000'000, false);
      text(*o, "city", std::string(key) + ".city", 255, false);
      text(*o, "postal_code", std::string(key) + ".postal_code", 255, false);
    }
  }
};

bool has_service(const json::object& body, std::string_view code) {
  const auto* list = json::list(body, "services");
  return list != nullptr && std::ranges::any_of(*list, [&](const auto& s) {
           return s.is_object() && json::text_or(s.get_object(), "code") == code;
         });
}

bool door_from(int mode) { return mode == 1 || mode == 2 || mode == 6; }
bool door_to(int mode) { return mode == 1 || mode == 3 || mode == 8; }
bool locker_to(int mode) { return mode == 6 || mode == 7 || mode == 10; }

std::int64_t total_grams(const json::object& body) {
  std::int64_t sum = 0;
  for (const auto& p : body.at("packages").get_array()) sum += json::integer_or(p.get_object(), "weight");
  return sum;
}

void check_number(const world& w, const order& o, problems& out) {
  if (o.type != 1) return;
  bool earlier_ones = true;
  for (const order& other : w.orders) {
    if (other.uuid == o.uuid) {
      earlier_ones = false;
      continue;
    }
    if (other.number != o.number || other.type != 1 || other.is_return || other.is_client_return) continue;
    // A refused order frees its number, a removed one does not; of two in work the first has it.
    const bool earlier = other.request_state() == "ACCEPTED" && earlier_ones;
    if (other.request_state() == "SUCCESSFUL" || earlier) {
      out.emplace_back("error_validate_im_dep_number_has_already_had_integration",
                       "Введенный номер отправления ИМ не уникальный. Введите уникальный номер.");
      return;
    }
  }
}

void check_points(const order& o, int mode, problems& out) {
  const std::string from = json::text_or(o.body, "shipment_point"), to = json::text_or(o.body, "delivery_point");
  if (!from.empty()) {
    const point* p = find_point(from);
    if (p == nullptr) out.emplace_back("code_invalid", "Unknown office [shipment_point]");
    else if (!p->reception) out.emplace_back("err_pvz_with_tariff_mistake", "The office does not take parcels in");
  }
  if (door_from(mode) && json::child(o.body, "from_location") == nullptr)
    out.emplace_back("v2_order_location_from_and_shipment_point_empty", "[from_location] is needed by this tariff");
  if (door_to(mode)) {
    if (json::child(o.body, "to_location") == nullptr)
      out.emplace_back("err_pvz_with_tariff_mistake", "This tariff goes to the door");
    return;
  }
  if (to.empty()) {
    out.emplace_back("v2_order_location_to_and_delivery_point_empty", "[delivery_point] is needed by this tariff");
    return;
  }
  const point* p = find_point(to);
  if (p == nullptr) {
    out.emplace_back("code_invalid", "Unknown office [delivery_point]");
    return;
  }
  if ((p->type == "POSTAMAT") != locker_to(mode))
    out.emplace_back("err_pvz_with_tariff_mistake", "The tariff does not fit this kind of point");
  if (p->type == "POSTAMAT") {
    const auto& packages = o.body.at("packages").get_array();
    if (packages.size() != 1) out.emplace_back("error_validate_postamat_package_count", "A locker takes one package");
    if (total_grams(o.body) > 15'000)
      out.emplace_back("error_validate_postamat_package_weight", "A locker takes up to 15 kg");
    if (has_service(o.body, "TRYING_ON") || has_service(o.body, "PART_DELIV"))
      out.emplace_back("v2_unable_add_service", "The service is not possible at a locker");
  } else if (const auto most = parse_minor(p->weight_max); most && total_grams(o.body) > *most * 10) {
    out.emplace_back("ERR_PVZ_WEIGHT_LIMIT", "The parcel is too heavy for this office");
  }
}

void check_services(const order& o, problems& out) {
  const auto* list = json::list(o.body, "services");
  static const std::set<std::string> known{"INSURANCE",
                                           "TAKE_SENDER",
                                           "DELIV_RECEIVER",
                                           "TRYING_ON",
                                           "PART_DELIV",
                                           "DANGER_CARGO",
                                           "SMS",
                                           "BAN_ATTACHMENT_INSPECTION",
                                           "THERMAL_MODE",
                                           "GET_UP_FLOOR_BY_HAND",
                                           "GET_UP_FLOOR_BY_ELEVATOR",
                                           "ADULT_GOODS",
                                           "PHOTO_OF_DOCUMENTS",
                                           "NOTIFY_ORDER_CREATED",
                                           "NOTIFY_ORDER_DELIVERY",
                                           "BUBBLE_WRAP",
                                           "WASTE_PAPER"};
  if (list == nullptr) return;
  for (const auto& s : *list) {
    const std::string code = json::text_or(s.get_object(), "code");
    if (!known.contains(code) && !code.starts_with("CARTON_BOX_"))
      out.emplace_back("v2_unable_add_service", "Unknown service " + code);
    if (o.type != 1 && (code == "TRYING_ON" || code == "PART_DELIV"))
      out.emplace_back("VE_ADDITIONAL_SERVICE_UNAVAILABLE", "The service is not available");
  }
  if (has_service(o.body, "BAN_ATTACHMENT_INSPECTION") &&
      (has_service(o.body, "TRYING_ON") || has_service(o.body, "PART_DELIV")))
    out.emplace_back("v2_unable_add_service", "The services exclude each other");
}

} // namespace

int mode_of_sandbox_tariff(std::int64_t code) {
  const tariff* t = find_tariff(code);
  return t == nullptr ? 0 : t->mode == 0 ? 4 : t->mode;
}

city_answer recognise(const json::object& l) {
  if (json::text_or(l, "address").find("Неизвестн") != std::string::npos) return {};
  if (const auto code = json::integer(l, "code")) {
    const city* c = find_city(static_cast<int>(*code));
    return {c == nullptr ? 0 : c->code, c != nullptr};
  }
  if (const city* c = city_by_postal(json::text_or(l, "postal_code"))) return {c->code, true};
  std::string name = json::text_or(l, "city");
  if (name.empty()) { // the text is looked through
    const std::string address = json::text_or(l, "address");
    for (const city& c : cities())
      if (address.find(c.name) != std::string::npos) return {c.code, true};
    return {};
  }
  if (name.starts_with("г. ")) name.erase(0, std::string_view("г. ").size());
  const city* c = find_city(name);
  return {c == nullptr ? 0 : c->code, c != nullptr};
}

problems static_checks(const json::object& body) {
  checker c;
  const int type = static_cast<int>(json::integer_or(body, "type", 1));
  if (type != 1 && type != 2) c.format("type");
  c.whole(body, "tariff_code", "tariff_code", 1, 1'000'000, true);
  c.text(body, "comment", "comment", 255, false);
  if (type == 1 && body.contains("number") && !is_reference(json::text_or(body, "number"))) c.format("number");
  const bool from_door = json::child(body, "from_location") != nullptr,
             from_office = json::text(body, "shipment_point").has_value();
  const bool to_door = json::child(body, "to_location") != nullptr,
             to_office = json::text(body, "delivery_point").has_value();
  if (from_door && from_office)
    c.found.emplace_back("v2_bad_request", "[from_location] and [shipment_point] exclude each other");
  if (to_door && to_office)
    c.found.emplace_back("v2_bad_request", "[to_location] and [delivery_point] exclude each other");
  if (!from_door && !from_office)
    c.found.emplace_back("v2_order_location_from_and_shipment_point_empty",
                         "[from_location] or [shipment_point] is needed");
  if (!to_door && !to_office)
    c.found.emplace_back("v2_order_location_to_and_delivery_point_empty",
                         "[to_location] or [delivery_point] is needed");
  c.location(body, "from_location");
  c.location(body, "to_location");
  if (const auto* recipient = json::child(body, "recipient")) c.contact(*recipient, "recipient", true);
  else c.empty("recipient");
  if (const auto* sender = json::child(body, "sender")) c.contact(*sender, "sender", false);
  else if (type == 2) c.empty("sender");
  if (const auto* fee = json::child(body, "delivery_recipient_cost")) c.payment(*fee, "delivery_recipient_cost");
  // Their mere presence makes an order international, which asks for much more.
  for (const std::string_view key : {"shipper_name", "shipper_address", "date_invoice"})
    if (body.contains(key)) c.empty("recipient.passport_number");
  const auto* packages = json::list(body, "packages");
  if (packages == nullptr || packages->empty()) c.empty("packages");
  else if (packages->size() > 255) c.format("packages");
  else
    for (std::size_t i = 0; i < packages->size(); ++i)
      if ((*packages)[i].is_object()) c.package((*packages)[i].get_object(), fmt::format("packages[{}]", i), type);
      else c.type("packages");
  if (const auto* services = json::find(body, "services")) {
    if (!services->is_array()) c.type("services");
    else
      for (const auto& s : services->get_array()) {
        if (!s.is_object()) c.type("services");
        else {
          c.text(s.get_object(), "code", "services.code", 255, true);
          c.text(s.get_object(), "parameter", "services.parameter", 255, false);
        }
      }
  }
  return c.found;
}

problems later_checks(world& w, const order& o) {
  problems out;
  const auto code = json::integer_or(o.body, "tariff_code");
  const tariff* t = find_tariff(code);
  if (t == nullptr) {
    out.emplace_back("err_result_service_empty", fmt::format("Tariff {} is not available", code));
    return out;
  }
  check_number(w, o, out);
  if ((t->order_types & o.type) == 0)
    out.emplace_back("err_invalid_tariff_with_ordertype", "The tariff does not go with this type of order");
  check_points(o, mode_of_sandbox_tariff(code), out);
  if (const auto* to = json::child(o.body, "to_location"); to != nullptr && !recognise(*to).found)
    out.emplace_back("v2_recipient_location_not_recognized", "The recipient's location is not recognised");
  if (const auto* from = json::child(o.body, "from_location"); from != nullptr && !recognise(*from).found)
    out.emplace_back("v2_sender_location_not_recognized", "The sender's location is not recognised");
  const auto& phones = o.body.at("recipient").at("phones").get_array();
  for (const auto& p : phones)
    if (!is_e164(json::text_or(p.get_object(), "number")))
      out.emplace_back("error_validate_receiver_phone_number_incorrect", "The recipient's phone number is incorrect");
  std::size_t positions = 0;
  std::set<std::string> numbers;
  for (const auto& p : o.body.at("packages").get_array()) {
    if (!numbers.insert(json::text_or(p.get_object(), "number")).second)
      out.emplace_back("v2_invalid_format", "[packages.number] is not unique");
    const auto* items = json::list(p.get_object(), "items");
    if (items == nullptr) continue;
    positions += items->size();
    for (const auto& i : *items)
      if (json::text(i.get_object(), "marking") && json::integer_or(i.get_object(), "amount") != 1)
        out.emplace_back("error_validate_good_invalid_label", "Marked goods come one by one");
  }
  if (positions > 126) out.emplace_back("v2_number_items_is_more_126", "Too many positions");
  if (t->max_kg > 0 && total_grams(o.body) > t->max_kg * 1000)
    out.emplace_back("err_invalid_tariff_with_dimentions", "Too heavy for this tariff");
  check_services(o, out);
  return out;
}

} // namespace waybill::cdek::sandbox
