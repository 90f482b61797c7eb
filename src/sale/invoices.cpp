#include <sale/answers.hpp>
#include <sale/invoices.hpp>
#include <waybill/json.hpp>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

constexpr std::int64_t invoice_type = 31;

// The fields' own codes: their other spelling would have to be guessed.
bj::object params_of_invoices() {
  bj::object params;
  params["entityTypeId"] = invoice_type;
  params["useOriginalUfNames"] = "Y";
  return params;
}

} // namespace

bool is_lost(const invoice& one) { return one.stage.ends_with(":D"); }

awaitable<result<std::vector<invoice>>> invoices_of_deal(portal_client portal, std::int64_t deal, std::string field) {
  bj::object params = params_of_invoices();
  bj::object filter;
  filter["parentId2"] = deal;
  params["filter"] = std::move(filter);
  params["select"] = bj::array{"id", "stageId", bj::string(field)};
  bj::object order;
  order["id"] = "ASC";
  params["order"] = std::move(order);
  auto all = co_await list_all(std::move(portal), "crm.item.list", std::move(params), "items");
  if (!all) co_return fail(std::move(all.error()));
  std::vector<invoice> out;
  for (const auto& o : *all) {
    invoice one;
    one.id = json::integer_or(o, "id");
    one.stage = json::text_or(o, "stageId");
    if (const auto* value = json::find(o, field)) one.value = json::as_text(*value).value_or("");
    if (one.id > 0) out.push_back(std::move(one));
  }
  co_return out;
}

awaitable<result<void>> set_invoice_field(portal_client portal, std::int64_t invoice, std::string field, bool is_money,
                                          std::optional<money> sum) {
  std::string value;
  if (sum) value = to_decimal(*sum);
  if (sum && is_money) value += "|" + sum->currency;
  bj::object fields;
  fields[field] = value;
  bj::object params = params_of_invoices();
  params["id"] = invoice;
  params["fields"] = std::move(fields);
  co_return co_await tell_only(std::move(portal), "crm.item.update", std::move(params));
}

awaitable<result<std::optional<std::string>>> invoice_field_type(portal_client portal, std::string field) {
  auto got = co_await ask(std::move(portal), "crm.item.fields", params_of_invoices());
  if (!got) co_return fail(std::move(got.error()));
  auto fields = wrapped(*got, "fields", "crm.item.fields");
  if (!fields) co_return fail(std::move(fields.error()));
  std::optional<std::string> type;
  for (const auto& member : *fields) {
    const auto* o = member.value().if_object();
    if (o == nullptr) continue;
    if (std::string_view(member.key()) == field || json::text_or(*o, "upperName") == field)
      type = json::text_or(*o, "type");
  }
  co_return type;
}

awaitable<result<void>> add_invoice_field(portal_client portal, std::string field, std::string label_ru,
                                          std::string label_en) {
  bj::object label;
  label["ru"] = label_ru;
  label["en"] = label_en;
  bj::object wanted;
  wanted["entityId"] = "CRM_SMART_INVOICE";
  wanted["fieldName"] = field;
  wanted["userTypeId"] = "money";
  wanted["xmlId"] = field;
  wanted["multiple"] = "N";
  wanted["mandatory"] = "N";
  wanted["showFilter"] = "Y";
  wanted["editInList"] = "Y";
  wanted["editFormLabel"] = label;
  wanted["listColumnLabel"] = label;
  wanted["listFilterLabel"] = std::move(label);
  bj::object params;
  params["moduleId"] = "crm";
  params["field"] = std::move(wanted);
  co_return co_await tell_only(std::move(portal), "userfieldconfig.add", std::move(params));
}

} // namespace waybill::sale
