// The money of a shipment in the portal's store: what the carrier collects, and where its cost goes. Mostly pure; what
// the job does with it stands in money_job.cpp and the files cost*.cpp.
#pragma once
#include <config/config.hpp>
#include <sale/orders.hpp>
#include <sale/payments.hpp>
#include <sale/rows.hpp>
#include <store/record.hpp>
#include <waybill/async.hpp>
#include <waybill/shipment.hpp>
#include <workflow/services.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waybill::workflow {

// What the carrier shall collect for the store's payments.
struct cash_plan {
  money sum; // 0: there are payments, and none of them is unpaid cash
  std::vector<store::cash_payment> payments;
};

// Of these orders: the sum of their unpaid cash payments, without `taken` (what other parcels collect, and payments of
// ours). Nothing: no payments, the deal's field decides. bad_input: they are in several currencies.
result<std::optional<cash_plan>> plan_cash(const std::vector<sale::order>& orders,
                                           const std::vector<std::int64_t>& taken);
// Reads the order, or all orders of the deal when `order` is 0, and plans. Nothing also without a delivery service in
// the configuration, and where the store may not be read and payments are none of our business.
awaitable<result<std::optional<cash_plan>>> cash_of(portal_link portal, std::int64_t deal, std::int64_t order,
                                                    std::vector<std::int64_t> taken);
// Payments that other live shipments collect, and those that were made for the cost of delivery.
std::vector<std::int64_t> taken_payments(const std::vector<store::record>& all, const std::string& but_of);

// Collects `sum` instead of what was planned: spread over the goods, the rest is the delivery fee.
void set_cash(shipment& what, const money& sum);

// What the cash payments call for.
enum class cash_step {
  none,
  collect, // delivered, and the carrier says what it took
  part,    // delivered in part: a person decides
  back,    // delivered and returned afterwards
};
cash_step cash_step_of(const config::portal& portal, const store::record& r);
// Σ of the payments, in the currency of the first.
money sum_of(const std::vector<sale::crm_payment>& all);

// The cost that should stand in this place of the deal; nothing: none should.
std::optional<money> cost_wanted(const config::portal& portal, const store::record& r, config::cost_target place);
// What the parcels of a deal cost together, where that belongs into its invoice; in the currency of the first.
std::optional<money> cost_of_all(const config::portal& portal, const std::vector<store::record>& all);
// It belongs into an invoice, and the deal had none yet.
bool awaits_invoice(const config::portal& portal, const store::record& r);
// How the product row of the cost is called.
std::string cost_row_name(const config::delivery_service& service);
// By product when one is configured, else by name.
bool is_cost_row(const config::delivery_service& service, std::int64_t product, const std::string& name);
// Our own row is neither goods to ship nor a part of what is collected for them.
void leave_cost_row_out(const config::portal& portal, const std::optional<store::record>& r,
                        bitrix24::deal_bundle& bundle);

// Changes when there is something new to settle; empty: nothing ever was.
std::string money_digest(const config::portal& portal, const store::record& r);
// Whether a "money" job has anything to do. As long as the deal has no invoice for the cost, each news is a reason to
// look again.
bool money_due(const config::portal& portal, const store::record& r);

// What the portal refused of the money; a conflict of the portal's is not one of our own records.
fault refused_by_portal(fault f);

} // namespace waybill::workflow
