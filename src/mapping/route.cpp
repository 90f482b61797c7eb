#include <mapping/mapping.hpp>
#include <mapping/text.hpp>
#include <waybill/carrier.hpp>

#include <algorithm>

namespace waybill::mapping {
namespace {

bool takes(const config::route& r, const std::string& delivery_type) {
  return r.delivery_types.empty() || std::ranges::find(r.delivery_types, delivery_type) != r.delivery_types.end();
}

// The list in the deal may hold account ids, types ("cdek"), or names for people ("СДЭК").
bool is_of(const carrier_account& a, const std::string& carrier) {
  const auto wanted = folded(carrier);
  if (folded(a.id) == wanted || folded(a.type) == wanted) return true;
  const auto* type = find_carrier_type(a.type);
  return type != nullptr && folded(type->title) == wanted;
}

} // namespace

std::optional<config::route> route_for(const config::file& file, const std::string& portal,
                                       const std::string& delivery_type, const std::string& carrier) {
  const config::route* first = nullptr; // the first that matches portal and type
  const config::route* of_type =
      nullptr; // the first of them whose account is the one, or of the kind, that the deal names
  const auto names = [&](const std::string& account) {
    const auto* a = file.find_carrier(account);
    return a != nullptr && is_of(*a, carrier);
  };
  for (const config::route& r : file.routes) {
    if (r.portal != portal || !takes(r, delivery_type)) continue;
    if (first == nullptr) first = &r;
    if (of_type == nullptr && !carrier.empty() && names(r.carrier)) of_type = &r;
  }
  if (carrier.empty()) return first == nullptr ? std::nullopt : std::optional(*first);
  // The account that the deal names itself, even if another of its kind has an earlier route.
  if (of_type != nullptr && file.find_carrier(carrier) == nullptr) return *of_type;

  config::route own{.portal = portal, .delivery_types = {}, .carrier = {}, .with = {}};
  if (file.find_carrier(carrier) != nullptr) {
    own.carrier = carrier;
  } else {
    const auto it = std::ranges::find_if(file.carriers, [&](const carrier_account& a) { return is_of(a, carrier); });
    if (it == file.carriers.end()) return std::nullopt;
    own.carrier = it->id;
  }
  // Companions (a warehouse, say) belong to the deals of this kind, whoever ships them.
  if (first != nullptr)
    for (const std::string& id : first->with)
      if (id != own.carrier) own.with.push_back(id);
  return own;
}

} // namespace waybill::mapping
