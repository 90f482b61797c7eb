#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <sale/delivery.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

extra_service read_extra(const bj::object& o) {
  extra_service e;
  e.id = json::integer_or(o, "ID");
  e.code = json::text_or(o, "CODE");
  e.name = json::text_or(o, "NAME");
  e.description = json::text_or(o, "DESCRIPTION");
  e.type = json::text_or(o, "TYPE");
  e.active = yes(o, "ACTIVE");
  e.price = amount(o, "PRICE", {});
  if (const auto* items = json::find(o, "ITEMS"))
    for (const auto* i : bitrix24::records(*items)) {
      extra_service::item one{json::text_or(*i, "CODE"), json::text_or(*i, "TITLE"), amount(*i, "PRICE", {})};
      e.items.push_back(std::move(one));
    }
  return e;
}

bj::object extra_params(const extra_service& e) {
  // ACTIVE is "N" unless said otherwise.
  bj::object params{{"NAME", e.name}, {"CODE", e.code}, {"DESCRIPTION", e.description}, {"ACTIVE", flag(e.active)}};
  if (e.type == "enum") {
    bj::array items;
    for (const auto& i : e.items)
      items.push_back(bj::object{{"TITLE", i.title}, {"CODE", i.code}, {"PRICE", json::decimal(i.price)}});
    params["ITEMS"] = std::move(items);
  } else {
    params["PRICE"] = json::decimal(e.price);
  }
  return params;
}

} // namespace

awaitable<result<std::vector<extra_service>>> extra_services(portal_client portal, std::int64_t profile) {
  bj::object params{{"DELIVERY_ID", profile}};
  auto all = co_await list_plain(std::move(portal), "sale.delivery.extra.service.get", std::move(params));
  if (!all) co_return fail(std::move(all.error()));
  std::vector<extra_service> out;
  for (const auto& o : *all) out.push_back(read_extra(o));
  co_return out;
}

awaitable<result<std::int64_t>> add_extra_service(portal_client portal, std::int64_t profile, extra_service what) {
  auto params = extra_params(what);
  params["DELIVERY_ID"] = profile;
  params["TYPE"] = what.type;
  auto got = co_await tell(portal, "sale.delivery.extra.service.add", std::move(params));
  if (got) co_return new_id(*got, "sale.delivery.extra.service.add");
  if (got.error().code != errc::outcome_unknown) co_return fail(std::move(got.error()));
  auto there = co_await extra_services(std::move(portal), profile);
  if (there)
    for (const auto& e : *there)
      if (e.code == what.code) co_return e.id;
  co_return fail(std::move(got.error()));
}

awaitable<result<void>> update_extra_service(portal_client portal, extra_service what) {
  auto params = extra_params(what);
  params["ID"] = what.id;
  co_return co_await tell_only(std::move(portal), "sale.delivery.extra.service.update", std::move(params));
}

} // namespace waybill::sale
