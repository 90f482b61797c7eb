// What tests of the portal's store have in common: a set-up portal, forms of managers, and what the store shows.
#pragma once
#include "redis_link.hpp"
#include "world.hpp"

#include <queue/queue.hpp>
#include <store/store.hpp>
#include <waybill/text.hpp>
#include <workflow/jobs.hpp>

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace waybill::test {

inline world_options store_options(const std::string& more = {}, world_options how = {}) {
  how.portal_more += "[portals.delivery_service]\nname = \"Доставка\"\n" + more;
  how.lease = "1s";
  return how;
}

inline void set_up_store(world& w) {
  std::string said;
  ASSERT_EQ(w.command({"portal", "setup", "main", "--yes"}, &said), 0) << said << w.log_of();
}

// Saves a shipment of the deal (or, with "order", one more of that order) on our profile "courier".
inline json::object save_form(world& w, std::int64_t deal, json::object more = {}) {
  json::object body{{"profile", "courier"},
                    {"properties", json::object{{"to", "119071, г Москва, Ленинский проспект, 41"}}}};
  if (!more.contains("order")) body["deal"] = deal;
  for (auto& [key, value] : more) body[key] = value;
  return w.portal_send("POST", "orders", body).as_object();
}

inline json::object press_button(world& w, const std::vector<std::int64_t>& shipments) {
  json::array ids(shipments.begin(), shipments.end());
  return w.portal_send("POST", "order-delivery", json::object{{"shipments", ids}}).as_object();
}

// Rows of a deal with two articles: the first is bought twice.
inline json::array two_rows() {
  return {json::object{{"productId", 201}, {"price", 1990}, {"quantity", 2}},
          json::object{{"name", "Чехол"}, {"price", 500}, {"quantity", 1}}};
}

// Ids of the deal's product rows, in their order.
inline std::vector<std::int64_t> row_ids(world& w, std::int64_t deal) {
  std::vector<std::int64_t> ids;
  const auto d = w.read(deal);
  for (const auto& row : json::at_path(d, "rows")->as_array()) ids.push_back(json::integer_or(row.as_object(), "id"));
  return ids;
}

// {row: id, quantity: n}
inline json::object some_of(std::int64_t row, int quantity) { return {{"row", row}, {"quantity", quantity}}; }

inline json::object shipment_of(world& w, std::int64_t id) {
  return w.portal("shipments/" + std::to_string(id)).as_object();
}
inline std::string number_of_shipment(world& w, std::int64_t id) {
  return json::text_or(shipment_of(w, id), "trackingNumber");
}

// A call of the portal's REST as somebody else makes it; its `result`.
inline json::value rest(world& w, const std::string& method, const json::object& params = {}) {
  const auto url = "http://" + w.sandbox() + "/bitrix24/main/rest/1/sandboxcode0000001/" + method + ".json";
  const auto answer = w.send("POST", url, json::serialize(params));
  EXPECT_EQ(answer.status, 200) << method << ": " << answer.body;
  const auto parsed = json::parse(answer.body);
  const auto* found = parsed ? json::at_path(*parsed, "result") : nullptr;
  return found == nullptr ? json::value{} : *found;
}

// The canonical name of the shipment's status: what setup put into its xmlId, else the store's own id.
inline std::string status_of_shipment(world& w, std::int64_t id) {
  const auto status = json::text_or(shipment_of(w, id), "statusId");
  const auto all = rest(w, "sale.status.list", {});
  const auto* list = json::at_path(all, "statuses");
  if (list == nullptr || !list->is_array()) return status;
  for (const auto& one : list->get_array())
    if (json::text_or(one.as_object(), "id") == status) {
      const auto mark = json::text_or(one.as_object(), "xmlId");
      if (mark.starts_with("waybill:")) return mark.substr(8);
    }
  return status;
}

inline store::record stored_record(world& w, const std::string& reference) {
  redis_link link(w.redis());
  queue::options how;
  how.prefix = "waybill";
  const auto jobs = std::make_shared<queue::queue>(link.get_executor(), link.connection(), how);
  store::shipments ships(link.connection(), jobs, "waybill");
  auto found = link.run(ships.find(reference));
  return found && *found ? **found : store::record{};
}

// What the carrier's next answer would have changed. `queued` false: the job that would write it into the deal is lost.
inline void change_record(world& w, const std::string& reference, const std::function<void(store::record&)>& change,
                          bool queued = true) {
  redis_link link(w.redis());
  queue::options how;
  how.prefix = "waybill";
  const auto jobs = std::make_shared<queue::queue>(link.get_executor(), link.connection(), how);
  store::shipments ships(link.connection(), jobs, "waybill");
  for (int tries = 0; tries < 50; ++tries) {
    auto found = link.run(ships.find(reference));
    ASSERT_TRUE(found && *found);
    store::record r = **found;
    r.write_due = queued;
    change(r);
    store::history_entry entry;
    entry.what = "the carrier's news";
    std::vector<store::next_job> next;
    if (queued) next.emplace_back().what = workflow::write_job(r);
    auto saved = link.run(ships.transition(std::move(r), std::move(entry), std::move(next)));
    if (saved) return;
    ASSERT_EQ(saved.error().code, errc::conflict) << saved.error().what; // the daemon was just writing
  }
  FAIL() << "the shipment never held still";
}

// Names and units of what the carrier was told, in its order.
inline std::vector<std::pair<std::string, std::int64_t>> content_of(const store::record& r) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  for (const auto& box : r.what.parcels)
    for (const auto& i : box.items) out.emplace_back(i.name, i.quantity);
  return out;
}

inline std::int64_t calls_of(world& w, const char* method) {
  const auto stats = w.portal("stats");
  std::int64_t calls = 0;
  for (const auto& [name, n] : *json::child(stats.as_object(), "commands"))
    if (lower_ascii(name) == lower_ascii(method)) calls += json::as_integer(n).value_or(0);
  return calls;
}

inline std::int64_t comments_with(world& w, std::int64_t deal, std::string_view part) {
  return std::ranges::count_if(w.comments(deal), [&](const std::string& text) { return text.contains(part); });
}

} // namespace waybill::test
