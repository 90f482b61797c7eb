#include "errors.hpp"

#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::cdek {
namespace {

using std::chrono::seconds;

constexpr std::array table{
    // A later attempt heals these.
    error_row{"v2_internal_error", errc::unavailable},
    error_row{"v2_similar_request_still_processed", errc::unavailable},
    error_row{"v2_entity_empty", errc::unavailable},
    // Credentials and rights.
    error_row{"unauthorized", errc::forbidden},
    error_row{"v2_token_expired", errc::forbidden},
    error_row{"v2_authorization_incorrect", errc::forbidden},
    error_row{"invalid_client", errc::forbidden},
    // A place that CDEK does not know, or that does not fit.
    error_row{"v2_recipient_location_not_recognized", errc::address},
    error_row{"v2_sender_location_not_recognized", errc::address},
    error_row{"shipment_location_is_not_recognized", errc::address},
    error_row{"delivery_location_is_not_recognized", errc::address},
    error_row{"v2_delivery_address_multivalued", errc::address},
    error_row{"v2_shipment_address_multivalued", errc::address},
    error_row{"code_invalid", errc::address},
    error_row{"err_pvz_with_tariff_mistake", errc::address},
    error_row{"err_pvz_weight_limit", errc::address},
    error_row{"v2_order_location_to_and_delivery_point_empty", errc::address},
    error_row{"v2_order_location_from_and_shipment_point_empty", errc::address},
    // Understood and refused.
    error_row{"v2_bad_request", errc::rejected},
    error_row{"v2_field_is_empty", errc::rejected},
    error_row{"v2_parameters_empty", errc::rejected},
    error_row{"v2_invalid_format", errc::rejected},
    error_row{"v2_invalid_value_type", errc::rejected},
    error_row{"v2_number_items_is_more_126", errc::rejected},
    error_row{"v2_order_number_empty", errc::rejected},
    error_row{"orders_number_is_empty", errc::rejected},
    error_row{"v2_package_id_is_empty", errc::rejected},
    error_row{"v2_city_can_not_be_changed", errc::rejected},
    error_row{"v2_wrong_interval", errc::rejected},
    error_row{"v2_impossible_register_date", errc::rejected},
    error_row{"v2_unable_add_service", errc::rejected},
    error_row{"ve_additional_service_unavailable", errc::rejected},
    error_row{"ve_calc_as_order_type", errc::rejected},
    error_row{"err_result_service_empty", errc::rejected},
    error_row{"err_result_servicelist_empty", errc::rejected},
    error_row{"err_invalid_tariff_with_ordertype", errc::rejected},
    error_row{"err_invalid_tariff_with_dimentions", errc::rejected},
    error_row{"error_validate_package_article_not_unique", errc::rejected},
    error_row{"error_validate_good_invalid_label", errc::rejected},
    error_row{"error_validate_postamat_package_count", errc::rejected},
    error_row{"error_validate_postamat_package_weight", errc::rejected},
    error_row{"error_validate_receiver_phone_number_incorrect", errc::rejected},
    error_row{"v2_refusal_error", errc::rejected},
    error_row{"v2_webhook_type_incorrect", errc::rejected},
    error_row{"v2_entity_invalid", errc::rejected},
    // The order's state, or another order, forbids it.
    error_row{duplicate_number, errc::conflict},
    error_row{"v2_update_forbidden", errc::conflict},
    error_row{"v2_order_forbidden", errc::conflict},
    error_row{"v2_entity_forbidden", errc::conflict},
    error_row{"v2_entity_has_final_status", errc::conflict},
    error_row{"v2_intake_exists_by_order", errc::conflict},
    error_row{"v2_intake_exists_by_date_address", errc::conflict},
    // Nothing there (any more).
    error_row{"v2_entity_not_found", errc::not_found},
    error_row{"v2_entity_not_found_im_number", errc::not_found},
    error_row{"v2_order_not_found", errc::not_found},
    error_row{"v2_entity_expired", errc::not_found},
};

// `empty` for a set of errors that carry neither code nor message.
void take(std::vector<peer_error>& out, const json::value& list, std::string_view code_key, std::string_view text_key) {
  const auto* a = list.if_array();
  if (a == nullptr) return;
  for (const auto& e : *a) {
    if (out.size() == 50) return;
    if (const auto* o = e.if_object()) {
      peer_error found{json::text_or(*o, code_key), json::text_or(*o, text_key)};
      if (!found.code.empty() || !found.message.empty()) out.push_back(std::move(found));
    } else if (auto t = json::as_text(e)) {
      out.push_back({{}, std::move(*t)});
    }
  }
}

void take_from_requests(std::vector<peer_error>& out, const json::object& body, std::string_view key) {
  if (const auto* requests = json::list(body, wire::requests))
    for (const auto& r : *requests)
      if (const auto* o = r.if_object())
        if (const auto* list = json::find(*o, key)) take(out, *list, wire::code, wire::message);
}

std::chrono::milliseconds retry_after(const http_response& answer) {
  const std::string* text = find_header(answer.headers, "Retry-After");
  int n = 0;
  if (text == nullptr) return {};
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
  // The other form, a date, is left to the caller's own backoff.
  return ec == std::errc{} && end == text->data() + text->size() && n > 0 ? seconds(std::min(n, 3600)) : seconds(0);
}

fault by_status(const http_response& answer, call_kind kind) {
  const int status = answer.status;
  const std::string peer_code = "http_" + std::to_string(status);
  if (status == 429 || status == 503)
    return {errc::throttled, "CDEK asks to slow down (HTTP " + std::to_string(status) + ")", retry_after(answer),
            peer_code};
  if (status == 401 || status == 403)
    return {errc::forbidden,
            "CDEK refuses the account's credentials or rights (HTTP " + std::to_string(status) + ")",
            {},
            peer_code};
  if (status == 408 || status >= 500) {
    if (kind == call_kind::change)
      return {errc::outcome_unknown,
              "CDEK failed while the change was under way (HTTP " + std::to_string(status) + ")",
              {},
              peer_code};
    return {errc::unavailable, "CDEK does not work at the moment (HTTP " + std::to_string(status) + ")", {}, peer_code};
  }
  if (status >= 300 && status < 400) return {errc::protocol, "CDEK redirects elsewhere: check base_url", {}, peer_code};
  return {errc::protocol, "CDEK answered HTTP " + std::to_string(status) + " without an error code", {}, peer_code};
}

} // namespace

std::span<const error_row> error_rows() { return table; }

bool is_duplicate_number(std::string_view code) { return lower_ascii(code) == duplicate_number; }

errc meaning_of_code(std::string_view code) {
  const std::string key = lower_ascii(code);
  for (const error_row& row : table)
    if (row.code == key) return row.meaning;
  if (key.find("not_recognized") != std::string::npos || key.find("multivalued") != std::string::npos)
    return errc::address;
  if (key.ends_with("_not_found")) return errc::not_found;
  if (key.ends_with("_forbidden") || key.starts_with("v2_intake_exists")) return errc::conflict;
  return errc::rejected;
}

std::vector<peer_error> errors_in(const json::value& body) {
  std::vector<peer_error> out;
  const auto* o = body.if_object();
  if (o == nullptr) return out;
  if (const auto* list = json::find(*o, wire::errors)) take(out, *list, wire::code, wire::message);
  take_from_requests(out, *o, wire::errors);
  if (const auto* list = json::find(*o, wire::alerts)) take(out, *list, wire::alert_code, wire::alert_text);
  if (auto word = json::text(*o, "error"); word && out.empty())
    out.push_back({std::move(*word), json::text_or(*o, "error_description")});
  return out;
}

std::vector<peer_error> warnings_in(const json::value& body) {
  std::vector<peer_error> out;
  const auto* o = body.if_object();
  if (o == nullptr) return out;
  if (const auto* list = json::find(*o, wire::warnings)) take(out, *list, wire::code, wire::message);
  take_from_requests(out, *o, wire::warnings);
  return out;
}

fault fault_from(std::span<const peer_error> errors) {
  if (errors.empty()) return {errc::rejected, "CDEK refused without a reason", {}, {}};
  const peer_error* lead = &errors.front();
  for (const peer_error& e : errors)
    if (rank(meaning_of_code(e.code)) < rank(meaning_of_code(lead->code))) lead = &e;
  fault f{meaning_of_code(lead->code), {}, {}, clean_code(lead->code)};
  // The leading message first, at most two more.
  std::vector<std::string> said{harmless(lead->message.empty() ? lead->code : lead->message)};
  for (const peer_error& e : errors) {
    auto text = harmless(e.message.empty() ? e.code : e.message);
    if (said.size() < 3 && std::ranges::find(said, text) == said.end()) said.push_back(std::move(text));
  }
  f.what = "CDEK: ";
  for (std::size_t i = 0; i < said.size(); ++i) f.what += (i > 0 ? "; " : "") + said[i];
  const std::string key = lower_ascii(lead->code);
  if (key == "v2_similar_request_still_processed") f.retry_after = seconds(10);
  if (key == "v2_entity_empty") f.retry_after = seconds(5);
  return f;
}

fault fault_from(const http_response& answer, call_kind kind) {
  if (answer.status == 429 || answer.status == 503) return by_status(answer, kind);
  const auto body = json::parse(answer.body, 1024 * 1024);
  const auto errors = body ? errors_in(*body) : std::vector<peer_error>{};
  // An alert or error without a code tells no more than the status does, but its sentence is worth keeping.
  const bool coded = std::ranges::any_of(errors, [](const peer_error& e) { return !e.code.empty(); });
  if (answer.status == 401) {
    fault f = by_status(answer, kind);
    if (!errors.empty()) f = {errc::forbidden, fault_from(errors).what, {}, clean_code(errors.front().code)};
    return f;
  }
  if (answer.status >= 500 || (!coded && errors.empty())) return by_status(answer, kind);
  if (!coded) {
    fault f = fault_from(errors);
    if (answer.status == 403) f.code = errc::forbidden;
    if (answer.status == 404) f.code = errc::not_found;
    return f;
  }
  fault f = fault_from(errors);
  if (answer.status == 403) f.code = errc::forbidden;
  // "Internal error" of a change says nothing about how far it went; "similar request" says that nothing was begun.
  if (kind == call_kind::change && lower_ascii(f.peer_code) == "v2_internal_error") f.code = errc::outcome_unknown;
  return f;
}

} // namespace waybill::cdek
