#include <sandbox/handler.hpp>
#include <sandbox/handler_call.hpp>
#include <sandbox/store_call.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::size_t most_calls_kept = 200;
constexpr std::size_t longest_request_id = 100;
constexpr const char* network_error = "Сетевая ошибка. Попробуйте повторить запрос позже.";
constexpr const char* some_error = "Произошла ошибка.";
constexpr const char* calculation_error = "Произошла ошибка при расчете стоимости доставки";
constexpr const char* no_request_id = "Не указан идентификатор созданной заявки.";
constexpr const char* not_supported = "Обработчик службы доставки не поддерживает данную операцию.";

// What came back, as far as it can be read.
struct parsed_reply {
  bool network{false}; // also broken JSON
  int status{0};
  json::object answer{}; // top-level keys in upper case
  bool success() const { return status == 200 && flag_of(answer, "SUCCESS"); }
  std::string reason() const {
    if (status != 200) return {};
    const auto* r = json::child(answer, "REASON");
    return r == nullptr ? std::string{} : text_of(*r, "TEXT");
  }
};

// Rules of the portal that name this call ("handler.create") or all of the handler ("handler.*").
std::optional<fault_rule> take_handler_fault(portal& p, const std::string& name, std::string_view kind) {
  for (auto& f : p.faults) {
    const bool over = f.count == 0 || (f.until && *f.until <= p.clock());
    if (over || f.kind != kind || (f.method != name && f.method != "handler.*")) continue;
    if (f.count > 0) --f.count;
    return f;
  }
  return {};
}

handler_transport transport_of(const rest_context& ctx) {
  const auto& how = ctx.at->how;
  return {ctx.http, how.handler_http != "1.1",
          std::chrono::milliseconds(static_cast<std::int64_t>(how.handler_timeout_s * 1000))};
}

void remember(portal& p, std::string action, const json::object& request, const handler_reply& reply) {
  auto& calls = p.shop.calls;
  calls.push_back(json::object{{"action", std::move(action)},
                               {"at", portal_time(p.clock())},
                               {"request", request},
                               {"reached", reply.reached},
                               {"status", reply.status},
                               {"answer", reply.body}});
  if (calls.size() > most_calls_kept) calls.erase(calls.begin());
}

awaitable<parsed_reply> ask(rest_context ctx, std::string action, std::string url, json::object request) {
  portal& p = *ctx.at; // ctx keeps it
  const auto name = "handler." + action;
  if (const auto late = take_handler_fault(p, name, "latency")) co_await sleep_for(late->latency);
  handler_reply reply;
  if (const auto down = take_handler_fault(p, name, "down")) {
    reply.reached = down->status != 0;
    reply.status = down->status;
  } else {
    const auto how = transport_of(ctx);
    reply = co_await post_to_handler(how, url, json::serialize(request));
    if (take_handler_fault(p, name, "lost_answer")) reply = {};
    if (take_handler_fault(p, name, "garbage")) reply.body = R"({"SUCCESS":"Y","REQU)";
    if (take_handler_fault(p, name, "error")) reply.status = 500;
  }
  remember(p, std::move(action), request, reply);
  parsed_reply out;
  out.network = !reply.reached;
  out.status = reply.status;
  if (out.network || out.status != 200) co_return out;
  const auto body = json::parse(reply.body);
  if (!body || (!body->is_object() && !body->is_array())) {
    out.network = true;
    co_return out;
  }
  if (const auto* o = body->if_object())
    for (const auto& [key, value] : *o) out.answer[upper_case(key)] = value;
  co_return out;
}

// The faults that CREATE, CANCEL and DELETE have in common.
void add_errors(const parsed_reply& reply, std::vector<std::string>& errors) {
  if (reply.network) {
    errors.emplace_back(network_error);
  } else if (!reply.success()) {
    const auto reason = reply.reason();
    errors.push_back(reason.empty() ? std::string(some_error) : reason);
  }
}

delivery_request* request_by(portal& p, std::int64_t service, const std::string& id) {
  for (auto& r : p.requests)
    if (!r.deleted && r.delivery_id == service && r.request_id == id) return &r;
  return nullptr;
}

// The portal writes the shipments when it stores the request: their tracking fields are empty afterwards.
void store_request(portal& p, delivery_request r, std::int64_t user) {
  for (const auto id : r.shipments) {
    const auto s = p.shop.shipments.find(id);
    if (s == p.shop.shipments.end()) continue;
    s->second.tracking_number.clear();
    s->second.doc_number.clear();
    s->second.doc_date = nullptr;
    tell_saved(p, "ONSHIPMENTENTITYSAVED", id, user);
  }
  if (r.deal != 0 && handler_setting(p, r.delivery_id, "HAS_CALLBACK_TRACKING_SUPPORT") == "Y")
    p.log_messages[r.deal].push_back(json::object{{"id", p.next_id()},
                                                  {"created", portal_time(p.clock())},
                                                  {"authorId", user},
                                                  {"title", "Доставка заказана"},
                                                  {"text", ""},
                                                  {"iconCode", "delivery"}});
  p.requests.push_back(std::move(r));
}

handled not_asked(std::string text) {
  handled h;
  h.errors.push_back(std::move(text));
  return h;
}

} // namespace

awaitable<calculation> calculate(rest_context ctx, store_order order, store_shipment s, bool unsaved) {
  portal& p = *ctx.at;
  calculation c;
  const auto url = handler_setting(p, s.service, "CALCULATE_URL");
  if (url.empty()) {
    c.errors.emplace_back(calculation_error);
    co_return c;
  }
  json::object request{{"SHIPMENT", shipment_object(p, order, s, unsaved)}};
  const auto reply = co_await ask(ctx, "calculate", url, std::move(request));
  c.extras_minor = price_of_extras(p, s);
  if (reply.network) { // nobody is told: the delivery is for free
    c.success = true;
    c.price_minor = c.extras_minor;
  } else if (!reply.success()) {
    const auto reason = reply.reason();
    c.errors.push_back(reason.empty() ? std::string(calculation_error) : reason);
  } else {
    c.success = true;
    c.price_minor = json::minor(reply.answer, "PRICE").value_or(0) + c.extras_minor;
    for (const auto* name : {"PERIOD_DESCRIPTION", "PERIOD_FROM", "PERIOD_TO", "PERIOD_TYPE", "DESCRIPTION"})
      if (const auto* v = reply.answer.if_contains(name)) c.shown[name] = *v;
  }
  co_return c;
}

awaitable<handled> create_request(rest_context ctx, std::vector<std::int64_t> shipments, std::int64_t user) {
  portal& p = *ctx.at;
  json::array sent;
  delivery_request r;
  for (const auto id : shipments) {
    const auto s = p.shop.shipments.find(id);
    if (s == p.shop.shipments.end()) co_return not_asked("Отгрузка не найдена.");
    const auto o = p.shop.orders.find(s->second.order);
    if (o == p.shop.orders.end()) co_return not_asked("Заказ не найден.");
    if (in_request(p, id)) co_return not_asked("Отгрузка уже добавлена в транспортную заявку.");
    if (r.delivery_id != 0 && r.delivery_id != s->second.service)
      co_return not_asked("Отгрузки принадлежат разным службам доставки.");
    r.delivery_id = s->second.service;
    if (o->second.owner_type == 2) r.deal = o->second.owner;
    sent.push_back(shipment_object(p, o->second, s->second, false));
  }
  const auto url = handler_setting(p, r.delivery_id, "CREATE_DELIVERY_REQUEST_URL");
  if (url.empty() || sent.empty()) co_return not_asked(not_supported);
  json::object request{{"SHIPMENTS", std::move(sent)}};
  const auto reply = co_await ask(ctx, "create", url, std::move(request));
  handled h;
  h.called = true;
  add_errors(reply, h.errors);
  const auto* id = reply.answer.if_contains("REQUEST_ID");
  if (!reply.network && (!is_json_text(id) || php::is_empty(id))) h.errors.emplace_back(no_request_id);
  if (!h.errors.empty()) co_return h;
  r.request_id = std::string(id->get_string());
  r.shipments = std::move(shipments);
  if (r.request_id.size() > longest_request_id || request_by(p, r.delivery_id, r.request_id) != nullptr) {
    h.errors.emplace_back("Не удалось сохранить транспортную заявку.");
    co_return h;
  }
  h.success = true;
  h.request_id = r.request_id;
  store_request(p, std::move(r), user);
  co_return h;
}

awaitable<handled> cancel_request(rest_context ctx, std::int64_t service, std::string request_id) {
  portal& p = *ctx.at;
  if (request_by(p, service, request_id) == nullptr) co_return not_asked("Заявка не найдена.");
  const auto url = handler_setting(p, service, "CANCEL_DELIVERY_REQUEST_URL");
  if (url.empty()) co_return not_asked(not_supported);
  json::object request{{"DELIVERY_ID", service}, {"REQUEST_ID", request_id}};
  const auto reply = co_await ask(ctx, "cancel", url, std::move(request));
  handled h;
  h.called = true;
  h.request_id = request_id;
  add_errors(reply, h.errors);
  h.success = h.errors.empty();
  // The request itself stays. It may have been deleted while the handler was thinking.
  if (auto* r = request_by(p, service, request_id); r != nullptr && h.success) r->cancelled = true;
  co_return h;
}

awaitable<handled> delete_request(rest_context ctx, std::int64_t service, std::string request_id) {
  portal& p = *ctx.at;
  if (request_by(p, service, request_id) == nullptr) co_return not_asked("Заявка не найдена.");
  handled h;
  h.request_id = request_id;
  const auto url = handler_setting(p, service, "DELETE_DELIVERY_REQUEST_URL");
  if (!url.empty()) {
    json::object request{{"DELIVERY_ID", service}, {"REQUEST_ID", request_id}};
    const auto reply = co_await ask(ctx, "delete", url, std::move(request));
    h.called = true;
    add_errors(reply, h.errors);
  }
  h.success = h.errors.empty();
  if (auto* r = request_by(p, service, request_id); r != nullptr && h.success) r->deleted = true;
  co_return h;
}

json::object shown_handled(const handled& h) {
  json::array errors;
  for (const auto& e : h.errors) errors.emplace_back(e);
  return {{"success", h.success}, {"called", h.called}, {"request_id", h.request_id}, {"errors", std::move(errors)}};
}

json::object shown_calculation(const calculation& c) {
  json::array errors;
  for (const auto& e : c.errors) errors.emplace_back(e);
  json::object out{{"success", c.success},
                   {"price", json::decimal(money{c.price_minor})},
                   {"extras", json::decimal(money{c.extras_minor})},
                   {"errors", std::move(errors)}};
  for (const auto& [name, value] : c.shown) {
    std::string key(name);
    std::ranges::transform(key, key.begin(), [](unsigned char ch) { return static_cast<char>(std::tolower(ch)); });
    out[key] = value;
  }
  return out;
}

} // namespace waybill::sandbox
