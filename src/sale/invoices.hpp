// Smart invoices of a deal, as far as the cost of delivery is concerned.
#pragma once
#include <sale/orders.hpp>
#include <waybill/money.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waybill::sale {

struct invoice {
  std::int64_t id{0};
  std::string stage; // "DT31_11:N", ":P" paid, ":D" lost
  std::string value; // of the field that was asked for: "432.5|RUB", "432.5" or nothing
};
bool is_lost(const invoice& one);

// Those that were made for the deal, the oldest first. Without such a field all values are empty.
awaitable<result<std::vector<invoice>>> invoices_of_deal(portal_client portal, std::int64_t deal, std::string field);

// Money fields take "432.50|RUB", all others the bare number.
awaitable<result<void>> set_invoice_field(portal_client portal, std::int64_t invoice, std::string field, bool is_money,
                                          std::optional<money> sum);

// "money", "double", ...; nothing: invoices have no such field.
awaitable<result<std::optional<std::string>>> invoice_field_type(portal_client portal, std::string field);
// As a money field, with these labels. conflict: there is one of this code.
awaitable<result<void>> add_invoice_field(portal_client portal, std::string field, std::string label_ru,
                                          std::string label_en);

} // namespace waybill::sale
