// waybill as the portal's own delivery service: what the portal's webhooks calculate, create, cancel and delete answer.
// Every answer is the JSON object that the portal reads, with a text for the manager when something cannot be done; the
// portal takes silence and broken answers for "free of charge". Lives on one thread.
#pragma once
#include <delivery/portal_reader.hpp>
#include <delivery/within.hpp>
#include <waybill/async.hpp>
#include <workflow/services.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace waybill::delivery {

enum class call { calculate, create, cancel, remove };
std::string_view to_string(call c);

struct options {
  // How long a manager is kept waiting; a calculation has the portal's own configured deadline.
  std::chrono::milliseconds create_limit{9'000};
  std::chrono::milliseconds cancel_limit{8'000};
  std::chrono::milliseconds look_again{200}; // for the outcome of a cancel
  // Per portal, in one minute and one process: what a leaked url can do at most.
  int calculations_a_minute{600};
  int orders_a_minute{60};
  std::function<steady::time_point()> clock{[] { return steady::now(); }}; // of caches and limits
};

class service {
 public:
  service(std::shared_ptr<workflow::services> s, std::shared_ptr<portal_reader> portals, options how = {});

  // nullptr: no such portal.
  const config::portal* portal(std::string_view id) const;
  // Never fails: faults and exceptions become texts. `portal` must be one of the configuration.
  awaitable<std::string> answer(call what, std::string portal, std::string body);

  struct state;

 private:
  std::shared_ptr<state> state_;
};

std::shared_ptr<service> make_service(std::shared_ptr<workflow::services> s);

} // namespace waybill::delivery
