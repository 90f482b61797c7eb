#include <waybill/carrier.hpp>
#include <waybill/text.hpp>

namespace waybill {
namespace {

fault unable(std::string_view what) {
  return {errc::rejected, std::string("this carrier cannot ") + std::string(what), {}, "unsupported"};
}

} // namespace

const std::string& carrier_account::text(std::string_view key) const {
  static const std::string empty;
  const auto it = settings.find(key);
  if (it == settings.end()) return empty;
  if (const auto* s = std::get_if<std::string>(&it->second)) return *s;
  if (const auto* s = std::get_if<secret>(&it->second)) return s->reveal();
  return empty;
}

std::int64_t carrier_account::integer(std::string_view key, std::int64_t fallback) const {
  const auto it = settings.find(key);
  if (it == settings.end()) return fallback;
  const auto* n = std::get_if<std::int64_t>(&it->second);
  return n != nullptr ? *n : fallback;
}

bool carrier_account::flag(std::string_view key, bool fallback) const {
  const auto it = settings.find(key);
  if (it == settings.end()) return fallback;
  const auto* b = std::get_if<bool>(&it->second);
  return b != nullptr ? *b : fallback;
}

std::vector<std::string> carrier_account::texts(std::string_view key) const {
  const auto it = settings.find(key);
  if (it == settings.end()) return {};
  const auto* list = std::get_if<std::vector<std::string>>(&it->second);
  return list != nullptr ? *list : std::vector<std::string>{};
}

awaitable<result<std::vector<quote>>> carrier::quote_for(shipment) { co_return fail(unable("quote a price")); }
awaitable<result<std::optional<carrier_order>>> carrier::find_order(std::string) {
  co_return fail(unable("look an order up by our number"));
}
awaitable<result<std::vector<result<carrier_order>>>> carrier::track(std::vector<std::string> ids) {
  std::vector<result<carrier_order>> all;
  for (std::string& id : ids) all.push_back(co_await order(std::move(id)));
  co_return all;
}
awaitable<result<carrier_order>> carrier::update_order(std::string, shipment) {
  co_return fail(unable("change an order"));
}
awaitable<result<carrier_order>> carrier::cancel(std::string) { co_return fail(unable("cancel an order")); }
awaitable<result<return_order>> carrier::create_return(std::string, std::string) {
  co_return fail(unable("make a return"));
}
awaitable<result<label>> carrier::make_label(std::string, label_kind) { co_return fail(unable("print labels")); }
awaitable<result<std::vector<pickup_point>>> carrier::pickup_points(pickup_query) {
  co_return fail(unable("list pickup points"));
}
awaitable<result<std::string>> carrier::request_courier(courier_request) { co_return fail(unable("send a courier")); }
result<std::vector<carrier_notice>> carrier::parse_webhook(const http_request&) { return fail(unable("call us")); }
awaitable<result<feed>> carrier::read_feed() { co_return fail(unable("hand out a feed")); }
awaitable<result<void>> carrier::confirm_feed(std::string) { co_return fail(unable("hand out a feed")); }
awaitable<result<carrier_order>> carrier::tell_progress(std::string, progress) {
  co_return fail(unable("be told of other carriers"));
}
awaitable<result<std::vector<goods_fact>>> carrier::goods_facts(std::vector<item>) {
  co_return fail(unable("tell of goods"));
}
awaitable<result<std::string>> carrier::keep_webhooks(std::string) { co_return fail(unable("call us")); }

party sender_of(const party& own, const shipment& s) {
  party p = own;
  if (!s.sender.name.empty() || !s.sender.company.empty()) {
    p.name = s.sender.name;
    p.company = s.sender.company;
  }
  if (!s.sender.phone.empty()) {
    p.phone = s.sender.phone;
    p.phone_extension = s.sender.phone_extension;
  }
  if (!s.sender.email.empty()) p.email = s.sender.email;
  return p;
}

std::optional<fault> check_recipient(const shipment& s, std::string_view type) {
  const auto wrong = [type](std::string_view key, std::string what) {
    return fault{errc::bad_input, std::move(what), {}, concat({type, ".", key})};
  };
  if (!is_reference(s.reference))
    return wrong("reference", "the order number must be 1 to 40 printable Latin characters");
  if (s.recipient.name.empty() && s.recipient.company.empty())
    return wrong("recipient_name", "the recipient has no name");
  if (s.recipient.phone.empty()) return wrong("recipient_phone", "the recipient has no phone number");
  if (!is_e164(s.recipient.phone))
    return wrong("phone_format", "the recipient's phone is not an international number (+79161234567)");
  return {};
}

} // namespace waybill
