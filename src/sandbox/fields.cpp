#include <sandbox/fields.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace waybill::sandbox {
namespace {

using enum kind;

constexpr auto deal_fields = std::to_array<field_spec>({
    {"id", "ID", integer, false},
    {"title", "TITLE"},
    {"typeId", "TYPE_ID"},
    {"categoryId", "CATEGORY_ID", integer},
    {"stageId", "STAGE_ID"},
    {"stageSemanticId", "STAGE_SEMANTIC_ID", text, false},
    {"isNew", "IS_NEW", flag, false},
    {"isRecurring", "IS_RECURRING", flag, false},
    {"isReturnCustomer", "IS_RETURN_CUSTOMER", flag, false},
    {"isRepeatedApproach", "IS_REPEATED_APPROACH", flag, false},
    {"closed", "CLOSED", flag, false},
    {"opened", "OPENED", flag},
    {"opportunity", "OPPORTUNITY", amount},
    {"isManualOpportunity", "IS_MANUAL_OPPORTUNITY", flag},
    {"taxValue", "TAX_VALUE", amount, false},
    {"currencyId", "CURRENCY_ID"},
    {"probability", "PROBABILITY", integer},
    {"leadId", "LEAD_ID", integer},
    {"quoteId", "QUOTE_ID", integer},
    {"companyId", "COMPANY_ID", integer},
    {"contactId", "CONTACT_ID", integer},
    {"contactIds", "", id_list},
    {"observers", "", id_list},
    {"assignedById", "ASSIGNED_BY_ID", integer},
    {"createdBy", "CREATED_BY_ID", integer, false},
    {"updatedBy", "MODIFY_BY_ID", integer, false},
    {"movedBy", "MOVED_BY_ID", integer, false},
    {"createdTime", "DATE_CREATE", datetime, false},
    {"updatedTime", "DATE_MODIFY", datetime, false},
    {"movedTime", "MOVED_TIME", datetime, false},
    {"lastActivityBy", "LAST_ACTIVITY_BY", integer, false},
    {"lastActivityTime", "LAST_ACTIVITY_TIME", datetime, false},
    {"begindate", "BEGINDATE", date},
    {"closedate", "CLOSEDATE", date},
    {"comments", "COMMENTS"},
    {"additionalInfo", "ADDITIONAL_INFO"},
    {"sourceId", "SOURCE_ID"},
    {"sourceDescription", "SOURCE_DESCRIPTION"},
    {"locationId", "LOCATION_ID", text, false},
    {"originatorId", "ORIGINATOR_ID"},
    {"originId", "ORIGIN_ID"},
    {"utmSource", "UTM_SOURCE"},
    {"utmMedium", "UTM_MEDIUM"},
    {"utmCampaign", "UTM_CAMPAIGN"},
});

constexpr auto contact_fields = std::to_array<field_spec>({
    {"id", "ID", integer, false},
    {"honorific", "HONORIFIC"},
    {"name", "NAME"},
    {"secondName", "SECOND_NAME"},
    {"lastName", "LAST_NAME"},
    {"post", "POST"},
    {"comments", "COMMENTS"},
    {"typeId", "TYPE_ID"},
    {"sourceId", "SOURCE_ID"},
    {"companyId", "COMPANY_ID", integer},
    {"opened", "OPENED", flag},
    {"hasPhone", "HAS_PHONE", flag, false},
    {"hasEmail", "HAS_EMAIL", flag, false},
    {"assignedById", "ASSIGNED_BY_ID", integer},
    {"createdBy", "CREATED_BY_ID", integer, false},
    {"updatedBy", "MODIFY_BY_ID", integer, false},
    {"createdTime", "DATE_CREATE", datetime, false},
    {"updatedTime", "DATE_MODIFY", datetime, false},
    {"originatorId", "ORIGINATOR_ID"},
    {"originId", "ORIGIN_ID"},
});

constexpr auto company_fields = std::to_array<field_spec>({
    {"id", "ID", integer, false},
    {"title", "TITLE"},
    {"typeId", "COMPANY_TYPE"},
    {"comments", "COMMENTS"},
    {"opened", "OPENED", flag},
    {"hasPhone", "HAS_PHONE", flag, false},
    {"hasEmail", "HAS_EMAIL", flag, false},
    {"assignedById", "ASSIGNED_BY_ID", integer},
    {"createdBy", "CREATED_BY_ID", integer, false},
    {"updatedBy", "MODIFY_BY_ID", integer, false},
    {"createdTime", "DATE_CREATE", datetime, false},
    {"updatedTime", "DATE_MODIFY", datetime, false},
    {"originatorId", "ORIGINATOR_ID"},
    {"originId", "ORIGIN_ID"},
});

// Only crm.item.* knows smart invoices. parentId2: the deal.
constexpr auto invoice_fields = std::to_array<field_spec>({
    {"id", "", integer, false},
    {"title", ""},
    {"accountNumber", ""},
    {"categoryId", "", integer},
    {"stageId", ""},
    {"opened", "", flag},
    {"opportunity", "", amount},
    {"isManualOpportunity", "", flag},
    {"currencyId", ""},
    {"parentId2", "", integer},
    {"companyId", "", integer},
    {"contactId", "", integer},
    {"assignedById", "", integer},
    {"createdBy", "", integer, false},
    {"updatedBy", "", integer, false},
    {"createdTime", "", datetime, false},
    {"updatedTime", "", datetime, false},
    {"begindate", "", date},
    {"closedate", "", date},
    {"comments", ""},
});

constexpr std::array<std::string_view, 11> user_types{
    "string", "url", "address", "money", "integer", "double", "boolean", "enumeration", "date", "datetime", "file"};

bool all(std::string_view s, int (*test)(int)) {
  return std::ranges::all_of(s, [test](char c) { return test(static_cast<unsigned char>(c)) != 0; });
}

} // namespace

std::span<const field_spec> fields_of(entity e) {
  switch (e) {
  case entity::deal: return deal_fields;
  case entity::contact: return contact_fields;
  case entity::company: return company_fields;
  case entity::invoice: return invoice_fields;
  }
  return {};
}

const field_spec* by_universal(entity e, std::string_view name) {
  const auto specs = fields_of(e);
  const auto it = std::ranges::find(specs, name, &field_spec::universal);
  return it == specs.end() ? nullptr : &*it;
}

const field_spec* by_classic(entity e, std::string_view name) {
  const auto specs = fields_of(e);
  const auto it = std::ranges::find(specs, name, &field_spec::classic);
  return name.empty() || it == specs.end() ? nullptr : &*it;
}

bool is_user_field_type(std::string_view type) { return std::ranges::find(user_types, type) != user_types.end(); }

std::string camel_name(std::string_view user_field_name) {
  constexpr std::string_view prefix = "UF_CRM_";
  if (!user_field_name.starts_with(prefix)) return std::string(user_field_name);
  const auto rest = user_field_name.substr(prefix.size());
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= rest.size();) {
    const auto end = std::min(rest.find('_', at), rest.size());
    words.emplace_back(rest.substr(at, end - at));
    at = end + 1;
  }
  for (const auto& word : words)
    if (!all(word, std::isalpha) && !all(word, std::isdigit))
      return "ufCrm_" + std::string(rest); // mixed: only the prefix changes
  std::string out = "ufCrm";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (all(words[i], std::isdigit)) {
      if (i + 1 == words.size()) out += '_';
      out += words[i];
      continue;
    }
    for (std::size_t k = 0; k < words[i].size(); ++k)
      out += static_cast<char>(k == 0 ? words[i][k] : std::tolower(static_cast<unsigned char>(words[i][k])));
  }
  return out;
}

std::string portal_time(instant when) {
  auto text = to_iso(when + std::chrono::hours(3));
  text.pop_back();
  return text + "+03:00";
}

std::string portal_date(instant when) { return to_date(when + std::chrono::hours(3)) + "T00:00:00+03:00"; }

std::optional<instant> read_portal_time(const std::string& text) {
  const auto when = parse_instant(text);
  if (!when) return {};
  const auto time = text.find_first_of("T ");
  const bool zoned = time != std::string::npos && text.find_first_of("Zz+-", time) != std::string::npos;
  return zoned ? *when : *when - std::chrono::hours(3);
}

} // namespace waybill::sandbox
