// The questions of `waybill check` that the delivery service raises.
#include <bitrix24/inspect_parts.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

constexpr std::string_view handler_code = "waybill";

bj::object no_params() { return {}; }

awaitable<finding> check_handler(std::shared_ptr<client> portal) {
  const std::string remedy = fmt::format("run `waybill portal setup {}`", portal->portal().id);
  auto got = co_await portal->call("sale.delivery.handler.list", no_params());
  if (!got)
    co_return bad("the delivery service: " + shown(got.error()),
                  "grant the scopes sale and delivery to an administrator's webhook or application");
  const auto all = records(got->result);
  const auto ours =
      std::ranges::find_if(all, [](const bj::object* o) { return json::text_or(*o, "CODE") == handler_code; });
  if (ours == all.end()) co_return bad("the delivery service is not set up in the portal", remedy);
  const auto* settings = json::child(**ours, "SETTINGS");
  // The path ends with the secret and the verb; the host is the daemon's public address.
  const auto path =
      fmt::format("/bitrix24/{}/delivery/{}/", portal->portal().id, portal->portal().webhook_secret.reveal());
  for (const auto* key : {"CALCULATE_URL", "CREATE_DELIVERY_REQUEST_URL", "CANCEL_DELIVERY_REQUEST_URL"})
    if (settings == nullptr || !json::text_or(*settings, key).contains(path))
      co_return bad(fmt::format("the portal's delivery handler calls another address ({})", key), remedy);
  co_return good("the delivery service is set up");
}

awaitable<finding> check_invoice_field(std::shared_ptr<client> portal) {
  const std::string field = portal->portal().service->cost_invoice_field;
  bj::object params;
  params["entityTypeId"] = 31;
  params["useOriginalUfNames"] = "Y";
  auto got = co_await portal->call("crm.item.fields", std::move(params));
  if (!got)
    co_return bad("the fields of smart invoices: " + shown(got.error()), "let the integration user see the invoices");
  const auto* o = got->result.if_object();
  const auto* fields = o == nullptr ? nullptr : json::child(*o, "fields");
  if (fields == nullptr || !fields->contains(field))
    co_return bad("cost_invoice_field: smart invoices have no field " + field,
                  fmt::format("make it, or run `waybill portal setup {}`", portal->portal().id));
  co_return good("the field of smart invoices is there");
}

} // namespace

finding good(std::string what) {
  finding f;
  f.what = std::move(what);
  return f;
}

finding bad(std::string what, std::string remedy) {
  finding f;
  f.ok = false;
  f.what = std::move(what);
  f.remedy = std::move(remedy);
  return f;
}

std::string shown(const fault& f) { return f.peer_code.empty() ? f.what : fmt::format("{} ({})", f.what, f.peer_code); }

std::vector<std::string> needed_scopes(const config::portal& settings, bool by_webhook) {
  std::vector<std::string> needed{"crm", "catalog"};
  if (settings.notify_responsible) needed.emplace_back("im");
  if (settings.service) {
    needed.insert(needed.end(), {"sale", "delivery"});
    if (settings.service->cost_into == config::cost_target::payment) needed.emplace_back("salescenter");
    if (settings.service->payment_system != 0) needed.emplace_back("pay_system");
  }
  if (!by_webhook) needed.insert(needed.end(), {"placement", "bizproc"});
  return needed;
}

std::vector<std::string_view> store_methods(const config::portal& settings) {
  if (!settings.service) return {};
  const auto& s = *settings.service;
  std::vector<std::string_view> names{"sale.delivery.handler.list",
                                      "sale.delivery.request.update",
                                      "sale.delivery.request.sendmessage",
                                      "sale.delivery.request.delete",
                                      "sale.shipment.get",
                                      "sale.order.get",
                                      "sale.shipmentproperty.list",
                                      "crm.orderentity.list",
                                      "crm.item.delivery.list",
                                      "crm.item.delivery.get",
                                      "sale.shipment.update",
                                      "sale.delivery.getlist",
                                      "sale.delivery.config.get",
                                      "sale.status.list",
                                      "sale.shipmentitem.list",
                                      "sale.shipmentpropertyvalue.list"};
  if (s.payments_paid_on_delivery)
    names.insert(names.end(), {"crm.item.payment.get", "crm.item.payment.pay", "crm.item.payment.product.list",
                               "crm.item.payment.product.setQuantity", "crm.item.payment.product.delete"});
  if (s.unpay_on_return) names.emplace_back("crm.item.payment.unpay");
  if (s.cost_into == config::cost_target::row)
    names.insert(names.end(), {"crm.item.productrow.add", "crm.item.productrow.update", "crm.item.productrow.delete"});
  if (s.cost_into == config::cost_target::invoice)
    names.insert(names.end(), {"crm.item.list", "crm.item.update", "crm.item.fields"});
  if (s.cost_into == config::cost_target::payment)
    names.insert(names.end(),
                 {"crm.item.payment.add", "crm.item.payment.delivery.add", "salescenter.payment.getPublicUrl"});
  return names;
}

awaitable<findings> check_store(std::shared_ptr<client> portal) {
  findings out;
  if (!portal->portal().service) co_return out;
  auto store = co_await portal->call("crm.orderentity.getFields", no_params());
  if (!store)
    out.push_back(bad("the online store: " + shown(store.error()),
                      "switch the store (orders, payments, deliveries) on in the portal, and let the integration user "
                      "manage it"));
  else out.push_back(good("the online store answers"));
  out.push_back(co_await check_handler(portal));
  if (portal->portal().service->cost_into == config::cost_target::invoice)
    out.push_back(co_await check_invoice_field(portal));
  co_return out;
}

} // namespace waybill::bitrix24
