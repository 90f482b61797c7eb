// crm.item.payment.*: the payments themselves.
#include <sale/answers.hpp>
#include <sale/payments.hpp>
#include <waybill/async.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

// A new payment is sometimes not found by the next call.
constexpr std::chrono::milliseconds settling{1'000};

crm_payment read_crm_payment(const bj::object& o) {
  crm_payment p;
  p.id = json::integer_or(o, "id");
  p.number = json::text_or(o, "accountNumber");
  p.paid = yes(o, "paid");
  p.pay_system = json::integer_or(o, "paySystemId");
  p.pay_system_name = json::text_or(o, "paySystemName");
  p.sum = amount(o, "sum", json::text_or(o, "currency"));
  return p;
}

awaitable<result<std::int64_t>> until_found(portal_client portal, std::int64_t id) {
  auto got = co_await payment_by_id(portal, id);
  if (got) co_return id;
  if (got.error().code != errc::not_found && got.error().code != errc::rejected) co_return fail(got.error());
  co_await sleep_for(settling);
  got = co_await payment_by_id(std::move(portal), id);
  if (!got) co_return fail(std::move(got.error()));
  co_return id;
}

awaitable<result<bool>> mark(portal_client portal, std::int64_t payment, bool paid) {
  auto before = co_await payment_by_id(portal, payment);
  if (!before) co_return fail(std::move(before.error()));
  if (before->paid == paid) co_return false;
  bj::object params{{"id", payment}};
  auto done = co_await tell_only(portal, paid ? "crm.item.payment.pay" : "crm.item.payment.unpay", std::move(params));
  if (!done && done.error().code != errc::outcome_unknown) co_return fail(std::move(done.error()));
  auto after = co_await payment_by_id(std::move(portal), payment);
  if (!after) co_return fail(done ? std::move(after.error()) : std::move(done.error()));
  if (after->paid == paid) co_return true;
  if (!done) co_return fail(std::move(done.error()));
  co_return fail(errc::conflict, paid ? "the portal did not mark the payment paid" : "the payment stays paid");
}

} // namespace

awaitable<result<std::vector<crm_payment>>> payments_of(portal_client portal, owner whose) {
  bj::object params{{"entityTypeId", whose.type}, {"entityId", whose.id}};
  auto all = co_await list_plain(std::move(portal), "crm.item.payment.list", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<crm_payment> out;
  for (const auto& o : *all) out.push_back(read_crm_payment(o));
  co_return out;
}

awaitable<result<crm_payment>> payment_by_id(portal_client portal, std::int64_t id) {
  if (id <= 0) co_return fail(errc::bad_input, "a payment's id is a positive number");
  bj::object params{{"id", id}};
  auto got = co_await ask(std::move(portal), "crm.item.payment.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  const auto* o = got->result.if_object();
  if (o == nullptr || json::integer_or(*o, "id") != id)
    co_return fail(errc::not_found, "the portal has no such payment");
  co_return read_crm_payment(*o);
}

awaitable<result<std::int64_t>> add_payment(portal_client portal, owner whose) {
  auto before = co_await payments_of(portal, whose);
  if (!before) co_return fail(std::move(before.error()));
  std::set<std::int64_t> known;
  for (const auto& p : *before) known.insert(p.id);
  bj::object params{{"entityTypeId", whose.type}, {"entityId", whose.id}};
  auto got = co_await tell(portal, "crm.item.payment.add", std::move(params));
  if (got) {
    auto id = new_id(*got, "crm.item.payment.add");
    if (!id) co_return id;
    co_return co_await until_found(std::move(portal), *id);
  }
  if (got.error().code != errc::outcome_unknown) co_return fail(std::move(got.error()));
  auto after = co_await payments_of(std::move(portal), whose);
  if (after)
    for (const auto& p : *after)
      if (!known.contains(p.id) && !p.paid) co_return p.id;
  co_return fail(std::move(got.error()));
}

awaitable<result<void>> set_pay_system(portal_client portal, std::int64_t payment, std::int64_t pay_system) {
  bj::object fields{{"paySystemId", pay_system}};
  bj::object params{{"id", payment}};
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "crm.item.payment.update", std::move(params));
}

awaitable<result<void>> delete_payment(portal_client portal, std::int64_t payment) {
  bj::object params{{"id", payment}};
  auto done = co_await tell_only(std::move(portal), "crm.item.payment.delete", std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

awaitable<result<bool>> mark_paid(portal_client portal, std::int64_t payment) {
  co_return co_await mark(std::move(portal), payment, true);
}

awaitable<result<bool>> mark_unpaid(portal_client portal, std::int64_t payment) {
  co_return co_await mark(std::move(portal), payment, false);
}

awaitable<result<payment_link>> link_to_pay(portal_client portal, std::int64_t payment) {
  bj::object params{{"id", payment}};
  auto got = co_await ask(std::move(portal), "salescenter.payment.getPublicUrl", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "payment", "salescenter.payment.getPublicUrl");
  if (!record) co_return fail(std::move(record.error()));
  payment_link link{json::text_or(*record, "url"), json::text_or(*record, "shortUrl")};
  if (!link.url.starts_with("https://"))
    co_return fail(errc::protocol, "the portal's payment link is no https address");
  co_return link;
}

} // namespace waybill::sale
