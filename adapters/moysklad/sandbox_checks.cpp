// What the real one refuses: links, states, additional fields, positions, long texts, filters.
#include "ids.hpp"
#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace waybill::moysklad::sandbox {
namespace {

constexpr std::string_view root = "https://api.moysklad.ru/api/remap/1.2/entity/";

bool one_of(std::string_view type, std::string_view types) {
  while (!types.empty()) {
    const auto end = std::min(types.find(','), types.size());
    if (types.substr(0, end) == type) return true;
    types.remove_prefix(std::min(end + 1, types.size()));
  }
  return false;
}

constexpr std::array<std::string_view, 22> known_types{"customerorder",
                                                       "demand",
                                                       "salesreturn",
                                                       "counterparty",
                                                       "organization",
                                                       "store",
                                                       "project",
                                                       "saleschannel",
                                                       "product",
                                                       "variant",
                                                       "bundle",
                                                       "service",
                                                       "state",
                                                       "attributemetadata",
                                                       "currency",
                                                       "employee",
                                                       "group",
                                                       "contract",
                                                       "customerorderposition",
                                                       "webhook",
                                                       "uom",
                                                       "country"};

// The meta of a link, as far as it can be judged without looking anything up.
std::optional<problem> check_meta(const json::value* link, std::string_view parameter, std::string& href,
                                  std::string& type) {
  const std::string where(parameter);
  const auto* o = link == nullptr ? nullptr : link->if_object();
  const auto* meta = o == nullptr ? nullptr : json::child(*o, "meta");
  if (meta == nullptr) return problem{400, 2014, "Не указан объект meta", where};
  href = json::text_or(*meta, "href");
  type = json::text_or(*meta, "type");
  if (href.empty()) return problem{400, 2010, "Отсутствует обязательное поле href", where};
  if (type.empty()) return problem{400, 2011, "Отсутствует обязательное поле type", where};
  if (std::ranges::find(known_types, type) == known_types.end())
    return problem{400, 2012, "Неизвестный тип: " + clean_code(type), where};
  if (!href.starts_with(root))
    return problem{400, 1059, "Некорректный сервер в идентификаторе объекта: " + href, where};
  return {};
}

bool is_number(const json::value& v) {
  return v.is_int64() || v.is_uint64() || (v.is_string() && v.get_string().starts_with(json::decimal_mark));
}

} // namespace

std::optional<problem> check_link(world& w, const json::value* o, std::string_view types, std::string_view parameter,
                                  std::string& id) {
  std::string href, type;
  if (auto wrong = check_meta(o, parameter, href, type)) return wrong;
  const std::string where(parameter);
  if (!one_of(type, types)) return problem{400, 2024, "Недопустимый тип объекта", where};
  if (!href.substr(root.size()).starts_with(type + "/")) return problem{400, 1060, "Тип не соответствует href", where};
  id = id_in_href(href);
  if (id.empty()) return problem{400, 1052, "Некорректный UUID", where};
  if (w.find(type, id) == nullptr) return problem{400, 2013, "Объект не найден: " + href, where};
  return {};
}

std::optional<problem> check_state(const world& w, const std::string& type, const json::value& link,
                                   std::string_view parameter, std::string& id) {
  std::string href, kind;
  if (auto wrong = check_meta(&link, parameter, href, kind)) return wrong;
  id = id_in_href(href);
  const auto it = w.states.find(type);
  const bool own = it != w.states.end() &&
                   std::ranges::any_of(it->second, [&](const json::object& s) { return json::text_or(s, "id") == id; });
  const bool here = href.substr(root.size()).starts_with(type + "/metadata/states/");
  if (kind != "state" || !own || !here)
    return problem{412, 11002, "Статус не принадлежит этому типу документа", std::string(parameter)};
  return {};
}

std::optional<problem> check_attribute(const world& w, const std::string& type, const json::value& given,
                                       json::object& stored) {
  std::string href, kind;
  if (auto wrong = check_meta(&given, "attributes", href, kind)) return wrong;
  const std::string id = id_in_href(href);
  if (!href.substr(root.size()).starts_with(type + "/metadata/attributes/"))
    return problem{412, 14000, "Доп. поле другого типа", "attributes"};
  const auto it = w.attributes.find(type);
  const json::object* field = nullptr;
  if (it != w.attributes.end())
    for (const json::object& a : it->second)
      if (json::text_or(a, "id") == id) field = &a;
  if (field == nullptr) return problem{412, 14003, "Доп. поле не найдено", "attributes"};
  const auto* value = given.get_object().if_contains("value");
  const std::string wants = json::text_or(*field, "type");
  if (value != nullptr && !value->is_null()) {
    const bool plain = value->is_string() && !is_number(*value);
    const bool fits = wants == "double" || wants == "long" ? is_number(*value)
                      : wants == "boolean"                 ? value->is_bool()
                                                           : plain;
    if (!fits) return problem{400, 2016, "Неверный тип значения доп. поля", "attributes"};
    if (plain && characters(json::as_text(*value).value_or("")) > (wants == "text" ? 4096U : 255U))
      return problem{412, 3040, "Слишком длинное значение доп. поля", "attributes"};
  }
  stored = *field;
  stored.erase("required");
  stored["value"] = value == nullptr ? json::value() : *value;
  return {};
}

std::int64_t units(const json::object& o, std::string_view key) { return thousandths(o, key).value_or(0); }

std::optional<problem> check_position(world& w, const std::string& type, const json::value& given,
                                      json::object& stored) {
  const auto* p = given.if_object();
  if (p == nullptr) return problem{400, 2016, "Позиция не объект", "positions"};
  if (!p->contains("assortment")) return problem{412, 3000, "Поле не может быть пустым", "assortment"};
  std::string good;
  if (auto wrong = check_link(w, p->if_contains("assortment"), "product,variant,bundle,service", "assortment", good))
    return wrong;
  for (const std::string_view key : {"quantity", "price", "discount", "vat", "reserve"})
    if (const auto* v = p->if_contains(key); v != nullptr && !is_number(*v))
      return problem{400, 2016, "Поле должно быть числом", std::string(key)};
  const auto quantity = units(*p, "quantity"), reserve = units(*p, "reserve");
  if (quantity <= 0) return problem{412, 3003, "Количество должно быть больше нуля", "quantity"};
  if (kopecks(*p, "price").value_or(0) < 0) return problem{412, 3002, "Цена меньше нуля", "price"};
  if (units(*p, "discount") > 100'000) return problem{412, 17008, "Скидка больше 100%", "discount"};
  if (const auto vat = json::integer_or(*p, "vat"); vat < 0 || vat > 100)
    return problem{412, 3005, "Недопустимая ставка НДС", "vat"};
  if (reserve < 0 || reserve > quantity) return problem{412, 17003, "Резерв больше количества", "reserve"};
  std::string kind;
  if (const auto* link = json::child(*p, "assortment"))
    if (const auto* meta = json::child(*link, "meta")) kind = json::text_or(*meta, "type");
  if (kind == "bundle" && quantity % 1000 != 0)
    return problem{412, 17018, "Количество комплектов должно быть целым", "quantity"};
  stored = json::object{{"quantity", decimal_of(quantity, 3)},
                        {"price", kopecks(*p, "price").value_or(0)},
                        {"discount", decimal_of(units(*p, "discount"), 3)},
                        {"vat", json::integer_or(*p, "vat")},
                        {"vatEnabled", json::boolean(*p, "vatEnabled").value_or(false)},
                        {"assortment", *p->if_contains("assortment")}};
  if (type == "customerorder") {
    stored["reserve"] = decimal_of(kind == "service" ? 0 : reserve, 3);
    stored["shipped"] = 0;
  }
  return {};
}

std::optional<problem> check_texts(const json::object& body) {
  const auto too_long = [](const json::object& o, std::string_view key, std::size_t most) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() && characters(std::string_view(v->get_string())) > most;
  };
  for (const std::string_view key :
       {"name", "code", "externalCode", "phone", "email", "shipmentAddress", "shippingDocumentNumber", "article"}) {
    if (too_long(body, key, 255)) return problem{412, 3040, "Слишком длинный текст", std::string(key)};
    if (const auto* v = body.if_contains(key); v != nullptr && !v->is_string() && !v->is_null())
      return problem{400, 2016, "Поле должно быть строкой", std::string(key)};
  }
  if (too_long(body, "description", 4096)) return problem{412, 3040, "Слишком длинный текст", "description"};
  const auto* full = json::child(body, "shipmentAddressFull");
  if (full == nullptr) return {};
  for (const auto& [key, most] :
       {std::pair{"postalCode", 6U}, std::pair{"house", 30U}, std::pair{"apartment", 30U}, std::pair{"city", 255U},
        std::pair{"street", 255U}, std::pair{"addInfo", 255U}, std::pair{"comment", 255U}})
    if (too_long(*full, key, most))
      return problem{412, 3040, "Слишком длинный текст", std::string("shipmentAddressFull.") + key};
  return {};
}

// "a=1;a=2;b=3", where \; is part of a value.
result<list_query> read_query(const std::string& type, std::string_view raw) {
  const auto bad = [](std::string code, std::string what) {
    return fail(errc::bad_input, std::move(what), std::move(code));
  };
  if (std::ranges::any_of(raw, [](char c) { return c <= 0x20 || c >= 0x7F || c == ';' || c == '"' || c == '<'; }))
    return bad("1058", "Некорректно закодирована строка запроса");
  const auto fields = parse_form(raw);
  if (!fields) return bad("1058", "Некорректно закодирована строка запроса");
  list_query q;
  const auto number = [&](std::string_view key, std::size_t fallback) {
    const auto* text = find_field(*fields, key);
    std::size_t n = fallback;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), n);
    return n;
  };
  q.limit = number("limit", 1000);
  q.offset = number("offset", 0);
  if (q.limit < 1 || q.limit > 1000) return bad("1034", "limit от 1 до 1000");
  // Silently, as the real one: with more than 100 rows nothing is expanded.
  if (const auto* expand = find_field(*fields, "expand"); expand != nullptr && q.limit <= 100)
    for (std::string_view rest = *expand; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      q.expand.emplace(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  const auto* filter = find_field(*fields, "filter");
  if (filter == nullptr) return q;
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < filter->size(); ++i) {
    const char c = (*filter)[i];
    if (c == '\\' && i + 1 < filter->size()) parts.back() += (*filter)[++i];
    else if (c == ';') parts.emplace_back();
    else parts.back() += c;
  }
  static const std::set<std::string> common{"id", "name", "code", "externalCode", "archived", "syncId", "updated"};
  for (const std::string& part : parts) {
    const auto at = part.find('=');
    const std::string field = part.substr(0, at);
    const bool goods = type == "product" || type == "bundle" || type == "variant";
    const bool known = common.contains(field) || (field == "barcode" && (goods || type == "service")) ||
                       (field == "article" && goods) ||
                       ((field == "phone" || field == "email" || field == "inn") && type == "counterparty");
    if (at == std::string::npos || !known) return bad("1034", "Неизвестное поле фильтра: " + clean_code(field));
    q.equal[field].push_back(part.substr(at + 1));
  }
  return q;
}

} // namespace waybill::moysklad::sandbox
