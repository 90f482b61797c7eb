#include <delivery/asked.hpp>
#include <delivery/service.hpp>
#include <delivery/service_impl.hpp>
#include <delivery/texts.hpp>
#include <mapping/text.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>
#include <workflow/jobs.hpp>

#include <algorithm>
#include <exception>
#include <typeinfo>

#include <fmt/format.h>

namespace waybill::delivery {
namespace {

// The portal shows it in one line of a form.
constexpr std::size_t longest_reason = 1500;
constexpr auto minute = std::chrono::minutes(1);

} // namespace

bool window::take(const std::string& portal) {
  count& c = counts_[portal];
  const auto now = clock_();
  if (c.taken == 0 || now - c.began >= minute) c = {now, 0};
  if (c.taken >= most_) return false;
  ++c.taken;
  return true;
}

std::string_view to_string(call c) {
  switch (c) {
  case call::calculate: return "calculate";
  case call::create: return "create";
  case call::cancel: return "cancel";
  case call::remove: return "delete";
  }
  return "unknown";
}

std::string yes() { return R"({"SUCCESS":"Y"})"; }

std::string no(std::string text) {
  json::object reason{{"TEXT", mapping::cut(text, longest_reason)}};
  json::object out{{"SUCCESS", "N"}, {"REASON", std::move(reason)}};
  return json::serialize(out);
}

std::string refusal_of(const config::portal& portal, const asked& a) {
  if (!portal.service) return say(portal, "delivery.not_configured");
  const auto it = std::ranges::find(a.settings, "WAYBILL_KEY", &std::pair<std::string, std::string>::first);
  // A service without the mark is one whose settings were emptied by hand: the url has told whose it is.
  if (it != a.settings.end() && !it->second.empty() && it->second != portal.id) return say(portal, "delivery.foreign");
  return {};
}

std::string portal_failed(const config::portal& portal, const fault& why) {
  return say(portal, is_transient(why.code) ? "delivery.portal_silent" : "delivery.portal_refused");
}

service::service(std::shared_ptr<workflow::services> s, std::shared_ptr<portal_reader> portals, options how)
    : state_(std::make_shared<state>(std::move(s), std::move(portals), std::move(how))) {}

const config::portal* service::portal(std::string_view id) const {
  const auto* link = state_->s->portal(id);
  return link == nullptr ? nullptr : link->settings;
}

awaitable<std::string> service::answer(call what, std::string portal, std::string body) {
  const auto self = state_;
  const auto* link = self->s->portal(portal);
  if (link == nullptr) co_return no("unknown portal");
  const auto* settings = link->settings;
  const auto began = steady::now();
  std::string out, broken;
  auto& limit = what == call::calculate ? self->calculations : self->orders;
  if (!limit.take(portal)) {
    log::warn("delivery calls above the limit", {{"portal", portal}, {"call", to_string(what)}});
    out = no(say(*settings, "delivery.too_often"));
  } else {
    try {
      switch (what) {
      case call::calculate: out = co_await calculate(self, settings, std::move(body)); break;
      case call::create: out = co_await create(self, settings, std::move(body)); break;
      case call::cancel: out = co_await cancel(self, settings, std::move(body)); break;
      case call::remove: out = co_await remove(self, settings, std::move(body)); break;
      }
    } catch (const std::exception& e) { broken = typeid(e).name(); }
  }
  if (out.empty()) {
    log::error("a delivery call ended with an exception", {{"call", to_string(what)}, {"type", broken}});
    out = no(say(*settings, "delivery.internal"));
  }
  const bool good = out.starts_with(R"({"SUCCESS":"Y")");
  metrics::count("waybill_delivery_calls_total",
                 {{"portal", portal}, {"call", to_string(what)}, {"outcome", good ? "done" : "refused"}});
  metrics::observe("waybill_delivery_call_seconds", {{"call", to_string(what)}},
                   std::chrono::duration<double>(steady::now() - began).count());
  co_return out;
}

std::shared_ptr<service> make_service(std::shared_ptr<workflow::services> s) {
  auto reader = make_portal_reader(s);
  return std::make_shared<service>(std::move(s), std::move(reader));
}

} // namespace waybill::delivery
