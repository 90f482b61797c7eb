// The local application inside a portal: its installation, the portal's proof that a call is its own, its set-up and
// its pages. Lives on the daemon's thread; nothing of a call is believed before the authorization server or the portal
// has confirmed it.
#pragma once
#include <bitrix24/client.hpp>
#include <queue/queue.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>
#include <waybill/http.hpp>
#include <workflow/services.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::ingress {

// Where the tokens of installed applications are kept, for all processes; one installation a portal.
struct installation_store {
  virtual ~installation_store() = default;
  virtual awaitable<result<std::optional<bitrix24::tokens>>> load(std::string portal) = 0;
  // In place of whatever was there; an empty application token leaves the one that is known.
  virtual awaitable<result<void>> install(std::string portal, bitrix24::tokens fresh) = 0;
  // Nothing happens where no application is installed.
  virtual awaitable<result<void>> set_application_token(std::string portal, std::string token) = 0;
  virtual awaitable<result<void>> forget(std::string portal) = 0;
};

struct application {
  std::shared_ptr<workflow::services> s;
  std::shared_ptr<http_client> http;
  std::shared_ptr<installation_store> store;
  std::deque<std::chrono::steady_clock::time_point> attempts; // at installing, of the last minute
  int pages_open{0};                                          // being checked at a portal
};
using application_ptr = std::shared_ptr<application>;

// What somebody who installs says of himself.
struct installer {
  std::string refresh_token, member_id, application_token;
};
// Exchanges the refresh token at the authorization server, which proves that it is our application's and names portal
// and member; the token's user must be an administrator. Then the tokens are stored. forbidden: not authentic, with a
// reason for people; throttled: too many attempts; transient kinds: a server does not answer.
awaitable<result<void>> install(application_ptr app, std::string portal, installer who);

// A configured application token of the portal, or the one of its installation. Fault: the store does not answer.
awaitable<result<bool>> knows_token(application_ptr app, std::string portal, std::string given);

// Who opened the tab of a deal.
struct viewer {
  std::string access_token, member_id, application_token;
  std::int64_t deal{0};
};
// May he read that deal with his own token? forbidden: no, or he is not of our portal.
awaitable<result<void>> may_see(application_ptr app, std::string portal, viewer who);

// ---- application_setup.cpp
struct setup_line {
  std::string what, note; // note: why, or what failed
  bool changed{false};
  bool ok{true};
};
struct setup_report {
  std::vector<setup_line> lines;
  std::vector<std::string> notes;
  bool complete{true};
};
// Kind "setup" in the portal's lane.
queue::job setup_job(std::string portal);
awaitable<queue::outcome> run_setup_job(application_ptr app, queue::job j);
// Runs the set-up beside us, one at a time over all processes, and waits for it at most that long. timeout: it goes on.
awaitable<result<setup_report>> set_up(application_ptr app, std::string portal, std::chrono::milliseconds patience);
// The nonce of our last test event, by which the portal proves that an application token is its own.
awaitable<result<bool>> is_our_test(application_ptr app, std::string portal, std::string nonce);

// ---- application_events.cpp: ONAPPINSTALL, ONAPPUPDATE, ONAPPUNINSTALL, ONAPPTEST. Nothing: another event, or no
// local application.
bool is_application_event(const config::portal& portal, const form_fields& form);
awaitable<http_response> on_application_event(application_ptr app, std::string portal, form_fields form);

} // namespace waybill::ingress
