#include <bitrix24/command.hpp>
#include <bitrix24/lanes.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <exception>

#include <boost/asio/post.hpp>

namespace waybill::bitrix24 {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t most_commands = 50; // the portal's own limit
constexpr std::size_t most_batch_bytes = 512 * 1024;
constexpr std::size_t most_variables = 900;           // PHP reads 1000 of a query and drops the rest silently
constexpr int most_in_flight = 4, most_of_a_kind = 3; // one place is always left for the other kind
constexpr milliseconds patience{60'000};
constexpr milliseconds operating_look{1'000};

fault too_long(milliseconds wait) {
  fault f;
  f.code = errc::throttled;
  f.what = "the portal's limits leave no room for this call in time";
  f.retry_after = wait;
  return f;
}

} // namespace

void pacer::took(std::size_t commands, double seconds) {
  if (commands == 0 || seconds <= 0) return;
  const double each = seconds / static_cast<double>(commands);
  each_s_ = each_s_ == 0 ? each : std::max(each, each_s_ * 0.7 + each * 0.3); // slow at once, fast only by and by
  const auto fits = static_cast<std::size_t>(std::clamp(target_s_ / each_s_, 1.0, static_cast<double>(most_)));
  size_ = std::min(fits, size_ * 2);
}

void pacer::lost() { size_ = std::max<std::size_t>(1, size_ / 2); }

lanes::lanes(executor ex, std::string portal, std::shared_ptr<transport> wire,
             std::shared_ptr<limits::bucket> intensity, std::shared_ptr<limits::operating_budget> operating)
    : ex_(std::move(ex)), portal_(std::move(portal)), wire_(std::move(wire)), intensity_(std::move(intensity)),
      operating_(std::move(operating)), reads_(ex_, effect::read, most_commands, 25),
      writes_(ex_, effect::write, 15, 20) {}

command_ptr lanes::make(std::string method, boost::json::object params, effect e) const {
  auto c = std::make_shared<command>(ex_);
  c->method = std::move(method);
  c->params = std::move(params);
  c->kind = e;
  c->deadline = steady::now() + patience;
  return c;
}

awaitable<result<answer>> lanes::run(std::shared_ptr<lanes> self, command_ptr c) {
  auto& l = self->of(c->kind);
  l.queue.push_back(c);
  self->push(c);
  if (!c->outcome) co_await c->wake.async_wait(as_result);
  if (!c->outcome) {
    c->gone = true;
    l.changed.notify_all();
    const bool unclear = c->sent && c->kind == effect::write;
    co_return fail(unclear ? errc::outcome_unknown : errc::cancelled, "cancelled while the portal was asked");
  }
  co_return std::move(*c->outcome);
}

// Makes sure that somebody looks at the queue in which `c` stands.
void lanes::push(const command_ptr& c) {
  auto& l = of(c->kind);
  if (std::exchange(l.pumping, true)) l.changed.notify_all();
  else spawn(ex_, "bitrix24.lane", pump(shared_from_this(), &l));
}

// Takes out who no longer waits, and who has waited for too long.
void lanes::sweep(lane& l) {
  const auto now = steady::now();
  std::erase_if(l.held, [&](const auto& h) { return h.second <= now; });
  for (auto& c : l.queue) {
    if (c->gone) continue;
    const auto held = l.held.find(c->method);
    if (held != l.held.end() && c->deadline <= held->second)
      c->finish(fail(too_long(std::chrono::ceil<milliseconds>(held->second - now))));
    else if (c->deadline <= now) c->finish(fail(too_long(milliseconds(1'000))));
    else continue;
    c->gone = true;
  }
  std::erase_if(l.queue, [](const command_ptr& c) { return c->gone; });
}

// How long until some command may go; nothing: one may go now.
std::optional<milliseconds> lanes::until_eligible(const lane& l) {
  const auto now = steady::now();
  auto soonest = now + std::chrono::hours(1);
  for (const auto& c : l.queue) {
    const auto held = l.held.find(c->method);
    if (held == l.held.end()) return {};
    soonest = std::min({soonest, held->second, c->deadline});
  }
  return std::max(milliseconds(1), std::chrono::ceil<milliseconds>(soonest - now));
}

// Who would wait past his deadline hears it now.
void lanes::refuse_after(lane& l, milliseconds wait, const fault& f) {
  const auto then = steady::now() + wait;
  for (auto& c : l.queue) {
    if (c->deadline > then) continue;
    c->finish(fail(f));
    c->gone = true;
  }
  sweep(l);
}

// Makes the command's parameters and its spelling in a batch; false: it cannot stand in one.
bool lanes::prepare(const command_ptr& c) {
  if (c->make_params) {
    c->params = std::exchange(c->make_params, nullptr)();
    c->encoded.clear();
  }
  if (c->alone) return false;
  if (c->encoded.empty()) {
    c->alone = holds_reference(c->params);
    if (!c->alone) c->encoded = encode_command(c->method, c->params);
    c->alone = c->alone || c->encoded.size() > most_batch_bytes ||
               static_cast<std::size_t>(std::ranges::count(c->encoded, '&')) >= most_variables;
  }
  return !c->alone;
}

// Keeps the lane moving while something stands in it.
awaitable<void> lanes::pump(std::shared_ptr<lanes> self, lane* l) {
  co_await asio::post(self->ex_, asio::use_awaitable); // who calls in this turn still joins
  try {
    co_await drain(self, l);
  } catch (const std::exception& e) {
    log::error("a queue of calls to the portal broke off", {{"portal", self->portal_}, {"what", e.what()}});
    fault f;
    f.what = "the queue of calls to the portal broke off";
    refuse_after(*l, std::chrono::hours(1), f);
  }
  l->pumping = false;
  l->permit = false;
}

awaitable<void> lanes::drain(std::shared_ptr<lanes> self, lane* l) {
  while (true) {
    self->sweep(*l);
    if (l->queue.empty()) break;
    if (const auto wait = self->until_eligible(*l)) {
      co_await l->changed.wait(*wait);
      continue;
    }
    if (l->in_flight >= most_of_a_kind || self->in_flight_ >= most_in_flight) {
      co_await l->changed.wait(milliseconds(1'000));
      continue;
    }
    if (!l->permit && self->intensity_) {
      const auto left = std::chrono::ceil<milliseconds>(l->queue.front()->deadline - steady::now());
      auto permit = co_await self->intensity_->take(left);
      metrics::gauge("waybill_bitrix24_bucket_fill", {{"portal", self->portal_}}, self->intensity_->fill());
      if (!permit) {
        const auto& f = permit.error();
        const bool late = f.code == errc::throttled;
        self->refuse_after(*l, late ? std::max(f.retry_after, left) : std::chrono::hours(1),
                           late ? too_long(f.retry_after) : f);
        continue;
      }
    }
    l->permit = true;
    // While we waited, the other lane may have taken the last place: the permit is kept then.
    if (self->in_flight_ >= most_in_flight) continue;
    ++l->in_flight;
    ++self->in_flight_;
    auto commands = co_await compose(self, l);
    if (commands.empty()) {
      self->landed(*l);
      continue;
    }
    l->permit = false;
    spawn(self->ex_, "bitrix24.send", send(self, l, std::move(commands)));
  }
}

// A place is free again.
void lanes::landed(lane& l) {
  --l.in_flight;
  --in_flight_;
  reads_.changed.notify_all();
  writes_.changed.notify_all();
}

awaitable<lanes::batch> lanes::compose(std::shared_ptr<lanes> self, lane* l) {
  batch taken;
  std::size_t bytes = 0;
  const auto most = std::min(l->pace.size(), most_commands);
  // While we wait for the budget others may come, at both ends: who is taken is marked, and nobody is taken twice.
  const auto take = [&taken](const command_ptr& c) {
    c->sent = true;
    taken.push_back(c);
  };
  for (std::size_t i = 0; i < l->queue.size() && taken.size() < most; ++i) {
    const auto c = l->queue[i];
    if (c->gone || c->sent || l->held.contains(c->method)) continue;
    if (self->operating_) {
      const auto wait = co_await self->operating_->wait_for(c->method);
      if (wait.count() > 0) {
        const auto until = steady::now() + wait;
        l->held[c->method] = until;
        for (auto& other : l->queue) {
          if (other->method != c->method || other->deadline > until) continue;
          other->finish(fail(too_long(wait)));
          other->gone = true;
        }
        continue;
      }
    }
    if (c->gone) continue; // cancelled meanwhile
    if (!prepare(c)) {
      if (taken.empty()) {
        take(c);
        break;
      }
      if (l->kind == effect::write) break; // writes keep their order
      continue;
    }
    if (!taken.empty() && bytes + c->encoded.size() > most_batch_bytes) break;
    bytes += c->encoded.size();
    take(c);
  }
  std::erase_if(l->queue, [](const command_ptr& c) { return c->sent; });
  co_return taken;
}

awaitable<void> lanes::send(std::shared_ptr<lanes> self, lane* l, batch commands) {
  const auto copy = commands;
  try {
    co_await exchange_all(self, l, std::move(commands));
  } catch (const std::exception& e) {
    log::error("a request to the portal broke off", {{"portal", self->portal_}, {"what", e.what()}});
    for (const auto& c : copy)
      c->finish(fail(c->kind == effect::write ? errc::outcome_unknown : errc::internal,
                     "the request to the portal broke off"));
  }
  self->landed(*l);
}

awaitable<void> lanes::exchange_all(std::shared_ptr<lanes> self, lane* l, batch commands) {
  std::string method = "batch";
  boost::json::object body;
  std::vector<std::string> keys;
  if (commands.size() == 1) {
    method = commands.front()->method;
    body = commands.front()->params;
  } else {
    boost::json::object cmd;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      keys.push_back("c" + std::to_string(i));
      cmd[keys.back()] = commands[i]->encoded;
    }
    body["halt"] = 0;
    body["cmd"] = std::move(cmd);
  }
  ++self->counters_.requests;
  self->counters_.commands += commands.size();
  const auto n = static_cast<double>(commands.size());
  const std::string_view kind = l->kind == effect::read ? "read" : "write";
  metrics::count("waybill_bitrix24_requests_total", {{"portal", self->portal_}, {"kind", kind}});
  metrics::count("waybill_bitrix24_commands_total", {{"portal", self->portal_}, {"kind", kind}}, n);

  auto done = co_await transport::post(self->wire_, method, std::move(body), l->kind);
  if (!done) {
    const auto f = done.error();
    // A 503 of the front server is the same limit, without its words.
    if ((f.code == errc::throttled || f.peer_code == "HTTP 503") && self->intensity_) co_await self->intensity_->full();
    if (f.code == errc::timeout || f.code == errc::outcome_unknown) l->pace.lost();
    batch back;
    for (const auto& c : commands) {
      if (f.code == errc::throttled && self->again(c, 5)) back.push_back(c);
      else c->finish(fail(f));
    }
    self->put_back(*l, std::move(back));
    co_return;
  }

  const double told = duration_of(done->body);
  const double seconds = told > 0 ? told : static_cast<double>(done->took.count()) / 1000;
  metrics::observe("waybill_bitrix24_request_seconds", {{"portal", self->portal_}, {"kind", kind}}, seconds);
  peer_error refused;
  if (keys.empty()) {
    auto v = read_single(done->body, done->status);
    if (v.what == verdict::kind::refused) {
      const bool handled = co_await refused_as_a_whole(self, l, commands, v.error);
      if (handled) co_return;
    } else {
      l->pace.took(1, seconds);
    }
    self->settle(commands.front(), std::move(v), false);
    co_return;
  }
  if (read_error(done->body, done->status, refused)) {
    const bool handled = co_await refused_as_a_whole(self, l, commands, refused);
    if (handled) co_return;
    for (const auto& c : commands) c->finish(fail(classify(refused, c->kind == effect::write)));
    co_return;
  }
  auto verdicts = read_batch(done->body, keys);
  if (!verdicts) {
    fault f = verdicts.error();
    if (l->kind == effect::write) f.code = errc::outcome_unknown;
    for (const auto& c : commands) c->finish(fail(f));
    co_return;
  }
  l->pace.took(commands.size(), seconds);
  batch back;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto& c = commands[i];
    auto& v = (*verdicts)[i];
    const bool blocked = v.what == verdict::kind::refused && is_operating_limit(v.error);
    if (blocked && self->operating_) self->operating_->blocked(c->method);
    if (blocked) l->held[c->method] = steady::now() + operating_look;
    // Not executed is as good as never sent: reads are asked again, a write's caller decides.
    const bool missed = v.what == verdict::kind::not_executed && c->kind == effect::read;
    if ((blocked || missed) && self->again(c, missed ? 2 : 5)) back.push_back(c);
    else self->settle(c, std::move(v), true);
  }
  self->put_back(*l, std::move(back));
}

// The limits refuse a request before anything of it is done: its commands wait again.
awaitable<bool> lanes::refused_as_a_whole(std::shared_ptr<lanes> self, lane* l, batch commands, peer_error e) {
  if (is_operating_limit(e)) {
    for (const auto& c : commands) {
      if (self->operating_) self->operating_->blocked(c->method);
      l->held[c->method] = steady::now() + operating_look;
    }
  } else if (is_request_limit(e)) {
    metrics::count("waybill_bitrix24_throttled_total", {{"portal", self->portal_}});
    if (self->intensity_) co_await self->intensity_->full();
  } else {
    co_return false;
  }
  batch back;
  for (const auto& c : commands) {
    if (self->again(c, 5)) back.push_back(c);
    else c->finish(fail(classify(e, c->kind == effect::write)));
  }
  self->put_back(*l, std::move(back));
  co_return true;
}

bool lanes::again(const command_ptr& c, int most) {
  return !c->gone && ++c->attempts <= most && c->deadline > steady::now();
}

void lanes::put_back(lane& l, batch commands) {
  if (commands.empty()) return;
  for (auto& c : commands) c->sent = false;
  l.queue.insert(l.queue.begin(), commands.begin(), commands.end());
  push(commands.front());
}

void lanes::settle(const command_ptr& c, verdict v, bool batched) const {
  const bool write = c->kind == effect::write;
  if (operating_ && v.spent.counted) operating_->report(c->method, v.spent.operating_s, v.spent.reset_at);
  switch (v.what) {
  case verdict::kind::answered: c->finish(std::move(v.got)); return;
  case verdict::kind::refused: {
    c->finish(fail(classify(v.error, write)));
    return;
  }
  case verdict::kind::not_executed:
    if (!batched)
      c->finish(fail(write ? errc::outcome_unknown : errc::protocol,
                     "the portal's answer holds neither a result nor an error"));
    else c->finish(fail(errc::unavailable, "the portal left this command of the batch undone"));
    return;
  }
}

} // namespace waybill::bitrix24
