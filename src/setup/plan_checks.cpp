// What telling of money relies on in the portal: the pay system of our payments, the names of the fields that our
// product row is written with, and the field of smart invoices, which is made where it is missing.
#include <sale/invoices.hpp>
#include <sale/payments.hpp>
#include <sale/rows.hpp>
#include <setup/plans.hpp>
#include <setup/texts.hpp>

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
  if (service->cost_into == config::cost_target::invoice && s->has_scope("crm"))
    s->invoice_field.emplace(co_await sale::invoice_field_type(s->portal, service->cost_invoice_field));
}

namespace {

awaitable<result<void>> create_invoice_field(site_ptr s, std::string field) {
  std::string ru = word(s->want.portal, "field_invoice_cost", "ru"),
              en = word(s->want.portal, "field_invoice_cost", "en");
  co_return co_await sale::add_invoice_field(s->portal, std::move(field), std::move(ru), std::move(en));
}

void plan_invoice_field(const site& s, steps& out) {
  if (!s.invoice_field) return;
  const std::string field = s.want.portal.service->cost_invoice_field;
  const auto what = fmt::format("invoice field {}", field);
  if (!*s.invoice_field) {
    out.push_back(make_step(verb::cannot, what, shown(s.invoice_field->error())));
    return;
  }
  const auto& type = **s.invoice_field;
  if (type) {
    const bool takes = *type == "money" || *type == "double" || *type == "string";
    out.push_back(
        make_step(takes ? verb::keep : verb::cannot, what,
                  takes ? std::string("it is there")
                        : fmt::format("it is of type {}, which must be money or double: name another field", *type)));
    return;
  }
  if (const auto why = s.closed({"userfieldconfig"}, false); !why.empty()) {
    out.push_back(make_step(verb::cannot, what, why));
    return;
  }
  auto step = make_step(verb::create, what, "smart invoices have no such field; type money");
  step.act = [field](site_ptr at) { return create_invoice_field(std::move(at), field); };
  out.push_back(std::move(step));
}

} // namespace

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
  plan_invoice_field(s, out);
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
