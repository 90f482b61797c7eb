// The geography and the prices of the stand-in.
#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::dpd::sandbox {
namespace {

constexpr std::string_view does_all = "SelfPickup SelfDelivery Payment PaymentByBankCard";

constexpr std::array<town, 7> all_towns{{
    {49694102, "Москва", "Москва", 77, "101000", "135999"},
    {49694167, "Санкт-Петербург", "Санкт-Петербург", 78, "190000", "199406"},
    {49265227, "Казань", "Татарстан", 16, "420000", "420999"},
    {195901509, "Тверь", "Тверская", 69, "170000", "170999"},
    {49455627, "Новосибирск", "Новосибирская", 54, "630000", "630999"},
    {195644235, "Кировск", "Ленинградская", 47, "187340", "187349"},
    {195847521, "Кировск", "Мурманская", 51, "184250", "184259"},
}};

constexpr std::array<point, 9> all_points{{
    {"M07", "Москва - M07 Северный терминал", "", 49694102, "Москва", "Москва", "127411", "Дмитровское", "157", "Open",
     0, 0, 0, 0, does_all, "250000"},
    {"L02", "Санкт-Петербург - L02 Терминал", "", 49694167, "Санкт-Петербург", "Санкт-Петербург", "196084", "Киевская",
     "5", "Open", 0, 0, 0, 0, does_all, ""},
    {"N04", "Новосибирск - N04 приём", "", 49455627, "Новосибирск", "Новосибирская", "630108", "Станционная", "30",
     "Open", 0, 0, 0, 0, "SelfPickup", "-"},
    {"512S", "У метро", "ПВП", 49694167, "Санкт-Петербург", "Санкт-Петербург", "191186", "Казанская", "7", "Open", 20,
     70, 120, 200, "SelfDelivery Payment PaymentByBankCard", "100000"},
    {"513S", "Без оплаты", "ПВП", 49694167, "Санкт-Петербург", "Санкт-Петербург", "191025", "Марата", "11", "Open", 20,
     70, 120, 200, "SelfDelivery", "-"},
    {"77PT", "Постамат", "П", 49694102, "Москва", "Москва", "115114", "Летниковская", "2", "Open", 5, 5, 40, 90,
     "SelfDelivery PaymentByBankCard", "15000"},
    {"78FL", "Переполнен", "ПВП", 49694167, "Санкт-Петербург", "Санкт-Петербург", "197022", "Профессора Попова", "23",
     "Full", 20, 70, 120, 200, "SelfDelivery Payment", "100000"},
    {"16KZ", "На Баумана", "ПВП", 49265227, "Казань", "Татарстан", "420111", "Баумана", "36", "Open", 15, 30, 80, 150,
     "SelfPickup SelfDelivery Payment", "50000"},
    {"69TV", "На Советской", "ПВП", 195901509, "Тверь", "Тверская", "170100", "Советская", "21", "Open", 20, 70, 120,
     200, "SelfDelivery Payment PaymentByBankCard", "100000"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> tariffs{
    {{"PCL", "DPD OPTIMUM"}, {"CSM", "DPD Online Express"}, {"ECN", "DPD ECONOMY"}, {"NDY", "DPD EXPRESS"}}};

void write_address(soap::writer& w, const point& p) {
  w.open("address").put_integer("cityId", p.city_id).put("countryCode", "RU").put("regionName", p.region);
  w.put("cityName", p.city).put("index", p.index).put("street", p.street).put("streetAbbr", "ул");
  w.put("houseNo", p.house).put("descript", "Вход со двора").close();
}

void write_abilities(soap::writer& w, const point& p) {
  std::string_view rest = p.operations;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    w.open("schedule").put("operation", rest.substr(0, end)).open("timetable");
    w.put("weekDays", "Пн,Вт,Ср,Чт,Пт,Сб,Вс").put("workTime", "10:00 - 21:00").close().close();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (p.cash != "-") {
    w.open("extraService").put("esCode", "НПП");
    if (!p.cash.empty()) w.open("params").put("name", "sum_npp").put("value", p.cash).close();
    w.close();
  }
  w.open("services").put("serviceCode", "PCL").put("serviceCode", "CSM").put("serviceCode", "ECN").close();
}

void write_town(soap::writer& w, std::string_view element, const town& t) {
  w.open(element).put_integer("cityId", t.id).put("countryCode", "RU").put("countryName", "Россия");
  w.put_integer("regionCode", t.region_code).put("regionName", t.region).put("cityName", t.name);
  w.put("abbreviation", "г").put("indexMin", t.first_index).put("indexMax", t.last_index).close();
}

std::vector<const town*> recognised(const soap::node& place) {
  std::vector<const town*> out;
  const auto id = soap::integer(place, "cityId");
  const auto index = soap::text(place, "index"), name = soap::text(place, "cityName");
  const auto region = soap::integer(place, "regionCode");
  for (const town& t : all_towns) {
    const bool by_index = index && *index >= t.first_index && *index <= t.last_index;
    const bool by_name = name && lower_text(*name) == lower_text(t.name) && (!region || *region == t.region_code);
    if (id ? *id == t.id : index ? by_index : by_name) out.push_back(&t);
  }
  return out;
}

} // namespace

std::span<const point> points() { return all_points; }
std::span<const town> towns() { return all_towns; }

answer_parts world::shops(const soap::node& request) {
  const auto city = soap::text(request.child("request"), "cityName");
  soap::writer w;
  w.open("return");
  for (const point& p : all_points) {
    if (p.kind.empty() || (city && *city != p.city)) continue;
    w.open("parcelShop").put("code", p.code).put("parcelShopType", p.kind).put("state", p.state);
    write_address(w, p);
    w.put("brand", p.name).open("geoCoordinates").put("latitude", "59.934280").put("longitude", "30.335099").close();
    w.open("limits").put_integer("maxShipmentWeight", p.shipment_kg).put_integer("maxWeight", p.parcel_kg);
    w.put_integer("maxLength", p.side_cm).put_integer("maxWidth", p.side_cm).put_integer("maxHeight", p.side_cm);
    w.put_integer("dimensionSum", p.sum_cm).close();
    write_abilities(w, p);
    w.close();
  }
  return {w.take(), {}};
}

answer_parts world::terminals() {
  soap::writer w;
  w.open("return");
  for (const point& p : all_points) {
    if (!p.kind.empty()) continue;
    w.open("terminal").put("terminalCode", p.code).put("terminalName", p.name);
    write_address(w, p);
    write_abilities(w, p);
    w.close();
  }
  return {w.take(), {}};
}

answer_parts world::cities(const soap::node& request) {
  const std::string country = soap::text_or(request.child("request"), "countryCode", "RU");
  soap::writer w;
  for (const town& t : all_towns)
    if (country == "RU") write_town(w, "return", t);
  return {w.take(), {}};
}

answer_parts world::cost(const soap::node& request, bool by_parcels) {
  const soap::node in = request.child("request");
  const auto from = recognised(in.child("pickup")), to = recognised(in.child("delivery"));
  if (from.size() != 1 || to.size() != 1) {
    answer_parts out;
    soap::writer w;
    const bool none = from.empty() || to.empty();
    w.put("code", none ? "no-city" : "too-many-rows");
    for (const town* t : to)
      if (to.size() > 1) write_town(w, "deliveryDups", *t);
    w.put("message", none ? "Населенный пункт не найден" : "Неоднозначно задан населенный пункт");
    for (const town* t : from)
      if (from.size() > 1) write_town(w, "pickupDups", *t);
    const std::string space(space_of("calculator2"));
    out.fault = soap::fault_to_say{"Server", "Ошибка расчета", space, "ServiceCostFault2", w.take()};
    return out;
  }
  std::int64_t grams = soap::grams(in, "weight").value_or(0);
  if (by_parcels)
    for (const soap::node& p : in.children("parcel"))
      grams += soap::grams(p, "weight").value_or(0) * soap::integer(p, "quantity").value_or(1);
  const std::string wanted = soap::text_or(in, "serviceCode");
  const bool door = !soap::boolean(in, "selfDelivery").value_or(false);
  const bool called = !soap::boolean(in, "selfPickup").value_or(false);
  const std::int64_t value = soap::minor(in, "declaredValue").value_or(0);
  soap::writer w;
  std::int64_t step = 0;
  for (const auto& [code, name] : tariffs) {
    ++step;
    if (!wanted.empty() && ("," + wanted + ",").find("," + std::string(code) + ",") == std::string::npos) continue;
    std::int64_t cost = 250'00 + step * 60'00 + grams / 10 + value / 200;
    if (door) cost += 120'00;
    if (called) cost += 90'00;
    if (from.front()->id != to.front()->id) cost += 140'00;
    // As doubles are printed: without a needless zero.
    w.open("return").put("serviceCode", code).put("serviceName", name).put_scaled("cost", cost, 2);
    w.put_integer("days", from.front()->id == to.front()->id ? 1 : 1 + step).close();
  }
  return {w.take(), {}};
}

} // namespace waybill::dpd::sandbox
