// CDEK's additional services as a manager sees them. Those that CDEK adds by itself or that belong to the account's
// configuration (boxes of a certain size, notifications) are left to the setting `options`.
#include "settings.hpp"

#include <array>

namespace waybill::cdek {
namespace {

using enum carrier_option::shape;

constexpr std::array offered{
    carrier_option{"INSURANCE", "Страхование", "Insurance", checkbox},
    carrier_option{"TRYING_ON", "Примерка на дому", "Trying on", checkbox},
    carrier_option{"PART_DELIV", "Частичная доставка", "Partial delivery", checkbox},
    carrier_option{"BAN_ATTACHMENT_INSPECTION", "Запрет осмотра вложения", "No inspection of the contents", checkbox},
    carrier_option{"SMS", "СМС-уведомление получателя", "SMS to the recipient", checkbox},
    carrier_option{"GET_UP_FLOOR_BY_HAND", "Подъём на этаж вручную (этаж)", "Carrying upstairs (floor)", quantity},
    carrier_option{"GET_UP_FLOOR_BY_ELEVATOR", "Подъём на этаж лифтом (этаж)", "Lift to the floor (floor)", quantity},
    carrier_option{"THERMAL_MODE", "Тепловой режим", "Kept warm", checkbox},
    carrier_option{"DANGER_CARGO", "Опасный груз", "Dangerous goods", checkbox},
    carrier_option{"ADULT_GOODS", "Товары 18+", "Goods for adults", checkbox},
    carrier_option{"PHOTO_OF_DOCUMENTS", "Фото документов", "Photo of the documents", checkbox},
    carrier_option{"BUBBLE_WRAP", "Воздушно-пузырчатая плёнка (количество)", "Bubble wrap (amount)", quantity},
    carrier_option{"WASTE_PAPER", "Бумага для заполнения (количество)", "Filling paper (amount)", quantity},
};

} // namespace

std::span<const carrier_option> offered_options() { return offered; }

} // namespace waybill::cdek
