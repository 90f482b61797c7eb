// Extra services: the carriers' options as tick boxes below each profile.
#include <setup/plans.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

using extras = std::vector<sale::extra_service>;

std::string codes_of(const extras& all) {
  std::vector<std::string> codes;
  for (const auto& e : all) codes.push_back(e.code);
  return joined(codes);
}

awaitable<result<void>> create(site_ptr s, std::string profile, extras missing) {
  const auto it = s->made.profiles.find(profile);
  if (it == s->made.profiles.end()) co_return fail(errc::conflict, "the profile " + profile + " is missing");
  const auto service = it->second;
  result<void> all;
  for (const auto& e : missing) {
    auto id = co_await sale::add_extra_service(s->portal, service, e);
    if (!id && all) all = fail(std::move(id.error()));
  }
  co_return all;
}

awaitable<result<void>> change(site_ptr s, extras differing) {
  result<void> all;
  for (const auto& e : differing) {
    auto done = co_await sale::update_extra_service(s->portal, e);
    if (!done && all) all = fail(std::move(done.error()));
  }
  co_return all;
}

awaitable<result<void>> remove(site_ptr s, extras dropped) {
  result<void> all;
  for (const auto& e : dropped) {
    auto done = co_await sale::delete_extra_service(s->portal, e.id);
    if (!done && all) all = fail(std::move(done.error()));
  }
  co_return all;
}

bool same(const sale::extra_service& a, const sale::extra_service& b) {
  const auto same_item = [](const auto& x, const auto& y) {
    return x.code == y.code && x.title == y.title && x.price.minor == y.price.minor;
  };
  return a.name == b.name && a.active == b.active && (a.type == "enum" || a.price.minor == b.price.minor) &&
         std::ranges::equal(a.items, b.items, same_item);
}

struct difference {
  extras missing, differing, dropped, stuck;
  std::size_t right{0};
};

difference compare(const site& s, const extras& there, const profile_wish& wanted) {
  difference d;
  for (const auto& w : wanted.options) {
    const auto it = std::ranges::find(there, w.code, &sale::extra_service::code);
    if (it == there.end()) {
      d.missing.push_back(w);
    } else if (it->type != w.type) {
      d.stuck.push_back(w); // its type can never be changed
    } else if (!same(*it, w)) {
      d.differing.push_back(w);
      d.differing.back().id = it->id;
    } else {
      ++d.right;
    }
  }
  // What no carrier of ours knows is somebody's own and stays.
  for (const auto& e : there)
    if (s.want.known_options.contains(e.code) &&
        std::ranges::find(wanted.options, e.code, &sale::extra_service::code) == wanted.options.end())
      d.dropped.push_back(e);
  return d;
}

void add_steps(const profile_wish& wanted, difference d, steps& out) {
  const auto what = fmt::format("extra services of {}", wanted.code);
  if (d.right > 0 && d.missing.empty() && d.differing.empty() && d.dropped.empty())
    out.push_back(make_step(verb::keep, what, fmt::format("{} are as they should be", d.right)));
  if (!d.stuck.empty())
    out.push_back(
        make_step(verb::cannot, what,
                  "of another type, which cannot be changed: delete them in the portal: " + codes_of(d.stuck)));
  if (!d.missing.empty()) {
    auto step = make_step(verb::create, what, "missing: " + codes_of(d.missing));
    step.act = [profile = wanted.code, missing = d.missing](site_ptr at) {
      return create(std::move(at), profile, missing);
    };
    out.push_back(std::move(step));
  }
  if (!d.differing.empty()) {
    auto step = make_step(verb::change, what, "name, price or state differ: " + codes_of(d.differing));
    step.act = [differing = d.differing](site_ptr at) { return change(std::move(at), differing); };
    out.push_back(std::move(step));
  }
  if (!d.dropped.empty()) {
    auto step = make_step(verb::remove, what, "no longer offered: " + codes_of(d.dropped));
    step.act = [dropped = d.dropped](site_ptr at) { return remove(std::move(at), dropped); };
    out.push_back(std::move(step));
  }
}

} // namespace

void plan_extras(const site& s, bool fresh_profiles, steps& out) {
  if (!s.want.unknown_options.empty())
    out.push_back(make_step(verb::cannot, "extra services",
                            "no carrier of this portal's routes offers: " + joined(s.want.unknown_options) +
                                "; correct delivery_service.extra_services"));
  if (!s.handlers || !*s.handlers || !s.services || !*s.services) return; // told with the service
  for (const auto& wanted : s.want.profiles) {
    const auto service = s.made.profiles.find(wanted.code);
    if (fresh_profiles || service == s.made.profiles.end()) {
      add_steps(wanted, compare(s, {}, wanted), out);
      continue;
    }
    const auto it = s.extras.find(service->second);
    if (it == s.extras.end()) continue;
    if (it->second) add_steps(wanted, compare(s, *it->second, wanted), out);
    else out.push_back(make_step(verb::cannot, "extra services of " + wanted.code, shown(it->second.error())));
  }
}

} // namespace waybill::setup
