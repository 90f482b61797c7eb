#include <sandbox/store_call.hpp>

#include <algorithm>
#include <cctype>

namespace waybill::sandbox {
namespace {

bool is_admin(const call& c) {
  return std::ranges::any_of(c.at.users, [&](const user& u) { return u.id == c.who.user && u.admin; });
}

} // namespace

std::string text_of(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
}

bool is_json_text(const json::value* v) {
  return v != nullptr && v->is_string() && (v->get_string().empty() || v->get_string().front() != json::decimal_mark);
}

bool flag_of(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return is_json_text(v) && v->get_string() == "Y";
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::optional<outcome> needs_admin(const call& c) {
  if (is_admin(c)) return {};
  return refused("ACCESS_DENIED", "Access denied!", 403);
}

std::optional<outcome> no_right_to_read(const call& c) {
  if (is_admin(c)) return {};
  return refused_by_number(200040300010, "Access Denied");
}

std::optional<outcome> no_right_to_write(const call& c) {
  if (is_admin(c)) return {};
  return refused_by_number(200040300020, "Access Denied");
}

std::optional<outcome> lacks(const call& c, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto* v = c.param(name);
    if (v == nullptr || v->is_null()) return missing_parameter(name);
    if (name == "fields" && c.object(name) == nullptr)
      return refused("100", "Invalid value {fields} to match with parameter {fields}. Should be value of type array.");
  }
  return {};
}

std::optional<outcome> required(const json::object& fields, std::initializer_list<std::string_view> names) {
  std::string missing;
  for (const auto name : names) {
    const auto* v = fields.if_contains(name);
    if (v != nullptr && !v->is_null() && !(v->is_string() && v->get_string().empty())) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (missing.empty()) return {};
  return error_zero("Required fields: " + missing);
}

outcome refused_by_number(std::int64_t code, std::string text) { return refused(code, std::move(text)); }
outcome error_zero(std::string text) { return refused(0, std::move(text)); }
outcome check_failure(std::string text) { return refused("ERROR_CHECK_FAILURE", std::move(text)); }

outcome listed(const call& c, json::array rows, std::string_view key) {
  outcome out;
  auto part = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : part) cut.push_back(selected(row.as_object(), c.param("select")));
  out.result = json::object{{key, std::move(cut)}};
  return out;
}

json::array unpaged(const json::array& rows, const json::value* filter, const json::value* order,
                    const json::value* select) {
  json::array out;
  const auto count = static_cast<std::int64_t>(rows.size());
  for (std::int64_t start = 0; start < count; start += page_size) {
    outcome ignored;
    for (const auto& row : list_page(rows, {filter, order, {start, true}}, ignored))
      out.push_back(selected(row.as_object(), select));
  }
  return out;
}

json::object described(std::initializer_list<std::string_view> required_names,
                       std::initializer_list<std::string_view> other_names) {
  json::object out;
  const auto add = [&out](std::string_view name, bool must) {
    const bool number = name == "id" || name == "sort" || name == "quantity" || name == "sum" || name.ends_with("Id");
    out[name] = json::object{{"isImmutable", false},
                             {"isReadOnly", name == "id" && !must},
                             {"isRequired", must},
                             {"type", number ? "integer" : "string"}};
  };
  for (const auto name : required_names) add(name, true);
  for (const auto name : other_names) add(name, false);
  return out;
}

} // namespace waybill::sandbox
