#include <sandbox/world.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::size_t most_portals = 1000;

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= 64 && s != "." && s != ".." && std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

} // namespace

world::world(world_options how)
    : how_(std::move(how)), events_(std::make_shared<event_sender>(how_.ex, how_.http, how_.speed)) {
  set_base_url(how_.base_url);
  make_carriers();
}

void world::set_base_url(std::string url) {
  how_.base_url = std::move(url);
  events_->set_base_url(how_.base_url);
}

void world::make_carriers() {
  for (auto& [name, old] : carriers_) retired_.push_back(std::move(old));
  carriers_.clear();
  for (const auto* type : how_.carriers) {
    if (type->make_stand_in == nullptr) continue;
    stand_in_context ctx{how_.ex, how_.http, how_.speed};
    if (auto made = type->make_stand_in(std::move(ctx))) carriers_.emplace(std::string(type->name), std::move(made));
  }
}

std::shared_ptr<portal> world::find_portal(const std::string& id) {
  const auto alias = aliases_.find(id);
  const auto& name = alias == aliases_.end() ? id : alias->second;
  const auto it = portals_.find(name);
  if (it != portals_.end()) return it->second;
  if (!is_name(name) || portals_.size() >= most_portals) return nullptr;
  auto fresh = std::make_shared<portal>(name, how_.clock);
  seed(*fresh);
  // Weak on both ends: a portal that was reset away while a request is with it sends nothing more.
  fresh->emit = [sender = std::weak_ptr(events_), self = std::weak_ptr(fresh)](outgoing what) {
    const auto s = sender.lock();
    const auto p = self.lock();
    if (s && p) s->post(p, std::move(what));
  };
  portals_.emplace(name, fresh);
  return fresh;
}

std::shared_ptr<stand_in> world::find_carrier(std::string_view type) const {
  const auto it = carriers_.find(type);
  return it == carriers_.end() ? nullptr : it->second;
}

std::vector<std::string> world::carrier_names() const {
  std::vector<std::string> out;
  for (const auto& [name, s] : carriers_) out.push_back(name);
  return out;
}

std::vector<std::string> world::portal_names() const {
  std::vector<std::string> out;
  for (const auto& [name, p] : portals_) out.push_back(name);
  return out;
}

void world::reset() {
  for (auto& [name, p] : portals_) p->emit = [](const outgoing&) {};
  portals_.clear();
  aliases_.clear();
  make_carriers();
}

awaitable<http_response> world::handle(http_request request) {
  const auto self = shared_from_this(); // requests may outlive the one who started us
  const std::string path = request.path;
  const auto rest_of = [&path](std::size_t prefix) { // "name/tail" -> {name, tail}
    const auto end = std::min(path.find('/', prefix), path.size());
    return std::pair(path.substr(prefix, end - prefix), path.substr(std::min(end + 1, path.size())));
  };
  http_response answer;
  if (path.starts_with("/sandbox/")) {
    answer = co_await control(self, std::move(request), path.substr(9));
  } else if (path.starts_with("/bitrix24/")) {
    auto [name, tail] = rest_of(10);
    auto p = self->find_portal(name);
    if (p) {
      auto ctx = self->context(p, name);
      answer = co_await serve_portal(std::move(ctx), std::move(request), std::move(tail));
    } else {
      answer = html_page(404, "Not Found");
    }
  } else if (path.starts_with("/carriers/")) {
    auto [name, tail] = rest_of(10);
    const auto carrier = self->find_carrier(name);
    if (carrier) {
      request.path = "/" + tail;
      answer = co_await carrier->handle(std::move(request));
    } else {
      answer = error_response(404, "unknown_carrier", "no such carrier, or it has no stand-in");
    }
  } else {
    answer = error_response(404, "not_found", "mounts: /bitrix24/{portal}/, /carriers/{type}/, /sandbox/");
  }
  co_return answer;
}

} // namespace waybill::sandbox
