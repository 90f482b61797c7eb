// Shipment properties (addresses, pickup point) for every kind of payer, and for which profiles they are shown.
#include <setup/plans.hpp>
#include <setup/texts.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

using key_of_property = std::pair<std::string, std::int64_t>; // code, person type

awaitable<result<std::int64_t>> group_for(site_ptr s, std::int64_t person_type) {
  std::int64_t id = 0;
  if (s->groups && *s->groups)
    for (const auto& g : **s->groups)
      if (g.person_type == person_type && (id == 0 || g.name == word(s->want.portal, "property_group"))) id = g.id;
  if (id != 0) co_return id;
  auto made = co_await sale::add_property_group(s->portal, person_type, word(s->want.portal, "property_group"));
  if (made && s->groups && *s->groups) {
    sale::property_group g;
    g.id = *made;
    g.person_type = person_type;
    (*s->groups)->push_back(std::move(g));
  }
  co_return made;
}

awaitable<result<void>> create_property(site_ptr s, property_wish wanted, std::int64_t person_type) {
  auto group = co_await group_for(s, person_type);
  if (!group) co_return fail(std::move(group.error()));
  sale::new_property p;
  p.person_type = person_type;
  p.group = *group;
  p.name = word(s->want.portal, wanted.word);
  p.code = wanted.code;
  p.type = wanted.type;
  p.address_from = wanted.from;
  p.address_to = wanted.to;
  p.sort = wanted.sort;
  auto id = co_await sale::add_shipment_property(s->portal, std::move(p));
  if (!id) co_return fail(std::move(id.error()));
  key_of_property key(wanted.code, person_type);
  s->made.properties[key] = *id;
  co_return result<void>{};
}

awaitable<result<void>> relate(site_ptr s, std::string code, std::int64_t person_type,
                               std::vector<std::string> profiles) {
  const key_of_property key(code, person_type);
  const auto it = s->made.properties.find(key);
  if (it == s->made.properties.end()) co_return fail(errc::conflict, "the property is missing");
  const auto property = it->second;
  for (const auto& profile : profiles) {
    const auto service = s->made.profiles.find(profile);
    if (service == s->made.profiles.end()) co_return fail(errc::conflict, "the profile " + profile + " is missing");
    sale::property_relation r;
    r.property = property;
    r.service = service->second;
    auto done = co_await sale::add_property_relation(s->portal, r);
    if (!done) co_return done;
  }
  co_return result<void>{};
}

const sale::shipment_property* find_property(const site& s, const property_wish& wanted, std::int64_t person_type) {
  for (const auto& p : **s.properties)
    if (p.code == wanted.code && p.person_type == person_type) return &p;
  return nullptr;
}

// Profiles for which the property is not shown yet.
std::vector<std::string> unrelated(const site& s, const sale::shipment_property* p, const property_wish& wanted,
                                   bool fresh) {
  std::vector<std::string> out;
  for (const auto& code : wanted.profiles) {
    const auto service = s.made.profiles.find(code);
    const auto same = [&](const sale::property_relation& r) {
      return r.property == p->id && r.service == service->second;
    };
    const bool there =
        !fresh && p != nullptr && service != s.made.profiles.end() && std::ranges::any_of(**s.relations, same);
    if (!there) out.push_back(code);
  }
  return out;
}

awaitable<result<void>> rename(site_ptr s, std::int64_t id, std::string name) {
  return sale::rename_shipment_property(s->portal, id, std::move(name));
}

bool fits(const sale::shipment_property& p, const property_wish& wanted) {
  return p.type == wanted.type && p.address_from == wanted.from && p.address_to == wanted.to;
}

void plan_one(const site& s, const property_wish& wanted, const sale::person_type& person, bool fresh, steps& out) {
  const auto what = fmt::format("shipment property {} ({})", wanted.code, person.name);
  const auto* there = find_property(s, wanted, person.id);
  if (there != nullptr && !fits(*there, wanted)) {
    out.push_back(make_step(verb::cannot, what,
                            fmt::format("property {} is of another type: delete it in the portal, or change it to {}",
                                        there->id, wanted.type)));
    return;
  }
  if (there == nullptr) {
    auto step = make_step(verb::create, what, "the portal has none");
    step.act = [wanted, id = person.id](site_ptr at) { return create_property(std::move(at), wanted, id); };
    out.push_back(std::move(step));
  }
  const std::string name = word(s.want.portal, wanted.word);
  if (there != nullptr && there->name != name) {
    auto step = make_step(verb::change, what, "its name differs");
    step.act = [id = there->id, name](site_ptr at) { return rename(std::move(at), id, name); };
    out.push_back(std::move(step));
  }
  const auto missing = unrelated(s, there, wanted, fresh);
  if (missing.empty()) {
    if (there != nullptr) out.push_back(make_step(verb::keep, what, "it is there, for all its profiles"));
    return;
  }
  auto step = make_step(verb::create, what + " for profiles", "it is not shown yet for: " + joined(missing));
  step.act = [code = wanted.code, id = person.id, missing](site_ptr at) {
    return relate(std::move(at), code, id, missing);
  };
  out.push_back(std::move(step));
}

} // namespace

void plan_properties(const site& s, bool fresh_profiles, steps& out) {
  if (s.want.properties.empty() || !s.closed({"sale", "delivery"}, true).empty()) return; // told with the service
  std::string why;
  if (!*s.person_types) why = shown(s.person_types->error());
  else if (!*s.properties) why = shown(s.properties->error());
  else if (!*s.relations) why = shown(s.relations->error());
  else if ((*s.person_types)->empty()) why = "the store has no payer types";
  if (!why.empty()) {
    out.push_back(make_step(verb::cannot, "shipment properties", why));
    return;
  }
  for (const auto& person : **s.person_types)
    for (const auto& wanted : s.want.properties) plan_one(s, wanted, person, fresh_profiles, out);
}

} // namespace waybill::setup
