#include <setup/spoken.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace waybill::setup {
namespace {

// "{}" stands for whatever is between; in the translation the same pieces in the same order.
struct phrase {
  std::string_view en, ru;
};

constexpr std::array phrases{
    // ---- what
    phrase{"deal fields", "поля сделок"},
    phrase{"deal field {} (fields.{})", "поле сделки {} (fields.{})"},
    phrase{"delivery handler {}", "обработчик доставки {}"},
    phrase{"delivery service, properties, statuses", "служба доставки, свойства, статусы"},
    phrase{"delivery service", "служба доставки"},
    phrase{"profile {} (delivery service {})", "профиль {} (служба доставки {})"},
    phrase{"key of delivery service {}", "ключ службы доставки {}"},
    phrase{"property relations of delivery service {}", "привязка свойств к службе доставки {}"},
    phrase{"delivery service {}", "служба доставки {}"},
    phrase{"shipment properties", "свойства отгрузки"},
    phrase{"shipment property {} for profiles", "свойство отгрузки {} для профилей"},
    phrase{"shipment property {}", "свойство отгрузки {}"},
    phrase{"extra services", "дополнительные услуги"},
    phrase{"extra services of {}", "дополнительные услуги профиля {}"},
    phrase{"delivery statuses", "статусы доставки"},
    phrase{"delivery status {}", "статус доставки {}"},
    phrase{"event handlers, automation rule, tab", "обработчики событий, робот, вкладка"},
    phrase{"event handlers", "обработчики событий"},
    phrase{"offline event {}", "офлайн-событие {}"},
    phrase{"event {}", "событие {}"},
    phrase{"automation rule {}", "робот {}"},
    phrase{"tab of deals ({})", "вкладка сделок ({})"},
    phrase{"payment system {}", "платёжная система {}"},
    phrase{"product rows of deals", "товарные позиции сделок"},
    // ---- why
    phrase{"it is there", "есть"},
    phrase{"it is there, for all its profiles", "есть, для всех профилей"},
    phrase{"it is there; what it holds cannot be read, so it is written again",
           "есть; прочитать содержимое нельзя, поэтому записан заново"},
    phrase{"it is as it should be", "всё верно"},
    phrase{"{} are as they should be", "верных: {}"},
    phrase{"it is bound", "подключено"},
    phrase{"it is not bound", "не подключено"},
    phrase{"it is bound to an address that is ours no longer", "подключено к нашему прежнему адресу"},
    phrase{"it leads to an address that is ours no longer", "ведёт на наш прежний адрес"},
    phrase{"it is ours", "наше"},
    phrase{"it is of type {}, which must be {}: name another field", "тип {}, а нужен {}: укажите другое поле"},
    phrase{"its list lacks {}", "в списке нет: {}"},
    phrase{"deals have no such field; type {}", "у сделок нет такого поля; тип {}"},
    phrase{"the portal has none of ours; profiles: {}", "на портале нашей нет; профили: {}"},
    phrase{"the portal has none", "на портале нет"},
    phrase{"the portal has no active one of this id", "на портале нет действующей с таким номером"},
    phrase{"its name, addresses or profiles differ", "отличаются название, адреса или профили"},
    phrase{"its name differs", "отличается название"},
    phrase{"its currency differs", "отличается валюта"},
    phrase{"its colour differs", "отличается цвет"},
    phrase{"it is switched off", "выключена"},
    phrase{"no route leads to it any more: switched off", "маршрутов к нему больше нет: выключен"},
    phrase{"it was lost, and is written again", "был утерян, записывается заново"},
    phrase{
        "profiles are missing: {}; the portal makes them only with a service, so it is made anew, and the old one is "
        "deleted or, when orders use it, switched off",
        "не хватает профилей: {}; портал создаёт их только вместе со службой, поэтому она создаётся заново, а прежняя "
        "удаляется или, если ею пользуются заказы, выключается"},
    phrase{"with its profiles; if orders use it, it stays and is switched off",
           "вместе с профилями; если ею пользуются заказы, останется выключенной"},
    phrase{"unless a delivery service stays that needs it", "если не останется службы доставки, которой он нужен"},
    phrase{"server.public_url is not set: the portal could not call us",
           "не задан server.public_url: портал не сможет к нам обратиться"},
    phrase{"the portal's webhook_secret is not set", "у портала не задан webhook_secret"},
    phrase{"no route leads from this portal to a delivery type", "нет маршрутов от этого портала ни к одному способу "
                                                                 "доставки"},
    phrase{"property {} is of another type: delete it in the portal, or change it to {}",
           "свойство {} другого типа: удалите его на портале или замените тип на {}"},
    phrase{"it is not shown yet for: {}", "ещё не показывается для: {}"},
    phrase{"the store has no payer types", "в магазине нет типов плательщиков"},
    phrase{"of another type, which cannot be changed: delete them in the portal: {}",
           "другого типа, изменить его нельзя: удалите на портале: {}"},
    phrase{"missing: {}", "не хватает: {}"},
    phrase{"name, price or state differ: {}", "отличаются название, цена или состояние: {}"},
    phrase{"no longer offered: {}", "больше не предлагаются: {}"},
    phrase{"no carrier of this portal's routes offers: {}; correct delivery_service.extra_services",
           "таких услуг нет у перевозчиков этого портала: {}; исправьте delivery_service.extra_services"},
    phrase{"no id of two characters is free: delete unused statuses",
           "нет свободного кода из двух знаков: удалите ненужные статусы"},
    phrase{"the store has none; its id: {}", "в магазине нет; код: {}"},
    phrase{"no shipment has it", "ни у одной отгрузки его нет"},
    phrase{"permissions (scopes) are missing: {}; tick them in the settings of the webhook",
           "не хватает прав (scope): {}; отметьте их в настройках вебхука"},
    phrase{"permissions (scopes) are missing: {}; tick them in the settings of the application",
           "не хватает прав (scope): {}; отметьте их в настройках приложения"},
    phrase{"user {} is no administrator; create the webhook as one",
           "пользователь {} не администратор; создайте вебхук от имени администратора"},
    phrase{"user {} is no administrator; install the application as one",
           "пользователь {} не администратор; установите приложение от имени администратора"},
    phrase{"the delivery handler is missing", "нет обработчика доставки"},
    phrase{"the property is missing", "нет свойства"},
    phrase{"the profile {} is missing", "нет профиля {}"},
    phrase{"the portal does not tell what rows have: {}", "портал не показывает у позиций: {}"},
    // ---- notes and remarks
    phrase{"the portal's version has no event {}", "в этой версии портала нет события {}"},
    phrase{"delivery service {} stays, switched off: the portal does not delete it: {}",
           "служба доставки {} осталась выключенной: портал её не удаляет: {}"},
    phrase{"the delivery handler stays: a delivery service that orders use needs it",
           "обработчик доставки остался: он нужен службе доставки, которой пользуются заказы"},
    phrase{"user fields of deals stay: they hold the customer's data; delete them in the portal",
           "поля сделок остались: в них данные покупателей; удалите их на портале сами"},
    phrase{"delivery statuses stay, as shipments have them: {}", "статусы доставки остались, они есть у отгрузок: {}"},
};

// The pieces between the fixed parts; nothing: the text is not this phrase. The last piece takes all that is left.
std::optional<std::vector<std::string_view>> pieces_of(std::string_view text, std::string_view pattern) {
  std::vector<std::string_view> out;
  while (true) {
    const auto hole = pattern.find("{}");
    if (hole == std::string_view::npos) { return text == pattern ? std::optional(out) : std::nullopt; }
    if (text.substr(0, hole) != pattern.substr(0, hole)) return {};
    text.remove_prefix(hole);
    pattern.remove_prefix(hole + 2);
    const auto next = pattern.substr(0, pattern.find("{}"));
    const bool last = pattern.find("{}") == std::string_view::npos;
    const auto end = next.empty() ? text.size() : last ? text.rfind(next) : text.find(next);
    if (end == std::string_view::npos || (last && end + next.size() != text.size())) return {};
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string filled(std::string_view pattern, const std::vector<std::string_view>& pieces) {
  std::string out;
  for (const auto piece : pieces) {
    const auto hole = pattern.find("{}");
    out += pattern.substr(0, hole);
    out += piece;
    pattern.remove_prefix(hole + 2);
  }
  out += pattern;
  return out;
}

} // namespace

namespace {

std::optional<std::string> translated(std::string_view english) {
  for (const auto& p : phrases)
    if (const auto pieces = pieces_of(english, p.en)) return filled(p.ru, *pieces);
  return {};
}

} // namespace

std::string spoken(std::string_view english, std::string_view language) {
  if (language != "ru") return std::string(english);
  if (auto whole = translated(english)) return std::move(*whole);
  // Several reasons in one line.
  std::string out;
  for (std::string_view left = english; !left.empty();) {
    const auto end = std::min(left.find(", "), left.size());
    const auto part = translated(left.substr(0, end));
    if (!part) return std::string(english);
    out += (out.empty() ? "" : ", ") + *part;
    left.remove_prefix(std::min(end + 2, left.size()));
  }
  return out;
}

} // namespace waybill::setup
