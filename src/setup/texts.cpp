#include <setup/texts.hpp>

#include <algorithm>
#include <array>

namespace waybill::setup {
namespace {

struct entry {
  std::string_view key, ru, en;
};

constexpr std::array entries{
    entry{"setup_handler", "Waybill: службы доставки", "Waybill: carriers"},
    entry{"setup_handler_description", "Расчёт, заказ и отслеживание доставки у перевозчиков",
          "Costs, orders and tracking at the carriers"},
    entry{"setup_handler_key", "Ключ подключения (не изменять)", "Key of the connection (do not change)"},
    entry{"setup_cancel_action", "Отменить доставку", "Cancel the delivery"},
    entry{"profile_courier", "Курьер до двери", "Courier to the door"},
    entry{"profile_pickup", "Пункт выдачи", "Pickup point"},
    entry{"profile_postamat", "Постамат", "Parcel locker"},
    entry{"profile_locker", "Постамат", "Parcel locker"},
    entry{"property_from", "Откуда забрать", "Where to fetch it"},
    entry{"property_to", "Адрес доставки", "Delivery address"},
    entry{"property_point", "Код пункта выдачи", "Code of the pickup point"},
    entry{"property_group", "Доставка", "Delivery"},
    entry{"store_status_accepted", "Принят перевозчиком", "Accepted by the carrier"},
    entry{"store_status_in_transit", "В пути", "In transit"},
    entry{"store_status_ready_for_pickup", "Готов к выдаче", "Ready for pickup"},
    entry{"store_status_out_for_delivery", "Передан курьеру", "Out for delivery"},
    entry{"store_status_delivered", "Доставлен", "Delivered"},
    entry{"store_status_problem", "Требует внимания", "Needs attention"},
    entry{"store_status_returning", "Возвращается отправителю", "On its way back"},
    entry{"store_status_returned", "Возвращён", "Returned"},
    entry{"store_status_lost", "Утерян", "Lost"},
    entry{"store_colour_accepted", "#B3D4FC", "#B3D4FC"},
    entry{"store_colour_in_transit", "#99CCFF", "#99CCFF"},
    entry{"store_colour_ready_for_pickup", "#66CCCC", "#66CCCC"},
    entry{"store_colour_out_for_delivery", "#FFCC66", "#FFCC66"},
    entry{"store_colour_delivered", "#7BD500", "#7BD500"},
    entry{"store_colour_problem", "#FF6655", "#FF6655"},
    entry{"store_colour_returning", "#FF9966", "#FF9966"},
    entry{"store_colour_returned", "#AAAAAA", "#AAAAAA"},
    entry{"store_colour_lost", "#884444", "#884444"},
    entry{"field_order_id", "Номер заказа у перевозчика", "Carrier's order number"},
    entry{"field_tracking_number", "Трек-номер", "Tracking number"},
    entry{"field_tracking_url", "Отслеживание", "Tracking"},
    entry{"field_status", "Статус доставки", "Delivery status"},
    entry{"field_error", "Ошибка доставки", "Delivery error"},
    entry{"field_cost", "Стоимость доставки", "Delivery cost"},
    entry{"field_invoice_cost", "Стоимость доставки", "Delivery cost"},
    entry{"field_address", "Адрес доставки", "Delivery address"},
    entry{"field_phone", "Телефон доставки", "Delivery phone"},
    entry{"field_delivery_type", "Способ доставки", "Delivery type"},
    entry{"field_pickup_point", "Код пункта выдачи", "Pickup point code"},
    entry{"field_carrier", "Служба доставки", "Carrier"},
    entry{"field_planned_date", "Ожидаемая дата доставки", "Expected delivery date"},
    entry{"field_label", "Этикетка", "Label"},
    entry{"field_cash_on_delivery", "Наложенный платёж", "Cash on delivery"},
    entry{"field_declared_value", "Объявленная ценность", "Declared value"},
    entry{"field_parcels", "Количество мест", "Number of parcels"},
    entry{"field_comment", "Комментарий для курьера", "Comment for the courier"},
    entry{"robot_name", "Создать отправление", "Create shipment"},
    entry{"robot_description", "Передаёт сделку перевозчику и возвращает номер заказа",
          "Hands the deal over to the carrier and returns the order's number"},
    entry{"robot_service", "Способ доставки", "Delivery type"},
    entry{"robot_comment", "Комментарий для курьера", "Comment for the courier"},
    entry{"robot_order_number", "Номер заказа", "Order number"},
    entry{"robot_tracking_number", "Трек-номер", "Tracking number"},
    entry{"tab_title", "Доставка", "Delivery"},
};

} // namespace

std::string word(const config::portal& portal, std::string_view key, std::string_view language) {
  if (const auto own = portal.texts.find(std::string(key)); own != portal.texts.end()) return own->second;
  const auto* found = std::ranges::find(entries, key, &entry::key);
  if (found == entries.end()) return std::string(key);
  return std::string(language == "ru" ? found->ru : found->en);
}

std::string word(const config::portal& portal, std::string_view key) { return word(portal, key, portal.locale); }

} // namespace waybill::setup
