// What a new account holds.
#include "ids.hpp"
#include "sandbox_world.hpp"

#include <array>

#include <fmt/format.h>

namespace waybill::moysklad::sandbox {
namespace {

json::array barcode(std::string_view kind, std::string_view code) {
  json::object one;
  one[kind] = code;
  return json::array{std::move(one)};
}

json::object named(std::string_view name, std::string_view code, std::string_view external) {
  return json::object{{"name", name}, {"code", code}, {"externalCode", external}, {"archived", false}};
}

} // namespace

world::world(stand_in_context c) : context(std::move(c)) {
  account_id = new_uuid();
  seed();
}

thing& world::put_thing(std::string type, json::object body) {
  thing t;
  t.type = type;
  t.id = new_uuid();
  t.ui_id = new_uuid();
  t.body = std::move(body);
  t.created = t.updated = now();
  auto& table = tables[type];
  table.push_back(std::move(t));
  return table.back();
}

void world::seed() {
  put_thing("organization", named("ООО Ромашка", "", "org-1")).body["inn"] = "7707083893";
  const std::string store = put_thing("store", named("Основной склад", "MAIN", "store-1")).id;
  put_thing("saleschannel", named("Сайт", "", "channel-1"));
  put_thing("project", named("Интернет-магазин", "", "project-1"));
  json::object delivery = named("Доставка", "DELIVERY", "service-1");
  delivery["vat"] = 20;
  delivery["vatEnabled"] = true;
  put_thing("service", std::move(delivery));

  const auto product = [this](std::string_view name, std::string_view code, std::string_view weight) -> thing& {
    json::object o = named(name, code, fmt::format("xml-{}", code));
    o["article"] = fmt::format("ART-{}", code);
    o["vat"] = 20;
    o["vatEnabled"] = true;
    o["variantsCount"] = 0;
    if (!weight.empty()) o["weight"] = json::decimal(weight);
    return put_thing("product", std::move(o));
  };
  thing& kettle = product("Чайник", "CH-7", "0.6");
  kettle.body["volume"] = json::decimal("0.004");
  kettle.body["barcodes"] = barcode("ean13", "4600000000017");
  stock[kettle.id][store] = 11;
  thing& mug = product("Кружка", "KR-1", "1500.0"); // somebody typed grams
  stock[mug.id][store] = 40;
  product("Двойник А", "TWIN", "0.1");
  product("Двойник Б", "TWIN", "0.1");
  product("Снятый с продажи", "ARC-1", "0.1").body["archived"] = true;
  product("Чай; \"зелёный\"", "A;B\\C", "0.05"); // a code that filters must guard
  thing& shirt = product("Футболка", "TS", "0.2");
  shirt.body["variantsCount"] = 1;
  json::object large = named("Футболка (L)", "TS-L", "xml-TS-L");
  large["product"] = json::object{{"meta", meta_of("product/" + shirt.id, "product")}};
  stock[put_thing("variant", std::move(large)).id][store] = 3;
  product("Плакат", "POSTER", "0.35").body["externalCode"] =
      "SKU-103"; // the portal's stand-in knows it without a weight
  json::object set = named("Набор", "SET-1", "xml-SET-1");
  set["weight"] = json::decimal("2.5");
  set["vat"] = 20;
  set["vatEnabled"] = true;
  put_thing("bundle", std::move(set));

  struct row {
    std::string_view name, kind;
  };
  constexpr std::array<row, 7> usual{{{"Новый", "Regular"},
                                      {"Подтвержден", "Regular"},
                                      {"Собран", "Regular"},
                                      {"Отгружен", "Regular"},
                                      {"Доставлен", "Successful"},
                                      {"Возврат", "Unsuccessful"},
                                      {"Отменен", "Unsuccessful"}}};
  constexpr std::array<row, 2> of_returns{{{"Ожидается", "Regular"}, {"Принят", "Successful"}}};
  const auto add_states = [this](const std::string& type, std::span<const row> rows) {
    for (const row& r : rows) {
      const std::string id = new_uuid();
      states[type].push_back({{"meta", meta_of(fmt::format("{}/metadata/states/{}", type, id), "state")},
                              {"id", id},
                              {"accountId", account_id},
                              {"name", r.name},
                              {"color", 15106326},
                              {"stateType", r.kind},
                              {"entityType", type}});
    }
  };
  add_states("customerorder", usual);
  add_states("demand", usual);
  add_states("salesreturn", of_returns);

  constexpr std::array<row, 6> fields{{{"Трек-номер", "string"},
                                       {"Ссылка отслеживания", "link"},
                                       {"Перевозчик", "string"},
                                       {"Статус доставки", "text"},
                                       {"Стоимость доставки", "double"},
                                       {"Номер сделки", "string"}}};
  for (const std::string type : {"customerorder", "demand"})
    for (const row& r : fields) {
      const std::string id = new_uuid();
      attributes[type].push_back(
          {{"meta", meta_of(fmt::format("{}/metadata/attributes/{}", type, id), "attributemetadata")},
           {"id", id},
           {"name", r.name},
           {"type", r.kind},
           {"required", false},
           {"show", true}});
    }
}

} // namespace waybill::moysklad::sandbox
