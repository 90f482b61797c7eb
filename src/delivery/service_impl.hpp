// What the calls share.
#pragma once
#include <delivery/properties.hpp>
#include <delivery/quotes.hpp>
#include <delivery/service.hpp>
#include <delivery/shipping.hpp>
#include <store/delivery_requests.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::delivery {

// Calls per portal in windows of a minute.
class window {
 public:
  window(int most, clock_of clock) : most_(most), clock_(std::move(clock)) {}
  bool take(const std::string& portal);

 private:
  struct count {
    steady::time_point began{};
    int taken{0};
  };
  int most_;
  clock_of clock_;
  std::map<std::string, count> counts_;
};

struct service::state {
  std::shared_ptr<workflow::services> s;
  std::shared_ptr<portal_reader> portals;
  options how;
  properties known_properties;
  quotes known_quotes;
  window calculations, orders;

  state(std::shared_ptr<workflow::services> all, std::shared_ptr<portal_reader> readers, options o)
      : s(std::move(all)), portals(std::move(readers)), how(std::move(o)),
        known_properties(s->ex, portals, how.clock, {}), known_quotes(s->ex, how.clock, {}),
        calculations(how.calculations_a_minute, how.clock), orders(how.orders_a_minute, how.clock) {}
};

using state_ptr = std::shared_ptr<service::state>;

// The answers in the portal's own words.
std::string yes();
std::string no(std::string text);

awaitable<std::string> calculate(state_ptr self, const config::portal* portal, std::string body);
awaitable<std::string> create(state_ptr self, const config::portal* portal, std::string body);
awaitable<std::string> cancel(state_ptr self, const config::portal* portal, std::string body);
awaitable<std::string> remove(state_ptr self, const config::portal* portal, std::string body);

// Empty: this portal's own service is asked. Otherwise the refusal.
std::string refusal_of(const config::portal& portal, const asked& a);
// The refusal when the portal itself failed us.
std::string portal_failed(const config::portal& portal, const fault& why);

} // namespace waybill::delivery
