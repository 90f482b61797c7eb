#include "statuses.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::dpd {
namespace {

using enum status;
constexpr std::nullopt_t nothing = std::nullopt;

// ВДО is the way back of signed documents: an order of its own that must not move the parcel's.
constexpr std::array<event_row, 75> events{{
    {1001, "Получена заявка", created},
    {1101, "В заявке присутствует ошибка", problem},
    {1201, "Запрошены паспортные данные получателя", problem},
    {1301, "Отмена заявки", cancelled},
    {1401, "Заказ создан", created},
    {1501, "Заказ ожидает дату приема", created},
    {1601, "Заказ принят у отправителя", accepted},
    {1603, "Заказ ВДО принят у отправителя", nothing},
    {1701, "Заказ прибыл в страну доставки", in_transit},
    {1801, "Закончено таможенное оформление", in_transit},
    {1802, "Прибыл на первый сортировочный комплекс DPD", in_transit},
    {1810, "Заказ ВДО в ПТ на терминале приёма", nothing},
    {1811, "Уточнен состав вложений заказа", nothing},
    {2101, "Заказ следует по маршруту до терминала доставки", in_transit},
    {2102, "Заказ следует по маршруту до терминала возврата", returning},
    {2103, "Магистральная перевозка до терминала доставки заказа ВДО", nothing},
    {2201, "Заказ готов к выдаче на пункте", ready_for_pickup},
    {2202, "Заказ готов к передаче курьеру для доставки", in_transit},
    {2203, "Заказ на возврат готов к выдаче", returning},
    {2204, "Заказ на возврат готов к передаче курьеру для доставки", returning},
    {2205, "Таможенное оформление в стране отправления", in_transit},
    {2209, "Заказ ВДО готов к выдаче на терминале", nothing},
    {2210, "Заказ ВДО готов к доставке до двери", nothing},
    {2301, "Заказ доставляется получателю", out_for_delivery},
    {2302, "Таможенное оформление закончено в стране отправления", in_transit},
    {2303, "Отправка на транзитном терминале за рубежом", in_transit},
    {2304, "Доставляется получателю за рубежом", out_for_delivery},
    {2305, "Возвращается отправителю из-за рубежа", returning},
    {2306, "Заказ готов к доставке за рубежом", in_transit},
    {2307, "Проблема при доставке за рубежом", problem},
    {2309, "Заказ доставляется отправителю", returning},
    {2310, "Передано спецперевозчику", in_transit},
    {2311, "Введен штрихкод накладной спецперевозчика", nothing},
    {2314, "Заказ ВДО доставляется отправителю", nothing},
    {2401, "Истек срок бесплатного хранения заказа", problem},
    {2402, "Оплата за товар по заказу не произведена Получателем", problem},
    {2404, "Отказ от заказа в момент доставки", problem},
    {2405, "Отказ от заказа по желанию получателя через веб-службу «Управление доставкой»", problem},
    {2406, "Отказ от заказа по желанию получателя через контакт центр", problem},
    {2407, "Получатель отсутствует на адресе доставки", problem},
    {2408, "Указан неправильный адрес доставки", problem},
    {2409, "Задержано на таможне", problem},
    {2410, "Другие проблемы при доставке", problem},
    {2411, "Отказано в таможенном оформлении по причине неуплаты таможенных пошлин", problem},
    {2416, "Отмена заказа клиентом по пути на терминал доставки", returning},
    {2501, "Услуга не оказана", cancelled},
    {2601, "Произведен предварительный расчет стоимости доставки", nothing},
    {2602, "Выставлен счет", nothing},
    {2701, "Наложенный платёж принят у получателя", nothing},
    {2801, "Наложенный платёж перечислен интернет-магазину", nothing},
    {2901, "Заказ отменен", cancelled},
    {2904, "Заказ ВДО отменён", nothing},
    {3001, "Произведен расчет стоимости за платное хранение", nothing},
    {3201, "Перенос даты доставки по инициативе DPD после звонка получателю (увеличение)", nothing},
    {3202, "Изменены условия доставки получателем во время доставки", nothing},
    {3203, "Изменены условия доставки получателем через веб-службу «Управление доставкой»", nothing},
    {3204, "Изменены условия доставки получателем через call-centre", nothing},
    {3205, "Изменена дата доставки", nothing},
    {3206, "Изменена дата доставки по инициативе DPD на терминале (увеличение)", nothing},
    {3211, "Перенос даты доставки по инициативе DPD (уменьшение)", nothing},
    {3216, "Изменена дата доставки по инициативе DPD (уменьшение)", nothing},
    {3301, "Заказ утилизирован", lost},
    {3302, "Посылка не востребована", problem},
    {3303, "Заказ утерян", lost},
    {3304, "Заказ доставлен до двери", delivered},
    {3305, "Заказ выдан на ПВЗ", delivered},
    {3306, "Заказ на возврат доставлен", returned},
    {3308, "Заказ ВДО доставлен", nothing},
    {3401, "Накладная в электронном архиве", nothing},
    {3501, "N-я повторная бесплатная доставка", nothing},
    {3601, "N-я повторная платная доставка", nothing},
    {3701, "Заказ поврежден", problem},
    {3901, "Направлено сообщение Email", nothing},
    {4001, "Звонок получателю", nothing},
    {4101, "Направлено сообщение SMS", nothing},
}};

struct state_row {
  std::string_view state;
  status canonical;
  bool ends;
};
constexpr std::array<state_row, 12> states{{
    {"NewOrderByClient", created, false},
    {"NewOrderByDPD", created, false},
    {"OnTerminalPickup", accepted, false},
    {"OnRoad", in_transit, false},
    {"OnTerminal", in_transit, false},
    {"OnTerminalDelivery", in_transit, false}, // at a point: ready
    {"Delivering", out_for_delivery, false},
    {"Delivered", delivered, true},
    {"Lost", lost, true},
    {"Problem", problem, false},
    {"ReturnedFromDelivery", problem, false}, // back at the depot, not yet on the way to us
    {"NotDone", cancelled, true},
}};

} // namespace

std::span<const event_row> event_rows() { return events; }

const event_row* find_event(std::string_view number) {
  int n = 0;
  const auto [to, ec] = std::from_chars(number.data(), number.data() + number.size(), n);
  if (ec != std::errc{} || to != number.data() + number.size()) return nullptr;
  const auto it = std::ranges::find(events, n, &event_row::number);
  return it == events.end() ? nullptr : &*it;
}

meaning meaning_of_event(std::string_view number, bool refused_items) {
  const event_row* row = find_event(number);
  if (row == nullptr) return {};
  if (!row->canonical) return {created, false, true};
  if (*row->canonical == delivered && refused_items) return {partially_delivered, true, true};
  return {*row->canonical, true, true};
}

meaning meaning_of_state(std::string_view state, bool to_point, bool way_back) {
  const auto row = std::ranges::find(states, state, &state_row::state);
  if (row == states.end()) return {};
  if (way_back) {
    if (row->canonical == delivered) return {returned, true, true};
    if (row->canonical == lost || row->canonical == problem) return {row->canonical, true, true};
    return {returning, true, true};
  }
  if (row->state == "OnTerminalDelivery" && to_point) return {ready_for_pickup, true, true};
  return {row->canonical, true, true};
}

bool ends_a_parcel(std::string_view state) {
  const auto row = std::ranges::find(states, state, &state_row::state);
  return row != states.end() && row->ends;
}

} // namespace waybill::dpd
