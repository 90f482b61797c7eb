// The portal's set-up as a part of installing and updating the application.
#include <ingress/application.hpp>
#include <setup/setup.hpp>
#include <setup/spoken.hpp>
#include <waybill/log.hpp>
#include <waybill/secret.hpp>
#include <workflow/jobs.hpp>

#include <random>
#include <utility>

#include <fmt/format.h>

namespace waybill::ingress {
namespace {

namespace bj = boost::json;
using queue::outcome;

constexpr auto longest_setup = std::chrono::minutes(5); // a dead process' lock ends with it
constexpr auto between_looks = std::chrono::milliseconds(500);
constexpr auto nonce_life = std::chrono::minutes(30);

std::string lock_of(const std::string& portal) { return "setup:" + portal; }
std::string nonce_of(const std::string& portal) { return "app-test:" + portal; }

std::string shown(const fault& f) { return f.peer_code.empty() ? f.what : fmt::format("{} ({})", f.what, f.peer_code); }

// 128 bits that nobody can guess.
std::string make_nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

awaitable<result<setup_report>> carry_out(application_ptr app, std::string portal) {
  const auto* link = app->s->portal(portal);
  if (link == nullptr || !link->crm) co_return fail(errc::internal, "no such portal");
  auto client = link->crm->shared_portal();
  auto plan = co_await setup::make_plan(client, app->s->settings);
  if (!plan) co_return fail(std::move(plan.error()));
  auto report = std::make_shared<setup_report>();
  report->complete = plan->complete();
  const std::string language = link->settings->locale;
  for (const auto& note : plan->notes) report->notes.push_back(setup::spoken(note, language));
  for (const auto& step : plan->steps) {
    if (step.act) continue;
    setup_line line;
    line.what = setup::spoken(step.what, language);
    line.note = setup::spoken(step.reason, language);
    line.ok = step.todo != setup::verb::cannot;
    report->lines.push_back(std::move(line));
  }
  setup::listener tell = [report, language](const setup::step& step, const result<void>& done) {
    setup_line line;
    line.what = setup::spoken(step.what, language);
    line.note = done ? std::string{} : setup::spoken(shown(done.error()), language);
    line.ok = done.has_value();
    line.changed = step.todo != setup::verb::keep;
    report->lines.push_back(std::move(line));
  };
  auto ended = co_await setup::apply(std::move(*plan), std::move(tell));
  if (ended.failures > 0) report->complete = false;
  for (auto& remark : ended.remarks) report->notes.push_back(setup::spoken(remark, language));
  log::info("the portal was set up", {{"portal", portal}, {"complete", report->complete ? "yes" : "no"}});
  co_return std::move(*report);
}

// Lets the portal send us an event that only it can know of: proof that it reaches us, and of its application token.
awaitable<void> ask_for_a_test(application_ptr app, std::string portal) {
  const auto* link = app->s->portal(portal);
  const auto& base = app->s->settings->http.public_url;
  if (base.empty()) co_return;
  const auto nonce = make_nonce();
  auto kept = co_await app->s->values->put(nonce_of(portal), nonce, nonce_life);
  if (!kept) co_return;
  auto client = link->crm->shared_portal();
  bj::object binding{{"event", "ONAPPTEST"}, {"handler", base + "/bitrix24/" + portal + "/events"}};
  auto bound = co_await client->call("event.bind", std::move(binding), bitrix24::effect::write);
  bj::object test{{"any", nonce}}; // bound already, after an earlier set-up: then the binding was refused
  auto asked = co_await client->call("event.test", std::move(test), bitrix24::effect::write);
  if (!asked)
    log::warn("the portal could not be asked for a test event",
              {{"portal", portal}, {"bound", bound ? "yes" : "no"}, {"why", asked.error().what}});
}

// One at a time over all processes: two at once would make everything twice. conflict: another one is at work.
awaitable<result<setup_report>> run_locked(application_ptr app, std::string portal) {
  auto locked = co_await app->s->values->take(lock_of(portal), "1", longest_setup);
  if (!locked) co_return fail(std::move(locked.error()));
  if (!*locked) co_return fail(errc::conflict, "another set-up of this portal is at work");
  auto report = co_await carry_out(app, portal);
  if (report) co_await ask_for_a_test(app, portal);
  auto released = co_await app->s->values->forget(lock_of(portal));
  if (!released) log::warn("the lock of the set-up stays until it expires", {{"portal", portal}});
  co_return report;
}

struct flight {
  explicit flight(const executor& ex) : done(ex) {}
  signal done;
  std::optional<result<setup_report>> outcome;
};

awaitable<void> fly(application_ptr app, std::string portal, std::shared_ptr<flight> f) {
  const auto until = std::chrono::steady_clock::now() + longest_setup;
  for (;;) {
    auto report = co_await run_locked(app, portal);
    const bool busy = !report && report.error().code == errc::conflict;
    if (!busy || std::chrono::steady_clock::now() > until) {
      f->outcome = std::move(report);
      break;
    }
    co_await sleep_for(between_looks);
  }
  f->done.notify_all();
}

} // namespace

queue::job setup_job(std::string portal) {
  queue::job j;
  j.lane = workflow::portal_lane(portal);
  j.kind = "setup";
  j.key = "setup:" + portal;
  bj::object payload{{"portal", portal}};
  j.payload = bj::serialize(payload);
  j.trace = workflow::new_trace();
  return j;
}

awaitable<outcome> run_setup_job(application_ptr app, queue::job j) {
  const std::string portal = workflow::read_payload(j).portal;
  auto report = co_await run_locked(app, portal);
  if (!report && report.error().code == errc::conflict) co_return outcome::later(std::chrono::seconds(2));
  if (!report && is_transient(report.error().code)) co_return outcome::retry(std::move(report.error()));
  if (!report) co_return outcome::dead(std::move(report.error()));
  for (const auto& line : report->lines)
    if (!line.ok)
      log::warn("a part of the portal's set-up is left to do",
                {{"portal", portal}, {"what", line.what}, {"why", line.note}});
  co_return outcome::done();
}

awaitable<result<setup_report>> set_up(application_ptr app, std::string portal, std::chrono::milliseconds patience) {
  auto f = std::make_shared<flight>(app->s->ex);
  spawn(app->s->ex, "setup", fly(app, portal, f));
  if (!f->outcome) co_await f->done.wait(patience);
  if (!f->outcome) co_return fail(errc::timeout, "the set-up goes on");
  co_return std::move(*f->outcome);
}

awaitable<result<bool>> is_our_test(application_ptr app, std::string portal, std::string nonce) {
  auto expected = co_await app->s->values->get(nonce_of(portal));
  if (!expected) co_return fail(std::move(expected.error()));
  co_return *expected&& constant_time_equal(nonce, **expected);
}

} // namespace waybill::ingress
