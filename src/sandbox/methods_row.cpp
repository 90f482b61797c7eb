// crm.item.productrow.*: the rows of a deal, one by one.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

// Smart invoices are not played: nothing is found for them.
std::optional<outcome> bad_owner(const call& c, const std::string& type, std::int64_t id) {
  if (type != "D" && type != "SI" && type != "L" && type != "CO" && type != "C" && type != "Q")
    return refused("ENTITY_TYPE_NOT_SUPPORTED", fmt::format("Entity type {} is not supported", type));
  if (type != "D" || c.at.find(entity::deal, id) == nullptr) return refused("OWNER_NOT_FOUND", "Owner not found");
  return {};
}

json::object* row_by(portal& p, std::int64_t id) {
  for (auto& [deal, rows] : p.rows)
    for (auto& v : rows)
      if (json::integer(v.as_object(), "id") == id) return &v.as_object();
  return nullptr;
}

outcome no_row() { return refused("NOT_FOUND", "Product row not found"); }

// Every change counts the deal's sum anew, and the deal has changed.
void saved(const call& c, std::int64_t deal) {
  set_rows(c.at, deal, c.at.rows[deal]);
  outgoing o;
  o.name = "ONCRMDEALUPDATE";
  o.deal = deal;
  o.user = c.who.user;
  c.at.emit(std::move(o));
}

std::optional<outcome> bad_values(const json::object& sent) {
  if (const auto* q = sent.if_contains("quantity"); q != nullptr && read_quantity(*q).value_or(-1) < 0)
    return refused("INVALID_ARG_VALUE", "Invalid value of field 'quantity'");
  if (const auto* price = sent.if_contains("price"); price != nullptr && !json::minor(sent, "price"))
    return refused("INVALID_ARG_VALUE", "Invalid value of field 'price'");
  const auto type = json::integer(sent, "discountTypeId");
  if (type && *type != 1 && *type != 2) return refused("INVALID_ARG_VALUE", "Invalid value of field 'discountTypeId'");
  return {};
}

void write_fields(const portal& p, json::object& row, const json::object& sent) {
  if (const auto id = json::integer(sent, "productId")) {
    row["productId"] = *id;
    if (const auto* known = p.find_product(*id)) {
      row["type"] = known->type;
      if (!sent.contains("productName")) row["productName"] = known->name;
    }
  }
  if (sent.contains("productName")) row["productName"] = text_of(sent, "productName");
  for (const auto* name : {"discountTypeId", "measureCode", "sort"})
    if (const auto n = json::integer(sent, name)) row[name] = *n;
  if (const auto q = sent.if_contains("quantity")) row["quantity"] = shown_quantity(read_quantity(*q).value_or(1000));
  if (sent.contains("taxIncluded")) row["taxIncluded"] = flag_of(sent, "taxIncluded") ? "Y" : "N";
  if (const auto* rate = sent.if_contains("taxRate"))
    row["taxRate"] = json::as_integer(*rate) ? json::value(*json::as_integer(*rate)) : json::value(nullptr);
  if (const auto price = json::minor(sent, "price")) {
    const auto rate = json::integer(row, "taxRate");
    const auto net = rate ? proportion(*price, 100, 100 + *rate) : *price;
    for (const auto* name : {"price", "priceAccount", "priceBrutto"}) row[name] = json::decimal(money{*price});
    for (const auto* name : {"priceExclusive", "priceNetto"}) row[name] = json::decimal(money{net});
  }
}

json::object fresh_row(portal& p, std::int64_t deal, const json::object& sent) {
  json::object row{{"id", p.next_id()}, {"ownerId", deal},    {"ownerType", "D"},    {"productId", 0},
                   {"productName", ""}, {"price", 0},         {"priceAccount", 0},   {"priceExclusive", 0},
                   {"priceNetto", 0},   {"priceBrutto", 0},   {"quantity", 1},       {"discountTypeId", 2},
                   {"discountRate", 0}, {"discountSum", 0},   {"taxRate", nullptr},  {"taxIncluded", "N"},
                   {"customized", "Y"}, {"measureCode", 796}, {"measureName", "шт"}, {"sort", 10},
                   {"xmlId", ""},       {"type", 1},          {"storeId", nullptr}};
  write_fields(p, row, sent);
  return row;
}

outcome row_add(const call& c) {
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"ownerId", "ownerType"})) return *wrong;
  const auto deal = json::integer_or(sent, "ownerId");
  if (auto wrong = bad_owner(c, text_of(sent, "ownerType"), deal)) return *wrong;
  if (auto wrong = bad_values(sent)) return *wrong;
  auto row = fresh_row(c.at, deal, sent);
  c.at.rows[deal].push_back(row);
  saved(c, deal);
  return ok(json::object{{"productRow", std::move(row)}});
}

outcome row_update(const call& c) {
  if (auto wrong = lacks(c, {"id", "fields"})) return *wrong;
  auto* row = row_by(c.at, c.integer("id").value_or(0));
  if (row == nullptr) return no_row();
  const auto& sent = *c.object("fields");
  if (auto wrong = bad_values(sent)) return *wrong;
  write_fields(c.at, *row, sent);
  const json::object shown = *row;
  saved(c, json::integer_or(shown, "ownerId"));
  return ok(json::object{{"productRow", shown}});
}

outcome row_get(const call& c) {
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* row = row_by(c.at, c.integer("id").value_or(0));
  return row == nullptr ? no_row() : ok(json::object{{"productRow", *row}});
}

outcome row_delete(const call& c) {
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto id = c.integer("id").value_or(0);
  const auto* row = row_by(c.at, id);
  if (row == nullptr) return no_row();
  const auto deal = json::integer_or(*row, "ownerId");
  drop_if(c.at.rows[deal], [id](const json::value& v) { return json::integer(v.as_object(), "id") == id; });
  saved(c, deal);
  return ok(nullptr);
}

outcome row_list(const call& c) {
  const auto* filter = c.object("filter");
  if (filter == nullptr) return missing_parameter("filter");
  const auto* type = filter->if_contains("=ownerType");
  const auto* owners = filter->if_contains("=ownerId");
  if (type == nullptr || owners == nullptr)
    return refused("0", fmt::format("Required filter fields: {}", type == nullptr ? "=ownerType" : "=ownerId"));
  json::array rows;
  if (php::scalar(*type) == "D")
    for (const auto& [deal, list] : c.at.rows)
      if (matches(json::value(deal), {"=", ""}, *owners)) rows.insert(rows.end(), list.begin(), list.end());
  json::object rest = *filter;
  rest.erase("=ownerType");
  rest.erase("=ownerId");
  const json::value rest_value = rest;
  outcome out;
  auto part = list_page(std::move(rows), {&rest_value, c.param("order"), parse_page(c.param("start"))}, out);
  out.result = json::object{{"productRows", std::move(part)}};
  return out;
}

// Replaces all rows of the owner.
outcome row_set(const call& c) {
  if (auto wrong = lacks(c, {"ownerType", "ownerId", "productRows"})) return *wrong;
  const auto deal = c.integer("ownerId").value_or(0);
  if (auto wrong = bad_owner(c, c.text("ownerType"), deal)) return *wrong;
  const auto* list = c.param("productRows");
  if (!list->is_array()) return error_zero("productRows must be a list");
  json::array rows;
  for (const auto& one : list->get_array()) {
    const auto* sent = one.if_object();
    if (sent == nullptr) return error_zero("productRows must be a list of rows");
    if (auto wrong = bad_values(*sent)) return *wrong;
    rows.push_back(fresh_row(c.at, deal, *sent));
  }
  c.at.rows[deal] = rows;
  saved(c, deal);
  return ok(json::object{{"productRows", std::move(rows)}});
}

outcome row_fields(const call&) {
  return ok(json::object{
      {"fields",
       described({"ownerId", "ownerType"},
                 {"id",         "productId",   "productName", "price",          "priceAccount", "priceExclusive",
                  "priceNetto", "priceBrutto", "quantity",    "discountTypeId", "discountRate", "discountSum",
                  "taxRate",    "taxIncluded", "customized",  "measureCode",    "measureName",  "sort",
                  "type",       "xmlId",       "storeId"})}});
}

// Rows with what no payment has billed yet.
outcome row_available(const call& c) {
  if (auto wrong = lacks(c, {"ownerType", "ownerId"})) return *wrong;
  const auto deal = c.integer("ownerId").value_or(0);
  if (auto wrong = bad_owner(c, c.text("ownerType"), deal)) return *wrong;
  const auto orders = orders_of(c.at, 2, deal);
  if (orders.size() > 1) return error_zero("The deal has more than one order");
  json::array out;
  for (const auto& v : c.at.rows[deal]) {
    auto row = v.as_object();
    auto left = read_quantity(row.at("quantity")).value_or(0);
    for (const auto order : orders)
      for (const auto& b : c.at.shop.orders.at(order).basket) {
        if (b.row != json::integer_or(row, "id")) continue;
        for (const auto& [id, pay] : c.at.shop.payments)
          for (const auto& i : pay.items)
            if (!i.delivery && i.of == b.id) left -= i.quantity;
      }
    if (left <= 0) continue;
    row["quantity"] = shown_quantity(left);
    out.push_back(std::move(row));
  }
  return ok(json::object{{"productRows", std::move(out)}});
}

constexpr auto table = std::to_array<method>({
    {"crm.item.productrow.add", "crm", effort::write, false, row_add},
    {"crm.item.productrow.update", "crm", effort::write, false, row_update},
    {"crm.item.productrow.get", "crm", effort::read, false, row_get},
    {"crm.item.productrow.list", "crm", effort::read, false, row_list},
    {"crm.item.productrow.delete", "crm", effort::write, false, row_delete},
    {"crm.item.productrow.set", "crm", effort::write, false, row_set},
    {"crm.item.productrow.fields", "crm", effort::read, false, row_fields},
    {"crm.item.productrow.getavailableforpayment", "crm", effort::read, false, row_available},
});

} // namespace

std::span<const method> row_methods() { return table; }

} // namespace waybill::sandbox
