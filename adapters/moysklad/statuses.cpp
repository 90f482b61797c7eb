#include "statuses.hpp"

#include "wire.hpp"

#include <array>

namespace waybill::moysklad {
namespace {

constexpr std::array<default_row, 7> defaults{{
    {"Новый", status::created, status::created},
    {"Подтвержден", status::created, status::created},
    {"Собран", status::accepted, status::accepted},
    {"Отгружен", status::in_transit, status::in_transit},
    {"Доставлен", status::delivered, status::delivered},
    {"Возврат", status::returned, status::returning},
    {"Отменен", status::cancelled, status::cancelled},
}};

const std::map<status, std::string>& configured(const settings& how, document d) {
  switch (d) {
  case document::order: return how.order_states;
  case document::demand: return how.demand_states;
  case document::sales_return: return how.return_states;
  }
  return how.order_states;
}

// The state of a new account that says a status; empty: none does, or it is no state to be written.
std::string_view default_name(document d, status s) {
  if (d == document::sales_return) return {};
  switch (s) {
  case status::created:
  case status::partially_delivered:
  case status::problem:
  case status::lost: return {};
  case status::accepted: return "Собран";
  case status::in_transit:
  case status::ready_for_pickup:
  case status::out_for_delivery: return "Отгружен";
  case status::delivered: return "Доставлен";
  case status::returning: return d == document::demand ? "Возврат" : "";
  case status::returned: return "Возврат";
  case status::cancelled: return d == document::order ? "Отменен" : "";
  }
  return {};
}

} // namespace

std::string_view type_of(document d) {
  switch (d) {
  case document::order: return wire::order;
  case document::demand: return wire::demand;
  case document::sales_return: return wire::sales_return;
  }
  return {};
}

std::span<const default_row> default_rows() { return defaults; }

meaning meaning_of(const settings& how, document d, const state_info& s) {
  const std::string name = plain_name(s.name);
  if (const auto it = how.read_states.find(name); it != how.read_states.end()) return {it->second, true};
  // One state may stand for several statuses: it then says the least of them.
  for (const auto& [canonical, written] : configured(how, d))
    if (plain_name(written) == name) return {canonical, true};
  if (d == document::sales_return) return {s.kind == "Successful" ? status::returned : status::returning, true};
  for (const default_row& row : defaults)
    if (row.name == name) return {d == document::order ? row.of_order : row.of_demand, true};
  if (s.kind == "Successful") return {status::delivered, true};
  if (s.kind == "Unsuccessful") return {status::problem, true};
  return {status::created, false};
}

std::optional<wanted_state> state_for(const settings& how, document d, status s) {
  const auto& own = configured(how, d);
  auto it = own.find(s);
  // Without states of their own both are steps of the journey.
  if (it == own.end() && (s == status::ready_for_pickup || s == status::out_for_delivery))
    it = own.find(status::in_transit);
  if (it != own.end()) return it->second == "-" ? std::nullopt : std::optional(wanted_state{it->second, true});
  const auto name = default_name(d, s);
  return name.empty() ? std::nullopt : std::optional(wanted_state{std::string(name), false});
}

int progress_of(status s) {
  switch (s) {
  case status::created: return 0;
  case status::problem:
  case status::accepted: return 1;
  case status::in_transit: return 2;
  case status::ready_for_pickup:
  case status::out_for_delivery: return 3;
  case status::delivered:
  case status::partially_delivered: return 4;
  case status::returning: return 5;
  case status::returned:
  case status::cancelled:
  case status::lost: return 6;
  }
  return 0;
}

std::string_view words_for(status s) {
  switch (s) {
  case status::created: return "Оформлен у перевозчика";
  case status::accepted: return "Принят перевозчиком";
  case status::in_transit: return "В пути";
  case status::ready_for_pickup: return "Ждёт в пункте выдачи";
  case status::out_for_delivery: return "У курьера";
  case status::delivered: return "Доставлен";
  case status::partially_delivered: return "Доставлен частично";
  case status::problem: return "Проблема с доставкой";
  case status::returning: return "Возвращается";
  case status::returned: return "Возвращён";
  case status::cancelled: return "Отменён";
  case status::lost: return "Утерян";
  }
  return {};
}

} // namespace waybill::moysklad
