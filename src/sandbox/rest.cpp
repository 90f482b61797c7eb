#include <sandbox/rest.hpp>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::string lower(std::string s) {
  std::ranges::transform(s, s.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return s;
}

std::vector<std::string> segments_of(std::string_view tail) {
  std::vector<std::string> out;
  while (!tail.empty()) {
    const auto end = std::min(tail.find('/'), tail.size());
    if (end > 0) out.push_back(php::url_decode(tail.substr(0, end)));
    tail.remove_prefix(std::min(end + 1, tail.size()));
  }
  return out;
}

bool is_number(std::string_view s) {
  return !s.empty() && s.size() < 12 && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

// One end of a request's stay, for the count of parallel ones.
class visit {
 public:
  explicit visit(std::shared_ptr<portal> p) : portal_(std::move(p)) {
    auto& s = portal_->stats;
    ++s.requests;
    s.max_parallel = std::max(s.max_parallel, ++s.parallel);
  }
  ~visit() { --portal_->stats.parallel; }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;

 private:
  std::shared_ptr<portal> portal_;
};

struct address {
  std::string method; // lower case, without .json
  std::string user, code;
  bool by_webhook{false};
};

std::optional<address> address_of(std::string_view tail) {
  auto parts = segments_of(tail);
  if (parts.empty() || parts[0] != "rest") return {};
  address a;
  std::string name;
  if (parts.size() == 4 && is_number(parts[1])) {
    a.by_webhook = true;
    a.user = parts[1];
    a.code = parts[2];
    name = parts[3];
  } else if (parts.size() == 2) {
    name = parts[1];
  } else {
    return {};
  }
  name = lower(std::move(name));
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  a.method = std::move(name);
  return a;
}

std::expected<caller, rest_error> authenticate(portal& p, const address& a, const json::object& params) {
  const auto refuse = [](const char* code, const char* text) {
    return std::unexpected(rest_error{401, json::value(code), text});
  };
  if (a.by_webhook) {
    const auto user_id = json::as_integer(json::value(a.user)).value_or(0);
    const bool known = std::ranges::find(p.users, user_id, &user::id) != p.users.end();
    if (!known || a.code != p.how.webhook_code) return refuse("INVALID_CREDENTIALS", "Invalid request credentials");
    return caller{user_id, false, "webhook " + a.user};
  }
  const auto* given = params.if_contains("auth");
  const auto text = given == nullptr ? std::string{} : php::scalar(*given).value_or("");
  if (text.empty()) return refuse("NO_AUTH_FOUND", "Wrong authorization data");
  const auto it = p.access_tokens.find(text);
  if (it == p.access_tokens.end()) return refuse("invalid_token", "Unable to get application by token");
  if (it->second.expires <= p.clock()) return refuse("expired_token", "The access token provided has expired.");
  return caller{it->second.user, true, "application"};
}

std::string source_of(const http_request& request) {
  // One bucket an address: a port behind it would make a bucket a connection.
  const auto colon = request.peer.rfind(':');
  return colon != std::string::npos && request.peer.find(':') == colon ? request.peer.substr(0, colon) : request.peer;
}

void drop_auth(json::object& params) { params.erase("auth"); }

double seconds_since_epoch(instant at) { return static_cast<double>(at.time_since_epoch().count()) / 1000.0; }

json::value decimal_of(double d) { return json::decimal(fmt::format("{:.6f}", d)); }

// The outer `time` of a batch: nothing is counted for it.
json::object plain_time(instant start, instant finish) {
  const auto s = seconds_since_epoch(start), f = seconds_since_epoch(finish);
  return {{"start", decimal_of(s)},
          {"finish", decimal_of(f)},
          {"duration", decimal_of(f - s)},
          {"processing", decimal_of(f - s)},
          {"date_start", portal_time(start)},
          {"date_finish", portal_time(finish)},
          {"operating", 0}};
}

// What may happen to a request before its work: the answer that replaces it.
std::optional<http_response> early_fault(const rest_context& ctx, const http_request& request,
                                         const std::vector<std::string>& methods, std::string_view tail) {
  auto& p = *ctx.at;
  if (const auto f = take_fault(p, methods, "down"))
    return f->status == 0 ? closed_connection() : html_page(f->status, "Service unavailable");
  if (take_fault(p, methods, "garbage")) {
    http_response r;
    r.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    r.body = "{\"result\":{\"item\":{\"id\":7,\"title\":\"<b>Fatal error</b>: Allowed memory size of";
    return r;
  }
  if (const auto f = take_fault(p, methods, "rename")) {
    auto r = html_page(302, "Moved");
    const auto query = request.query.empty() ? std::string{} : "?" + request.query;
    r.headers.emplace_back("Location", fmt::format("{}/bitrix24/{}/{}{}", ctx.base_url, f->to, tail, query));
    return r;
  }
  // A storm over everything hits the request; one over a single method shows inside its batch.
  const std::vector<std::string> called{methods.front()};
  if (take_fault(p, called, "error")) return rest_failure(p, {500, "INTERNAL_SERVER_ERROR", "Internal server error"});
  return {};
}

} // namespace

json::object request_parameters(const http_request& request) {
  auto params = php::parse_str(request.query);
  const auto* type = find_header(request.headers, "Content-Type");
  auto media = lower(type == nullptr ? std::string{} : type->substr(0, type->find(';')));
  while (!media.empty() && media.back() == ' ') media.pop_back();
  json::object body;
  if (media == "application/json") {
    // Broken JSON is no error here: there are simply no parameters.
    if (auto parsed = json::parse(request.body, std::size_t{64} << 20U)) {
      // Only the members are made PHP arrays of: the top level is a map of parameters.
      if (auto* o = parsed->if_object())
        for (auto& member : *o) body[member.key()] = php::normalised(std::move(member.value()));
    }
  } else {
    body = php::parse_str(request.body);
  }
  for (auto& member : body) params[member.key()] = std::move(member.value());
  return params;
}

std::optional<fault_rule> take_fault(portal& p, const std::vector<std::string>& methods, std::string_view kind) {
  std::erase_if(p.faults, [&](const fault_rule& f) { return f.count == 0 || (f.until && *f.until <= p.clock()); });
  for (auto& f : p.faults) {
    if (f.kind != kind) continue;
    if (f.method != "*" && std::ranges::find(methods, f.method) == methods.end()) continue;
    if (f.count > 0) --f.count;
    return f;
  }
  return {};
}

http_response rest_answer(const json::object& body, int status) {
  http_response r;
  r.status = status;
  r.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  r.body = json::serialize(body);
  return r;
}

http_response rest_failure(portal& p, const rest_error& e) {
  ++p.stats.errors[php::scalar(e.code).value_or("")];
  return rest_answer({{"error", e.code}, {"error_description", e.text}}, e.status);
}

http_response html_page(int status, std::string_view title) {
  http_response r;
  r.status = status;
  r.headers.emplace_back("Content-Type", "text/html");
  r.body = fmt::format(
      "<html><head><title>{0} {1}</title></head><body><center><h1>{0} {1}</h1></center><hr>nginx</body></html>", status,
      title);
  return r;
}

http_response closed_connection() {
  http_response r;
  r.status = 0;
  return r;
}

awaitable<command_result> run_command(rest_context ctx, caller who, std::string name, json::object params,
                                      double remaining_ms) {
  command_result r;
  portal& p = *ctx.at; // ctx keeps it
  const auto* m = find_method(name);
  if (m == nullptr) {
    r.out = refused("ERROR_METHOD_NOT_FOUND", "Method not found!", 404);
    co_return r;
  }
  if (m->application_only && !who.application) {
    r.out = refused("WRONG_AUTH_TYPE",
                    "Current authorization type is denied for this method Application context required", 403);
    co_return r;
  }
  if (!m->scope.empty() && !p.how.scopes.contains(std::string(m->scope))) {
    r.out =
        refused("insufficient_scope", "The request requires higher privileges than provided by the access token", 403);
    co_return r;
  }
  const std::string key = who.key + ' ' + std::string(m->name);
  if (p.how.operating_limit_s > 0 && p.operating[key].used(p.clock()) > p.how.operating_limit_s) {
    ++p.stats.refused_429;
    r.out = refused("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429);
    co_return r;
  }
  const auto special = p.how.method_ms.find(std::string(m->name));
  double ms = special != p.how.method_ms.end() ? special->second
              : m->cost == effort::read        ? p.how.read_ms
                                               : p.how.write_ms;
  const std::vector<std::string> names{std::string(m->name)};
  if (const auto late = take_fault(p, names, "latency")) ms += static_cast<double>(late->latency.count());
  r.cut = ms > remaining_ms;
  r.spent_ms = std::min(ms, remaining_ms);
  const auto start = p.clock();
  const auto pause = std::chrono::milliseconds(static_cast<std::int64_t>(r.spent_ms / std::max(ctx.speed, 0.001)));
  if (pause.count() > 0) co_await sleep_for(pause);
  const double seconds = r.spent_ms / 1000.0;
  p.operating[key].spend(p.clock(), seconds);
  p.stats.operating[std::string(m->name)] += seconds;
  if (r.cut) co_return r;
  ++p.stats.commands[std::string(m->name)];
  if (m->slow != nullptr) {
    r.out = co_await m->slow(ctx, who, params);
  } else {
    const call c{p, who, params, ctx.base_url};
    r.out = m->run(c);
  }
  const auto begin = seconds_since_epoch(start);
  r.time = {{"start", decimal_of(begin)},       {"finish", decimal_of(begin + seconds)},
            {"duration", decimal_of(seconds)},  {"processing", decimal_of(seconds)},
            {"date_start", portal_time(start)}, {"date_finish", portal_time(p.clock())}};
  const auto& meter = p.operating[key];
  if (const auto reset = meter.reset_at(p.clock()); reset != 0) r.time["operating_reset_at"] = reset;
  r.time["operating"] = decimal_of(meter.used(p.clock()));
  co_return r;
}

awaitable<http_response> serve_portal(rest_context ctx, http_request request, std::string tail) {
  portal& p = *ctx.at;
  const visit here(ctx.at);
  if (tail.starts_with("oauth/token")) {
    const std::vector<std::string> token_method{"oauth.token"};
    if (auto replaced = early_fault(ctx, request, token_method, tail)) co_return std::move(*replaced);
    auto answer = serve_oauth(ctx, request);
    co_return answer;
  }
  const auto where = address_of(tail);
  if (!where) co_return html_page(404, "Not Found");
  auto params = request_parameters(request);
  std::vector<std::string> methods{where->method};
  const bool batch = where->method == "batch";
  if (batch)
    for (auto& name : batch_methods(params)) methods.push_back(std::move(name));
  if (auto replaced = early_fault(ctx, request, methods, tail)) co_return std::move(*replaced);
  // Slowness of a single method is part of its execution time; that of "batch" and "*" delays the whole request.
  if (batch) {
    const std::vector<std::string> whole{"batch"};
    const auto late = take_fault(p, whole, "latency");
    if (late)
      co_await sleep_for(
          std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(late->latency.count()) / ctx.speed)));
  }
  if (!p.buckets[source_of(request)].admit(p.clock(), p.how.requests_per_second, p.how.burst)) {
    ++p.stats.refused_503;
    co_return rest_failure(p, {503, "QUERY_LIMIT_EXCEEDED", "Too many requests"});
  }
  const auto who = authenticate(p, *where, params);
  if (!who) co_return rest_failure(p, who.error());
  drop_auth(params);
  const auto start = p.clock();
  http_response answer;
  if (batch) {
    ++p.stats.batches;
    auto done = co_await run_batch(ctx, *who, std::move(params));
    json::object body{{"result", std::move(done.result)}, {"time", plain_time(start, p.clock())}};
    answer = done.cut ? html_page(504, "Gateway Time-out") : rest_answer(body);
  } else {
    auto done = co_await run_command(ctx, *who, where->method, std::move(params), p.how.cut_s * 1000);
    if (done.cut) {
      answer = html_page(504, "Gateway Time-out");
    } else if (done.out.error) {
      answer = rest_failure(p, *done.out.error);
    } else {
      json::object body{{"result", std::move(done.out.result)}};
      if (done.out.next) body["next"] = *done.out.next;
      if (done.out.total) body["total"] = *done.out.total;
      body["time"] = std::move(done.time);
      answer = rest_answer(body);
    }
  }
  if (take_fault(p, methods, "lost_answer")) co_return closed_connection();
  co_return answer;
}

} // namespace waybill::sandbox
