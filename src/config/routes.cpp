// [[routes]], and what only shows when all parts of the file are seen together.
#include <config/reader.hpp>
#include <config/suggest.hpp>

#include <algorithm>
#include <set>

namespace waybill::config {
namespace {

template <class T> std::vector<std::string> ids_of(const std::vector<T>& all) {
  std::vector<std::string> ids;
  for (const T& one : all)
    if (std::ranges::find(ids, one.id) == ids.end()) ids.push_back(one.id);
  return ids;
}

bool known(const std::vector<std::string>& ids, const std::string& id) {
  // An id that is missing and reported elsewhere may be the one that is meant.
  return std::ranges::find(ids, id) != ids.end() || std::ranges::find(ids, std::string{}) != ids.end();
}

void check_services(reader& in, const route& r, const std::vector<carrier_account>& carriers) {
  const auto account = std::ranges::find(carriers, r.carrier, &carrier_account::id);
  // An account without services leaves the choice to its adapter.
  if (account == carriers.end() || account->services.empty()) return;
  std::vector<std::string> offered;
  for (const auto& [type, code] : account->services) offered.push_back(type);
  for (const std::string& type : r.delivery_types)
    if (!account->services.contains(type)) {
      const auto near = nearest(type, offered);
      in.wrong("delivery_types", "\"" + type + "\" is not among the services of carrier \"" + r.carrier + "\"",
               near.empty() ? "add it to its [carriers.services]" : "did you mean \"" + near + "\"?");
    }
}

} // namespace

std::vector<route> read_routes(reader& root, const std::vector<portal>& portals,
                               const std::vector<carrier_account>& carriers) {
  const auto portal_ids = ids_of(portals), carrier_ids = ids_of(carriers);
  std::vector<route> all;
  std::set<std::string> everything;                    // portals whose every type is taken by an earlier route
  std::set<std::pair<std::string, std::string>> taken; // portal, delivery type
  for (reader& in : root.tables("routes")) {
    route r;
    if (!in.text("portal", r.portal)) in.missing("portal", "say which portal's deals it is for");
    else if (!known(portal_ids, r.portal))
      in.wrong("portal", "\"" + r.portal + "\" is not the id of a portal",
               suggest(r.portal, portal_ids, "add it as [[portals]]"));
    in.texts("delivery_types", r.delivery_types);
    if (!in.text("carrier", r.carrier)) in.missing("carrier", "say which account ships these deals");
    else if (!known(carrier_ids, r.carrier))
      in.wrong("carrier", "\"" + r.carrier + "\" is not the id of a carrier account",
               suggest(r.carrier, carrier_ids, "add it as [[carriers]]"));
    else check_services(in, r, carriers);
    in.texts("with", r.with);
    std::set<std::string> companions;
    for (const std::string& id : r.with) {
      if (!known(carrier_ids, id))
        in.wrong("with", "\"" + id + "\" is not the id of a carrier account",
                 suggest(id, carrier_ids, "add it as [[carriers]]"));
      else if (id == r.carrier || !companions.insert(id).second)
        in.wrong("with", "\"" + id + "\" stands in this route twice", "take it out here");
    }

    if (!r.portal.empty() && !in.spoiled("delivery_types")) {
      const auto seen = [&](const std::string& type) { return taken.contains({r.portal, type}); };
      if (everything.contains(r.portal) || (!r.delivery_types.empty() && std::ranges::all_of(r.delivery_types, seen)))
        in.wrong(r.delivery_types.empty() ? "portal" : "delivery_types",
                 "is never reached: earlier routes take all of it", "move it before them, or take it out");
      if (r.delivery_types.empty()) everything.insert(r.portal);
      for (const std::string& type : r.delivery_types) taken.emplace(r.portal, type);
    }
    in.finish();
    all.push_back(std::move(r));
  }
  return all;
}

} // namespace waybill::config
