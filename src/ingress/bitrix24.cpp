// Events, outgoing webhooks and the "outgoing webhook" robot of a portal.
#include <ingress/answers.hpp>
#include <ingress/application.hpp>
#include <ingress/forms.hpp>
#include <ingress/ingress.hpp>
#include <waybill/fault_point.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/jobs.hpp>
#include <workflow/robots.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::ingress {
namespace {

using workflow::portal_link;
using workflow::services;

constexpr std::string_view our_rule = "create_shipment";

// Positive and of a sane length; anything else is no id.
std::optional<std::int64_t> read_id(const std::string* text) {
  if (text == nullptr) return {};
  std::int64_t id = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), id);
  if (ec != std::errc{} || end != text->data() + text->size() || id <= 0) return {};
  return id;
}

bool token_is_known(const config::portal& portal, const std::string* given) {
  if (given == nullptr) return false;
  bool known = false; // all are compared, whichever matches
  for (const secret& expected : portal.application_tokens)
    known = constant_time_equal(*given, expected.reveal()) || known;
  return known;
}

bool member_fits(const config::portal& portal, const form_fields& form) {
  if (portal.member_id.empty()) return true;
  const std::string* given = find_field(form, "auth[member_id]");
  return given != nullptr && constant_time_equal(*given, portal.member_id);
}

// "ONCRMDEALUPDATE" and its kind; the names are case-insensitive.
bool is_deal_event(std::string_view event) {
  constexpr std::array<std::string_view, 4> names{"ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALMOVETOCATEGORY",
                                                  "ONCRMDEALDELETE"};
  return std::ranges::any_of(names, [&](std::string_view name) {
    return std::ranges::equal(name, event, {}, {},
                              [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  });
}

awaitable<http_response> queue_deal(std::shared_ptr<services> s, std::string portal, std::int64_t deal) {
  queue::job job = workflow::deal_job(portal, deal, workflow::new_trace());
  std::string merge = workflow::deal_merge_key(portal, deal);
  auto queued = co_await s->jobs->enqueue(std::move(job), std::move(merge));
  fault_point("ingress.queued");
  co_return answer_of(queued);
}

awaitable<http_response> on_event(std::shared_ptr<services> s, application_ptr app, http_request request,
                                  std::string id) {
  const portal_link* portal = s->portal(id);
  if (portal == nullptr) co_return error_response(404, "unknown_portal", "no portal with this id is configured");
  if (!is_form(request))
    co_return error_response(415, "unsupported_media_type", "application/x-www-form-urlencoded is expected");
  const auto form = parse_form(request.body, most_fields);
  if (!form) co_return error_response(400, "malformed", form.error().what);
  if (app != nullptr && is_application_event(*portal->settings, *form)) {
    form_fields copy = *form;
    co_return co_await on_application_event(app, std::move(id), std::move(copy));
  }
  const std::string* token = find_field(*form, "auth[application_token]");
  bool authentic = token_is_known(*portal->settings, token);
  if (!authentic && token != nullptr && app != nullptr) { // the installation's own token counts beside the configured
    std::string given = *token;
    auto known = co_await knows_token(app, id, std::move(given));
    if (!known) co_return answer_of(result<bool>(fail(std::move(known.error()))));
    authentic = *known;
  }
  if (!authentic || !member_fits(*portal->settings, *form)) {
    metrics::count("waybill_events_total", {{"portal", id}, {"outcome", "not_authentic"}});
    log::warn("an event with a wrong application token", {{"portal", id}, {"peer", request.peer}});
    co_return error_response(403, "not_authentic", "the application token is not one of this portal");
  }
  const std::string* event = find_field(*form, "event");
  if (event == nullptr || event->empty()) co_return error_response(400, "malformed", "the field 'event' is missing");
  if (!is_deal_event(*event)) {
    metrics::count("waybill_events_total", {{"portal", id}, {"outcome", "ignored"}});
    co_return accepted(false);
  }
  const auto deal = read_id(find_field(*form, "data[FIELDS][ID]"));
  if (!deal) co_return error_response(400, "malformed", "data[FIELDS][ID] is not an id");
  metrics::count("waybill_events_total", {{"portal", id}, {"outcome", "queued"}});
  co_return co_await queue_deal(std::move(s), std::move(id), *deal);
}

// A run of our own rule, which waits for its answer: never merged with another job.
awaitable<http_response> queue_rule(std::shared_ptr<services> s, std::string portal, std::int64_t deal,
                                    form_fields form) {
  workflow::robot_call call;
  call.portal = std::move(portal);
  call.deal = deal;
  call.event_token = field_or_none(form, "event_token");
  call.service = field_or_none(form, "properties[service]");
  call.comment = field_or_none(form, "properties[comment]");
  queue::job job = workflow::robot_job(call, workflow::new_trace());
  auto queued = co_await s->jobs->enqueue(std::move(job));
  fault_point("ingress.queued");
  co_return answer_of(queued);
}

awaitable<http_response> on_robot(std::shared_ptr<services> s, http_request request, std::string id,
                                  std::string given) {
  const portal_link* portal = s->portal(id);
  if (portal == nullptr) co_return error_response(404, "unknown_portal", "no portal with this id is configured");
  if (!constant_time_equal(given, portal->settings->webhook_secret.reveal())) {
    log::warn("a robot's call with a wrong secret", {{"portal", id}, {"peer", request.peer}});
    co_return error_response(403, "not_authentic", "the secret in the path is not this portal's");
  }
  if (!is_form(request))
    co_return error_response(415, "unsupported_media_type", "application/x-www-form-urlencoded is expected");
  const auto form = parse_form(request.body, most_fields);
  if (!form) co_return error_response(400, "malformed", form.error().what);
  if (!member_fits(*portal->settings, *form))
    co_return error_response(403, "not_authentic", "the call is of another portal");
  // document_id[2]: DEAL_759; other documents are not ours.
  const std::string* document = find_field(*form, "document_id[2]");
  if (document == nullptr) co_return error_response(400, "malformed", "document_id[2] is missing");
  constexpr std::string_view prefix = "DEAL_";
  if (!document->starts_with(prefix)) co_return accepted(false);
  const std::string number = document->substr(prefix.size());
  const auto deal = read_id(&number);
  if (!deal) co_return error_response(400, "malformed", "document_id[2] names no deal");
  const std::string token = field_or_none(*form, "event_token");
  if (field_or_none(*form, "code") != our_rule || token.empty())
    co_return co_await queue_deal(std::move(s), std::move(id), *deal);
  if (token.size() > workflow::longest_event_token)
    co_return error_response(400, "malformed", "event_token is too long");
  form_fields copy = *form;
  co_return co_await queue_rule(std::move(s), std::move(id), *deal, std::move(copy));
}

} // namespace

void add_bitrix24(http::router& router, std::shared_ptr<services> s, std::shared_ptr<application> app) {
  router.add("POST", "/bitrix24/{portal}/events", [s, app](http_request request, http::path_values path) {
    return on_event(s, app, std::move(request), std::move(path["portal"]));
  });
  router.add("POST", "/bitrix24/{portal}/robot/{secret}", [s](http_request request, http::path_values path) {
    return on_robot(s, std::move(request), std::move(path["portal"]), std::move(path["secret"]));
  });
}

} // namespace waybill::ingress
