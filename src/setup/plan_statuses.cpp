// The store's delivery statuses with their names in the portal's languages.
#include <setup/plans.hpp>
#include <setup/texts.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct naming {
  sale::status_name name;
  bool replaces{false};
};

// Ids have two characters, shared by the statuses of orders and deliveries and by everybody who makes some.
std::string free_id(const std::string& preferred, std::set<std::string>& taken) {
  if (taken.insert(preferred).second) return preferred;
  for (const char first : {'W', 'Y', 'Z'})
    for (const char second : letters)
      if (const std::string id{first, second}; taken.insert(id).second) return id;
  return {};
}

awaitable<result<void>> keep_names(site_ptr s, std::vector<naming> names) {
  for (const auto& n : names) {
    auto done = co_await sale::name_status(s->portal, n.name, n.replaces);
    if (!done) co_return done;
  }
  co_return result<void>{};
}

awaitable<result<void>> create(site_ptr s, sale::store_status status, std::vector<naming> names) {
  auto made = co_await sale::add_status(s->portal, status);
  if (!made) {
    // Somebody was first, or our answer was lost: whose is it?
    if (made.error().code != errc::conflict && made.error().code != errc::outcome_unknown) co_return made;
    auto there = co_await sale::store_statuses(s->portal);
    const bool ours = there && std::ranges::any_of(*there, [&](const sale::store_status& o) {
                        return o.id == status.id && o.xml_id == status.xml_id;
                      });
    if (!ours) co_return made;
  }
  co_return co_await keep_names(std::move(s), std::move(names));
}

awaitable<result<void>> change(site_ptr s, sale::store_status status, std::vector<naming> names) {
  auto done = co_await sale::update_status(s->portal, std::move(status));
  if (!done) co_return done;
  co_return co_await keep_names(std::move(s), std::move(names));
}

std::vector<naming> wrong_names(const site& s, const status_wish& wanted, const std::string& id) {
  std::vector<naming> out;
  for (const auto& language : s.languages) {
    naming n;
    n.name.status = id;
    n.name.language = language;
    n.name.name = word(s.want.portal, "store_status_" + wanted.canonical, language);
    const auto same = [&](const sale::status_name& o) { return o.status == id && o.language == language; };
    const auto it = std::ranges::find_if(**s.status_names, same);
    n.replaces = it != (*s.status_names)->end();
    if (!n.replaces || it->name != n.name.name) out.push_back(std::move(n));
  }
  return out;
}

void plan_one(const site& s, const status_wish& wanted, std::set<std::string>& taken, steps& out) {
  sale::store_status status;
  status.xml_id = wanted.xml_id();
  status.color = word(s.want.portal, "store_colour_" + wanted.canonical);
  status.sort = wanted.sort;
  const auto it = std::ranges::find(**s.statuses, status.xml_id, &sale::store_status::xml_id);
  if (it == (*s.statuses)->end()) {
    status.id = free_id(wanted.id, taken);
    const auto what = fmt::format("delivery status {}", wanted.canonical);
    if (status.id.empty()) {
      out.push_back(make_step(verb::cannot, what, "no id of two characters is free: delete unused statuses"));
      return;
    }
    auto step = make_step(verb::create, what, fmt::format("the store has none; its id: {}", status.id));
    step.act = [status, names = wrong_names(s, wanted, status.id)](site_ptr at) {
      return create(std::move(at), status, names);
    };
    out.push_back(std::move(step));
    return;
  }
  status.id = it->id;
  status.type = it->type;
  const auto what = fmt::format("delivery status {} ({})", wanted.canonical, status.id);
  auto names = wrong_names(s, wanted, status.id);
  const bool colour = it->color != status.color;
  if (!colour && names.empty()) {
    out.push_back(make_step(verb::keep, what, "it is as it should be"));
    return;
  }
  status.sort = it->sort; // the order in lists is the portal's own business
  auto step = make_step(verb::change, what, colour ? "its colour differs" : "its name differs");
  step.act = [status, names = std::move(names)](site_ptr at) { return change(std::move(at), status, names); };
  out.push_back(std::move(step));
}

awaitable<result<void>> drop_status(site_ptr s, std::string id) {
  return sale::delete_status(s->portal, std::move(id));
}

} // namespace

void plan_statuses(const site& s, steps& out) {
  if (s.want.statuses.empty() || !s.closed({"sale", "delivery"}, true).empty()) return; // told with the service
  std::string why;
  if (!*s.statuses) why = shown(s.statuses->error());
  else if (!*s.status_names) why = shown(s.status_names->error());
  if (!why.empty()) {
    out.push_back(make_step(verb::cannot, "delivery statuses", why));
    return;
  }
  std::set<std::string> taken;
  for (const auto& o : **s.statuses) taken.insert(o.id);
  for (const auto& wanted : s.want.statuses) plan_one(s, wanted, taken, out);
}

awaitable<void> remove_statuses(site_ptr s, std::shared_ptr<plan> out) {
  if (!s->statuses || !*s->statuses) co_return;
  std::vector<std::string> kept;
  for (const auto& o : **s->statuses) {
    if (!o.xml_id.starts_with("waybill:")) continue;
    auto used = co_await sale::status_in_use(s->portal, o.id);
    if (!used || *used) {
      kept.push_back(o.id);
      continue;
    }
    auto step =
        make_step(verb::remove, fmt::format("delivery status {} ({})", o.xml_id.substr(8), o.id), "no shipment has it");
    step.act = [id = o.id](site_ptr at) { return drop_status(std::move(at), id); };
    out->steps.push_back(std::move(step));
  }
  if (!kept.empty()) out->notes.push_back("delivery statuses stay, as shipments have them: " + joined(kept));
}

} // namespace waybill::setup
