#include <workflow/texts.hpp>

#include <algorithm>
#include <array>

namespace waybill::workflow {
namespace {

struct entry {
  std::string_view key, ru, en;
};

constexpr entry catalogue[] = {
    // ---- the life of an order
    {"order_created", "{carrier}: заказ {reference} создан, трек-номер {number}.",
     "{carrier}: order {reference} is created, tracking number {number}."},
    {"order_created_without_number", "{carrier}: заказ {reference} создан, трек-номер появится позже.",
     "{carrier}: order {reference} is created, the tracking number will follow."},
    {"order_pending", "{carrier}: заказ {reference} передан и ждёт подтверждения перевозчика.",
     "{carrier}: order {reference} is sent and waits for the carrier's confirmation."},
    {"order_pending_status", "Ждёт подтверждения перевозчика", "Waits for the carrier's confirmation"},
    {"number_assigned", "{carrier}: трек-номер заказа {reference}: {number}.",
     "{carrier}: the tracking number of order {reference} is {number}."},
    {"status", "{carrier}: {status}. {text}", "{carrier}: {status}. {text}"},
    {"kept_until", "Хранится до {date}.", "Kept until {date}."},
    {"point_replaced", "{carrier}: пункт выдачи заменён перевозчиком на {point}. Сообщите получателю.",
     "{carrier}: the carrier has replaced the pickup point by {point}. Tell the recipient."},
    {"carrier_warning", "{carrier} предупреждает: {text}", "{carrier} warns: {text}"},
    {"order_changed", "{carrier}: изменения переданы, заказ {reference} обновлён.",
     "{carrier}: the changes are told, order {reference} is updated."},
    {"change_refused",
     "{carrier}: изменения в заказ {reference} не приняты: {text} Если изменить нужно, отмените заказ или свяжитесь с "
     "перевозчиком.",
     "{carrier}: the changes to order {reference} were refused: {text} If they are needed, cancel the order or contact "
     "the carrier."},
    {"progress_refused", "{carrier}: заказу {reference} не удалось передать, как идёт доставка: {text}",
     "{carrier}: order {reference} could not be told how the delivery goes: {text}"},
    {"too_late_to_change",
     "{carrier}: сделка изменена, но посылка уже в пути, и заказ {reference} остаётся прежним. Свяжитесь с "
     "перевозчиком.",
     "{carrier}: the deal was changed, but the parcel is on its way and order {reference} stays as it is. Contact the "
     "carrier."},
    {"cancel_refused", "{carrier}: заказ {reference} не отменён: {text} Свяжитесь с перевозчиком.",
     "{carrier}: order {reference} is not cancelled: {text} Contact the carrier."},
    {"cancelled_before_sending", "Отгрузка отменена до передачи перевозчику.",
     "The shipment is cancelled before it was sent to the carrier."},
    {"parcel_left",
     "Отгрузка {shipment} не заказана: заказ {reference} ({carrier}) уже сделан на весь состав сделки. Если нужна ещё "
     "одна посылка, закажите её кнопкой доставки.",
     "Shipment {shipment} was not ordered: order {reference} ({carrier}) is made for all goods of the deal already. If "
     "one more parcel is needed, order it with the delivery button."},
    {"return_created", "{carrier}: оформлен возврат {number}.", "{carrier}: the return {number} is made."},
    {"return_refused", "{carrier}: возврат не оформлен: {text}", "{carrier}: the return was refused: {text}"},
    {"quote", "{carrier}: доставка {cost} {currency}, {days} дн.",
     "{carrier}: delivery {cost} {currency}, {days} days."},
    {"quote_failed", "Стоимость доставки не рассчитана: {text}", "The delivery cost is not known: {text}"},
    {"request.cancel_refused", "Заказ не отменён. {text}", "The order is not cancelled. {text}"},
    {"request.message", "Доставка", "Delivery"},
    {"request.ready_for_recipient", "Ваш заказ {number} ждёт вас в пункте выдачи {point}.",
     "Your parcel {number} waits at the pickup point {point}."},
    {"property.carrier", "Перевозчик", "Carrier"},
    {"property.order", "Номер заказа", "Order number"},
    {"property.number", "Трек-номер", "Tracking number"},
    {"property.url", "Отслеживание", "Tracking"},
    {"property.cost", "Стоимость", "Cost"},
    {"property.date", "Ожидается", "Expected"},
    {"property.point", "Пункт выдачи", "Pickup point"},
    {"property.kept_until", "Хранится до", "Kept until"},
    {"stage_refused", "Сделка не переведена на стадию «{stage}»: {text} Данные доставки записаны.",
     "The deal was not moved to the stage '{stage}': {text} The delivery's data are written."},
    {"default_weight", "В каталоге нет веса: {products}. Взят вес по умолчанию.",
     "The catalogue has no weight for: {products}. The default weight was taken."},
    {"default_size", "В каталоге нет размеров: {products}. Взяты размеры по умолчанию.",
     "The catalogue has no sizes for: {products}. The default size was taken."},

    {"pickup_point_ignored", "Доставка курьером: код пункта выдачи {point} не использован.",
     "Delivery by courier: the pickup point {point} was not used."},
    {"fewer_parcels", "Мест меньше, чем указано: {parcels} вместо {wanted}, товаров не хватает.",
     "Fewer parcels than asked for: {parcels} instead of {wanted}, there are not enough goods."},

    // ---- the money in the portal's store
    {"cash_paid", "{carrier}: получено {collected} {currency} по заказу {reference}, оплата отмечена в сделке.",
     "{carrier}: {collected} {currency} were taken for order {reference}, the payment is marked paid."},
    {"cash_differs",
     "{carrier}: по заказу {reference} получено {collected} {currency}, а к оплате в сделке {due}. Оплата не отмечена: "
     "проверьте и отметьте её сами.",
     "{carrier}: {collected} {currency} were taken for order {reference}, but the deal's payments are {due}. Nothing "
     "was "
     "marked paid: check it and mark it yourself."},
    {"cash_partial",
     "{carrier}: заказ {reference} выдан частично, получено {collected} {currency} из {due}. Оплата не отмечена: "
     "исправьте "
     "её состав и отметьте сами.",
     "{carrier}: order {reference} was delivered in part, {collected} {currency} of {due} were taken. Nothing was "
     "marked "
     "paid: correct the payment and mark it yourself."},
    {"cash_unpaid", "{carrier}: заказ {reference} возвращён после вручения, отметка об оплате {due} {currency} снята.",
     "{carrier}: order {reference} was returned after its delivery, its payment of {due} {currency} is marked unpaid "
     "again."},
    {"cash_returned",
     "{carrier}: заказ {reference} возвращён после вручения, а оплата {due} {currency} в сделке отмечена. Проверьте, "
     "вернули ли деньги покупателю.",
     "{carrier}: order {reference} was returned after its delivery, and its payment of {due} {currency} is marked "
     "paid. "
     "Check whether the client got the money back."},
    {"cost_no_shipment",
     "Стоимость доставки {cost} {currency} не добавлена в оплату: у сделки нет отгрузки или их несколько. Добавьте её "
     "сами.",
     "The delivery's cost {cost} {currency} is not in a payment: the deal has no shipment, or several. Add it "
     "yourself."},
    {"cost_no_invoice",
     "Стоимость доставки {cost} {currency} пока не вписана: у сделки нет счёта. Она появится в нём при следующем "
     "изменении сделки или статуса доставки.",
     "The delivery's cost {cost} {currency} has no place yet: the deal has no invoice. It gets there with the next "
     "change of the deal or of the delivery's status."},
    {"cost_no_invoice_field",
     "Стоимость доставки {cost} {currency} не вписана в счёт: у счетов нет поля {field}. Создайте его или выполните "
     "waybill portal setup.",
     "The delivery's cost {cost} {currency} is not in the invoice: invoices have no field {field}. Make it, or run "
     "waybill portal setup."},
    {"cost_paid_stays",
     "Доставка отменена, а оплата {due} {currency} с её стоимостью уже прошла. Верните деньги покупателю, если нужно.",
     "The delivery is cancelled, but the payment of {due} {currency} with its cost is paid. Give the money back if "
     "need be."},
    {"pay_link", "Доставка {cost} {currency}, ссылка на оплату: {url}",
     "Delivery {cost} {currency}, link to pay: {url}"},
    {"money_refused", "Портал не дал записать деньги по заказу {reference}: {text} Сделайте это сами.",
     "The portal refused what is to be noted of the money of order {reference}: {text} Do it yourself."},

    // ---- what went wrong, and what to do: "x" and "x.remedy"
    {"todo_title", "Доставка: требуется исправить данные", "Delivery: data to be corrected"},
    {"carrier_refused", "{carrier} не принял заказ: {text}", "{carrier} refused the order: {text}"},
    {"carrier_refused.remedy", "Исправьте данные в сделке и сохраните её: заказ уйдёт снова сам.",
     "Correct the data in the deal and save it: the order will be sent again by itself."},
    {"bad_address", "{carrier} не распознал адрес или пункт выдачи: {text}",
     "{carrier} does not recognise the address or the pickup point: {text}"},
    {"bad_address.remedy", "Исправьте адрес или пункт выдачи в сделке и сохраните её: заказ уйдёт снова сам.",
     "Correct the address or the pickup point in the deal and save it: the order will be sent again by itself."},
    {"duplicate_number", "{carrier} отвечает, что заказ с номером {reference} уже есть, но его не удаётся найти.",
     "{carrier} says that an order numbered {reference} exists already, but it cannot be found."},
    {"duplicate_number.remedy", "Проверьте номер в личном кабинете перевозчика, прежде чем повторять отправку.",
     "Look for the number in the carrier's cabinet before sending again."},
    {"outcome_unknown", "Неизвестно, принял ли {carrier} заказ {reference}: ответ потерян.",
     "Whether {carrier} took order {reference} is unknown: the answer was lost."},
    {"outcome_unknown.remedy", "Проверьте заказ в личном кабинете перевозчика; если его нет, повторите отправку.",
     "Look for the order in the carrier's cabinet; if it is not there, send again."},
    {"carrier_access", "{carrier} не пускает нас: проверьте ключи доступа.", "{carrier} refuses our credentials."},
    {"carrier_access.remedy", "Администратор waybill уведомлён; заказ уйдёт сам, когда доступ появится.",
     "The operator of waybill is told; the order will be sent by itself when access is back."},
    {"carrier_unreachable", "{carrier} долго не отвечает.", "{carrier} has not answered for a long time."},
    {"carrier_unreachable.remedy", "Ничего делать не нужно: попытки продолжаются.",
     "Nothing is to be done: the attempts go on."},
    {"carrier_protocol", "{carrier} ответил непонятно: {text}",
     "{carrier} gave an answer that was not understood: {text}"},
    {"carrier_protocol.remedy", "Администратор waybill уведомлён; попытки продолжаются.",
     "The operator of waybill is told; the attempts go on."},
    {"no_account", "Служба доставки «{account}» не настроена.", "The carrier account '{account}' is not configured."},
    {"no_account.remedy", "Обратитесь к администратору waybill.", "Ask the operator of waybill."},
    {"no_route", "Для способа доставки «{delivery_type}» не выбран перевозчик.",
     "No carrier is configured for the delivery type '{delivery_type}'."},
    {"no_route.remedy", "Выберите перевозчика или другой способ доставки в сделке.",
     "Choose a carrier or another delivery type in the deal."},
    {"missing_name", "В сделке нет получателя.", "The deal has no recipient."},
    {"missing_name.remedy", "Добавьте контакт с именем.", "Add a contact with a name."},
    {"missing_phone", "Нет телефона получателя.", "The recipient has no phone number."},
    {"missing_phone.remedy", "Укажите телефон в сделке или в контакте.",
     "Enter the phone number in the deal or in the contact."},
    {"bad_phone", "Телефон получателя не похож на номер: {phone}.",
     "The recipient's phone does not look like a number: {phone}."},
    {"bad_phone.remedy", "Исправьте телефон в сделке или в контакте.",
     "Correct the phone number in the deal or in the contact."},
    {"missing_address", "Нет адреса доставки.", "The delivery address is missing."},
    {"missing_address.remedy", "Укажите адрес в сделке.", "Enter the address in the deal."},
    {"missing_pickup_point", "Не выбран пункт выдачи.", "No pickup point is chosen."},
    {"missing_pickup_point.remedy", "Укажите код пункта выдачи в сделке.",
     "Enter the pickup point's code in the deal."},
    {"missing_rows", "В сделке нет товаров для доставки.", "The deal has no goods to be shipped."},
    {"missing_rows.remedy", "Добавьте товары в сделку.", "Add products to the deal."},
    {"missing_delivery_type", "Не выбран способ доставки.", "No delivery type is chosen."},
    {"missing_delivery_type.remedy", "Выберите способ доставки в сделке.", "Choose the delivery type in the deal."},
    {"unknown_delivery_type", "Неизвестный способ доставки: {delivery_type}.",
     "Unknown delivery type: {delivery_type}."},
    {"unknown_delivery_type.remedy", "Выберите другой способ доставки в сделке.",
     "Choose another delivery type in the deal."},
    {"missing_weight", "Неизвестен вес: {products}.", "The weight is unknown: {products}."},
    {"missing_weight.remedy", "Укажите вес в каталоге.", "Enter the weight in the catalogue."},
    {"missing_size", "Неизвестны размеры: {products}.", "The sizes are unknown: {products}."},
    {"missing_size.remedy", "Укажите размеры в каталоге.", "Enter the sizes in the catalogue."},
    {"bad_quantity", "Количество товара указано неверно: {products}.", "The quantity is wrong: {products}."},
    {"bad_quantity.remedy", "Исправьте количество в товарах сделки.", "Correct the quantity in the deal's products."},
    {"bad_payments",
     "Из оплат сделки не понять, сколько получить с покупателя: у них разные валюты или слишком много заказов.",
     "The deal's payments do not tell what is to be collected: several currencies, or too many orders."},
    {"bad_payments.remedy", "Исправьте оплаты в сделке.", "Correct the deal's payments."},
    {"bad_value", "Поле сделки заполнено неверно: {field}.", "A field of the deal is wrong: {field}."},
    {"bad_value.remedy", "Исправьте поле и сохраните сделку.", "Correct the field and save the deal."},
};

struct status_entry {
  status s;
  std::string_view ru, en;
};
constexpr status_entry statuses[] = {
    {status::created, "Заказ создан", "Order created"},
    {status::accepted, "Принят перевозчиком", "Accepted by the carrier"},
    {status::in_transit, "В пути", "In transit"},
    {status::ready_for_pickup, "Готов к выдаче", "Ready for pickup"},
    {status::out_for_delivery, "Передан курьеру", "Out for delivery"},
    {status::delivered, "Доставлен", "Delivered"},
    {status::partially_delivered, "Доставлен частично", "Partially delivered"},
    {status::problem, "Требует внимания", "Needs attention"},
    {status::returning, "Возвращается отправителю", "Returning to the sender"},
    {status::returned, "Возвращён", "Returned"},
    {status::cancelled, "Отменён", "Cancelled"},
    {status::lost, "Утерян", "Lost"},
};

bool english(const config::portal& portal) { return portal.locale == "en"; }

const entry* find(std::string_view key) {
  const auto* it = std::ranges::find(catalogue, key, &entry::key);
  return it == std::end(catalogue) ? nullptr : it;
}

} // namespace

std::string fill(std::string_view text, const text_values& values) {
  std::string out;
  while (!text.empty()) {
    const auto open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const auto close = text.find('}');
    if (close == std::string_view::npos) break;
    const auto name = text.substr(1, close - 1);
    const auto it = std::ranges::find(values, name, &std::pair<std::string, std::string>::first);
    out += it != values.end() ? std::string_view(it->second) : text.substr(0, close + 1);
    text.remove_prefix(close + 1);
  }
  out += text;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool has_text(const config::portal& portal, std::string_view key) {
  return portal.texts.contains(std::string(key)) || find(key) != nullptr;
}

std::string say(const config::portal& portal, std::string_view key, const text_values& values) {
  if (const auto own = portal.texts.find(std::string(key)); own != portal.texts.end()) return fill(own->second, values);
  const entry* e = find(key);
  if (e == nullptr) return std::string(key);
  return fill(english(portal) ? e->en : e->ru, values);
}

std::string status_name(const config::portal& portal, status s) {
  const std::string own = "status." + std::string(to_string(s));
  if (const auto it = portal.texts.find(own); it != portal.texts.end()) return it->second;
  for (const auto& e : statuses)
    if (e.s == s) return std::string(english(portal) ? e.en : e.ru);
  return std::string(to_string(s));
}

std::string explain(const config::portal& portal, const store::trouble& t) {
  text_values values = t.values;
  // The carrier's own stable code may have a text of its own ("cdek.locker_too_heavy").
  const std::string text =
      !t.peer_code.empty() && has_text(portal, t.peer_code) ? say(portal, t.peer_code, values) : t.peer_text;
  values.emplace_back("text", text);
  std::string out = say(portal, t.key, values);
  const std::string remedy = t.key + ".remedy";
  if (has_text(portal, remedy)) out += "\n" + say(portal, remedy, values);
  return out;
}

} // namespace waybill::workflow
