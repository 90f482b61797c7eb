// `waybill portal setup|remove|bind|unbind`: shows the plan, asks, does it.
#include <app/core.hpp>
#include <cli/commands.hpp>
#include <cli/portal_client.hpp>
#include <cli/run.hpp>
#include <http/client.hpp>
#include <setup/setup.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

namespace waybill::cli {
namespace {

constexpr std::chrono::milliseconds patience{3'000};

// Without Redis there is no shared count of requests: this process alone keeps to the portal's rate, with room for
// others in its burst.
struct paced : http_client {
  paced(std::shared_ptr<http_client> to, const config::portal& limits)
      : to_(std::move(to)), between_(std::chrono::milliseconds(1'000) / std::max(1, limits.requests_per_second)),
        free_(std::max(1, limits.burst / 2)) {}

  awaitable<result<http_response>> send(http_request request) override {
    if (free_ > 0) --free_;
    else co_await sleep_for(between_);
    co_return co_await to_->send(std::move(request));
  }

 private:
  std::shared_ptr<http_client> to_;
  std::chrono::milliseconds between_;
  int free_;
};

} // namespace

awaitable<result<std::shared_ptr<bitrix24::client>>> portal_client_of(executor ex, settings_ptr settings,
                                                                      std::string id) {
  auto c = co_await app::connect(ex, settings, patience);
  if (c) {
    const auto it = c->services->portals.find(id);
    if (it == c->services->portals.end()) co_return fail(errc::bad_input, "no such portal");
    co_return it->second.crm->shared_portal();
  }
  const auto* portal = settings->find_portal(id);
  if (portal == nullptr || portal->webhook_url.empty()) co_return fail(std::move(c.error()));
  http::client_options how;
  auto plain = http::make_client(ex, std::move(how));
  std::shared_ptr<http_client> http = std::make_shared<paced>(std::move(plain), *portal);
  co_return std::make_shared<bitrix24::client>(ex, *portal, std::move(http), nullptr, nullptr, nullptr);
}

bool agreed(const portal_options& o) {
  if (o.yes) return true;
  std::cout << "Do this in portal " << o.id << "? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

namespace {

void show(const setup::plan& p) {
  for (const auto& s : p.steps) std::cout << setup::to_text(s) << "\n";
  for (const auto& n : p.notes) std::cout << "note    " << n << "\n";
}

void tell(const setup::step& s, const result<void>& done) {
  if (s.todo == setup::verb::keep && done) return;
  std::cout << (done ? "done    " : "FAILED  ") << s.what;
  if (!done) {
    std::cout << ": " << done.error().what;
    if (!done.error().peer_code.empty()) std::cout << " (" << done.error().peer_code << ")";
  }
  std::cout << "\n";
}

awaitable<int> work(executor ex, settings_ptr settings, portal_options o) {
  auto client = co_await portal_client_of(ex, settings, o.id);
  if (!client) {
    std::cerr << "waybill: " << client.error().what << "\n";
    co_return 1;
  }
  result<setup::plan> plan;
  if (o.verb == "setup") plan = co_await setup::make_plan(*client, settings);
  else plan = co_await setup::make_removal(*client, settings);
  if (!plan) {
    std::cerr << "waybill: portal " << o.id << ": " << plan.error().what << "\n";
    co_return 1;
  }
  show(*plan);
  const bool complete = plan->complete();
  if (o.dry_run) co_return complete ? 0 : 1;
  const bool pending = std::ranges::any_of(plan->steps, [](const setup::step& s) { return static_cast<bool>(s.act); });
  if (!pending) {
    std::cout << "nothing to do\n";
    co_return complete ? 0 : 1;
  }
  // Only what was there is written again: nobody needs to be asked.
  if (plan->changes_anything() && !agreed(o)) {
    std::cout << "nothing was changed\n";
    co_return 1;
  }
  setup::listener listen(&tell);
  auto outcome = co_await setup::apply(std::move(*plan), std::move(listen));
  for (const auto& r : outcome.remarks) std::cout << "note    " << r << "\n";
  co_return complete&& outcome.failures == 0 ? 0 : 1;
}

} // namespace

int portal(settings_ptr settings, const portal_options& o) {
  if (settings->find_portal(o.id) == nullptr) {
    std::cerr << "waybill: the configuration has no portal " << o.id << "\n";
    return 2;
  }
  asio::io_context io{1};
  if (o.verb == "bind" || o.verb == "unbind")
    return run_to_end(io, bind_or_unbind(io.get_executor(), std::move(settings), o));
  return run_to_end(io, work(io.get_executor(), std::move(settings), o));
}

} // namespace waybill::cli
