// What a new portal holds: two pipelines, the user fields that the product's defaults name, a small catalogue with gaps
// (products and variations without weight), two users, one delivery service.
#include <sandbox/portal.hpp>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::vector<stage> stages_of(const std::string& prefix) {
  return {
      {prefix + "NEW", "Новая", "P", 10, true},
      {prefix + "PREPARATION", "Подготовка документов", "P", 20, false},
      {prefix + "PREPAYMENT_INVOICE", "Счёт на предоплату", "P", 30, false},
      {prefix + "EXECUTING", "Передано в доставку", "P", 40, false},
      {prefix + "UC_TRANSIT", "В пути", "P", 50, false},
      {prefix + "UC_READY", "Готов к выдаче", "P", 60, false},
      {prefix + "UC_PROBLEM", "Проблема с доставкой", "P", 70, false},
      {prefix + "UC_RETURNING", "Возврат в пути", "P", 80, false},
      {prefix + "FINAL_INVOICE", "Финальный счёт", "P", 90, false},
      {prefix + "WON", "Сделка успешна", "S", 100, true},
      {prefix + "LOSE", "Сделка провалена", "F", 110, true},
      {prefix + "APOLOGY", "Анализ причины провала", "F", 120, false},
  };
}

user_field field(portal& p, std::string name, std::string type, std::string label) {
  user_field f;
  f.id = p.next_id();
  f.name = "UF_CRM_" + std::move(name);
  f.type = std::move(type);
  f.label = std::move(label);
  f.sort = 100 + 10 * static_cast<int>(p.user_fields.size());
  return f;
}

void seed_fields(portal& p) {
  const auto add = [&p](const char* name, const char* type, const char* label) {
    p.user_fields.push_back(field(p, name, type, label));
  };
  add("LOGISTICS_ORDER_ID", "string", "Номер заказа перевозчика");
  add("TRACKING_NUMBER", "string", "Трек-номер");
  add("TRACKING_URL", "url", "Ссылка для отслеживания");
  add("LOGISTICS_STATUS", "string", "Статус доставки");
  add("LOGISTICS_ERROR", "string", "Ошибка доставки");
  add("DELIVERY_COST", "double", "Стоимость доставки");
  add("DELIVERY_ADDRESS", "address", "Адрес доставки");
  add("DELIVERY_PHONE", "string", "Телефон получателя");
  add("PVZ_CODE", "string", "Пункт выдачи");
  add("DELIVERY_CARRIER", "string", "Перевозчик");
  add("DELIVERY_LABEL", "file", "Накладная");
  add("DELIVERY_DATE", "date", "Плановая дата доставки");
  add("DELIVERY_PAID", "boolean", "Доставка оплачена");
  add("DELIVERY_NOTES", "string", "Пожелания к доставке");
  p.user_fields.back().multiple = true;
  auto type = field(p, "DELIVERY_TYPE", "enumeration", "Способ доставки");
  type.list = {{45, "Курьер", "courier", 10, false}, {46, "Пункт выдачи", "pickup", 20, false}};
  p.user_fields.push_back(std::move(type));
}

void seed_catalogue(portal& p) {
  p.sections = {{15, 0, 24, "Одежда и обувь"}, {16, 15, 24, "Аксессуары"}, {17, 0, 24, "Для дома"}};
  p.catalogue = {
      {.id = 101,
       .iblock = 24,
       .section = 15,
       .type = 3,
       .name = "Кроссовки",
       .xml_id = "SKU-101",
       .weight_g = 900,
       .length_mm = 330,
       .width_mm = 210,
       .height_mm = 120,
       .price_minor = 450000},
      {.id = 102,
       .iblock = 24,
       .section = 17,
       .type = 1,
       .name = "Кружка",
       .xml_id = "SKU-102",
       .weight_g = 350,
       .length_mm = 120,
       .width_mm = 90,
       .height_mm = 100,
       .price_minor = 59000},
      {.id = 103, .iblock = 24, .section = 16, .type = 1, .name = "Плакат", .xml_id = "SKU-103", .price_minor = 30000},
      {.id = 104,
       .iblock = 24,
       .section = 15,
       .type = 1,
       .name = "Куртка",
       .xml_id = "SKU-104",
       .weight_g = 0,
       .price_minor = 799050},
      {.id = 105,
       .iblock = 24,
       .section = 15,
       .type = 3,
       .name = "Футболка",
       .xml_id = "SKU-105",
       .price_minor = 149000},
      {.id = 106,
       .iblock = 24,
       .section = 17,
       .type = 7,
       .name = "Доставка по городу",
       .xml_id = "SRV-106",
       .price_minor = 35000},
      {.id = 201,
       .iblock = 26,
       .parent = 101,
       .type = 4,
       .name = "Кроссовки, 42",
       .xml_id = "SKU-101-42",
       .weight_g = 950,
       .length_mm = 330,
       .width_mm = 210,
       .height_mm = 120,
       .price_minor = 450000},
      {.id = 202,
       .iblock = 26,
       .parent = 101,
       .type = 4,
       .name = "Кроссовки, 43",
       .xml_id = "SKU-101-43",
       .price_minor = 450000},
      {.id = 203,
       .iblock = 26,
       .parent = 105,
       .type = 4,
       .name = "Футболка, M",
       .xml_id = "SKU-105-M",
       .price_minor = 149000},
  };
}

} // namespace

void seed(portal& p) {
  p.categories = {{0, "Общая", 100, stages_of("")}, {2, "Интернет-магазин", 200, stages_of("C2:")}};
  p.users = {{1, "Анна", "Смирнова", true}, {7, "Пётр", "Кузнецов", false}, {8, "Ольга", "Иванова", false}};
  seed_fields(p);
  seed_catalogue(p);
  // Of a handler that nobody plays: requests of these are made by the control API.
  p.services = {{40, 0, "sandbox", "Доставка", "RUB", "", {}},
                {41, 40, "sandbox", "Доставка: курьер", "RUB", "courier", {}},
                {42, 40, "sandbox", "Доставка: пункт выдачи", "RUB", "pickup", {}},
                {2, 0, "", "Самовывоз", "RUB", "", {}}};
  seed_store(p);
  p.last_id_ = 750; // the first deal or contact is 751
}

} // namespace waybill::sandbox
