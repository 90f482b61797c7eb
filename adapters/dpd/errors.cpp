#include "errors.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::dpd {
namespace {

// Roots of words, since Russian bends their ends. Not "ключ" alone ("исключение") and not "доступ" alone
// ("недоступен").
constexpr std::array<word_row, 27> table{{
    {said_in::fault, "auth", errc::forbidden},
    {said_in::fault, "авториз", errc::forbidden},
    {said_in::fault, "аутентиф", errc::forbidden},
    {said_in::fault, "clientkey", errc::forbidden},
    {said_in::fault, "clientnumber", errc::forbidden},
    {said_in::fault, "неверный ключ", errc::forbidden},
    {said_in::fault, "нет доступа", errc::forbidden},
    {said_in::fault, "доступ запрещ", errc::forbidden},
    // We sent what the service does not know.
    {said_in::fault, "cannot find dispatch method", errc::protocol},
    {said_in::fault, "unexpected element", errc::protocol},
    {said_in::fault, "unmarshalling", errc::protocol},
    {said_in::lookup, "не найден", errc::not_found},
    {said_in::lookup, "no-data", errc::not_found},
    {said_in::lookup, "нет данных", errc::not_found},
    {said_in::lookup, "данные отсутствуют", errc::not_found},
    {said_in::calculation, "населенный пункт", errc::address},
    {said_in::calculation, "населенного пункта", errc::address},
    {said_in::calculation, "город", errc::address},
    {said_in::calculation, "индекс", errc::address},
    {said_in::order, "адрес", errc::address},
    {said_in::order, "город", errc::address},
    {said_in::order, "улиц", errc::address},
    {said_in::order, "населенный пункт", errc::address},
    {said_in::order, "населенного пункта", errc::address},
    {said_in::order, "индекс", errc::address},
    {said_in::order, "номер дома", errc::address},
    {said_in::order, "почтовый код", errc::address},
}};

// A point is the address's business only when it is unknown or closed.
constexpr std::array<std::string_view, 5> points{"пункт", "терминал", "подразделени", "пвз", "постамат"};
constexpr std::array<std::string_view, 8> gone{"не найден",   "не существует", "неизвест",  "закрыт",
                                               "не работает", "недоступ",      "не доступ", "не определен"};

bool says(const std::string& lower, std::string_view word) { return lower.find(word) != std::string::npos; }

const word_row* find_word(said_in where, const std::string& lower) {
  for (const word_row& row : table)
    if (row.where == where && says(lower, row.word)) return &row;
  return nullptr;
}

std::string shown(const std::string& text) { return text.empty() ? "without a reason" : harmless(text); }

// The places to choose from, when a name stands for several.
std::string choices(const soap::node& detail) {
  std::string out;
  int n = 0;
  for (const char* list : {"deliveryDups", "pickupDups"})
    for (const soap::node& city : detail.children(list)) {
      if (++n > 4) return out + ", ...";
      const std::string region = harmless(soap::text_or(city, "regionName"), 60);
      out += (out.empty() ? "" : ", ") + harmless(soap::text_or(city, "cityName"), 60) +
             (region.empty() ? "" : " (" + region + ")");
    }
  return out;
}

} // namespace

std::span<const word_row> word_rows() { return table; }

fault fault_from(const soap::fault_said& f, const asked_about& about) {
  const std::string code = soap::text_or(f.detail, "code"), message = soap::text_or(f.detail, "message");
  const std::string best = !message.empty() ? message : f.text;
  const std::string lower = lower_text(code + " | " + message + " | " + f.text);
  const std::string peer_code = clean_code(code.empty() ? f.kind : code);
  if (const auto* row = find_word(said_in::fault, lower)) {
    if (row->meaning == errc::forbidden)
      return {errc::forbidden, "DPD refuses the account's number or key: " + shown(best), {}, peer_code};
    return {row->meaning, "DPD did not understand the request: " + shown(best), {}, peer_code};
  }
  if (about.lookup)
    if (const auto* row = find_word(said_in::lookup, lower))
      return {row->meaning, "DPD: " + shown(best), {}, peer_code};
  if (about.calculation) {
    const std::string list = choices(f.detail);
    if (!list.empty())
      return {errc::address, "DPD knows several places of this name: " + list, {}, "dpd.ambiguous_city"};
    if (find_word(said_in::calculation, lower) != nullptr) return {errc::address, "DPD: " + shown(best), {}, peer_code};
  }
  if (f.code.starts_with("Client"))
    return {errc::protocol, "DPD did not understand the request: " + shown(best), {}, peer_code};
  if (about.kind == call_kind::change)
    return {errc::outcome_unknown, "DPD failed while the change was under way: " + shown(best), {}, peer_code};
  return {errc::unavailable, "DPD failed: " + shown(best), {}, peer_code};
}

fault fault_from(const http_response& answer, call_kind kind) {
  const int status = answer.status;
  const std::string number = "HTTP " + std::to_string(status);
  if (status == 429 || (status == 503 && kind == call_kind::read)) {
    std::chrono::milliseconds pause{10'000};
    if (const auto* after = find_header(answer.headers, "Retry-After")) {
      int seconds = 0;
      const auto [to, ec] = std::from_chars(after->data(), after->data() + after->size(), seconds);
      if (ec == std::errc{} && to == after->data() + after->size() && seconds > 0)
        pause = std::chrono::seconds(std::min(seconds, 3600));
    }
    return {errc::throttled, "DPD asks to slow down (" + number + ")", pause, {}};
  }
  if (status == 401 || status == 403)
    return {errc::forbidden, "DPD refuses the account or this machine's address (" + number + ")", {}, {}};
  if (status == 404 || status == 405)
    return {errc::protocol, "there is no such DPD service (" + number + "): check base_url", {}, {}};
  if (status >= 300 && status < 400) return {errc::protocol, "DPD redirects elsewhere: check base_url", {}, {}};
  if (kind == call_kind::change)
    return {errc::outcome_unknown, "DPD's answer to the change is unreadable (" + number + ")", {}, {}};
  return {errc::unavailable, "DPD does not work at the moment (" + number + ")", {}, {}};
}

fault refused_order(const std::string& message) {
  const std::string lower = lower_text(message);
  const auto any = [&](const auto& words) {
    return std::ranges::any_of(words, [&](std::string_view w) { return says(lower, w); });
  };
  const bool place = find_word(said_in::order, lower) != nullptr || (any(points) && any(gone));
  return {place ? errc::address : errc::rejected, "DPD: " + shown(message), {}, "OrderError"};
}

fault refused_label(const std::string& message) {
  // "У заказа дата забора ранее текущей даты"
  if (says(lower_text(message), "дата забора"))
    return {
        errc::conflict, "DPD prints no label after the day of the handover: " + shown(message), {}, "dpd.label_date"};
  return {errc::rejected, "DPD: " + shown(message), {}, "dpd.label"};
}

} // namespace waybill::dpd
