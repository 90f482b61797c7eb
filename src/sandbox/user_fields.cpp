#include <sandbox/php.hpp>
#include <sandbox/user_fields.hpp>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::string text_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
}

// A label is a text, or a text per language.
std::string label_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  if (v == nullptr) return {};
  const auto* languages = v->if_object();
  if (languages == nullptr) return php::scalar(*v).value_or("");
  const auto ru = text_at(*languages, "ru");
  return ru.empty() ? text_at(*languages, "en") : ru;
}

std::string full_name(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.starts_with("UF_CRM_")) return name;
  if (name.starts_with("UF_")) return "UF_CRM_" + name.substr(3);
  return "UF_CRM_" + name;
}

bool is_clean(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

} // namespace

std::expected<std::int64_t, value_error> add_user_field(portal& p, const json::object& fields) {
  const auto refuse = [](std::string code, std::string text) {
    return std::unexpected(value_error{std::move(code), std::move(text)});
  };
  if (text_at(fields, "USER_TYPE_ID").empty()) return refuse("", "The 'USER_TYPE_ID' field is not found.");
  if (text_at(fields, "FIELD_NAME").empty()) return refuse("", "The 'FIELD_NAME' field is not found.");
  user_field f;
  f.name = full_name(text_at(fields, "FIELD_NAME"));
  f.type = text_at(fields, "USER_TYPE_ID");
  if (f.name.size() > 50) return refuse("ERROR_CORE", "Название поля слишком длинное (больше 50 символов).");
  if (!is_clean(f.name))
    return refuse("ERROR_CORE", "Название поля содержит недопустимые символы. Допустимы: A-Z, 0-9 и _.");
  if (!is_user_field_type(f.type)) return refuse("ERROR_CORE", "Указан неверный пользовательский тип.");
  if (p.find_user_field(f.name) != nullptr)
    return refuse("ERROR_CORE", fmt::format("Поле {} для объекта CRM_DEAL уже существует.", f.name));
  f.multiple = text_at(fields, "MULTIPLE") == "Y";
  f.mandatory = text_at(fields, "MANDATORY") == "Y";
  f.xml_id = text_at(fields, "XML_ID");
  for (const auto* key : {"EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LABEL"})
    if (f.label.empty()) f.label = label_at(fields, key);
  if (f.label.empty()) f.label = f.name;
  if (const auto sort = json::integer(fields, "SORT"))
    f.sort = static_cast<int>(std::clamp<std::int64_t>(*sort, 0, 1'000'000));
  const auto* list = f.type == "enumeration" ? fields.if_contains("LIST") : nullptr;
  if (list != nullptr && list->is_array())
    for (const auto& entry : list->get_array()) {
      const auto* o = entry.if_object();
      if (o == nullptr || text_at(*o, "VALUE").empty()) continue;
      f.list.push_back({p.next_id(), text_at(*o, "VALUE"), text_at(*o, "XML_ID"),
                        static_cast<int>(std::clamp<std::int64_t>(json::integer_or(*o, "SORT", 500), 0, 1'000'000)),
                        text_at(*o, "DEF") == "Y"});
    }
  f.id = p.next_id();
  p.user_fields.push_back(f);
  return f.id;
}

std::expected<const user_field*, value_error> add_invoice_field(portal& p, const json::object& field) {
  constexpr std::string_view prefix = "UF_CRM_SMART_INVOICE_";
  const auto refuse = [](std::string text) { return std::unexpected(value_error{"", std::move(text)}); };
  user_field f;
  f.name = text_at(field, "fieldName");
  f.type = text_at(field, "userTypeId");
  if (f.type.empty()) return refuse("The 'userTypeId' field is not found.");
  if (f.name.empty()) return refuse("The 'fieldName' field is not found.");
  if (!f.name.starts_with(prefix) || f.name.size() == prefix.size() || f.name.size() > 50 || !is_clean(f.name))
    return refuse(fmt::format("Недопустимый код поля {}", f.name));
  if (!is_user_field_type(f.type)) return refuse("Указан неверный пользовательский тип.");
  if (std::ranges::find(p.invoice_fields, f.name, &user_field::name) != p.invoice_fields.end())
    return refuse(fmt::format("Поле {} уже существует", f.name));
  f.multiple = text_at(field, "multiple") == "Y";
  f.mandatory = text_at(field, "mandatory") == "Y";
  f.xml_id = text_at(field, "xmlId");
  f.label = label_at(field, "editFormLabel");
  if (f.label.empty()) f.label = f.name;
  f.id = p.next_id();
  p.invoice_fields.push_back(std::move(f));
  return &p.invoice_fields.back();
}

} // namespace waybill::sandbox
