// The account's facts as a value: looking things up in them, and their form in the cache.
#include "directory.hpp"
#include "ids.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::moysklad {
namespace {

constexpr std::array documents{document::order, document::demand, document::sales_return};

template <class T> const T* named(const std::map<document, std::vector<T>>& all, document d, const std::string& name) {
  const auto it = all.find(d);
  if (it == all.end()) return nullptr;
  const auto found = std::ranges::find(it->second, plain_name(name), [](const T& t) { return plain_name(t.name); });
  return found == it->second.end() ? nullptr : &*found;
}

} // namespace

const state_info* account_facts::state(document d, const std::string& id) const {
  const auto it = states.find(d);
  if (it == states.end()) return nullptr;
  const auto found = std::ranges::find(it->second, id, &state_info::id);
  return found == it->second.end() ? nullptr : &*found;
}

const state_info* account_facts::state_named(document d, const std::string& name) const {
  return named(states, d, name);
}

const attribute_info* account_facts::attribute_named(document d, const std::string& name) const {
  return named(attributes, d, name);
}

json::value to_json(const account_facts& f) {
  json::object out{{"account", f.account_id},
                   {"organization", f.organization_id},
                   {"organization_name", f.organization_name},
                   {"store", f.store_id},
                   {"store_name", f.store_name},
                   {"channel", f.sales_channel_id},
                   {"project", f.project_id},
                   {"delivery_type", f.delivery_type},
                   {"delivery", f.delivery_id},
                   {"delivery_vat_enabled", f.delivery_vat_enabled},
                   {"delivery_vat", f.delivery_vat},
                   {"read_at", f.read_at}};
  for (const document d : documents) {
    json::array states, attributes;
    if (const auto it = f.states.find(d); it != f.states.end())
      for (const auto& s : it->second) states.push_back({{"id", s.id}, {"name", s.name}, {"kind", s.kind}});
    if (const auto it = f.attributes.find(d); it != f.attributes.end())
      for (const auto& a : it->second)
        attributes.push_back({{"id", a.id}, {"name", a.name}, {"kind", a.kind}, {"required", a.required}});
    json::object both;
    both["states"] = std::move(states);
    both["attributes"] = std::move(attributes);
    out[type_of(d)] = std::move(both);
  }
  return out;
}

std::optional<account_facts> facts_from(const json::value& v) {
  const auto* o = v.if_object();
  if (o == nullptr) return {};
  account_facts f;
  f.account_id = json::text_or(*o, "account");
  f.organization_id = json::text_or(*o, "organization");
  f.organization_name = json::text_or(*o, "organization_name");
  f.store_id = json::text_or(*o, "store");
  f.store_name = json::text_or(*o, "store_name");
  f.sales_channel_id = json::text_or(*o, "channel");
  f.project_id = json::text_or(*o, "project");
  f.delivery_type = json::text_or(*o, "delivery_type");
  f.delivery_id = json::text_or(*o, "delivery");
  f.delivery_vat_enabled = json::boolean(*o, "delivery_vat_enabled").value_or(false);
  f.delivery_vat = json::integer_or(*o, "delivery_vat");
  f.read_at = json::integer_or(*o, "read_at");
  if (!is_uuid(f.organization_id)) return {};
  for (const document d : documents) {
    const auto* both = json::child(*o, type_of(d));
    if (both == nullptr) return {};
    if (const auto* all = json::list(*both, "states"))
      for (const auto& each : *all)
        if (const auto* s = each.if_object())
          f.states[d].push_back({json::text_or(*s, "id"), json::text_or(*s, "name"), json::text_or(*s, "kind")});
    if (const auto* all = json::list(*both, "attributes"))
      for (const auto& each : *all)
        if (const auto* a = each.if_object())
          f.attributes[d].push_back({json::text_or(*a, "id"), json::text_or(*a, "name"), json::text_or(*a, "kind"),
                                     json::boolean(*a, "required").value_or(false)});
  }
  return f;
}

} // namespace waybill::moysklad
