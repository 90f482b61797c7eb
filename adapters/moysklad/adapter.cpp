#include "adapter.hpp"

#include "ids.hpp"
#include "sandbox.hpp"
#include "wire.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

using namespace std::chrono_literals;

constexpr auto marks_live = std::chrono::hours(24 * 60);
constexpr std::size_t most_linked = 10; // shipments, and returns, that are read for one order

capabilities capabilities_of() {
  capabilities c;
  c.progress = c.goods = c.webhooks = c.cancels = c.updates = true;
  c.guard = create_guard::lookup_by_reference;
  c.lookup_settles_after = 15s; // a create is done or not done when its answer comes
  c.first_look_after = 2s;
  return c;
}

std::unique_ptr<carrier> make(carrier_context context) { return std::make_unique<adapter>(std::move(context)); }

std::string path_of(document d, const std::string& id) {
  return fmt::format("/entity/{}{}{}", type_of(d), id.empty() ? "" : "/", id);
}

result<json::object> object_in(result<json::value> answer, call_kind kind) {
  if (!answer) return fail(answer.error());
  auto* o = answer->if_object();
  if (o != nullptr && is_uuid(json::text_or(*o, wire::id))) return std::move(*o);
  if (kind == call_kind::change)
    return fail(errc::outcome_unknown, "MoySklad took the change, but its answer lacks the object");
  return fail(errc::protocol, "MoySklad's answer lacks the object", "moysklad.no_object");
}

} // namespace

const carrier_type& type() {
  static const carrier_type t{"moysklad",
                              "МойСклад",
                              "https://api.moysklad.ru/api/remap/1.2",
                              setting_specs(),
                              &moysklad::make,
                              &make_stand_in,
                              &check_account,
                              {}};
  return t;
}

adapter::adapter(carrier_context context, clock_fn clock, pacing pace)
    : how_(settings_of(context.account, context.webhook_url)), can_(capabilities_of()), clock_(clock),
      marks_(context.cache, "MoySklad"),
      api_(std::make_shared<client>(how_, std::move(context.http), context.ex, pace)),
      directory_(how_, api_, marks_, context.ex, clock), goods_(how_, api_, marks_, clock), customers_(api_) {}

// ---- single objects --------------------------------------------------------------------------------------------

awaitable<result<json::object>> adapter::get(document d, std::string id) {
  if (!is_uuid(id)) co_return fail(errc::bad_input, "this is not an id of MoySklad", "moysklad.id");
  call c;
  c.operation = d == document::order ? "order" : std::string(type_of(d));
  c.path = path_of(d, lower_ascii(id));
  auto answer = co_await api_->ask(std::move(c));
  co_return object_in(std::move(answer), call_kind::read);
}

awaitable<result<json::object>> adapter::put(document d, std::string id, json::object body, std::string operation) {
  call c;
  c.operation = std::move(operation);
  c.method = "PUT";
  c.path = path_of(d, id);
  c.body = std::move(body);
  c.kind = call_kind::change;
  c.timeout = 30s;
  auto answer = co_await api_->ask(std::move(c));
  co_return object_in(std::move(answer), call_kind::change);
}

awaitable<result<json::object>> adapter::post(document d, json::object body, std::string operation, bool repeatable) {
  call c;
  c.operation = std::move(operation);
  c.method = "POST";
  c.path = path_of(d, {});
  c.body = std::move(body);
  c.kind = call_kind::change;
  c.repeatable = repeatable;
  c.timeout = 30s;
  auto answer = co_await api_->ask(std::move(c));
  co_return object_in(std::move(answer), call_kind::change);
}

awaitable<result<json::array>> adapter::positions_of(document d, std::string id) {
  call c;
  c.operation = "positions";
  c.path = path_of(d, id) + "/positions";
  c.query = "limit=1000"; // without expand, so that all of them come
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto* o = answer->if_object();
  const auto* rows = o == nullptr ? nullptr : json::list(*o, wire::rows);
  if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's list of positions is no list", "moysklad.no_rows");
  json::array out = *rows;
  co_return out;
}

// ---- looking up ------------------------------------------------------------------------------------------------

awaitable<result<std::vector<json::object>>> adapter::listed(std::string field, std::string value) {
  std::vector<std::string> values{std::move(value)};
  call c;
  c.operation = "find_order";
  c.path = path_of(document::order, {});
  c.query = "filter=" + filters_for(field, values, 3000).front() + "&limit=100";
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto* o = answer->if_object();
  const auto* rows = o == nullptr ? nullptr : json::list(*o, wire::rows);
  if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's list of orders is no list", "moysklad.no_rows");
  std::vector<json::object> out;
  for (const auto& each : *rows)
    if (const auto* row = each.if_object(); row != nullptr && is_uuid(json::text_or(*row, wire::id)))
      // What a filter does not know it passes over: the row itself decides.
      if (lower_ascii(json::text_or(*row, field)) == lower_ascii(values.front())) out.push_back(*row);
  co_return out;
}

awaitable<result<std::optional<json::object>>> adapter::look_up(std::string reference) {
  auto found = co_await listed(std::string(wire::external_code), reference);
  if (!found) co_return fail(found.error());
  if (found->empty()) {
    // Somebody may have changed the code by hand; the syncId nobody can.
    found = co_await listed(std::string(wire::sync_id), sync_id(wire::order, reference));
    if (!found) co_return fail(found.error());
  }
  std::optional<json::object> out;
  if (found->size() > 1)
    co_return fail(errc::conflict,
                   fmt::format("MoySklad has {} orders with the external code {}: leave it to one of them",
                               found->size(), reference),
                   "moysklad.several_orders");
  if (!found->empty()) out = std::move(found->front());
  co_return out;
}

awaitable<result<adapter::documents_ptr>> adapter::documents(json::object order) {
  const auto docs = std::make_shared<order_documents>();
  docs->order = std::move(order);
  const std::string id = lower_ascii(json::text_or(docs->order, wire::id));
  auto demands = linked_ids(docs->order, wire::demands);
  demands.resize(std::min(demands.size(), most_linked));
  std::vector<std::string> returns;
  for (const std::string& one : demands) {
    index_.remember(one, id);
    auto got = co_await get(document::demand, one);
    if (!got && got.error().code == errc::not_found) continue; // deleted in between
    if (!got) co_return fail(got.error());
    for (std::string& back : linked_ids(*got, wire::returns)) returns.push_back(std::move(back));
    docs->demands.push_back(std::move(*got));
  }
  returns.resize(std::min(returns.size(), most_linked));
  for (const std::string& one : returns) {
    index_.remember(one, id);
    auto got = co_await get(document::sales_return, one);
    if (!got && got.error().code == errc::not_found) continue;
    if (!got) co_return fail(got.error());
    docs->returns.push_back(std::move(*got));
  }
  co_return docs;
}

awaitable<result<carrier_order>> adapter::told(documents_ptr docs) {
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  // Documents carry when they were last changed, not since when their state is: that is noted at the first sight.
  const std::string id = lower_ascii(json::text_or(docs->order, wire::id)), state = state_id_of(docs->order);
  if (!state.empty()) {
    const std::string key = "state:" + id;
    const std::string known = co_await marks_.get(key);
    const auto bar = known.find('|');
    if (bar != std::string::npos && known.substr(0, bar) == state)
      if (const auto ms = scaled(known.substr(bar + 1), 0)) docs->state_since = instant(std::chrono::milliseconds(*ms));
    if (!docs->state_since) {
      const auto changed = moscow_time(json::text_or(docs->order, wire::updated));
      docs->state_since = changed.value_or(clock_());
      std::string value = fmt::format("{}|{}", state, docs->state_since->time_since_epoch().count());
      co_await marks_.set(key, std::move(value), marks_live);
    }
  }
  co_return read_order(how_, **facts, *docs);
}

awaitable<result<carrier_order>> adapter::order(std::string id) {
  auto got = co_await get(document::order, std::move(id));
  if (!got) co_return fail(got.error());
  auto docs = co_await documents(std::move(*got));
  if (!docs) co_return fail(docs.error());
  co_return co_await told(std::move(*docs));
}

awaitable<result<std::optional<carrier_order>>> adapter::find_order(std::string reference) {
  if (!is_reference(reference))
    co_return fail(errc::bad_input, "this is not a number that an order of ours could have", "moysklad.reference");
  auto found = co_await look_up(std::move(reference));
  if (!found) co_return fail(found.error());
  std::optional<carrier_order> out;
  if (!*found) co_return out;
  auto docs = co_await documents(std::move(**found));
  if (!docs) co_return fail(docs.error());
  auto read = co_await told(std::move(*docs));
  if (!read) co_return fail(read.error());
  out = std::move(*read);
  co_return out;
}

result<std::vector<carrier_notice>> adapter::parse_webhook(const http_request& request) {
  return read_webhook(request, directory_.account_id(), index_);
}

} // namespace waybill::moysklad
