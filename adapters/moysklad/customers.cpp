#include "customers.hpp"

#include "goods.hpp"
#include "ids.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

constexpr std::size_t longest_filter = 3000;

std::string name_of(const party& who, const std::string& reference) {
  if (!who.company.empty()) return shortened(who.company, 255);
  if (!who.name.empty()) return shortened(who.name, 255);
  return "Покупатель " + reference;
}

bool is_mail(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() && text.size() <= 255 &&
         text.find_first_of(" ,;") == std::string::npos;
}

} // namespace

std::string customer_key(const party& who, const std::string& reference) {
  // A company's phone is the person's who orders for it: they stay apart.
  const std::string of = who.company.empty() ? "" : plain_name(who.company) + "|";
  const std::string by = !who.phone.empty() ? of + who.phone : is_mail(who.email) ? of + lower_ascii(who.email) : "";
  return "waybill-" + stable_uuid("customer|" + (by.empty() ? "reference|" + reference : by));
}

std::vector<std::string> phone_spellings(const std::string& e164) {
  if (!is_e164(e164)) return {};
  std::vector<std::string> out{e164, e164.substr(1)};
  if (e164.size() != 12 || !e164.starts_with("+7")) return out;
  const std::string a = e164.substr(2, 3), b = e164.substr(5, 3), c = e164.substr(8, 2), d = e164.substr(10, 2);
  out.push_back("8" + e164.substr(2));
  for (const std::string_view lead : {"+7", "8"}) {
    out.push_back(fmt::format("{} ({}) {}-{}-{}", lead, a, b, c, d));
    out.push_back(fmt::format("{}({}){}-{}-{}", lead, a, b, c, d));
    out.push_back(fmt::format("{} {} {}-{}-{}", lead, a, b, c, d));
    out.push_back(fmt::format("{} {} {} {} {}", lead, a, b, c, d));
    out.push_back(fmt::format("{}-{}-{}-{}-{}", lead, a, b, c, d));
  }
  return out;
}

json::value customer_body(const party& who, const std::string& reference) {
  json::object o;
  const std::string key = customer_key(who, reference);
  o[wire::title] = name_of(who, reference);
  o[wire::company_type] = who.company.empty() ? "individual" : "legal";
  o[wire::external_code] = key;
  o[wire::sync_id] = sync_id(wire::counterparty, key);
  if (!who.phone.empty())
    o[wire::phone] = who.phone + (who.phone_extension.empty() ? "" : " доб. " + shortened(who.phone_extension, 20));
  if (is_mail(who.email)) o[wire::email] = who.email;
  if (!who.company.empty() && !who.name.empty()) o[wire::description] = shortened("Контакт: " + who.name, 4096);
  return o;
}

std::optional<std::string> choose_customer(const json::array& rows, const party& who) {
  std::vector<std::string> all, of_this_name;
  const std::string wanted = plain_name(who.company.empty() ? who.name : who.company);
  for (const auto& each : rows) {
    const auto* o = each.if_object();
    if (o == nullptr || json::boolean(*o, wire::archived).value_or(false)) continue;
    const std::string id = lower_ascii(json::text_or(*o, wire::id));
    if (!is_uuid(id)) continue;
    all.push_back(id);
    if (!wanted.empty() && plain_name(json::text_or(*o, wire::title)) == wanted) of_this_name.push_back(id);
  }
  if (of_this_name.size() == 1) return of_this_name.front();
  // A company that orders from a person's phone is another customer.
  if (all.size() == 1 && who.company.empty()) return all.front();
  return {};
}

awaitable<result<json::array>> customers::ask(std::string filter) {
  call c;
  c.operation = "find_customer";
  c.path = "/entity/counterparty";
  c.query = "filter=" + filter + "%3Barchived%3Dfalse&limit=100";
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto* o = answer->if_object();
  const auto* rows = o == nullptr ? nullptr : json::list(*o, wire::rows);
  if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's list of customers is no list", "moysklad.no_rows");
  json::array out = *rows;
  co_return out;
}

awaitable<result<std::string>> customers::find_or_make(party who, std::string reference) {
  const std::string key = customer_key(who, reference);
  std::vector<std::string> values{key};
  const auto own = co_await ask(filters_for(wire::external_code, values, longest_filter).front());
  if (!own) co_return fail(own.error());
  for (const auto& each : *own)
    if (const auto* o = each.if_object()) {
      const std::string id = lower_ascii(json::text_or(*o, wire::id));
      if (is_uuid(id)) co_return id;
    }
  values = phone_spellings(who.phone);
  if (!values.empty()) {
    const auto rows = co_await ask(filters_for(wire::phone, values, longest_filter).front());
    if (!rows) co_return fail(rows.error());
    if (auto id = choose_customer(*rows, who)) co_return std::move(*id);
  }
  if (is_mail(who.email)) {
    values.assign(1, who.email);
    const auto rows = co_await ask(filters_for(wire::email, values, longest_filter).front());
    if (!rows) co_return fail(rows.error());
    if (auto id = choose_customer(*rows, who)) co_return std::move(*id);
  }
  call c;
  c.operation = "create_customer";
  c.method = "POST";
  c.path = "/entity/counterparty";
  c.body = customer_body(who, reference);
  c.kind = call_kind::change;
  c.repeatable = true; // the syncId makes it so
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) {
    fault f = answer.error();
    if (f.code == errc::outcome_unknown) f.code = errc::unavailable; // the repeat finds what was made
    co_return fail(std::move(f));
  }
  const auto* o = answer->if_object();
  const std::string id = o == nullptr ? std::string() : lower_ascii(json::text_or(*o, wire::id));
  if (!is_uuid(id)) co_return fail(errc::protocol, "MoySklad's answer lacks the new customer", "moysklad.no_id");
  co_return id;
}

} // namespace waybill::moysklad
