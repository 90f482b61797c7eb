#include <bitrix24/errors.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <array>

namespace waybill::bitrix24 {
namespace {

enum class kind { plain, unclear_for_writes };

struct row {
  std::string_view code; // lower case; "" means that the peer sent none (also "0" and "-"); "*": any
  int status;            // 0: any
  std::string_view text; // a piece of the text in lower case; "": any
  errc becomes;
  std::string_view says; // "": the peer's text, for the manager
  kind how{kind::plain};
};

// The first match counts. Codes come before texts: texts are localized.
constexpr std::array table{
    row{"query_limit_exceeded", 0, "", errc::throttled, "the portal receives too many requests"},
    row{"operation_time_limit", 0, "", errc::throttled,
        "the portal blocks this method for a while: its execution time is used up"},
    row{"overload_limit", 0, "", errc::forbidden,
        "Bitrix24 has blocked REST for this portal because of overload: ask its support"},
    row{"internal_server_error", 0, "", errc::unavailable, "the portal failed inside", kind::unclear_for_writes},
    row{"error_unexpected_answer", 0, "", errc::unavailable, "the portal failed inside", kind::unclear_for_writes},
    row{"error_core", 0, "sql query error", errc::unavailable, "the portal's database failed",
        kind::unclear_for_writes},
    row{"expired_token", 0, "", errc::forbidden, "the application's token has expired"},
    row{"invalid_token", 0, "", errc::forbidden,
        "the portal does not accept the application's token: install it again"},
    row{"no_auth_found", 0, "", errc::forbidden,
        "the portal does not accept the credentials: check the webhook or the application"},
    row{"invalid_credentials", 0, "", errc::forbidden,
        "the portal does not accept the webhook's code: check webhook_url"},
    row{"authorization_error", 0, "", errc::forbidden, "the portal does not accept the credentials"},
    row{"application_not_found", 0, "", errc::forbidden, "the application is not installed in the portal"},
    row{"error_oauth", 0, "", errc::forbidden, "the application is not installed in the portal"},
    row{"not_installed", 0, "", errc::forbidden, "the application is not installed in the portal"},
    row{"user_access_error", 0, "", errc::forbidden, "the integration user may not use the application"},
    row{"allowed_only_intranet_user", 0, "", errc::forbidden, "the integration user is not an employee of the portal"},
    row{"insufficient_scope", 0, "", errc::forbidden,
        "a permission (scope) is missing: grant it to the webhook or the application"},
    row{"access_denied", 0, "commercial plan", errc::forbidden, "the portal's plan does not include REST"},
    row{"access_denied", 0, "коммерческ", errc::forbidden, "the portal's plan does not include REST"},
    row{"access_denied", 0, "application context", errc::forbidden,
        "this needs a local application instead of a webhook"},
    row{"access_denied", 0, "", errc::forbidden, "the integration user lacks rights in the portal"},
    row{"200040300000", 0, "", errc::forbidden, "the portal has no product catalogue"},
    row{"200040300010", 0, "", errc::forbidden, "the integration user may not read the product catalogue"},
    row{"200040300020", 0, "", errc::forbidden, "the integration user may not change the store's settings"},
    row{"200040300040", 0, "", errc::forbidden, "the integration user may not read this product"},
    row{"payment_required", 0, "", errc::forbidden, "the portal's plan does not include REST"},
    row{"wrong_auth_type", 0, "", errc::forbidden, "this needs a local application instead of a webhook"},
    row{"error_wrong_context", 0, "", errc::forbidden, "this needs a local application instead of a webhook"},
    row{"portal_deleted", 0, "", errc::forbidden, "the portal no longer exists"},
    row{"method_confirm_waiting", 0, "", errc::forbidden, "an administrator of the portal must allow this method"},
    row{"method_confirm_denied", 0, "", errc::forbidden, "an administrator of the portal has denied this method"},
    row{"create_dynamic_item_restricted", 0, "", errc::forbidden, "the portal's plan does not allow it"},
    row{"update_dynamic_item_restricted", 0, "", errc::forbidden, "the portal's plan does not allow it"},
    row{"not_found", 0, "", errc::not_found, "the portal has no such record, or the integration user may not see it"},
    row{"error_not_found", 0, "", errc::not_found,
        "the portal has no such record, or the integration user may not see it"},
    row{"owner_not_found", 0, "", errc::not_found,
        "the portal has no such record, or the integration user may not see it"},
    row{"request_not_found", 0, "", errc::not_found, "the portal has no such delivery request"},
    row{"delivery_not_found", 0, "", errc::not_found, "the portal has no such delivery service"},
    row{"error_delivery_not_found", 0, "", errc::not_found, "the portal has no such delivery service"},
    row{"error_handler_not_found", 0, "", errc::not_found, "the portal has no such delivery handler"},
    row{"delete_request_internal_error", 0, "", errc::unavailable, "the portal could not delete the delivery request"},
    row{"update_request_internal_error", 0, "", errc::unavailable, "the portal could not update the delivery request"},
    row{"error_method_not_found", 0, "", errc::protocol, "the portal does not know this method"},
    row{"error_batch_length_exceeded", 0, "", errc::protocol, "too many commands in one batch"},
    row{"error_batch_method_not_allowed", 0, "", errc::protocol, "a method that may not stand in a batch"},
    row{"invalid_request", 0, "", errc::protocol, "the portal does not accept the form of the request"},
    row{"empty_update_payload", 0, "", errc::protocol, "an update of a delivery request without content"},
    row{"*", 0, "дисковый ресурс", errc::forbidden, "the portal's disk space is used up"},
    row{"*", 0, "disk space", errc::forbidden, "the portal's disk space is used up"},
    row{"", 0, "not found", errc::not_found, "the portal has no such record, or the integration user may not see it"},
    row{"", 0, "не найден", errc::not_found, "the portal has no such record, or the integration user may not see it"},
    row{"", 0, "does not exist", errc::not_found,
        "the portal has no such record, or the integration user may not see it"},
    row{"", 0, "не существует", errc::not_found,
        "the portal has no such record, or the integration user may not see it"},
    row{"", 0, "access denied", errc::forbidden, "the integration user lacks rights in the portal"},
    row{"", 0, "доступ запрещ", errc::forbidden, "the integration user lacks rights in the portal"},
    row{"", 0, "недостаточно прав", errc::forbidden, "the integration user lacks rights in the portal"},
    row{"", 0, "нет доступа", errc::forbidden, "the integration user lacks rights in the portal"},
    row{"*", 429, "", errc::throttled, "the portal receives too many requests"},
    row{"*", 401, "", errc::forbidden, "the portal does not accept the credentials"},
    row{"*", 402, "", errc::forbidden, "the portal's plan does not include REST"},
    row{"*", 403, "", errc::forbidden, "the integration user lacks rights in the portal"},
    row{"*", 410, "", errc::forbidden, "the portal no longer exists"},
};

// Latin and Cyrillic letters; enough for the texts above.
std::string lowered(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c + 32);
    } else if (c == 0xD0 && next >= 0x90 && next <= 0xAF) { // А..Я
      const bool second_half = next >= 0xA0;
      out += second_half ? '\xD1' : '\xD0';
      out += static_cast<char>(second_half ? next - 0x20 : next + 0x20);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_empty_code(std::string_view code) { return code.empty() || code == "0" || code == "-"; }

} // namespace

bool read_error(const boost::json::value& body, int status, peer_error& out) {
  const auto* o = body.if_object();
  if (o == nullptr) return false;
  const auto* code = o->if_contains("error");
  if (code == nullptr || code->is_null() || code->is_object() || code->is_array()) {
    if (status < 400) return false;
  } else {
    out.code = json::as_text(*code).value_or("");
  }
  out.text = json::text_or(*o, "error_description");
  out.status = status;
  return true;
}

std::string tidy(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t count = 0;
  bool tag = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    if (c == '<' && (next == '/' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))) tag = true;
    if (!tag) {
      const bool starts = (byte & 0xC0U) != 0x80;
      if (starts && count == most) break;
      if (starts) ++count;
      out += byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    if (c == '>') tag = false;
  }
  return out;
}

fault classify(const peer_error& e, bool write) {
  const auto code = lowered(e.code), text = lowered(e.text);
  fault f;
  f.peer_code = tidy(e.code, 64);
  for (const auto& r : table) {
    const bool same_code = r.code == "*" || (r.code.empty() ? is_empty_code(code) : r.code == code);
    if (!same_code || (r.status != 0 && r.status != e.status) || !text.contains(r.text)) continue;
    f.code = write && r.how == kind::unclear_for_writes ? errc::outcome_unknown : r.becomes;
    f.what = r.says;
    if (f.code == errc::throttled) f.retry_after = std::chrono::seconds(is_operating_limit(e) ? 60 : 5);
    return f;
  }
  if (e.status >= 500) {
    f.code = write ? errc::outcome_unknown : errc::unavailable;
    f.what = "the portal failed inside";
    return f;
  }
  f.code = errc::rejected;
  f.what = tidy(e.text, 500);
  if (f.what.empty())
    f.what = "the portal refused without a reason" + (e.code.empty() ? std::string() : " (" + f.peer_code + ")");
  return f;
}

fault classify_status(int status, bool write) {
  const auto number = std::to_string(status);
  fault f;
  f.peer_code = "HTTP " + number;
  if (status == 429) {
    f.code = errc::throttled;
    f.what = "the portal receives too many requests";
    f.retry_after = std::chrono::seconds(5);
  } else if (status >= 500) {
    f.code = write ? errc::outcome_unknown : errc::unavailable;
    f.what = "the portal's front server answered " + number;
  } else if (status == 401 || status == 402 || status == 403 || status == 410) {
    f.code = errc::forbidden;
    f.what = "the portal's front server refused with " + number;
  } else if (status >= 400) {
    // A page that is "not found" is our address or the portal as a whole, never one record: nobody may take it for
    // that.
    f.code = errc::protocol;
    f.what = "the portal's front server answered " + number + ": check the portal's address";
  } else {
    f.code = write && status < 300 ? errc::outcome_unknown : errc::protocol;
    f.what = "the portal's answer is no JSON (status " + number + ")";
  }
  return f;
}

bool is_expired_token(const peer_error& e) { return lowered(e.code) == "expired_token"; }
bool is_request_limit(const peer_error& e) {
  const auto code = lowered(e.code);
  return code == "query_limit_exceeded" || (e.status == 429 && code != "operation_time_limit");
}
bool is_operating_limit(const peer_error& e) { return lowered(e.code) == "operation_time_limit"; }

} // namespace waybill::bitrix24
