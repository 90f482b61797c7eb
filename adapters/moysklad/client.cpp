#include "client.hpp"

#include "wire.hpp"

#include <waybill/log.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace waybill::moysklad {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

std::string authorization_of(const settings& how) {
  if (!how.token.empty()) return "Bearer " + how.token.reveal();
  return "Basic " + base64(how.login + ":" + how.password.reveal());
}

// The same for identical requests; the body only as a number, for it holds customers' data.
std::string name_of(const call& c, const std::string& body) {
  return fmt::format("{} {}?{} {:x}", c.method, c.path, c.query, std::hash<std::string>{}(body));
}

} // namespace

class client::turn {
 public:
  explicit turn(client& owner) : owner_(&owner) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() { end(nullptr); }
  void end(const http_response* answer) {
    if (owner_ == nullptr) return;
    owner_->allowance_.leave(steady::now(), answer);
    owner_->freed_.notify_all();
    owner_ = nullptr;
  }

 private:
  client* owner_;
};

client::client(settings how, std::shared_ptr<http_client> http, executor ex, pacing pace)
    : how_(std::move(how)), http_(std::move(http)), pace_(pace), authorization_(authorization_of(how_)),
      allowance_(allowance::limits{how_.requests_per_3s, how_.parallel, pace.window}), freed_(std::move(ex)) {}

awaitable<result<void>> client::wait_for_turn() {
  const auto until = steady::now() + pace_.longest_wait;
  for (;;) {
    const auto wait = allowance_.enter(steady::now());
    if (wait == 0ms) co_return result<void>{};
    if (steady::now() + (allowance_.in_flight() > 0 ? 0ms : wait) > until)
      co_return fail(errc::throttled, "too many requests to MoySklad wait already", "moysklad.queue", wait);
    co_await freed_.wait(wait);
  }
}

http_request client::request_of(const call& c) const {
  http_request rq;
  rq.method = c.method;
  rq.url = how_.base_url + c.path;
  if (!c.query.empty()) rq.url += "?" + c.query;
  rq.headers.emplace_back("Authorization", authorization_);
  rq.headers.emplace_back("Accept-Encoding", "gzip"); // without it there is no answer at all
  rq.headers.emplace_back("Accept", "application/json;charset=utf-8");
  if (c.kind == call_kind::change) {
    rq.headers.emplace_back("Content-Type", "application/json");
    // Our own changes would come back to us as news.
    if (!how_.webhook_url.empty()) rq.headers.emplace_back("X-Lognex-WebHook-DisableByPrefix", how_.webhook_url);
  }
  if (!c.body.is_null()) rq.body = json::serialize(c.body);
  rq.timeout = c.timeout;
  rq.max_response_bytes = c.max_bytes;
  rq.idempotent = c.repeatable;
  rq.label = "moysklad." + c.operation;
  return rq;
}

std::string client::followed(const http_response& answer) const {
  if (answer.status != 308 && answer.status != 301) return {};
  const std::string* location = find_header(answer.headers, "Location");
  if (location == nullptr || location->size() > 1000) return {};
  const std::string_view to = *location;
  // Only the path counts: requests and credentials go where base_url says.
  for (const std::string_view root : {wire::public_root, std::string_view(how_.base_url)})
    if (to.starts_with(root) && to.substr(root.size()).starts_with("/entity/"))
      return std::string(to.substr(root.size()));
  return {};
}

awaitable<result<json::value>> client::ask(call c) {
  for (int hops = 0, slowed = 0;;) {
    http_request rq = request_of(c);
    const std::string name = name_of(c, rq.body);
    const std::string entity = c.method == "PUT" ? c.path : std::string();
    if (auto objection = breaker_.objection(name, entity, steady::now())) co_return fail(std::move(*objection));
    auto admitted = co_await wait_for_turn();
    if (!admitted) co_return fail(admitted.error());
    turn mine(*this);
    breaker_.sent(entity, steady::now());
    auto answer = co_await http_->send(std::move(rq));
    mine.end(answer ? &*answer : nullptr);
    if (!answer) {
      fault f = of_transport(answer.error(), c.kind);
      breaker_.failed(name, f, steady::now());
      co_return fail(std::move(f));
    }
    if (std::string to = followed(*answer); !to.empty() && hops++ == 0) {
      const auto question = std::min(to.find('?'), to.size());
      c.path = to.substr(0, question);
      c.query = question < to.size() ? to.substr(question + 1) : c.query;
      continue;
    }
    if (answer->status < 200 || answer->status > 299) {
      fault f = fault_from(*answer, c.kind);
      breaker_.failed(name, f, steady::now());
      if (f.peer_code == "1056" || f.peer_code == "http_401")
        log::error("MoySklad refuses the credentials: no more requests for a while", {{"code", f.peer_code}});
      // Turned away at the door, so nothing was done: once more, when the pause that it asked for is over.
      if (f.code == errc::throttled && answer->status == 429 && slowed++ == 0) continue;
      co_return fail(std::move(f));
    }
    breaker_.succeeded(name);
    if (answer->body.empty()) co_return json::value();
    auto body = json::parse(answer->body, c.max_bytes);
    if (!body) {
      if (c.kind == call_kind::change)
        co_return fail(errc::outcome_unknown, "MoySklad took the change, but its answer is unreadable");
      co_return fail(errc::unavailable, "MoySklad's answer is no JSON", "moysklad.garbage");
    }
    co_return std::move(*body);
  }
}

} // namespace waybill::moysklad
