// The pages that the portal shows in its frames: the installation, the application's own page, the tab of a deal.
#include <bitrix24/address_guard.hpp>
#include <ingress/application.hpp>
#include <ingress/application_html.hpp>
#include <ingress/forms.hpp>
#include <ingress/ingress.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <utility>

namespace waybill::ingress {
namespace {

// The frame waits for the page; a set-up that takes longer goes on beside it.
constexpr auto setup_patience = std::chrono::seconds(50);

// Only a choice of words: who may see the page is decided elsewhere.
language language_of(const http_request& request, const config::portal& portal) {
  const auto query = parse_form(request.query, most_fields);
  const auto asked = query ? field_or_none(*query, "LANG") : std::string{};
  const std::string& name = asked.empty() ? portal.locale : asked;
  return name == "ru" || name == "be" || name == "kz" ? language::ru : language::en;
}

// The portal as it was found at the installation; before it, as it is configured.
awaitable<std::string> frame_of(application_ptr app, std::string portal) {
  const auto* link = app->s->portal(portal);
  auto stored = co_await app->store->load(portal);
  if (stored && *stored)
    if (const auto where = bitrix24::parse_address((*stored)->client_endpoint)) co_return where->origin();
  const auto where = bitrix24::parse_address("https://" + link->settings->domain);
  co_return where ? where->origin() : std::string{};
}

struct opened {
  language words{language::en};
  form_fields form;
  std::optional<http_response> answer; // what to say instead of the page
};

// What all pages check first. GET: somebody follows a link.
opened open(const application& app, const http_request& request, const std::string& portal) {
  opened out;
  const auto* link = app.s->portal(portal);
  if (link == nullptr) {
    out.answer = error_response(404, "unknown_portal", "no portal with this id is configured");
    return out;
  }
  out.words = language_of(request, *link->settings);
  if (link->settings->client_id.empty()) {
    out.answer = note_page(409, out.words, {}, "not_application");
  } else if (request.method != "POST") {
    out.answer = note_page(200, out.words, {}, "open_in_portal");
  } else if (!is_form(request)) {
    out.answer = error_response(415, "unsupported_media_type", "application/x-www-form-urlencoded is expected");
  } else if (auto form = parse_form(request.body, most_fields)) {
    out.form = std::move(*form);
  } else {
    out.answer = error_response(400, "malformed", form.error().what);
  }
  return out;
}

awaitable<http_response> on_install_page(application_ptr app, http_request request, std::string portal) {
  opened o = open(*app, request, portal);
  if (o.answer) co_return std::move(*o.answer);
  installer who;
  who.refresh_token = field_or_none(o.form, "REFRESH_ID");
  who.member_id = field_or_none(o.form, "member_id");
  who.application_token = field_or_none(o.form, "APPLICATION_TOKEN");
  auto installed = co_await install(app, portal, std::move(who));
  const auto frame = co_await frame_of(app, portal);
  if (!installed) {
    log::warn("an installation was refused",
              {{"portal", portal}, {"peer", request.peer}, {"why", installed.error().what}});
    metrics::count("waybill_application_installs_refused_total", {{"portal", portal}});
    if (is_transient(installed.error().code)) co_return note_page(503, o.words, frame, "unavailable");
    co_return note_page(403, o.words, frame, "refused", installed.error().what);
  }
  auto report = co_await set_up(app, portal, setup_patience);
  if (report) co_return setup_page(o.words, frame, *report);
  if (report.error().code == errc::timeout) co_return note_page(200, o.words, frame, "setup_runs");
  co_return note_page(200, o.words, frame, "setup_failed", report.error().what);
}

// 0: a new deal that has no id yet. The text comes from the portal's page and may be anything.
std::int64_t deal_of(const form_fields& form) {
  const auto options = json::parse(field_or_none(form, "PLACEMENT_OPTIONS"), 16 * 1024);
  if (!options || !options->is_object()) return 0;
  return std::max<std::int64_t>(json::integer_or(options->get_object(), "ID"), 0);
}

awaitable<http_response> on_deal_page(application_ptr app, http_request request, std::string portal) {
  opened o = open(*app, request, portal);
  if (o.answer) co_return std::move(*o.answer);
  const auto frame = co_await frame_of(app, portal);
  viewer who;
  who.access_token = field_or_none(o.form, "AUTH_ID");
  who.member_id = field_or_none(o.form, "member_id");
  who.application_token = field_or_none(o.form, "APPLICATION_TOKEN");
  who.deal = deal_of(o.form);
  const auto deal = who.deal;
  if (deal == 0) co_return note_page(200, o.words, frame, "no_deal");
  auto allowed = co_await may_see(app, portal, std::move(who));
  if (!allowed) {
    if (is_transient(allowed.error().code)) co_return note_page(503, o.words, frame, "unavailable");
    log::warn("a deal's page was refused", {{"portal", portal}, {"peer", request.peer}, {"why", allowed.error().what}});
    co_return note_page(403, o.words, frame, "no_access");
  }
  auto shipments = co_await app->s->shipments->all_of(portal, deal);
  if (!shipments) co_return note_page(503, o.words, frame, "unavailable");
  const std::function<std::string(const std::string&)> title_of = [app](const std::string& account) {
    const auto* link = app->s->carrier_of(account);
    return link == nullptr || link->type == nullptr ? account : std::string(link->type->title);
  };
  co_return deal_page(o.words, frame, *app->s->portal(portal)->settings, *shipments, title_of);
}

awaitable<http_response> on_home_page(application_ptr app, http_request request, std::string portal) {
  opened o = open(*app, request, portal);
  if (o.answer) co_return std::move(*o.answer);
  const auto frame = co_await frame_of(app, portal);
  co_return note_page(200, o.words, frame, "home");
}

} // namespace

void add_application(http::router& router, std::shared_ptr<application> app) {
  for (const char* method : {"POST", "GET"}) {
    router.add(method, "/bitrix24/{portal}/app/install", [app](http_request request, http::path_values path) {
      return on_install_page(app, std::move(request), std::move(path["portal"]));
    });
    router.add(method, "/bitrix24/{portal}/app/deal", [app](http_request request, http::path_values path) {
      return on_deal_page(app, std::move(request), std::move(path["portal"]));
    });
    router.add(method, "/bitrix24/{portal}/app", [app](http_request request, http::path_values path) {
      return on_home_page(app, std::move(request), std::move(path["portal"]));
    });
  }
}

} // namespace waybill::ingress
