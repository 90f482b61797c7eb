#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <sale/statuses.hpp>
#include <waybill/json.hpp>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

// A mail to the client at each change is never what we want.
bj::object status_fields(const store_status& s) {
  return {{"type", s.type}, {"notify", "N"}, {"sort", s.sort}, {"color", s.color}, {"xmlId", s.xml_id}};
}

} // namespace

awaitable<result<std::vector<store_status>>> store_statuses(portal_client portal) {
  bj::object params;
  auto all = co_await list_all(std::move(portal), "sale.status.list", std::move(params), "statuses");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<store_status> out;
  for (const auto& o : *all) {
    store_status s;
    s.id = json::text_or(o, "id");
    s.type = json::text_or(o, "type");
    s.xml_id = json::text_or(o, "xmlId");
    s.color = json::text_or(o, "color");
    s.sort = static_cast<int>(json::integer_or(o, "sort"));
    out.push_back(std::move(s));
  }
  co_return out;
}

awaitable<result<void>> add_status(portal_client portal, store_status what) {
  if (what.id.empty() || what.id.size() > 2) co_return fail(errc::bad_input, "a status id has one or two characters");
  auto fields = status_fields(what);
  fields["id"] = what.id;
  bj::object params;
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "sale.status.add", std::move(params));
}

awaitable<result<void>> update_status(portal_client portal, store_status what) {
  bj::object params{{"id", what.id}};
  params["fields"] = status_fields(what);
  co_return co_await tell_only(std::move(portal), "sale.status.update", std::move(params));
}

awaitable<result<void>> delete_status(portal_client portal, std::string id) {
  bj::object params{{"id", id}};
  auto done = co_await tell_only(std::move(portal), "sale.status.delete", std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

awaitable<result<bool>> status_in_use(portal_client portal, std::string id) {
  bj::object filter{{"statusId", id}};
  bj::object params;
  params["filter"] = std::move(filter);
  params["select"] = bj::array{"id", "statusId"};
  auto got = co_await ask(std::move(portal), "sale.shipment.list", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  co_return got->total > 0 || !bitrix24::records(got->result, "shipments").empty();
}

awaitable<result<std::vector<std::string>>> store_languages(portal_client portal) {
  bj::object params;
  auto all = co_await list_all(std::move(portal), "sale.statusLang.getListLangs", std::move(params), "langs");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<std::string> out;
  for (const auto& o : *all)
    if (auto lid = json::text(o, "lid"); lid && json::boolean(o, "active").value_or(true))
      out.push_back(std::move(*lid));
  co_return out;
}

awaitable<result<std::vector<status_name>>> status_names(portal_client portal) {
  bj::object params;
  auto all = co_await list_all(std::move(portal), "sale.statusLang.list", std::move(params), "statusLangs");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<status_name> out;
  for (const auto& o : *all) {
    status_name n{json::text_or(o, "statusId"), json::text_or(o, "lid"), json::text_or(o, "name")};
    out.push_back(std::move(n));
  }
  co_return out;
}

awaitable<result<void>> name_status(portal_client portal, status_name what, bool replaces) {
  bj::object fields{{"statusId", what.status}, {"lid", what.language}, {"name", what.name}};
  bj::object params;
  params["fields"] = std::move(fields);
  if (replaces) {
    auto removed = co_await tell_only(portal, "sale.statusLang.deleteByFilter", params);
    if (!removed && removed.error().code != errc::not_found) co_return removed;
  }
  auto done = co_await tell_only(std::move(portal), "sale.statusLang.add", std::move(params));
  if (!done && done.error().code == errc::conflict) co_return result<void>{};
  co_return done;
}

} // namespace waybill::sale
