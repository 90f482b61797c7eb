// The way back: what setup made, in the order in which the portal lets go of it.
#include <setup/plans.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

awaitable<result<void>> drop_extras(site_ptr s, std::vector<sale::extra_service> all) {
  result<void> out;
  for (const auto& e : all) {
    auto done = co_await sale::delete_extra_service(s->portal, e.id);
    if (!done && out) out = fail(std::move(done.error()));
  }
  co_return out;
}

awaitable<result<void>> drop_relations(site_ptr s, std::vector<sale::property_relation> all) {
  result<void> out;
  for (const auto& r : all) {
    auto done = co_await sale::delete_property_relation(s->portal, r);
    if (!done && out) out = fail(std::move(done.error()));
  }
  co_return out;
}

awaitable<result<void>> drop_property(site_ptr s, std::int64_t id) {
  return sale::delete_shipment_property(s->portal, id);
}

// Refused while services stand on it: then it stays with them, and later setups find it.
awaitable<result<void>> drop_handler(site_ptr s, std::int64_t id) {
  auto left = co_await sale::own_services(s->portal);
  if (!left) co_return fail(std::move(left.error()));
  if (!left->empty()) {
    s->remarks.emplace_back("the delivery handler stays: a delivery service that orders use needs it");
    co_return result<void>{};
  }
  co_return co_await sale::delete_handler(s->portal, id);
}

bool is_our_property(std::string_view code) {
  return code == "WAYBILL_FROM" || code == "WAYBILL_TO" || code == point_property;
}

} // namespace

void remove_delivery(const site& s, steps& out) {
  if (!s.services || !*s.services) return;
  for (const auto& mine : **s.services) {
    for (const auto& p : mine.profiles) {
      const auto it = s.extras.find(p.service.id);
      if (it == s.extras.end() || !it->second) continue;
      auto ours = *it->second;
      std::erase_if(ours, [&](const auto& e) { return !s.want.known_options.contains(e.code); });
      if (ours.empty()) continue;
      auto step = make_step(verb::remove, fmt::format("extra services of {}", p.code), fmt::format("{}", ours.size()));
      step.act = [ours](site_ptr at) { return drop_extras(std::move(at), ours); };
      out.push_back(std::move(step));
    }
    if (!s.relations || !*s.relations) continue;
    std::vector<sale::property_relation> ours;
    for (const auto& r : **s.relations)
      if (std::ranges::any_of(mine.profiles, [&](const our_profile& p) { return p.service.id == r.service; }))
        ours.push_back(r);
    if (ours.empty()) continue;
    auto step = make_step(verb::remove, fmt::format("property relations of delivery service {}", mine.parent.id),
                          fmt::format("{}", ours.size()));
    step.act = [ours](site_ptr at) { return drop_relations(std::move(at), ours); };
    out.push_back(std::move(step));
  }
}

void remove_properties(const site& s, steps& out) {
  if (s.properties && *s.properties)
    for (const auto& p : **s.properties) {
      if (!is_our_property(p.code)) continue;
      auto step = make_step(verb::remove, fmt::format("shipment property {} ({})", p.code, p.id), "it is ours");
      step.act = [id = p.id](site_ptr at) { return drop_property(std::move(at), id); };
      out.push_back(std::move(step));
    }
  if (s.services && *s.services)
    for (const auto& mine : **s.services) {
      auto step = make_step(verb::remove, fmt::format("delivery service {} «{}»", mine.parent.id, mine.parent.name),
                            "with its profiles; if orders use it, it stays and is switched off");
      step.act = [mine](site_ptr at) { return retire_service(std::move(at), mine); };
      out.push_back(std::move(step));
    }
  if (s.made.handler == 0) return;
  auto step = make_step(verb::remove, fmt::format("delivery handler {}", handler_code),
                        "unless a delivery service stays that needs it");
  step.act = [id = s.made.handler](site_ptr at) { return drop_handler(std::move(at), id); };
  out.push_back(std::move(step));
}

} // namespace waybill::setup
