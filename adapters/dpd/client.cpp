#include "client.hpp"

#include <waybill/json.hpp>
#include <waybill/log.hpp>
#include <waybill/text.hpp>

namespace waybill::dpd {
namespace {

constexpr int calls_at_once = 2, most_strikes = 3;
constexpr std::size_t most_subjects = 1000, most_description = 4 * 1024 * 1024;
constexpr auto description_fresh = std::chrono::hours(24);
constexpr auto description_kept = std::chrono::hours(24 * 60);

} // namespace

client::client(settings how, std::shared_ptr<http_client> http, std::shared_ptr<carrier_cache> cache, executor ex,
               clock_fn clock)
    : how_(std::move(how)), http_(std::move(http)), cache_(std::move(cache)), clock_(clock),
      all_(std::make_shared<gate>(ex, calls_at_once)), inbox_(std::make_shared<gate>(ex, 1)) {}

awaitable<result<http_response>> client::send(http_request rq, bool events) {
  // The inbox first: who waits for it must not hold one of the account's turns meanwhile.
  std::vector<std::shared_ptr<gate>> gates;
  if (events) gates.push_back(inbox_);
  gates.push_back(all_);
  std::vector<std::unique_ptr<turn>> held;
  for (const auto& g : gates) {
    while (g->busy >= g->most) co_await g->free.wait();
    ++g->busy;
    held.push_back(std::make_unique<turn>(g));
  }
  co_return co_await http_->send(std::move(rq));
}

fault client::judged(const call& c, const http_response& answer, const result<soap::message>& said) {
  if (!said || !said->fault) return fault_from(answer, c.about.kind);
  fault f = fault_from(*said->fault, c.about);
  const bool unexplained = f.code == errc::unavailable || f.code == errc::outcome_unknown;
  if (!unexplained || c.subject.empty()) return f;
  if (strikes_.size() >= most_subjects && !strikes_.contains(c.subject)) strikes_.clear();
  if (++strikes_[c.subject] < most_strikes) return f;
  strikes_.erase(c.subject);
  f.code = errc::rejected;
  return f;
}

awaitable<result<answered>> client::ask(call c) {
  std::string space(c.to.space);
  if (space.empty()) {
    auto described = co_await described_space(c.to);
    if (!described) co_return fail(described.error());
    space = std::move(*described);
  }
  http_request rq;
  rq.method = "POST";
  rq.url = how_.base_url + "/" + std::string(c.to.path);
  rq.headers.emplace_back("Content-Type", std::string(soap::content_type));
  rq.headers.emplace_back("SOAPAction", "\"\"");
  rq.headers.emplace_back("Accept", "text/xml");
  rq.body = soap::envelope(space, c.operation, c.body);
  rq.timeout = c.timeout;
  rq.max_response_bytes = c.max_bytes;
  rq.idempotent = c.about.kind == call_kind::read;
  rq.label = "dpd." + c.operation;
  const bool events = c.to.path == wire::events.path;
  auto answer = co_await send(std::move(rq), events);
  if (!answer) co_return fail(of_transport(answer.error(), c.about.kind));

  const bool xml = answer->status == 200 || answer->status == 500;
  soap::bounds most;
  most.bytes = c.max_bytes;
  result<soap::message> said = fail(errc::protocol, "not read");
  if (xml) said = soap::read_message(std::move(answer->body), most);
  if (!said || said->fault || answer->status != 200) co_return fail(judged(c, *answer, said));
  answered out;
  out.response = soap::payload_as(*said, space, c.operation + "Response");
  if (!out.response) {
    if (c.about.kind == call_kind::change)
      co_return fail(errc::outcome_unknown, "DPD answered the change with something else");
    co_return fail(errc::protocol, "DPD's answer is none to " + c.operation);
  }
  if (!c.subject.empty()) strikes_.erase(c.subject);
  out.message = std::move(*said);
  co_return out;
}

awaitable<result<std::string>> client::described_space(wire::service s) {
  const std::string key = "space:" + std::string(s.path);
  std::string had;
  instant read_at{};
  if (cache_ != nullptr) {
    const auto kept = co_await cache_->get(key);
    if (kept && *kept) {
      const auto parsed = json::parse(**kept, 4096);
      if (const auto* o = parsed ? parsed->if_object() : nullptr; o != nullptr) {
        had = json::text_or(*o, "space");
        read_at = instant(std::chrono::milliseconds(json::integer_or(*o, "at")));
      }
    }
  }
  if (!had.empty() && clock_() - read_at < description_fresh) co_return had;
  http_request rq;
  rq.url = how_.base_url + "/" + std::string(s.path) + "?wsdl";
  rq.max_response_bytes = most_description;
  rq.idempotent = true;
  rq.label = "dpd.wsdl";
  auto answer = co_await send(std::move(rq), false);
  fault why;
  std::string space;
  if (!answer) {
    why = of_transport(answer.error(), call_kind::read);
  } else if (answer->status != 200) {
    why = fault_from(*answer, call_kind::read);
  } else {
    soap::bounds most;
    most.bytes = most_description;
    const auto described = soap::parse(std::move(answer->body), most);
    if (described && described->root().name() == "definitions") space = described->root().attribute("targetNamespace");
    why = {errc::unavailable, "DPD's description of " + std::string(s.path) + " is unreadable", {}, {}};
  }
  if (space.empty() && had.empty()) co_return fail(why);
  if (space.empty()) {
    log::warn("a DPD service's description could not be read again", {{"service", s.path}, {"what", why.what}});
    co_return had;
  }
  if (cache_ != nullptr) {
    const json::object o{{"space", space}, {"at", clock_().time_since_epoch().count()}};
    std::string text = json::serialize(o);
    const auto put = co_await cache_->put(key, std::move(text), description_kept);
    if (!put) log::warn("a DPD service's namespace could not be kept", {{"what", put.error().what}});
  }
  co_return space;
}

} // namespace waybill::dpd
