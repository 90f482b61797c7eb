#include "webhooks.hpp"

#include "ids.hpp"
#include "wire.hpp"

#include <waybill/json.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::moysklad {
namespace {

constexpr std::size_t most_bytes = 256 * 1024;
constexpr std::size_t most_events = 100;
constexpr std::size_t most_known = 20'000;

constexpr std::array wanted{
    subscription{wire::order, "UPDATE", true},       subscription{wire::order, "DELETE", false},
    subscription{wire::demand, "CREATE", false},     subscription{wire::demand, "UPDATE", true},
    subscription{wire::demand, "DELETE", false},     subscription{wire::sales_return, "CREATE", false},
    subscription{wire::sales_return, "UPDATE", true}};

// Fields whose change moves nothing here. How additional fields and links are named in the list is not documented, so
// only what is surely of no interest is passed over.
constexpr std::array<std::string_view, 23> idle_fields{"name",      "description",     "moment",
                                                       "code",      "externalCode",    "owner",
                                                       "group",     "shared",          "printed",
                                                       "published", "files",           "organizationAccount",
                                                       "agent",     "agentAccount",    "contract",
                                                       "project",   "salesChannel",    "deliveryPlannedMoment",
                                                       "rate",      "shipmentAddress", "shipmentAddressFull",
                                                       "payedSum",  "invoicedSum"};

fault malformed(std::string what) { return {errc::bad_input, "malformed MoySklad notice: " + std::move(what), {}, {}}; }

bool is_idle(const json::object& event) {
  const auto* fields = json::list(event, "updatedFields");
  if (fields == nullptr || fields->empty()) return false;
  return std::ranges::all_of(*fields, [](const json::value& v) {
    const auto name = json::as_text(v);
    return name && std::ranges::find(idle_fields, *name) != idle_fields.end();
  });
}

} // namespace

void document_index::remember(const std::string& document, const std::string& order) {
  if (document.empty() || order.empty()) return;
  if (orders_.size() >= most_known && !orders_.contains(document)) orders_.erase(orders_.begin());
  orders_[document] = order;
}

const std::string* document_index::order_of(const std::string& document) const {
  const auto it = orders_.find(document);
  return it == orders_.end() ? nullptr : &it->second;
}

std::span<const subscription> subscriptions() { return wanted; }

bool is_former(std::string_view url, std::string_view now) {
  const auto cut = now.rfind('/');
  if (cut == std::string_view::npos || cut < 9 || url == now) return false;
  const auto stem = now.substr(0, cut + 1);
  return url.starts_with(stem) && url.size() > stem.size() && url.find('/', stem.size()) == std::string_view::npos;
}

result<std::vector<carrier_notice>> read_webhook(const http_request& request, const std::string& account_id,
                                                 const document_index& index) {
  if (request.method != "POST") return fail(malformed("not a POST"));
  if (request.body.size() > most_bytes) return fail(malformed("too large"));
  const auto body = json::parse(request.body, most_bytes);
  const auto* o = body ? body->if_object() : nullptr;
  if (o == nullptr) return fail(malformed("not a JSON object"));
  const auto* events = json::list(*o, "events");
  if (events == nullptr) return fail(malformed("no events"));
  if (events->size() > most_events) return fail(malformed("too many events"));

  std::vector<carrier_notice> out;
  for (const auto& each : *events) {
    const auto* event = each.if_object();
    const auto* meta = event == nullptr ? nullptr : json::child(*event, wire::meta);
    if (meta == nullptr) return fail(malformed("an event without meta"));
    const std::string type = clean_code(json::text_or(*meta, wire::type));
    const std::string id = id_in_href(json::text_or(*meta, wire::href));
    if (type.empty() || id.empty()) return fail(malformed("an event without an object"));
    carrier_notice n;
    n.what = type + " " + clean_code(json::text_or(*event, "action"));
    n.relevant = false;
    const std::string account = lower_ascii(json::text_or(*event, wire::account_id));
    if (!account_id.empty() && account != account_id) {
      n.what += " (another account)";
    } else if (is_idle(*event)) {
      n.what += " (of no interest)";
    } else if (type == wire::order) {
      n.order_id = id;
      n.relevant = true;
    } else if (type == wire::demand || type == wire::sales_return) {
      if (const std::string* order = index.order_of(id)) {
        n.order_id = *order;
        n.relevant = true;
      } else {
        n.what += " (of an order that is not known yet)"; // the order's own notice, or the poll, tells of it
      }
    }
    const auto same = [&n](const carrier_notice& have) { return n.relevant && have.order_id == n.order_id; };
    if (std::ranges::none_of(out, same)) out.push_back(std::move(n));
  }
  return out;
}

} // namespace waybill::moysklad
