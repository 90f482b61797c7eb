// Everything behind the sandbox's address as one handler: portals, the carriers' stand-ins, the control API. No sockets
// of its own, so it is tested as a function from request to answer. Used from one thread.
#pragma once
#include <sandbox/events.hpp>
#include <sandbox/portal.hpp>
#include <waybill/carrier.hpp>
#include <waybill/http.hpp>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace waybill::sandbox {

struct world_options {
  executor ex;
  std::shared_ptr<http_client> http; // for events, robots and the carriers' webhooks; may be null: nothing is sent
  double speed{1.0};
  std::function<instant()> clock{now};
  std::string base_url{"http://127.0.0.1:8090"}; // what portals and events name as their address
  std::span<const carrier_type* const> carriers{};
};

class world : public std::enable_shared_from_this<world> {
 public:
  explicit world(world_options how);

  awaitable<http_response> handle(http_request request);

  // A portal comes into being when it is first named. nullptr: the name is no name ([a-z0-9._-], at most 64), or there
  // are too many already.
  std::shared_ptr<portal> find_portal(const std::string& id);
  void set_base_url(std::string url);
  const std::string& base_url() const { return how_.base_url; }
  double speed() const { return how_.speed; }
  event_sender& events() { return *events_; }
  rest_context context(const std::shared_ptr<portal>& p, std::string mount) const {
    return {p, std::move(mount), how_.base_url, how_.speed, how_.http};
  }

  // After a rename the portal answers under the new name too.
  void add_alias(const std::string& alias, const std::string& id) { aliases_[alias] = id; }
  std::shared_ptr<stand_in> find_carrier(std::string_view type) const;
  std::vector<std::string> carrier_names() const;
  std::vector<std::string> portal_names() const;
  // All portals and carriers as at the start. The old stand-ins are kept, idle, for requests that are still with them.
  void reset();

 private:
  void make_carriers();

  world_options how_;
  std::shared_ptr<event_sender> events_;
  std::map<std::string, std::shared_ptr<portal>> portals_;
  std::map<std::string, std::string> aliases_;
  std::map<std::string, std::shared_ptr<stand_in>, std::less<>> carriers_;
  std::vector<std::shared_ptr<stand_in>> retired_;
};

// The control API, below /sandbox/. `path` is what follows, without a leading '/'.
awaitable<http_response> control(std::shared_ptr<world> w, http_request request, std::string path);

} // namespace waybill::sandbox
