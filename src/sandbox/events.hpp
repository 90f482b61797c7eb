// What the portal sends by itself: events, and the robot "outgoing webhook". Sent once, never repeated, by a few
// senders in parallel, in no promised order.
#pragma once
#include <sandbox/rest.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace waybill::sandbox {

// The bodies on the wire; `ctx` gives the portal's addresses.
std::string event_body(const rest_context& ctx, const outgoing& what, const subscription& to);
std::string robot_body(const rest_context& ctx, const outgoing& what);
// ONAPPINSTALL with tokens, as the installation of a local application sends it.
std::string install_body(const rest_context& ctx, const portal::token_pair& tokens);
// An event of the application itself without tokens: ONAPPUNINSTALL, ONAPPUPDATE.
std::string application_event_body(const rest_context& ctx, const std::string& event, form_fields data);
// The call of an application's rule; what.name is the token of its run.
std::string app_robot_body(const rest_context& ctx, const outgoing& what);

class event_sender : public std::enable_shared_from_this<event_sender> {
 public:
  // `context` tells a portal's addresses at the moment of sending.
  event_sender(executor ex, std::shared_ptr<http_client> http, double speed);
  void set_base_url(std::string url) { base_url_ = std::move(url); }

  // Loses, doubles, delays, reorders as the portal's settings say, then sends to everyone who asked for it.
  void post(std::shared_ptr<portal> from, outgoing what);
  void send_install(std::shared_ptr<portal> from, std::string url, portal::token_pair tokens);
  void send_form(std::shared_ptr<portal> from, std::string url, std::string body);
  // Sends what waits for being reordered.
  void flush(const std::shared_ptr<portal>& from);
  std::size_t waiting() const { return queue_.size() + running_; }

 private:
  struct job {
    std::shared_ptr<portal> from;
    std::string url;
    std::function<std::string(const rest_context&)> body; // made when it is sent: ts is that moment
  };
  void release(std::shared_ptr<portal> from, outgoing what);
  void push(job j);
  static awaitable<void> release_later(std::shared_ptr<event_sender> self, std::shared_ptr<portal> from, outgoing what,
                                       std::chrono::milliseconds after);
  static awaitable<void> flush_later(std::shared_ptr<event_sender> self, std::shared_ptr<portal> from);
  static awaitable<void> work(std::shared_ptr<event_sender> self);

  executor ex_;
  std::shared_ptr<http_client> http_;
  double speed_;
  std::string base_url_;
  std::deque<job> queue_;
  std::map<portal*, std::vector<outgoing>> held_;
  std::size_t running_{0};
};

} // namespace waybill::sandbox
