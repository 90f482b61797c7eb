// What the configuration relies on in the portal without making it: the pay system of our payments, and the names of
// the fields that our product row is written with.
#include <sale/payments.hpp>
#include <sale/rows.hpp>
#include <setup/plans.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::setup {

awaitable<void> read_checks(site_ptr s) {
  const auto& service = s->want.portal.service;
  if (!service) co_return;
  if (service->payment_system != 0 && s->has_scope("pay_system"))
    s->pay_systems.emplace(co_await sale::pay_systems(s->portal));
  if (service->cost_into == config::cost_target::row && s->has_scope("crm"))
    s->row_fields.emplace(co_await sale::row_fields(s->portal));
}

void plan_checks(const site& s, steps& out) {
  const auto& service = s.want.portal.service;
  if (!service) return;
  if (service->payment_system != 0) {
    const auto what = fmt::format("payment system {}", service->payment_system);
    const auto why = s.closed({"pay_system"}, true);
    if (!why.empty()) {
      out.push_back(make_step(verb::cannot, what, why));
    } else if (s.pay_systems && !*s.pay_systems) {
      out.push_back(make_step(verb::cannot, what, shown(s.pay_systems->error())));
    } else if (s.pay_systems) {
      const bool there =
          std::ranges::find(**s.pay_systems, service->payment_system, &sale::pay_system::id) != (*s.pay_systems)->end();
      out.push_back(make_step(there ? verb::keep : verb::cannot, what,
                              there ? "it is there" : "the portal has no active one of this id"));
    }
  }
  if (!s.row_fields) return;
  const std::string what = "product rows of deals";
  if (!*s.row_fields) {
    out.push_back(make_step(verb::cannot, what, shown(s.row_fields->error())));
    return;
  }
  std::vector<std::string> missing;
  for (const auto* name : {"productId", "productName", "price", "quantity", "ownerId", "ownerType"})
    if (std::ranges::find(**s.row_fields, name) == (*s.row_fields)->end()) missing.emplace_back(name);
  if (missing.empty()) out.push_back(make_step(verb::keep, what, "it is as it should be"));
  else out.push_back(make_step(verb::cannot, what, "the portal does not tell what rows have: " + joined(missing)));
}

} // namespace waybill::setup
