// The fields of deals, contacts, companies and smart invoices: their two spellings, their types, and what a value of
// each type looks like when it is written, kept and read. crm.item.* answers numbers as numbers, crm.deal.* as text.
#pragma once
#include <waybill/json.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::sandbox {

enum class entity : std::int64_t { deal = 2, contact = 3, company = 4, invoice = 31 };

enum class kind { integer, text, amount, datetime, date, flag, id_list };

struct field_spec {
  std::string_view universal; // crm.item.*; also the key under which the value is kept
  std::string_view classic;   // crm.deal.*; empty: not there
  kind type{kind::text};
  bool writable{true};
};

std::span<const field_spec> fields_of(entity e);
const field_spec* by_universal(entity e, std::string_view name);
const field_spec* by_classic(entity e, std::string_view name);

struct enum_item {
  std::int64_t id{0};
  std::string value;
  std::string xml_id;
  int sort{10};
  bool chosen{false}; // DEF
};

struct user_field {
  std::int64_t id{0};
  std::string name;           // UF_CRM_...
  std::string type{"string"}; // string url address money integer double boolean enumeration date datetime file
  bool multiple{false};
  bool mandatory{false};
  std::string label;
  std::string xml_id;
  int sort{100};
  std::vector<enum_item> list;
};

bool is_user_field_type(std::string_view type);

// UF_CRM_DELIVERY_ADDRESS -> ufCrmDeliveryAddress, UF_CRM_1747309879 -> ufCrm_1747309879.
std::string camel_name(std::string_view user_field_name);

// The portal's time zone is UTC+3: 2026-11-21T14:05:48+03:00; a date is its midnight there.
std::string portal_time(instant when);
std::string portal_date(instant when);
// Without an offset a text is in the portal's zone.
std::optional<instant> read_portal_time(const std::string& text);

// What is wrong with a value, in the portal's words.
struct value_error {
  std::string code;
  std::string text;
};

// A value as it was sent -> as it is kept. Empty is null for user fields, 0 for numbers of the portal's own.
std::expected<json::value, value_error> kept(const field_spec& spec, const json::value& sent);
// `classic`: files come as {"fileData":[..]}, else as ["name","base64"]. Files are kept with name, size and a new id of
// `ids`.
std::expected<json::value, value_error> kept(const user_field& field, const json::value& sent, bool classic,
                                             std::int64_t& ids);

// A kept value -> as the two families of methods answer it.
json::value shown_universal(const field_spec& spec, const json::value& value);
json::value shown_classic(const field_spec& spec, const json::value& value);
json::value shown_universal(const user_field& field, const json::value& value);
json::value shown_classic(const user_field& field, const json::value& value);

} // namespace waybill::sandbox
