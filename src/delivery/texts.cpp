#include <delivery/texts.hpp>
#include <mapping/text.hpp>
#include <store/record.hpp>
#include <workflow/texts.hpp>

#include <algorithm>
#include <iterator>

namespace waybill::delivery {
namespace {

struct entry {
  std::string_view key, ru, en;
};
constexpr entry catalogue[] = {
    {"delivery.unreadable", "Запрос портала не понят: {what}.", "The portal's request is not understood: {what}."},
    {"delivery.too_often", "Слишком много обращений за минуту. Повторите попытку позже.",
     "Too many calls in one minute. Try again later."},
    {"delivery.not_configured", "Служба доставки для этого портала не настроена. Обратитесь к администратору waybill.",
     "The delivery service is not configured for this portal. Ask the operator of waybill."},
    {"delivery.foreign", "Служба доставки настроена для другого портала. Обратитесь к администратору waybill.",
     "The delivery service is set up for another portal. Ask the operator of waybill."},
    {"delivery.no_route", "Для способа доставки «{delivery_type}» не выбран перевозчик.",
     "No carrier is configured for the delivery type '{delivery_type}'."},
    {"delivery.portal_silent", "Битрикс24 не ответил на проверку данных. Повторите попытку через минуту.",
     "Bitrix24 has not answered our check of the data. Try again in a minute."},
    {"delivery.portal_refused",
     "Битрикс24 не дал прочитать данные доставки. Проверьте права вебхука (sale, delivery) у администратора waybill.",
     "Bitrix24 does not let us read the delivery's data. Let the operator of waybill check the rights of the webhook "
     "(sale, delivery)."},
    {"delivery.no_answer", "{carrier}: ответа пока нет, стоимость неизвестна. Повторите расчёт через минуту.",
     "{carrier}: no answer yet, the cost is unknown. Calculate again in a minute."},
    {"delivery.no_access", "{carrier} не пускает нас: стоимость неизвестна. Обратитесь к администратору waybill.",
     "{carrier} refuses our credentials: the cost is unknown. Ask the operator of waybill."},
    {"delivery.nonsense", "{carrier} ответил непонятно: стоимость неизвестна. Обратитесь к администратору waybill.",
     "{carrier} gave an answer that was not understood: the cost is unknown. Ask the operator of waybill."},
    {"delivery.no_price", "{carrier} не доставляет эту посылку: нет цены. Проверьте адрес и способ доставки.",
     "{carrier} has no price for this parcel. Check the address and the delivery type."},
    {"delivery.refused", "{carrier}: {text}", "{carrier}: {text}"},
    {"delivery.currency", "Служба доставки считает в {service}, а товары в {goods}: стоимость неизвестна.",
     "The delivery service counts in {service} and the goods are in {goods}: the cost is unknown."},
    {"delivery.to_point", "До пункта выдачи {point}.", "To the pickup point {point}."},
    {"delivery.internal", "Внутренняя ошибка waybill. Она записана; обратитесь к администратору.",
     "An internal error of waybill. It is logged; ask the operator."},
    {"mixed_shipments",
     "Отгрузки заказаны вместе, но у них разный адрес, пункт выдачи или способ доставки. Закажите их по отдельности.",
     "The shipments are ordered together but differ in address, pickup point or delivery type. Order them one by one."},

    {"delivery.unsaved", "Отгрузка ещё не сохранена. Сохраните её и закажите доставку снова.",
     "The shipment is not saved yet. Save it and order the delivery again."},
    {"delivery.unknown_shipment", "Отгрузки № {shipment} в портале нет. Обновите страницу и закажите доставку снова.",
     "The portal has no shipment {shipment}. Reload the page and order the delivery again."},
    {"delivery.other_service",
     "Отгрузка № {shipment} оформлена на другую службу доставки. Сохраните её и закажите снова.",
     "Shipment {shipment} is set to another delivery service. Save it and order again."},
    {"delivery.other_deal", "Отгрузки относятся к разным сделкам или заказам. Закажите их по отдельности.",
     "The shipments belong to different deals or orders. Order them one by one."},
    {"delivery.overlap",
     "Часть этих отгрузок уже заказана ({request}). Отмените тот заказ доставки, чтобы заказать снова.",
     "Some of these shipments are ordered already ({request}). Cancel that delivery order to order them again."},
    {"delivery.being_cancelled",
     "Предыдущий заказ доставки этих отгрузок ещё отменяется. Повторите попытку через минуту.",
     "The earlier delivery order of these shipments is still being cancelled. Try again in a minute."},
    {"delivery.not_kept", "Заказ доставки не удалось надёжно сохранить. Повторите попытку через минуту.",
     "The delivery order could not be kept safely. Try again in a minute."},
    {"delivery.cancel_later",
     "Отмена передана перевозчику, ответа пока нет. Нажмите «Отменить» ещё раз через минуту, чтобы узнать итог.",
     "The cancellation is being worked on, there is no outcome yet. Press cancel again in a minute to learn it."},
    {"delivery.cancel_not_kept", "Отмену не удалось надёжно сохранить, заказ остаётся в силе. Повторите попытку позже.",
     "The cancellation could not be kept safely, the order stands. Try again later."},
};

} // namespace

std::string say(const config::portal& portal, std::string_view key, const text_values& values) {
  const auto* e = std::ranges::find(catalogue, key, &entry::key);
  if (e == std::end(catalogue) || portal.texts.contains(std::string(key))) return workflow::say(portal, key, values);
  return workflow::fill(portal.locale == "en" ? e->en : e->ru, values);
}

std::string say_obstacles(const config::portal& portal, const std::vector<mapping::obstacle>& all) {
  std::string out;
  for (const auto& one : all) {
    if (!out.empty()) out += '\n';
    out += say(portal, one.key, one.values);
    const auto remedy = one.key + ".remedy";
    if (workflow::has_text(portal, remedy)) out += ' ' + workflow::say(portal, remedy, one.values);
  }
  return out;
}

std::string say_no_price(const config::portal& portal, const std::string& carrier, const fault& why) {
  switch (why.code) {
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict: {
    // The carrier's own stable code may have a text of its own ("cdek.locker_too_heavy").
    const bool known = !why.peer_code.empty() && workflow::has_text(portal, why.peer_code);
    const auto text = known ? workflow::say(portal, why.peer_code) : mapping::cut(mapping::simplified(why.what), 500);
    return say(portal, "delivery.refused", {{"carrier", carrier}, {"text", text}});
  }
  case errc::not_found: return say(portal, "delivery.no_price", {{"carrier", carrier}});
  case errc::throttled:
  case errc::unavailable:
  case errc::timeout:
  case errc::cancelled:
  case errc::outcome_unknown: return say(portal, "delivery.no_answer", {{"carrier", carrier}});
  case errc::forbidden: return say(portal, "delivery.no_access", {{"carrier", carrier}});
  case errc::protocol:
  case errc::internal: return say(portal, "delivery.nonsense", {{"carrier", carrier}});
  }
  return say(portal, "delivery.internal");
}

} // namespace waybill::delivery
