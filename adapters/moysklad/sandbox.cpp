// Routing, credentials, limits, injected faults; and the small services of the world.
#include "sandbox.hpp"

#include "ids.hpp"
#include "sandbox_world.hpp"

#include <waybill/gzip.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace waybill::moysklad {
namespace sandbox {

using namespace std::chrono_literals;

namespace {
constexpr double bucket = 45;        // units
constexpr auto bucket_time = 3000ms; // in which they come back
constexpr int most_parallel = 5;
} // namespace

std::string world::new_uuid() { return random_uuid(random_); }

std::chrono::milliseconds world::scaled(std::chrono::milliseconds d) const { return waybill::scaled(d, context.speed); }

thing* world::find(std::string_view type, std::string_view id) {
  const auto it = tables.find(std::string(type));
  if (it == tables.end()) return nullptr;
  for (thing& t : it->second)
    if (!t.deleted && t.id == lower_ascii(id)) return &t;
  return nullptr;
}

const json::object* world::state_named(std::string_view type, std::string_view name) const {
  const auto it = states.find(std::string(type));
  if (it == states.end()) return nullptr;
  for (const json::object& s : it->second)
    if (json::text_or(s, "name") == name) return &s;
  return nullptr;
}

const json::object* world::state_of(const thing& t) const {
  const std::string id = linked_id(t.body, "state");
  const auto it = states.find(t.type);
  if (id.empty() || it == states.end()) return nullptr;
  for (const json::object& s : it->second)
    if (json::text_or(s, "id") == id) return &s;
  return nullptr;
}

std::int64_t world::take_units(int units) {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double, std::milli> passed = now - refilled_;
  const double per_ms = bucket / static_cast<double>(scaled(bucket_time).count());
  units_ = std::min(bucket, units_ + passed.count() * per_ms);
  refilled_ = now;
  if (units_ < units) return static_cast<std::int64_t>((units - units_) / per_ms) + 1;
  units_ -= units;
  return 0;
}

http_response reply(int status, const json::value& v) { return json_response(status, json::serialize(v)); }

http_response refuse(const problem& p) {
  json::object e{{"error", p.text},
                 {"code", p.code},
                 {"moreInfo", fmt::format("https://dev.moysklad.ru/doc/api/remap/1.2/#error_{}", p.code)}};
  if (!p.parameter.empty()) e["parameter"] = p.parameter;
  json::array all;
  all.push_back(std::move(e));
  return reply(p.status, json::object{{"errors", std::move(all)}});
}

json::object meta_of(std::string_view path, std::string_view type) {
  return json::object{{"href", fmt::format("https://api.moysklad.ru/api/remap/1.2/entity/{}", path)},
                      {"type", type},
                      {"mediaType", "application/json"}};
}

std::string moscow(instant when) { return to_moscow(when); }

} // namespace sandbox

namespace {

using namespace sandbox;

// `parts` is the path below /api/remap/1.2.
struct route {
  std::string operation; // empty: no such thing
  std::vector<std::string> parts;
};

const std::set<std::string, std::less<>> readable{"customerorder", "demand",  "salesreturn", "counterparty",
                                                  "organization",  "store",   "project",     "saleschannel",
                                                  "product",       "variant", "bundle",      "service"};

std::string operation_of(const std::string& type, const std::string& m, std::size_t depth) {
  const bool goods = type == "product" || type == "variant" || type == "bundle" || type == "service";
  if (depth == 3 && m == "GET") return "positions";
  if (type == "webhook") return "keep_webhooks";
  if (type == "customerorder")
    return m == "POST"     ? "create_order"
           : m == "PUT"    ? "update_order"
           : m == "DELETE" ? "delete_order"
           : depth == 1    ? "find_order"
                           : "order";
  if (type == "demand") return m == "POST" ? "create_demand" : m == "PUT" ? "update_demand" : "demand";
  if (type == "salesreturn") return m == "POST" ? "create_return" : m == "PUT" ? "update_return" : "salesreturn";
  if (type == "counterparty") return m == "POST" ? "create_customer" : "find_customer";
  if (goods) return m == "POST" ? "create_product" : "goods";
  return "directory";
}

route route_of(const http_request& rq) {
  route r{{}, path_segments(rq.path)};
  auto& p = r.parts;
  if (p.size() < 4 || p[0] != "api" || p[1] != "remap" || p[2] != "1.2") return r;
  p.erase(p.begin(), p.begin() + 3);
  const std::string& m = rq.method;
  if (p[0] == "report" && p.size() == 4 && p[1] == "stock" && p[3] == "current" && m == "GET" &&
      (p[2] == "all" || p[2] == "bystore"))
    r.operation = "stock";
  if (p[0] != "entity" || p.size() < 2) return r;
  const std::string& type = p[1];
  if (p.size() >= 3 && p[2] == "metadata") {
    const bool known = m == "GET" && (p.size() == 3 || (p.size() == 4 && p[3] == "attributes"));
    if (known && readable.contains(type)) r.operation = "directory";
    return r;
  }
  if (!readable.contains(type) && type != "webhook") return r;
  const bool fits = (p.size() == 2 && (m == "GET" || m == "POST")) ||
                    (p.size() == 3 && (m == "GET" || m == "PUT" || m == "DELETE")) ||
                    (p.size() == 4 && p[3] == "positions" && m == "GET");
  if (fits) r.operation = operation_of(type, m, p.size() - 1);
  return r;
}

std::string decoded(std::string_view base64) {
  std::string out(base64.size(), '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!out.empty() && out.back() == '\0') out.pop_back(); // the padding
  return out;
}

bool authorised(const world& w, const http_request& rq) {
  const std::string* header = find_header(rq.headers, "Authorization");
  if (header == nullptr || w.revoked) return false;
  if (header->starts_with("Bearer ")) return header->size() >= 15 && !header->substr(7).starts_with("wrong");
  if (!header->starts_with("Basic ")) return false;
  const std::string both = decoded(std::string_view(*header).substr(6));
  const auto colon = both.find(':');
  return colon != std::string::npos && colon > 0 && both.size() - colon > 1 &&
         !both.substr(colon + 1).starts_with("wrong");
}

http_response slow_down(bool crowd, std::int64_t wait) {
  http_response r = refuse({429, crowd ? 1073 : 1049, "Превышено ограничение на количество запросов", {}});
  r.headers.emplace_back("X-Lognex-Auth", crowd ? "429005" : "429002");
  r.headers.emplace_back("X-Lognex-Retry-After", std::to_string(wait));
  r.headers.emplace_back("X-Lognex-Reset", std::to_string(wait));
  return r;
}

class moysklad_stand_in final : public stand_in {
 public:
  explicit moysklad_stand_in(stand_in_context c) : world_(std::make_shared<world>(std::move(c))) {}

  awaitable<http_response> handle(http_request rq) override { return serve(world_, std::move(rq)); }

  void inject(stand_in_fault f) override {
    const bool on = f.count != 0;
    if (f.kind == "revoke_credentials") world_->revoked = on;
    else if (f.kind == "unique_numbers") world_->unique_numbers = on;
    else if (f.kind == "ship_stock_only") world_->ship_stock_only = on;
    else world_->faults->inject(std::move(f));
  }

  result<void> advance(std::string reference, std::string code, std::string reason) override {
    return world_->advance(reference, std::move(code), reason);
  }

  boost::json::value state() const override { return world_->state(); }

 private:
  static awaitable<http_response> serve(std::shared_ptr<world> w, http_request rq) {
    if (!accepts_gzip(rq.headers)) { // and nothing to say why
      http_response empty;
      empty.status = 415;
      co_return empty;
    }
    route r = route_of(rq);
    if (r.operation == "update_order" && is_cancellation(*w, rq)) r.operation = "cancel";
    const std::string operation = r.operation;
    ++w->in_flight;
    struct leaving {
      world& of;
      ~leaving() { --of.in_flight; }
    } const guard{*w};
    const bool crowd = w->in_flight > most_parallel;
    const std::int64_t wait = crowd ? 0 : w->take_units(4); // a user's token since December 2026
    // What the limits turn away is not counted and meets no ordered fault: that waits for a request that would have
    // worked.
    if (crowd || wait > 0) co_return shown(*w, slow_down(crowd, crowd ? 1000 : wait));
    ++w->counts[r.operation.empty() ? "unknown" : r.operation];
    std::function<http_response(const std::string*)> job = [w, rq = std::move(rq),
                                                            r = std::move(r)](const std::string* refusal) {
      if (!authorised(*w, rq)) return refuse_credentials();
      if (refusal != nullptr) return refused_as_told(*refusal);
      return work(*w, rq, r);
    };
    fault_shapes shapes;
    shapes.throttled = [w] { return slow_down(false, w->scaled(1000ms).count()); };
    shapes.garbage = "{\"meta\":{\"hre";
    http_response answer =
        co_await with_faults(w->faults, operation, w->context.speed, std::move(shapes), std::move(job));
    co_return shown(*w, std::move(answer));
  }

  // As it goes over the wire: with the budget's headers, packed. A dropped connection (status 0) stays one.
  static http_response shown(const world& w, http_response answer) {
    if (answer.status == 0) return answer;
    answer.headers.emplace_back("X-RateLimit-Limit", "45");
    answer.headers.emplace_back("X-RateLimit-Remaining", std::to_string(w.units_left()));
    answer.headers.emplace_back("X-Lognex-Retry-TimeInterval", std::to_string(w.scaled(3000ms).count()));
    if (!answer.body.empty()) {
      answer.body = gzip(answer.body);
      answer.headers.emplace_back("Content-Encoding", "gzip");
    }
    return answer;
  }

  // Cancelling has no verb of its own, but faults are told by the name of what is wanted.
  static bool is_cancellation(const world& w, const http_request& rq) {
    const auto body = json::parse(rq.body, 10 * 1024 * 1024);
    const auto* o = body ? body->if_object() : nullptr;
    const json::object* state = w.state_named("customerorder", "Отменен");
    return o != nullptr && state != nullptr && linked_id(*o, "state") == json::text_or(*state, "id");
  }

  static http_response refuse_credentials() {
    http_response r = refuse({401, 1056, "Ошибка аутентификации: Неправильный пароль или имя пользователя", {}});
    r.headers.emplace_back("X-Lognex-Auth", "401000");
    return r;
  }

  // "3007|what is wrong"; the code alone decides the rest.
  static http_response refused_as_told(const std::string& text) {
    const auto bar = std::min(text.find('|'), text.size());
    const auto code = scaled(text.substr(0, bar), 0).value_or(3007);
    return refuse({412, code, bar < text.size() ? text.substr(bar + 1) : "Отказано", {}});
  }

  static http_response work(world& w, const http_request& rq, const route& r) {
    const auto& p = r.parts;
    const std::string& m = rq.method;
    if (r.operation.empty()) {
      http_response nothing;
      nothing.status = 404; // a wrong path has no JSON
      return nothing;
    }
    if (const std::string* accept = find_header(rq.headers, "Accept");
        accept != nullptr && *accept != "application/json;charset=utf-8" && *accept != "*/*" &&
        *accept != "application/json")
      return refuse({400, 1062, "Неверное значение заголовка Accept", {}});
    if (rq.path.size() + rq.query.size() > 8000) return refuse({414, 0, "URI too long", {}});
    if (rq.body.size() > 20 * 1024 * 1024) return refuse({413, 1044, "Слишком большой запрос", {}});
    w.muted.clear();
    for (const auto& [name, value] : rq.headers) {
      if (lower_ascii(name) == "x-lognex-webhook-disablebyprefix") w.muted.push_back(value);
      if (lower_ascii(name) == "x-lognex-webhook-disable" && value == "true") w.muted.emplace_back("*");
    }
    json::value body;
    if (m == "POST" || m == "PUT") {
      const std::string* kind = find_header(rq.headers, "Content-Type");
      if (kind == nullptr || !kind->starts_with("application/json"))
        return refuse({415, 1037, "Неверное значение заголовка Content-Type", {}});
      auto parsed = json::parse(rq.body, 20 * 1024 * 1024);
      if (!parsed) return refuse({400, 2001, "Ошибка формата JSON", {}});
      body = std::move(*parsed);
    }
    if (r.operation == "stock") {
      const auto query = parse_form(rq.query);
      return query ? w.stock_report(p[2] == "bystore", *query) : refuse({400, 1058, "Некорректная строка запроса", {}});
    }
    const std::string& type = p[1];
    if (type == "webhook")
      return m == "GET" ? w.hook_list()
                        : w.hook_change(m, p.size() > 2 ? std::string_view(p[2]) : std::string_view(), body);
    if (p.size() >= 3 && p[2] == "metadata") return p.size() == 3 ? w.metadata(type) : w.attribute_list(type);
    const auto query = read_query(type, rq.query);
    if (!query) return refuse({400, scaled(query.error().peer_code, 0).value_or(1034), query.error().what, {}});
    if (p.size() == 2) return m == "POST" ? w.create(type, body) : w.list(type, *query);
    if (p.size() == 4) return w.read_positions(type, p[2]);
    if (m == "PUT") return w.update(type, p[2], body);
    return m == "DELETE" ? w.erase(type, p[2]) : w.read(type, p[2], *query);
  }

  std::shared_ptr<world> world_;
};

} // namespace

std::unique_ptr<stand_in> make_stand_in(stand_in_context context) {
  return std::make_unique<moysklad_stand_in>(std::move(context));
}

} // namespace waybill::moysklad
