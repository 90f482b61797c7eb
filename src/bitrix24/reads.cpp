// The list calls behind the loaders.
#include <bitrix24/crm_impl.hpp>
#include <bitrix24/running.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <set>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

bj::array numbers(const std::vector<std::int64_t>& ids) { return bj::array(ids.begin(), ids.end()); }

bj::object item_params(const config::portal& portal, int type, const std::vector<std::int64_t>& ids) {
  bj::object params;
  params["entityTypeId"] = type;
  params["filter"] = bj::object{{"@id", numbers(ids)}};
  params["select"] = type == deal_type ? deal_select(portal.fields) : bj::array{"*", "fm"};
  params["start"] = -1;
  if (type == deal_type) params["useOriginalUfNames"] = "Y";
  return params;
}

bj::object row_params(const std::vector<std::int64_t>& owners, std::int64_t start) {
  bj::object params;
  params["filter"] = bj::object{{"=ownerType", "D"}, {"=ownerId", numbers(owners)}};
  params["order"] = bj::object{{"id", "ASC"}};
  params["start"] = start;
  return params;
}

// By owner, in the order of the deal's own table.
using placed_rows = std::map<std::int64_t, std::multimap<std::int64_t, product_row>>;

void add_rows(placed_rows& all, const bj::value& result) {
  for (const auto* o : records(result, "productRows"))
    all[json::integer_or(*o, "ownerId")].emplace(json::integer_or(*o, "sort"), read_row(*o));
}

// Which address to take: the delivery address before the actual one, the person's before the company's.
int place_of(const bj::object& a, const std::set<std::int64_t>& of_person) {
  const auto type = json::integer_or(a, "TYPE_ID");
  const bool person = of_person.contains(json::integer_or(a, "ENTITY_ID"));
  if (type == 11) return person ? 0 : 1;
  if (type == 1) return person ? 2 : 3;
  return -1;
}

} // namespace

bj::array deal_select(const config::deal_fields& f) {
  bj::array select{"*"};
  std::set<std::string> seen;
  for (const auto* name : {&f.order_id, &f.tracking_number, &f.tracking_url, &f.status, &f.error, &f.cost, &f.address,
                           &f.phone, &f.delivery_type, &f.pickup_point, &f.carrier, &f.planned_date, &f.label,
                           &f.cash_on_delivery, &f.declared_value, &f.parcels, &f.comment})
    if (!name->empty() && seen.insert(*name).second) select.emplace_back(*name);
  return select;
}

awaitable<result<std::map<std::int64_t, bj::object>>> fetch_items(std::shared_ptr<client> portal, int type,
                                                                  std::shared_ptr<id_group> group) {
  const std::function<bj::object()> params = [portal, type, group] {
    group->sealed = true;
    return item_params(portal->portal(), type, group->ids);
  };
  auto got = co_await portal->call_late("crm.item.list", params);
  if (!got) co_return fail(got.error());
  std::map<std::int64_t, bj::object> out;
  for (const auto* item : records(got->result, "items"))
    if (const auto id = json::integer(*item, "id")) out.emplace(*id, *item);
  co_return out;
}

awaitable<result<std::map<std::int64_t, std::vector<product_row>>>> fetch_rows(std::shared_ptr<client> portal,
                                                                               std::shared_ptr<id_group> group) {
  const std::function<bj::object()> first = [group] {
    group->sealed = true;
    return row_params(group->ids, 0);
  };
  auto got = co_await portal->call_late("crm.item.productrow.list", first);
  if (!got) co_return fail(got.error());
  placed_rows all;
  add_rows(all, got->result);
  // The first answer tells how many there are: the other pages are asked for at once.
  constexpr std::int64_t most_rows = 50'000;
  std::vector<std::shared_ptr<running<answer>>> pages;
  auto next = got->next;
  for (; next > 0 && next < std::min(got->total, most_rows); next += static_cast<std::int64_t>(page_size)) {
    auto params = row_params(group->ids, next);
    pages.push_back(
        running<answer>::start(portal->get_executor(), portal->call("crm.item.productrow.list", std::move(params))));
  }
  for (auto& one : pages) {
    auto more = co_await running<answer>::get(one);
    if (!more) co_return fail(more.error());
    add_rows(all, more->result);
    if (one == pages.back()) next = more->next;
  }
  // Without a total, or when rows were added meanwhile: one page after the other.
  if (pages.empty()) next = got->next;
  while (next > 0 && next < most_rows) {
    auto params = row_params(group->ids, next);
    auto more = co_await portal->call("crm.item.productrow.list", std::move(params));
    if (!more) co_return fail(more.error());
    add_rows(all, more->result);
    if (more->next <= next) break;
    next = more->next;
  }
  std::map<std::int64_t, std::vector<product_row>> out;
  for (auto& [owner, rows] : all)
    for (auto& [_, row] : rows) out[owner].push_back(std::move(row));
  co_return out;
}

awaitable<result<names_by_id>> fetch_enumeration(std::shared_ptr<client> portal, std::string field) {
  bj::object params;
  params["filter"] = bj::object{{"FIELD_NAME", field}};
  auto got = co_await portal->call("crm.deal.userfield.list", std::move(params));
  if (!got) co_return fail(got.error());
  for (const auto* o : records(got->result))
    if (json::text_or(*o, "FIELD_NAME") == field && json::text_or(*o, "USER_TYPE_ID") == "enumeration")
      co_return read_enumeration(*o);
  co_return names_by_id{};
}

awaitable<result<std::optional<address>>> fetch_requisite_address(std::shared_ptr<client> portal, std::int64_t person,
                                                                  std::int64_t company) {
  std::set<std::int64_t> of_person;
  std::vector<std::int64_t> all;
  std::vector<std::pair<bool, std::shared_ptr<running<answer>>>> lists;
  for (const auto& [type, id] : {std::pair{contact_type, person}, std::pair{company_type, company}}) {
    if (id <= 0) continue;
    bj::object params;
    params["filter"] = bj::object{{"ENTITY_TYPE_ID", type}, {"ENTITY_ID", id}};
    params["select"] = bj::array{"ID"};
    lists.emplace_back(
        type == contact_type,
        running<answer>::start(portal->get_executor(), portal->call("crm.requisite.list", std::move(params))));
  }
  for (auto& [is_person, list] : lists) {
    auto got = co_await running<answer>::get(list);
    if (!got) co_return fail(got.error());
    for (const auto* o : records(got->result)) {
      const auto id = json::integer_or(*o, "ID");
      if (id <= 0) continue;
      all.push_back(id);
      if (is_person) of_person.insert(id);
    }
  }
  if (all.empty()) co_return std::optional<address>{};
  bj::object params;
  params["filter"] = bj::object{{"ENTITY_TYPE_ID", requisite_type}, {"ENTITY_ID", numbers(all)}};
  auto got = co_await portal->call("crm.address.list", std::move(params));
  if (!got) co_return fail(got.error());
  const bj::object* best = nullptr;
  int best_place = 100;
  for (const auto* o : records(got->result)) {
    const int place = place_of(*o, of_person);
    if (place < 0 || place >= best_place) continue;
    best = o;
    best_place = place;
  }
  if (best == nullptr) co_return std::optional<address>{};
  co_return std::optional<address>{read_address(*best)};
}

} // namespace waybill::bitrix24
