#include <sandbox/methods.hpp>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

namespace waybill::sandbox {
namespace {

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

const json::object no_members;

} // namespace

outcome ok(json::value result) {
  outcome o;
  o.result = std::move(result);
  return o;
}

outcome refused(json::value code, std::string text, int status) {
  outcome o;
  o.error = rest_error{status, std::move(code), std::move(text)};
  return o;
}

outcome missing_parameter(std::string_view name) {
  return refused("100", "Could not find value for parameter {" + std::string(name) + "}");
}

std::string call::text(std::string_view name) const {
  const auto* v = param(name);
  return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
}

std::optional<std::int64_t> call::integer(std::string_view name) const {
  const auto* v = param(name);
  return v == nullptr ? std::nullopt : json::as_integer(*v);
}

const json::object* call::object(std::string_view name) const {
  const auto* v = param(name);
  if (v == nullptr) return nullptr;
  if (v->is_array() && v->get_array().empty()) return &no_members;
  return v->if_object();
}

bool call::has_array(std::string_view name) const {
  const auto* v = param(name);
  return v != nullptr && (v->is_array() || v->is_object());
}

bool call::yes(std::string_view name) const {
  const auto t = text(name);
  return t == "Y" || t == "1" || t == "true";
}

change call::by_rest(bool robots) const {
  change c;
  c.user = who.user;
  c.starts_robots = robots;
  return c;
}

const method* find_method(std::string_view name) {
  static const std::map<std::string, const method*, std::less<>> all = [] {
    std::map<std::string, const method*, std::less<>> m;
    each_method([&m](const method& one) { m.emplace(one.name, &one); });
    return m;
  }();
  const auto it = all.find(lower(name));
  return it == all.end() ? nullptr : it->second;
}

void each_method(const std::function<void(const method&)>& see) {
  for (const auto table :
       {item_methods(),     deal_methods(),    crm_methods(),         timeline_methods(), catalog_methods(),
        delivery_methods(), handler_methods(), extra_methods(),       property_methods(), property_value_methods(),
        status_methods(),   order_methods(),   shipment_methods(),    payment_methods(),  crm_payment_methods(),
        payable_methods(),  row_methods(),     application_methods(), robot_methods(),    offline_methods(),
        misc_methods()})
    for (const auto& one : table) see(one);
}

json::array list_page(json::array rows, const list_request& how, outcome& into) {
  if (how.filter != nullptr) {
    json::array kept_rows;
    for (auto& row : rows) {
      const auto& o = row.as_object();
      if (passes(*how.filter, [&o](std::string_view name) { return o.if_contains(name); }))
        kept_rows.push_back(std::move(row));
    }
    rows = std::move(kept_rows);
  }
  const auto order = parse_order(how.order);
  std::vector<std::size_t> places(rows.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::sort(places, [&](std::size_t a, std::size_t b) {
    static const json::value nothing;
    for (const auto& [name, descending] : order) {
      const auto* va = rows[a].as_object().if_contains(name);
      const auto* vb = rows[b].as_object().if_contains(name);
      const int c = compare_values(va == nullptr ? nothing : *va, vb == nullptr ? nothing : *vb);
      if (c != 0) return descending ? c > 0 : c < 0;
    }
    return a < b; // what is equal stays as it was
  });
  const auto size = static_cast<std::int64_t>(rows.size());
  json::array out;
  for (std::int64_t i = how.at.start; i < std::min(size, how.at.start + page_size); ++i)
    out.push_back(std::move(rows[places[static_cast<std::size_t>(i)]]));
  into.total = how.at.counted ? size : 0;
  if (how.at.counted && how.at.start + page_size < size) into.next = how.at.start + page_size;
  return out;
}

json::object selected(const json::object& row, const json::value* select) {
  const auto* names = select == nullptr ? nullptr : select->if_array();
  if (names == nullptr || names->empty()) return row;
  json::object out;
  for (const auto& name : *names) {
    const auto text = php::scalar(name).value_or("");
    if (text == "*") return row;
    if (const auto* v = row.if_contains(text)) out[text] = *v;
  }
  return out;
}

const user_field* user_field_by(const portal& p, entity e, std::string_view name, bool original_names) {
  for (const auto& f : p.fields_made_for(e))
    if ((original_names ? f.name : camel_name(f.name)) == name) return &f;
  return nullptr;
}

} // namespace waybill::sandbox
