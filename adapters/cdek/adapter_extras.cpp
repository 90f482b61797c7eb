// Prices, labels, couriers, subscriptions, the probe.
#include "adapter.hpp"
#include "wire.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::cdek {
namespace {

using namespace std::chrono_literals;

constexpr auto form_lives = 50min; // CDEK keeps it for an hour

std::string kind_name(label_kind kind) { return kind == label_kind::waybill ? "waybill" : "barcode"; }
std::string print_path(label_kind kind) {
  return std::string(kind == label_kind::waybill ? wire::path_print_orders : wire::path_print_barcodes);
}

} // namespace

// ---- prices ----------------------------------------------------------------------------------------------------

awaitable<result<std::int64_t>> adapter::city_of_sender() {
  if (how_.sender_city_code > 0 || how_.shipment_point.empty()) co_return how_.sender_city_code;
  co_return co_await offices_.city_of(how_.shipment_point);
}

awaitable<result<std::vector<quote>>> adapter::quote_for(shipment s) {
  const auto from = co_await city_of_sender();
  if (!from) co_return fail(from.error());
  std::int64_t to = 0;
  if (!s.pickup_point.empty()) {
    const auto city = co_await offices_.city_of(s.pickup_point);
    if (city) to = *city; // without it the address must do
  }
  auto asked = calculation_body(how_, s, *from, to);
  if (!asked) co_return fail(asked.error());
  call c;
  c.operation = "quote_for";
  c.method = "POST";
  c.path = asked->one_tariff ? wire::path_tariff : wire::path_tariff_list;
  const auto* tariff_value = asked->one_tariff ? json::find(asked->body.get_object(), wire::tariff_code) : nullptr;
  const std::int64_t tariff_code = tariff_value == nullptr ? 0 : json::as_integer(*tariff_value).value_or(0);
  const bool one = asked->one_tariff;
  c.body = std::move(asked->body);
  c.timeout = 10s;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  if (!one) co_return read_tariff_list(how_, *answer);
  auto price = read_tariff(tariff_code, *answer);
  if (!price) co_return fail(price.error());
  std::vector<quote> out;
  out.push_back(std::move(*price));
  co_return out;
}

// ---- labels ----------------------------------------------------------------------------------------------------

awaitable<result<adapter::printed_form>> adapter::form_for(std::string id, label_kind kind) {
  const std::string key = "form:" + kind_name(kind) + ":" + id;
  printed_form form;
  form.uuid = co_await marks_.get(key);
  form.reused = is_uuid(form.uuid);
  if (form.reused) co_return form;
  call c;
  c.operation = "make_label";
  c.method = "POST";
  c.path = print_path(kind);
  c.body = print_body(how_, id, kind);
  // A form more does no harm, so a lost answer is simply asked for again.
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto uuid = entity_uuid(*answer);
  if (!uuid) {
    const auto errors = errors_in(*answer);
    if (!errors.empty()) co_return fail(fault_from(errors));
    co_return fail(errc::protocol, "CDEK's answer lacks the printed form's uuid");
  }
  co_await marks_.set(key, *uuid, form_lives);
  form.uuid = *uuid;
  co_return form;
}

awaitable<result<void>> adapter::form_ready(std::string form, label_kind kind) {
  for (int n = 0; n < patience_.label_looks; ++n) {
    co_await sleep_for(n == 0 ? patience_.first_look : patience_.between_looks);
    call c;
    c.operation = "make_label";
    c.path = print_path(kind) + "/" + form;
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) co_return fail(answer.error());
    const form_state state = read_form(*answer);
    if (state.now == form_state::step::ready) co_return result<void>{};
    if (state.now == form_state::step::failed) co_return fail(state.why);
  }
  co_return fail(errc::unavailable, "CDEK has not printed the form yet", "v2_entity_empty", 15s);
}

awaitable<result<label>> adapter::make_label(std::string id, label_kind kind) {
  const auto order = co_await look(id);
  if (!order) co_return fail(order.error());
  const std::string number = order->facts.order.number;
  if (number.empty()) {
    if (order->facts.order.phase == order_phase::refused)
      co_return fail(errc::conflict, "CDEK refused the order, so there is nothing to print", "cdek.refused_order");
    co_return fail(errc::unavailable, "CDEK has not numbered the order yet, so there is nothing to print",
                   "cdek.no_number", 5s);
  }
  for (int attempt = 0;; ++attempt) {
    const auto form = co_await form_for(lower_ascii(id), kind);
    if (!form) co_return fail(form.error());
    const auto ready = co_await form_ready(form->uuid, kind);
    result<http_response> file = fail(errc::unavailable, "not loaded");
    if (ready) {
      call c;
      c.operation = "make_label";
      c.path = print_path(kind) + "/" + form->uuid + ".pdf";
      c.accept = "application/pdf";
      c.timeout = 30s;
      c.max_bytes = 16 * 1024 * 1024;
      file = co_await api_->load(std::move(c)); // the link is not public: it needs the token, and dies in an hour
    } else {
      file = fail(ready.error());
    }
    if (file && file->body.starts_with("%PDF")) {
      label out;
      out.file_name = "cdek-" + number + "-" + kind_name(kind) + ".pdf";
      out.bytes = std::move(file->body);
      co_return out;
    }
    const fault why = file ? fault{errc::protocol, "what CDEK printed is no PDF", {}, {}} : file.error();
    // A form that only is not ready stays for the next call; any other is not used again.
    if (is_transient(why.code)) co_return fail(why);
    co_await marks_.drop("form:" + kind_name(kind) + ":" + lower_ascii(id));
    if (!form->reused || attempt > 0) co_return fail(why);
  }
}

// ---- couriers --------------------------------------------------------------------------------------------------

awaitable<result<std::string>> adapter::request_courier(courier_request request) {
  auto body = intake_body(how_, request, patience_.clock());
  if (!body) co_return fail(body.error());
  call c;
  c.operation = "request_courier";
  c.method = "POST";
  c.path = wire::path_intakes;
  c.body = std::move(*body);
  c.kind = call_kind::change;
  c.idempotent = false;
  c.timeout = 30s;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  if (const verdict v = verdict_of(*answer, wire::request_create); v.state == wire::state_invalid)
    co_return fail(v.refusal);
  const auto uuid = entity_uuid(*answer);
  if (!uuid) co_return fail(errc::outcome_unknown, "CDEK took the courier request, but its answer lacks the uuid");
  co_await sleep_for(patience_.first_look);
  for (int n = 0; n < patience_.looks; ++n) {
    call look_up;
    look_up.operation = "request_courier";
    look_up.path = std::string(wire::path_intakes) + "/" + *uuid;
    const auto seen = co_await api_->ask(std::move(look_up));
    if (seen) {
      const verdict v = verdict_of(*seen, wire::request_create);
      if (v.state == wire::state_invalid) co_return fail(v.refusal);
      const auto* number = json::at_path(*seen, "entity.intake_number");
      if (const auto text = number == nullptr ? std::nullopt : json::as_text(*number)) co_return *text;
    }
    co_await sleep_for(patience_.between_looks);
  }
  co_return *uuid; // taken; its number comes later
}

// ---- subscriptions ---------------------------------------------------------------------------------------------

awaitable<result<std::string>> adapter::keep_webhooks(std::string url) {
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    co_return fail(errc::bad_input, "the address that CDEK shall call is no URL: set server.public_url",
                   "cdek.webhook_url");
  call list;
  list.operation = "keep_webhooks";
  list.path = wire::path_webhooks;
  const auto answer = co_await api_->ask(std::move(list));
  if (!answer) co_return fail(answer.error());
  const auto* all = answer->if_array();
  if (all == nullptr) co_return fail(errc::protocol, "CDEK's answer is no list of subscriptions");

  std::size_t total = all->size(), removed = 0, same_type_elsewhere = 0;
  bool has_status = false, has_problem = false;
  std::vector<std::string> seen, doubled;
  for (const auto& each : *all) {
    const auto* o = each.if_object();
    if (o == nullptr) continue;
    const std::string type = json::text_or(*o, wire::type);
    if (json::text_or(*o, "url") != url) { // somebody else's: never touched
      if (type == "ORDER_STATUS") ++same_type_elsewhere;
      continue;
    }
    has_status = has_status || type == "ORDER_STATUS";
    has_problem = has_problem || type == "DELIV_PROBLEM";
    const std::string id = json::text_or(*o, wire::uuid);
    if (std::ranges::find(seen, type) == seen.end()) seen.push_back(type);
    else if (is_uuid(id)) doubled.push_back(id);
  }
  for (const std::string& id : doubled) {
    call c;
    c.operation = "keep_webhooks";
    c.method = "DELETE";
    c.path = std::string(wire::path_webhooks) + "/" + id;
    const auto gone = co_await api_->load(std::move(c));
    if (!gone && gone.error().code != errc::not_found) co_return fail(gone.error());
    ++removed;
    --total;
  }
  // CDEK allows two subscriptions, and does not say whether in all or of a type. So: statuses always, unless two others
  // listen to them; problems only while there is room under the stricter reading (statuses' polling finds them as
  // well).
  std::vector<std::string> wanted, text;
  if (has_status) text.emplace_back("ORDER_STATUS kept");
  else if (same_type_elsewhere >= 2)
    co_return fail(
        errc::conflict,
        "two other addresses are subscribed to ORDER_STATUS at CDEK, which is its limit: remove one in the cabinet",
        "cdek.webhook_limit");
  else wanted.emplace_back("ORDER_STATUS");
  if (has_problem) text.emplace_back("DELIV_PROBLEM kept");
  else if (total + wanted.size() < 2) wanted.emplace_back("DELIV_PROBLEM");
  else text.emplace_back("DELIV_PROBLEM left out (CDEK allows two subscriptions)");
  for (const std::string& type : wanted) {
    call c;
    c.operation = "keep_webhooks";
    c.method = "POST";
    c.path = wire::path_webhooks;
    json::object body;
    body["url"] = url;
    body[wire::type] = type;
    c.body = std::move(body);
    c.kind = call_kind::change;
    c.idempotent = false; // a repeated one would be a double, which the next daily look removes
    const auto made = co_await api_->ask(std::move(c));
    fault why;
    bool refused = !made;
    if (!made) why = made.error();
    if (made)
      if (const auto errors = errors_in(*made); !errors.empty()) {
        refused = true;
        why = fault_from(errors);
      }
    if (!refused) text.push_back(type + " added");
    else if (type == "ORDER_STATUS") co_return fail(why);
    else text.push_back(type + " refused: " + why.what);
  }
  if (removed > 0) text.push_back(fmt::format("{} doubled removed", removed));
  co_return fmt::format("{}", fmt::join(text, ", "));
}

// ---- probe -----------------------------------------------------------------------------------------------------

awaitable<result<std::string>> adapter::probe() {
  const auto token = co_await api_->token();
  if (!token) co_return fail(token.error());
  call c;
  c.operation = "probe";
  c.path = wire::path_all_tariffs;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto* o = answer->if_object();
  const auto* list = o == nullptr ? nullptr : json::list(*o, "tariff_codes");
  if (list == nullptr) co_return fail(errc::protocol, "CDEK's answer lacks the list of tariffs");
  std::vector<std::string> codes;
  for (const auto& each : *list) {
    const auto* t = each.if_object();
    const auto* modes = t == nullptr ? nullptr : json::list(*t, "delivery_modes");
    if (modes == nullptr) continue;
    for (const auto& mode : *modes)
      if (const auto* m = mode.if_object())
        if (auto code = json::text(*m, wire::tariff_code)) codes.push_back(std::move(*code));
  }
  std::string text = fmt::format("tariffs of the contract: {}", codes.size());
  for (const auto& [delivery_type, code] : how_.services)
    if (!codes.empty() && std::ranges::find(codes, code) == codes.end())
      text += fmt::format("; tariff {} (services.{}) is not among them", code, clean_code(delivery_type));
  co_return text;
}

} // namespace waybill::cdek
