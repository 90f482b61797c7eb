// What CDEK posts to us. Nothing is signed: every notice is a hint, and the order is read back before anything is done.
#include "mapping.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::cdek {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

struct kind_row {
  std::string_view type;
  bool of_order; // `uuid` is an order's, and something in it may have changed
};
constexpr std::array kinds{
    kind_row{"ORDER_STATUS", true},     kind_row{"ORDER_MODIFIED", true},        kind_row{"DELIV_PROBLEM", true},
    kind_row{"DELIV_AGREEMENT", true},  kind_row{"PRINT_FORM", false},           kind_row{"RECEIPT", false},
    kind_row{"PREALERT_CLOSED", false}, kind_row{"ACCOMPANYING_WAYBILL", false}, kind_row{"OFFICE_AVAILABILITY", false},
    kind_row{"COURIER_INFO", false},    kind_row{"DOWNLOAD_PHOTO", false},
};

fault malformed(std::string what) { return {errc::bad_input, "malformed CDEK notice: " + std::move(what), {}, {}}; }

// The order that a way back belongs to.
std::string direct_order(const json::object& attributes) {
  if (const auto* list = json::list(attributes, wire::related_entities))
    for (const auto& each : *list)
      if (const auto* o = each.if_object()) {
        const std::string type = json::text_or(*o, wire::type), id = json::text_or(*o, wire::uuid);
        if ((type == wire::related_direct || type == wire::related_client_direct) && is_uuid(id))
          return lower_ascii(id);
      }
  return {};
}

} // namespace

result<std::vector<carrier_notice>> read_webhook(const http_request& request) {
  if (request.method != "POST") return fail(malformed("not a POST"));
  if (request.body.size() > most_bytes) return fail(malformed("too large"));
  const auto body = json::parse(request.body, most_bytes);
  const auto* o = body ? body->if_object() : nullptr;
  if (o == nullptr) return fail(malformed("not a JSON object"));
  const std::string type = clean_code(json::text_or(*o, wire::type));
  if (type.empty()) return fail(malformed("no type"));

  std::vector<carrier_notice> out(1);
  out.front().what = type;
  const auto row = std::ranges::find(kinds, type, &kind_row::type);
  if (row == kinds.end() || !row->of_order) {
    out.front().relevant = false;
    return out;
  }
  const std::string id = json::text_or(*o, wire::uuid);
  const auto* attributes = json::child(*o, "attributes");
  if (!is_uuid(id)) return fail(malformed("no uuid of an order"));
  if (attributes == nullptr) return fail(malformed("no attributes"));

  carrier_notice& notice = out.front();
  notice.order_id = lower_ascii(id);
  if (auto number = json::text(*attributes, wire::number); number && is_reference(*number))
    notice.reference = std::move(*number);
  const std::string code =
      clean_code(json::text_or(*attributes, type == "ORDER_MODIFIED" ? "modification_type" : wire::code));
  if (type == "ORDER_STATUS" && code.empty()) return fail(malformed("no status code"));
  if (!code.empty()) notice.what += " " + code;

  const auto flag = [&](std::string_view key) { return json::boolean(*attributes, key).value_or(false); };
  const bool client_return = flag(wire::is_client_return);
  if (!flag(wire::is_return) && !client_return && !flag("is_reverse")) return out;
  // The parcel's way back has a uuid of its own, which nobody here knows: what it says concerns the direct order.
  notice.what += " (way back)";
  const std::string direct = direct_order(*attributes);
  if (client_return) { // a return that we asked for is known by its own uuid as well; its number is not ours
    notice.reference.clear();
    if (!direct.empty()) {
      carrier_notice of_direct = notice;
      of_direct.order_id = direct;
      out.push_back(std::move(of_direct));
    }
    return out;
  }
  // Without a link the reference is what leads to the direct order; the way back's own uuid would lead nowhere.
  notice.order_id = direct;
  if (direct.empty() && notice.reference.empty()) notice.relevant = false;
  return out;
}

} // namespace waybill::cdek
