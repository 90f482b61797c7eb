// sale.order.* (read only: orders are made in the deal) and crm.orderentity.*, what ties an order to its deal.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

store_order* order_by(portal& p, std::int64_t id) {
  const auto it = p.shop.orders.find(id);
  return it == p.shop.orders.end() ? nullptr : &it->second;
}

outcome order_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* o = order_by(c.at, c.integer("id").value_or(0));
  if (o == nullptr) return refused_by_number(200540400001, "order is not exists");
  return ok(json::object{{"order", shown_order(c.at, *o, true)}});
}

outcome order_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& [id, o] : c.at.shop.orders) rows.push_back(shown_order(c.at, o, false));
  return listed(c, std::move(rows), "orders");
}

outcome order_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{
      {"order", described({"lid", "personTypeId", "currency"},
                          {"id", "accountNumber", "price", "payed", "canceled", "deducted", "statusId", "responsibleId",
                           "userId", "userDescription", "comments", "xmlId", "dateInsert", "dateUpdate"})}});
}

json::object shown_binding(const store_order& o) {
  return {{"orderId", o.id}, {"ownerId", o.owner}, {"ownerTypeId", o.owner_type}};
}

outcome entity_list(const call& c) {
  json::array rows;
  for (const auto& [id, o] : c.at.shop.orders)
    if (o.owner != 0) rows.push_back(shown_binding(o));
  const auto start = parse_page(c.param("start"));
  if (start.counted) return listed(c, std::move(rows), "orderEntity");
  // -1 is everything here.
  return ok(json::object{{"orderEntity", unpaged(rows, c.param("filter"), c.param("order"), c.param("select"))}});
}

struct binding {
  store_order* order;
  std::int64_t owner_type, owner;
};

std::expected<binding, outcome> binding_of(const call& c) {
  if (auto wrong = no_right_to_write(c)) return std::unexpected(*wrong);
  if (auto wrong = lacks(c, {"fields"})) return std::unexpected(*wrong);
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"orderId", "ownerTypeId", "ownerId"})) return std::unexpected(*wrong);
  auto* o = order_by(c.at, json::integer_or(sent, "orderId"));
  if (o == nullptr) return std::unexpected(refused_by_number(200540400001, "order is not exists"));
  return binding{o, json::integer_or(sent, "ownerTypeId"), json::integer_or(sent, "ownerId")};
}

outcome entity_add(const call& c) {
  const auto b = binding_of(c);
  if (!b) return b.error();
  if (b->owner_type != 2 && b->owner_type != 31) return error_zero("Owner type is not supported");
  if (b->owner_type == 2 && c.at.find(entity::deal, b->owner) == nullptr)
    return error_zero(fmt::format("Entity with identifier №{} does not exist", b->owner));
  if (b->order->owner_type == b->owner_type && b->order->owner == b->owner)
    return refused("201650000001", "Duplicate entry for key [ownerId, ownerTypeId, orderId]");
  b->order->owner_type = b->owner_type; // the one before is replaced
  b->order->owner = b->owner;
  return ok(json::object{{"dealOrder", shown_binding(*b->order)}});
}

outcome entity_delete(const call& c) {
  const auto b = binding_of(c);
  if (!b) return b.error();
  if (b->order->owner_type != b->owner_type || b->order->owner != b->owner || b->owner == 0)
    return refused_by_number(201640400004, "order entity is not exists");
  b->order->owner = 0;
  return ok(true);
}

outcome entity_fields(const call&) {
  json::object out;
  for (const auto* name : {"orderId", "ownerId", "ownerTypeId"})
    out[name] = json::object{{"isImmutable", true}, {"isReadOnly", false}, {"isRequired", true}, {"type", "integer"}};
  return ok(json::object{{"orderEntity", std::move(out)}});
}

constexpr auto table = std::to_array<method>({
    {"sale.order.get", "sale", effort::read, false, order_get},
    {"sale.order.list", "sale", effort::read, false, order_list},
    {"sale.order.getfields", "sale", effort::read, false, order_fields},
    {"crm.orderentity.add", "crm", effort::write, false, entity_add},
    {"crm.orderentity.list", "crm", effort::read, false, entity_list},
    {"crm.orderentity.deletebyfilter", "crm", effort::write, false, entity_delete},
    {"crm.orderentity.getfields", "crm", effort::read, false, entity_fields},
});

} // namespace

std::span<const method> order_methods() { return table; }

} // namespace waybill::sandbox
