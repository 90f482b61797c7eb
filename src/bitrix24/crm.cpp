#include <bitrix24/crm.hpp>
#include <bitrix24/crm_impl.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::bitrix24 {

namespace bj = boost::json;
using namespace std::chrono_literals;

// Rows of this many deals go into one list call: with the usual few rows each they still fit one page.
constexpr std::size_t deals_per_row_list = 15;

crm::impl::impl(std::shared_ptr<client> p)
    : portal(std::move(p)), goods(portal), enumerations(64, 30min), stages(256, 30min) {
  const auto ex = portal->get_executor();
  const auto items = [this, &ex](int type) {
    return std::make_shared<loader<bj::object>>(
        ex, page_size, [p = portal, type](std::shared_ptr<id_group> g) { return fetch_items(p, type, std::move(g)); });
  };
  deals = items(deal_type);
  contacts = items(contact_type);
  companies = items(company_type);
  rows = std::make_shared<loader<std::vector<product_row>>>(
      ex, deals_per_row_list, [p = portal](std::shared_ptr<id_group> g) { return fetch_rows(p, std::move(g)); });
}

awaitable<result<deal>> crm::impl::read_one(std::shared_ptr<impl> self, std::int64_t id) {
  if (id <= 0) co_return fail(errc::bad_input, "a deal's id is a positive number");
  auto item = co_await loader<bj::object>::load(self->deals, id);
  if (!item) co_return fail(item.error());
  if (!*item) co_return fail(errc::not_found, "the deal does not exist, or the integration user may not see it");
  co_return read_deal(**item);
}

awaitable<result<std::vector<stage>>> crm::impl::stages_of(std::shared_ptr<impl> self, std::int64_t category) {
  if (auto cached = self->stages.get(category)) co_return std::move(*cached);
  bj::object params;
  params["filter"] =
      bj::object{{"ENTITY_ID", category == 0 ? std::string("DEAL_STAGE") : "DEAL_STAGE_" + std::to_string(category)}};
  params["order"] = bj::object{{"SORT", "ASC"}};
  auto got = co_await self->portal->call("crm.status.list", std::move(params));
  if (!got) co_return fail(got.error());
  std::vector<stage> all;
  for (const auto* o : records(got->result)) all.push_back(read_stage(*o));
  std::ranges::sort(all,
                    [](const auto& a, const auto& b) { return std::pair(a.sort, a.id) < std::pair(b.sort, b.id); });
  if (!all.empty()) self->stages.put(category, all);
  co_return all;
}

awaitable<result<std::vector<deal>>> crm::impl::in_stages(std::shared_ptr<impl> self, std::int64_t category,
                                                          std::vector<std::string> stages,
                                                          std::optional<instant> moved_since, std::int64_t after_id) {
  std::vector<bitrix24::deal> found;
  const auto& order_field = self->portal->portal().fields.order_id;
  if (stages.empty()) co_return found;
  // Should the portal not honour the empty filter, deals with an order are left out here; then a page may hold none.
  constexpr int most_pages = 200;
  for (int i = 0; i < most_pages; ++i) {
    bj::object filter;
    filter["@stageId"] = bj::array(stages.begin(), stages.end());
    filter["categoryId"] = category;
    if (moved_since) filter[">=movedTime"] = to_iso(*moved_since);
    else if (!order_field.empty()) filter[order_field] = "";
    filter[">id"] = after_id;
    bj::object params;
    params["entityTypeId"] = deal_type;
    params["filter"] = std::move(filter);
    params["select"] = deal_select(self->portal->portal().fields);
    params["order"] = bj::object{{"id", "ASC"}};
    params["start"] = -1;
    params["useOriginalUfNames"] = "Y";
    auto got = co_await self->portal->call("crm.item.list", std::move(params));
    if (!got) co_return fail(got.error());
    const auto items = records(got->result, "items");
    for (const auto* item : items) {
      auto d = read_deal(*item);
      if (!d) co_return fail(d.error());
      after_id = std::max(after_id, d->id);
      if (moved_since || order_field.empty() || is_blank(d->fields.if_contains(order_field)))
        found.push_back(std::move(*d));
    }
    if (!found.empty() || items.size() < page_size) break;
  }
  std::ranges::sort(found, {}, &bitrix24::deal::id);
  co_return found;
}

crm::crm(std::shared_ptr<client> portal) : impl_(std::make_shared<impl>(std::move(portal))) {}

client& crm::portal() { return *impl_->portal; }

awaitable<result<deal>> crm::deal(std::int64_t id) { return impl::read_one(impl_, id); }

awaitable<result<deal_bundle>> crm::bundle(bitrix24::deal d) { return impl::bundle(impl_, std::move(d)); }

awaitable<result<std::vector<stage>>> crm::stages(std::int64_t category) { return impl::stages_of(impl_, category); }

awaitable<result<std::vector<deal>>> crm::deals_without_order(std::int64_t category, std::vector<std::string> stages,
                                                              std::int64_t after_id) {
  return impl::in_stages(impl_, category, std::move(stages), {}, after_id);
}

awaitable<result<std::vector<deal>>> crm::deals_moved_since(std::int64_t category, std::vector<std::string> stages,
                                                            instant since, std::int64_t after_id) {
  return impl::in_stages(impl_, category, std::move(stages), since, after_id);
}

std::shared_ptr<client> crm::shared_portal() { return impl_->portal; }

awaitable<result<std::vector<timeline_comment>>> crm::comments(std::int64_t deal) {
  auto self = impl_;
  bj::object params;
  params["filter"] = bj::object{{"ENTITY_ID", deal}, {"ENTITY_TYPE", "deal"}};
  params["order"] = bj::object{{"ID", "DESC"}};
  params["select"] = bj::array{"ID", "COMMENT", "CREATED"};
  auto got = co_await self->portal->call("crm.timeline.comment.list", std::move(params));
  if (!got) co_return fail(got.error());
  std::vector<timeline_comment> all;
  for (const auto* o : records(got->result)) all.push_back(read_comment(*o));
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.id > b.id; });
  if (all.size() > page_size) all.resize(page_size);
  co_return all;
}

} // namespace waybill::bitrix24
