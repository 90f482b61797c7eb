// sale.delivery.extra.service.*: the tick boxes under a delivery profile.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

outcome not_defined(std::string_view name) { return check_failure(fmt::format("Parameter {} is not defined", name)); }

bool delivery_exists(const portal& p, std::int64_t id) {
  return std::ranges::find(p.services, id, &delivery_service::id) != p.services.end();
}

json::object shown(const extra_service& e) {
  json::object out{{"ID", std::to_string(e.id)},
                   {"CODE", e.code.empty() ? json::value(nullptr) : json::value(e.code)},
                   {"NAME", e.name},
                   {"DESCRIPTION", e.description},
                   {"ACTIVE", e.active ? "Y" : "N"},
                   {"SORT", std::to_string(e.sort)},
                   {"TYPE", e.type}};
  if (e.type == "enum") out["ITEMS"] = e.items;
  else out["PRICE"] = e.price_minor % 100 == 0 ? json::value(e.price_minor / 100) : json::decimal(money{e.price_minor});
  return out;
}

std::expected<json::array, outcome> read_items(const call& c) {
  const auto* list = c.param("ITEMS");
  if (php::is_empty(list) || !list->is_array())
    return std::unexpected(check_failure("Parameter ITEMS must be defined for enum type"));
  json::array out;
  for (const auto& one : list->get_array()) {
    const auto* o = one.if_object();
    if (o == nullptr || php::is_empty(o->if_contains("TITLE")))
      return std::unexpected(check_failure("Item title must be defined for enum item"));
    if (php::is_empty(o->if_contains("CODE")))
      return std::unexpected(check_failure("Item code must be defined for enum item"));
    const auto price = text_of(*o, "PRICE");
    out.push_back(json::object{
        {"TITLE", text_of(*o, "TITLE")}, {"CODE", text_of(*o, "CODE")}, {"PRICE", price.empty() ? "0" : price}});
  }
  return out;
}

bool code_taken(const call& c, std::int64_t service, std::int64_t except) {
  const auto code = c.text("CODE");
  return !code.empty() && std::ranges::any_of(c.at.shop.extras, [&](const extra_service& e) {
    return e.service == service && e.code == code && e.id != except;
  });
}

outcome taken(const call& c, const char* code) {
  return refused(code, fmt::format("CODE \"{}\" already exists for this delivery", c.text("CODE")));
}

outcome extra_add(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  for (const auto* name : {"DELIVERY_ID", "TYPE", "NAME"})
    if (php::is_empty(c.param(name))) return not_defined(name);
  extra_service e;
  e.service = c.integer("DELIVERY_ID").value_or(0);
  e.type = c.text("TYPE");
  if (e.type != "enum" && e.type != "checkbox" && e.type != "quantity")
    return check_failure("Parameter TYPE is unknown");
  if (e.type == "enum") {
    auto items = read_items(c);
    if (!items) return items.error();
    e.items = std::move(*items);
  }
  if (!delivery_exists(c.at, e.service)) return refused("ERROR_DELIVERY_NOT_FOUND", "Delivery not found");
  if (code_taken(c, e.service, 0)) return taken(c, "ERROR_EXTRA_SERVICE_ADD");
  e.id = c.at.next_id();
  e.name = c.text("NAME");
  e.code = c.text("CODE");
  e.description = c.text("DESCRIPTION");
  e.active = flag_of(c.params, "ACTIVE"); // N unless it is said
  e.sort = c.integer("SORT").value_or(100);
  e.price_minor = json::minor(c.params, "PRICE").value_or(0);
  c.at.shop.extras.push_back(e);
  return ok(e.id);
}

std::expected<extra_service*, outcome> extra_of(const call& c) {
  if (auto wrong = needs_admin(c)) return std::unexpected(*wrong);
  if (php::is_empty(c.param("ID"))) return std::unexpected(not_defined("ID"));
  const auto it = std::ranges::find(c.at.shop.extras, c.integer("ID").value_or(0), &extra_service::id);
  if (it == c.at.shop.extras.end())
    return std::unexpected(refused("ERROR_EXTRA_SERVICE_NOT_FOUND", "Extra service not found"));
  return &*it;
}

// TYPE and DELIVERY_ID stay as they were.
outcome extra_update(const call& c) {
  const auto found = extra_of(c);
  if (!found) return found.error();
  auto& e = **found;
  if (c.param("NAME") != nullptr && php::is_empty(c.param("NAME"))) return not_defined("NAME");
  if (code_taken(c, e.service, e.id)) return taken(c, "ERROR_EXTRA_SERVICE_UPDATE");
  if (e.type == "enum" && c.param("ITEMS") != nullptr) {
    auto items = read_items(c);
    if (!items) return items.error();
    e.items = std::move(*items);
  }
  if (c.param("NAME") != nullptr) e.name = c.text("NAME");
  if (c.param("CODE") != nullptr) e.code = c.text("CODE");
  if (c.param("DESCRIPTION") != nullptr) e.description = c.text("DESCRIPTION");
  if (c.param("ACTIVE") != nullptr) e.active = flag_of(c.params, "ACTIVE");
  if (c.param("SORT") != nullptr) e.sort = c.integer("SORT").value_or(e.sort);
  if (c.param("PRICE") != nullptr) e.price_minor = json::minor(c.params, "PRICE").value_or(0);
  return ok(true);
}

outcome extra_get(const call& c) {
  if (auto wrong = needs_admin(c)) return *wrong;
  if (php::is_empty(c.param("DELIVERY_ID"))) return not_defined("DELIVERY_ID");
  const auto service = c.integer("DELIVERY_ID").value_or(0);
  if (!delivery_exists(c.at, service)) return refused("ERROR_DELIVERY_NOT_FOUND", "Delivery not found");
  json::array out;
  for (const auto& e : c.at.shop.extras)
    if (e.service == service) out.push_back(shown(e));
  return ok(std::move(out));
}

outcome extra_delete(const call& c) {
  const auto found = extra_of(c);
  if (!found) return found.error();
  const auto id = (*found)->id;
  std::erase_if(c.at.shop.extras, [id](const extra_service& e) { return e.id == id; });
  return ok(true);
}

constexpr auto table = std::to_array<method>({
    {"sale.delivery.extra.service.add", "delivery", effort::write, false, extra_add},
    {"sale.delivery.extra.service.update", "delivery", effort::write, false, extra_update},
    {"sale.delivery.extra.service.get", "delivery", effort::read, false, extra_get},
    {"sale.delivery.extra.service.delete", "delivery", effort::write, false, extra_delete},
});

} // namespace

std::span<const method> extra_methods() { return table; }

} // namespace waybill::sandbox
