#include <setup/plans.hpp>
#include <setup/setup.hpp>
#include <waybill/log.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {

std::string_view to_string(verb v) {
  switch (v) {
  case verb::keep: return "keep";
  case verb::create: return "create";
  case verb::change: return "change";
  case verb::remove: return "remove";
  case verb::cannot: return "CANNOT";
  }
  return "keep";
}

std::string to_text(const step& s) {
  return fmt::format("{:<7} {}{}{}", to_string(s.todo), s.what, s.reason.empty() ? "" : ": ", s.reason);
}

bool plan::changes_anything() const {
  return std::ranges::any_of(steps, [](const step& s) { return s.todo != verb::keep && s.todo != verb::cannot; });
}

bool plan::complete() const {
  return std::ranges::none_of(steps, [](const step& s) { return s.todo == verb::cannot; });
}

awaitable<result<plan>> make_plan(std::shared_ptr<bitrix24::client> portal,
                                  std::shared_ptr<const config::file> settings) {
  auto read = co_await read_site(std::move(portal), std::move(settings));
  if (!read) co_return fail(std::move(read.error()));
  plan out;
  out.at = *read;
  const site& s = *out.at;
  plan_fields(s, out.steps);
  const bool fresh = plan_delivery(s, out.steps);
  plan_properties(s, fresh, out.steps);
  plan_extras(s, fresh, out.steps);
  plan_statuses(s, out.steps);
  plan_checks(s, out.steps);
  plan_application(s, out);
  co_return out;
}

awaitable<result<plan>> make_removal(std::shared_ptr<bitrix24::client> portal,
                                     std::shared_ptr<const config::file> settings) {
  auto read = co_await read_site(std::move(portal), std::move(settings));
  if (!read) co_return fail(std::move(read.error()));
  auto out = std::make_shared<plan>();
  out->at = *read;
  const site& s = *out->at;
  remove_application(s, out->steps);
  if (const auto why = s.closed({"sale", "delivery"}, true); !why.empty()) {
    out->steps.push_back(make_step(verb::cannot, "delivery service, properties, statuses", why));
  } else {
    remove_delivery(s, out->steps);
    remove_properties(s, out->steps);
    co_await remove_statuses(out->at, out);
  }
  out->notes.emplace_back("user fields of deals stay: they hold the customer's data; delete them in the portal");
  if (s.portal->by_webhook())
    out->notes.emplace_back("outgoing webhooks and \"outgoing webhook\" rules were made by hand: remove them in the "
                            "portal");
  plan finished = std::move(*out);
  co_return finished;
}

awaitable<outcome> apply(plan p, listener tell) {
  outcome out;
  for (const auto& s : p.steps) {
    if (!s.act) continue;
    auto done = co_await s.act(p.at);
    if (!done) {
      ++out.failures;
      log::warn("a step of the portal's setup failed", {{"portal", p.at->portal->portal().id},
                                                        {"step", s.what},
                                                        {"code", std::string(to_string(done.error().code))},
                                                        {"peer_code", done.error().peer_code}});
    }
    tell(s, done);
  }
  out.remarks = p.at->remarks;
  co_return out;
}

} // namespace waybill::setup
