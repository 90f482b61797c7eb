#include <ingress/application_html.hpp>
#include <waybill/money.hpp>
#include <waybill/time.hpp>
#include <workflow/texts.hpp>

#include <algorithm>
#include <array>
#include <random>

#include <fmt/format.h>

namespace waybill::ingress {
namespace {

struct entry {
  std::string_view key, ru, en;
};
constexpr std::array words{
    entry{"title", "Доставка", "Delivery"},
    entry{"home", "waybill подключён к порталу. Отправления сделки показаны на её вкладке «Доставка».",
          "waybill is connected to the portal. A deal's shipments are shown in its tab \"Delivery\"."},
    entry{"open_in_portal", "Эту страницу открывает портал: откройте приложение в Битрикс24.",
          "This page is opened by the portal: open the application in Bitrix24."},
    entry{"not_application", "Этот портал подключён вебхуком, а не приложением.",
          "This portal is connected by a webhook and not by an application."},
    entry{"refused", "Установка отклонена", "The installation is refused"},
    entry{"unavailable", "Сейчас это не удаётся проверить. Откройте страницу ещё раз через минуту.",
          "This cannot be checked now. Open the page again in a minute."},
    entry{"no_access", "Эта страница вам недоступна. Обновите страницу сделки и откройте вкладку снова.",
          "You cannot see this page. Reload the deal and open the tab again."},
    entry{"no_deal", "Сохраните сделку, чтобы увидеть её отправления.", "Save the deal to see its shipments."},
    entry{"none_yet", "У этой сделки ещё нет отправлений.", "This deal has no shipments yet."},
    entry{"setup_runs", "Приложение установлено. Настройка портала ещё идёт: откройте страницу снова через минуту.",
          "The application is installed. The set-up of the portal goes on: open the page again in a minute."},
    entry{"setup_failed", "Приложение установлено, но настроить портал не удалось. Откройте страницу ещё раз.",
          "The application is installed, but the portal could not be set up. Open the page again."},
    entry{"setup_done", "Приложение установлено, портал настроен.",
          "The application is installed, the portal is set up."},
    entry{"setup_partly",
          "Приложение установлено. Часть настройки не удалась; когда причина будет устранена, повторите "
          "её командой waybill portal setup.",
          "The application is installed. A part of the set-up failed; once its cause is gone, repeat it by waybill "
          "portal setup."},
    entry{"finish", "Завершить установку", "Finish the installation"},
    entry{"made", "сделано", "made"},
    entry{"kept", "уже есть", "there already"},
    entry{"failed", "не удалось", "failed"},
    entry{"carrier", "Перевозчик", "Carrier"},
    entry{"reference", "Наш номер", "Our number"},
    entry{"order", "Заказ", "Order"},
    entry{"number", "Трек-номер", "Tracking number"},
    entry{"status", "Статус", "Status"},
    entry{"planned", "Ожидается", "Expected"},
    entry{"cost", "Стоимость", "Cost"},
    entry{"point", "Пункт выдачи", "Pickup point"},
    entry{"trouble", "Что не так", "What is wrong"},
    entry{"being_sent", "Передаётся перевозчику", "On its way to the carrier"},
};

constexpr std::string_view style =
    "body{font:14px/1.45 sans-serif;margin:20px;color:#333}h1{font-size:18px}table{border-collapse:collapse;margin:0 0 "
    "20px}th,td{text-align:left;vertical-align:top;padding:4px 16px 4px 0;white-space:pre-line}th{font-weight:normal;"
    "color:#888}.bad{color:#b00}button{padding:8px 16px}";

std::string make_nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

// `script` is ours and runs under a nonce; without it the page may run nothing at all.
http_response page(int status, language l, std::string_view frame, std::string_view body,
                   std::string_view script = {}) {
  const auto nonce = make_nonce();
  const std::string may_run =
      script.empty() ? std::string{} : fmt::format("script-src https://api.bitrix24.tech 'nonce-{}'; ", nonce);
  http_response out;
  out.status = status;
  out.headers = {{"Content-Type", "text/html; charset=utf-8"},
                 {"Content-Security-Policy",
                  fmt::format("default-src 'none'; style-src 'nonce-{}'; {}base-uri 'none'; form-action 'none'; "
                              "frame-ancestors {}",
                              nonce, may_run, frame.empty() ? std::string_view("'none'") : frame)},
                 {"Cache-Control", "no-store"},
                 {"Referrer-Policy", "no-referrer"},
                 {"X-Content-Type-Options", "nosniff"}};
  out.body = fmt::format("<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>"
                         "<style nonce=\"{}\">{}</style></head>\n<body>\n{}",
                         l == language::ru ? "ru" : "en", page_word(l, "title"), nonce, style, body);
  if (!script.empty())
    out.body +=
        fmt::format("<script src=\"https://api.bitrix24.tech/api/v1/\"></script>\n<script nonce=\"{}\">{}</script>\n",
                    nonce, script);
  out.body += "</body></html>\n";
  return out;
}

void row(std::string& to, language l, std::string_view key, std::string_view value, bool bad = false) {
  if (value.empty()) return;
  to += fmt::format("<tr><th>{}</th><td{}>{}</td></tr>\n", page_word(l, key), bad ? " class=\"bad\"" : "",
                    escape_html(value));
}

// A carrier's text is no reason to trust it as an address.
bool is_web_address(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) && url.size() <= 2000 &&
         std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

std::string status_text(language l, const config::portal& portal, const store::record& r) {
  if (r.trouble_now) return workflow::status_name(portal, status::problem);
  if (r.latest) {
    auto text = workflow::status_name(portal, *r.latest);
    return r.latest_text.empty() ? text : text + "\n" + r.latest_text;
  }
  return r.state == store::phase::confirmed ? workflow::status_name(portal, status::created)
                                            : page_word(l, "being_sent");
}

std::string table_of(language l, const config::portal& portal, const store::record& r, std::string_view carrier) {
  std::string out = "<table>\n";
  row(out, l, "carrier", carrier);
  row(out, l, "reference", r.reference);
  row(out, l, "order", r.order_id);
  if (!r.number.empty() && is_web_address(r.tracking_url))
    out += fmt::format(
        "<tr><th>{}</th><td><a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">{}</a></td></tr>\n",
        page_word(l, "number"), escape_html(r.tracking_url), escape_html(r.number));
  else row(out, l, "number", r.number);
  row(out, l, "status", status_text(l, portal, r));
  row(out, l, "planned", r.planned_date);
  row(out, l, "cost", r.cost ? to_decimal(*r.cost) + " " + r.cost->currency : std::string{});
  row(out, l, "point", r.pickup_point);
  if (r.trouble_now) row(out, l, "trouble", workflow::explain(portal, *r.trouble_now), true);
  return out + "</table>\n";
}

} // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&#39;"; break;
    default: out += c;
    }
  }
  return out;
}

std::string page_word(language l, std::string_view key) {
  const auto* found = std::ranges::find(words, key, &entry::key);
  if (found == words.end()) return std::string(key);
  return std::string(l == language::ru ? found->ru : found->en);
}

http_response note_page(int status, language l, std::string_view frame, std::string_view key, std::string_view more) {
  const std::string tail = more.empty() ? std::string{} : ": " + escape_html(more);
  return page(status, l, frame, fmt::format("<p>{}{}</p>\n", page_word(l, key), tail));
}

http_response setup_page(language l, std::string_view frame, const setup_report& report) {
  std::string body =
      fmt::format("<h1>{}</h1>\n<table>\n", page_word(l, report.complete ? "setup_done" : "setup_partly"));
  for (const auto& line : report.lines)
    body +=
        fmt::format("<tr><th>{}</th><td{}>{}{}</td></tr>\n", escape_html(line.what), line.ok ? "" : " class=\"bad\"",
                    page_word(l, !line.ok       ? "failed"
                                 : line.changed ? "made"
                                                : "kept"),
                    line.ok || line.note.empty() ? std::string{} : ": " + escape_html(line.note));
  body += "</table>\n";
  for (const auto& note : report.notes) body += "<p>" + escape_html(note) + "</p>\n";
  if (report.complete) return page(200, l, frame, body, "BX24.init(function(){BX24.installFinish();});");
  body += fmt::format("<button id=\"finish\">{}</button>\n", page_word(l, "finish"));
  return page(200, l, frame, body,
              "BX24.init(function(){document.getElementById('finish').addEventListener('click',function(){"
              "BX24.installFinish();});});");
}

http_response deal_page(language l, std::string_view frame, const config::portal& portal,
                        const std::vector<store::record>& shipments,
                        const std::function<std::string(const std::string&)>& title_of) {
  if (shipments.empty()) return note_page(200, l, frame, "none_yet");
  std::string body = fmt::format("<h1>{}</h1>\n", page_word(l, "title"));
  for (auto it = shipments.rbegin(); it != shipments.rend(); ++it) // the newest first
    body += table_of(l, portal, *it, title_of(it->account));
  return page(200, l, frame, body);
}

} // namespace waybill::ingress
