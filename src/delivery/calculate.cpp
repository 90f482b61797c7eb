// The price in the manager's form. No side effects; called at every change of the form.
#include <delivery/asked.hpp>
#include <delivery/price.hpp>
#include <delivery/service_impl.hpp>
#include <delivery/texts.hpp>
#include <mapping/text.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>

#include <algorithm>

namespace waybill::delivery {
namespace {

// Who receives it has no influence on the price, and is often not filled in yet.
bool concerns_the_price(const mapping::obstacle& o) {
  return o.key != "missing_name" && o.key != "missing_phone" && o.key != "bad_phone";
}

std::string title_of(const workflow::carrier_link& link) {
  return link.type == nullptr ? link.account->id : std::string(link.type->title);
}

std::string description(const config::portal& portal, const shipping& s, const std::string& carrier, const quote& q) {
  std::string out = carrier;
  if (!q.service_name.empty()) out += ", " + mapping::cut(mapping::simplified(q.service_name), 100);
  out += '.';
  if (!s.what.pickup_point.empty()) out += ' ' + say(portal, "delivery.to_point", {{"point", s.what.pickup_point}});
  // What was assumed may move the price: it is said where the price is read.
  for (const auto& r : s.remarks) out += ' ' + say(portal, r.key, r.values);
  return mapping::cut(out, 1000);
}

std::string priced(const config::portal& portal, const shipping& s, const std::string& carrier, const quote& q,
                   const price& p) {
  json::object out{{"SUCCESS", "Y"}, {"PRICE", json::decimal(p.cost)}};
  if (p.days_known) {
    out["PERIOD_FROM"] = p.days_min;
    out["PERIOD_TO"] = p.days_max;
    out["PERIOD_TYPE"] = "D";
    out["PERIOD_DESCRIPTION"] = days_text(p.days_min, p.days_max, portal.locale);
  }
  out["DESCRIPTION"] = description(portal, s, carrier, q);
  return json::serialize(out);
}

} // namespace

awaitable<std::string> calculate(state_ptr self, const config::portal* portal, std::string body) {
  const auto began = steady::now();
  auto read = read_calculation(body);
  if (!read) co_return no(say(*portal, "delivery.unreadable", {{"what", read.error().what}}));
  if (auto refused = refusal_of(*portal, *read); !refused.empty()) co_return no(std::move(refused));
  const auto& rules = *portal->service;
  const auto until = began + rules.deadline; // one clock for all that follows
  if (read->price.currency != rules.currency)
    co_return no(say(*portal, "delivery.currency", {{"service", rules.currency}, {"goods", read->price.currency}}));
  const money goods = read->price;

  const auto route = mapping::route_for(*self->s->settings, portal->id, read->delivery_type, {});
  auto* link = route ? self->s->carrier_of(route->carrier) : nullptr;
  if (link == nullptr)
    co_return no(say(*portal, "delivery.no_route", {{"delivery_type", mapping::cut(read->delivery_type, 50)}}));

  std::vector<asked> one;
  one.push_back(std::move(*read));
  const auto shipments = std::make_shared<const std::vector<asked>>(std::move(one));
  auto meanings = co_await self->known_properties.of(portal->id, shipments, until);
  if (!meanings) co_return no(portal_failed(*portal, meanings.error()));

  auto s = to_shipment(*shipments, **meanings, *portal);
  std::erase_if(s.obstacles, [](const auto& o) { return !concerns_the_price(o); });
  if (!s.obstacles.empty()) co_return no(say_obstacles(*portal, s.obstacles));
  // What has its price in the portal is added there, on top of ours.
  std::erase_if(s.what.options, [&](const auto& o) { return rules.extra_prices.contains(o.first); });

  const auto carrier = title_of(*link);
  auto quoted = co_await self->known_quotes.of(link->account->id, link->api, s.what, until);
  if (!quoted) {
    log::warn("no price for the delivery form", {{"portal", portal->id},
                                                 {"carrier", link->account->id},
                                                 {"why", to_string(quoted.error().code)},
                                                 {"code", quoted.error().peer_code}});
    co_return no(say_no_price(*portal, carrier, quoted.error()));
  }
  const auto best = best_of(*quoted);
  if (!best) co_return no(say(*portal, "delivery.no_price", {{"carrier", carrier}}));
  const auto p = price_of(*best, goods, rules);
  if (!p) {
    log::error("a carrier's price cannot be used",
               {{"portal", portal->id}, {"carrier", link->account->id}, {"why", p.error().what}});
    co_return no(say_no_price(*portal, carrier, p.error()));
  }
  co_return priced(*portal, s, carrier, *best, *p);
}

} // namespace waybill::delivery
