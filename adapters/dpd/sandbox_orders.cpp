// Orders: taken, refused, pending, cancelled; parcels that come and go; papers.
#include "sandbox_world.hpp"

#include <waybill/encoding.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace waybill::dpd::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr auto numbering = 20s; // a pending order waits so long for a person

bool latin(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

std::optional<std::string> wrong_end(const soap::node& address, bool at_point, bool receives) {
  const auto terminal = soap::text(address, "terminalCode");
  if (!at_point) {
    if (terminal) return "terminalCode не указывается при варианте Д";
    if (!soap::text(address, "countryName")) return "Не указана страна в адресе";
    if (!soap::text(address, "city") && !soap::text(address, "addressString")) return "Не указан город в адресе";
    if (!soap::text(address, "street") && !soap::text(address, "addressString")) return "Не указана улица в адресе";
    return {};
  }
  if (!terminal) return "Не указан код подразделения DPD (terminalCode)";
  const auto p = std::ranges::find(points(), *terminal, &point::code);
  if (p == points().end()) return "Подразделение DPD " + *terminal + " не найдено";
  if (p->state != "Open") return "Пункт " + *terminal + " закрыт";
  const std::string_view needed = receives ? "SelfDelivery" : "SelfPickup";
  if (p->operations.find(needed) == std::string_view::npos) return "Пункт " + *terminal + " недоступен для операции";
  return {};
}

std::optional<std::string> wrong_goods(const soap::node& o, bool inside) {
  for (const soap::node& u : o.children("unitLoad")) {
    const bool rate = soap::text(u, "vat_percent").has_value();
    if (rate == soap::boolean(u, "without_vat").value_or(false)) return "Укажите либо vat_percent, либо without_vat";
    if (soap::integer(u, "count").value_or(0) < 1) return "Количество в unitLoad должно быть больше нуля";
  }
  for (const soap::node& e : o.children("extraService"))
    if (inside && soap::text_or(e, "esCode") == "НПП") return "Опция НПП для заказов по России не применяется";
  if (inside && !o.children("unitLoad").empty() && soap::text(o, "cargoValue"))
    return "cargoValue не указывается вместе с unitLoad";
  return {};
}

// The message of an OrderError; nothing: the order is fine.
std::optional<std::string> wrong_order(const soap::node& header, const soap::node& o) {
  const std::string variant = soap::text_or(o, "serviceVariant");
  constexpr std::string_view variants[] = {"ДД", "ДТ", "ТД", "ТТ"};
  if (latin(variant) || std::ranges::find(variants, variant) == std::end(variants))
    return "Недопустимый вариант доставки";
  constexpr std::string_view tariffs[] = {"PCL", "CSM", "MXO", "ECN", "CUR", "NDY", "BZP"};
  if (std::ranges::find(tariffs, soap::text_or(o, "serviceCode")) == std::end(tariffs))
    return "Услуга не предусмотрена договором";
  if (soap::text_or(o, "orderNumberInternal").size() > 20) return "Слишком длинный номер заказа";
  if (soap::date(header, "datePickup").value_or("") < moscow_day(now())) return "Дата приёма груза ранее текущей даты";
  const soap::node to = o.child("receiverAddress");
  const bool from_point = variant.starts_with("Т"), to_point = variant.ends_with("Т");
  if (auto wrong = wrong_end(header.child("senderAddress"), from_point, false)) return wrong;
  if (auto wrong = wrong_end(to, to_point, true)) return wrong;
  if (soap::text_or(to, "city").find("Неизвестн") != std::string::npos) return "Не найден населенный пункт получателя";
  const auto parcels = o.children("parcel");
  if (static_cast<std::int64_t>(parcels.size()) != soap::integer(o, "cargoNumPack").value_or(0))
    return "Количество мест не совпадает с количеством посылок";
  std::int64_t sum = 0;
  for (const soap::node& p : parcels) sum += soap::grams(p, "weight").value_or(0);
  if (sum != soap::grams(o, "cargoWeight").value_or(-1)) return "Вес заказа не совпадает с весом посылок";
  if (soap::grams(o, "cargoWeight").value_or(0) <= 0) return "Не указан вес";
  return wrong_goods(o, soap::text_or(to, "countryName") == "Россия");
}

std::string row_of(const order& o, std::string_view status, const std::string& message, bool with_number) {
  soap::writer w;
  w.open("return").put("orderNumberInternal", o.number).put("orderNum", with_number ? o.dpd : "");
  w.put("status", status).put("errorMessage", message);
  return w.take();
}

// One page, one line of text, offsets and all: every viewer opens it.
std::string small_pdf(const std::string& line) {
  const std::string content = "BT /F1 14 Tf 30 360 Td (" + line + ") Tj ET";
  const std::vector<std::string> objects{
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 298 420]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
      fmt::format("<</Length {}>>\nstream\n{}\nendstream", content.size(), content),
      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
  std::string pdf = "%PDF-1.4\n", table;
  for (std::size_t n = 0; n < objects.size(); ++n) {
    table += fmt::format("{:010} 00000 n \n", pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", n + 1, objects[n]);
  }
  const auto start = pdf.size();
  return pdf + "xref\n0 6\n0000000000 65535 f \n" + table +
         fmt::format("trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{}\n%%EOF\n", start);
}

} // namespace

order* world::find(std::string_view client, std::string_view number, std::string_view date) {
  order* found = nullptr;
  for (order& o : orders)
    if (o.client == client && o.number == number && (date.empty() || o.date == date) && o.made()) found = &o;
  return found;
}

order* world::by_dpd(std::string_view dpd) {
  for (order& o : orders)
    if (!dpd.empty() && o.dpd == dpd) return &o;
  return nullptr;
}

void world::number_now(order& o) {
  if (o.refuse_then) {
    o.status = "OrderError";
    return;
  }
  o.dpd = fmt::format("RU{:09}", next_number_++);
  o.status = "OK";
  put_event(o, "1401");
  o.events.back().order_number = o.dpd;
}

void world::ripen() {
  for (order& o : orders)
    if (o.status == "OrderPending" && std::chrono::steady_clock::now() >= o.numbered_at) number_now(o);
}

answer_parts world::create(const soap::node& request, const std::string* refuse_later) {
  const soap::node in = request.child("orders"), header = in.child("header");
  const std::string client = soap::text_or(in.child("auth"), "clientNumber");
  answer_parts out;
  for (const soap::node& sent : in.children("order")) {
    order o;
    o.client = client;
    o.number = soap::text_or(sent, "orderNumberInternal");
    o.date = soap::date(header, "datePickup").value_or("");
    // The pair is the identity: the same number for another day is another order.
    if (const order* had = find(client, o.number, o.date)) {
      out.children += row_of(*had, had->status == "OrderCancelled" ? "OrderCancelled" : "OrderDuplicate", "", false);
      continue;
    }
    const soap::node to = sent.child("receiverAddress");
    o.city = soap::text_or(to, "city");
    o.point = soap::text_or(to, "terminalCode");
    o.phone = soap::text_or(to, "contactPhone");
    o.variant = soap::text_or(sent, "serviceVariant");
    o.service = soap::text_or(sent, "serviceCode");
    o.value = soap::text_or(sent, "cargoValue");
    for (const soap::node& p : sent.children("parcel"))
      o.parcels.emplace_back(soap::text_or(p, "number"), soap::text_or(p, "weight"));
    for (const soap::node& e : sent.children("extraService")) o.extras.push_back(soap::text_or(e, "esCode"));
    for (const soap::node& u : sent.children("unitLoad")) {
      json::object line;
      for (const soap::node& e : u.elements()) line[e.name()] = e.value();
      o.goods.push_back(std::move(line));
    }
    if (auto wrong = wrong_order(header, sent)) {
      o.status = "OrderError";
      o.message = std::move(*wrong);
    } else if (refuse_later != nullptr || (o.point.empty() && !soap::text(to, "street"))) {
      // An address in one line waits for a person.
      o.status = "OrderPending";
      o.numbered_at = std::chrono::steady_clock::now() + scaled(numbering, context.speed);
      o.refuse_then = refuse_later != nullptr;
      if (o.refuse_then) o.message = refuse_later->empty() ? "Заказ отклонён" : *refuse_later;
    }
    orders.push_back(std::move(o));
    order& kept = orders.back();
    if (kept.status.empty()) {
      put_event(kept, "1001");
      number_now(kept);
      kept.events.back().order_number.clear();
    } else if (kept.status == "OrderPending") {
      put_event(kept, "1001");
    }
    out.children += row_of(kept, kept.status, kept.status == "OrderError" ? kept.message : "", true);
  }
  return out;
}

answer_parts world::status(const soap::node& request) {
  const soap::node in = request.child("orderStatus");
  const std::string client = soap::text_or(in.child("auth"), "clientNumber");
  answer_parts out;
  for (const soap::node& asked : in.children("order")) {
    const std::string number = soap::text_or(asked, "orderNumberInternal");
    const std::string date = soap::date(asked, "datePickup").value_or("");
    const order* o = find(client, number, date);
    for (const order& each : orders) // a refused one is told only while nothing else stands under the number
      if (o == nullptr && each.client == client && each.number == number && (date.empty() || each.date == date))
        o = &each;
    if (o != nullptr) out.children += row_of(*o, o->status, o->status == "OrderError" ? o->message : "", true);
  }
  return out;
}

answer_parts world::cancel(const soap::node& request) {
  const soap::node in = request.child("orders");
  const std::string client = soap::text_or(in.child("auth"), "clientNumber");
  answer_parts out;
  for (const soap::node& asked : in.children("cancel")) {
    const auto dpd = soap::text(asked, "orderNum");
    order* o =
        dpd ? by_dpd(*dpd)
            : find(client, soap::text_or(asked, "orderNumberInternal"), soap::date(asked, "pickupdate").value_or(""));
    if (o == nullptr || !o->made()) {
      order nobody;
      nobody.number = soap::text_or(asked, "orderNumberInternal");
      out.children += row_of(nobody, "NotFound", "", false);
      continue;
    }
    constexpr std::string_view early[] = {"1001", "1101", "1201", "1401", "1501"};
    if (o->status == "OrderCancelled") {
      out.children += row_of(*o, "CanceledPreviously", "", true);
    } else if (std::ranges::find(early, o->last()) == std::end(early)) {
      out.children += row_of(*o, "CallDPD", "Позвоните в DPD", true);
    } else {
      o->status = "OrderCancelled";
      put_event(*o, "2901");
      out.children += row_of(*o, "Canceled", "", true);
    }
  }
  return out;
}

answer_parts world::move_parcels(const soap::node& request, bool add) {
  const soap::node in = request.child("parcels");
  order* o = by_dpd(soap::text_or(in, "orderNum"));
  soap::writer w;
  w.open("return").put("orderNum", soap::text_or(in, "orderNum"));
  answer_parts out;
  if (o == nullptr || o->status != "OK" || o->last() != "1401") {
    w.put("status", "Error").put("errorMessage", o == nullptr ? "Заказ не найден" : "Заказ уже нельзя изменить");
    out.children = w.take();
    return out;
  }
  auto after = o->parcels;
  std::vector<std::pair<std::string, std::string>> troubles; // parcel, text
  for (const soap::node& p : in.children("parcel")) {
    const std::string number = soap::text_or(p, "number");
    const auto there = std::ranges::find(after, number, &std::pair<std::string, std::string>::first);
    if (add && there != after.end()) troubles.emplace_back(number, "Посылка с таким номером уже есть");
    else if (add) after.emplace_back(number, soap::text_or(p, "weight"));
    else if (there == after.end()) troubles.emplace_back(number, "Посылка не найдена");
    else after.erase(there);
  }
  std::int64_t grams = 0;
  for (const auto& [number, weight] : after) grams += soap::scaled(weight, 3).value_or(0);
  const bool sums = std::ssize(after) == soap::integer(in, "cargoNumPack").value_or(-1) &&
                    grams == soap::grams(in, "cargoWeight").value_or(-1) && !after.empty();
  if (troubles.empty() && !sums) {
    w.put("status", "Error").put("errorMessage", "Количество мест или вес не совпадают");
  } else {
    w.put("status", troubles.empty() ? "OK" : "Error");
    for (const auto& [number, text] : troubles)
      w.open("parcelStatus").put("number", number).put("status", "Error").put("errorMessage", text).close();
    if (troubles.empty()) {
      o->parcels = std::move(after);
      for (const soap::node& p : in.children("parcel"))
        w.open("parcelStatus").put("number", soap::text_or(p, "number")).put("status", "OK").close();
    }
  }
  out.children = w.take();
  return out;
}

answer_parts world::invoice(const soap::node& request) {
  const order* o = by_dpd(soap::text_or(request.child("request"), "orderNum"));
  if (o == nullptr) return refused("order2", "no-data-found", "Заказ не найден");
  soap::writer w;
  w.open("return").put("file", to_base64(small_pdf("DPD waybill " + o->dpd)));
  return {w.take(), {}};
}

answer_parts world::print(const soap::node& request) {
  const soap::node in = request.child("getLabelFile");
  soap::writer rows;
  std::string numbers;
  for (const soap::node& asked : in.children("order")) {
    const std::string dpd = soap::text_or(asked, "orderNum");
    const order* o = by_dpd(dpd);
    std::string trouble;
    if (o == nullptr) trouble = "Заказ не найден";
    else if (o->date < moscow_day(now())) trouble = "У заказа дата забора ранее текущей даты";
    else if (soap::integer(asked, "parcelsNumber").value_or(0) != std::ssize(o->parcels))
      trouble = "Неверное количество мест";
    rows.open("order")
        .put("orderNum", dpd)
        .put("status", trouble.empty() ? "OK" : "Error")
        .put("errorMessage", trouble);
    rows.close();
    if (trouble.empty()) numbers += " " + dpd;
  }
  soap::writer w;
  w.open("return").put("file", numbers.empty() ? "" : to_base64(small_pdf("DPD label" + numbers)));
  answer_parts out;
  const std::string head = w.take();
  // <return> is closed by take(): the rows go before its end.
  out.children = head.substr(0, head.size() - std::string_view("</return>").size()) + rows.take() + "</return>";
  return out;
}

} // namespace waybill::dpd::sandbox
