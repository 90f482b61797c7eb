#include "statuses.hpp"

#include <array>
#include <charconv>

namespace waybill::cdek {
namespace {

using enum status;

constexpr std::array<status_row, 35> statuses{{
    {"ACCEPTED", "", "Принят", created, 0}, // by the system, not at a warehouse
    {"INVALID", "", "Некорректный заказ", problem, 0},
    {"CREATED", "", "Создан", created, 1},
    {"REMOVED", "", "Удален", cancelled, 2},
    {"RECEIVED_AT_SHIPMENT_WAREHOUSE", "", "Принят на склад отправителя", accepted, 3},
    {"READY_TO_SHIP_AT_SENDING_OFFICE", "READY_FOR_SHIPMENT_IN_SENDER_CITY", "Выдан на отправку в г. отправителе",
     in_transit, 6},
    // A failed dispatch, not a return.
    {"RETURNED_TO_SENDER_CITY_WAREHOUSE", "RETURNED_TO_SENDER_WAREHOUSE", "Возвращен на склад отправителя", in_transit,
     16},
    {"PASSED_TO_CARRIER_AT_SENDING_OFFICE", "TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY",
     "Сдан перевозчику в г. отправителе", in_transit, 7},
    {"SEND_TO_TRANSIT_OFFICE", "SENT_TO_TRANSIT_CITY", "Отправлен в г. транзит", in_transit, 21},
    {"MET_AT_TRANSIT_OFFICE", "ACCEPTED_IN_TRANSIT_CITY", "Встречен в г. транзите", in_transit, 22},
    {"ACCEPTED_AT_TRANSIT_WAREHOUSE", "ACCEPTED_TO_OFFICE_TRANSIT_WAREHOUSE", "Принят на склад транзита", in_transit,
     13},
    {"RETURNED_TO_TRANSIT_WAREHOUSE", "", "Возвращен на склад транзита", in_transit, 17},
    {"READY_TO_SHIP_IN_TRANSIT_OFFICE", "READY_FOR_SHIPMENT_IN_TRANSIT_CITY", "Выдан на отправку в г. транзите",
     in_transit, 19},
    {"PASSED_TO_CARRIER_AT_TRANSIT_OFFICE", "TAKEN_BY_TRANSPORTER_FROM_TRANSIT_CITY", "Сдан перевозчику в г. транзите",
     in_transit, 20},
    {"SENT_TO_SENDER_CITY", "SEND_TO_SENDING_OFFICE", "Отправлен в г. отправитель", in_transit, 27},
    {"MET_AT_SENDING_OFFICE", "ACCEPTED_IN_SENDER_CITY", "Встречен в г. отправителе", in_transit, 28},
    {"SENT_TO_RECIPIENT_CITY", "SEND_TO_RECIPIENT_OFFICE", "Отправлен в г. получатель", in_transit, 8},
    {"MET_AT_RECIPIENT_OFFICE", "ACCEPTED_IN_RECIPIENT_CITY", "Встречен в г. получателе", in_transit, 9},
    {"ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE", "ACCEPTED_AT_DELIVERY_WAREHOUSE", "Принят на склад доставки", in_transit,
     10},
    {"ACCEPTED_AT_PICK_UP_POINT", "ACCEPTED_AT_WAREHOUSE_ON_DEMAND", "Принят на склад до востребования",
     ready_for_pickup, 12},
    {"TAKEN_BY_COURIER", "ISSUED_FOR_DELIVERY", "Выдан на доставку", out_for_delivery, 11},
    // An attempt to deliver failed.
    {"RETURNED_TO_RECIPIENT_CITY_WAREHOUSE", "RETURNED_TO_DELIVERY_WAREHOUSE", "Возвращен на склад доставки", problem,
     18},
    {"DELIVERED", "", "Вручен", delivered, 4},
    {"NOT_DELIVERED", "", "Не вручен", returning, 5},
    {"ENTERED_TO_OFFICE_TRANSIT_WAREHOUSE", "", "Поступил в г. транзита", in_transit, 1000},
    {"ENTERED_TO_DELIVERY_WAREHOUSE", "", "Поступил на склад доставки", in_transit, 1000},
    // Not yet issued: "ready" comes with ACCEPTED_AT_PICK_UP_POINT.
    {"ENTERED_TO_WAREHOUSE_ON_DEMAND", "", "Поступил на склад до востребования", in_transit, 1000},
    {"IN_CUSTOMS_INTERNATIONAL", "", "Таможенное оформление в стране отправления", in_transit, 1000},
    {"SHIPPED_TO_DESTINATION", "", "Отправлено в страну назначения", in_transit, 1000},
    {"PASSED_TO_TRANSIT_CARRIER", "", "Передано транзитному перевозчику", in_transit, 1000},
    {"IN_CUSTOMS_LOCAL", "", "Таможенное оформление в стране назначения", in_transit, 1000},
    {"CUSTOMS_COMPLETE", "", "Таможенное оформление завершено", in_transit, 1000},
    {"POSTOMAT_POSTED", "", "Заложен в постамат", ready_for_pickup, 1000},
    {"POSTOMAT_SEIZED", "", "Изъят из постамата курьером", returning, 1000},
    {"POSTOMAT_RECEIVED", "", "Изъят из постамата клиентом", delivered, 1000},
}};

constexpr std::array<code_row, 31> reasons{{
    {1, "неверный адрес"},
    {2, "не дозвонились"},
    {3, "адресат не проживает"},
    {4, "вес отличается от заявленного"},
    {5, "фактически нет отправления"},
    {6, "дубль номера заказа"},
    {7, "не доставляем в данный населённый пункт"},
    {8, "повреждение упаковки при приёмке от отправителя"},
    {9, "повреждение упаковки у перевозчика"},
    {10, "повреждение упаковки на складе или у курьера"},
    {11, "отказ от получения без объяснения"},
    {12, "отказ: претензия к качеству товара"},
    {13, "отказ: недовложение"},
    {14, "отказ: пересорт"},
    {15, "отказ: не устроили сроки"},
    {16, "отказ: уже купил"},
    {17, "отказ: передумал"},
    {18, "отказ: ошибка оформления"},
    {19, "отказ: повреждение упаковки у получателя"},
    {20, "частичная доставка"},
    {21, "отказ: нет денег"},
    {22, "отказ: товар не подошёл"},
    {23, "истёк срок хранения"},
    {24, "не прошёл таможню"},
    {25, "является коммерческим грузом"},
    {26, "утерян"},
    {27, "не востребован, утилизация"},
    {31, "по запросу отправителя"},
    {32, "по запросу плательщика"},
    {33, "СНТ не получено"},
    {34, "CDEK Shopping: истёк срок хранения"},
}};

constexpr std::array<code_row, 27> problems{{
    {1, "неверный номер телефона"},
    {9, "груз не готов"},
    {11, "отказ от оплаты"},
    {13, "контактное лицо отсутствует"},
    {17, "организация не работает"},
    {19, "смена адреса"},
    {35, "курьер не успевает"},
    {36, "самозабор"},
    {37, "постамат переполнен"},
    {38, "постамат не работает"},
    {39, "груз не влез в ячейку постамата"},
    {40, "отказ от получения"},
    {41, "отказ от заявки"},
    {42, "требуется пропуск"},
    {43, "платный въезд"},
    {44, "закрытая территория"},
    {45, "нет документа"},
    {46, "смена города"},
    {47, "адрес не существует"},
    {48, "абонентский ящик"},
    {49, "опасный груз"},
    {52, "отказ с адреса"},
    {53, "изменение интервала доставки"},
    {54, "не работает приложение постамата"},
    {55, "груз не найден"},
    {56, "передача на пункт выдачи"},
    {57, "не удаётся доставить на пункт выдачи"},
}};

constexpr std::array<code_row, 8> failed_calls{{
    {1, "занято"},
    {2, "не берёт трубку"},
    {3, "недоступен"},
    {4, "неверный номер"},
    {5, "номер не указан"},
    {6, "тишина"},
    {7, "вызов сброшен"},
    {8, "бросил трубку"},
}};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '\n')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\n')) s.remove_suffix(1);
  return s;
}

int number_of(std::string_view code) {
  code = trimmed(code);
  int n = -1;
  const auto [end, ec] = std::from_chars(code.data(), code.data() + code.size(), n);
  return ec == std::errc{} && end == code.data() + code.size() ? n : -1;
}

std::string_view text_of(std::span<const code_row> rows, std::string_view code) {
  const int n = number_of(code);
  for (const code_row& r : rows)
    if (r.code == n) return r.text;
  return {};
}

constexpr int reason_partial = 20, reason_lost = 26, reason_disposed = 27;

} // namespace

std::span<const status_row> status_rows() { return statuses; }

const status_row* find_status(std::string_view code) {
  code = trimmed(code);
  if (code.empty()) return nullptr;
  for (const status_row& r : status_rows())
    if (r.code == code || r.alias == code) return &r;
  return nullptr;
}

std::span<const code_row> reason_rows() { return reasons; }
std::span<const code_row> problem_rows() { return problems; }
std::span<const code_row> failed_call_rows() { return failed_calls; }
std::string_view reason_text(std::string_view code) { return text_of(reasons, code); }
std::string_view problem_text(std::string_view code) { return text_of(problems, code); }
std::string_view failed_call_text(std::string_view code) { return text_of(failed_calls, code); }

meaning meaning_of(std::string_view code, std::string_view reason, bool way_back) {
  const status_row* row = find_status(code);
  if (row == nullptr) return {way_back ? returning : created, false};
  const int why = number_of(reason);
  status s = row->canonical;
  if (row->code == "DELIVERED" && why == reason_partial) s = partially_delivered;
  if (row->code == "NOT_DELIVERED" && why == reason_lost) s = lost;
  if (row->code == "NOT_DELIVERED" && why == reason_disposed) s = problem;
  if (!way_back) return {s, true};
  switch (s) {
  case delivered:
  case partially_delivered: return {returned, true};
  case lost:
  case problem: return {s, true};
  case returning: return {row->code == "NOT_DELIVERED" ? problem : returning, true}; // we did not take it back
  case cancelled: return {problem, true}; // the way back was withdrawn; the parcel is somewhere
  case created:
  case accepted:
  case in_transit:
  case ready_for_pickup:
  case out_for_delivery:
  case returned: return {returning, true};
  }
  return {returning, true};
}

} // namespace waybill::cdek
