#include <sandbox/events.hpp>
#include <waybill/stand_in.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::size_t most_senders = 8;

std::string host_of(std::string_view url) {
  const auto begin = url.find("://");
  return std::string(begin == std::string_view::npos ? url : url.substr(begin + 3));
}

std::string joined_scopes(const portal& p) {
  std::string out;
  for (const auto& s : p.how.scopes) out += (out.empty() ? "" : ",") + s;
  return out;
}

std::int64_t unix_now(const portal& p) {
  return std::chrono::floor<std::chrono::seconds>(p.clock()).time_since_epoch().count();
}

void add_tokens(form_fields& f, const rest_context& ctx, const std::string& access, std::int64_t user_id) {
  const auto& p = *ctx.at;
  f.emplace_back("auth[access_token]", access);
  f.emplace_back("auth[expires]", std::to_string(unix_now(p) + p.how.token_lifetime_s));
  f.emplace_back("auth[expires_in]", std::to_string(p.how.token_lifetime_s));
  f.emplace_back("auth[scope]", joined_scopes(p));
  f.emplace_back("auth[domain]", host_of(ctx.base_url));
  f.emplace_back("auth[server_endpoint]", ctx.client_endpoint());
  f.emplace_back("auth[status]", "L");
  f.emplace_back("auth[client_endpoint]", ctx.client_endpoint());
  f.emplace_back("auth[member_id]", p.member_id);
  f.emplace_back("auth[user_id]", std::to_string(user_id));
}

} // namespace

std::string event_body(const rest_context& ctx, const outgoing& what, const subscription& to) {
  auto& p = *ctx.at;
  form_fields f{{"event", what.name}, {"event_handler_id", std::to_string(to.handler_id)}};
  const bool test = what.name == "ONAPPTEST";
  if (!test) f.emplace_back("data[FIELDS][ID]", std::to_string(what.deal));
  const std::string part = test ? "data[QUERY][" : "data[FIELDS][";
  for (const auto& [name, value] : what.more) f.emplace_back(part + name + "]", value);
  f.emplace_back("ts", std::to_string(unix_now(p)));
  if (to.application && what.user != 0) {
    auto tokens = p.issue_tokens(what.user);
    p.refresh_tokens.erase(tokens.refresh); // events of this kind carry none
    add_tokens(f, ctx, tokens.access, what.user);
  } else {
    f.emplace_back("auth[domain]", host_of(ctx.base_url));
    f.emplace_back("auth[client_endpoint]", ctx.client_endpoint());
    f.emplace_back("auth[server_endpoint]", ctx.client_endpoint());
    f.emplace_back("auth[member_id]", p.member_id);
  }
  f.emplace_back("auth[application_token]", to.application_token);
  return encode_form(f);
}

std::string robot_body(const rest_context& ctx, const outgoing& what) {
  form_fields f{{"document_id[0]", "crm"},
                {"document_id[1]", "CCrmDocumentDeal"},
                {"document_id[2]", fmt::format("DEAL_{}", what.deal)},
                {"auth[domain]", host_of(ctx.base_url)},
                {"auth[client_endpoint]", ctx.client_endpoint()},
                {"auth[server_endpoint]", ctx.client_endpoint()},
                {"auth[member_id]", ctx.at->member_id}};
  return encode_form(f);
}

std::string install_body(const rest_context& ctx, const portal::token_pair& tokens) {
  form_fields f{{"event", "ONAPPINSTALL"}, {"data[VERSION]", "1"},      {"data[ACTIVE]", "Y"},
                {"data[INSTALLED]", "Y"},  {"data[LANGUAGE_ID]", "ru"}, {"ts", std::to_string(unix_now(*ctx.at))}};
  add_tokens(f, ctx, tokens.access, tokens.user);
  f.emplace_back("auth[application_token]", ctx.at->application_token);
  f.emplace_back("auth[refresh_token]", tokens.refresh);
  return encode_form(f);
}

std::string application_event_body(const rest_context& ctx, const std::string& event, form_fields data) {
  form_fields f{{"event", event}};
  for (auto& member : data) f.push_back(std::move(member));
  f.emplace_back("ts", std::to_string(unix_now(*ctx.at)));
  f.emplace_back("auth[domain]", host_of(ctx.base_url));
  f.emplace_back("auth[server_endpoint]", ctx.client_endpoint());
  f.emplace_back("auth[client_endpoint]", ctx.client_endpoint());
  f.emplace_back("auth[member_id]", ctx.at->member_id);
  f.emplace_back("auth[application_token]", ctx.at->application_token);
  return encode_form(f);
}

std::string app_robot_body(const rest_context& ctx, const outgoing& what) {
  auto& p = *ctx.at;
  const auto run = std::ranges::find(p.robot_runs, what.name, &robot_run::token);
  if (run == p.robot_runs.end()) return {};
  form_fields f{{"workflow_id", run->token.substr(0, run->token.find('|'))},
                {"code", run->code},
                {"document_id[0]", "crm"},
                {"document_id[1]", "CCrmDocumentDeal"},
                {"document_id[2]", fmt::format("DEAL_{}", run->deal)},
                {"document_type[0]", "crm"},
                {"document_type[1]", "CCrmDocumentDeal"},
                {"document_type[2]", "DEAL"},
                {"event_token", run->token}};
  for (const auto& [name, value] : run->properties)
    f.emplace_back(fmt::format("properties[{}]", std::string_view(name)), php::scalar(value).value_or(""));
  f.emplace_back("use_subscription", run->awaited ? "Y" : "N");
  f.emplace_back("timeout_duration", "0");
  f.emplace_back("ts", std::to_string(unix_now(p)));
  const auto tokens = p.issue_tokens(what.user == 0 ? 1 : what.user);
  add_tokens(f, ctx, tokens.access, tokens.user);
  f.emplace_back("auth[application_token]", p.application_token);
  f.emplace_back("auth[refresh_token]", tokens.refresh);
  return encode_form(f);
}

event_sender::event_sender(executor ex, std::shared_ptr<http_client> http, double speed)
    : ex_(std::move(ex)), http_(std::move(http)), speed_(std::max(speed, 0.001)) {}

void event_sender::post(std::shared_ptr<portal> from, outgoing what) {
  // What waits to be fetched is not lost on the way.
  keep_offline(*from, what);
  auto& how = from->how;
  if (how.lose_events > 0) {
    --how.lose_events;
    ++from->stats.events_lost;
    return;
  }
  int copies = 1;
  if (how.double_events > 0) {
    --how.double_events;
    copies = 2;
  }
  for (int i = 0; i < copies; ++i) {
    if (how.reorder_window > 1) {
      auto& held = held_[from.get()];
      held.push_back(what);
      if (held.size() == 1) spawn(ex_, "sandbox.reorder", flush_later(shared_from_this(), from));
      if (std::cmp_greater_equal(held.size(), how.reorder_window)) flush(from);
    } else if (how.event_delay.count() > 0) {
      spawn(ex_, "sandbox.delay", release_later(shared_from_this(), from, what, how.event_delay));
    } else {
      release(from, what);
    }
  }
}

void event_sender::flush(const std::shared_ptr<portal>& from) {
  auto held = std::exchange(held_[from.get()], {});
  held_.erase(from.get());
  for (auto it = held.rbegin(); it != held.rend(); ++it) release(from, std::move(*it));
}

awaitable<void> event_sender::release_later(std::shared_ptr<event_sender> self, std::shared_ptr<portal> from,
                                            outgoing what, std::chrono::milliseconds after) {
  co_await sleep_for(scaled(after, self->speed_));
  self->release(std::move(from), std::move(what));
}

// A window that never fills is sent after a second.
awaitable<void> event_sender::flush_later(std::shared_ptr<event_sender> self, std::shared_ptr<portal> from) {
  co_await sleep_for(scaled(std::chrono::seconds(1), self->speed_));
  self->flush(from);
}

void event_sender::release(std::shared_ptr<portal> from, outgoing what) {
  if (what.what == outgoing::sort::robot) {
    const auto url = what.url;
    push({std::move(from), url, [what = std::move(what)](const rest_context& ctx) { return robot_body(ctx, what); }});
    return;
  }
  if (what.what == outgoing::sort::app_robot) {
    const auto url = what.url;
    push({std::move(from), url,
          [what = std::move(what)](const rest_context& ctx) { return app_robot_body(ctx, what); }});
    return;
  }
  for (const auto& s : from->subscriptions) {
    if (s.offline || !s.events.contains(what.name)) continue;
    push({from, s.url, [what, s](const rest_context& ctx) { return event_body(ctx, what, s); }});
  }
}

void event_sender::send_install(std::shared_ptr<portal> from, std::string url, portal::token_pair tokens) {
  push({std::move(from), std::move(url),
        [tokens = std::move(tokens)](const rest_context& ctx) { return install_body(ctx, tokens); }});
}

void event_sender::send_form(std::shared_ptr<portal> from, std::string url, std::string body) {
  push({std::move(from), std::move(url), [body = std::move(body)](const rest_context&) { return body; }});
}

void event_sender::push(job j) {
  queue_.push_back(std::move(j));
  if (running_ == most_senders || !http_) return;
  ++running_;
  spawn(ex_, "sandbox.events", work(shared_from_this()));
}

awaitable<void> event_sender::work(std::shared_ptr<event_sender> self) {
  while (!self->queue_.empty()) {
    job j = std::move(self->queue_.front());
    self->queue_.pop_front();
    const rest_context ctx{j.from, j.from->id, self->base_url_, self->speed_, {}};
    http_request rq;
    rq.method = "POST";
    rq.url = j.url;
    rq.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    rq.headers.emplace_back("User-Agent", "Bitrix24 Webhook Engine");
    rq.body = j.body(ctx);
    rq.label = "sandbox.event";
    auto answer = co_await self->http_->send(std::move(rq));
    ++j.from->stats.events_sent;
    if (!answer || answer->status < 200 || answer->status > 299) ++j.from->stats.events_failed; // and that was it
  }
  --self->running_;
}

} // namespace waybill::sandbox
