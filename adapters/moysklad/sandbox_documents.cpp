// Objects made, changed, read: documents with their positions and links, customers, goods.
#include "ids.hpp"
#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::moysklad::sandbox {
namespace {

bool is_document(std::string_view type) { return type == "customerorder" || type == "demand" || type == "salesreturn"; }

// Plain fields that a caller may write; all others are passed over in silence, as the real one does.
constexpr std::array<std::string_view, 26> plain_fields{"name",
                                                        "code",
                                                        "externalCode",
                                                        "description",
                                                        "applicable",
                                                        "vatEnabled",
                                                        "vatIncluded",
                                                        "moment",
                                                        "phone",
                                                        "email",
                                                        "companyType",
                                                        "article",
                                                        "weight",
                                                        "volume",
                                                        "vat",
                                                        "barcodes",
                                                        "archived",
                                                        "deliveryPlannedMoment",
                                                        "shippingDocumentNumber",
                                                        "legalTitle",
                                                        "cargoName",
                                                        "goodPackQuantity",
                                                        "shipmentAddress",
                                                        "shipmentAddressFull",
                                                        "inn",
                                                        "tags"};

struct link_row {
  std::string_view key, types;
};
constexpr std::array<link_row, 8> links{{{"organization", "organization"},
                                         {"agent", "counterparty,organization"},
                                         {"store", "store"},
                                         {"project", "project"},
                                         {"salesChannel", "saleschannel"},
                                         {"customerOrder", "customerorder"},
                                         {"demand", "demand"},
                                         {"contract", "contract"}}};

std::int64_t sum_of(const thing& t, std::string_view quantity) {
  std::int64_t sum = 0;
  for (const json::object& p : t.positions) {
    const auto full = kopecks(p, "price").value_or(0) * units(p, quantity) / 1000;
    sum += full - full * units(p, "discount") / 100'000;
  }
  return sum;
}

bool posted(const thing& t) { return json::boolean(t.body, "applicable").value_or(true) && !t.deleted; }

// Counts for each good how much of it has left.
void count_shipped(world& w, thing& order) {
  for (json::object& p : order.positions) p["shipped"] = 0;
  for (const thing& d : w.tables["demand"])
    if (posted(d) && d.made_from == order.id)
      for (const json::object& gone : d.positions)
        for (json::object& p : order.positions)
          if (linked_id(p, "assortment") == linked_id(gone, "assortment")) {
            const auto shipped = units(p, "shipped") + units(gone, "quantity");
            p["shipped"] = decimal_of(shipped, 3);
            // What has left is reserved no longer.
            p["reserve"] =
                decimal_of(std::min(units(p, "reserve"), std::max<std::int64_t>(units(p, "quantity") - shipped, 0)), 3);
            break;
          }
}

http_response success(const json::object& o) { return reply(200, o); }

} // namespace

json::object world::view(const thing& t, const list_query& q) const {
  json::object o = t.body;
  json::object meta = meta_of(t.type + "/" + t.id, t.type);
  meta["uuidHref"] = fmt::format("https://online.moysklad.ru/app/#{}/edit?id={}", t.type, t.ui_id);
  o["meta"] = std::move(meta);
  o["id"] = t.id;
  o["accountId"] = account_id;
  o["updated"] = moscow(t.updated) + ".000";
  o["created"] = moscow(t.created) + ".000";
  if (!is_document(t.type)) return o;
  // Money is a float of kopecks.
  const auto money_of = [](std::int64_t k) { return json::decimal(std::to_string(k) + ".0"); };
  o["sum"] = money_of(sum_of(t, "quantity"));
  json::object list{{"meta", meta_of(fmt::format("{}/{}/positions", t.type, t.id), t.type + "position")}};
  auto& about = list["meta"].get_object();
  about["size"] = t.positions.size();
  about["limit"] = 1000;
  about["offset"] = 0;
  if (q.expand.contains("positions")) {
    json::array rows;
    for (const json::object& p : t.positions) rows.push_back(p);
    list["rows"] = std::move(rows);
  }
  o["positions"] = std::move(list);
  const auto linked = [this](std::string_view type, const std::string& from) {
    json::array all;
    if (const auto table = tables.find(std::string(type)); table != tables.end())
      for (const thing& other : table->second)
        if (!other.deleted && other.made_from == from)
          all.push_back(json::object{{"meta", meta_of(other.type + "/" + other.id, other.type)}});
    return all;
  };
  if (t.type == "customerorder") {
    o["reservedSum"] = money_of(posted(t) ? sum_of(t, "reserve") : 0);
    o["shippedSum"] = money_of(sum_of(t, "shipped"));
    o["payedSum"] = json::decimal("0.0");
    if (auto demands = linked("demand", t.id); !demands.empty()) o["demands"] = std::move(demands);
  }
  if (t.type == "demand")
    if (auto returns = linked("salesreturn", t.id); !returns.empty()) o["returns"] = std::move(returns);
  return o;
}

std::optional<problem> world::fill(thing& copy, const json::object& body, bool creating) {
  if (auto wrong = check_texts(body)) return wrong;
  for (const std::string_view key : plain_fields)
    if (const auto* v = body.if_contains(key)) {
      // An address is written part by part.
      if (key == "shipmentAddressFull" && v->is_object()) {
        auto& have = copy.body[key];
        if (!have.is_object()) have = json::object();
        for (const auto& [part, text] : v->get_object()) have.get_object()[part] = text;
      } else {
        copy.body[key] = *v;
      }
    }
  for (const link_row& l : links)
    if (const auto* v = body.if_contains(l.key)) {
      std::string id;
      if (auto wrong = check_link(*this, v, l.types, l.key, id)) return wrong;
      copy.body[l.key] = *v;
      const bool source =
          (copy.type == "demand" && l.key == "customerOrder") || (copy.type == "salesreturn" && l.key == "demand");
      if (source) copy.made_from = id;
    }
  if (const auto* v = body.if_contains("state")) {
    std::string id;
    if (auto wrong = check_state(*this, copy.type, *v, "state", id)) return wrong;
    copy.body["state"] = json::object{{"meta", meta_of(fmt::format("{}/metadata/states/{}", copy.type, id), "state")}};
  }
  if (const auto* all = json::list(body, "attributes")) {
    auto& have = copy.body["attributes"];
    if (!have.is_array()) have = json::array();
    for (const auto& one : *all) {
      json::object stored;
      if (auto wrong = check_attribute(*this, copy.type, one, stored)) return wrong;
      auto& list = have.get_array();
      const std::string id = json::text_or(stored, "id");
      list.erase(std::remove_if(list.begin(), list.end(),
                                [&](const json::value& v) { return json::text_or(v.get_object(), "id") == id; }),
                 list.end());
      if (!stored.at("value").is_null()) list.push_back(std::move(stored));
    }
  }
  const auto* lines = body.if_contains("positions");
  if (lines == nullptr || !is_document(copy.type)) return {};
  const auto* given = lines->if_array();
  if (given == nullptr) return problem{400, 2016, "positions не массив", "positions"};
  if (given->size() > 1000) return problem{413, 2007, "Слишком много позиций", "positions"};
  std::vector<json::object> made;
  for (const auto& one : *given) {
    const std::string id = one.is_object() ? json::text_or(one.get_object(), "id") : std::string();
    const bool own =
        std::ranges::any_of(copy.positions, [&](const json::object& p) { return json::text_or(p, "id") == id; });
    if (!id.empty() && creating) return problem{412, 1046, "Позиция принадлежит другому документу", "positions"};
    if (!id.empty() && !own) return problem{400, 2013, "Позиция не найдена", "positions"};
    json::object stored;
    if (auto wrong = check_position(*this, copy.type, one, stored)) return wrong;
    stored["id"] = id.empty() ? new_uuid() : id;
    stored["accountId"] = account_id;
    made.push_back(std::move(stored));
  }
  copy.positions = std::move(made); // all of them: what was not named is gone
  return {};
}

http_response world::create(const std::string& type, const json::value& body) {
  const auto* o = body.if_object();
  if (o == nullptr) return refuse({400, 2016, "Ожидается объект", {}});
  if (const auto* sync = o->if_contains("syncId")) {
    const std::string id = sync->is_string() ? lower_ascii(std::string_view(sync->get_string())) : std::string();
    if (!is_uuid(id)) return refuse({400, 1052, "Некорректный UUID", "syncId"});
    for (const thing& t : tables[type])
      if (!t.deleted && json::text_or(t.body, "syncId") == id) return success(view(t)); // as it is, not as it is sent
  }
  const auto demand_of = [&](std::string_view key) { return o->if_contains(key) != nullptr; };
  const bool document = is_document(type);
  for (const std::string_view key :
       document ? std::vector<std::string_view>{"organization", "agent"} : std::vector<std::string_view>{"name"})
    if (!demand_of(key))
      return refuse({412, 3000, fmt::format("Поле '{}' не может быть пустым", key), std::string(key)});
  const bool applies = json::boolean(*o, "applicable").value_or(true);
  if ((type == "demand" || type == "salesreturn") && applies && !demand_of("store"))
    return refuse({412, 3000, "Поле 'store' не может быть пустым", "store"});
  thing made;
  made.type = type;
  made.id = new_uuid();
  made.ui_id = new_uuid();
  made.created = made.updated = now();
  if (auto wrong = fill(made, *o, true)) return refuse(*wrong);
  const std::string name = json::text_or(made.body, "name");
  if (document && !name.empty() && unique_numbers)
    for (const thing& t : tables[type])
      if (!t.deleted && json::text_or(t.body, "name") == name)
        return refuse({412, 3006, "Значение поля 'name' не уникально", "name"});
  if (name.empty()) made.body["name"] = fmt::format("{:05}", tables[type].size() + 1);
  if (json::text_or(made.body, "externalCode").empty()) made.body["externalCode"] = new_uuid().substr(0, 22);
  if (const auto sync = json::text(*o, "syncId")) made.body["syncId"] = lower_ascii(*sync);
  if (document && !made.body.contains("applicable")) made.body["applicable"] = true;
  if (document && !made.body.contains("state") && !states[type].empty())
    made.body["state"] = json::object{{"meta", states[type].front().at("meta")}};
  if (type == "demand" && applies && ship_stock_only)
    for (const json::object& p : made.positions) {
      const std::string good = linked_id(p, "assortment");
      const auto have = stock.find(good);
      std::int64_t pieces = 0;
      if (have != stock.end())
        for (const auto& [store, n] : have->second) pieces += n;
      if (find("service", good) == nullptr && units(p, "quantity") > pieces * 1000)
        return refuse({412, 3007, "Ошибка валидации: 'Нельзя списать товар, которого нет на складе'", {}});
    }
  if (type == "salesreturn" && !made.made_from.empty()) {
    const thing* demand = find("demand", made.made_from);
    for (const std::string_view key : {"agent", "organization"})
      if (demand == nullptr || linked_id(demand->body, key) != linked_id(made.body, key))
        return refuse({412, 3004, "Значение не совпадает с отгрузкой", std::string(key)});
    for (const json::object& p : made.positions) {
      const auto same = std::ranges::find_if(demand->positions, [&](const json::object& d) {
        return linked_id(d, "assortment") == linked_id(p, "assortment") && units(d, "quantity") >= units(p, "quantity");
      });
      if (same == demand->positions.end()) return refuse({412, 3007, "Возврат больше отгруженного", "positions"});
    }
  }
  auto& table = tables[type];
  table.push_back(std::move(made));
  thing& kept = table.back();
  if (type == "demand" && applies)
    for (const json::object& p : kept.positions)
      if (const auto it = stock.find(linked_id(p, "assortment")); it != stock.end() && !it->second.empty())
        it->second.begin()->second -= units(p, "quantity") / 1000;
  post_hooks(kept, "CREATE", {});
  if (type == "demand")
    if (thing* order = find("customerorder", kept.made_from)) {
      count_shipped(*this, *order);
      order->updated = now();
      post_hooks(*order, "UPDATE", {"demands"});
    }
  return success(view(kept));
}

http_response world::update(const std::string& type, std::string_view id, const json::value& body) {
  thing* t = find(type, id);
  if (t == nullptr) return refuse({404, 1021, "Объект не найден", {}});
  const auto* o = body.if_object();
  if (o == nullptr) return refuse({400, 2016, "Ожидается объект", {}});
  if (o->contains("syncId")) return refuse({400, 1047, "Поле syncId нельзя изменить", "syncId"});
  thing copy = *t;
  if (auto wrong = fill(copy, *o, false)) return refuse(*wrong);
  std::vector<std::string> fields;
  for (const auto& [key, value] : *o)
    if (const auto* before = t->body.if_contains(key); key == "positions" || before == nullptr ||
                                                       copy.body.if_contains(key) == nullptr ||
                                                       *before != copy.body.at(key))
      fields.emplace_back(key);
  copy.updated = now();
  *t = std::move(copy);
  if (type == "customerorder") count_shipped(*this, *t);
  if (!fields.empty()) post_hooks(*t, "UPDATE", std::move(fields));
  return success(view(*t));
}

http_response world::read(const std::string& type, std::string_view id, const list_query& q) {
  if (!is_uuid(id)) return refuse({400, 1052, "Некорректный UUID", {}});
  if (const thing* t = find(type, id)) return success(view(*t, q));
  for (const thing& t : tables[type])
    if (!t.deleted && t.ui_id == lower_ascii(id)) { // the id of the address bar
      http_response moved = reply(308, json::object());
      moved.headers.emplace_back("Location",
                                 fmt::format("https://api.moysklad.ru/api/remap/1.2/entity/{}/{}", type, t.id));
      return moved;
    }
  return refuse({404, 1021, "Объект не найден", {}});
}

http_response world::read_positions(const std::string& type, std::string_view id) {
  const thing* t = find(type, id);
  if (t == nullptr) return refuse({404, 1021, "Объект не найден", {}});
  json::array rows;
  for (const json::object& p : t->positions) rows.push_back(p);
  json::object meta = meta_of(fmt::format("{}/{}/positions", type, id), type + "position");
  meta["size"] = rows.size();
  return success({{"meta", std::move(meta)}, {"rows", std::move(rows)}});
}

http_response world::erase(const std::string& type, std::string_view id) {
  thing* t = find(type, id);
  if (t == nullptr) {
    http_response gone = reply(404, json::object());
    gone.body.clear();
    return gone;
  }
  for (const auto& [other, table] : tables)
    for (const thing& each : table)
      if (!each.deleted && each.made_from == t->id) return refuse({409, 1028, "Объект используется", {}});
  t->deleted = true;
  post_hooks(*t, "DELETE", {});
  http_response done = reply(200, json::object());
  done.body.clear();
  return done;
}

} // namespace waybill::moysklad::sandbox
