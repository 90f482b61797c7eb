#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <sale/reading.hpp>
#include <sale/rows.hpp>
#include <waybill/json.hpp>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

constexpr int invoice_type = 31;

const char* owner_type(const owner& o) { return o.type == invoice_type ? "SI" : "D"; }

row read_row(const bj::object& o) {
  row r;
  r.id = json::integer_or(o, "id");
  r.product = json::integer_or(o, "productId");
  r.name = json::text_or(o, "productName");
  r.price = amount(o, "price", {});
  r.quantity = json::text_or(o, "quantity", "0");
  if (const auto tax = json::minor(o, "taxRate")) r.tax_percent = static_cast<int>((*tax + 50) / 100);
  r.tax_included = yes(o, "taxIncluded");
  r.measure_code = static_cast<int>(json::integer_or(o, "measureCode", 796));
  r.type = static_cast<int>(json::integer_or(o, "type", 1));
  r.sort = static_cast<int>(json::integer_or(o, "sort"));
  r.xml_id = json::text_or(o, "xmlId");
  return r;
}

bj::object row_fields_of(const row& r) {
  bj::object fields{{"productName", r.name}, {"sort", r.sort}, {"measureCode", r.measure_code}};
  if (r.product > 0) fields["productId"] = r.product;
  fields["price"] = json::decimal(r.price);
  fields["quantity"] = json::decimal(r.quantity);
  if (r.tax_percent) {
    fields["taxRate"] = *r.tax_percent;
    fields["taxIncluded"] = flag(r.tax_included);
  }
  return fields;
}

// The names of the fields that a `fields` method describes.
std::vector<std::string> names_in(const bj::object& described) {
  std::vector<std::string> out;
  for (const auto& m : described) out.emplace_back(m.key());
  return out;
}

} // namespace

awaitable<result<std::vector<row>>> rows_of(portal_client portal, owner whose) {
  bj::object filter{{"=ownerType", owner_type(whose)}, {"=ownerId", whose.id}};
  bj::object params;
  params["filter"] = std::move(filter);
  auto all = co_await list_all(std::move(portal), "crm.item.productrow.list", std::move(params), "productRows");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<row> out;
  for (const auto& o : *all) out.push_back(read_row(o));
  co_return out;
}

awaitable<result<row>> row_by_id(portal_client portal, std::int64_t id) {
  bj::object params{{"id", id}};
  auto got = co_await ask(std::move(portal), "crm.item.productrow.get", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "productRow", "crm.item.productrow.get");
  if (!record) co_return fail(std::move(record.error()));
  co_return read_row(*record);
}

awaitable<result<std::int64_t>> add_row(portal_client portal, owner whose, row what) {
  auto fields = row_fields_of(what);
  fields["ownerId"] = whose.id;
  fields["ownerType"] = owner_type(whose);
  bj::object params;
  params["fields"] = std::move(fields);
  auto got = co_await tell(std::move(portal), "crm.item.productrow.add", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto record = wrapped(*got, "productRow", "crm.item.productrow.add");
  if (!record) co_return fail(std::move(record.error()));
  co_return json::integer_or(*record, "id");
}

awaitable<result<void>> change_row(portal_client portal, std::int64_t id, row_change change) {
  bj::object fields;
  if (change.price) fields["price"] = json::decimal(*change.price);
  if (change.quantity) fields["quantity"] = json::decimal(*change.quantity);
  if (change.name) fields["productName"] = *change.name;
  if (fields.empty()) co_return result<void>{};
  bj::object params{{"id", id}};
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "crm.item.productrow.update", std::move(params));
}

awaitable<result<void>> delete_row(portal_client portal, std::int64_t id) {
  bj::object params{{"id", id}};
  auto done = co_await tell_only(std::move(portal), "crm.item.productrow.delete", std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

awaitable<result<void>> set_first_rows(portal_client portal, owner whose, std::vector<row> rows) {
  auto there = co_await rows_of(portal, whose);
  if (!there) co_return fail(std::move(there.error()));
  if (!there->empty()) co_return fail(errc::conflict, "the record has product rows already");
  bj::array list;
  for (const auto& r : rows) list.push_back(row_fields_of(r));
  bj::object params{{"ownerType", owner_type(whose)}, {"ownerId", whose.id}};
  params["productRows"] = std::move(list);
  co_return co_await tell_only(std::move(portal), "crm.item.productrow.set", std::move(params));
}

awaitable<result<std::vector<row>>> rows_to_pay(portal_client portal, owner whose) {
  bj::object params{{"ownerType", owner_type(whose)}, {"ownerId", whose.id}};
  auto got = co_await ask(std::move(portal), "crm.item.productrow.getAvailableForPayment", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  std::vector<row> out;
  for (const auto* o : bitrix24::records(got->result, "productRows")) out.push_back(read_row(*o));
  co_return out;
}

awaitable<result<std::vector<std::string>>> row_fields(portal_client portal) {
  bj::object params;
  auto got = co_await ask(std::move(portal), "crm.item.productrow.fields", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto described = wrapped(*got, "fields", "crm.item.productrow.fields");
  if (!described) co_return fail(std::move(described.error()));
  co_return names_in(*described);
}

awaitable<result<std::vector<order_binding>>> bindings_of_order(portal_client portal, std::int64_t order) {
  bj::object filter{{"orderId", order}};
  bj::object params;
  params["filter"] = std::move(filter);
  params["select"] = bj::array{"orderId", "ownerId", "ownerTypeId"};
  auto all = co_await list_all(std::move(portal), "crm.orderentity.list", std::move(params), "orderEntity");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<order_binding> out;
  for (const auto& o : *all) {
    order_binding b;
    b.order = json::integer_or(o, "orderId");
    b.whose.type = static_cast<int>(json::integer_or(o, "ownerTypeId"));
    b.whose.id = json::integer_or(o, "ownerId");
    out.push_back(b);
  }
  co_return out;
}

awaitable<result<void>> bind_order(portal_client portal, order_binding b) {
  bj::object fields{{"orderId", b.order}, {"ownerTypeId", b.whose.type}, {"ownerId", b.whose.id}};
  bj::object params;
  params["fields"] = std::move(fields);
  auto done = co_await tell_only(std::move(portal), "crm.orderentity.add", std::move(params));
  if (!done && done.error().code == errc::conflict) co_return result<void>{};
  co_return done;
}

awaitable<result<void>> unbind_order(portal_client portal, order_binding b) {
  bj::object fields{{"orderId", b.order}, {"ownerTypeId", b.whose.type}, {"ownerId", b.whose.id}};
  bj::object params;
  params["fields"] = std::move(fields);
  auto done = co_await tell_only(std::move(portal), "crm.orderentity.deleteByFilter", std::move(params));
  if (!done && done.error().code == errc::not_found) co_return result<void>{};
  co_return done;
}

awaitable<result<std::vector<std::string>>> binding_fields(portal_client portal) {
  bj::object params;
  auto got = co_await ask(std::move(portal), "crm.orderentity.getFields", std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  auto described = wrapped(*got, "orderEntity", "crm.orderentity.getFields");
  if (!described) co_return fail(std::move(described.error()));
  co_return names_in(*described);
}

} // namespace waybill::sale
