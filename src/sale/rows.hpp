// Product rows of a deal or an invoice, and the tie between an order and its deal.
#pragma once
#include <sale/payments.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waybill::sale {

struct row {
  std::int64_t id{0};
  std::int64_t product{0}; // 0: a free row
  std::string name;
  money price; // per unit
  std::string quantity{"1"};
  std::optional<int> tax_percent;
  bool tax_included{false};
  int measure_code{796};
  int type{1}; // 7: a service
  int sort{100};
  std::string xml_id;
};
awaitable<result<std::vector<row>>> rows_of(portal_client portal, owner whose);
awaitable<result<row>> row_by_id(portal_client portal, std::int64_t id); // not_found
// Every change recalculates the owner's sum. outcome_unknown: look with rows_of for name or product before repeating.
awaitable<result<std::int64_t>> add_row(portal_client portal, owner whose, row what);
struct row_change {
  std::optional<money> price;
  std::optional<std::string> quantity, name;
};
awaitable<result<void>> change_row(portal_client portal, std::int64_t id, row_change change);
awaitable<result<void>> delete_row(portal_client portal, std::int64_t id); // gone already: done
// Replaces all rows: only for records that we have just made. conflict: there are rows already.
awaitable<result<void>> set_first_rows(portal_client portal, owner whose, std::vector<row> rows);
// Rows not covered by a payment yet, `quantity` is what is left. Fails when the owner has more than one order.
awaitable<result<std::vector<row>>> rows_to_pay(portal_client portal, owner whose);
// Field names of the portal's version, for checks.
awaitable<result<std::vector<std::string>>> row_fields(portal_client portal);

struct order_binding {
  std::int64_t order{0};
  owner whose;
};
awaitable<result<std::vector<order_binding>>> bindings_of_order(portal_client portal, std::int64_t order);
// An order has one binding: a new one replaces the old. There already: done.
awaitable<result<void>> bind_order(portal_client portal, order_binding b);
awaitable<result<void>> unbind_order(portal_client portal, order_binding b); // gone already: done
// Proves that the store is there and its bindings may be read.
awaitable<result<std::vector<std::string>>> binding_fields(portal_client portal);

} // namespace waybill::sale
