// The account's health, goods and stock, subscriptions.
#include "adapter.hpp"
#include "ids.hpp"
#include "wire.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

void add(std::string& to, const std::string& text) { to += (to.empty() ? "" : "; ") + text; }

void look_for_states(std::string& lacking, const account_facts& f, document d,
                     const std::map<status, std::string>& names, std::string_view setting) {
  for (const auto& [canonical, name] : names)
    if (name != "-" && f.state_named(d, name) == nullptr)
      add(lacking, fmt::format("{}.{}: there is no state \"{}\"", setting, to_string(canonical), name));
}

// What the configuration names and the account lacks.
std::string lacks(const settings& how, const account_facts& f) {
  std::string lacking;
  look_for_states(lacking, f, document::order, how.order_states, "states");
  look_for_states(lacking, f, document::demand, how.demand_states, "demand_states");
  look_for_states(lacking, f, document::sales_return, how.return_states, "return_states");
  for (const auto& [stage, name] : how.deal_states)
    if (f.state_named(document::order, name) == nullptr)
      add(lacking, fmt::format("deal_states: there is no state \"{}\"", name));
  for (const auto& [what, name] : how.attributes)
    if (f.attribute_named(document::order, name) == nullptr && f.attribute_named(document::demand, name) == nullptr)
      add(lacking, fmt::format("attributes.{}: there is no field \"{}\"", key_of(what), name));
  if (!how.order_states.contains(status::cancelled) && f.state_named(document::order, "Отменен") == nullptr)
    add(lacking, "states.cancelled: orders have no state «Отменен»; name the one for cancellations");
  if (how.demand_on && f.store_id.empty()) add(lacking, "sender.store: there is no warehouse to ship from");
  return lacking;
}

// Fields that MoySklad demands and nobody fills make every document of the kind fail.
std::string demanded(const settings& how, const account_facts& f) {
  std::string out;
  for (const auto& [d, all] : f.attributes)
    for (const attribute_info& a : all) {
      const bool filled = std::ranges::any_of(
          how.attributes, [&](const auto& named) { return plain_name(named.second) == plain_name(a.name); });
      if (a.required && !filled)
        add(out, fmt::format("{} demands the field \"{}\", which is not filled", type_of(d), a.name));
    }
  return out;
}

std::optional<fault> account_mismatch(const settings& how, const account_facts& f) {
  if (how.account_id.empty() || how.account_id == f.account_id) return {};
  return fault{
      errc::forbidden, "account_id: these credentials belong to another account of MoySklad", {}, "moysklad.settings"};
}

} // namespace

awaitable<result<std::string>> adapter::probe() {
  co_await directory_.forget(); // what stands in the account now is the question
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  if (auto wrong = account_mismatch(how_, **facts)) co_return fail(std::move(*wrong));
  const std::string lacking = lacks(how_, **facts);
  if (!lacking.empty()) co_return fail(errc::forbidden, "MoySklad: " + lacking, "moysklad.settings");
  std::string text = fmt::format("legal entity \"{}\", warehouse \"{}\"", (*facts)->organization_name,
                                 (*facts)->store_name.empty() ? "-" : (*facts)->store_name);
  if (const std::string open = demanded(how_, **facts); !open.empty()) text += "; warning: " + open;
  co_return text;
}

// ---- goods -----------------------------------------------------------------------------------------------------

awaitable<result<std::map<std::string, std::int64_t>>> adapter::stock_of(std::vector<std::string> ids) {
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  std::map<std::string, std::int64_t> out;
  const std::string& store = (*facts)->store_id;
  constexpr std::size_t at_once = 80; // uuids in one address
  for (std::size_t from = 0; from < ids.size(); from += at_once) {
    std::string filter = "assortmentId=";
    for (std::size_t i = from; i < std::min(from + at_once, ids.size()); ++i) filter += (i > from ? "," : "") + ids[i];
    if (!store.empty()) filter += ";storeId=" + store;
    call c;
    c.operation = "stock";
    c.path = store.empty() ? "/report/stock/all/current" : "/report/stock/bystore/current";
    c.query = "stockType=freeStock&filter=" + percent_encode(filter);
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) co_return fail(answer.error());
    const auto* rows = answer->if_array();
    if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's stock report is no list", "moysklad.no_rows");
    for (const auto& each : *rows) {
      const auto* row = each.if_object();
      if (row == nullptr) continue;
      const auto free = thousandths(*row, "freeStock"); // null: being counted anew
      const std::string row_store = lower_ascii(json::text_or(*row, "storeId"));
      if (!free || (!store.empty() && row_store != store)) continue;
      out[lower_ascii(json::text_or(*row, "assortmentId"))] += std::max<std::int64_t>(*free, 0) / 1000;
    }
  }
  co_return out;
}

awaitable<result<std::vector<goods_fact>>> adapter::goods_facts(std::vector<item> items) {
  std::vector<goods_fact> out(items.size());
  auto found = co_await goods_.find(items, true);
  if (!found && found.error().peer_code == "moysklad.ambiguous_good") {
    // One unclear article must not hide what is known of the others.
    std::vector<std::optional<good>> each(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::vector<item> one(1, items[i]);
      auto got = co_await goods_.find(std::move(one), true);
      if (got) each[i] = std::move(got->front());
      else if (got.error().peer_code != "moysklad.ambiguous_good") co_return fail(got.error());
    }
    found = std::move(each);
  }
  if (!found) co_return fail(found.error());
  std::vector<std::string> ids;
  for (const auto& g : *found)
    if (g && (g->type == wire::product || g->type == wire::variant) && std::ranges::find(ids, g->id) == ids.end())
      ids.push_back(g->id);
  std::map<std::string, std::int64_t> stock;
  bool counted = ids.empty();
  if (!ids.empty()) {
    auto got = co_await stock_of(ids);
    // An employee may see goods and no stock: weights are worth having without it.
    if (!got && got.error().code != errc::forbidden) co_return fail(got.error());
    if (got) stock = std::move(*got);
    counted = got.has_value();
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!(*found)[i]) continue;
    const good& g = *(*found)[i];
    out[i].weight_g = g.weight_g;
    out[i].volume_mm3 = g.volume_mm3;
    if (!counted || (g.type != wire::product && g.type != wire::variant)) continue;
    const auto it = stock.find(g.id);
    out[i].in_stock = it == stock.end() ? 0 : it->second; // the report leaves out what there is none of
  }
  co_return out;
}

// ---- subscriptions ---------------------------------------------------------------------------------------------

awaitable<result<std::string>> adapter::keep_webhooks(std::string url) {
  if (url.size() > 255) co_return fail(errc::bad_input, "MoySklad takes addresses of at most 255 bytes", "30010");
  call list;
  list.operation = "keep_webhooks";
  list.path = "/entity/webhook";
  list.query = "limit=1000";
  const auto answer = co_await api_->ask(std::move(list));
  if (!answer) co_return fail(answer.error());
  const auto* o = answer->if_object();
  const auto* rows = o == nullptr ? nullptr : json::list(*o, wire::rows);
  if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's list of webhooks is no list", "moysklad.no_rows");

  int made = 0, enabled = 0, removed = 0, kept = 0;
  std::vector<call> changes;
  const auto change = [&changes](std::string method, const std::string& id, json::value body) {
    call c;
    c.operation = "keep_webhooks";
    c.method = std::move(method);
    c.path = "/entity/webhook" + (id.empty() ? "" : "/" + id);
    c.body = std::move(body);
    c.kind = call_kind::change;
    changes.push_back(std::move(c));
  };
  std::set<std::pair<std::string, std::string>> there;
  for (const auto& each : *rows) {
    const auto* row = each.if_object();
    if (row == nullptr) continue;
    const std::string id = lower_ascii(json::text_or(*row, wire::id)), to = json::text_or(*row, "url");
    const std::string type = json::text_or(*row, "entityType"), action = json::text_or(*row, "action");
    if (!is_uuid(id)) continue;
    if (is_former(to, url)) {
      change("DELETE", id, {}); // ours, of a secret that is no more
      ++removed;
    } else if (to == url && there.emplace(type, action).second && !json::boolean(*row, "enabled").value_or(true)) {
      json::object body;
      body["enabled"] = true;
      change("PUT", id, std::move(body));
      ++enabled;
    }
  }
  for (const subscription& s : subscriptions()) {
    if (there.contains({std::string(s.type), std::string(s.action)})) {
      ++kept;
      continue;
    }
    json::object body;
    body["url"] = url;
    body["action"] = s.action;
    body["entityType"] = s.type;
    if (s.fields) body["diffType"] = "FIELDS";
    change("POST", {}, std::move(body));
    ++made;
  }
  for (call& c : changes) {
    const std::string method = c.method;
    const auto done = co_await api_->ask(std::move(c));
    if (done) continue;
    const fault& f = done.error();
    // Made by another process meanwhile, or gone already: as it should be.
    if (method == "POST" && f.peer_code == "30003") continue;
    if (method == "DELETE" && f.code == errc::not_found) continue;
    co_return fail(f);
  }
  co_return fmt::format("{} in place, {} made, {} switched on again, {} old ones removed", kept, made, enabled,
                        removed);
}

} // namespace waybill::moysklad
