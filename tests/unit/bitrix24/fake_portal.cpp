#include "fake_portal.hpp"

#include "php.hpp"

#include <waybill/json.hpp>

#include <algorithm>

namespace waybill::test {

namespace bj = boost::json;

portal_reply replied(bj::value result) {
  portal_reply r;
  r.result = std::move(result);
  return r;
}

portal_reply refused(std::string error, std::string description, int status) {
  portal_reply r;
  r.failed = true;
  r.error = std::move(error);
  r.description = std::move(description);
  r.status = status;
  return r;
}

http_response plain_answer(int status, std::string body, std::string type) {
  http_response r;
  r.status = status;
  r.headers.emplace_back("Content-Type", std::move(type));
  r.body = std::move(body);
  return r;
}

namespace {

bj::object time_of(const portal_reply& r, double seconds) {
  bj::object t{{"start", 1}, {"duration", seconds}, {"operating", r.operating}};
  if (r.reset_at > 0) t["operating_reset_at"] = r.reset_at;
  return t;
}

bj::object error_of(const portal_reply& r) { return {{"error", r.error}, {"error_description", r.description}}; }

// PHP prints an empty map as [].
bj::value map_of(bj::object o) { return o.empty() ? bj::value(bj::array{}) : bj::value(std::move(o)); }

} // namespace

portal_reply fake_portal::run(const portal_command& c) {
  commands.push_back(c);
  const auto it = methods.find(c.method);
  return it == methods.end() ? otherwise(c) : it->second(c);
}

http_response fake_portal::answer(const http_request& rq) {
  const auto slash = rq.url.rfind('/');
  auto method = rq.url.substr(slash + 1);
  if (method.ends_with(".json")) method.resize(method.size() - 5);
  auto body = bj::parse(rq.body).as_object();
  bodies.push_back(body);
  if (method != "batch") {
    portal_command c{method, body, false};
    const auto r = run(c);
    sizes_.push_back(1);
    if (r.failed) return plain_answer(r.status, bj::serialize(error_of(r)));
    bj::object out{{"result", r.result}, {"time", time_of(r, seconds)}};
    if (r.total > 0) out["total"] = r.total;
    if (r.next > 0) out["next"] = r.next;
    return plain_answer(200, bj::serialize(out));
  }
  bj::object results, errors, totals, nexts, times;
  const auto& cmd = body.at("cmd").as_object();
  sizes_.push_back(cmd.size());
  for (const auto& m : cmd) {
    auto [name, params] = php_command(std::string_view(m.value().as_string()));
    portal_command c{name, params, true};
    const auto r = run(c);
    if (r.skipped) continue;
    if (r.failed) {
      errors[m.key()] = error_of(r);
    } else {
      results[m.key()] = r.result;
      if (r.total > 0) totals[m.key()] = r.total;
      if (r.next > 0) nexts[m.key()] = r.next;
      times[m.key()] = time_of(r, seconds);
    }
  }
  bj::object inner;
  inner["result"] = map_of(std::move(results));
  inner["result_error"] = map_of(std::move(errors));
  inner["result_total"] = map_of(std::move(totals));
  inner["result_next"] = map_of(std::move(nexts));
  inner["result_time"] = map_of(std::move(times));
  bj::object out;
  out["result"] = std::move(inner);
  out["time"] = bj::object{{"start", 1}, {"duration", seconds}};
  return plain_answer(200, bj::serialize(out));
}

awaitable<result<http_response>> fake_portal::send(http_request rq) {
  requests.push_back(rq);
  most_at_once = std::max(most_at_once, ++at_once);
  co_await sleep_for(std::chrono::milliseconds(0));
  ++waiting;
  while (closed) co_await sleep_for(std::chrono::milliseconds(1));
  --waiting;
  --at_once;
  if (first_look)
    if (auto early = first_look(rq)) co_return std::move(*early);
  if (!scripted.empty()) {
    auto next = std::move(scripted.front());
    scripted.pop_front();
    co_return next;
  }
  co_return answer(rq);
}

std::vector<portal_command> fake_portal::calls_of(const std::string& method) const {
  std::vector<portal_command> out;
  std::ranges::copy_if(commands, std::back_inserter(out), [&](const auto& c) { return c.method == method; });
  return out;
}

config::portal webhook_portal() {
  config::portal p;
  p.id = "main";
  p.webhook_url = secret("https://shop.bitrix24.ru/rest/1/s3cr3tc0de/");
  return p;
}

config::portal oauth_portal() {
  config::portal p;
  p.id = "main";
  p.client_id = "local.abc.1";
  p.client_secret = secret("hush");
  p.domain = "shop.bitrix24.ru";
  return p;
}

awaitable<result<std::optional<bitrix24::tokens>>> fake_tokens::load(std::string) {
  ++loads;
  co_return kept;
}
awaitable<result<bool>> fake_tokens::replace(std::string, std::string old_refresh, bitrix24::tokens fresh) {
  ++replaces;
  co_await sleep_for(std::chrono::milliseconds(1));
  if (failing_replaces > 0) {
    --failing_replaces;
    co_return fail(errc::unavailable, "down");
  }
  if (!kept || kept->refresh != old_refresh) co_return false;
  kept = fresh;
  log.push_back("stored " + fresh.access);
  co_return true;
}
awaitable<result<bool>> fake_tokens::lock_refresh(std::string, std::chrono::milliseconds) {
  ++locks;
  co_return !std::exchange(locked, true);
}
awaitable<result<void>> fake_tokens::unlock_refresh(std::string) {
  locked = false;
  co_return result<void>{};
}

} // namespace waybill::test
