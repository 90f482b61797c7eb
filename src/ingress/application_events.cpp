// The application's own events. An installation proves itself by its tokens, the end of one by the application token
// alone; an update may bring a new application token, which the portal then proves by a test event that we ask for.
#include <ingress/answers.hpp>
#include <ingress/application.hpp>
#include <ingress/forms.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <waybill/secret.hpp>

#include <algorithm>
#include <utility>

namespace waybill::ingress {
namespace {

// A hint that nobody has signed may start a set-up this often.
constexpr auto between_hints = std::chrono::minutes(10);

std::string capitals(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

installer installer_of(const form_fields& form) {
  installer who;
  who.refresh_token = field_or_none(form, "auth[refresh_token]");
  who.member_id = field_or_none(form, "auth[member_id]");
  who.application_token = field_or_none(form, "auth[application_token]");
  return who;
}

http_response refused(const std::string& portal, std::string_view why) {
  metrics::count("waybill_events_total", {{"portal", portal}, {"outcome", "not_authentic"}});
  log::warn("an event of the application that is not authentic", {{"portal", portal}, {"why", why}});
  return error_response(403, "not_authentic", why);
}

http_response unavailable() {
  http_response answer = error_response(503, "unavailable", "this cannot be checked now; try again later");
  answer.headers.emplace_back("Retry-After", "5");
  return answer;
}

http_response answer_of_fault(const std::string& portal, const fault& f) {
  return is_transient(f.code) ? unavailable() : refused(portal, f.what);
}

awaitable<http_response> queue_setup(application_ptr app, std::string portal) {
  queue::job job = setup_job(portal);
  auto queued = co_await app->s->jobs->enqueue(std::move(job), "setup:" + portal);
  metrics::count("waybill_events_total", {{"portal", portal}, {"outcome", "queued"}});
  co_return answer_of(queued);
}

awaitable<http_response> on_install(application_ptr app, std::string portal, form_fields form) {
  installer who = installer_of(form);
  auto done = co_await install(app, portal, std::move(who));
  if (!done) co_return answer_of_fault(portal, done.error());
  co_return co_await queue_setup(app, portal);
}

// Not signed by a token that we know, but of our portal's member: worth a look with our own credentials, which ends
// with a test event that brings the new token.
awaitable<result<bool>> is_worth_a_look(application_ptr app, std::string portal, std::string member) {
  auto stored = co_await app->store->load(portal);
  if (!stored) co_return fail(std::move(stored.error()));
  if (!*stored || !constant_time_equal(member, (*stored)->member_id)) co_return false;
  co_return co_await app->s->values->take("app-update:" + portal, "1", between_hints);
}

awaitable<http_response> on_update(application_ptr app, std::string portal, form_fields form) {
  installer who = installer_of(form);
  auto known = co_await knows_token(app, portal, who.application_token);
  if (!known) co_return unavailable();
  if (!who.refresh_token.empty()) {
    auto done = co_await install(app, portal, std::move(who));
    if (!done && !*known) co_return answer_of_fault(portal, done.error());
  } else if (!*known) {
    auto hint = co_await is_worth_a_look(app, portal, who.member_id);
    if (!hint) co_return unavailable();
    if (!*hint) co_return refused(portal, "the application token is not one of this portal");
    log::warn("the application was updated; its new application token is to be confirmed", {{"portal", portal}});
  }
  co_return co_await queue_setup(app, portal);
}

awaitable<http_response> on_uninstall(application_ptr app, std::string portal, form_fields form) {
  auto known = co_await knows_token(app, portal, field_or_none(form, "auth[application_token]"));
  if (!known) co_return unavailable();
  if (!*known) co_return refused(portal, "the application token is not one of this portal");
  auto gone = co_await app->store->forget(portal);
  if (!gone) co_return unavailable();
  log::warn("the application was removed from the portal: nothing can be read or written there until it is installed "
            "again",
            {{"portal", portal}});
  co_return accepted(true);
}

awaitable<http_response> on_test(application_ptr app, std::string portal, form_fields form) {
  std::string token = field_or_none(form, "auth[application_token]");
  auto known = co_await knows_token(app, portal, token);
  if (!known) co_return unavailable();
  if (!*known) {
    auto ours = co_await is_our_test(app, portal, field_or_none(form, "data[QUERY][any]"));
    if (!ours) co_return unavailable();
    if (!*ours || token.empty()) co_return refused(portal, "the application token is not one of this portal");
    auto kept = co_await app->store->set_application_token(portal, std::move(token));
    if (!kept) co_return unavailable();
    log::info("the portal has confirmed its new application token", {{"portal", portal}});
  }
  log::info("the portal's test event arrived: the portal reaches us", {{"portal", portal}});
  co_return accepted(true);
}

} // namespace

bool is_application_event(const config::portal& portal, const form_fields& form) {
  if (portal.client_id.empty()) return false;
  const auto event = capitals(field_or_none(form, "event"));
  return event == "ONAPPINSTALL" || event == "ONAPPUPDATE" || event == "ONAPPUNINSTALL" || event == "ONAPPTEST";
}

awaitable<http_response> on_application_event(application_ptr app, std::string portal, form_fields form) {
  const auto event = capitals(field_or_none(form, "event"));
  const auto& member = app->s->portal(portal)->settings->member_id;
  if (!member.empty() && !constant_time_equal(field_or_none(form, "auth[member_id]"), member))
    co_return refused(portal, "the call is of another portal");
  if (event == "ONAPPINSTALL") co_return co_await on_install(app, portal, std::move(form));
  if (event == "ONAPPUPDATE") co_return co_await on_update(app, portal, std::move(form));
  if (event == "ONAPPUNINSTALL") co_return co_await on_uninstall(app, portal, std::move(form));
  co_return co_await on_test(app, portal, std::move(form));
}

} // namespace waybill::ingress
