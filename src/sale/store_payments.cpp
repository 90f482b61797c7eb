// sale.payment.* and sale.paysystem.*: the store's own record of a payment.
#include <sale/answers.hpp>
#include <sale/payments.hpp>
#include <sale/reading.hpp>
#include <waybill/json.hpp>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

awaitable<result<bj::object>> fetch(portal_client portal, std::int64_t id) {
  if (id <= 0) co_return fail(errc::bad_input, "a payment's id is a positive number");
  bj::object params{{"id", id}};
  auto got = co_await ask(std::move(portal), "sale.payment.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "payment", "sale.payment.get");
  if (!record) co_return fail(std::move(record.error()));
  co_return std::move(*record);
}

} // namespace

awaitable<result<payment>> store_payment(portal_client portal, std::int64_t id) {
  auto record = co_await fetch(std::move(portal), id);
  if (!record) co_return fail(std::move(record.error()));
  co_return read_payment(*record);
}

awaitable<result<std::vector<payment>>> payments_of_order(portal_client portal, std::int64_t order) {
  bj::object filter{{"orderId", order}};
  bj::object params;
  params["filter"] = std::move(filter);
  auto all = co_await list_all(std::move(portal), "sale.payment.list", std::move(params), "payments");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<payment> out;
  for (const auto& o : *all) out.push_back(read_payment(o));
  co_return out;
}

awaitable<result<void>> set_payment_document(portal_client portal, std::int64_t payment, std::string number,
                                             std::string date) {
  auto now = co_await fetch(portal, payment);
  if (!now) co_return fail(std::move(now.error()));
  if (json::text_or(*now, "payVoucherNum") == number) co_return result<void>{};
  bj::object fields;
  for (const auto* key : {"paySystemId", "paid", "datePaid", "comments", "xmlId"})
    if (const auto* v = json::find(*now, key)) fields[key] = *v;
  fields["payVoucherNum"] = number;
  if (!date.empty()) fields["payVoucherDate"] = date;
  bj::object params{{"id", payment}};
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "sale.payment.update", std::move(params));
}

awaitable<result<std::vector<pay_system>>> pay_systems(portal_client portal) {
  bj::object filter{{"ACTIVE", "Y"}};
  bj::object params;
  params["SELECT"] = bj::array{"ID", "NAME", "IS_CASH"};
  params["FILTER"] = std::move(filter);
  auto all = co_await list_plain(std::move(portal), "sale.paysystem.list", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<pay_system> out;
  for (const auto& o : *all) {
    pay_system p;
    p.id = json::integer_or(o, "ID");
    p.name = json::text_or(o, "NAME");
    p.cash = json::text_or(o, "IS_CASH") == "Y";
    out.push_back(std::move(p));
  }
  co_return out;
}

} // namespace waybill::sale
